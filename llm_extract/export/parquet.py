"""An export as Parquet files, one a table, with types."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llm_extract.errors import UsageError
from llm_extract.export.tables import TABLES, Row, Table, batches

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_IN_A_GROUP: Final = 20_000


def write_parquet(rows: Iterable[Row], folder: Path) -> None:
    """Write a Parquet file a table, in groups of rows.

    Args:
        rows: the rows of all tables.
        folder: where to; must exist.

    Raises:
        UsageError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise UsageError(
            "the format parquet needs pyarrow: pip install 'llm-extract[export]'"
        ) from error
    with ExitStack() as files:
        schemas = {table.name: _schema(table) for table in TABLES}
        writers = {
            name: files.enter_context(pq.ParquetWriter(folder / f"{name}.parquet", schema))
            for name, schema in schemas.items()
        }
        for table, some in batches(rows, _ROWS_IN_A_GROUP):
            schema = schemas[table.name]
            columns = [
                pa.array(values, field.type)
                for field, values in zip(schema, zip(*some, strict=True), strict=True)
            ]
            writers[table.name].write_batch(pa.record_batch(columns, schema=schema))


def _schema(table: Table) -> "pa.Schema":
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "integer": pa.int64(),
        "real": pa.float64(),
        "date": pa.date32(),
        "json": pa.string(),
    }
    return pa.schema(
        [pa.field(column.name, types[column.type], column.optional) for column in table.columns]
    )
