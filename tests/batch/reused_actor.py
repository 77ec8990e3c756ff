"""One Ray actor for all runs of a session: what starts and ends actors is tested in `test_ray`."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llm_extract.batch.executors.actor import Link
from llm_extract.batch.executors.messages import FromActor, ToActor
from llm_extract.batch.executors.ray import RayCluster, RayExecutor, RayLink
from llm_extract.batch.executors.worker import Setup, Worker
from llm_extract.batch.job import Job
from llm_extract.errors import LLMExtractError
from llm_extract.models.cache import ReplyCache
from llm_extract.models.events import Observer

_NAME = "reused"


class Reusable:
    """The inside of the actor: another worker for each run."""

    def __init__(self) -> None:
        self._worker = Worker()

    async def open(self, setup: Setup) -> LLMExtractError | None:
        articles = list(self._worker._articles.values())
        for task in articles:
            task.cancel()
        await asyncio.gather(*articles, return_exceptions=True)
        await self._worker._stack.aclose()
        self._worker = Worker()
        return await self._worker.open(setup)

    async def deliver(self, messages: Sequence[ToActor]) -> None:
        await self._worker.deliver(messages)

    async def collect(self) -> list[FromActor]:
        return await self._worker.collect()


class _Link(RayLink):
    def kill(self) -> None:
        """Let it live."""


class _Executor(RayExecutor):
    def _launcher(self, ray: Any, setup: Setup) -> Callable[[], Link]:
        actor = ray.remote(num_cpus=0.1)(Reusable)
        kept = actor.options(name=_NAME, get_if_exists=True, lifetime="detached").remote()
        return lambda: _Link(ray, kept, setup)


@dataclass(frozen=True)
class ReusedActor(RayCluster):
    """Makes executors that use the one actor."""

    least: int = 1
    most: int = 1

    def __call__(self, job: Job, cache: ReplyCache | None, observer: Observer | None) -> _Executor:
        return _Executor(self, job, cache, observer)
