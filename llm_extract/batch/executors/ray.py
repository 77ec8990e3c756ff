"""Extracts articles with the actors of a Ray cluster; the only module that imports Ray."""

import asyncio
import contextlib
import math
import os
import signal
import socket
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, cast
from urllib.parse import urlsplit

from llm_extract import __version__
from llm_extract.batch.executors.actor import Link, LostActorError
from llm_extract.batch.executors.base import Failed
from llm_extract.batch.executors.desk import Shared
from llm_extract.batch.executors.messages import FromActor, ToActor
from llm_extract.batch.executors.pool import Pool, Size
from llm_extract.batch.executors.slots import Slots
from llm_extract.batch.executors.worker import Setup, Worker
from llm_extract.batch.job import Job
from llm_extract.errors import ClusterError, LLMExtractError, UsageError
from llm_extract.models.cache import ReplyCache
from llm_extract.models.events import Observer
from llm_extract.models.limits import Limits, Throttle
from llm_extract.models.usage import Meter
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article

LEAST_ACTORS: Final = 1
MOST_ACTORS: Final = 16
_CLIENT_PORT: Final = 10001
_REACH_SECONDS: Final = 10.0
_LONGEST_REASON: Final = 300
_NOT_INSTALLED: Final = "No module named 'llm_extract'"


@dataclass(frozen=True)
class RayCluster:
    """Where to run actors, how many, and what each takes; makes the executor of a run.

    Attributes:
        address: `auto`, `ray://HOST:PORT` or `HOST:PORT`; None starts Ray on this machine for the
            time of the run, or uses the one that this process is connected to.
        least: actors at the start, and at any time.
        most: actors where there is work for them and the cluster has room.
        cpus: CPUs that Ray sets aside for an actor; an embedded model computes with as many.
        gpus: GPUs that it sets aside.
    """

    address: str | None = None
    least: int = LEAST_ACTORS
    most: int = MOST_ACTORS
    cpus: float = 1.0
    gpus: float = 0.0

    def check(self) -> None:
        """Refuse what cannot work, before anything is started.

        Raises:
            UsageError: a number makes no sense, or Ray is not installed.
        """
        if not 1 <= self.least <= self.most:
            raise UsageError(
                f"{self.least}-{self.most} actors make no sense: give a number, as 4, or the least "
                "and the most, as 2-16"
            )
        if not (0 < self.cpus < math.inf and 0 <= self.gpus < math.inf):
            raise UsageError("an actor needs more than 0 CPUs, and 0 or more GPUs")
        _import_ray()

    def __call__(
        self, job: Job, cache: ReplyCache | None, observer: Observer | None
    ) -> "RayExecutor":
        """Make the executor of a run; nothing is started."""
        self.check()
        return RayExecutor(self, job, cache, observer)


class RayExecutor:
    """An `Executor` with a pool of actors.

    Attributes:
        slots: the job's concurrency for each actor that is there.
    """

    def __init__(
        self, cluster: RayCluster, job: Job, cache: ReplyCache | None, observer: Observer | None
    ) -> None:
        """Prepare; nothing is started.

        Args:
            cluster: where to run actors, and how many.
            job: the model and what it is asked for; concurrency is that of one actor, limits are
                those of all.
            cache: replies of earlier runs.
            observer: told of every call.
        """
        calls = cluster.least * job.concurrency
        self.slots = Slots(calls)
        self._cluster = cluster
        self._job = job
        self._shared = Shared(Throttle(Limits(calls, job.rpm, job.tpm)), cache, observer)
        self._stack = AsyncExitStack()
        self._pool: Pool | None = None

    async def __aenter__(self) -> Self:
        ray, cluster, job, shared = _import_ray(), self._cluster, self._job, self._shared
        async with AsyncExitStack() as stack:
            if _connect(ray, cluster):
                stack.callback(ray.shutdown)
            setup = Setup(
                version=__version__,
                job=ray.cloudpickle.dumps(job),
                settings=job.settings,
                threads=max(1, int(cluster.cpus)),
                keeps=shared.cache is not None,
                bodies=shared.observer.bodies if shared.observer else None,
            )
            size = Size(cluster.least, cluster.most, job.concurrency)
            pool = Pool(size, self.slots, self._launcher(ray, setup), shared)
            self._pool = await stack.enter_async_context(pool)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool = None
        await self._stack.aclose()

    async def extract(self, article: Article, meter: Meter) -> ArticleRecords | Failed:
        """Extract one article, as `Executor.extract`."""
        if self._pool is None:
            raise RuntimeError("the executor is not open")
        return await self._pool.extract(article, meter)

    def _launcher(self, ray: Any, setup: Setup) -> Callable[[], Link]:
        """Return what starts an actor."""
        actor = ray.remote(
            num_cpus=self._cluster.cpus,
            num_gpus=self._cluster.gpus,
            max_restarts=0,  # a new one takes its place
            max_task_retries=0,
            scheduling_strategy="SPREAD",
        )(Worker)
        return lambda: RayLink(ray, actor.remote(), setup)


class RayLink:
    """The way to one actor, a `Link`."""

    def __init__(self, ray: Any, handle: Any, setup: Setup) -> None:
        """Take an actor on.

        Args:
            ray: the module.
            handle: the actor.
            setup: what it is made for.
        """
        self._ray = ray
        self._handle = handle
        self._setup = setup

    async def open(self) -> LLMExtractError | None:
        """Wait until the actor is there, as `Link.open`."""
        return cast(LLMExtractError | None, await self._call(self._handle.open, self._setup))

    def deliver(self, messages: Sequence[ToActor]) -> None:
        """Send messages, as `Link.deliver`."""
        self._handle.deliver.remote(messages)

    async def collect(self) -> Sequence[FromActor]:
        """Wait for messages, as `Link.collect`."""
        return cast(Sequence[FromActor], await self._call(self._handle.collect))

    def kill(self) -> None:
        """End the actor, as `Link.kill`."""
        with contextlib.suppress(self._ray.exceptions.RayError, ConnectionError):
            self._ray.kill(self._handle)

    async def _call(self, method: Any, *arguments: Any) -> Any:
        try:
            # A Ray client complains of answers that nobody waits for: some wait to the last.
            answer = asyncio.wrap_future(method.remote(*arguments).future())
            answer.add_done_callback(lambda late: late.cancelled() or late.exception())
            return await asyncio.shield(answer)
        except (self._ray.exceptions.RayError, ConnectionError) as error:
            raise LostActorError(reason_of(str(error))) from None


def reason_of(said: str) -> str:
    """Make one line of what Ray says of a dead actor; of the actor's particulars, the node's IP.

    Args:
        said: the words of one of Ray's errors.
    """
    if _NOT_INSTALLED in said:
        return "llm_extract is not installed on the node: install the same version on all"
    told = [line for line in said.splitlines() if line[:1] != "\t" or line.startswith("\tip:")]
    return " ".join(" ".join(told).split())[:_LONGEST_REASON]


def _import_ray() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own code, which nobody here can change
            import ray
    except ImportError:
        raise UsageError("Ray is not installed here: pip install 'llm-extract[ray]'") from None
    return ray


def _check_reachable(address: str) -> None:
    """Refuse an address where nobody listens: Ray would try for minutes, and noisily."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        port = parts.port or (_CLIENT_PORT if parts.scheme == "ray" else None)
        if parts.hostname and port:
            socket.create_connection((parts.hostname, port), _REACH_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Ray cluster at {address}: {error}") from error


def _connect(ray: Any, cluster: RayCluster) -> bool:
    """Connect to a cluster or start one; tell whether the connection is to be closed again."""
    if ray.is_initialized():
        if cluster.address is not None:
            raise ClusterError(
                f"this process is connected to Ray already, and cannot go to {cluster.address}: "
                "leave the address out"
            )
        return False
    if cluster.address is not None:
        _check_reachable(cluster.address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    options: dict[str, Any] = {"address": cluster.address}
    if cluster.address is None:
        cpus = max(os.cpu_count() or 1, math.ceil(cluster.least * cluster.cpus))
        options = {"address": "local", "num_cpus": cpus, "include_dashboard": False}
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(log_to_driver=False, logging_level="ERROR", **options)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        where = cluster.address or "this machine"
        raise ClusterError(f"no Ray cluster at {where}: {reason_of(str(error))}") from error
    finally:
        # Ray prints to stdout what becomes of nodes, and has no public switch for that.
        with contextlib.suppress(AttributeError):
            ray._private.worker._worker_logs_enabled = False
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)  # Ray puts one of its own there
    return True
