"""Extracts articles in this process, side by side in its event loop."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from llm_extract.batch.executors.base import Failed, extract_one
from llm_extract.batch.executors.slots import Slots
from llm_extract.batch.job import Job
from llm_extract.models.cache import ReplyCache
from llm_extract.models.client import ModelClient
from llm_extract.models.events import Observer
from llm_extract.models.usage import Meter
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article


class LocalExecutor:
    """An `Executor` with one client of its own; an embedded model's server runs for its block.

    Attributes:
        slots: as many as the job's concurrency.
    """

    def __init__(self, job: Job, cache: ReplyCache | None, observer: Observer | None) -> None:
        """Prepare; nothing is started.

        Args:
            job: the model and what it is asked for.
            cache: replies of earlier runs.
            observer: told of every call.
        """
        self.slots = Slots(job.concurrency)
        self._job = job
        self._cache = cache
        self._observer = observer
        self._stack = AsyncExitStack()
        self._client: ModelClient | None = None

    async def __aenter__(self) -> Self:
        opened = self._job.open_client(self._cache, self._observer)
        self._client = await self._stack.enter_async_context(opened)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client = None
        await self._stack.aclose()

    async def extract(self, article: Article, meter: Meter) -> ArticleRecords | Failed:
        """Extract one article, as `Executor.extract`."""
        if self._client is None:
            raise RuntimeError("the executor is not open")
        return await extract_one(self._job.extractor, article, self._client, meter)
