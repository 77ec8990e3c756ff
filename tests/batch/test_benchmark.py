"""The benchmark of long runs measures, with little to measure."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "eval" / "benchmarks"


@pytest.fixture
def batch_runs(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setattr(sys, "path", list(sys.path))
    return importlib.import_module("batch_runs")


def test_run_with_nothing_to_do_is_measured(batch_runs: Any, tmp_path: Path) -> None:
    rows = batch_runs.measure_nothing_to_do(tmp_path, 20)
    assert [(row.measured, row.holds) for row in rows[1:]] == [("0", True), ("20", True)]
    assert "| calls | 0 | 0 |" in batch_runs.table(rows)
