"""The format of gold: what a person may label an article with, and the records that stands for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from llm_extract.evaluation.json_lines import Path
from llm_extract.evaluation.locating import (
    Place,
    locate_evidence,
    locate_quotation,
    occurrences,
)
from llm_extract.schemas import (
    Actor,
    EventDate,
    Meeting,
    MeetingMode,
    MeetingStatus,
    Position,
    Quotation,
    Quote,
    QuoteKind,
    Span,
    Stance,
)

_Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


class _Labels(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Labelled(_Labels):
    evidence: Annotated[list[_Text], Field(min_length=1)]


class LabelledMeeting(_Labelled):
    """A meeting as gold files write it."""

    participants: Annotated[list[Actor], Field(min_length=1)]
    status: MeetingStatus
    mode: MeetingMode | None = None
    date: _Text | None
    location: _Text | None
    topics: list[_Text]


class LabelledPosition(_Labelled):
    """A position as gold files write it."""

    holder: Actor
    issue: _Text
    stance: Stance


class LabelledQuote(_Labelled):
    """A quote as gold files write it."""

    speaker: Actor | None
    text: _Text
    kind: QuoteKind


class ArticleLabels(_Labels):
    """What one gold file holds: the labels of one article, named by its file without ending."""

    article: _Text
    meetings: list[LabelledMeeting]
    positions: list[LabelledPosition]
    quotes: list[LabelledQuote]


@dataclass(frozen=True)
class Fault:
    """What is wrong with a label.

    Attributes:
        path: keys and indexes that lead to the faulty value.
        message: what is wrong.
        twin: path of the record that the faulty one repeats; None where it repeats none.
    """

    path: Path
    message: str
    twin: Path | None = None


@dataclass(frozen=True)
class GoldRecords:
    """The records that an article's labels stand for, with their places in its text."""

    meetings: tuple[Meeting, ...]
    positions: tuple[Position, ...]
    quotes: tuple[Quote, ...]


def faults_in(error: ValidationError) -> list[Fault]:
    """Return why a JSON value is not an `ArticleLabels`, in plain words."""
    return [Fault(fault["loc"], _readable(fault)) for fault in error.errors()]


def locate_labels(labels: ArticleLabels, text: str) -> tuple[GoldRecords, list[Fault]]:
    """Find the records of labels in their article.

    Args:
        labels: the labels.
        text: the article.

    Returns:
        The records that could be found, and what is wrong with the others or among them.
    """
    reader = _Reader(text)
    records = GoldRecords(
        meetings=tuple(reader.meetings(labels.meetings)),
        positions=tuple(reader.positions(labels.positions)),
        quotes=tuple(reader.quotes(labels.quotes)),
    )
    return records, reader.faults


class _Reader:
    """Finds labels in an article; what is wrong with them is collected in `faults`."""

    def __init__(self, text: str) -> None:
        self.faults: list[Fault] = []
        self._text = text

    def meetings(self, labels: list[LabelledMeeting]) -> Iterator[Meeting]:
        first_at: dict[Any, int] = {}
        for index, label in enumerate(labels):
            at = ("meetings", index)
            names = frozenset(actor.name.casefold() for actor in label.participants)
            self._once(at, (names, label.status, label.date, label.location), first_at)
            if not self._verbatim(label, at):
                continue
            yield Meeting(
                participants=label.participants,
                status=label.status,
                mode=label.mode,
                date=EventDate(text=label.date) if label.date else None,
                location=label.location,
                topics=label.topics,
                evidence=self._spans(locate_evidence(self._text, label.evidence)),
            )

    def positions(self, labels: list[LabelledPosition]) -> Iterator[Position]:
        first_at: dict[Any, int] = {}
        for index, label in enumerate(labels):
            at = ("positions", index)
            self._once(at, (label.holder.name.casefold(), label.issue.casefold()), first_at)
            if self._verbatim(label, at):
                yield Position(
                    holder=label.holder,
                    issue=label.issue,
                    stance=label.stance,
                    evidence=self._spans(locate_evidence(self._text, label.evidence)),
                )

    def quotes(self, labels: list[LabelledQuote]) -> Iterator[Quote]:
        text = self._text
        first_at: dict[Any, int] = {}
        for index, label in enumerate(labels):
            at = ("quotes", index)
            if not self._verbatim(label, at):
                continue
            place = locate_quotation(text, label.text, label.evidence, first_at)
            if place is None:
                self._report((*at, "text"), "the quoted words are not within the evidence")
                continue
            self._once(at, place, first_at)
            start, end = place
            yield Quote(
                speaker=label.speaker,
                text=Quotation(start=start, end=end, text=label.text),
                kind=label.kind,
                evidence=self._spans(locate_evidence(text, label.evidence, anchor=place)),
            )

    def _verbatim(self, label: _Labelled, at: tuple[str, int]) -> bool:
        """Report evidence and quoted words that the article does not hold."""
        parts: dict[Path, str] = {
            (*at, "evidence", i): part for i, part in enumerate(label.evidence)
        }
        if isinstance(label, LabelledQuote):
            parts[(*at, "text")] = label.text
        missing = [path for path, part in parts.items() if not occurrences(self._text, part)]
        for path in missing:
            self._report(path, f"not in the article character for character: {parts[path]!r}")
        return not missing

    def _once(self, at: tuple[str, int], key: Any, first_at: dict[Any, int]) -> None:
        """Report the record `at` where an earlier one has the same key."""
        first = first_at.setdefault(key, at[1])
        if first != at[1]:
            message = "the same record as another one; keep one of them"
            self.faults.append(Fault(at, message, twin=(at[0], first)))

    def _report(self, path: Path, message: str) -> None:
        self.faults.append(Fault(path, message))

    def _spans(self, places: list[Place]) -> list[Span]:
        return [Span(start=start, end=end, text=self._text[start:end]) for start, end in places]


def _readable(fault: Any) -> str:
    """Return a validation fault in the words of somebody who writes labels."""
    match fault["type"]:
        case "extra_forbidden":
            return "unknown field"
        case "missing":
            return "this field is missing"
        case "too_short":
            return "at least one is needed"
        case "string_too_short" | "string_pattern_mismatch":
            return "this must not be empty"
    return f"{fault['msg']}, not {json.dumps(fault['input'], ensure_ascii=False)[:60]}"
