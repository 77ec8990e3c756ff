"""The built-in record types, and the choice of types by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from llm_extract.errors import UsageError
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.record_types import RecordType, load_record_type
from llm_extract.grounding.circumstances import (
    find_topics,
)
from llm_extract.grounding.clauses import holds_clause
from llm_extract.grounding.dates import Tense, resolve_date
from llm_extract.grounding.merging import (
    merge_meetings,
    merge_positions,
    merge_quotes,
    merge_repeated_meetings,
)
from llm_extract.grounding.names import fold
from llm_extract.grounding.places import is_place
from llm_extract.grounding.speakers import find_speaker, is_nobodys
from llm_extract.reading.meetings import MeetingRead, read_meetings
from llm_extract.reading.positions import read_positions
from llm_extract.reading.stance_cues import may_state_stance
from llm_extract.schemas import Actor, EventDate, Meeting, Position, Quote, QuoteKind
from llm_extract.text.article import QuotedSpan

Values = Mapping[str, Any]


def _read_meetings(context: ArticleContext) -> list[Meeting]:
    """Read the encounters that sentences report, with their circumstances."""
    return [
        Meeting(
            participants=actors,
            status=read.status,
            mode=read.mode,
            date=_date(context, read),
            location=context.article.text[slice(*read.place)] if read.place else None,
            topics=find_topics(span.text),
            evidence=[span],
        )
        for read in read_meetings(context.parsed, context.actors)
        for span in [context.document.sentence_span(read.sentence)]
        if (actors := _participants(context, read))
    ]


def _date(context: ArticleContext, read: MeetingRead) -> EventDate | None:
    if read.date is None:
        return None
    tense: Tense = "future" if read.status in ("planned", "proposed") else "past"
    words = context.article.text[slice(*read.date)]
    return EventDate(text=words, iso=resolve_date(words, context.article.published, tense))


def _participants(context: ArticleContext, read: MeetingRead) -> list[Actor]:
    """Keep the people where people are named, the sides where talks between sides are proposed."""
    actors = list(dict.fromkeys(context.actor(name) for name in read.participants))
    sides = [actor for actor in actors if is_place(fold(actor.name))]
    if read.status == "proposed" and len(sides) > 1:
        return sides
    if any(context.is_person(actor.name) for actor in actors):
        return [actor for actor in actors if actor not in sides]
    return actors


def _read_positions(context: ArticleContext) -> list[Position]:
    """Read the stances that sentences state."""
    return [
        Position(
            holder=context.actor(read.holder),
            issue=read.issue,
            stance=read.stance,
            evidence=[context.document.sentence_span(read.sentence)],
        )
        for read in read_positions(context.parsed, context.actors)
    ]


def _alone(context: ArticleContext, meeting: Meeting) -> str | None:
    """An encounter takes two; one name alone may stand for several only where it names a body."""
    name = meeting.participants[0].name
    if len(meeting.participants) == 1 and (context.is_person(name) or is_place(fold(name))):
        return f"{name} alone does not make a meeting"
    return None


def _mere_name(context: ArticleContext, position: Position) -> str | None:
    """A stance is on what somebody does or wants; on an actor as such it is hardly a position."""
    member = context.cast.resolve(position.issue)
    if member is None or _leads_to(position.issue, member.name):
        return None
    return f"{position.issue!r} names an actor, not an issue"


def _leads_to(words: str, name: str) -> bool:
    """Return whether other words than titles end in a whole name ("meeting with Eva Klein")."""
    return fold(words).endswith(f" {fold(name)}")


def _position_statement(position: Position) -> str:
    stance = "is of two minds about" if position.stance == "mixed" else position.stance
    return f"{position.holder.name} {stance} {position.issue}."


def _quote_kind(_: ArticleContext, values: Values) -> QuoteKind:
    return "full" if holds_clause(values["text"].text) else "fragment"


def _explicit_speaker(context: ArticleContext, quoted: QuotedSpan) -> list[dict[str, Any]] | None:
    """Grammar tells the speaker of most quotations more surely than a small model does."""
    if is_nobodys(context.document, context.cast, quoted):
        return []
    found = find_speaker(context.document, context.cast, quoted)
    return [{"speaker": found.name}] if found and found.sure else None


MEETING = RecordType(
    "meeting",
    Meeting,
    merge_meetings,
    merge_repeated_meetings,
    read=_read_meetings,
    doubt=_alone,
)
POSITION = RecordType(
    "position",
    Position,
    merge_positions,
    read=_read_positions,
    suspects=may_state_stance,
    statement=_position_statement,
    doubt=_mere_name,
)
QUOTE = RecordType(
    "quote", Quote, merge_quotes, computed={"kind": _quote_kind}, known=_explicit_speaker
)

BUILTIN: tuple[RecordType, ...] = (MEETING, POSITION, QUOTE)


def choose_record_types(references: Sequence[str]) -> tuple[RecordType, ...]:
    """Find record types by name.

    Args:
        references: names of built-in types, or `package.module:ClassName`.

    Returns:
        The types, in the order named, each once.

    Raises:
        UsageError: a name is unknown, two types share a name, or none is named.
    """
    known = {kind.name: kind for kind in BUILTIN}
    chosen: dict[str, RecordType] = {}
    for reference in dict.fromkeys(references):
        kind = load_record_type(reference) if ":" in reference else known.get(reference)
        if kind is None:
            raise UsageError(
                f"unknown record type {reference!r}: use {', '.join(known)} or "
                "package.module:ClassName for a type of your own"
            )
        if kind.name in chosen or (kind.name in known and kind is not known[kind.name]):
            raise UsageError(
                f"two record types are named {kind.name!r}: rename the class in {reference}"
            )
        chosen[kind.name] = kind
    if not chosen:
        raise UsageError(f"name at least one record type: {', '.join(known)}")
    return tuple(chosen.values())
