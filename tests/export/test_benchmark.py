"""The benchmark of exports measures, with little to measure."""

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "eval" / "benchmarks"


@pytest.mark.skipif(sys.platform == "win32", reason="measures with wait4")
def test_exports_are_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setattr(sys, "path", list(sys.path))
    (row,) = importlib.import_module("export_runs").measure(tmp_path, [20], ["sqlite"])
    assert row.what == "`sqlite`, 20 articles: time, CPU time, memory"
    assert (tmp_path / "20" / "export.sqlite").is_file()
