"""What a report shows: a page of a run's results, linked across its articles."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from textwrap import shorten
from typing import Any, Final
from urllib.parse import urlsplit

from llm_extract.batch.results import ArticleResult, FailedArticle, open_results
from llm_extract.batch.status import Status, read_status
from llm_extract.errors import UsageError
from llm_extract.linking.actors import ActorIndex, LinkedActor, link_actors, mentions_of
from llm_extract.linking.aliases import NO_ALIASES, Aliases
from llm_extract.linking.issues import IssueGroup, group_issues
from llm_extract.report.quotations import Place, unquoted
from llm_extract.schemas import (
    Actor,
    ArticleRecords,
    DroppedDraft,
    EventDate,
    Meeting,
    Position,
    Provenance,
    Quote,
    Record,
    Span,
)
from llm_extract.text.article import Article, Document
from llm_extract.text.segmentation import segment

PAGE_SIZE: Final = 2000
_FAILURES_SHOWN: Final = 2000
_HEADING: Final = 110  # characters


@dataclass(frozen=True)
class Page:
    """Which articles of a run a report holds.

    Attributes:
        number: of this page, from 1.
        pages: how many there are.
        start: how many articles stand before it.
        articles: how many it holds.
        total: how many all pages hold.
    """

    number: int
    pages: int
    start: int
    articles: int
    total: int


@dataclass(frozen=True)
class Run:
    """How the results came about.

    Attributes:
        folder: name of the output folder.
        written: when the report was made, in UTC.
        status: how far the run is, and what it took.
        models: what was asked.
        strategies: how it was asked.
        versions: of the package.
        record_types: names of the record types that were asked for.
    """

    folder: str
    written: str
    status: Status
    models: tuple[str, ...]
    strategies: tuple[str, ...]
    versions: tuple[str, ...]
    record_types: tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """An actor in a record.

    Attributes:
        actor: id of the linked actor.
        name: as the article's records have it.
        role: title or office.
        affiliation: country or organisation.
    """

    actor: str
    name: str
    role: str | None
    affiliation: str | None


@dataclass(frozen=True)
class MeetingEntry:
    """A meeting; offsets are code points, as everywhere here."""

    participants: tuple[Named, ...]
    status: str
    mode: str | None
    date: EventDate | None
    location: str | None
    topics: tuple[str, ...]
    evidence: tuple[Place, ...]


@dataclass(frozen=True)
class PositionEntry:
    """A position, with the group of its issue."""

    holder: Named
    issue: str
    group: str
    stance: str
    evidence: tuple[Place, ...]


@dataclass(frozen=True)
class QuoteEntry:
    """A quote; its form is `full` or `fragment`."""

    speaker: Named | None
    words: Place
    form: str
    evidence: tuple[Place, ...]


@dataclass(frozen=True)
class OwnEntry:
    """A record of a user's own type."""

    type: str
    fields: dict[str, Any]
    evidence: tuple[Place, ...]


@dataclass(frozen=True)
class ArticleEntry:
    """An article with its records.

    Attributes:
        id: the article.
        heading: its title where the source gives one, else its first words.
        published: date given by the source.
        url: address given by the source, where it is one of the web.
        text: what all places point into.
        meetings: its meetings.
        positions: its positions.
        quotes: its quotes.
        own: its records of users' own types.
        unquoted: words in quotation marks that were judged not to be quotes; None where that was
            not asked, or an answer was lost.
        dropped: drafts that were given up.
    """

    id: str
    heading: str
    published: date | None
    url: str | None
    text: str
    meetings: tuple[MeetingEntry, ...]
    positions: tuple[PositionEntry, ...]
    quotes: tuple[QuoteEntry, ...]
    own: tuple[OwnEntry, ...]
    unquoted: tuple[Place, ...] | None
    dropped: tuple[DroppedDraft, ...]


@dataclass(frozen=True)
class Report:
    """Everything that a page shows.

    Attributes:
        run: how the results came about.
        page: which articles these are.
        articles: the articles, in source order.
        actors: who is named in their records, linked across them.
        issues: what their positions are about, grouped.
        failures: articles that gave no records, the first 2,000 of them.
        failed: how many articles gave none.
    """

    run: Run
    page: Page
    articles: tuple[ArticleEntry, ...]
    actors: tuple[LinkedActor, ...]
    issues: tuple[IssueGroup, ...]
    failures: tuple[FailedArticle, ...]
    failed: int


def read_report(
    folder: Path, page: int = 1, size: int = PAGE_SIZE, aliases: Aliases = NO_ALIASES
) -> Report:
    """Read what a report of an output folder shows; disturbs no run that is under way.

    Args:
        folder: the output folder.
        page: which page, from 1.
        size: how many articles a page holds at most.
        aliases: what a user knows of the actors' names.

    Raises:
        UsageError: this is no output folder, or it has fewer pages.
        StoreError: no run has begun in it, or its ledger is damaged or of another version.
    """
    status = read_status(folder)
    with open_results(folder) as results:
        place = _page(results.count(), page, size)
        found = list(results.articles(place.start, size))
        failures = tuple(islice(results.failures(), _FAILURES_SHOWN))
    records = [one.records for one in found]
    actors = link_actors((mention for one in records for mention in mentions_of(one)), aliases)
    issues = group_issues(position.issue for one in records for position in one.positions)
    link = _Linked(actors, {phrase: group.id for group in issues for phrase in group.phrases})
    return Report(
        run=_run(folder, status, [one.provenance for one in records]),
        page=place,
        articles=tuple(link.article(one) for one in found),
        actors=actors.actors,
        issues=tuple(issues),
        failures=failures,
        failed=sum(kind.articles for kind in status.failed),
    )


def _page(total: int, number: int, size: int) -> Page:
    pages = max(1, -(-total // size))
    if not 1 <= number <= pages:
        held = f"its {total:,} articles fill {pages:,}" if pages > 1 else "there is only one"
        raise UsageError(f"--page {number}: there is no such page, {held}")
    start = (number - 1) * size
    return Page(number, pages, start, min(size, total - start), total)


def _run(folder: Path, status: Status, made: list[Provenance]) -> Run:
    def each(values: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(values))

    return Run(
        folder=folder.resolve().name,
        written=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        status=status,
        models=each(one.model for one in made),
        strategies=each(one.strategy for one in made),
        versions=each(one.package_version for one in made),
        record_types=each(name for one in made for name in one.record_types),
    )


@dataclass(frozen=True)
class _Linked:
    """Turns articles into entries, with what was linked across them.

    Attributes:
        actors: the actors.
        groups: id of the group of each issue.
    """

    actors: ActorIndex
    groups: dict[str, str]

    def article(self, result: ArticleResult) -> ArticleEntry:
        records, ref = result.records, result.records.article
        document = segment(Article(ref.id, result.text))
        return ArticleEntry(
            id=ref.id,
            heading=ref.title or _first_words(document),
            published=ref.published,
            url=ref.url if _is_web_address(ref.url) else None,
            text=result.text,
            meetings=tuple(self._meeting(ref.id, meeting) for meeting in records.meetings),
            positions=tuple(self._position(ref.id, position) for position in records.positions),
            quotes=tuple(self._quote(ref.id, quote) for quote in records.quotes),
            own=tuple(_own_entries(records)),
            unquoted=unquoted(records, document),
            dropped=tuple(records.provenance.dropped),
        )

    def _meeting(self, article: str, meeting: Meeting) -> MeetingEntry:
        return MeetingEntry(
            participants=tuple(self._named(article, actor) for actor in meeting.participants),
            status=meeting.status,
            mode=meeting.mode,
            date=meeting.date,
            location=meeting.location,
            topics=tuple(meeting.topics),
            evidence=_places(meeting.evidence),
        )

    def _position(self, article: str, position: Position) -> PositionEntry:
        return PositionEntry(
            holder=self._named(article, position.holder),
            issue=position.issue,
            group=self.groups[position.issue],
            stance=position.stance,
            evidence=_places(position.evidence),
        )

    def _quote(self, article: str, quote: Quote) -> QuoteEntry:
        return QuoteEntry(
            speaker=self._named(article, quote.speaker) if quote.speaker else None,
            words=Place(quote.text.start, quote.text.end),
            form=quote.kind,
            evidence=_places(quote.evidence),
        )

    def _named(self, article: str, actor: Actor) -> Named:
        linked = self.actors.find(article, actor.name)
        return Named(linked.id, actor.name, actor.role, actor.affiliation)


def _first_words(document: Document) -> str:
    """Return the first sentence of the story itself, cut where it is long."""
    stories = (one for one in document.sentences if one.kind != "furniture")
    first = next(stories, None) or next(iter(document.sentences), None)
    words = " ".join(document.text_of(first).split()) if first else ""
    return shorten(words, _HEADING, placeholder=" …")


def _own_entries(records: ArticleRecords) -> Iterator[OwnEntry]:
    for type_, listed in records.custom.items():
        for record in listed:
            yield OwnEntry(type_, _fields(record), _places(record.evidence))


def _fields(record: Record) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude={"evidence"})


def _places(spans: Iterable[Span]) -> tuple[Place, ...]:
    return tuple(Place(span.start, span.end) for span in spans)


def _is_web_address(url: str | None) -> bool:
    """Say whether an address may become a link; `javascript:` and the like may not."""
    try:
        return urlsplit(url or "").scheme in ("http", "https")
    except ValueError:
        return False
