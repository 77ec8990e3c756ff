"""One process at a time works on an output folder; the operating system frees what a dead one held.

The lock is on an open file, so it ends with its process, however that ends: a lock file that lies
about locks nothing.
"""

import contextlib
import errno
import os
import sys
import time
from pathlib import Path
from typing import Final, Self

from llm_extract.errors import StoreError

LOCK_FILE: Final = "llm_extract.lock"
_LOCKED_BYTE: Final = 1 << 30  # on Windows a locked byte cannot be read: not one of the pid's
_HELD: Final = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})
_TRIES: Final = 5  # `holder` takes the lock for a moment, which must not refuse a run
_PAUSE_SECONDS: Final = 0.05


class FolderLock:
    """A lock on an output folder, held from construction to `release` or the process's end."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Args:
            folder: the output folder; must exist.

        Raises:
            StoreError: another process holds it, named by its pid; or the file cannot be locked.
        """
        path = folder / LOCK_FILE
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}") from error
        try:
            _take_patiently(self._file)
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())
        except OSError as error:
            os.close(self._file)
            if error.errno in _HELD:
                raise StoreError(_refusal(folder)) from None
            raise StoreError(f"{path} cannot be locked: {error.strerror}") from error

    def release(self) -> None:
        """Let others have the folder."""
        with contextlib.suppress(OSError):  # closing frees it, whatever can be written
            os.ftruncate(self._file, 0)
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder(folder: Path) -> int | None:
    """Return the pid of the process that works on a folder; None where none does.

    Args:
        folder: the output folder.
    """
    try:
        file = os.open(folder / LOCK_FILE, os.O_RDWR)
    except OSError:
        return None
    try:
        _take(file)
    except OSError:
        return _pid(folder)
    finally:
        os.close(file)
    return None


def _take_patiently(file: int) -> None:
    for _ in range(_TRIES - 1):
        with contextlib.suppress(OSError):
            return _take(file)
        time.sleep(_PAUSE_SECONDS)
    return _take(file)


def _refusal(folder: Path) -> str:
    pid = _pid(folder)
    who = f"process {pid}" if pid else "another process"
    return f"{who} is working on {folder}: wait for it or stop it, or use another --out"


def _pid(folder: Path) -> int | None:
    try:
        return int((folder / LOCK_FILE).read_text())
    except (OSError, ValueError):
        return None


if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)

else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
