"""Extracts articles one after the other or side by side, and keeps each result as it comes."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from llm_extract.batch.budget import Account, Budget, need_by_size
from llm_extract.batch.executors.base import Failed, MakeExecutor
from llm_extract.batch.executors.local import LocalExecutor
from llm_extract.batch.job import Job
from llm_extract.batch.store import Exported, Store, content_key
from llm_extract.errors import LLMExtractError
from llm_extract.models.cache import ReplyCache
from llm_extract.models.events import Observer
from llm_extract.models.usage import Meter, Usage
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article
from llm_extract.text.locations import Location
from llm_extract.text.sources import SourceFailure

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of one article.

    Attributes:
        id: the article.
        status: `done`, `reused` (it was done before) or `failed`.
        reason: why it failed, one line; empty otherwise.
        earlier: whether it failed in an earlier run and was not tried again.
    """

    id: str
    status: Literal["done", "reused", "failed"]
    reason: str = ""
    earlier: bool = False


@dataclass
class Tally:
    """What a run did so far.

    Attributes:
        done: articles extracted.
        reused: articles whose records were there already.
        failed: articles that gave no records.
        failed_before: those of them that failed in an earlier run and were not tried again.
        dropped: drafts of the extracted articles that failed validation.
        usage: calls, tokens and cost of the articles, failed ones included.
        stopped_by: the budget that ended the run before its articles did, one line; else None.
    """

    done: int = 0
    reused: int = 0
    failed: int = 0
    failed_before: int = 0
    dropped: int = 0
    usage: Usage = field(default_factory=Usage)
    stopped_by: str | None = None

    @property
    def articles(self) -> int:
        """All articles met."""
        return self.done + self.reused + self.failed


class Runner:
    """One run of a job over some articles, into a store.

    Attributes:
        tally: what was done so far; stays readable when the run is stopped by an error.
        exported: what the run left in `records.jsonl`; None until it ends, one way or another.
    """

    def __init__(
        self,
        job: Job,
        store: Store,
        *,
        cache: ReplyCache | None = None,
        on_article: Callable[[Outcome], None] | None = None,
        observer: Observer | None = None,
        executor: MakeExecutor = LocalExecutor,
        retry_failed: bool = False,
        budget: Budget | None = None,
        total: int | None = None,
        sources: Sequence[Location] = (),
    ) -> None:
        """Prepare a run; nothing is started.

        Args:
            job: the model and what it is asked for.
            store: where the results go; made for the job's settings.
            cache: replies of earlier runs.
            on_article: called with the outcome of each article, when the tally has it.
            observer: told of every call.
            executor: makes what extracts the articles.
            retry_failed: whether to take articles again that failed in earlier runs for a reason
                that does not pass by itself; others are always taken again.
            budget: what the run may take, its time counted from now; None is no bound.
            total: how many articles there are, for who reads the ledger; None where unknown.
            sources: the files and folders that they are in, for the same.

        Raises:
            UsageError: the budget cannot be kept with this model.
        """
        budget = budget or Budget()
        budget.check(job.spec)
        self.tally = Tally()
        self.exported: Exported | None = None
        self._job = job
        self._store = store
        self._cache = cache
        self._executor = executor(job, cache, observer)
        self._on_article = on_article or (lambda _: None)
        self._retry_failed = retry_failed
        self._account = Account(budget, partial(need_by_size, job))
        self._total = total
        self._sources = sources
        self._one_ended = asyncio.Event()
        self._twins: dict[str, list[str]] = {}  # texts under way: ids of more articles with them

    async def run(self, items: Iterable[Article | SourceFailure]) -> None:
        """Extract what was not extracted before; at the end, however it comes, write the records.

        The model is connected to, or started, when the first article needs it. An article that
        gets no usable reply fails; the others go on. Cancelling loses the articles in flight only.
        A budget lets those in flight end, except at its deadline.

        Args:
            items: the articles, taken as there is room for them.

        Raises:
            ModelError: no article can succeed with this model as it is.
            StoreError: the results cannot be written.
        """
        self._store.begin_run(self._total, self._sources)
        complete = False
        try:
            async with AsyncExitStack() as stack:
                await self._extract_in_time(items, stack)
            complete = self.tally.stopped_by is None
        finally:
            self.exported = self._store.export(complete=complete)

    async def _extract_in_time(
        self, items: Iterable[Article | SourceFailure], stack: AsyncExitStack
    ) -> None:
        deadline = asyncio.timeout(self._account.seconds_left())
        try:
            async with deadline, asyncio.TaskGroup() as tasks:
                await self._start_each(items, stack, tasks)
        except ExceptionGroup as group:
            raise group.exceptions[0] from None  # the others fail of the same
        except TimeoutError:
            if not deadline.expired():
                raise
            self.tally.stopped_by = self._account.deadline_reached()

    async def _start_each(
        self,
        items: Iterable[Article | SourceFailure],
        stack: AsyncExitStack,
        tasks: asyncio.TaskGroup,
    ) -> None:
        executor, is_open = self._executor, False
        for item in items:
            await asyncio.sleep(0)  # lets a signal in where there is nothing to extract
            if isinstance(item, SourceFailure):
                self._store.list_failure(item)
                self._count(Outcome(item.id, "failed", str(item.error)))
                continue
            self._store.list_article(item)
            if self._settled_before(item) or self._is_twin(item):
                continue
            await executor.slots.acquire()
            self.tally.stopped_by = await self._refusal(item)
            if self.tally.stopped_by is not None:
                return
            if not is_open:
                await stack.enter_async_context(executor)
                is_open = True
            meter = Meter(item.id)
            self._account.open(item, meter)
            self._twins[content_key(item)] = []
            tasks.create_task(self._extract(item, meter))

    def _settled_before(self, article: Article) -> bool:
        """Count an article where the ledger leaves nothing to ask about it."""
        if self._store.is_done(article):
            self._count(Outcome(article.id, "reused"))
            return True
        failure = self._store.failure_of(article)
        if failure is None or (failure.earlier and (failure.passing or self._retry_failed)):
            return False
        self._count(Outcome(article.id, "failed", failure.reason, earlier=failure.earlier))
        return True

    def _is_twin(self, article: Article) -> bool:
        """Put off an article of a text that is under way, which will give this one its result too.

        A text that was under way before is in the ledger, where `_settled_before` finds it.
        """
        twins = self._twins.get(content_key(article))
        if twins is None:
            return False
        twins.append(article.id)
        return True

    async def _refusal(self, article: Article) -> str | None:
        """Tell which budget has no room for an article, even when those in flight have ended."""
        while refusal := self._account.refusal(article):
            if not self._account.under_way:
                return refusal
            self._one_ended.clear()
            await self._one_ended.wait()
        return None

    async def _extract(self, article: Article, meter: Meter) -> None:
        extracted = False
        try:
            try:
                result = await self._executor.extract(article, meter)
            finally:
                self.tally.usage += meter.usage
        except (LLMExtractError, asyncio.CancelledError):
            self._store.charge(meter.usage)
            raise
        else:
            extracted = self._settle(article, result, meter)
        finally:
            self._account.settle(article, extracted=extracted)
            self._one_ended.set()
            self._executor.slots.release()

    def _settle(self, article: Article, result: ArticleRecords | Failed, meter: Meter) -> bool:
        """Keep what became of an article; tell whether it has records."""
        twins = self._twins.pop(content_key(article))
        if isinstance(result, ArticleRecords):
            self._store.finish(article, result, meter.usage)
            self.tally.dropped += len(result.provenance.dropped)
            self._count(Outcome(article.id, "done"))
            for twin in twins:
                self._count(Outcome(twin, "reused"))
            return True
        if result.trace:
            logger.error("%s: internal error; please report it\n%s", article.id, result.trace)
        self._store.fail(
            article, result.kind, result.reason, passing=result.passing, usage=meter.usage
        )
        for id_ in (article.id, *twins):
            self._count(Outcome(id_, "failed", result.reason))
        return False

    def _count(self, outcome: Outcome) -> None:
        tally = self.tally
        match outcome.status:
            case "done":
                tally.done += 1
            case "reused":
                tally.reused += 1
            case "failed":
                tally.failed += 1
                tally.failed_before += outcome.earlier
        self._on_article(outcome)
