"""Drafts: what a model answers with, derived from the record classes.

A draft has the fields of its record, but points where the record holds text of the article: a name
for an actor, the words for a date, a number for a quotation or an evidence sentence. Validation
with the article as context turns the draft into its record and reports what does not fit.
"""

import copy
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, Self, Union, cast, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    model_validator,
)

from llm_extract.extraction.context import ArticleContext
from llm_extract.grounding.dates import resolve_date
from llm_extract.schemas import Actor, EventDate, Quotation, Record, Span

EVIDENCE = "evidence"
NOT_QUOTES = "not_quotes"
ASKED = "asked quotations"
MOST_LISTED = 4
LONGEST_LABEL = 80

_DRAFTED: Mapping[Any, type] = {Actor: str, EventDate: str, Quotation: int, Span: int}
# Pydantic describes a Decimal with a pattern that strict structured outputs and grammars refuse.
_PLAIN: Mapping[Any, type] = {Decimal: float}

Compute = Callable[[ArticleContext, Mapping[str, Any]], Any]
"""Finds a field's value from the article and the values of the record's other fields."""


@dataclass(frozen=True)
class Pointers:
    """What a focused question has fixed beforehand, so that the draft does not carry it.

    Attributes:
        sentence: number of the sentence asked about.
        quotation: number of the quotation asked about.
        computed: how to find the fields that the model is not asked for.
    """

    sentence: int | None = None
    quotation: int | None = None
    computed: Mapping[str, Compute] = field(default_factory=dict)


def quotation_field(record: type[Record]) -> str | None:
    """Return the field of a record class that points at a quoted span, or None."""
    fields = record.model_fields.items()
    return next((name for name, info in fields if info.annotation is Quotation), None)


class Draft(BaseModel):
    """Base of all drafts; `draft_class` makes the subclasses."""

    model_config = ConfigDict(extra="forbid")

    record_class: ClassVar[type[Record]]

    @model_validator(mode="after")
    def _fits_the_article(self, info: ValidationInfo) -> Self:
        context = ArticleContext.from_validation_context(info.context)
        if context is not None:
            pointers = (info.context or {}).get("pointers", Pointers())
            self.resolve(context, pointers)
        return self

    def resolve(self, context: ArticleContext, pointers: Pointers) -> Record:
        """Turn the draft into its record.

        Args:
            context: the article.
            pointers: what the question fixed beforehand.

        Returns:
            The record, every span of it cut from the article.

        Raises:
            ValueError: a pointer points nowhere, or the record class rejects a value.
        """
        resolver = _Resolver(context, self._near(context, pointers))
        values: dict[str, Any] = {
            name: resolver.value(info.annotation, getattr(self, name), name)
            for name, info in self.record_class.model_fields.items()
            if name in type(self).model_fields
        }
        if EVIDENCE in values:
            values[EVIDENCE] = list(dict.fromkeys(values[EVIDENCE]))
        values |= _fixed(self.record_class, context, pointers, values)
        for name, compute in pointers.computed.items():
            values[name] = compute(context, values)
        try:
            return self.record_class.model_validate(values)
        except ValidationError as error:
            raise ValueError(reasons(error)) from None

    @classmethod
    def quotation_fields(cls) -> list[str]:
        """Return the fields that hold the number of a quotation."""
        fields = cls.record_class.model_fields.items()
        return [n for n, info in fields if info.annotation is Quotation and n in cls.model_fields]

    def _near(self, context: ArticleContext, pointers: Pointers) -> int | None:
        """Return the sentence in whose surroundings names are to be understood."""
        if pointers.sentence is not None:
            return pointers.sentence
        quotation = pointers.quotation
        if quotation is None:
            quotation = getattr(self, quotation_field(self.record_class) or "", None)
        if quotation is not None and 1 <= quotation <= len(context.document.quotations):
            return context.sentences_of(context.document.quotation(quotation))[0].number
        numbers = getattr(self, EVIDENCE, None)
        return numbers[0] if numbers else None


def _fixed(
    record: type[Record], context: ArticleContext, pointers: Pointers, values: dict[str, Any]
) -> dict[str, Any]:
    """Return the values that follow from the question, not from the reply."""
    fixed: dict[str, Any] = {}
    quoted = quotation_field(record)
    if quoted is not None:
        if pointers.quotation is not None:
            fixed[quoted] = context.document.quotation_span(pointers.quotation)
        span = cast(Quotation, fixed.get(quoted) or values[quoted])
        sentences = context.document.sentences_over(span.start, span.end)
        fixed[EVIDENCE] = [context.document.sentence_span(s.number) for s in sentences]
    elif pointers.sentence is not None:
        fixed[EVIDENCE] = [context.document.sentence_span(pointers.sentence)]
    return fixed


def reasons(error: ValidationError) -> str:
    """Say in one line what is wrong, and in which fields."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, f["loc"])), f["msg"]))) for f in faults
    )


@dataclass(frozen=True)
class _Resolver:
    """Turns a drafted value into what the record's field holds."""

    context: ArticleContext
    near: int | None

    def value(self, annotation: Any, drafted: Any, name: str) -> Any:
        kind = _unannotated(annotation)
        if drafted is None:
            return None
        if _is_union(kind):
            rest = _without_none(kind)
            return self.value(rest[0], drafted, name) if len(rest) == 1 else drafted
        if (item := _item(kind)) is not None:
            return [self.value(item, each, name) for each in drafted]
        if kind is Actor:
            return self._actor(drafted, name)
        if kind is EventDate:
            return self._date(drafted, name)
        if kind is Quotation:
            return self._quotation(drafted)
        if kind is Span:
            return self._sentence(drafted)
        return drafted

    def _actor(self, drafted: str, name: str) -> Actor:
        member = self.context.cast.resolve(drafted, self.near)
        if member is not None:
            return Actor(name=member.name, role=member.role, affiliation=member.affiliation)
        canonical = self.context.cast.canonical(drafted, self.near)
        if canonical is None:
            raise ValueError(
                f"{name}: {drafted!r} does not occur in the article; write the name as the "
                "article does"
            )
        return Actor(name=canonical)

    def _date(self, drafted: str, name: str) -> EventDate:
        words = " ".join(drafted.split())
        if words.casefold() not in " ".join(self.context.article.text.split()).casefold():
            raise ValueError(f"{name}: {drafted!r} does not occur in the article; copy its words")
        return EventDate(text=words, iso=resolve_date(words, self.context.article.published))

    def _quotation(self, number: int) -> Quotation:
        shown = {quoted.number for quoted in self.context.quotations}
        if number not in shown:
            raise ValueError(f"there is no quotation {number}")
        return self.context.document.quotation_span(number)

    def _sentence(self, number: int) -> Span:
        shown = {sentence.number for sentence in self.context.readable}
        if number not in shown:
            raise ValueError(f"there is no sentence {number}")
        return self.context.document.sentence_span(number)


@cache
def draft_class(record: type[Record], without: frozenset[str] = frozenset()) -> type[Draft]:
    """Derive the draft of a record class.

    Args:
        record: the public class.
        without: fields that the question fixes or that code fills; the draft lacks them.

    Returns:
        A class with every field required (nullable where the record's is optional), as strict
        structured outputs demand; the same class for the same arguments.
    """
    without |= {EVIDENCE} if quotation_field(record) else frozenset()
    fields: dict[str, Any] = {
        name: (_drafted(info.annotation), Field(description=_description(info)))
        for name, info in record.model_fields.items()
        if name not in without
    }
    made = create_model(f"{record.__name__}Draft", __base__=Draft, __doc__=record.__doc__, **fields)
    made.record_class = record
    return made


class _Drafts(BaseModel):
    """Base of replies that list drafts."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _accounts_for_every_quotation(self, info: ValidationInfo) -> Self:
        missing = set((info.context or {}).get(ASKED, ())) - self._numbers()
        if missing:
            raise ValueError(
                f"quotations {', '.join(map(str, sorted(missing)))} are neither in a record nor "
                f"in {NOT_QUOTES}"
            )
        return self

    def _numbers(self) -> set[int]:
        found = set(getattr(self, NOT_QUOTES, ()))
        for listed in type(self).model_fields:
            for draft in getattr(self, listed):
                if isinstance(draft, Draft):
                    found |= {getattr(draft, name) for name in draft.quotation_fields()}
        return found


@cache
def draft_list_class(
    drafts: tuple[tuple[str, type[Draft]], ...], unquoted: bool = False
) -> type[BaseModel]:
    """Make the class of a reply that lists drafts.

    Args:
        drafts: name of each list and the drafts it holds.
        unquoted: also ask for the numbers of the quotations that no draft is about.

    Returns:
        The class; the same one for the same arguments, so that providers compile it once.
    """
    fields: dict[str, Any] = {
        name: (list[draft], Field())  # type: ignore[valid-type]  # made at run time
        for name, draft in drafts
    }
    if unquoted:
        fields[NOT_QUOTES] = (
            list[int],
            Field(description="numbers of the quotations that are not quotes of anybody"),
        )
    return create_model("Drafts", __base__=_Drafts, **fields)


def fields_beyond_drafts(record: type[Record]) -> list[str]:
    """Return the fields that hide what must point into the article where no draft can point.

    Args:
        record: a record class. `Actor`, `EventDate`, `Quotation` and `Span` may be a field's type,
            optional, or the items of a list; not be subclassed, or lie in a model or a mapping.
    """
    return [
        name
        for name, info in record.model_fields.items()
        if any(leaf not in _DRAFTED and _hides(leaf, ()) for leaf in _leaves(info.annotation))
    ]


def _hides(kind: Any, seen: tuple[Any, ...]) -> bool:
    inner = list(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if issubclass(kind, tuple(_DRAFTED)):
            return True
        inner += [info.annotation for info in kind.model_fields.values()]
    return any(part not in seen and _hides(part, (*seen, kind)) for part in inner)


def with_names(
    schema: dict[str, Any],
    drafts: Iterable[type[Draft]],
    names: Sequence[str],
    most: int = MOST_LISTED,
) -> dict[str, Any]:
    """Tighten the JSON schema of a reply: actors can only be some names, lists have an end.

    Args:
        schema: the schema of a reply that holds drafts.
        drafts: the drafts' classes.
        names: the names to choose from.
        most: how many drafts may be listed.

    Returns:
        A new schema, for servers that constrain each reply by the schema sent with it.
    """
    tight = copy.deepcopy(schema)
    definitions = tight.get("$defs", {}) | {tight.get("title"): tight}
    for draft in drafts:
        properties = definitions[draft.__name__]["properties"]
        for name in draft.model_fields:
            annotation = draft.record_class.model_fields[name].annotation
            if Actor in set(_leaves(annotation)):
                properties[name] = _choice(annotation, names)
    for definition in definitions.values():
        for field_schema in definition.get("properties", {}).values():
            if field_schema.get("type") == "array":
                field_schema["maxItems"] = most if definition is tight else MOST_LISTED
            if field_schema.get("type") == "string" and "enum" not in field_schema:
                field_schema["maxLength"] = LONGEST_LABEL
    return tight


def _choice(annotation: Any, names: Sequence[str]) -> dict[str, Any]:
    kind = _unannotated(annotation)
    if (item := _item(kind)) is not None:
        return {"type": "array", "items": _choice(item, names), "minItems": 1}
    nullable = _is_union(kind)
    return {"enum": [*names, None]} if nullable else {"type": "string", "enum": list(names)}


def _drafted(annotation: Any) -> Any:
    kind = _unannotated(annotation)
    if _is_union(kind):
        return Union[tuple(_drafted(part) for part in get_args(kind))]  # noqa: UP007  at run time
    if (item := _item(kind)) is not None:
        return list[_drafted(item)]  # type: ignore[misc]  # built at run time
    return _DRAFTED.get(kind) or _PLAIN.get(kind, kind)


def _description(info: Any) -> str:
    kinds = set(_leaves(info.annotation))
    base = info.description or ""
    if Actor in kinds:
        return f"{base} (name as the article writes it)".lstrip()
    if EventDate in kinds:
        return f"{base} (verbatim)".lstrip()
    if Quotation in kinds:
        return "number of the quotation"
    if Span in kinds:
        return f"{base} (sentence numbers)".lstrip()
    return base


def _leaves(annotation: Any) -> Iterable[Any]:
    kind = _unannotated(annotation)
    item = _item(kind)
    parts = get_args(kind) if _is_union(kind) else () if item is None else (item,)
    if not parts:
        yield kind
    for part in parts:
        yield from _leaves(part)


def _unannotated(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _without_none(kind: Any) -> list[Any]:
    return [part for part in get_args(kind) if part is not type(None)]


def _item(kind: Any) -> Any:
    """Return what a collection holds any number of, or None for other types."""
    arguments = get_args(kind)
    if get_origin(kind) is tuple:
        return arguments[0] if arguments[1:] == (Ellipsis,) else None
    return arguments[0] if get_origin(kind) in (list, set, frozenset, Sequence) else None
