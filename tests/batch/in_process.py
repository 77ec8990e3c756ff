"""Actors without Ray: they live in this process, and all they are told and tell is pickled."""

import asyncio
import pickle
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from llm_extract import __version__
from llm_extract.batch.executors.base import Failed
from llm_extract.batch.executors.desk import Shared
from llm_extract.batch.executors.messages import FromActor, ToActor
from llm_extract.batch.executors.pool import Pool, Size
from llm_extract.batch.executors.slots import Slots
from llm_extract.batch.executors.worker import Setup, Worker
from llm_extract.batch.job import Job
from llm_extract.errors import LLMExtractError
from llm_extract.models.cache import ReplyCache
from llm_extract.models.events import Observer
from llm_extract.models.limits import Limits, Throttle
from llm_extract.models.usage import Meter
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article

_JOBS: dict[int, Job] = {}


def _job(number: int) -> Job:
    return _JOBS[number]


class _Passed:
    """Stands for a job where it is pickled: that takes Ray's own pickle."""

    def __init__(self, job: Job) -> None:
        self._number = id(job)
        _JOBS[self._number] = job

    def __reduce__(self) -> Any:
        return _job, (self._number,)


class _Link:
    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._worker = Worker()
        self._deliveries: set[asyncio.Task[None]] = set()

    async def open(self) -> LLMExtractError | None:
        return await self._worker.open(self._setup)

    def deliver(self, messages: Sequence[ToActor]) -> None:
        delivered = self._worker.deliver(pickle.loads(pickle.dumps(messages)))
        task = asyncio.create_task(delivered)
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def collect(self) -> Sequence[FromActor]:
        messages: list[FromActor] = pickle.loads(pickle.dumps(await self._worker.collect()))
        return messages

    def kill(self) -> None:
        for task in self._worker._articles.values():
            task.cancel()

    async def disconnect(self) -> None:
        await asyncio.gather(*self._worker._articles.values(), return_exceptions=True)
        await self._worker._stack.aclose()


class InProcessExecutor:
    """An executor with one such actor."""

    def __init__(self, job: Job, cache: ReplyCache | None, observer: Observer | None) -> None:
        self.slots = Slots(job.concurrency)
        self._links: list[_Link] = []
        setup = Setup(
            version=__version__,
            job=pickle.dumps(_Passed(job)),
            settings=job.settings,
            threads=1,
            keeps=cache is not None,
            bodies=observer.bodies if observer else None,
        )

        def launch() -> _Link:
            self._links.append(_Link(setup))
            return self._links[-1]

        shared = Shared(Throttle(Limits(job.concurrency, job.rpm, job.tpm)), cache, observer)
        self._pool = Pool(Size(1, 1, job.concurrency), self.slots, launch, shared)

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)
        for link in self._links:
            await link.disconnect()

    async def extract(self, article: Article, meter: Meter) -> ArticleRecords | Failed:
        return await self._pool.extract(article, meter)
