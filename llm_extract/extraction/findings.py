"""What a strategy found in an article."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from llm_extract.errors import InvalidReplyError
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.drafts import NOT_QUOTES, Draft, Pointers, reasons
from llm_extract.extraction.record_types import RecordType
from llm_extract.schemas import DroppedDraft, Record

_SHOWN = 300


@dataclass
class Findings:
    """Records as they were found, unmerged, and the drafts that were given up.

    Attributes:
        records: the records, each with its type.
        dropped: what was given up, with reasons.
        whole: whether all records of a type come from one reply about the whole article.
    """

    records: list[tuple[RecordType, Record]] = field(default_factory=list)
    dropped: list[DroppedDraft] = field(default_factory=list)
    whole: bool = False

    def add(self, kind: RecordType, record: Record) -> None:
        """Keep a record."""
        self.records.append((kind, record))

    def drop(self, kind: RecordType, reason: str, draft: object) -> None:
        """Give a draft up, with the reason."""
        text = draft if isinstance(draft, str) else json.dumps(draft, ensure_ascii=False)
        self.dropped.append(DroppedDraft(record=kind.name, reason=reason, draft=text[:_SHOWN]))

    def extend(self, other: "Findings") -> None:
        """Add what was found elsewhere in the article."""
        self.records += other.records
        self.dropped += other.dropped
        self.whole = self.whole and other.whole

    def of(self, kind: RecordType) -> list[Record]:
        """Return the records of one type in the order found."""
        return [record for found, record in self.records if found.name == kind.name]


def accept(
    reply: BaseModel,
    kinds: Mapping[str, RecordType],
    context: ArticleContext,
    pointers: Pointers,
) -> Findings:
    """Turn a valid reply into records.

    Args:
        reply: lists of drafts.
        kinds: record type of each list, by the list's name.
        context: the article.
        pointers: what the question fixed beforehand.
    """
    findings = Findings()
    for name, kind in kinds.items():
        for draft in getattr(reply, name):
            findings.add(kind, draft.resolve(context, pointers))
    return findings


def salvage(
    error: InvalidReplyError,
    drafts: Mapping[str, tuple[RecordType, type[Draft]]],
    context: ArticleContext,
    pointers: Pointers,
    asked: Collection[int] = (),
) -> Findings:
    """Take the good drafts out of a reply that stayed invalid, and drop the bad ones one by one.

    Args:
        error: holds the last reply's text.
        drafts: record type and draft class of each list, by the list's name.
        context: the article.
        pointers: what the question fixed beforehand.
        asked: numbers of the quotations that the reply had to account for.
    """
    findings = Findings()
    try:
        lists = json.loads(error.content)
    except ValueError:
        lists = None
    if not isinstance(lists, dict):
        for kind, _ in drafts.values():
            findings.drop(kind, error.reason, error.content)
        return findings
    validation = context.as_validation_context() | {"pointers": pointers}
    for name, (kind, draft_class) in drafts.items():
        listed = lists.get(name)
        if not isinstance(listed, list):
            findings.drop(kind, error.reason, listed)
            continue
        for item in listed:
            try:
                draft = draft_class.model_validate(item, context=validation)
            except ValidationError as fault:
                findings.drop(kind, reasons(fault), item)
            else:
                findings.add(kind, draft.resolve(context, pointers))
    quoting = [kind for kind, _ in drafts.values() if kind.quotation_field]
    answered = _numbers(lists, quoting)
    for number in sorted(n for n in asked if n not in answered):
        text = context.document.text_of(context.document.quotation(number))
        findings.drop(quoting[0], f"the model passed over quotation {number}", text)
    return findings


def _numbers(lists: Mapping[str, Any], quoting: list[RecordType]) -> list[Any]:
    """Return the quotation numbers in a reply that may hold anything."""
    numbers = _as_list(lists.get(NOT_QUOTES))
    for kind in quoting:
        drafts = [draft for draft in _as_list(lists.get(kind.plural)) if isinstance(draft, dict)]
        numbers += [draft.get(kind.quotation_field) for draft in drafts]
    return numbers


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else []
