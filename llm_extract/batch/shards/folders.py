"""Where shards are kept: a folder of this machine, or one that a URL names.

A file is there whole or not at all, and nothing is ever added to one that is there.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from llm_extract.batch.lock import FolderLock
from llm_extract.batch.output import make_writable
from llm_extract.errors import SourceError, StoreError, UsageError
from llm_extract.text.locations import Location, printable
from llm_extract.text.urls import Url

_UNFINISHED: Final = ".tmp"


class ShardFolder(Protocol):
    """A folder of shards; each method raises `StoreError` where the folder does not serve.

    Attributes:
        name: the folder, for messages.
    """

    name: str

    def exists(self) -> bool:
        """Tell whether the folder is there."""

    def files(self) -> dict[str, int]:
        """Return the names of all files, and how many bytes they have."""

    def open(self, name: str) -> BinaryIO | None:
        """Open a file for reading bytes here and there; None where there is none."""

    def read(self, name: str) -> bytes | None:
        """Return what a small file holds; None where there is none."""

    def filling(self, name: str) -> contextlib.AbstractContextManager[Path]:
        """Give a file to fill; when the block ends well, it has this name, whole."""

    def delete(self, name: str) -> None:
        """Delete a file."""

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Make the folder, and keep other writers out where the system can; drop their ruins."""


def open_folder(place: Location) -> ShardFolder:
    """Return the folder at a place, which need not exist."""
    return _UrlFolder(place) if isinstance(place, Url) else _LocalFolder(place)


class _LocalFolder:
    def __init__(self, path: Path) -> None:
        self.name = printable(path)
        self._path = path

    def exists(self) -> bool:
        return self._path.is_dir()

    def files(self) -> dict[str, int]:
        with _clear_errors(self.name), os.scandir(self._path) as entries:
            return {e.name: e.stat().st_size for e in entries if e.is_file()}

    def open(self, name: str) -> BinaryIO | None:
        with _clear_errors(f"{self.name}/{name}"):
            try:
                return (self._path / name).open("rb")
            except FileNotFoundError:
                return None

    def read(self, name: str) -> bytes | None:
        stream = self.open(name)
        if stream is None:
            return None
        with _clear_errors(f"{self.name}/{name}"), stream:
            return stream.read()

    @contextlib.contextmanager
    def filling(self, name: str) -> Iterator[Path]:
        unfinished = self._path / f".{name}{_UNFINISHED}"
        with _clear_errors(f"{self.name}/{name}"):
            try:
                yield unfinished
                with unfinished.open("rb+") as file:
                    os.fsync(file.fileno())
                unfinished.replace(self._path / name)
            finally:
                unfinished.unlink(missing_ok=True)

    def delete(self, name: str) -> None:
        with _clear_errors(f"{self.name}/{name}"):
            (self._path / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        make_writable(self._path)
        with FolderLock(self._path):
            for name in self.files():
                if name.startswith(".") and name.endswith(_UNFINISHED):
                    self.delete(name)
            yield


class _UrlFolder:
    """A folder on a file system of fsspec, where a file is put whole, as object stores do it."""

    def __init__(self, url: Url) -> None:
        self.name = str(url).rstrip("/")
        self._url = url

    def exists(self) -> bool:
        with _clear_errors(self.name):
            return self._url.exists()

    def files(self) -> dict[str, int]:
        if not self.exists():
            return {}
        with _clear_errors(self.name):
            return {name: size or 0 for name, size in self._url.files()}

    def open(self, name: str) -> BinaryIO | None:
        with _clear_errors(f"{self.name}/{name}"):
            file = self._url / name
            return file.open(at_random=True) if file.exists() else None

    def read(self, name: str) -> bytes | None:
        stream = self.open(name)
        if stream is None:
            return None
        with _clear_errors(f"{self.name}/{name}"), stream:
            return stream.read()

    @contextlib.contextmanager
    def filling(self, name: str) -> Iterator[Path]:
        with (
            _clear_errors(f"{self.name}/{name}"),
            tempfile.TemporaryDirectory(prefix="llm-extract-") as folder,
        ):
            path = Path(folder, name)
            yield path
            (self._url / name).put(path)

    def delete(self, name: str) -> None:
        with _clear_errors(f"{self.name}/{name}"):
            (self._url / name).delete()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        if self._url.is_web:
            raise UsageError(f"{self.name} is on a web server: name a folder that can be written")
        yield


@contextlib.contextmanager
def _clear_errors(place: str) -> Iterator[None]:
    try:
        yield
    except SourceError as error:
        raise StoreError(f"{place}: {error}") from error
    except OSError as error:
        raise StoreError(f"{place}: {error.strerror or error}") from error
