"""Linking and grouping take time in proportion to what they are given."""

import importlib.util
import random
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from llm_extract.linking.actors import link_actors
from llm_extract.linking.issues import group_issues

BENCHMARK = Path(__file__).parents[2] / "eval/benchmarks/linking.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("linking_benchmark", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def seconds(
    work: Callable[[Any], object], made: Callable[[int, random.Random], Any], count: int
) -> float:
    """CPU time of the quickest of three calls; each has its own input, so that none is known."""
    taken = []
    for seed in range(3):
        given = made(count, random.Random(count + seed))
        started = time.process_time()
        work(given)
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.mark.parametrize("what", ["names", "issues"])
def test_four_times_as_much_takes_far_less_than_sixteen_times_as_long(
    benchmark: ModuleType, what: str
) -> None:
    work, made = {
        "names": (link_actors, benchmark.mentions),
        "issues": (group_issues, benchmark.issues),
    }[what]
    seconds(work, made, 500)  # what is loaded once
    assert seconds(work, made, 8_000) < 11 * seconds(work, made, 2_000)
