"""The executors that a run may have."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest

from llm_extract.batch.executors.base import MakeExecutor
from llm_extract.batch.executors.local import LocalExecutor
from llm_extract.batch.job import Job
from llm_extract.batch.runner import Runner
from llm_extract.text.article import Article
from llm_extract.text.sources import SourceFailure
from tests.batch import news
from tests.batch.in_process import InProcessExecutor
from tests.batch.reused_actor import ReusedActor


class Run(Protocol):
    """Runs a job over articles into a folder; takes what `Runner` does beside."""

    def __call__(
        self,
        job: Job,
        folder: Path,
        items: Iterable[Article | SourceFailure],
        /,
        *args: Any,
        **options: Any,
    ) -> Runner: ...


@pytest.fixture(params=["local", "actors", pytest.param("ray", marks=pytest.mark.ray)])
def executor(request: pytest.FixtureRequest) -> MakeExecutor:
    """Each executor in turn; what a test says of one actor's concurrency is that of the run."""
    if request.param == "local":
        return LocalExecutor
    if request.param == "actors":
        return InProcessExecutor
    request.getfixturevalue("ray_here")
    return ReusedActor()


@pytest.fixture
def run(executor: MakeExecutor) -> Run:
    return partial(news.run, executor=executor)
