"""The benchmark of reports measures, with little to measure."""

import importlib
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser


def test_report_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "eval" / "benchmarks"))
    benchmark = importlib.import_module("report_pages")
    rows = {row.what: row.figure for row in benchmark.measure(tmp_path, 5)}
    assert rows["size of the file"].endswith(" MB")
    opened = rows["opening it, to the first view (at most 3 s)"]
    assert 0 < float(opened.removesuffix(" s")) < benchmark.OPENS_IN
    assert "elements" in rows["view meetings"]
