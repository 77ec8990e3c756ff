"""Invented articles and records for the tests of this layer."""

from collections.abc import Mapping, Sequence

from llm_extract.evaluation.gold import GoldArticle
from llm_extract.evaluation.matching import KINDS, AnyRecord, Kind
from llm_extract.evaluation.scores import ArticleScore, Cost, Counts, Evaluation, System
from llm_extract.schemas import (
    Actor,
    ArticleRecords,
    ArticleRef,
    DroppedDraft,
    EventDate,
    Meeting,
    MeetingStatus,
    Position,
    Provenance,
    Quotation,
    Quote,
    QuoteKind,
    Span,
    Stance,
)

TEXT = "\n".join(
    [
        "Lena Brandt met Omar Haddad in Velmora on Tuesday.",
        "Brandt backs the new harbour, but Haddad rejects it.",
        "“The harbour is our future,” Brandt said after the talks.",
        "Haddad called the plan a “gift to smugglers” and left.",
        "The two will meet again in Portsey in May.",
    ]
)
SENTENCES = TEXT.split("\n")


def span(part: str, text: str = TEXT) -> Span:
    """Return the first place of `part`."""
    start = text.index(part)
    return Span(start=start, end=start + len(part), text=part)


def sentences(*numbers: int, text: str = TEXT) -> list[Span]:
    """Return sentences by number, from 0."""
    return [span(text.split("\n")[number], text) for number in numbers]


def meeting(
    *names: str,
    status: MeetingStatus = "held",
    at: Sequence[int] = (0,),
    date: str | None = None,
    location: str | None = None,
) -> Meeting:
    return Meeting(
        participants=[Actor(name=name) for name in names],
        status=status,
        date=EventDate(text=date) if date else None,
        location=location,
        evidence=sentences(*at),
    )


def position(
    holder: str, issue: str, stance: Stance = "supports", at: Sequence[int] = (1,)
) -> Position:
    return Position(holder=Actor(name=holder), issue=issue, stance=stance, evidence=sentences(*at))


def quote(speaker: str | None, words: str, kind: QuoteKind = "full", text: str = TEXT) -> Quote:
    place = span(words, text)
    holder = next(s for s in text.split("\n") if words in s)
    return Quote(
        speaker=Actor(name=speaker) if speaker else None,
        text=Quotation(start=place.start, end=place.end, text=words),
        kind=kind,
        evidence=[span(holder, text)],
    )


MEETINGS = (
    meeting("Lena Brandt", "Omar Haddad", date="Tuesday", location="Velmora"),
    meeting("Lena Brandt", "Omar Haddad", status="planned", at=(4,), location="Portsey"),
)
POSITIONS = (
    position("Lena Brandt", "the new harbour"),
    position("Omar Haddad", "the new harbour", "opposes"),
)
QUOTES = (
    quote("Lena Brandt", "The harbour is our future,"),
    quote("Omar Haddad", "gift to smugglers", "fragment"),
)
RECORDS = (*MEETINGS, *POSITIONS, *QUOTES)


def gold(
    id_: str = "harbour", records: Sequence[AnyRecord] = RECORDS, text: str = TEXT
) -> GoldArticle:
    return GoldArticle(
        id=id_,
        text=text,
        meetings=tuple(r for r in records if isinstance(r, Meeting)),
        positions=tuple(r for r in records if isinstance(r, Position)),
        quotes=tuple(r for r in records if isinstance(r, Quote)),
    )


def provenance(
    model: str = "invented-1b",
    seconds: float = 2.0,
    cost_usd: float | None = 0.25,
    dropped: Sequence[DroppedDraft] = (),
) -> Provenance:
    return Provenance(
        model=model,
        strategy="sentence",
        prompt_hash="prompt-hash",
        schema_hash="schema-hash",
        package_version="0",
        calls=3,
        prompt_tokens=300,
        cached_tokens=200,
        completion_tokens=30,
        cost_usd=cost_usd,
        seconds=seconds,
        dropped=list(dropped),
    )


def predictions(
    id_: str = "harbour.txt",
    records: Sequence[AnyRecord] = RECORDS,
    text: str = TEXT,
    made: Provenance | None = None,
) -> ArticleRecords:
    article = gold(id_, records, text)
    return ArticleRecords(
        article=ArticleRef(id=id_, sha256=article.sha256),
        meetings=list(article.meetings),
        positions=list(article.positions),
        quotes=list(article.quotes),
        provenance=made or provenance(),
    )


def evaluation_of(
    *counts: Mapping[Kind, tuple[int, int, int]], digest: str = "digest"
) -> Evaluation:
    """Return an evaluation with given (gold, predicted, strict) counts by article and kind."""
    made = provenance()
    return Evaluation(
        system=System(model=made.model, strategy=made.strategy, prompt_hash="p", schema_hash="s"),
        articles=tuple(
            ArticleScore(
                id=f"article-{number}",
                gold_digest=digest,
                counts={kind: _counts(article.get(kind, (0, 0, 0))) for kind in KINDS},
                spans=10,
                grounded=10,
                outcomes=(),
                dropped=(),
                cost=Cost(
                    calls=2,
                    prompt_tokens=100,
                    cached_tokens=50,
                    completion_tokens=10,
                    seconds=4.0,
                    usd=None,
                ),
            )
            for number, article in enumerate(counts)
        ),
    )


def _counts(numbers: tuple[int, int, int]) -> Counts:
    gold_records, predicted, strict = numbers
    return Counts(gold=gold_records, predicted=predicted, loose=strict, strict=strict)
