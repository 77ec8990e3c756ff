"""Finds the files that can hold articles: which kinds are read, and folders walked in order."""

import os
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from llm_extract.errors import SourceError
from llm_extract.text.locations import Location, printable
from llm_extract.text.urls import Url

Kind = Literal["plain", "html", "jsonl", "parquet"]

STDIN: Final = Path("-")
SUFFIXES: Final = ".parquet, .txt, .md, .html, .htm and .jsonl"
_GZIP = ".gz"
_KINDS: dict[str, Kind] = {
    ".txt": "plain",
    ".md": "plain",
    ".html": "html",
    ".htm": "html",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
}


class Place(NamedTuple):
    """Where an id was found: in line `line` of the file `root`, or as a file in the folder `root`.

    The lines of Parquet are its rows. One root serves all files of a folder, so that what is kept
    of an article stays small.
    """

    root: str
    line: int | None = None

    def name(self, id_: str) -> str:
        """Name the place for a message."""
        if self.line is None:
            return os.path.join(self.root, id_)  # noqa: PTH118 (no Path: "" is stdin's folder)
        unit = "row" if kind_of(self.root) == "parquet" else "line"
        return f"{self.root}, {unit} {self.line}"


class File(NamedTuple):
    """A file to read, or with `error` a folder that cannot be listed."""

    place: Place
    id: str
    path: Location
    error: SourceError | None = None


def kind_of(name: str) -> Kind | None:
    """Tell by its name what a file holds, packed or not; None where it is not read."""
    stem = name.lower().removesuffix(_GZIP)
    kind = _KINDS.get(os.path.splitext(stem)[1])  # noqa: PTH122 (a tenth of the time of Path)
    return None if kind == "parquet" and is_packed(name) else kind  # it packs itself


def is_packed(name: str) -> bool:
    """Tell by its name whether a file is packed with gzip."""
    return name.lower().endswith(_GZIP)


def files_of(source: Location) -> Iterator[File]:
    """Yield the file, or those in the folder and its subfolders that can hold articles.

    Folders are listed one by one as the walk comes to them; the names of those on the way down to
    the place of the walk are all that is kept.
    """
    if source == STDIN:
        yield File(Place(""), "stdin", source)
        return
    try:
        folder = is_folder(source)
    except SourceError as error:  # of a URL, which answered when it was checked
        yield File(Place(_root(source)), printable(source.name), source, error)
        return
    if folder:
        root = source.parent if isinstance(source, Url) and source.is_pattern else source
        yield from _walk(source, "", Place(_name(root)), frozenset())
    else:
        yield File(Place(_root(source)), printable(source.name), source)


def holds_articles(folder: Location, above: frozenset[Hashable] = frozenset()) -> bool:
    """Tell whether `files_of` has anything to yield of a folder; stops at the first such file."""
    try:
        key = _key(folder)
        if key in above:
            return False
        folders = []
        for name, is_below in _listed(folder):
            if is_below:
                folders.append(name)
            elif kind_of(name):
                return True
    except (OSError, SourceError):  # told when it is read
        return True
    return any(holds_articles(folder / name, above | {key}) for name in folders)


def is_folder(path: Location | os.DirEntry[str]) -> bool:
    """Tell whether a path is that of a folder, or a link to one.

    Raises:
        SourceError: the file system of a URL does not say.
    """
    try:
        return path.is_dir()
    except OSError:  # a link in a circle, or to where nobody may look: told when it is read
        return False


def _root(file: Location) -> str:
    """Name the folder that a file is in."""
    return _name(file.parent)


def _name(folder: Location | str) -> str:
    return "" if folder == Path() else printable(folder)


def _walk(
    folder: Location, prefix: str, place: Place, above: frozenset[Hashable]
) -> Iterator[File]:
    """Yield what a folder holds, in order of the names; links back to a folder above end there."""
    try:
        key = _key(folder)
        names = [] if key in above else _entries(folder)
    except (OSError, SourceError) as error:
        reason = SourceError(f"the folder cannot be read {_cause(error)}")
        yield File(place, prefix.rstrip("/") or printable(folder.name), folder, reason)
        return
    for name in names:
        id_ = prefix + printable(name)
        if name.endswith("/"):
            yield from _walk(folder / name, id_, place, above | {key})
        else:
            yield File(place, id_, folder / name)


def _entries(folder: Location) -> list[str]:
    """Return the sorted names of the files to read and, with `/` at their end, of the folders."""
    listed = _listed(folder)
    return sorted(f"{name}/" if below else name for name, below in listed if below or kind_of(name))


def _listed(folder: Location) -> Iterator[tuple[str, bool]]:
    """Yield the names in a folder that are not hidden, and which of them are folders."""
    if isinstance(folder, Url):
        for name, is_below in folder.entries():
            if not name.rpartition("/")[2].startswith("."):
                yield name, is_below
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                yield entry.name, is_folder(entry)


def _key(folder: Location) -> Hashable:
    if isinstance(folder, Url):
        return folder.address
    status = folder.stat()
    return status.st_dev, status.st_ino


def _cause(error: OSError | SourceError) -> str:
    if isinstance(error, SourceError):
        return f"({error})"
    return f"({error.strerror}): check its permissions"
