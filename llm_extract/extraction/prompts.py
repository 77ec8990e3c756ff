"""Prompts: templates and, a file a record type, definitions with few-shot examples."""

import hashlib
import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from inspect import cleandoc
from pathlib import Path
from typing import Any, TypeVar

import jinja2
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from llm_extract.errors import PromptError
from llm_extract.extraction.drafts import Draft, reasons
from llm_extract.extraction.record_types import RecordType
from llm_extract.schemas import Example

_PACKAGE = Path(__file__).resolve().parent.parent
# In a wheel the prompts lie in the package, in a checkout beside it.
_SHIPPED = (_PACKAGE / "prompts", _PACKAGE.parent / "prompts")
_GUIDELINES = (_PACKAGE / "prompts", _PACKAGE.parent / "eval")
WORKED_EXAMPLE = "article-example.toml"
_SHARED_SECTION = "What every record shares"


class Check(BaseModel):
    """A worked example of checking a statement.

    Attributes:
        text: an invented passage.
        statement: what is said of it.
        holds: whether the passage says so.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    statement: str
    holds: bool


class TypePrompt(BaseModel):
    """What a prompt says of one record type: `NAME.toml`, or the class itself.

    Attributes:
        definition: what counts as such a record, short enough for a small model.
        guidelines: heading of the section of the annotation guidelines that defines the type in
            full, for large models; None where `definition` is all there is.
        examples: invented texts with the records they state, sentence by sentence; a large model
            that gets the guidelines gets a whole worked example in place of them.
        checks: invented passages with statements that do or do not hold.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    definition: str
    guidelines: str | None = None
    examples: tuple[Example, ...] = ()
    checks: tuple[Check, ...] = ()


class WorkedExample(BaseModel):
    """A whole invented article and the reply that it should get: `article-example.toml`.

    Attributes:
        text: the article.
        reply: the drafts of each list, by the list's name.
        not_quotes: numbers of the quotations that are nobody's words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    reply: dict[str, list[dict[str, Any]]]
    not_quotes: list[int] = []


Entries = TypeVar("Entries", bound=BaseModel)


@dataclass(frozen=True)
class Prompts:
    """The templates and type prompts, from the package or overridden by a folder of the user's.

    Attributes:
        folder: files in it are used in place of the shipped ones of the same name.
    """

    folder: Path | None = None

    def render(self, template: str, **values: Any) -> str:
        """Fill a template in.

        Args:
            template: its name without `.jinja`.
            values: the variables it uses.

        Returns:
            The text.

        Raises:
            PromptError: the template is missing, broken, or uses a variable that is not given.
        """
        try:
            return self._environment.get_template(f"{template}.jinja").render(values).strip()
        except Exception as error:  # a template may fail in any way
            path = self._find(f"{template}.jinja") or f"{template}.jinja"
            raise PromptError(f"prompt {path}: {' '.join(str(error).split())}") from error

    def of_type(self, kind: RecordType) -> TypePrompt:
        """Find what is said of a record type: its file, or else its class.

        Args:
            kind: the record type.

        Returns:
            Definition and examples.

        Raises:
            PromptError: the file cannot be read, is not valid TOML or has other than the expected
                entries.
        """
        path = self._find(f"{kind.name}.toml")
        if path is None:
            return TypePrompt(
                definition=cleandoc(kind.record.__doc__ or ""), examples=tuple(kind.record.examples)
            )
        return _read_toml(path, TypePrompt)

    def worked_example(self) -> WorkedExample:
        """Return the article that a large model is shown with its reply.

        Raises:
            PromptError: the file is missing, cannot be read, is not valid TOML or has other than
                the expected entries.
        """
        path = self._find(WORKED_EXAMPLE)
        if path is None:
            raise PromptError(f"{WORKED_EXAMPLE} is missing from the installation")
        return _read_toml(path, WorkedExample)

    def guidelines(self, section: str = _SHARED_SECTION) -> str:
        """Return a section of the annotation guidelines, without its heading.

        Args:
            section: the heading.

        Raises:
            PromptError: the guidelines have no such section.
        """
        match = re.search(
            rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", self._guidelines_text, re.M | re.S
        )
        if match is None:
            raise PromptError(f"the annotation guidelines have no section {section!r}")
        return match[1].strip()

    def full_definition(self, kind: RecordType) -> str:
        """Return the definition of a type for a large model: its guidelines, where there are."""
        prompt = self.of_type(kind)
        return self.guidelines(prompt.guidelines) if prompt.guidelines else prompt.definition

    @cached_property
    def _environment(self) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self._folders()),
            undefined=jinja2.StrictUndefined,
            autoescape=False,
            keep_trailing_newline=True,
        )
        # Jinja's own filter writes for web pages: it escapes quotes and sorts the fields.
        environment.filters["tojson"] = partial(json.dumps, ensure_ascii=False)
        return environment

    @cached_property
    def _guidelines_text(self) -> str:
        for folder in ([self.folder] if self.folder else []) + list(_GUIDELINES):
            path = folder / "GUIDELINES.md"
            if path.is_file():
                return _read(path)
        raise PromptError("GUIDELINES.md is missing from the installation")

    def _folders(self) -> list[Path]:
        return [folder for folder in (self.folder, *_SHIPPED) if folder and folder.is_dir()]

    def _find(self, name: str) -> Path | None:
        return next((f / name for f in self._folders() if (f / name).is_file()), None)


def _read_toml(path: Path, kind: type[Entries]) -> Entries:
    try:
        return kind.model_validate(tomllib.loads(_read(path)))
    except ValidationError as error:
        raise PromptError(f"prompt {path}: {reasons(error)}") from error
    except tomllib.TOMLDecodeError as error:
        raise PromptError(f"prompt {path}: {error}") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise PromptError(f"prompt {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PromptError(f"prompt {path} is not UTF-8: {error}") from error


def fields_of(draft: type[Draft]) -> list[dict[str, str]]:
    """Return names and descriptions of a draft's fields, for a template."""
    return [
        {"name": name, "description": info.description or ""}
        for name, info in draft.model_fields.items()
    ]


def example_records(draft: type[Draft], example: Example) -> list[dict[str, Any]]:
    """Complete an example's records to what the draft's schema demands of a reply.

    Args:
        draft: the draft class.
        example: an example of its record type; fields left out get their default.

    Returns:
        One mapping of JSON values a record, in the order of the draft's fields.

    Raises:
        PromptError: a record lacks a field that has no default, or has one that the type has not,
            or a value that the schema does not allow.
    """
    named = {name for record in example.records for name in record}
    unknown = sorted(named - set(draft.record_class.model_fields))
    if unknown:
        raise PromptError(f"example {example.text!r} has an unknown field {unknown[0]!r}")
    return [
        {name: _given(draft, name, record, example) for name in draft.model_fields}
        for record in example.records
    ]


def _given(draft: type[Draft], name: str, record: dict[str, Any], example: Example) -> Any:
    if name in record:
        try:
            kind: Any = draft.model_fields[name].annotation
            return to_jsonable_python(TypeAdapter(kind).validate_python(record[name]))
        except ValidationError as error:
            raise PromptError(
                f"example {example.text!r}, field {name!r}: {reasons(error)}"
            ) from error
    info = draft.record_class.model_fields[name]
    if info.is_required() and not _takes_null(draft, name):
        raise PromptError(f"example {example.text!r} lacks the field {name!r}")
    return info.get_default(call_default_factory=True) if not info.is_required() else None


def _takes_null(draft: type[Draft], name: str) -> bool:
    return type(None) in getattr(draft.model_fields[name].annotation, "__args__", ())


def prompt_hash(texts: Sequence[str]) -> str:
    """Return a short hash of prompts: the first 16 hexadecimal digits of their SHA-256."""
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()[:16]
