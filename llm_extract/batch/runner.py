"""Extracts articles one after the other or side by side, and keeps each result as it comes."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Literal

from llm_extract.batch.job import Job
from llm_extract.batch.store import Exported, Store, content_key
from llm_extract.errors import LLMExtractError, ReplyError
from llm_extract.models.cache import ReplyCache
from llm_extract.models.client import ModelClient
from llm_extract.models.usage import Meter, Usage
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article
from llm_extract.text.sources import SourceFailure

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of one article.

    Attributes:
        id: the article.
        status: `done`, `reused` (it was done before) or `failed`.
        reason: why it failed, one line; empty otherwise.
    """

    id: str
    status: Literal["done", "reused", "failed"]
    reason: str = ""


@dataclass
class Tally:
    """What a run did so far.

    Attributes:
        done: articles extracted.
        reused: articles whose records were there already.
        failed: articles that gave no records.
        dropped: drafts of the extracted articles that failed validation.
        usage: calls, tokens and cost of the articles, failed ones included.
    """

    done: int = 0
    reused: int = 0
    failed: int = 0
    dropped: int = 0
    usage: Usage = field(default_factory=Usage)

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
    ) -> None:
        """Prepare a run; nothing is started.

        Args:
            job: the model and what it is asked for.
            store: where the results go; made for the job's settings.
            cache: replies of earlier runs.
            on_article: called with the outcome of each article, when the tally has it.
        """
        self.tally = Tally()
        self.exported: Exported | None = None
        self._job = job
        self._store = store
        self._cache = cache
        self._on_article = on_article or (lambda _: None)
        self._alike: dict[str, list[str]] = {}  # by content in flight, further ids that have it

    async def run(self, items: Iterable[Article | SourceFailure]) -> None:
        """Extract what was not extracted before; at the end, however it comes, write the records.

        The model is connected to, or started, when the first article needs it. An article that
        gets no usable reply fails; the others go on. Cancelling loses the articles in flight only.

        Args:
            items: the articles, taken as there is room for them.

        Raises:
            ModelError: no article can succeed with this model as it is.
            StoreError: the results cannot be written.
        """
        self._store.begin_run()
        complete = False
        try:
            async with AsyncExitStack() as stack:
                try:
                    async with asyncio.TaskGroup() as tasks:
                        await self._start_each(items, stack, tasks)
                except ExceptionGroup as group:
                    raise group.exceptions[0] from None  # the others fail of the same
            complete = True
        finally:
            self.exported = self._store.export(complete=complete)

    async def _start_each(
        self,
        items: Iterable[Article | SourceFailure],
        stack: AsyncExitStack,
        tasks: asyncio.TaskGroup,
    ) -> None:
        client: ModelClient | None = None
        slots = asyncio.Semaphore(self._job.concurrency)
        for item in items:
            await asyncio.sleep(0)  # lets a signal in where there is nothing to extract
            if isinstance(item, SourceFailure):
                self._store.list_failure(item)
                self._count(Outcome(item.id, "failed", str(item.error)))
                continue
            self._store.list_article(item)
            if self._store.is_done(item):
                self._count(Outcome(item.id, "reused"))
                continue
            if content_key(item) in self._alike:
                self._alike[content_key(item)].append(item.id)
                continue
            await slots.acquire()
            if client is None:
                client = await stack.enter_async_context(self._job.open_client(self._cache))
            self._alike[content_key(item)] = []
            tasks.create_task(self._extract(item, client, slots))

    async def _extract(
        self, article: Article, client: ModelClient, slots: asyncio.Semaphore
    ) -> None:
        meter = Meter()
        try:
            try:
                records = await self._job.extractor.extract(article, client, meter)
            finally:
                self.tally.usage += meter.usage
        except ReplyError as error:
            self._fail(article, error, str(error))
        except LLMExtractError:
            raise
        except Exception as error:
            # A bug that one article brings to light must not cost the others their records.
            logger.exception("%s: internal error; please report it", article.id)
            self._fail(article, error, f"internal error ({type(error).__name__}: {error})")
        else:
            self._finish(article, records)
        finally:
            slots.release()

    def _finish(self, article: Article, records: ArticleRecords) -> None:
        self._store.finish(article, records)
        self.tally.dropped += len(records.provenance.dropped)
        self._count(Outcome(article.id, "done"))
        for id_ in self._alike.pop(content_key(article)):
            self._count(Outcome(id_, "reused"))

    def _fail(self, article: Article, error: Exception, reason: str) -> None:
        self._store.fail(article, type(error).__name__, reason)
        for id_ in (article.id, *self._alike.pop(content_key(article))):
            self._count(Outcome(id_, "failed", reason))

    def _count(self, outcome: Outcome) -> None:
        tally = self.tally
        match outcome.status:
            case "done":
                tally.done += 1
            case "reused":
                tally.reused += 1
            case "failed":
                tally.failed += 1
        self._on_article(outcome)
