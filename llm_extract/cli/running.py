"""Runs a job for a command: weights, kept replies, progress, and an end that signals may bring."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llm_extract.cli.console import note
from llm_extract.errors import LLMExtractError

if TYPE_CHECKING:
    from llm_extract.batch.budget import Budget
    from llm_extract.batch.executors.ray import RayCluster
    from llm_extract.batch.job import Job
    from llm_extract.batch.runner import Outcome, Runner
    from llm_extract.models.cache import ReplyCache
    from llm_extract.models.events import Observer
    from llm_extract.text.article import Article
    from llm_extract.text.locations import Location
    from llm_extract.text.sources import SourceFailure

DONE: Final = 0
BROKE: Final = 1
SOME_FAILED: Final = 3
OUT_OF_BUDGET: Final = 5
INTERRUPTED: Final = 130
TERMINATED: Final = 143


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        code: `DONE`, `SOME_FAILED`, or what stopped it: `BROKE`, `OUT_OF_BUDGET`, `INTERRUPTED`,
            `TERMINATED`.
        runner: the run, with its tally and what it exported.
        error: what broke it; None otherwise.
    """

    code: int
    runner: "Runner"
    error: LLMExtractError | None = None


def run_job(
    job: "Job",
    items: "Iterator[Article | SourceFailure]",
    total: int | None,
    out: Path,
    use_cache: bool,
    *,
    batch_service: bool = False,
    observer: "Observer | None" = None,
    retry_failed: bool = False,
    budget: "Budget | None" = None,
    fresh: bool = False,
    sources: "Sequence[Location]" = (),
    cluster: "RayCluster | None" = None,
) -> Ended:
    """Extract articles into an output folder, showing progress and failures on stderr.

    Args:
        job: the model and what it is asked for.
        items: the articles.
        total: how many there are; None where that is not known.
        out: the output folder; continued where it holds results of the same job.
        use_cache: whether to use and keep replies.
        batch_service: whether to go through the provider's batch service.
        observer: told of every call.
        retry_failed: whether to take articles again that failed in earlier runs.
        budget: what the run may take.
        fresh: whether to discard what earlier runs left in the folder.
        sources: the files, folders and URLs of the articles, for `llm-extract status`.
        cluster: where to extract; None for this process.

    Raises:
        LLMExtractError: nothing could be started.
    """
    from llm_extract.batch.executors.local import LocalExecutor
    from llm_extract.batch.runner import Runner
    from llm_extract.batch.service.runner import BatchServiceRunner
    from llm_extract.batch.store import open_store
    from llm_extract.cli.progress import display
    from llm_extract.cli.waits import saying_waits

    with contextlib.ExitStack() as stack:
        stack.enter_context(_exiting_when_terminated())
        store = stack.enter_context(open_store(out, job.settings, fresh=fresh))
        cache = stack.enter_context(_cache()) if use_cache else None
        if cluster is None or cluster.address is None:  # else its nodes fetch them
            _fetch_weights(job)
        with display(total) as shown:

            def on_article(done: "Outcome") -> None:
                shown.show(done, runner.tally)

            runner: Runner
            if batch_service:
                runner = BatchServiceRunner(
                    job,
                    store,
                    cache=cache,
                    on_article=on_article,
                    retry_failed=retry_failed,
                    total=total,
                    sources=sources,
                    tell=note,
                )
            else:
                runner = Runner(
                    job,
                    store,
                    cache=cache,
                    on_article=on_article,
                    observer=saying_waits(observer),
                    executor=cluster or LocalExecutor,
                    retry_failed=retry_failed,
                    budget=budget,
                    total=total,
                    sources=sources,
                )
            return _finish(runner, items)


@contextlib.contextmanager
def _exiting_when_terminated() -> Iterator[None]:
    """Turn a request to terminate into an exit: before and after the run nothing else does."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _finish(runner: "Runner", items: "Iterator[Article | SourceFailure]") -> Ended:
    try:
        asyncio.run(_until_terminated(runner, items))
    except KeyboardInterrupt:
        return Ended(INTERRUPTED, runner)
    except asyncio.CancelledError:
        return Ended(TERMINATED, runner)
    except LLMExtractError as error:
        return Ended(BROKE, runner, error)
    if runner.tally.stopped_by:
        return Ended(OUT_OF_BUDGET, runner)
    return Ended(SOME_FAILED if runner.tally.failed else DONE, runner)


async def _until_terminated(runner: "Runner", items: "Iterator[Article | SourceFailure]") -> None:
    """Run; a request to terminate cancels, as Ctrl-C does by itself."""
    task = asyncio.current_task()
    with contextlib.suppress(NotImplementedError):  # on Windows the process just ends
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await runner.run(items)


@contextlib.contextmanager
def _cache() -> "Iterator[ReplyCache]":
    from llm_extract.models.cache import ReplyCache, default_path

    with contextlib.closing(ReplyCache(default_path())) as cache:
        yield cache


def _fetch_weights(job: "Job") -> None:
    from llm_extract.cli.weights import pull_visibly
    from llm_extract.models.weights import CATALOGUE

    if job.spec.name in CATALOGUE and job.spec.kind == "embedded":
        pull_visibly(CATALOGUE[job.spec.name])
