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
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Protocol, Self

from llm_extract.batch.executors.base import Failed
from llm_extract.batch.executors.desk import Desk, Shared
from llm_extract.batch.executors.messages import (
    Begin,
    CallOff,
    Ended,
    FromActor,
    Taken,
    ToActor,
)
from llm_extract.batch.executors.slots import Slots
from llm_extract.errors import ClusterError, LLMExtractError
from llm_extract.models.usage import Meter, Usage
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article

logger = logging.getLogger(__name__)

_DEATHS_TO_ISOLATE: Final = 2
_DEATHS_TO_FAIL: Final = 3
_FAILED_STARTS: Final = 3
_LOOK_SECONDS: Final = 0.5
_IDLE_SECONDS: Final = 30.0
_PLACELESS_SECONDS: Final = 60.0
_FAREWELL_SECONDS: Final = 2.0


class LostActorError(Exception):
    """An actor died, or cannot be reached; says why in one line."""


class Link(Protocol):
    """The way to one actor."""

    async def open(self) -> LLMExtractError | None:
        """Wait until the actor is there and has its model; return why it cannot have it.

        Raises:
            LostActorError: it died.
        """
        ...

    def deliver(self, messages: Sequence[ToActor]) -> None:
        """Send messages; whether they arrived, `collect` shows."""
        ...

    async def collect(self) -> Sequence[FromActor]:
        """Wait for messages from the actor.

        Raises:
            LostActorError: it died, or cannot be reached.
        """
        ...

    def kill(self) -> None:
        """End the actor at once, as it has nothing to save; does nothing to a dead one."""
        ...


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


@dataclass(eq=False)
class _Errand:
    """An article under way."""

    number: int
    article: Article
    meter: Meter
    result: "asyncio.Future[ArticleRecords | Failed]"
    deaths: int = 0  # of actors that had it in work

    @property
    def is_suspect(self) -> bool:
        """Whether it may be what its actors died of: then it gets one for itself."""
        return self.deaths >= _DEATHS_TO_ISOLATE


class _Actor:
    """An actor as the pool sees it."""

    def __init__(self, link: Link, shared: Shared) -> None:
        self.link = link
        self.desk = Desk(shared, self.send)
        self.errands: dict[int, _Errand] = {}
        self.is_ready = False
        self.is_leaving = False
        self.reserved_for: _Errand | None = None
        self.serving: asyncio.Task[None] | None = None
        self._outbox: list[ToActor] = []

    @property
    def is_open(self) -> bool:
        """Whether it takes any article."""
        return self.is_ready and not self.is_leaving and self.reserved_for is None

    def send(self, message: ToActor) -> None:
        """Send a message, together with all others of the same moment."""
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self._deliver)
        self._outbox.append(message)

    def give(self, errand: _Errand) -> None:
        """Hand an article over."""
        self.errands[errand.number] = errand
        self.send(Begin(errand.number, errand.article))

    def _deliver(self) -> None:
        messages, self._outbox = self._outbox, []
        self.link.deliver(messages)


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
        self._actors: list[_Actor] = []
        self._errands: set[_Errand] = set()
        self._waiting: deque[_Errand] = deque()  # those of them that no actor has
        self._numbers = itertools.count()
        self._failed_starts = 0
        self._tight = time.monotonic()  # when there was last work for all the actors
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
        errand = _Errand(next(self._numbers), article, meter, result)
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

    def _roomiest(self) -> _Actor | None:
        able = [a for a in self._actors if a.is_open and len(a.errands) < self._size.each]
        return min(able, key=lambda actor: len(actor.errands), default=None)

    def _isolate(self, errand: _Errand) -> None:
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

    async def _call_off(self, errand: _Errand) -> None:
        """Break an article off, and wait a moment for what its last calls took."""
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
                await errand.result

    def _take(self, actor: _Actor, message: FromActor) -> None:
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
        actor: _Actor,
        errand: _Errand,
        result: ArticleRecords | Failed | LLMExtractError | None,
    ) -> None:
        if actor.reserved_for is errand:
            actor.reserved_for = None
        if isinstance(result, LLMExtractError):
            errand.result.set_exception(result)
        elif result is None:
            errand.result.cancel()
        else:
            errand.result.set_result(result)
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
                actor = _Actor(self._launch(), self._shared)
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
        all_ready = len(ready) >= self._target
        if all_ready and self._slots.is_wanted and not self._shared.throttle.is_busy:
            self._target = min(size.most, 2 * self._target)
        elif self._target > size.least and now - self._tight > _IDLE_SECONDS:
            self._target -= 1
            self._tight = now
            staying = [actor for actor in self._actors if not actor.is_leaving]
            self._dismiss(min(staying, key=lambda actor: (actor.is_ready, len(actor.errands))))

    def _ready(self) -> list[_Actor]:
        return [actor for actor in self._actors if actor.is_ready and not actor.is_leaving]

    def _resize(self) -> None:
        """Let as much work in as the actors take that are there."""
        number = len(self._ready()) * self._size.each
        self._slots.resize(number)
        self._shared.throttle.resize(max(1, number))

    async def _run_actor(self, actor: _Actor) -> None:
        """Serve an actor until it dies or is dismissed."""
        try:
            if refusal := await self._opened(actor):
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

    async def _opened(self, actor: _Actor) -> LLMExtractError | None:
        warning = self._spawn(_warn_of_no_place())
        try:
            return await actor.link.open()
        finally:
            warning.cancel()

    def _welcome(self, actor: _Actor) -> None:
        self._failed_starts = 0
        actor.is_ready = True
        self._settled.set()
        self._resize()
        self._hand_out()

    def _dismiss(self, actor: _Actor) -> None:
        """Give an actor no more articles; it ends with its last."""
        actor.is_leaving = True
        self._resize()
        if not actor.errands and actor.serving:
            actor.serving.cancel()

    def _bury(self, actor: _Actor, reason: str) -> None:
        """Hand what a dead actor had in work to others, as often as makes sense."""
        self._actors.remove(actor)
        self._resize()
        for number in actor.desk.close():
            if errand := actor.errands.get(number):
                errand.meter.add(Usage(calls=1))  # what it took is not known
        lost = list(actor.errands.values())
        logger.warning("a Ray actor died with %d articles in work: %s", len(lost), reason)
        for errand in lost:
            errand.deaths += 1
            if errand.deaths < _DEATHS_TO_FAIL:
                self._waiting.appendleft(errand)
            else:
                errand.result.set_result(
                    Failed(
                        LostActorError.__name__,
                        f"{errand.deaths} Ray actors died extracting it, the last with nothing "
                        f"else in work: {reason}",
                    )
                )
        if not actor.is_ready:
            self._failed_starts += 1
            if self._failed_starts >= _FAILED_STARTS:
                self._break(
                    ClusterError(
                        f"{self._failed_starts} Ray actors in a row did not start: {reason}"
                    )
                )
        self._look.set()
        self._hand_out()

    # The pool

    def _break(self, error: LLMExtractError) -> None:
        """Let all articles fail of what no article can get past."""
        self._broken = error
        self._slots.fail(error)
        self._settled.set()
        for errand in self._errands:
            if not errand.result.done():
                errand.result.set_exception(error)
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


async def _warn_of_no_place() -> None:
    """Say now and then that an actor does not get to start."""
    while True:
        await asyncio.sleep(_PLACELESS_SECONDS)
        logger.warning(
            "a Ray actor has not started after %d s: is there room for it in the cluster?",
            _PLACELESS_SECONDS,
        )
