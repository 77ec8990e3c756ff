from pathlib import Path

import pytest

from llm_extract.batch.records import read_records
from llm_extract.errors import StoreError, UsageError
from llm_extract.schemas import Actor, CustomRecord, Record
from tests.batch.news import records_of


class Toll(Record):
    """A charge."""

    payer: Actor


def write(folder: Path, *lines: str) -> Path:
    file = folder / "records.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def test_folder_and_file_are_read_alike(tmp_path: Path) -> None:
    results = [records_of("a"), records_of("b")]
    file = write(tmp_path, *(r.model_dump_json() for r in results))
    assert list(read_records(tmp_path)) == list(read_records(str(file))) == results


def test_own_types_are_read_without_their_class(tmp_path: Path) -> None:
    evidence = records_of("a").quotes[0].evidence
    toll = Toll(payer=Actor(name="Ana Petrova"), evidence=evidence)
    written = records_of("a").model_copy(update={"custom": {"tolls": [toll]}})
    write(tmp_path, written.model_dump_json())
    (read,) = read_records(tmp_path)
    (record,) = read.custom["tolls"]
    assert isinstance(record, CustomRecord)
    assert record.evidence == evidence
    assert record.model_dump(mode="json") == toll.model_dump(mode="json")


@pytest.mark.parametrize("place", ["missing", "."])
def test_missing_records_are_a_wrong_argument(tmp_path: Path, place: str) -> None:
    with pytest.raises(UsageError, match=r"name the output folder of a run"):
        read_records(tmp_path / place)


@pytest.mark.parametrize(
    ("line", "reason"),
    [('{"schema_version": "1"}', "article: Field required"), ("{", "Invalid JSON")],
)
def test_broken_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    write(tmp_path, records_of("a").model_dump_json(), line)
    with pytest.raises(StoreError, match=rf"records\.jsonl:2: not a line of records: {reason}"):
        list(read_records(tmp_path))


def test_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "records.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StoreError, match="not UTF-8"):
        list(read_records(tmp_path))
