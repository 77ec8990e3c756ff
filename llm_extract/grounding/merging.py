"""Making one record out of several that state the same encounter, position or quotation.

Drafts are made sentence by sentence, so an encounter that an article mentions six times arrives as
six meetings, each with a part of what is known. Two of them are one where nothing contradicts it
and enough agrees; the merged record is compared on, so that a date one draft brings in keeps apart
what the next one would wrongly join.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from llm_extract.grounding.dates import may_coincide
from llm_extract.grounding.issues import content_words
from llm_extract.grounding.names import fold, same_actor
from llm_extract.grounding.places import country_meant, country_of, is_country, is_place
from llm_extract.grounding.titles import is_title, may_precede_title
from llm_extract.grounding.words import Word, words_of
from llm_extract.schemas import (
    Actor,
    EventDate,
    Meeting,
    MeetingStatus,
    Position,
    Quote,
    Span,
)

R = TypeVar("R")

_MOST = 0.6  # share of participants in common from which on scoring takes two lists for the same
_ISSUE_OVERLAP = 0.5  # share of content words in common from which on two issues are one
_FURTHEST: tuple[MeetingStatus, ...] = ("declined", "proposed", "planned", "ongoing", "held")


def merge(
    records: Sequence[R], same: Callable[[R, R], bool], combine: Callable[[R, R], R]
) -> list[R]:
    """Combine the records that are the same until no two of those left are.

    Args:
        records: any records.
        same: whether two records state one thing; gets combined records too.
        combine: makes one record of two, the earlier one first.

    Returns:
        The records left, each at the place of its first part. Merging them again changes nothing.
    """
    merged = list(records)
    while True:
        rest, merged = merged, []
        for record in rest:
            for i, earlier in enumerate(merged):
                if same(earlier, record):
                    merged[i] = combine(earlier, record)
                    break
            else:
                merged.append(record)
        if len(merged) == len(rest):
            return merged


def merge_evidence(a: Sequence[Span], b: Sequence[Span]) -> list[Span]:
    """Return the spans of two records once each: the best of the first, then in text order.

    Args:
        a: evidence of the record that leads, its best span first.
        b: evidence of the other record.
    """
    best = list(a[:1] or b[:1])
    rest = {(span.start, span.end): span for span in (*b, *a)}
    for span in best:
        del rest[span.start, span.end]
    return best + [rest[offsets] for offsets in sorted(rest)]


# --- meetings


def merge_meetings(meetings: Sequence[Meeting]) -> list[Meeting]:
    """Make one meeting of all drafts about one encounter.

    Drafts are about one encounter where the participants of one are among those of the other (a
    country or delegation may stand for its people) and status, date, place and mode do not
    contradict each other. A planned meeting and a held one are one encounter only where they
    have one date; a proposed and a declined one are always their own.

    Args:
        meetings: meetings of one article, in text order.

    Returns:
        The meetings, with united participants, topics and evidence, the most specific date and
        place, and the status that goes furthest.
    """
    return merge(meetings, _same_meeting, _combine_meetings)


def merge_repeated_meetings(meetings: Sequence[Meeting]) -> list[Meeting]:
    """Make one meeting of those that state one encounter twice, and no more than that.

    For drafts of somebody who had the whole article at hand: another list of participants is
    then meant, be it that of a bilateral on the margins of the larger meeting, and no incomplete
    mention.

    Args:
        meetings: meetings of one article, in text order.

    Returns:
        The meetings; two are one where `merge_meetings` would unite them and each participant of
        either is, or stands for, one of the other's.
    """

    def same(a: Meeting, b: Meeting) -> bool:
        return _same_meeting(a, b) and _common(a, b).all_of_both

    return merge(meetings, same, _combine_meetings)


def _same_meeting(a: Meeting, b: Meeting) -> bool:
    if a.date and b.date and not may_coincide(a.date, b.date):
        return False
    same_date = a.date is not None and b.date is not None and _same_date(a.date, b.date)
    same_place = _same_place(a.location, b.location)
    if not _compatible_status(a.status, b.status, same_date):
        return False
    contradicts = same_place is False or {a.mode, b.mode} == {"in_person", "call"}
    common = _common(a, b)
    if common.all_of_both and same_date:
        return True  # one sentence names the city and another the country, or one errs in the mode
    if contradicts or not common.most:
        return False
    if common.all_of_both and a.evidence[0] == b.evidence[0]:
        return True  # "X and Y met for talks between Peru and Chile"
    return same_date or bool(same_place) or (common.all_of_one and common.by_name)


def _compatible_status(a: MeetingStatus, b: MeetingStatus, same_date: bool) -> bool:
    """Return whether two statuses can be those of one encounter.

    Who has met and plans to meet plans another encounter, unless both have one date.
    """
    classes = {"held" if status == "ongoing" else status for status in (a, b)}
    return len(classes) == 1 or (same_date and classes == {"held", "planned"})


@dataclass(frozen=True)
class _Common:
    """What the participants of two meetings have in common.

    Attributes:
        by_name: whether at least one participant is named by both.
        all_of_both: whether each participant of either is, or stands for, one of the other's.
        all_of_one: the same for at least one of the two meetings.
        most: whether so many are common that one meeting can be an incomplete mention of the other.
    """

    by_name: bool
    all_of_both: bool
    all_of_one: bool
    most: bool


def _common(a: Meeting, b: Meeting) -> _Common:
    text = _evidence_text(a, b)
    sizes = len(a.participants), len(b.participants)
    shared = (
        sum(any(_alike(x, y, text) for y in b.participants) for x in a.participants),
        sum(any(_alike(x, y, text) for x in a.participants) for y in b.participants),
    )
    all_of_one = shared[0] == sizes[0] or shared[1] == sizes[1]
    # A lone participant is a mention that left the others out. Two of five are more likely to have
    # met on the margins of the five's meeting.
    lone = all_of_one and min(sizes) == 1
    return _Common(
        by_name=any(
            _same(x, y) or _one_country(x, y) or _describes(x, y, text) or _describes(y, x, text)
            for x in a.participants
            for y in b.participants
        ),
        all_of_both=shared == sizes,
        all_of_one=all_of_one,
        most=lone or (min(shared) > 1 and sum(shared) / sum(sizes) >= _MOST),
    )


def _same(a: Actor, b: Actor) -> bool:
    return same_actor(a.name, b.name)


def _one_country(a: Actor, b: Actor) -> bool:
    """Return whether two names are those of a country or its capital ("Lima" for "Peru")."""
    country = country_meant(fold(a.name))
    return country is not None and country == country_meant(fold(b.name))


def _alike(a: Actor, b: Actor, text: str) -> bool:
    return _same(a, b) or _one_country(a, b) or _stands_for(a, b, text) or _stands_for(b, a, text)


def _stands_for(body: Actor, person: Actor, text: str) -> bool:
    """Return whether a country, or a group described by it, stands for a person who acts for it.

    Args:
        body: may be a country or delegation ("Ruritania", "a Ruritanian delegation").
        person: may be somebody whose affiliation, role, or title in the text names that country.
        text: the sentences behind both.
    """
    countries = _countries(body.name)
    if not countries or _countries(person.name):
        return False
    described = f"{person.role or ''}. {person.affiliation or ''}. {_title_in(text, person.name)}"
    return countries <= _countries(described)


def _describes(description: Actor, person: Actor, text: str) -> bool:
    """Return whether an actor that is no country itself is described by a person's country."""
    return not is_place(fold(description.name)) and _stands_for(description, person, text)


def _title_in(text: str, name: str) -> str:
    """Return the titles that stand before a name in a text, as one phrase a mention."""
    own = set(fold(name).split())
    words = words_of(text)
    titles = []
    for i, word in enumerate(words):
        if word.folded not in own:
            continue
        start = i
        while start > 0 and _may_be_title(words[start - 1], own):
            start -= 1
        if any(is_title(before.folded) for before in words[start:i]):
            titles.append(text[words[start].start : word.start])
    return "; ".join(titles)


def _may_be_title(word: Word, name: set[str]) -> bool:
    return word.folded in name or is_title(word.folded) or may_precede_title(word.folded)


@lru_cache(maxsize=4096)
def _countries(text: str) -> frozenset[str]:
    """Return the countries that a text names, by name or adjective, in up to three words."""
    words = [word.folded for word in words_of(text)]
    phrases = (" ".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1))
    return frozenset(country for phrase in phrases if (country := country_of(phrase)))


def _evidence_text(a: Meeting, b: Meeting) -> str:
    return "\n".join(span.text for span in (*a.evidence, *b.evidence))


def _same_date(a: EventDate, b: EventDate) -> bool:
    """Return whether two dates that do not contradict each other clearly name one day or period."""
    if a.iso and b.iso:
        return True
    words_a, words_b = (set(date.text.casefold().split()) for date in (a, b))
    more = words_a ^ words_b
    return (words_a <= words_b or words_b <= words_a) and not more & {"last", "next"}


def _same_place(a: str | None, b: str | None) -> bool | None:
    """Return whether one of two places has all words of the other; None where one is missing."""
    if a is None or b is None:
        return None
    words_a, words_b = content_words(a), content_words(b)
    return words_a <= words_b or words_b <= words_a


def _combine_meetings(a: Meeting, b: Meeting) -> Meeting:
    return Meeting(
        participants=_unite_actors(a, b),
        status=max(a.status, b.status, key=_FURTHEST.index),
        mode=a.mode or b.mode,
        date=_more_specific_date(a.date, b.date),
        location=_more_specific_place(a.location, b.location),
        topics=_unique((*a.topics, *b.topics)),
        evidence=merge_evidence(a.evidence, b.evidence),
    )


def _unique(topics: Iterable[str]) -> list[str]:
    """Return topics once each, case aside, as they are first written."""
    unique: dict[str, str] = {}
    for topic in topics:
        unique.setdefault(topic.casefold(), topic)
    return list(unique.values())


def _unite_actors(a: Meeting, b: Meeting) -> list[Actor]:
    """Return the participants of both meetings, each once, without bodies that stand for others."""
    united = list(a.participants)
    for actor in b.participants:
        for i, known in enumerate(united):
            if _one_country(known, actor):
                united[i] = known if is_country(fold(known.name)) else actor
                break
            if _same(known, actor):
                united[i] = _fuller_actor(known, actor)
                break
        else:
            united.append(actor)
    text = _evidence_text(a, b)
    return [
        actor
        for actor in united
        if not any(_stands_for(actor, other, text) for other in united if other is not actor)
    ]


def _fuller_actor(a: Actor, b: Actor) -> Actor:
    """Return one actor under the longer of two names, with what either says of it."""
    longer = b if len(fold(b.name)) > len(fold(a.name)) else a
    return Actor(
        name=longer.name,
        role=a.role or b.role,
        affiliation=a.affiliation or b.affiliation,
    )


def _more_specific_date(a: EventDate | None, b: EventDate | None) -> EventDate | None:
    if a is None or b is None:
        return a or b
    return max(a, b, key=lambda date: (len(date.iso or ""), len(date.text.split())))


def _more_specific_place(a: str | None, b: str | None) -> str | None:
    if a is None or b is None:
        return a or b
    return b if _same_place(a, b) and len(content_words(b)) > len(content_words(a)) else a


# --- positions and quotes


def merge_positions(positions: Sequence[Position]) -> list[Position]:
    """Make one position of all drafts that state one holder's stance on one issue.

    Opposite stances on one issue stay two positions: they may be a change of mind, or the issues
    may differ in a word. Only where the very same sentence is said to state both about the very
    same issue is one of them an error, and the first stands.

    Args:
        positions: positions of one article, in text order.

    Returns:
        The positions, with the fuller wording of the issue and united evidence.
    """
    return merge(positions, _same_position, _combine_positions)


def _same_position(a: Position, b: Position) -> bool:
    if not _same(a.holder, b.holder):
        return False
    words_a, words_b = content_words(a.issue), content_words(b.issue)
    if a.stance != b.stance:
        return a.evidence[0] == b.evidence[0] and words_a == words_b
    if not words_a or not words_b:
        return a.issue.casefold() == b.issue.casefold()
    return 2 * len(words_a & words_b) / (len(words_a) + len(words_b)) >= _ISSUE_OVERLAP


def _combine_positions(a: Position, b: Position) -> Position:
    return Position(
        holder=_fuller_actor(a.holder, b.holder),
        issue=max(a.issue, b.issue, key=lambda issue: len(content_words(issue))),
        stance=a.stance,
        evidence=merge_evidence(a.evidence, b.evidence),
    )


def merge_quotes(quotes: Sequence[Quote]) -> list[Quote]:
    """Make one quote of all that quote the same span; the first known speaker stands.

    Args:
        quotes: quotes of one article, in text order.
    """
    return merge(quotes, lambda a, b: a.text == b.text, _combine_quotes)


def _combine_quotes(a: Quote, b: Quote) -> Quote:
    return Quote(
        speaker=a.speaker or b.speaker,
        text=a.text,
        kind=a.kind,
        evidence=merge_evidence(a.evidence, b.evidence),
    )
