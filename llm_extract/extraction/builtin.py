"""The built-in record types, and the choice of types by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from llm_extract.errors import UsageError
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.drafts import EVIDENCE
from llm_extract.extraction.record_types import RecordType, load_record_type
from llm_extract.grounding.circumstances import (
    find_location,
    find_meeting_date,
    find_mode,
    find_topics,
    reports_encounter,
)
from llm_extract.grounding.clauses import holds_clause
from llm_extract.grounding.dates import Tense, resolve_date
from llm_extract.grounding.merging import merge_meetings, merge_positions, merge_quotes
from llm_extract.grounding.names import fold
from llm_extract.grounding.places import is_place
from llm_extract.grounding.speakers import find_speaker, is_nobodys
from llm_extract.grounding.stances import states_stance
from llm_extract.schemas import Actor, EventDate, Meeting, MeetingMode, Position, Quote, QuoteKind
from llm_extract.text.article import QuotedSpan

Values = Mapping[str, Any]

# Chosen on the development articles: above it, the embedded model loses records faster than errors.
_SURE = 0.7


def _meeting_date(context: ArticleContext, values: Values) -> EventDate | None:
    tense: Tense = "future" if values["status"] in ("planned", "proposed") else "past"
    for span in values[EVIDENCE]:
        found = find_meeting_date(span.text)
        if found:
            words = span.text[slice(*found)]
            return EventDate(text=words, iso=resolve_date(words, context.article.published, tense))
    return None


def _meeting_mode(_: ArticleContext, values: Values) -> MeetingMode | None:
    return find_mode(" ".join(span.text for span in values[EVIDENCE]))


def _meeting_location(_: ArticleContext, values: Values) -> str | None:
    return next(filter(None, (find_location(span.text) for span in values[EVIDENCE])), None)


def _meeting_topics(_: ArticleContext, values: Values) -> list[str]:
    return [topic for span in values[EVIDENCE] for topic in find_topics(span.text)]


def _participants(context: ArticleContext, values: Values) -> list[Actor]:
    """Keep the people where people are named, the sides where talks between sides are proposed."""
    actors: list[Actor] = list(dict.fromkeys(values["participants"]))
    sides = [actor for actor in actors if is_place(fold(actor.name))]
    if values["status"] == "proposed" and len(sides) > 1:
        return sides
    if any(context.is_person(actor.name) for actor in actors):
        return [actor for actor in actors if actor not in sides]
    return actors


def _alone(context: ArticleContext, meeting: Meeting) -> str | None:
    """An encounter takes two; one name alone may stand for several only where it names a body."""
    name = meeting.participants[0].name
    if len(meeting.participants) == 1 and (context.is_person(name) or is_place(fold(name))):
        return f"{name} alone does not make a meeting"
    return None


def _mere_name(context: ArticleContext, position: Position) -> str | None:
    """A small model fills in an actor where it finds nothing that the stance could be about."""
    if context.cast.resolve(position.issue) is not None:
        return f"{position.issue!r} names an actor, not an issue"
    return None


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
    cue=reports_encounter,
    threshold=_SURE,
    computed={
        "date": _meeting_date,
        "mode": _meeting_mode,
        "location": _meeting_location,
        "topics": _meeting_topics,
    },
    revised={"participants": _participants},
    doubt=_alone,
)
POSITION = RecordType(
    "position", Position, merge_positions, cue=states_stance, threshold=_SURE, doubt=_mere_name
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
