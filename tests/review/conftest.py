from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.review.support import Process
from tests.review.support import launch as launch_process

Launch = Callable[..., Process]


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Starts servers as processes, which end with the test at the latest."""
    started: list[Process] = []

    def start(folder: Path, *options: str) -> Process:
        started.append(launch_process(folder, *options))
        return started[-1]

    yield start
    for process in started:
        process.kill()
