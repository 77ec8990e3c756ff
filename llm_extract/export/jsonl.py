"""An export as JSON Lines, one file a table."""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from llm_extract.export.tables import TABLES, Row, Table, batches


def write_jsonl(rows: Iterable[Row], folder: Path) -> None:
    """Write a file of JSON Lines a table, in UTF-8; values that are JSON stand as such.

    Args:
        rows: the rows of all tables.
        folder: where to; must exist.
    """
    with ExitStack() as stack:
        files = {
            table.name: stack.enter_context(
                (folder / f"{table.name}.jsonl").open("w", encoding="utf-8", newline="\n")
            )
            for table in TABLES
        }
        for table, some in batches(rows):
            files[table.name].writelines(_line(table, row) for row in some)


def _line(table: Table, row: Row) -> str:
    values = {
        column.name: json.loads(str(value)) if column.type == "json" else value
        for column, value in zip(table.columns, row, strict=True)
    }
    return json.dumps(values, ensure_ascii=False, default=str) + "\n"
