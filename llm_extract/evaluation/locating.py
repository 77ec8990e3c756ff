"""Finds the offsets of gold evidence, which gold files give as bare strings."""

import unicodedata
from collections.abc import Collection, Sequence

Place = tuple[int, int]
"""Start and end of a stretch of the article, in code points."""


def occurrences(text: str, part: str) -> list[Place]:
    """Return every place at which `part` occurs in `text`, overlapping ones included."""
    places, start = [], text.find(part)
    while start >= 0:
        places.append((start, start + len(part)))
        start = text.find(part, start + 1)
    return places


def locate_evidence(text: str, evidence: Sequence[str], anchor: Place | None = None) -> list[Place]:
    """Return one place for each evidence string.

    A string that occurs several times is taken where it is nearest to what is known of the record:
    to `anchor`, else to the strings that occur once, else to the first one's first occurrence.

    Args:
        text: the article.
        evidence: strings that all occur in `text`.
        anchor: a place that the record is known to be about, such as its quoted words.
    """
    candidates = [occurrences(text, part) for part in evidence]
    anchors = [anchor] if anchor else [places[0] for places in candidates if len(places) == 1]
    if not anchors:
        anchors = [candidates[0][0]]
    return [
        min(places, key=lambda place: min(_distance(place, fixed) for fixed in anchors))
        for places in candidates
    ]


def locate_quotation(
    text: str, words: str, evidence: Sequence[str], taken: Collection[Place]
) -> Place | None:
    """Return the place of a quotation's words, or None where its evidence does not hold them.

    Among the occurrences that share characters with the evidence the order is: not yet taken by
    another record, between quotation marks, first in the article.

    Args:
        text: the article.
        words: the quoted words, without their marks.
        evidence: the record's evidence; strings that all occur in `text`.
        taken: places that other quotations of the article were given.
    """
    holders = [place for part in evidence for place in occurrences(text, part)]
    candidates = [
        place
        for place in occurrences(text, words)
        if any(_distance(place, holder) == 0 for holder in holders)
    ]

    def rank(place: Place) -> tuple[bool, int, int]:
        return place in taken, -_marks_around(text, place), place[0]

    return min(candidates, key=rank, default=None)


def _distance(first: Place, second: Place) -> int:
    """Return how many characters lie between two places, 0 where they overlap."""
    if first[0] < second[1] and second[0] < first[1]:
        return 0
    return max(second[0] - first[1], first[0] - second[1]) + 1


def _marks_around(text: str, place: Place) -> int:
    """Return how many of the two characters around `place` are quotation marks."""
    around = text[max(place[0] - 1, 0) : place[0]] + text[place[1] : place[1] + 1]
    return sum(is_quotation_mark(character) for character in around)


def is_quotation_mark(character: str) -> bool:
    """Return whether a character opens or closes quotations in some typography."""
    return character in "\"'`´‚„" or unicodedata.category(character) in ("Pi", "Pf")
