"""Linking and grouping take time in proportion to what they are given."""

import importlib.util
import random
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

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


def seconds(call: Callable[[], object]) -> float:
    """CPU time of the quickest of three calls."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        call()
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.mark.parametrize("what", ["names", "issues"])
def test_four_times_as_much_takes_far_less_than_sixteen_times_as_long(
    benchmark: ModuleType, what: str
) -> None:
    few, many = 2_000, 8_000
    if what == "names":
        lists = [benchmark.mentions(count, random.Random(1)) for count in (few, many)]
        small, large = (seconds(lambda m=m: link_actors(m)) for m in lists)
    else:
        sets = [benchmark.issues(count, random.Random(1)) for count in (few, many)]
        small, large = (seconds(lambda p=p: group_issues(p)) for p in sets)
    assert large < 11 * small
