"""Records as the page edits them, and the gold that they become.

The page may send a record that is not finished: a draft keeps whatever is written so far. What is
wrong with it is said by the code that reads gold, so that nothing is saved that `eval` refuses.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from llm_extract.evaluation.gold_format import (
    ArticleLabels,
    Fault,
    GoldRecords,
    faults_in,
    locate_labels,
)
from llm_extract.evaluation.json_lines import Path
from llm_extract.schemas import Actor, Meeting, Position, Quote, Span

_Lines = Annotated[list[str], Field(max_length=1000)]


class _Edited(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EditedSpan(_Edited):
    """A stretch of the article, in code points."""

    start: NonNegativeInt
    end: NonNegativeInt


class EditedActor(_Edited):
    """An actor; empty where nothing is written yet."""

    name: str = ""
    role: str = ""
    affiliation: str = ""


class EditedMeeting(_Edited):
    """A meeting; texts are empty where the article does not say."""

    participants: list[EditedActor]
    status: str = ""
    mode: str = ""
    date: str = ""
    location: str = ""
    topics: _Lines = []
    evidence: list[EditedSpan]


class EditedPosition(_Edited):
    """A position."""

    holder: EditedActor
    issue: str = ""
    stance: str = ""
    evidence: list[EditedSpan]


class EditedQuote(_Edited):
    """A quote; the speaker's name is empty where the article names none."""

    speaker: EditedActor
    text: EditedSpan
    kind: str = ""
    evidence: list[EditedSpan]


class EditedRecords(_Edited):
    """All records of an article, as the page holds and sends them."""

    meetings: list[EditedMeeting]
    positions: list[EditedPosition]
    quotes: list[EditedQuote]


class Records(Protocol):
    """What has records of the three kinds: a run's article, or a gold one."""

    @property
    def meetings(self) -> Sequence[Meeting]:
        """The meetings."""

    @property
    def positions(self) -> Sequence[Position]:
        """The positions."""

    @property
    def quotes(self) -> Sequence[Quote]:
        """The quotes."""


@dataclass(frozen=True)
class Checked:
    """Edited records as gold.

    Attributes:
        gold: content of the gold file; to be saved only where there are no faults.
        faults: what `eval` would refuse.
        notes: what `eval` would read otherwise than it was marked; gold can be saved with it.
    """

    gold: str
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()


def editable(records: Records) -> EditedRecords:
    """Return records for the page to edit."""
    return EditedRecords(
        meetings=[
            EditedMeeting(
                participants=[_actor(actor) for actor in meeting.participants],
                status=meeting.status,
                mode=meeting.mode or "",
                date=meeting.date.text if meeting.date else "",
                location=meeting.location or "",
                topics=meeting.topics,
                evidence=_spans(meeting.evidence),
            )
            for meeting in records.meetings
        ],
        positions=[
            EditedPosition(
                holder=_actor(position.holder),
                issue=position.issue,
                stance=position.stance,
                evidence=_spans(position.evidence),
            )
            for position in records.positions
        ],
        quotes=[
            EditedQuote(
                speaker=_actor(quote.speaker),
                text=EditedSpan(start=quote.text.start, end=quote.text.end),
                kind=quote.kind,
                evidence=_spans(quote.evidence),
            )
            for quote in records.quotes
        ],
    )


def check(records: EditedRecords, name: str, text: str) -> Checked:
    """Turn edited records into gold and say what is wrong with it.

    Args:
        records: the records.
        name: name of the gold file, without ending.
        text: the article.
    """
    gold = _gold(records, name, text)
    written = json.dumps(gold, ensure_ascii=False, indent=2) + "\n"
    if outside := list(_outside(records, len(text))):
        return Checked(written, tuple(outside))
    try:
        labels = ArticleLabels.model_validate(gold)
    except ValidationError as error:
        return Checked(written, tuple(faults_in(error)))
    found, faults = locate_labels(labels, text)
    return Checked(written, tuple(faults), () if faults else tuple(_moved(records, found)))


def _actor(actor: Actor | None) -> EditedActor:
    if actor is None:
        return EditedActor()
    return EditedActor(name=actor.name, role=actor.role or "", affiliation=actor.affiliation or "")


def _spans(spans: Sequence[Span]) -> list[EditedSpan]:
    return [EditedSpan(start=span.start, end=span.end) for span in spans]


def _gold(records: EditedRecords, name: str, text: str) -> dict[str, Any]:
    """Return the content of a gold file, its fields in the order of the guidelines."""

    def parts(spans: Sequence[EditedSpan]) -> list[str]:
        return [text[span.start : span.end] for span in spans]

    return {
        "article": name,
        "meetings": [
            {
                "participants": [_gold_actor(actor) for actor in meeting.participants],
                "status": meeting.status,
                **({"mode": meeting.mode} if meeting.mode else {}),
                "date": meeting.date.strip() or None,
                "location": meeting.location.strip() or None,
                "topics": [topic.strip() for topic in meeting.topics if topic.strip()],
                "evidence": parts(meeting.evidence),
            }
            for meeting in records.meetings
        ],
        "positions": [
            {
                "holder": _gold_actor(position.holder),
                "issue": position.issue.strip(),
                "stance": position.stance,
                "evidence": parts(position.evidence),
            }
            for position in records.positions
        ],
        "quotes": [
            {
                "speaker": _gold_actor(quote.speaker) if quote.speaker != EditedActor() else None,
                "text": text[quote.text.start : quote.text.end],
                "kind": quote.kind,
                "evidence": parts(quote.evidence),
            }
            for quote in records.quotes
        ],
    }


def _gold_actor(actor: EditedActor) -> dict[str, str]:
    parts = {"name": actor.name, "role": actor.role, "affiliation": actor.affiliation}
    return {
        field: value.strip() for field, value in parts.items() if field == "name" or value.strip()
    }


def _outside(records: EditedRecords, length: int) -> Iterator[Fault]:
    """Yield the spans that are empty or lead out of the article, as those of another text may."""
    for path, span in _all_spans(records):
        if not span.start < span.end <= length:
            yield Fault(path, "mark this in the text again: it is not in the article")


def _moved(records: EditedRecords, found: GoldRecords) -> Iterator[Fault]:
    """Yield the spans that gold, which gives no offsets, leads elsewhere."""
    places = dict(_all_spans(editable(found)))
    for path, span in _all_spans(records):
        if places[path] != span:
            yield Fault(
                path,
                "the article has these words more than once, and gold gives no offsets: `eval` "
                f"takes them at character {places[path].start:,}, not at {span.start:,}",
            )


def _all_spans(records: EditedRecords) -> Iterator[tuple[Path, EditedSpan]]:
    listed: dict[str, Sequence[EditedMeeting | EditedPosition | EditedQuote]] = {
        "meetings": records.meetings,
        "positions": records.positions,
        "quotes": records.quotes,
    }
    for kind, edited in listed.items():
        for index, record in enumerate(edited):
            if isinstance(record, EditedQuote):
                yield (kind, index, "text"), record.text
            for number, span in enumerate(record.evidence):
                yield (kind, index, "evidence", number), span
