"""Articles from files and folders, one at a time."""

import datetime
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from llm_extract.errors import SourceError, UsageError
from llm_extract.text.article import Article
from llm_extract.text.decoding import check_characters, decode
from llm_extract.text.html import read_html
from llm_extract.text.jsonl import BadRow, Row, read_jsonl

MAX_ARTICLE_BYTES = 10_000_000

_PLAIN = frozenset({".txt", ".md"})
_HTML = frozenset({".html", ".htm"})
_JSONL = frozenset({".jsonl"})
_READABLE = _PLAIN | _HTML | _JSONL
_SUFFIXES = ".txt, .md, .html, .htm and .jsonl"
_EMPTY = "is empty: nothing to extract"


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


class _Place(NamedTuple):
    """Where an id was found: in line `line` of the file `root`, or as a file in the folder `root`.

    One place serves all files of a folder, so that what is kept of an article stays small.
    """

    root: Path
    line: int | None = None

    def name(self, id_: str) -> str:
        if self.line is None:
            return _printable(self.root / id_)
        return f"{_printable(self.root)}, line {self.line}"


class _File(NamedTuple):
    """A file to read, or with `error` a folder that cannot be listed."""

    place: _Place
    id: str
    path: Path
    error: SourceError | None = None


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


def check_sources(paths: Sequence[Path]) -> None:
    """Refuse sources that cannot give any article, before anything is started.

    Args:
        paths: files and folders.

    Raises:
        UsageError: there is no source, one does not exist, a file is of a kind that is not read,
            or a folder has no file that is.
    """
    if not paths:
        raise UsageError("no source is given: name files or folders of articles")
    real = set()
    for path in paths:
        name = _printable(path)
        if not os.path.lexists(path):
            raise UsageError(f"{name}: there is no such file or folder")
        if _is_folder(path):
            if next(_files(path), None) is None:
                raise UsageError(f"{name}: no article in this folder; {_SUFFIXES} files are read")
        elif path.suffix.lower() not in _READABLE:
            raise UsageError(f"{name}: not a kind of file that is read; {_SUFFIXES} files are")
        if os.path.realpath(path) in real:
            raise UsageError(f"{name}: this source is given twice; give it once")
        real.add(os.path.realpath(path))


def read_sources(paths: Sequence[Path]) -> Iterator[Article | SourceFailure]:
    """Return the articles of files and folders, each read when it is asked for.

    The sources come in the given order; within a folder, names are sorted, subfolders are walked
    into and whatever begins with a dot is passed over, like files of other kinds. An article's id
    is its path relative to the folder given (`/` between names), the name of a file given, or the
    `id` of a line of JSON; an id that is taken makes the later article a failure.

    Args:
        paths: files (`.txt`, `.md`, `.html`, `.htm`, `.jsonl`) and folders.

    Returns:
        An iterator that yields an article, or in its place why it cannot be read.

    Raises:
        UsageError: as `check_sources`, from this call and not from the iterator.
    """
    check_sources(paths)
    return _read_all(paths)


def count_sources(paths: Sequence[Path]) -> int:
    """Count what `read_sources` will yield, without reading more than the lines of `.jsonl` files.

    Args:
        paths: files and folders that `check_sources` accepts.

    Returns:
        The number of articles and failures; files that change meanwhile may make it differ.
    """
    return sum(_count(file) for path in paths for file in _files(path))


def _count(file: _File) -> int:
    if file.path.suffix.lower() not in _JSONL:
        return 1
    try:
        with file.path.open("rb") as lines:
            return max(1, sum(1 for line in lines if line.strip()))
    except OSError:
        return 1


def _read_all(paths: Sequence[Path]) -> Iterator[Article | SourceFailure]:
    taken: dict[bytes, _Place] = {}
    for path in paths:
        for file in _files(path):
            for place, item in _read(file):
                digest = hashlib.blake2b(item.id.encode("utf-8"), digest_size=16).digest()
                if digest in taken:
                    yield _duplicate(item, place, taken[digest])
                else:
                    taken[digest] = place
                    yield item


def _duplicate(item: Article | SourceFailure, place: _Place, first: _Place) -> SourceFailure:
    here = place.name(item.id)
    if place.line is None and first.line is None:
        remedy = "give the common parent folder as the source"
    else:
        remedy = "give each article an id of its own"
    reason = f"the id {item.id!r} is taken by {first.name(item.id)}: {remedy}"
    return SourceFailure(
        f"{item.id} ({here})", item.source or here, SourceError(f"{here}: {reason}")
    )


def _files(source: Path) -> Iterator[_File]:
    """Yield the file, or those in the folder and its subfolders that can hold articles."""
    if _is_folder(source):
        yield from _walk(source, "", _Place(source), frozenset())
    else:
        yield _File(_Place(source.parent), _printable(source.name), source)


def _walk(
    folder: Path, prefix: str, place: _Place, above: frozenset[tuple[int, int]]
) -> Iterator[_File]:
    """Yield what a folder holds, in order of the names; links back to a folder above end there."""
    try:
        status = folder.stat()
        folder_key = (status.st_dev, status.st_ino)
        names = [] if folder_key in above else _entries(folder)
    except OSError as error:
        reason = SourceError(f"the folder cannot be read ({error.strerror}): check its permissions")
        yield _File(place, prefix.rstrip("/") or _printable(folder.name), folder, reason)
        return
    for name in names:
        id_ = prefix + _printable(name)
        if name.endswith("/"):
            yield from _walk(folder / name, id_, place, above | {folder_key})
        else:
            yield _File(place, id_, folder / name)


def _entries(folder: Path) -> list[str]:
    """Return the sorted names of the files to read and, with `/` at their end, of the folders."""
    names = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                names.append(f"{entry.name}/")
            elif Path(entry.name).suffix.lower() in _READABLE:
                names.append(entry.name)
    return sorted(names)


def _is_folder(path: Path | os.DirEntry[str]) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a link in a circle, or to where nobody may look: told when it is read
        return False


def _read(file: _File) -> Iterator[tuple[_Place, Article | SourceFailure]]:
    """Yield the article of a file, or those of its lines, each with its place."""
    source = _printable(file.path)
    try:
        if file.error is not None:
            raise file.error
        if file.path.suffix.lower() in _JSONL:
            yield from _read_lines(file, source)
        else:
            yield file.place, _read_file(file, source)
    except (SourceError, OSError) as error:
        yield file.place, _failure(file.id, source, source, error)


def _read_file(file: _File, source: str) -> Article:
    _check_size(_file_size(file.path))
    with file.path.open("rb") as stream:
        data = stream.read(MAX_ARTICLE_BYTES + 1)
    _check_size(len(data))
    if not data.strip():
        raise SourceError(_EMPTY)
    if file.path.suffix.lower() not in _HTML:
        return _article(file.id, decode(data), source=source)
    page = read_html(data)
    return _article(
        file.id, page.text, title=page.title, published=page.published, url=page.url, source=source
    )


def _read_lines(file: _File, source: str) -> Iterator[tuple[_Place, Article | SourceFailure]]:
    _file_size(file.path)
    row = None
    with file.path.open("rb") as stream:
        for row in read_jsonl(stream, MAX_ARTICLE_BYTES):
            place = _Place(file.path, row.line)
            try:
                yield place, _from_row(row, source)
            except SourceError as error:
                id_ = row.id or f"{file.id}:{row.line}"
                yield place, _failure(id_, source, place.name(id_), error)
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


def _file_size(path: Path) -> int:
    """Return the bytes of a file; what is no file is not even opened (a pipe would never end)."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise SourceError("is not a regular file: leave it out")
    return status.st_size


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


def _printable(path: Path | str) -> str:
    r"""Return a path as UTF-8 text; bytes of names that are none are shown as `\xNN`."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")
