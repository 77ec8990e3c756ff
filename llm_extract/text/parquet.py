"""Articles in Parquet: one a row, in the columns `id`, `text`, `title`, `published` and `url`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

from llm_extract.errors import SourceError
from llm_extract.text.rows import BadRow, Row, row_of

_NEEDED: Final = ("id", "text")
_OPTIONAL: Final = ("title", "published", "url")
_ROWS_AT_ONCE: Final = 64
_BYTES_AT_ONCE: Final = 4 << 20  # of a column


def read_parquet(stream: BinaryIO, max_bytes: int) -> Iterator[Row | BadRow]:
    """Yield what each row holds; a few rows, and a few MB of each column, are in memory at a time.

    Args:
        stream: the file, opened for reading bytes here and there.
        max_bytes: the most that a text may have as UTF-8.

    Yields:
        A row for each article, a bad row for each row that holds none.

    Raises:
        SourceError: pyarrow is missing, or the file is damaged, has no column `id` or `text`, or
            one of another type than it can have.
    """
    with _opened(stream) as file:
        columns = _columns(file.schema_arrow)
        number = 0
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=columns, use_threads=False):
            cells = dict(zip(columns, map(_days, batch.columns), strict=True))
            for index in range(batch.num_rows):
                number += 1
                yield _read_row(number, {name: cells[name][index] for name in columns}, max_bytes)


def count_parquet(stream: BinaryIO) -> int:
    """Return how many rows a file says it has; raises as `read_parquet`."""
    with _opened(stream) as file:
        return int(file.metadata.num_rows)


@contextmanager
def _opened(stream: BinaryIO) -> Iterator[Any]:
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise SourceError("needs pyarrow: pip install 'llm-extract[export]'") from error
    try:
        with ParquetFile(
            stream,
            pre_buffer=False,  # it would hold the columns of a row group whole
            buffer_size=_BYTES_AT_ONCE,
            page_checksum_verification=True,
        ) as file:
            yield file
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:  # names of columns
        reason = " ".join(str(error).split())
        raise SourceError(f"is damaged, or not Parquet ({reason})") from error


def _columns(schema: Any) -> list[str]:
    """Return the columns to read; they are of types that an article can be read from."""
    for name in _NEEDED:
        if name not in schema.names:
            there = ", ".join(schema.names)
            raise SourceError(f'has no column "{name}": its columns are {there}')
    names = [name for name in (*_NEEDED, *_OPTIONAL) if name in schema.names]
    for name in names:
        _check_type(name, schema.field(name).type)
    return names


def _check_type(name: str, type_: Any) -> None:
    from pyarrow import types

    if types.is_dictionary(type_):
        type_ = type_.value_type
    fits = (
        types.is_string(type_)
        or types.is_large_string(type_)
        or types.is_binary(type_)  # as some write text; it must be UTF-8
        or types.is_large_binary(type_)
        or types.is_null(type_)
        or (name == "id" and types.is_integer(type_))
        or (name == "published" and (types.is_date(type_) or types.is_timestamp(type_)))
    )
    if not fits:
        raise SourceError(f'has a column "{name}" of type {type_}: make it strings')


def _days(column: Any) -> Any:
    """Make moments such as Python has; it has no nanoseconds."""
    import pyarrow
    from pyarrow import types

    if not types.is_timestamp(column.type):
        return column
    return column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)


def _read_row(number: int, cells: dict[str, Any], max_bytes: int) -> Row | BadRow:
    values: dict[str, Any] = {}
    for name, cell in cells.items():
        try:
            value = cell.as_py()
            values[name] = value.decode("utf-8") if isinstance(value, bytes) else value
        except UnicodeDecodeError:
            error = SourceError(f'has a "{name}" that is not UTF-8: save it as UTF-8')
            return BadRow(number, None, error)
        except (ValueError, OverflowError):  # a date beyond the year 9999
            return BadRow(number, None, SourceError(f'has a "{name}" that cannot be read'))
    row = row_of(number, values)
    if isinstance(row, Row) and len(row.text.encode("utf-8", "replace")) > max_bytes:
        error = SourceError(f"is longer than the {max_bytes:,} bytes an article may have")
        return BadRow(number, row.id, error)
    return row
