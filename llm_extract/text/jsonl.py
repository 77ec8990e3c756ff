"""Articles in JSON Lines: one object a line, with `id` and `text`."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from llm_extract.errors import SourceError
from llm_extract.text.rows import BadRow, Row, row_of

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_jsonl(stream: BinaryIO, max_bytes: int) -> Iterator[Row | BadRow]:
    """Yield what each line holds, one line in memory at a time; blank lines are passed over.

    Args:
        stream: the file, opened for reading bytes.
        max_bytes: the most a line may have.

    Yields:
        A row for each article, a bad row for each line that holds none.

    Raises:
        SourceError: the file is no text that has lines of JSON.
        OSError: the file cannot be read on.
    """
    for number, line in _lines(stream, max_bytes):
        if b"\0" in line:
            raise SourceError("is not JSON Lines in UTF-8 (NUL bytes): save it as UTF-8")
        if line.strip():
            yield _read_row(number, line, max_bytes)


def count_rows(stream: BinaryIO, max_bytes: int) -> Iterator[int]:
    """Yield, line by line, how many articles `read_jsonl` makes of it: 1, or 0 of a blank line.

    Args:
        stream: the file, opened for reading bytes.
        max_bytes: the most a line may have.
    """
    for _, line in _lines(stream, max_bytes):
        yield 1 if line.strip() else 0


def _lines(stream: BinaryIO, max_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Number the lines, without their ends; of a longer one, only `max_bytes` + 1 bytes or so."""
    longest = max_bytes + len(b"\r\n")
    number = 0
    while line := stream.readline(longest):
        number += 1
        rest = line
        while len(rest) == longest and not rest.endswith(b"\n"):
            rest = stream.readline(longest)
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        yield number, line.rstrip(b"\r\n")


def _read_row(number: int, line: bytes, max_bytes: int) -> Row | BadRow:
    """Return the article of a line, or what is wrong with the line."""
    try:
        if len(line) > max_bytes:
            raise SourceError(f"is longer than the {max_bytes:,} bytes an article may have")
        values = _object(line)
    except SourceError as error:
        return BadRow(number, None, error)
    return row_of(number, values)


def _object(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SourceError(
            f"is not UTF-8 at byte {error.start + 1}: save the file as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise SourceError(f"is not valid JSON: {error.msg} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise SourceError("is JSON that cannot be read: too deep, or a number too long") from error
    if not isinstance(values, dict):
        raise SourceError('is not a JSON object: write {"id": ..., "text": ...}')
    return values
