"""Opens what articles are read from: files, packed or not, and stdin."""

import contextlib
import gzip
import io
import stat
import sys
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from llm_extract.errors import SourceError
from llm_extract.text.locations import Location
from llm_extract.text.urls import Url
from llm_extract.text.walking import is_packed

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@contextlib.contextmanager
def open_file(path: Location, *, at_random: bool = False) -> Iterator[BinaryIO]:
    """Open a file for reading bytes; what is packed with gzip is unpacked as it is read.

    Args:
        path: the file.
        at_random: whether it will be read here and there, and not from its begin to its end.

    Raises:
        SourceError: it is not a regular file (a pipe would never end), a URL that cannot be
            reached, or packed and damaged; the latter two come from the block, too, when it reads
            that far.
        OSError: it cannot be opened.
    """
    with _open(path, at_random) as stream:
        if not is_packed(path.name):
            yield stream
            return
        try:
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield cast(BinaryIO, unpacked)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise SourceError(f"is damaged, or not packed with gzip ({error})") from error


def _open(path: Location, at_random: bool) -> BinaryIO:
    if isinstance(path, Url):
        return path.open(at_random=at_random)
    if not stat.S_ISREG(path.stat().st_mode):
        raise SourceError("is not a regular file: leave it out")
    return path.open("rb")


def open_stdin(max_blank: int) -> tuple[bool, BinaryIO]:
    """Open stdin for reading bytes, and look at how it begins.

    Args:
        max_blank: how many blank bytes to look through, at most.

    Returns:
        Whether it holds JSON Lines, which is so where the first character that is not blank is
        `{`; and all of it.
    """
    stream = sys.stdin.buffer
    head = b""
    while len(head) < max_blank and (line := stream.readline(max_blank)):
        head += line
        if line.removeprefix(_BYTE_ORDER_MARK).strip():
            break
    is_jsonl = head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"{")
    return is_jsonl, io.BufferedReader(_Rejoined(head, stream))


class _Rejoined(io.RawIOBase):
    """What was read of a stream already, and then its rest."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._head.read(size) or self._rest.read(size)

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
