"""Invented articles that are made together with their records, and ledgers of them."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from llm_extract.batch.store import open_store
from llm_extract.schemas import (
    Actor,
    ArticleRecords,
    CustomRecord,
    DroppedDraft,
    EventDate,
    Meeting,
    Position,
    Provenance,
    Quotation,
    Quote,
    Span,
)
from llm_extract.text.article import Article

TYPES = ("meeting", "position", "quote")


class Story:
    """An article in the making: each sentence is added with the record that it states."""

    def __init__(self, id_: str, *, asked: Sequence[str] = TYPES, **ref: Any) -> None:
        self._id, self._ref, self._asked = id_, ref, asked
        self._text = ""
        self._records: dict[str, list[Any]] = {"meetings": [], "positions": [], "quotes": []}
        self._own: dict[str, list[CustomRecord]] = {}
        self._dropped: list[DroppedDraft] = []

    def say(self, sentence: str, end: str = " ") -> Span:
        start = len(self._text)
        self._text += sentence + end
        return Span(start=start, end=start + len(sentence), text=sentence)

    def meeting(self, said: str | Span, *names: str | Actor, date: Any = None, **more: Any) -> Span:
        span = self._span(said)
        people = [Actor(name=name) if isinstance(name, str) else name for name in names]
        when = EventDate(text=date[0], iso=date[1]) if date else None
        values = {"status": "held", "date": when} | more
        self._records["meetings"].append(Meeting(participants=people, evidence=[span], **values))
        return span

    def position(self, said: str | Span, holder: str, issue: str, stance: Any) -> Span:
        span = self._span(said)
        actor = Actor(name=holder)
        position = Position(holder=actor, issue=issue, stance=stance, evidence=[span])
        self._records["positions"].append(position)
        return span

    def quote(self, said: str | Span, words: str, speaker: str | None, kind: Any = "full") -> Span:
        span = self._span(said)
        start = span.start + span.text.index(words)
        self._records["quotes"].append(
            Quote(
                speaker=Actor(name=speaker) if speaker else None,
                text=Quotation(start=start, end=start + len(words), text=words),
                kind=kind,
                evidence=[span],
            )
        )
        return span

    def own(self, type_: str, said: str | Span, **fields: Any) -> None:
        record = CustomRecord.model_validate({"evidence": [self._span(said)], **fields})
        self._own.setdefault(type_, []).append(record)

    def drop(self, record: str, reason: str, draft: str = "{}") -> None:
        self._dropped.append(DroppedDraft(record=record, reason=reason, draft=draft))

    @property
    def article(self) -> Article:
        return Article(self._id, self._text, **self._ref)

    @property
    def records(self) -> ArticleRecords:
        made = Provenance(
            model="stand-in",
            strategy="article",
            record_types=[*self._asked],
            prompt_hash="p",
            schema_hash="s",
            package_version="0.1.0",
            calls=1,
            prompt_tokens=900,
            cached_tokens=700,
            completion_tokens=80,
            cost_usd=0.0012,
            seconds=0.5,
            dropped=self._dropped,
        )
        return ArticleRecords(
            article=self.article.ref(), provenance=made, custom=self._own, **self._records
        )

    def _span(self, said: str | Span) -> Span:
        return self.say(said) if isinstance(said, str) else said


def write_run(
    folder: Path,
    stories: Iterable[Story],
    failures: Iterable[tuple[Story, str, str]] = (),
    *,
    complete: bool = True,
) -> Path:
    """Write the ledger of a run that ended with these stories, as a run does.

    Args:
        folder: the output folder.
        stories: what was extracted.
        failures: stories that failed, each with the kind of error and the reason.
        complete: whether the run met all its articles.
    """
    with open_store(folder, "settings") as store:
        store.begin_run()
        for story in stories:
            store.list_article(story.article)
            store.finish(story.article, story.records)
        for story, kind, reason in failures:
            store.list_article(story.article)
            store.fail(story.article, kind, reason)
        store.export(complete=complete)
    return folder


_FIRST = re.findall(
    r"\w+",
    """Ana Boris Carla Dario Elena Fedor Greta Hakan Irina Jonas Katja Luis Mira Nuno Olga Pavel
    Quirin Rosa Stefan Tilda Uwe Vera Wanda Xaver Yara Zoran""",
)
_LAST = re.findall(
    r"\w+",
    """Petrova Okafor Lindqvist Marlow Oduya Tessari Brandt Kovac Ilves Duarte Halloran Mbeki Novak
    Ferrante Sorensen Zielinska Araujo Demir Keller Varga Amadi Castell Dunne Eriksen Farkas""",
)
_STATES = ("Baltara", "Norwick", "Estmark", "Veldonia", "Corsay", "Halmia", "Tarvos", "Quenland")
_THINGS = (
    "the harbour bridge",
    "the fishing quota",
    "the grain corridor",
    "a ceasefire in the delta",
    "the gas levy",
    "visa-free travel",
    "the rail tunnel",
    "the water treaty",
    "an arms embargo",
    "the mining law",
    "a joint currency",
    "the pension reform",
)
_PLACES = ("Lindholm", "Port Amara", "Vesna", "Karsted", "Oldbridge", "Santa Bruna")
_FILLER = (
    "The talks had been prepared for weeks by both delegations.",
    "Observers described the mood in the capital as calm but tired.",
    "Shops along the river opened late, and trams ran on a holiday timetable.",
    "A vote in parliament is expected after the summer break.",
    "Prices for bread and fuel have risen for the third month in a row.",
)


def invented_stories(number: int, seed: int = 1) -> Iterator[Story]:
    """Return stories as long and as full as news is: 3,000 characters, 17 records."""
    chance = random.Random(seed)
    people = [f"{first} {last}" for first in _FIRST for last in _LAST]
    chance.shuffle(people)

    def somebody() -> str:
        # Few are in the news every day, most once.
        return people[min(int(chance.paretovariate(0.6)) - 1, len(people) - 1)]

    for count in range(number):
        day = date(2029 + count % 3, 1 + count % 12, 1 + count % 28)
        story = Story(f"news/{count:05}.txt", published=day, title=_headline(chance, count))
        for kind in chance.sample(["meeting"] * 2 + ["position"] * 8 + ["quote"] * 7, 17):
            _state(story, kind, somebody, chance, day)
            story.say(chance.choice(_FILLER), end=chance.choice([" ", "\n\n"]))
        yield story


def _headline(chance: random.Random, count: int) -> str:
    return f"{chance.choice(_STATES)} weighs {chance.choice(_THINGS)} ({count})"


def _state(story: Story, kind: str, somebody: Any, chance: random.Random, day: date) -> None:
    one, other, state = somebody(), somebody(), chance.choice(_STATES)
    if kind == "meeting":
        other = other if other != one else state
        place = chance.choice(_PLACES)
        when = (f"{day:%d %B %Y}", day.isoformat()) if chance.random() < 0.5 else None
        status = chance.choice(["held", "held", "held", "planned", "proposed", "declined"])
        sentence = f"{one} met {other} in {place} to talk about {chance.choice(_THINGS)}."
        story.meeting(sentence, one, other, date=when, status=status, location=place)
    elif kind == "position":
        thing = f"{chance.choice(_THINGS)} of {state}"
        stance = chance.choice(["supports", "supports", "opposes", "mixed"])
        story.position(f"{one} has made clear where he stands on {thing}.", one, thing, stance)
    else:
        words = f"We will decide about {chance.choice(_THINGS)} before the year {day.year} is over"
        story.quote(f"“{words},” {one} told reporters in {state}.", words, one)
