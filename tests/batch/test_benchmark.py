"""The benchmarks of long runs measure, with little to measure."""

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "eval" / "benchmarks"


@pytest.fixture
def batch_runs(monkeypatch: pytest.MonkeyPatch) -> Any:
    return load("batch_runs", monkeypatch)


@pytest.fixture
def batch_throughput(monkeypatch: pytest.MonkeyPatch) -> Any:
    return load("batch_throughput", monkeypatch)


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setattr(sys, "path", list(sys.path))
    return importlib.import_module(name)


def test_run_with_nothing_to_do_is_measured(batch_runs: Any, tmp_path: Path) -> None:
    rows = batch_runs.measure_nothing_to_do(tmp_path, 20)
    assert [(row.measured, row.holds) for row in rows[1:]] == [("0", True), ("20", True)]
    assert "| calls | 0 | 0 |" in batch_runs.table(rows)


def test_run_against_a_failing_server_is_measured(batch_throughput: Any, tmp_path: Path) -> None:
    rows = batch_throughput.measure_faults(tmp_path, 10, concurrency=10, seed=1)
    assert [(row.measured, row.holds) for row in rows[:2]] == [("10", True), ("0", True)]
    calls, failed = map(int, re.findall(r"\d+", rows[2].measured))
    assert calls == 10 + failed
