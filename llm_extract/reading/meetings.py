"""Reads the meetings that an article's sentences report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_extract.grounding.circumstances import find_locations
from llm_extract.grounding.dates import find_dates
from llm_extract.grounding.issues import content_words
from llm_extract.reading.actors import Actors
from llm_extract.reading.encounter_words import AUDIENCE, CLEAR_RECEIVING_VERBS, RECEIVING_VERBS
from llm_extract.reading.encounters import EncounterFound, belongs_to, find_encounters
from llm_extract.reading.sentences import Parsed
from llm_extract.schemas import MeetingMode, MeetingStatus

if TYPE_CHECKING:
    from spacy.tokens import Token

_MAY_BE_A_PLACE = RECEIVING_VERBS - CLEAR_RECEIVING_VERBS
_NUMBERS = content_words("two three four five six several many both")


@dataclass(frozen=True)
class MeetingRead:
    """A meeting as one sentence reports it.

    Attributes:
        participants: names of those who take part; one where it is a group.
        status: how far it has come.
        mode: whether it is a call or in person; None where the sentence does not say.
        sentence: number of the sentence, from 1.
        date: offsets in the article of the words that date it, in code points; None without any.
        place: offsets of the words that name its place, likewise.
    """

    participants: tuple[str, ...]
    status: MeetingStatus
    mode: MeetingMode | None
    sentence: int
    date: tuple[int, int] | None
    place: tuple[int, int] | None


def read_meetings(sentences: Sequence[Parsed], actors: Actors) -> list[MeetingRead]:
    """Return the meetings that sentences report, in their order.

    Args:
        sentences: the sentences of an article, in order.
        actors: names the actors in them.
    """
    return [
        MeetingRead(
            participants,
            encounter.status,
            encounter.mode,
            parsed.sentence.number,
            _first_of(encounter, parsed, find_dates(parsed.text)),
            _first_of(encounter, parsed, find_locations(parsed.text)),
        )
        for parsed in sentences
        for encounter in find_encounters(parsed.tree)
        if (participants := _participants(parsed, encounter, actors))
    ]


def _first_of(
    encounter: EncounterFound, parsed: Parsed, spans: Iterable[tuple[int, int]]
) -> tuple[int, int] | None:
    """Return the first of some parts of a sentence that says when or where an encounter is."""
    for start, end in spans:
        tokens = [token for token in parsed.tree if start <= token.idx < end]
        heads = [token for token in tokens if not start <= token.head.idx < end]
        if any(belongs_to(token, encounter.trigger) for token in heads):
            return parsed.start + start, parsed.start + end
    return None


def _participants(parsed: Parsed, encounter: EncounterFound, actors: Actors) -> tuple[str, ...]:
    names: dict[str, Token] = {}
    for token in encounter.participants:
        if token.lower_ not in AUDIENCE:
            names.update(dict.fromkeys(actors.names(parsed, token), token))
    found = tuple(names)
    verb = encounter.trigger.lemma_.lower() if encounter.trigger.pos_ == "VERB" else ""
    if verb in _MAY_BE_A_PLACE and not all(actors.is_person(name) for name in found[1:]):
        return ()
    if len(found) == 1 and not _is_group(found[0], names[found[0]]):
        return ()
    return found


def _is_group(name: str, token: Token) -> bool:
    """Say whether a lone participant can stand for several, and says which."""
    several = token.tag_ in ("NNS", "NNPS") or token.head.lower_ == "of"
    return several and len(content_words(name) - _NUMBERS) > 1
