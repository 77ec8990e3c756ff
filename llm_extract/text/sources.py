"""Articles from files and folders, one at a time."""

import datetime
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from llm_extract.errors import SourceError, UsageError
from llm_extract.text.article import Article
from llm_extract.text.decoding import check_characters, decode
from llm_extract.text.html import read_html
from llm_extract.text.ids import TakenIds
from llm_extract.text.jsonl import count_rows, read_jsonl
from llm_extract.text.locations import Location, identity, printable
from llm_extract.text.parquet import count_parquet, read_parquet
from llm_extract.text.rows import BadRow, Row
from llm_extract.text.streams import open_file, open_stdin
from llm_extract.text.urls import Url, was_url
from llm_extract.text.walking import (
    STDIN,
    SUFFIXES,
    File,
    Place,
    files_of,
    holds_articles,
    is_folder,
    is_packed,
    kind_of,
)

MAX_ARTICLE_BYTES = 10_000_000
COUNT_SECONDS = 5.0

_EMPTY = "is empty: nothing to extract"
_PACKED = "all but .parquet also with .gz"


@dataclass(frozen=True)
class SourceFailure:
    """An article that could not be read, or a folder or file of articles.

    Attributes:
        id: the id that the article has or would have; nothing else of the run has the same.
        source: file or folder it is in.
        error: what is wrong, with the place and what to do, in one line.
    """

    id: str
    source: str
    error: SourceError


def read_text(
    text: str,
    id: str = "text",
    *,
    title: str | None = None,
    published: datetime.date | None = None,
    url: str | None = None,
    source: str | None = None,
) -> Article:
    """Return a text as an article; all offsets will refer to exactly this text.

    Args:
        text: the article.
        id: what the results call it.
        title: its title.
        published: its publication date; of a datetime, the day.
        url: its address.
        source: file it was read from.

    Raises:
        SourceError: the text is blank, has over `MAX_ARTICLE_BYTES` bytes as UTF-8, or holds lone
            surrogates or NUL characters.
    """
    try:
        check_characters(text)
        _check_size(len(text.encode("utf-8")))
        return _article(id, text, title=title, published=published, url=url, source=source)
    except SourceError as error:
        raise SourceError(f"{id}: {error}") from error


def check_sources(paths: Sequence[Location]) -> None:
    """Refuse sources that cannot give any article, before anything is started.

    Args:
        paths: files, folders and URLs; `-` is stdin.

    Raises:
        UsageError: there is no source, one does not exist, a file is of a kind that is not read,
            or a folder has no file that is.
        SourceError: the file system of a URL does not answer.
    """
    if not paths:
        raise UsageError("no source is given: name files or folders of articles")
    known = set()
    for path in paths:
        name = "- (stdin)" if path == STDIN else printable(path)
        if path != STDIN:
            _check_source(path, name)
        if identity(path) in known:
            raise UsageError(f"{name}: this source is given twice; give it once")
        known.add(identity(path))


def _check_source(path: Location, name: str) -> None:
    try:
        if not _exists(path):
            raise UsageError(f"{name}: there is no such file or folder{_hint(name)}")
        folder = is_folder(path)
        if isinstance(path, Url) and folder:
            next(path.entries(), None)  # told now, and not as a folder that cannot be read
    except SourceError as error:
        raise SourceError(f"{name}: {error}") from error
    if folder and not holds_articles(path):
        raise UsageError(f"{name}: no article in this folder; {SUFFIXES} files are read, {_PACKED}")
    if not folder and not kind_of(path.name):
        raise UsageError(
            f"{name}: not a kind of file that is read; {SUFFIXES} files are, {_PACKED}"
        )


def _exists(path: Location) -> bool:
    if isinstance(path, Url):
        return path.is_pattern or path.exists()
    return os.path.lexists(path)


def _hint(name: str) -> str:
    return " (give a URL as a string, not as a Path)" if was_url(name) else ""


def read_sources(paths: Sequence[Location]) -> Iterator[Article | SourceFailure]:
    """Return the articles of files and folders, each read when it is asked for.

    The sources come in the given order; within a folder, names are sorted, subfolders are walked
    into and whatever begins with a dot is passed over, like files of other kinds. An article's id
    is its path relative to the folder given (`/` between names) or to where the names of a pattern
    begin, the name of a file given, or the `id` of a line of JSON or a row of Parquet; an id that
    is taken makes the later article a failure. Stdin holds JSON Lines where it begins with `{`, and
    otherwise one article, which is called `stdin`.

    Args:
        paths: files (`.txt`, `.md`, `.html`, `.htm`, `.jsonl`, each also with `.gz`, and
            `.parquet`), folders, URLs of either, which may be patterns such as
            `s3://bucket/news/2031-*/`, and `-` for stdin.

    Returns:
        An iterator that yields an article, or in its place why it cannot be read.

    Raises:
        UsageError: as `check_sources`, from this call and not from the iterator.
        SourceError: likewise.
        StoreError: the ids cannot be kept in a temporary file, from the iterator.
    """
    check_sources(paths)
    return _read_all(paths)


def count_sources(paths: Sequence[Location], seconds: float = COUNT_SECONDS) -> int | None:
    """Count what `read_sources` will yield, by names, lines of `.jsonl` and footers of `.parquet`.

    Args:
        paths: files, folders and URLs that `check_sources` accepts.
        seconds: how long to count.

    Returns:
        The number of articles and failures, which damaged files and those that change meanwhile
        may make wrong; None where that would take longer, or where there is stdin among them, or
        a `.jsonl` URL, which would be fetched twice.
    """
    if STDIN in paths:
        return None
    until = time.monotonic() + seconds
    count = 0
    for path in paths:
        for file in files_of(path):
            if isinstance(file.path, Url) and kind_of(file.path.name) == "jsonl":
                return None
            for found in _count(file):
                count += found
                if time.monotonic() > until:
                    return None
    return count


def _count(file: File) -> Iterator[int]:
    """Yield numbers that add up to that of the articles in a file."""
    counted = 0
    if not file.error:
        try:
            for rows in _count_rows(file.path):
                counted += rows
                yield rows
        except (SourceError, OSError):
            yield 1  # told when it is read
            return
    if not counted:
        yield 1


def _count_rows(path: Location) -> Iterator[int]:
    kind = kind_of(path.name)
    if kind == "jsonl":
        with open_file(path) as stream:
            yield from count_rows(stream, MAX_ARTICLE_BYTES)
    elif kind == "parquet":
        with open_file(path, at_random=True) as stream:
            yield count_parquet(stream)


def _read_all(paths: Sequence[Location]) -> Iterator[Article | SourceFailure]:
    with TakenIds() as taken:
        for path in paths:
            for file in files_of(path):
                for place, item in _read(file):
                    first = taken.take(item.id, place.root, place.line)
                    yield item if first is None else _duplicate(item, place, Place(*first))


def _duplicate(item: Article | SourceFailure, place: Place, first: Place) -> SourceFailure:
    here = place.name(item.id)
    if place.line is None and first.line is None:
        remedy = "give the common parent folder as the source"
    else:
        remedy = "give each article an id of its own"
    reason = f"the id {item.id!r} is taken by {first.name(item.id)}: {remedy}"
    return SourceFailure(
        f"{item.id} ({here})", item.source or here, SourceError(f"{here}: {reason}")
    )


def _read(file: File) -> Iterator[tuple[Place, Article | SourceFailure]]:
    """Yield the article of a file, or those of its lines, each with its place."""
    source = file.id if file.path == STDIN else printable(file.path)
    try:
        if file.error is not None:
            raise file.error
        if file.path == STDIN:
            is_jsonl, stream = open_stdin(MAX_ARTICLE_BYTES)
            if is_jsonl:
                yield from _read_rows(read_jsonl(stream, MAX_ARTICLE_BYTES), file.id, source)
            else:
                yield file.place, _article(file.id, decode(_whole(stream)), source=source)
        elif kind_of(file.path.name) == "jsonl":
            with open_file(file.path) as stream:
                yield from _read_rows(read_jsonl(stream, MAX_ARTICLE_BYTES), file.id, source)
        elif kind_of(file.path.name) == "parquet":
            with open_file(file.path, at_random=True) as stream:
                yield from _read_rows(read_parquet(stream, MAX_ARTICLE_BYTES), file.id, source)
        else:
            yield file.place, _read_file(file, source)
    except (SourceError, OSError) as error:
        yield file.place, _failure(file.id, source, source, error)


def _read_file(file: File, source: str) -> Article:
    if not isinstance(file.path, Url) and not is_packed(file.path.name):
        _check_size(file.path.stat().st_size)
    with open_file(file.path) as stream:
        data = _whole(stream)
    if kind_of(file.path.name) != "html":
        return _article(file.id, decode(data), source=source)
    page = read_html(data)
    return _article(
        file.id, page.text, title=page.title, published=page.published, url=page.url, source=source
    )


def _whole(stream: BinaryIO) -> bytes:
    """Read what an article may have; the size of more than that need not be known to refuse it."""
    data = stream.read(MAX_ARTICLE_BYTES + 1)
    _check_size(len(data))
    if not data.strip():
        raise SourceError(_EMPTY)
    return data


def _read_rows(
    rows: Iterable[Row | BadRow], id_: str, source: str
) -> Iterator[tuple[Place, Article | SourceFailure]]:
    row = None
    for row in rows:
        place = Place(source, row.number)
        try:
            yield place, _from_row(row, source)
        except SourceError as error:
            row_id = row.id or f"{id_}:{row.number}"
            yield place, _failure(row_id, source, place.name(row_id), error)
    if row is None:
        raise SourceError(_EMPTY)


def _from_row(row: Row | BadRow, source: str) -> Article:
    if isinstance(row, BadRow):
        raise row.error
    return _article(
        row.id, row.text, title=row.title, published=row.published, url=row.url, source=source
    )


def _article(
    id_: str,
    text: str,
    *,
    title: str | None = None,
    published: datetime.date | None = None,
    url: str | None = None,
    source: str | None = None,
) -> Article:
    """Return the article; the reasons of its errors name no place."""
    for value in (text, title, url):
        check_characters(value or "")
    if not text.strip():
        raise SourceError(_EMPTY)
    if isinstance(published, datetime.datetime):
        published = published.date()
    return Article(id=id_, text=text, title=title, published=published, url=url, source=source)


def _check_size(size: int) -> None:
    if size > MAX_ARTICLE_BYTES:
        raise SourceError(
            f"has {size:,} bytes, more than the {MAX_ARTICLE_BYTES:,} an article may have: "
            "split it, or make it .jsonl with an article a line"
        )


def _failure(id_: str, source: str, place: str, error: SourceError | OSError) -> SourceFailure:
    """Name the place; the error behind is not kept, as it would keep what was read in memory."""
    reason = f"cannot be read: {_cause(error)}" if isinstance(error, OSError) else str(error)
    return SourceFailure(id_, source, SourceError(f"{place}: {reason}"))


def _cause(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission; change its permissions or leave it out"
    if isinstance(error, FileNotFoundError):
        return "it is gone, or a link to a file that does not exist"
    return error.strerror or str(error)
