import json
from pathlib import Path

from llm_extract.export.jsonl import write_jsonl
from llm_extract.export.tables import ActorRow, CustomRecordRow, Json


def test_a_row_is_a_line_that_people_can_read(tmp_path: Path) -> None:
    write_jsonl([ActorRow("a", "Zoë\u2028\n👩", 2)], tmp_path)
    expected = '{"actor_id": "a", "name": "Zoë\u2028\\n👩", "articles": 2}\n'
    assert (tmp_path / "actors.jsonl").read_bytes() == expected.encode()


def test_json_stands_as_such(tmp_path: Path) -> None:
    write_jsonl([CustomRecordRow("r", "a", "tolls", Json('{"payer": "Zoë"}'))], tmp_path)
    line = json.loads((tmp_path / "custom_records.jsonl").read_text(encoding="utf-8"))
    assert line["fields"] == {"payer": "Zoë"}


def test_tables_without_rows_have_a_file(tmp_path: Path) -> None:
    write_jsonl([], tmp_path)
    assert len([*tmp_path.iterdir()]) == 14
