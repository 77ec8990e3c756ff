"""What holds for every format."""

from pathlib import Path
from typing import Any

import pytest

from llm_extract.errors import StoreError, UsageError
from llm_extract.export import FORMATS, export_results
from llm_extract.export.tables import TABLES, key_of
from tests.export.results import article, everything, read_tables, write_results

OF_TABLES = [name for name in FORMATS if name != "graphml"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_results(tmp_path_factory.mktemp("results") / "out", everything(), ["empty.txt"])


@pytest.fixture(scope="module", params=OF_TABLES)
def exported(
    request: pytest.FixtureRequest, results: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, Any]]]:
    place = tmp_path_factory.mktemp("exported") / "export"
    return read_tables(export_results(results, request.param, place).path, request.param)


def bytes_of(path: Path) -> dict[str, bytes]:
    files = path.iterdir() if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


def test_every_record_is_there(exported: dict[str, list[dict[str, Any]]]) -> None:
    assert {name: len(rows) for name, rows in exported.items()} == {
        "articles": 3,
        "usage": 2,
        "actors": 3,
        "actor_relations": 0,
        "issues": 2,
        "records": 9,
        "meetings": 3,
        "meeting_participants": 7,
        "meeting_topics": 2,
        "positions": 3,
        "quotes": 2,
        "custom_records": 1,
        "actor_mentions": 11,
        "evidence": 9,
    }


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_keys_are_unique_and_references_lead_somewhere(
    exported: dict[str, list[dict[str, Any]]], table: Any
) -> None:
    rows = exported[table.name]
    keys = [tuple(row[name] for name in table.key) for row in rows]
    assert len(set(keys)) == len(keys)
    for column in table.columns:
        if column.about.to:
            named = {row[key_of(column.about.to)] for row in exported[column.about.to]}
            used = {row[column.name] for row in rows}
            assert used - named <= ({None, ""} if column.optional else set())


def test_columns_are_those_that_are_documented(exported: dict[str, list[dict[str, Any]]]) -> None:
    for table in TABLES:
        for row in exported[table.name][:1]:
            assert list(row) == [column.name for column in table.columns]


@pytest.mark.parametrize("format_", FORMATS)
def test_same_results_make_the_same_bytes(results: Path, tmp_path: Path, format_: str) -> None:
    first, second = (
        export_results(results, format_, tmp_path / place / "export") for place in ("one", "two")
    )
    assert bytes_of(first.path) == bytes_of(second.path)
    assert first.rows == second.rows


def test_sqlite_jsonl_and_parquet_hold_the_same(results: Path, tmp_path: Path) -> None:
    found = [
        read_tables(export_results(results, name, tmp_path / name).path, name)
        for name in ("sqlite", "jsonl", "parquet")
    ]
    fields = [tables["custom_records"][0].pop("fields") for tables in found]
    assert fields == [fields[0], {"payer": everything_payer(), "amount": 2.5}, fields[0]]
    for tables in found:
        for rows in tables.values():
            for row in rows:
                row.update({name: row[name] and str(row[name]) for name in row})
    assert found[0] == found[1] == found[2]


def everything_payer() -> dict[str, Any]:
    return {"name": "Juan Soto", "role": None, "affiliation": None}


def test_ids_of_records_stay_when_articles_are_added(tmp_path: Path) -> None:
    one, *others = everything()
    found = []
    for place, articles in (("few", [one]), ("more", [*others, article("c.txt"), one])):
        out = write_results(tmp_path / place, articles)
        rows = read_tables(export_results(out, "jsonl").path, "jsonl")["evidence"]
        found.append([row for row in rows if row["article_id"] == "a.txt"])
    assert found[0] == found[1]
    assert found[0][0]["record_id"] == "a.txt#meeting-1"


@pytest.mark.parametrize("format_", FORMATS)
def test_default_place_is_in_the_output_folder(tmp_path: Path, format_: str) -> None:
    out = write_results(tmp_path / "out", everything())
    path = export_results(out, format_).path
    assert path.parent == out
    assert path.name in (f"export.{format_}", f"export-{format_}")
    assert path.exists()


@pytest.mark.parametrize("format_", FORMATS)
def test_results_without_records_are_exported(tmp_path: Path, format_: str) -> None:
    out = write_results(tmp_path / "out", [], ["empty.txt"])
    assert sum(export_results(out, format_).rows.values()) == 1


def test_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no format xml: choose one of sqlite, csv, parquet"):
        export_results(write_results(tmp_path / "out", []), "xml")


def test_damaged_ledger_leaves_nothing(tmp_path: Path) -> None:
    out = write_results(tmp_path / "out", everything())
    database = out / "llm_extract.db"
    database.write_bytes(database.read_bytes()[:5000])
    with pytest.raises(StoreError, match=r"llm_extract\.db"):
        export_results(out, "csv", tmp_path / "csv")
    assert not [path for path in tmp_path.iterdir() if path != out]
