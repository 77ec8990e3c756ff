"""Record types: a Pydantic class, how its drafts merge, and what is known about asking for it.

The engine knows this description only; the built-in types and users' own are registered alike.
"""

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from llm_extract.errors import UsageError
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.drafts import Compute, fields_beyond_drafts, quotation_field
from llm_extract.grounding.merging import merge, merge_evidence
from llm_extract.schemas import Record
from llm_extract.text.article import QuotedSpan

Merge = Callable[[Sequence[Any]], list[Any]]
Read = Callable[[ArticleContext], Sequence[Record]]
Known = Callable[[ArticleContext, QuotedSpan], list[dict[str, Any]] | None]


def merge_equal(records: Sequence[Record]) -> list[Record]:
    """Merge records that differ in nothing but their evidence."""

    def same(one: Record, other: Record) -> bool:
        return one.model_copy(update={"evidence": other.evidence}) == other

    def combine(one: Record, other: Record) -> Record:
        return one.model_copy(update={"evidence": merge_evidence(one.evidence, other.evidence)})

    return merge(records, same, combine)


@dataclass(frozen=True)
class RecordType:
    """One kind of record.

    Attributes:
        name: singular, lower case; names the prompts and the record in messages.
        record: the public class.
        merge: unites the records of one article that say the same.
        merge_whole: does so where one reply gave all of them, by a model that had the whole article
            before it and told them apart; None where that makes no difference.
        read: finds the records in the grammar of the sentences, which a small model does worse; the
            `sentence` strategy then asks a model about `suspects` only.
        suspects: which sentences may state a record although `read` found none in them; a model
            takes a second look at those. None where that was not found to pay.
        statement: words a record as a statement, for the model to check what it listed there.
        computed: fields that the `sentence` strategy does not ask for, because code finds them
            more surely than a small model.
        doubt: why a merged record is none after all; None where it is one.
        known: for types that are asked per quotation, answers in place of the `sentence`
            strategy's model what the text says explicitly: the drafts' values, none where the
            quotation is no such record; None where the model has to be asked.
    """

    name: str
    record: type[Record]
    merge: Merge = merge_equal
    merge_whole: Merge | None = None
    read: Read | None = None
    suspects: Callable[[str], bool] | None = None
    statement: Callable[[Any], str] | None = None
    computed: Mapping[str, Compute] = field(default_factory=dict)
    doubt: Callable[[ArticleContext, Any], str | None] | None = None
    known: Known | None = None

    @property
    def plural(self) -> str:
        """Name of the list that holds records of this type."""
        return f"{self.name}s"

    @cached_property
    def quotation_field(self) -> str | None:
        """The field that points at a quoted span; types that have one are asked per quotation."""
        return quotation_field(self.record)


def load_record_type(reference: str) -> RecordType:
    """Import a user's record class.

    Args:
        reference: `package.module:ClassName`.

    Returns:
        The class as a record type, named after the class in snake case.

    Raises:
        UsageError: the reference cannot be imported or names no `Record` that can be asked for.
    """
    module_name, _, class_name = reference.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # a user's module may fail in any way
        raise UsageError(
            f"record type {reference}: cannot import {module_name}: {error!r}"
        ) from error
    record = getattr(module, class_name, None)
    if not (isinstance(record, type) and issubclass(record, Record)):
        raise UsageError(
            f"record type {reference}: {module_name} has no class {class_name} that derives from "
            "llm_extract.schemas.Record"
        )
    if not record.__doc__ or record.__doc__ == Record.__doc__:
        raise UsageError(
            f"record type {reference}: give the class a docstring that says what counts as one; "
            "it is what the model is told"
        )
    beyond = fields_beyond_drafts(record)
    if beyond:
        raise UsageError(
            f"record type {reference}: field {beyond[0]} holds an Actor, EventDate, Quotation or "
            "Span where no evidence can be found for it: use the type itself, optional or in a list"
        )
    return RecordType(name=_snake_case(class_name), record=record)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
