"""The inside of an actor: one client of the model, which extracts the articles it is given.

It decides nothing that concerns the run. Turns to call, replies that were kept, what calls take and
what becomes of articles all go through the process of the run, in two methods: `deliver` brings
messages, `collect` waits for some to take away.
"""

import asyncio
import itertools
import pickle
import platform
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from llm_extract import __version__
from llm_extract.batch.executors.base import Failed, extract_one
from llm_extract.batch.executors.messages import (
    Begin,
    Called,
    CallOff,
    Ended,
    Found,
    FromActor,
    Granted,
    Kept,
    Refused,
    Released,
    Sought,
    Succeeded,
    Taken,
    ToActor,
    Wanted,
)
from llm_extract.batch.job import Job
from llm_extract.errors import LLMExtractError, ModelError, WeightsError
from llm_extract.models.client import ModelClient, open_client
from llm_extract.models.events import CallEvent, Observer
from llm_extract.models.spec import ModelSpec
from llm_extract.models.usage import Meter, Usage
from llm_extract.models.weights import CATALOGUE, pull, weights_path
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article

_Result = ArticleRecords | Failed | LLMExtractError
_NUMBER: ContextVar[int] = ContextVar("number of the article in work")


@dataclass(frozen=True)
class Setup:
    """What an actor is made for.

    Attributes:
        version: version of the package in the process of the run.
        job: the job, pickled: another version might not be able to read it. It holds the key.
        settings: the job's settings as that process sees them.
        threads: how many threads an embedded model computes with.
        keeps: whether replies are kept.
        bodies: whether events hold the bodies of requests and replies; None for no events.
    """

    version: str
    job: bytes
    settings: str
    threads: int
    keeps: bool
    bodies: bool | None

    def __repr__(self) -> str:
        return f"Setup(version={self.version!r})"


class Worker:
    """What runs in an actor; its methods are called from the process of the run."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._outbox = _Outbox()
        self._turns: _Turns | None = None
        self._replies = _Replies(self._outbox)
        self._job: Job | None = None
        self._client: ModelClient | None = None
        self._articles: dict[int, asyncio.Task[_Result]] = {}

    async def open(self, setup: Setup) -> LLMExtractError | None:
        """Connect to the model, or start it; return why that cannot be done, None where it is."""
        try:
            await self._open(setup)
        except LLMExtractError as error:
            return type(error)(f"{error} (on node {platform.node()})")
        return None

    async def deliver(self, messages: Sequence[ToActor]) -> None:
        """Take messages in."""
        for message in messages:
            match message:
                case Begin(number, article):
                    task = asyncio.create_task(self._extract(number, article))
                    task.add_done_callback(partial(self._end, number))
                    self._articles[number] = task
                case CallOff(number):
                    if begun := self._articles.get(number):
                        begun.cancel()
                case Granted(turn):
                    if self._turns:
                        self._turns.grant(turn)
                case Found(search, value):
                    self._replies.answer(search, value)

    async def collect(self) -> list[FromActor]:
        """Wait for messages, and return all there are, in order."""
        return await self._outbox.take()

    async def _open(self, setup: Setup) -> None:
        if setup.version != __version__:
            raise ModelError(
                f"llm_extract is {__version__} on a Ray node and {setup.version} here: install the "
                "same version on all"
            )
        job: Job = pickle.loads(setup.job)
        job = replace(job, spec=await _on_this_node(job.spec))
        if job.settings != setup.settings:
            raise WeightsError(
                f"{job.spec.weights} is another model than the one of that name here"
            )
        self._turns = _Turns(job.concurrency, self._outbox)
        opened = open_client(
            job.spec,
            concurrency=job.concurrency,
            cache=self._replies if setup.keeps else None,
            patience=job.patience,
            observer=None if setup.bodies is None else Observer(self._tell, setup.bodies),
            turns=self._turns,
            threads=setup.threads,
        )
        self._client = await self._stack.enter_async_context(opened)
        self._job = job

    def _tell(self, event: CallEvent) -> None:
        self._outbox.put(Called(event))

    async def _extract(self, number: int, article: Article) -> _Result:
        _NUMBER.set(number)
        meter = _TellingMeter(number, article.id, self._outbox)
        job, client = cast(Job, self._job), cast(ModelClient, self._client)
        try:
            return await extract_one(job.extractor, article, client, meter)
        except LLMExtractError as error:
            return error

    def _end(self, number: int, task: "asyncio.Task[_Result]") -> None:
        del self._articles[number]
        self._outbox.put(Ended(number, None if task.cancelled() else task.result()))


async def _on_this_node(spec: ModelSpec) -> ModelSpec:
    """Find the weights of an embedded model on this node, fetching those that can be fetched."""
    if spec.weights is None:
        return spec
    if spec.name not in CATALOGUE:
        if not spec.weights.is_file():
            raise WeightsError(f"model file {spec.weights} does not exist: put it on every node")
        return spec
    model = CATALOGUE[spec.name]
    await asyncio.to_thread(pull, model)
    return replace(spec, weights=weights_path(model))


class _Outbox:
    """Messages that wait to be taken away."""

    def __init__(self) -> None:
        self._messages: list[FromActor] = []
        self._filled = asyncio.Event()

    def put(self, message: FromActor) -> None:
        self._messages.append(message)
        self._filled.set()

    async def take(self) -> list[FromActor]:
        await self._filled.wait()
        self._filled.clear()
        messages, self._messages = self._messages, []
        return messages


class _TellingMeter(Meter):
    """A meter that passes on what it is told."""

    def __init__(self, number: int, article: str, outbox: _Outbox) -> None:
        super().__init__(article)
        self._number = number
        self._outbox = outbox

    def add(self, usage: Usage) -> None:
        super().add(usage)
        self._outbox.put(Taken(self._number, usage))


class _Replies:
    """The replies that the process of the run keeps."""

    def __init__(self, outbox: _Outbox) -> None:
        self._outbox = outbox
        self._searches: dict[int, asyncio.Future[str | None]] = {}
        self._numbers = itertools.count()

    async def find(self, key: str) -> str | None:
        number = next(self._numbers)
        found: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._searches[number] = found
        self._outbox.put(Sought(number, key))
        try:
            return await found
        finally:
            del self._searches[number]

    def put(self, key: str, value: str) -> None:
        self._outbox.put(Kept(key, value))

    def answer(self, number: int, value: str | None) -> None:
        found = self._searches.get(number)
        if found is not None and not found.done():
            found.set_result(value)


class _Leave:
    """Leave to make one call, given by the process of the run."""

    def __init__(self, waited: float) -> None:
        self.waited = waited
        self.outcome: Succeeded | Refused | None = None

    def succeeded(self, tokens: int | None) -> None:
        self.outcome = Succeeded(tokens)

    def refused(self, retry_after: float | None) -> None:
        self.outcome = Refused(retry_after)


class _Turns:
    """Asks the process of the run for each turn, and makes so many calls at a time at most."""

    def __init__(self, concurrency: int, outbox: _Outbox) -> None:
        self._room = asyncio.Semaphore(concurrency)
        self._outbox = outbox
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._numbers = itertools.count()

    @asynccontextmanager
    async def turn(self, tokens: int) -> AsyncIterator[_Leave]:
        arrived = time.monotonic()
        number = next(self._numbers)
        outcome: Succeeded | Refused | None = None
        async with self._room:
            granted = self._waiting[number] = asyncio.get_running_loop().create_future()
            self._outbox.put(Wanted(number, _NUMBER.get(), tokens))
            leave = None
            try:
                await granted
                leave = _Leave(time.monotonic() - arrived)
                yield leave
            finally:
                outcome = leave.outcome if leave else None
                del self._waiting[number]
                self._outbox.put(Released(number, outcome))

    def grant(self, number: int) -> None:
        granted = self._waiting.get(number)
        if granted is not None and not granted.done():
            granted.set_result(None)
