"""Files and folders on the file systems that fsspec knows, such as `s3://bucket/news/`."""

import io
import posixpath
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from llm_extract.errors import SourceError, UsageError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem
    from typing_extensions import Buffer

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_COLLAPSED: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/(?!/)")
_EXTRA: Final = "pip install 'llm-extract[remote]'"
_EXTRA_HAS: Final = frozenset({"s3", "s3a", "http", "https"})
_WEB: Final = frozenset({"http", "https"})
_ABSENT: Final = (404, 410)  # status codes of web servers
_DENIED: Final = (401, 403)
_READ_AT_ONCE: Final = 1 << 20
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Url:
    """A file, a folder or a pattern of names on a file system of fsspec.

    Every method that asks the file system raises `SourceError` where it does not answer as it
    should: no such thing, no access, no network. `str()` gives the address without passwords and
    signatures.

    Attributes:
        system: the file system.
        path: the path as the file system spells it.
        address: the URL as it was given.
    """

    system: "AbstractFileSystem"
    path: str
    address: str

    def __str__(self) -> str:
        parts = urlsplit(self.address)
        if parts.scheme in _WEB:
            return urlunsplit(parts._replace(netloc=_without_user(parts.netloc), query=""))
        _, _, rest = self.address.partition("://")
        host, slash, path = rest.partition("/")
        return f"{parts.scheme}://{_without_user(host)}{slash}{path}"

    def __truediv__(self, name: str) -> "Url":
        folder = self._folder() if self.is_pattern else self
        path, address = folder.path.rstrip("/"), folder.address.rstrip("/")
        return Url(self.system, f"{path}/{name}", f"{address}/{name}")

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(str(self).rstrip("/"))

    @property
    def parent(self) -> str:
        """The address of the folder that it is in, or of that which a pattern's names begin at."""
        if self.is_pattern:
            return str(self._folder())
        return str(self).rstrip("/").rpartition("/")[0]

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for all names that match; a web address has no `?` as a wildcard."""
        return any(sign in self.path for sign in ("*[" if self.is_web else "*?["))

    @property
    def is_web(self) -> bool:
        """Whether it is the address of a web server, which takes no files."""
        return urlsplit(self.address).scheme in _WEB

    def is_dir(self) -> bool:
        """Tell whether it is a folder, or a pattern, which is read like one."""
        if self.is_pattern:
            return True
        if self.is_web:  # a web server does not say
            return urlsplit(self.address).path.endswith("/")
        return bool(self._ask(lambda: self.system.info(self.path))["type"] == "directory")

    def exists(self) -> bool:
        """Tell whether there is a file or folder."""
        try:
            self.system.info(self.path)
        except Exception as error:
            if isinstance(self._origin(error), FileNotFoundError):
                return False
            raise SourceError(self._reason(error)) from error
        return True

    def entries(self) -> Iterator[tuple[str, bool]]:
        """Yield the names in the folder, or those that match the pattern, and which are folders."""
        if self.is_pattern:
            matches = self._ask(lambda: self.system.glob(self.path, detail=True))
            begin = len(self._folder().path.rstrip("/")) + 1
            for path, found in matches.items():
                if not _is_folder(found):
                    yield path[begin:], False
                elif "**" not in self.path:  # which gives what is in the folder, too
                    yield path[begin:].rstrip("/"), True
            return
        here = self.path.rstrip("/")
        for found in self._ask(lambda: self.system.ls(self.path, detail=True)):
            folder, name = posixpath.split(found["name"].rstrip("/"))
            # Some list the folder itself, and web pages have links to elsewhere.
            if name and folder.rstrip("/") == here:
                yield name, _is_folder(found)

    def files(self) -> Iterator[tuple[str, int | None]]:
        """Yield the names of the files in the folder, and how many bytes they have."""
        here = self.path.rstrip("/")
        for found in self._ask(lambda: self.system.ls(self.path, detail=True)):
            folder, name = posixpath.split(found["name"])
            if name and folder.rstrip("/") == here and not _is_folder(found):
                yield name, found["size"]

    def put(self, file: Path) -> None:
        """Copy a file of this machine to the URL; on object stores it is there whole or not."""
        self._ask(lambda: self.system.put_file(str(file), self.path))

    def delete(self) -> None:
        """Delete the file."""
        self._ask(lambda: self.system.rm_file(self.path))

    def open(self, *, at_random: bool = False) -> BinaryIO:
        """Open the file for reading bytes, which are fetched as they are asked for.

        Args:
            at_random: whether it will be read here and there, and not from its begin to its end.
        """
        options = {"cache_type": "none"} if at_random else {}
        stream = self._ask(lambda: self.system.open(self.path, "rb", **options))
        if self.is_web and not self._gives_parts(stream):
            stream.close()
            stream = self._ask(self._copied)
        return io.BufferedReader(_Remote(stream, self), _READ_AT_ONCE)

    def _gives_parts(self, stream: Any) -> bool:
        """Tell whether a web server gives parts of a file; some can only give the whole."""
        if not getattr(stream, "size", None):
            return False
        with self._ask(lambda: self.system.open(self.path, "rb", cache_type="none")) as probe:
            try:
                probe.seek(1)
                probe.read(1)
            except ValueError:  # what fsspec says to that
                return False
            except Exception as error:
                raise SourceError(self._reason(error)) from error
        return True

    def _copied(self) -> BinaryIO:
        """Copy the file into a temporary one, which goes when it is closed."""
        copy = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
        with self.system.open(self.path, "rb", block_size=0) as stream:
            while data := stream.read(_READ_AT_ONCE):
                copy.write(data)
        copy.seek(0)
        return cast(BinaryIO, copy)

    def _folder(self) -> "Url":
        """Return the folder that the names of a pattern begin at."""
        path, address = self.path.split("/"), self.address.rstrip("/").split("/")
        signs = "*[" if self.is_web else "*?["
        fixed = next(n for n, part in enumerate(path) if any(sign in part for sign in signs))
        return Url(self.system, "/".join(path[:fixed]), "/".join(address[: fixed - len(path)]))

    def _ask(self, question: Callable[[], _Found]) -> _Found:
        try:
            return question()
        except Exception as error:  # each file system has its own, beside those of the system
            raise SourceError(self._reason(error)) from error

    def _origin(self, error: Exception) -> Exception:
        """Return the cause where fsspec says "not found" to whatever a web server answers."""
        cause = error.__cause__
        hidden = self.is_web and isinstance(error, FileNotFoundError)
        if hidden and isinstance(cause, Exception) and _status(cause) not in _ABSENT:
            return cause
        return error

    def _reason(self, error: Exception) -> str:
        """Say in one line why the file system did not answer."""
        error = self._origin(error)
        if isinstance(error, FileNotFoundError):
            return "there is no such file, folder or bucket"
        said = str(error).replace(self.address, str(self))
        words = " ".join(said.split()) or type(error).__name__
        if status := _status(error):  # other words have the URL, with what is secret in it
            words = f"{status} {getattr(error, 'message', '')}".strip()
        if isinstance(error, PermissionError) or status in _DENIED:
            return f"access is denied ({words}): check the credentials"
        if "credentials" in f"{type(error).__name__} {words}".lower():
            return f"no usable credentials ({words}): give them as its file system takes them"
        return f"cannot be reached ({words}): check address and network"


class _Remote(io.RawIOBase):
    """A file of fsspec, whose errors say what is wrong in one line."""

    def __init__(self, stream: Any, url: Url) -> None:
        self._stream = stream
        self._url = url

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._url._ask(lambda: self._stream.read(len(view)))
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return int(self._url._ask(lambda: self._stream.seek(offset, whence)))

    def tell(self) -> int:
        return int(self._stream.tell())

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def is_url(given: str) -> bool:
    """Tell whether a source or target that a user gives is a URL and no path."""
    return bool(_URL.match(given))


def was_url(path: str) -> bool:
    """Tell whether a path was a URL, of which `Path` keeps one of the two slashes."""
    return bool(_COLLAPSED.match(path))


def open_url(address: str) -> Url:
    """Find the file system of a URL; nothing is asked of it yet.

    Its options (endpoint, anonymous access, credentials) are those of fsspec's configuration and
    of the file system's own environment variables.

    Raises:
        UsageError: a package is missing, or there is no such kind of file system.
    """
    scheme = address.partition("://")[0].lower()
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise UsageError(f"{scheme}:// URLs need fsspec: {_EXTRA}") from error
    try:
        # Listings would be kept for good: memory for each file, and no new ones are seen.
        system, path = url_to_fs(address, use_listings_cache=False)
    except ImportError as error:
        how = _EXTRA if scheme in _EXTRA_HAS else "with pip"
        raise UsageError(f"{scheme}:// needs a package that is missing ({error}): {how}") from error
    except Exception as error:
        words = " ".join(str(error).split())
        raise UsageError(f"{scheme}:// is no file system that can be used: {words}") from error
    return Url(system, path, address)


def _is_folder(found: dict[str, Any]) -> bool:
    return bool(found["type"] == "directory")


def _status(error: Exception) -> int | None:
    """Return the status code of an answer that a web server refuses with."""
    status = getattr(error, "status", None)
    return status if isinstance(status, int) else None


def _without_user(host: str) -> str:
    return host.rpartition("@")[2]
