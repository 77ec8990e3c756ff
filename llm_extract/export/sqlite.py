"""An export as one SQLite file, with keys, indexes and views."""

import datetime
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from llm_extract.errors import StoreError
from llm_extract.export.tables import TABLES, Column, Row, Table, Type, Value, batches, key_of
from llm_extract.export.views import VIEWS

APPLICATION_ID: Final = 0x4C4C4D58  # "LLMX": marks the file as an export
_MAGIC: Final = b"SQLite format 3\0"
_ID_PLACE: Final = 68  # of the application id in an SQLite file
_LOOKED_UP: Final = (("actors", "name"), ("issues", "name"))  # what people filter the views by
_TYPES: Final[dict[Type, str]] = {
    "text": "TEXT",
    "integer": "INTEGER",
    "real": "REAL",
    "date": "TEXT",
    "json": "TEXT",
}


def write_sqlite(rows: Iterable[Row], path: Path) -> None:
    """Write rows into a new SQLite file.

    Args:
        rows: the rows of all tables.
        path: the file; must not exist.

    Raises:
        StoreError: SQLite cannot write it.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            # A file that is not finished is thrown away: no need to survive a crash.
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute("BEGIN")
            for table in TABLES:
                db.execute(_create(table))
            for table, some in batches(rows):
                places = ", ".join("?" * len(table.columns))
                db.executemany(f"INSERT INTO {table.name} VALUES ({places})", _plain(table, some))
            for statement in _indexes_and_views():
                db.execute(statement)
            db.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreError(f"cannot write the export: {error}") from error


def sqlite_refusal(path: Path) -> str | None:
    """Say why a file must not be replaced; None where it is an export that nobody is writing to."""
    with path.open("rb") as file:
        head = file.read(_ID_PLACE + 4)
    if not (head.startswith(_MAGIC) and head[_ID_PLACE:] == APPLICATION_ID.to_bytes(4, "big")):
        return "is no SQLite file that an export wrote"
    if any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal")):
        return "is being written by another program, which has to close it first"
    return None


def _create(table: Table) -> str:
    lines = [_declaration(column) for column in table.columns]
    lines.append(f"PRIMARY KEY ({', '.join(table.key)})")
    inside = ",\n    ".join(lines)
    return f"CREATE TABLE {table.name} (\n    {inside}\n)"


def _declaration(column: Column) -> str:
    parts = [column.name, _TYPES[column.type]]
    if not column.optional:
        parts.append("NOT NULL")
    if column.about.to:
        parts.append(f"REFERENCES {column.about.to} ({key_of(column.about.to)})")
    return " ".join(parts)


def _indexes_and_views() -> Iterator[str]:
    for table, column in [*_references(), *_LOOKED_UP]:
        yield f"CREATE INDEX {table}_{column} ON {table} ({column})"
    for view in VIEWS:
        yield f"CREATE VIEW {view.name} AS{view.query}"


def _references() -> Iterator[tuple[str, str]]:
    """Return tables with columns that refer to others; the first of a key has an index anyway."""
    for table in TABLES:
        for column in table.columns:
            if column.about.to and column.name != table.key[0]:
                yield table.name, column.name


def _plain(table: Table, rows: Iterable[Row]) -> Iterable[Row]:
    """Write dates as text; most tables have none."""
    if not any(column.type == "date" for column in table.columns):
        return rows
    return (tuple(map(_plain_value, row)) for row in rows)


def _plain_value(value: Value) -> Value:
    return value.isoformat() if isinstance(value, datetime.date) else value
