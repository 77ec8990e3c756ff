"""Extracts articles through a batch service, and keeps each result as its batch comes back."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from llm_extract.batch.executors.base import extract_one
from llm_extract.batch.job import Job
from llm_extract.batch.runner import Outcome, Runner
from llm_extract.batch.service.api import SERVICE_PATIENCE, open_api
from llm_extract.batch.service.courier import DEFAULT_PACE, Courier, Pace
from llm_extract.batch.service.ledger import ServiceLedger
from llm_extract.batch.service.replies import CollectedReplies, HeldBack
from llm_extract.batch.service.requests import MOST_BYTES, MOST_REQUESTS, Outgoing
from llm_extract.batch.store import Store, content_key
from llm_extract.errors import PendingReplyError, UsageError
from llm_extract.models.cache import ReplyCache
from llm_extract.models.client import ModelClient, connect
from llm_extract.models.retry import Patience
from llm_extract.models.usage import Meter
from llm_extract.text.article import Article
from llm_extract.text.locations import Location
from llm_extract.text.sources import SourceFailure


@dataclass(frozen=True)
class ServiceOptions:
    """How to use the service.

    Attributes:
        pace: how often to ask how far a batch is.
        patience: deadlines and waits of its calls.
        most_requests: how many requests a batch may have.
        most_bytes: how large its file may be.
    """

    pace: Pace = DEFAULT_PACE
    patience: Patience = SERVICE_PATIENCE
    most_requests: int = MOST_REQUESTS
    most_bytes: int = MOST_BYTES


def check_service(job: Job) -> None:
    """Refuse a job that cannot go through a batch service, before anything is started.

    Raises:
        UsageError: the model is embedded, or the strategy is not `article`.
    """
    if job.spec.kind != "hosted":
        raise UsageError(
            f"the batch service needs a hosted model, as openai/gpt-4.1-mini; {job.spec.name} "
            "runs on this machine"
        )
    if job.extractor.strategy_name != "article":
        raise UsageError(
            "the batch service works with the strategy `article` only: its answers take hours, "
            f"and {job.extractor.strategy_name!r} asks one question after the other; add "
            "--strategy article"
        )


class BatchServiceRunner(Runner):
    """One run of a job over some articles through a batch service, into a store.

    Articles wait in the ledger while their requests are under way; a run that is stopped and
    started again collects the same batches. Each article that has replies is extracted from the
    start with them, as with a server; what is not answered then goes into the next batch.
    """

    def __init__(
        self,
        job: Job,
        store: Store,
        *,
        cache: ReplyCache | None = None,
        on_article: Callable[[Outcome], None] | None = None,
        retry_failed: bool = False,
        total: int | None = None,
        sources: Sequence[Location] = (),
        tell: Callable[[str], None] | None = None,
        options: ServiceOptions | None = None,
    ) -> None:
        """Prepare a run; nothing is started.

        Args:
            job: the model and what it is asked for; `check_service` accepts it.
            store: where the results go; made for the job's settings.
            cache: replies of earlier runs.
            on_article: called with the outcome of each article, when the tally has it.
            retry_failed: as for `Runner`.
            total: as for `Runner`.
            sources: as for `Runner`.
            tell: is told, in one line, what becomes of the batches.
            options: how to use the service.
        """
        super().__init__(
            job,
            store,
            cache=cache,
            on_article=on_article,
            retry_failed=retry_failed,
            total=total,
            sources=sources,
        )
        self._tell = tell or (lambda _: None)
        self._options = options or ServiceOptions()

    async def _start_each(
        self,
        items: Iterable[Article | SourceFailure],
        stack: AsyncExitStack,
        tasks: asyncio.TaskGroup,  # noqa: ARG002 (articles are extracted one after the other)
    ) -> None:
        options, spec = self._options, self._job.spec
        ledger = stack.enter_context(ServiceLedger(self._store.folder, self._job.settings))
        api = await stack.enter_async_context(open_api(spec, options.patience))
        courier = Courier(ledger, api, spec, self._store.folder, self._tell, options.pace)
        client = await stack.enter_async_context(connect(spec))
        replies = CollectedReplies(spec, client, ledger, self._job.settings)
        courier.undo_unfinished()
        await self._let_wait(items, ledger)
        while True:
            await self._carry_on(ledger, courier, replies)
            await courier.send_built()
            if not ledger.batches():
                return
            await courier.collect_next()

    async def _let_wait(
        self, items: Iterable[Article | SourceFailure], ledger: ServiceLedger
    ) -> None:
        """List the articles; those that are not done wait, with those of earlier runs."""
        ledger.begin_run()
        for item in items:
            await asyncio.sleep(0)  # lets a signal in
            if isinstance(item, SourceFailure):
                self._store.list_failure(item)
                self._count(Outcome(item.id, "failed", str(item.error)))
                continue
            self._store.list_article(item)
            if not self._settled_before(item):
                ledger.add_waiting(item)

    async def _carry_on(
        self, ledger: ServiceLedger, courier: Courier, replies: CollectedReplies
    ) -> None:
        """Extract what no batch holds up; put the requests that have no reply into batches."""
        options = self._options
        outgoing = Outgoing(ledger, self._store.folder, options.most_requests, options.most_bytes)
        work = _Work(ledger, replies, HeldBack(self._cache), self._job)
        try:
            for number, article in ledger.ready():
                await asyncio.sleep(0)
                for key, request in await self._extract_waiting(number, article, work):
                    if outgoing.add(key, request):
                        await courier.send_built()
            outgoing.close()
        finally:
            outgoing.abandon()

    async def _extract_waiting(
        self, number: int, article: Article, work: "_Work"
    ) -> list[tuple[str, dict[str, Any]]]:
        """Extract an article with the replies there are; return the requests that have none."""
        if self._store.is_done(article):  # by a run that was stopped before it noted so here
            work.ledger.forget(number)
            return []
        content = content_key(article)
        self._twins[content] = [id_ for id_ in work.ledger.alike(number) if id_ != article.id]
        meter = Meter(article.id)
        work.replies.asked.clear()
        try:
            result = await extract_one(self._job.extractor, article, work.client, meter)
        except PendingReplyError:
            del self._twins[content]
            work.held.drop()
            work.ledger.want(number, list(work.replies.asked))
            return [(key, open_) for key, open_ in work.replies.asked.items() if open_]
        self._settle(article, result, meter)
        self.tally.usage += meter.usage
        work.held.release()
        work.ledger.forget(number)
        return []


class _Work:
    """What extracting with collected replies takes."""

    def __init__(
        self, ledger: ServiceLedger, replies: CollectedReplies, held: HeldBack, job: Job
    ) -> None:
        self.ledger = ledger
        self.replies = replies
        self.held = held
        self.client = ModelClient(job.spec, replies, cache=held)
