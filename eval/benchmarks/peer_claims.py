"""From what other tools answer to records that our scorer takes, with good will and no repairs.

A claim that stands nowhere in the article becomes a record whose span lies past the article's end:
it overlaps nothing, and the scorer counts it as predicted and as not grounded.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from pydantic import ValidationError

from llm_extract.evaluation.locating import Place, is_quotation_mark, occurrences
from llm_extract.schemas import (
    Actor,
    DroppedDraft,
    EventDate,
    Meeting,
    MeetingStatus,
    Position,
    Quotation,
    Quote,
    Record,
    Span,
)
from llm_extract.text.article import Article, Document
from llm_extract.text.segmentation import segment

ClaimKind = Literal["meeting", "position", "quote"]

_LIST = re.compile(r"\s*(?:,|;|&|\band\b)\s*")
_STANCES = (("support", "supports"), ("oppos", "opposes"), ("mixed", "mixed"))


@dataclass(frozen=True)
class Claim:
    """A record as a tool stated it.

    Attributes:
        kind: what it says it is; anything else than a `ClaimKind` is dropped.
        words: what it says stands in the article: the evidence, or the quoted words.
        places: where that stands; empty where it stands nowhere.
        fields: the other fields, by our names for them.
    """

    kind: str
    words: str
    places: tuple[Place, ...]
    fields: Mapping[str, Any]


@dataclass
class Converted:
    """The records of one article, and the claims that cannot be records at all."""

    meetings: list[Meeting] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    dropped: list[DroppedDraft] = field(default_factory=list)


def langextract_claims(extractions: Sequence[Mapping[str, Any]]) -> list[Claim]:
    """Return the claims of LangExtract.

    Args:
        extractions: its extractions as mappings: `class`, `text`, `attributes`, and `start` and
            `end` in code points, None where it did not align them with the article.
    """
    return [
        Claim(
            kind=extraction["class"],
            words=extraction["text"],
            places=_aligned(extraction["start"], extraction["end"]),
            fields=extraction["attributes"] or {},
        )
        for extraction in extractions
    ]


def _aligned(start: int | None, end: int | None) -> tuple[Place, ...]:
    return () if start is None or end is None or start >= end else ((start, end),)


def copied_claims(answer: Mapping[str, Sequence[Mapping[str, Any]]], text: str) -> list[Claim]:
    """Return the claims of an answer whose evidence, or quoted words, are copied text.

    Args:
        answer: lists `meetings`, `positions` and `quotes` of mappings with our field names, the
            evidence a list of strings.
        text: the article.
    """
    claims = []
    for kind in get_args(ClaimKind):
        taken: set[Place] = set()
        for record in answer[f"{kind}s"]:
            copies = [record["text"]] if kind == "quote" else record["evidence"]
            found = [place for copy in copies if (place := locate(text, copy, taken))]
            if kind == "quote":
                taken.update(found)
            claims.append(Claim(kind, " ".join(copies), tuple(found), record))
    return claims


def locate(text: str, copy: str, taken: set[Place]) -> Place | None:
    """Return where a copied string stands verbatim, edge blanks and quotation marks aside.

    Args:
        text: the article.
        copy: the string.
        taken: places that are passed over where there is another.
    """
    for words in (copy.strip(), _without_marks(copy)):
        places = occurrences(text, words) if words else []
        if places:
            return next((place for place in places if place not in taken), places[0])
    return None


def _without_marks(copy: str) -> str:
    words = copy.strip()
    while words and is_quotation_mark(words[0]):
        words = words[1:].lstrip()
    while words and is_quotation_mark(words[-1]):
        words = words[:-1].rstrip()
    return words


def convert(article: Article, claims: Sequence[Claim]) -> Converted:
    """Make records of claims.

    The evidence is every sentence that a claim's places touch, so that the scorer's evidence gate
    opens for a claim that names part of a sentence. Names are taken as they are.
    """
    document, converted = segment(article), Converted()
    lists: dict[str, tuple[Callable[[Claim, Document], Record], list[Any]]] = {
        "meeting": (_meeting, converted.meetings),
        "position": (_position, converted.positions),
        "quote": (_quote, converted.quotes),
    }
    for claim in claims:
        if claim.kind not in lists:
            converted.dropped.append(_dropped(claim, "no such kind"))
            continue
        make, records = lists[claim.kind]
        try:
            records.append(make(claim, document))
        except ValidationError as error:
            fault = error.errors()[0]
            reason = f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            converted.dropped.append(_dropped(claim, reason))
    return converted


def _meeting(claim: Claim, document: Document) -> Meeting:
    status = _word(claim.fields.get("status")).casefold()
    date = _word(claim.fields.get("date"))
    return Meeting(
        participants=[Actor(name=name) for name in _names(claim.fields.get("participants"))],
        status=status if status in get_args(MeetingStatus) else "held",
        date=EventDate(text=date) if date else None,
        location=_word(claim.fields.get("location")) or None,
        evidence=_evidence(claim, document),
    )


def _position(claim: Claim, document: Document) -> Position:
    stated = _word(claim.fields.get("stance"))
    stances = [full for stem, full in _STANCES if stated.casefold().startswith(stem)]
    return Position.model_validate(
        {
            "holder": {"name": _word(claim.fields.get("holder"))},
            "issue": _word(claim.fields.get("issue")),
            "stance": stances[0] if stances else stated,
            "evidence": _evidence(claim, document),
        }
    )


def _quote(claim: Claim, document: Document) -> Quote:
    speaker = _word(claim.fields.get("speaker"))
    words = [document.article.span(*place) for place in claim.places] or [_nowhere(claim, document)]
    return Quote(
        speaker=Actor(name=speaker) if speaker else None,
        text=Quotation(**words[0].model_dump()),
        kind="full",  # not asked of the peers, and not part of any score
        evidence=_evidence(claim, document),
    )


def _evidence(claim: Claim, document: Document) -> list[Span]:
    numbers = dict.fromkeys(
        sentence.number for place in claim.places for sentence in document.sentences_over(*place)
    )
    return [document.sentence_span(number) for number in numbers] or [_nowhere(claim, document)]


def _nowhere(claim: Claim, document: Document) -> Span:
    end, words = len(document.article.text), claim.words or "?"
    return Span(start=end, end=end + len(words), text=words)


def _names(value: Any) -> Iterator[str]:
    """Yield the names of a list, or of a string that lists them."""
    listed = value if isinstance(value, list) else _LIST.split(_word(value))
    return (name for item in listed if (name := _word(item)))


def _word(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _dropped(claim: Claim, reason: str) -> DroppedDraft:
    draft = json.dumps({"words": claim.words, **claim.fields}, ensure_ascii=False)
    return DroppedDraft(record=claim.kind, reason=reason, draft=draft)
