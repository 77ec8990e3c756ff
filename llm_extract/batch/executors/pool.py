"""A pool of actors, kept by the process of the run: who extracts what, and who may call when.

The run's only truth is its ledger, which no actor sees. An actor that dies is replaced, and what it
had in work goes to others; limits and kept replies are here, so that they are the same for all.
"""

import asyncio
import contextlib
import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from llm_extract.batch.executors.actor import Actor, Errand, Link, LostActorError
from llm_extract.batch.executors.base import Failed
from llm_extract.batch.executors.desk import Shared
from llm_extract.batch.executors.messages import CallOff, Ended, FromActor, Taken
from llm_extract.batch.executors.slots import Slots
from llm_extract.errors import ClusterError, LLMExtractError
from llm_extract.models.usage import Meter, Usage
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article

logger = logging.getLogger(__name__)

_DEATHS_TO_FAIL: Final = 3
_FAILED_STARTS: Final = 3
_LOOK_SECONDS: Final = 0.5
_IDLE_SECONDS: Final = 30.0
_PLACELESS_SECONDS: Final = 60.0
_FAREWELL_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Size:
    """How large a pool is.

    Attributes:
        least: actors at the start, and at any time; at least 1.
        most: actors where there is work for them.
        each: articles that one has under way at a time.
    """

    least: int
    most: int
    each: int


class Pool:
    """Extracts articles with actors, for as long as its block lasts."""

    def __init__(
        self, size: Size, slots: Slots, launch: Callable[[], Link], shared: Shared
    ) -> None:
        """Prepare; nothing is started.

        Args:
            size: how many actors.
            slots: is given a place for each article that the actors take.
            launch: starts an actor.
            shared: what the actors share.
        """
        self._size = size
        self._slots = slots
        self._launch = launch
        self._shared = shared
        self._target = size.least
        self._actors: list[Actor] = []
        self._errands: set[Errand] = set()
        self._waiting: deque[Errand] = deque()  # those of them that no actor has
        self._numbers = itertools.count()
        self._failed_starts = 0
        self._tight = time.monotonic()  # when there was last work for all the actors
        self._deserted = time.monotonic()  # since when there is no actor, where there is none
        self._broken: LLMExtractError | None = None
        self._look = asyncio.Event()
        self._settled = asyncio.Event()  # an actor is ready, or the pool is broken
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._spawn(self._keep_size())
        try:
            await self._settled.wait()
            if self._broken:
                raise self._broken
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    async def extract(self, article: Article, meter: Meter) -> ArticleRecords | Failed:
        """Extract one article, as `Executor.extract`."""
        if self._broken:
            raise self._broken
        result = asyncio.get_running_loop().create_future()
        errand = Errand(next(self._numbers), article, meter, result)
        self._errands.add(errand)
        self._waiting.append(errand)
        self._hand_out()
        try:
            return await asyncio.shield(result)
        except asyncio.CancelledError:
            await self._call_off(errand)
            raise
        finally:
            self._errands.discard(errand)

    # Articles

    def _hand_out(self) -> None:
        """Give the articles that wait to actors that have room; suspects wait for one of theirs."""
        for suspect in [errand for errand in self._waiting if errand.is_suspect]:
            self._isolate(suspect)
        while True:
            errand = next((each for each in self._waiting if not each.is_suspect), None)
            actor = self._roomiest()
            if errand is None or actor is None:
                return
            self._waiting.remove(errand)
            actor.give(errand)

    def _roomiest(self) -> Actor | None:
        able = [a for a in self._actors if a.is_open and len(a.errands) < self._size.each]
        return min(able, key=lambda actor: len(actor.errands), default=None)

    def _isolate(self, errand: Errand) -> None:
        """Reserve an actor for an article, and give it the article once it has no other."""
        actor = next((a for a in self._actors if a.reserved_for is errand), None)
        if actor is None:
            able = [actor for actor in self._actors if actor.is_open]
            actor = min(able, key=lambda actor: len(actor.errands), default=None)
            if actor is None:
                return
            actor.reserved_for = errand
        if not actor.errands:
            self._waiting.remove(errand)
            actor.give(errand)

    async def _call_off(self, errand: Errand) -> None:
        """Break an article off, and wait a moment for what its last calls took."""
        errand.is_off = True
        if errand in self._waiting:
            self._waiting.remove(errand)
            for actor in self._actors:
                if actor.reserved_for is errand:
                    actor.reserved_for = None
            return
        for actor in self._actors:
            if errand.number in actor.errands:
                actor.send(CallOff(errand.number))
        with contextlib.suppress(TimeoutError, LLMExtractError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await asyncio.shield(errand.result)

    def _take(self, actor: Actor, message: FromActor) -> None:
        match message:
            case Taken(number, usage):
                if errand := actor.errands.get(number):
                    errand.meter.add(usage)
            case Ended(number, result):
                if errand := actor.errands.pop(number, None):
                    self._end_errand(actor, errand, result)
            case service:
                actor.desk.serve(service)

    def _end_errand(
        self,
        actor: Actor,
        errand: Errand,
        result: ArticleRecords | Failed | LLMExtractError | None,
    ) -> None:
        if actor.reserved_for is errand:
            actor.reserved_for = None
        errand.end(result)
        if actor.is_leaving:
            self._dismiss(actor)
        self._hand_out()

    # Actors

    async def _keep_size(self) -> None:
        """Start actors where there are too few, and let some go where there are too many."""
        while True:
            self._look_at_work()
            staying = [actor for actor in self._actors if not actor.is_leaving]
            for _ in range(self._target - len(staying)):
                actor = Actor(self._launch(), self._shared)
                self._actors.append(actor)
                actor.serving = self._spawn(self._run_actor(actor))
            self._look.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._look.wait()

    def _look_at_work(self) -> None:
        """Double the pool while articles wait for room in it; shrink it when it has too much."""
        now, size, ready = time.monotonic(), self._size, self._ready()
        if self._slots.taken > (len(ready) - 1) * size.each:
            self._tight = now
        if ready:
            self._deserted = now
        elif now - self._deserted > _PLACELESS_SECONDS:
            self._deserted = now
            logger.warning("no Ray actor has started yet: is there room for one in the cluster?")
        all_ready = len(ready) >= self._target
        if all_ready and self._slots.is_wanted and not self._shared.throttle.is_busy:
            self._target = min(size.most, 2 * self._target)
        elif self._target > size.least and now - self._tight > _IDLE_SECONDS:
            self._target -= 1
            self._tight = now
            staying = [actor for actor in self._actors if not actor.is_leaving]
            self._dismiss(min(staying, key=lambda actor: (actor.is_ready, len(actor.errands))))

    def _ready(self) -> list[Actor]:
        return [actor for actor in self._actors if actor.is_ready and not actor.is_leaving]

    def _resize(self) -> None:
        """Let as much work in as the actors take that are there."""
        number = len(self._ready()) * self._size.each
        self._slots.resize(number)
        self._shared.throttle.resize(max(1, number))

    async def _run_actor(self, actor: Actor) -> None:
        """Serve an actor until it dies or is dismissed."""
        try:
            if refusal := await actor.link.open():
                self._break(refusal)
                return
            self._welcome(actor)
            while True:
                for message in await actor.link.collect():
                    self._take(actor, message)
        except LostActorError as lost:
            self._bury(actor, str(lost))
        finally:
            actor.link.kill()
            actor.desk.close()
            if actor in self._actors:
                self._actors.remove(actor)

    def _welcome(self, actor: Actor) -> None:
        self._failed_starts = 0
        actor.is_ready = True
        self._settled.set()
        self._resize()
        self._hand_out()

    def _dismiss(self, actor: Actor) -> None:
        """Give an actor no more articles; it ends with its last."""
        actor.is_leaving = True
        self._resize()
        if not actor.errands and actor.serving:
            actor.serving.cancel()

    def _bury(self, actor: Actor, reason: str) -> None:
        """Hand what a dead actor had in work to others, as often as makes sense."""
        self._actors.remove(actor)
        self._resize()
        for number in actor.desk.close():
            if errand := actor.errands.get(number):
                errand.meter.add(Usage(calls=1))  # what it took is not known
        lost = list(actor.errands.values())
        logger.warning("a Ray actor died with %d articles in work: %s", len(lost), reason)
        for errand in lost:
            self._try_again(errand, reason)
        if not actor.is_ready:
            self._failed_starts += 1
            if self._failed_starts >= _FAILED_STARTS:
                starts = f"{self._failed_starts} Ray actors in a row did not start"
                self._break(ClusterError(f"{starts}: {reason}"))
        self._look.set()
        self._hand_out()

    def _try_again(self, errand: Errand, reason: str) -> None:
        """Let an article wait for another actor, unless that makes no sense any more."""
        errand.deaths += 1
        if errand.is_off:
            errand.end(None)
        elif errand.deaths < _DEATHS_TO_FAIL:
            self._waiting.appendleft(errand)
        else:
            died = f"{errand.deaths} Ray actors died extracting it"
            words = f"{died}, the last with nothing else in work: {reason}"
            errand.end(Failed(LostActorError.__name__, words))

    # The pool

    def _break(self, error: LLMExtractError) -> None:
        """Let all articles fail of what no article can get past."""
        self._broken = error
        self._slots.fail(error)
        self._settled.set()
        for errand in self._errands:
            errand.end(error)
        self._waiting.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: "asyncio.Task[None]") -> None:
        """Let nobody wait for what a task that has a bug would have done."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("the pool of actors broke", exc_info=error)
            self._break(ClusterError(f"internal error ({type(error).__name__}: {error})"))

    async def _end(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
