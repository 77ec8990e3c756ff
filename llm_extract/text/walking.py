"""Finds the files that can hold articles: which kinds are read, and folders walked in order."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from llm_extract.errors import SourceError

Kind = Literal["plain", "html", "jsonl"]

STDIN: Final = Path("-")
SUFFIXES: Final = ".txt, .md, .html, .htm and .jsonl"
_GZIP = ".gz"
_KINDS: dict[str, Kind] = {
    ".txt": "plain",
    ".md": "plain",
    ".html": "html",
    ".htm": "html",
    ".jsonl": "jsonl",
}


class Place(NamedTuple):
    """Where an id was found: in line `line` of the file `root`, or as a file in the folder `root`.

    One root serves all files of a folder, so that what is kept of an article stays small.
    """

    root: str
    line: int | None = None

    def name(self, id_: str) -> str:
        """Name the place for a message."""
        if self.line is None:
            return os.path.join(self.root, id_)  # noqa: PTH118 (no Path: "" is stdin's folder)
        return f"{self.root}, line {self.line}"


class File(NamedTuple):
    """A file to read, or with `error` a folder that cannot be listed."""

    place: Place
    id: str
    path: Path
    error: SourceError | None = None


def kind_of(name: str) -> Kind | None:
    """Tell by its name what a file holds, packed or not; None where it is not read."""
    stem = name.lower().removesuffix(_GZIP)
    return _KINDS.get(os.path.splitext(stem)[1])  # noqa: PTH122 (a tenth of the time of Path)


def is_packed(name: str) -> bool:
    """Tell by its name whether a file is packed with gzip."""
    return name.lower().endswith(_GZIP)


def files_of(source: Path) -> Iterator[File]:
    """Yield the file, or those in the folder and its subfolders that can hold articles.

    Folders are listed one by one as the walk comes to them; the names of those on the way down to
    the place of the walk are all that is kept.
    """
    if source == STDIN:
        yield File(Place(""), "stdin", source)
    elif is_folder(source):
        yield from _walk(source, "", Place(_root(source)), frozenset())
    else:
        yield File(Place(_root(source.parent)), printable(source.name), source)


def holds_articles(folder: Path, above: frozenset[tuple[int, int]] = frozenset()) -> bool:
    """Tell whether `files_of` has anything to yield of a folder; stops at the first such file."""
    try:
        key = _key(folder)
        if key in above:
            return False
        folders = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if is_folder(entry):
                    folders.append(entry.name)
                elif kind_of(entry.name):
                    return True
    except OSError:  # told when it is read
        return True
    return any(holds_articles(folder / name, above | {key}) for name in folders)


def is_folder(path: Path | os.DirEntry[str]) -> bool:
    """Tell whether a path is that of a folder, or a link to one."""
    try:
        return path.is_dir()
    except OSError:  # a link in a circle, or to where nobody may look: told when it is read
        return False


def printable(path: Path | str) -> str:
    r"""Return a path as UTF-8 text; bytes of names that are none are shown as `\xNN`."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")


def _root(folder: Path) -> str:
    return "" if folder == Path() else printable(folder)


def _walk(
    folder: Path, prefix: str, place: Place, above: frozenset[tuple[int, int]]
) -> Iterator[File]:
    """Yield what a folder holds, in order of the names; links back to a folder above end there."""
    try:
        key = _key(folder)
        names = [] if key in above else _entries(folder)
    except OSError as error:
        reason = SourceError(f"the folder cannot be read ({error.strerror}): check its permissions")
        yield File(place, prefix.rstrip("/") or printable(folder.name), folder, reason)
        return
    for name in names:
        id_ = prefix + printable(name)
        if name.endswith("/"):
            yield from _walk(folder / name, id_, place, above | {key})
        else:
            yield File(place, id_, folder / name)


def _entries(folder: Path) -> list[str]:
    """Return the sorted names of the files to read and, with `/` at their end, of the folders."""
    names = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if is_folder(entry):
                names.append(f"{entry.name}/")
            elif kind_of(entry.name):
                names.append(entry.name)
    names.sort()
    return names


def _key(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
