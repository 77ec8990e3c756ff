"""One article in a table of articles, be it a line of JSON or a row of Parquet."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llm_extract.errors import SourceError


@dataclass(frozen=True)
class Row:
    """The article in one row.

    Attributes:
        number: number of the line or row, from 1.
        id: `id` of the row; a number is written out.
        text: `text` of the row.
        title: `title`, where there is one.
        published: the day of `published`, where there is one.
        url: `url`, where there is one.
    """

    number: int
    id: str
    text: str
    title: str | None
    published: datetime.date | None
    url: str | None


@dataclass(frozen=True)
class BadRow:
    """A row that holds no usable article.

    Attributes:
        number: number of the line or row, from 1.
        id: `id` of the row, where it could be read.
        error: what is wrong with the row.
    """

    number: int
    id: str | None
    error: SourceError


def row_of(number: int, values: Mapping[str, Any]) -> Row | BadRow:
    """Return the article that a row holds, or what is wrong with the row.

    Args:
        number: number of the row, from 1.
        values: the row by the names of its columns; more than the five of an article do not matter.
    """
    id_ = None
    try:
        id_ = _id(values)
        return Row(
            number=number,
            id=id_,
            text=_text(values),
            title=_optional(values, "title"),
            published=_published(values),
            url=_optional(values, "url"),
        )
    except SourceError as error:
        return BadRow(number, id_, error)


def _id(values: Mapping[str, Any]) -> str:
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


def _text(values: Mapping[str, Any]) -> str:
    text = values.get("text")
    if not isinstance(text, str):
        raise SourceError('has no "text": it must be a string')
    return text


def _optional(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise SourceError(f'has a "{name}" that is not a string')
    return value or None


def _published(values: Mapping[str, Any]) -> datetime.date | None:
    day = values.get("published")
    if isinstance(day, datetime.datetime):
        return day.date()
    if isinstance(day, datetime.date):
        return day
    value = _optional(values, "published")
    if value is None:
        return None
    try:
        return datetime.datetime.fromisoformat(value.strip()).date()
    except ValueError as error:
        raise SourceError(
            f'has a "published" that is not an ISO date such as 2024-05-31: {value[:40]!r}'
        ) from error
