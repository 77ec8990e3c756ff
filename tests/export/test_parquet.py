import datetime
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llm_extract.errors import UsageError
from llm_extract.export import export_results
from llm_extract.export.parquet import write_parquet
from llm_extract.export.tables import IssueRow
from tests.export.results import everything, write_results


def test_columns_have_their_types(tmp_path: Path) -> None:
    path = export_results(write_results(tmp_path / "out", everything()), "parquet").path
    meetings, usage = (pq.read_table(path / f"{name}.parquet") for name in ("meetings", "usage"))
    assert meetings.schema.field("date").type == pa.date32()
    assert meetings["date"].to_pylist() == [datetime.date(2031, 5, 5), None, None]
    assert usage.schema.field("calls").type == pa.int64()
    assert usage.schema.field("cost_usd").type == pa.float64()
    assert usage.schema.field("cost_usd").nullable
    assert not usage.schema.field("model").nullable


def test_rows_are_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_extract.export.parquet._ROWS_IN_A_GROUP", 10)
    write_parquet((IssueRow(f"i{number}", "x") for number in range(25)), tmp_path)
    file = pq.ParquetFile(tmp_path / "issues.parquet")
    assert [file.metadata.row_group(n).num_rows for n in range(3)] == [10, 10, 5]
    assert file.read()["issue_id"].to_pylist() == [f"i{number}" for number in range(25)]


def test_missing_pyarrow_is_named_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = write_results(tmp_path / "out", everything())
    with pytest.raises(UsageError, match=r"pip install 'llm-extract\[export\]'"):
        export_results(out, "parquet", tmp_path / "parquet")
    assert [*tmp_path.iterdir()] == [out]
