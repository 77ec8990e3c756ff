"""Articles in JSON Lines: one object a line, with `id` and `text`."""

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from llm_extract.errors import SourceError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Row:
    """The article in one line.

    Attributes:
        line: number of the line, from 1.
        id: `id` of the object; a number is written out.
        text: `text` of the object.
        title: `title`, where there is one.
        published: the day of `published`, where there is one.
        url: `url`, where there is one.
    """

    line: int
    id: str
    text: str
    title: str | None
    published: datetime.date | None
    url: str | None


@dataclass(frozen=True)
class BadRow:
    """A line that holds no usable article.

    Attributes:
        line: number of the line, from 1.
        id: `id` of the object, where it could be read.
        error: what is wrong with the line.
    """

    line: int
    id: str | None
    error: SourceError


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
    id_ = None
    try:
        if len(line) > max_bytes:
            raise SourceError(f"is longer than the {max_bytes:,} bytes an article may have")
        values = _object(line)
        id_ = _id(values)
        return Row(
            line=number,
            id=id_,
            text=_text(values),
            title=_optional(values, "title"),
            published=_published(values),
            url=_optional(values, "url"),
        )
    except SourceError as error:
        return BadRow(number, id_, error)


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


def _id(values: dict[str, Any]) -> str:
    id_ = values.get("id")
    if isinstance(id_, int) and not isinstance(id_, bool):
        return str(id_)
    if not isinstance(id_, str) or not id_.strip():
        raise SourceError('has no "id": give each article a string of its own')
    try:
        id_.encode("utf-8")
    except UnicodeEncodeError as error:
        raise SourceError('has half a character (a lone surrogate) in its "id"') from error
    return id_


def _text(values: dict[str, Any]) -> str:
    text = values.get("text")
    if not isinstance(text, str):
        raise SourceError('has no "text": it must be a string')
    return text


def _optional(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise SourceError(f'has a "{name}" that is not a string')
    return value or None


def _published(values: dict[str, Any]) -> datetime.date | None:
    value = _optional(values, "published")
    if value is None:
        return None
    try:
        return datetime.datetime.fromisoformat(value.strip()).date()
    except ValueError as error:
        raise SourceError(
            f'has a "published" that is not an ISO date such as 2024-05-31: {value[:40]!r}'
        ) from error
