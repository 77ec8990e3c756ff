"""The rows of an export, one after the other, from the results of a run."""

import datetime
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llm_extract.batch.results import FailedArticle, Results
from llm_extract.export.tables import (
    ActorMentionRow,
    ActorRelationRow,
    ActorRow,
    ArticleRow,
    CustomRecordRow,
    EvidenceRow,
    IssueRow,
    Json,
    MeetingParticipantRow,
    MeetingRow,
    MeetingTopicRow,
    PositionRow,
    QuoteRow,
    RecordRow,
    Row,
    UsageRow,
)
from llm_extract.linking.actors import ActorIndex, LinkedActor, Mention, link_actors, mentions_of
from llm_extract.linking.aliases import NO_ALIASES, Aliases
from llm_extract.linking.issues import IssueGroup, group_issues
from llm_extract.schemas import (
    Actor,
    ArticleRecords,
    ArticleRef,
    Meeting,
    Position,
    Provenance,
    Quote,
    Record,
)

_DAY_LENGTH = len("2031-05-02")
_STANCES = {"mixed": "both supports and opposes"}


def rows_of(results: Results, aliases: Aliases = NO_ALIASES) -> Iterator[Row]:
    """Return the rows of all tables; the order of those of one table is always the same.

    Reads the results twice: to know which names are one actor's, and for the rows. What it holds
    meanwhile are names, not records.

    Args:
        results: the results.
        aliases: what a user knows of the actors' names.

    Raises:
        StoreError: the ledger is damaged, from the iterator.
    """
    links = _Links.of(results, aliases)
    yield from _actors(links.actors)
    for group in links.issues:
        yield IssueRow(group.id, group.name)
    for article in results.articles():
        yield from _article(article.records, links)
    for failure in results.failures():
        yield _failed(failure)


class _Links:
    """Which names are one actor's, and which issues say the same.

    Attributes:
        actors: the actors.
        issues: the groups of issues.
    """

    def __init__(self, actors: ActorIndex, issues: Sequence[IssueGroup]) -> None:
        self.actors = actors
        self.issues = issues
        self._forms = {
            (actor.id, form.name): form for actor in actors.actors for form in actor.forms
        }
        self._groups = {phrase: group.id for group in issues for phrase in group.phrases}

    @classmethod
    def of(cls, results: Results, aliases: Aliases) -> "_Links":
        phrases: Counter[str] = Counter()

        def mentions() -> Iterator[Mention]:
            for article in results.articles():
                phrases.update(position.issue for position in article.records.positions)
                yield from mentions_of(article.records)

        actors = link_actors(mentions(), aliases)
        return cls(actors, group_issues(phrases.elements()))

    def actor(self, article: str, actor: Actor) -> str:
        """Return the id of an actor of an article."""
        return self.actors.find(article, actor.name).id

    def issue(self, position: Position) -> str:
        """Return the id of the group of a position's issue."""
        return self._groups[position.issue]

    def mention(self, at: "_Place", number: int, part: str, actor: Actor) -> ActorMentionRow:
        """Return the row of an actor named in a record."""
        linked = self.actor(at.article, actor)
        form = self._forms[linked, actor.name]
        return ActorMentionRow(
            record_id=at.record,
            number=number,
            article_id=at.article,
            actor_id=linked,
            part=part,
            name=actor.name,
            role=actor.role,
            affiliation=actor.affiliation,
            reason=form.reason,
            like_name=form.like,
        )


@dataclass(frozen=True)
class _Place:
    """Which record of which article.

    Attributes:
        article: id of the article.
        kind: kind of the record.
        number: place among the article's records of that kind, from 1.
    """

    article: str
    kind: str
    number: int

    @property
    def record(self) -> str:
        """Id of the record; no other has it, as nothing after the last `#` can hold one."""
        return f"{self.article}#{self.kind}-{self.number}"


def _actors(index: ActorIndex) -> Iterator[Row]:
    for actor in index.actors:
        yield ActorRow(actor.id, actor.name, _article_count(actor))
    for actor in index.actors:
        for number, relation in enumerate(actor.related, start=1):
            yield ActorRelationRow(actor.id, number, relation.actor, relation.reason)


def _article_count(actor: LinkedActor) -> int:
    return len({article for form in actor.forms for article in form.articles})


def _article(records: ArticleRecords, links: _Links) -> Iterator[Row]:
    ref = records.article
    yield _done(ref)
    yield _usage(ref.id, records.provenance)
    for number, meeting in enumerate(records.meetings, start=1):
        yield from _meeting(_Place(ref.id, "meeting", number), meeting, links)
    for number, position in enumerate(records.positions, start=1):
        yield from _position(_Place(ref.id, "position", number), position, links)
    for number, quote in enumerate(records.quotes, start=1):
        yield from _quote(_Place(ref.id, "quote", number), quote, links)
    for type_, own in records.custom.items():
        for number, record in enumerate(own, start=1):
            yield from _own(_Place(ref.id, type_, number), record)


def _done(ref: ArticleRef) -> ArticleRow:
    return ArticleRow(
        article_id=ref.id,
        status="done",
        name=ref.title or ref.id,
        title=ref.title,
        published=ref.published,
        url=ref.url,
        source=ref.source,
        sha256=ref.sha256,
        error_kind=None,
        error=None,
    )


def _failed(failure: FailedArticle) -> ArticleRow:
    return ArticleRow(
        article_id=failure.id,
        status="failed",
        name=failure.id,
        title=None,
        published=None,
        url=None,
        source=None,
        sha256=None,
        error_kind=failure.kind,
        error=failure.reason,
    )


def _usage(article: str, provenance: Provenance) -> UsageRow:
    return UsageRow(
        article_id=article,
        model=provenance.model,
        strategy=provenance.strategy,
        record_types=",".join(provenance.record_types),
        calls=provenance.calls,
        cached_replies=provenance.cached_replies,
        prompt_tokens=provenance.prompt_tokens,
        cached_tokens=provenance.cached_tokens,
        completion_tokens=provenance.completion_tokens,
        cost_usd=provenance.cost_usd,
        seconds=provenance.seconds,
        dropped=len(provenance.dropped),
        prompt_hash=provenance.prompt_hash,
        schema_hash=provenance.schema_hash,
        package_version=provenance.package_version,
    )


def _record(at: _Place, record: Record, title: str) -> Iterator[Row]:
    """Return the rows that a record of any kind has."""
    yield RecordRow(at.record, at.article, at.kind, at.number, title)
    for number, span in enumerate(record.evidence, start=1):
        yield EvidenceRow(
            at.record, number, at.article, at.kind, span.start, span.end, span.text
        )  # fmt: skip


def _meeting(at: _Place, meeting: Meeting, links: _Links) -> Iterator[Row]:
    title = "; ".join(actor.name for actor in meeting.participants)
    yield from _record(at, meeting, title)
    iso = meeting.date.iso if meeting.date else None
    yield MeetingRow(
        meeting_id=at.record,
        article_id=at.article,
        title=title,
        status=meeting.status,
        mode=meeting.mode,
        date_text=meeting.date.text if meeting.date else None,
        date_iso=iso,
        date=_day(iso),
        location=meeting.location,
    )
    for number, actor in enumerate(meeting.participants, start=1):
        yield MeetingParticipantRow(
            meeting_id=at.record,
            number=number,
            actor_id=links.actor(at.article, actor),
            name=actor.name,
            role=actor.role,
            affiliation=actor.affiliation,
        )
        yield links.mention(at, number, "participant", actor)
    for number, topic in enumerate(meeting.topics, start=1):
        yield MeetingTopicRow(at.record, number, topic)


def _day(iso: str | None) -> datetime.date | None:
    """Return a day that is written in full and is in the calendar."""
    if iso is None or len(iso) != _DAY_LENGTH:
        return None
    try:
        return datetime.date.fromisoformat(iso)
    except ValueError:
        return None


def _position(at: _Place, position: Position, links: _Links) -> Iterator[Row]:
    stance = _STANCES.get(position.stance, position.stance)
    yield from _record(at, position, f"{position.holder.name} {stance} {position.issue}")
    yield PositionRow(
        position_id=at.record,
        article_id=at.article,
        holder_id=links.actor(at.article, position.holder),
        holder=position.holder.name,
        stance=position.stance,
        issue=position.issue,
        issue_id=links.issue(position),
    )
    yield links.mention(at, 1, "holder", position.holder)


def _quote(at: _Place, quote: Quote, links: _Links) -> Iterator[Row]:
    speaker = quote.speaker
    said = f"“{quote.text.text}”"
    yield from _record(at, quote, f"{speaker.name}: {said}" if speaker else said)
    yield QuoteRow(
        quote_id=at.record,
        article_id=at.article,
        speaker_id=links.actor(at.article, speaker) if speaker else None,
        speaker=speaker.name if speaker else None,
        text=quote.text.text,
        kind=quote.kind,
        start_char=quote.text.start,
        end_char=quote.text.end,
    )
    if speaker:
        yield links.mention(at, 1, "speaker", speaker)


def _own(at: _Place, record: Record) -> Iterator[Row]:
    yield from _record(at, record, record.evidence[0].text)
    fields = record.model_dump(mode="json", exclude={"evidence"})
    yield CustomRecordRow(
        at.record, at.article, at.kind, Json(json.dumps(fields, ensure_ascii=False))
    )
