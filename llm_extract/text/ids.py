"""The ids that a run has met: kept on disk, so that memory does not grow with the articles."""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from typing import Self

from llm_extract.errors import StoreError

_SCHEMA = """
CREATE TABLE taken (digest BLOB PRIMARY KEY, root TEXT NOT NULL, line INTEGER) WITHOUT ROWID
"""


class TakenIds:
    """Tells whether an id was met before, and where; in a temporary file that goes with it."""

    def __init__(self) -> None:
        """Begin with no id.

        Raises:
            StoreError: a temporary file cannot be written.
        """
        with _clear_errors():
            # No name: SQLite keeps what is beyond its cache in a file that it deletes by itself.
            self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.execute(_SCHEMA)
            self._db.execute("BEGIN")  # and never ends: nothing of it is to last

    def take(self, id_: str, root: str, line: int | None) -> tuple[str, int | None] | None:
        """Take an id for the article at a place.

        Args:
            id_: the id.
            root: file or folder that the id was found in.
            line: number of the line in that file, from 1; None where it is a folder.

        Returns:
            None, or root and line of the article that has the id already.

        Raises:
            StoreError: the temporary file cannot be written.
        """
        digest = hashlib.blake2b(id_.encode("utf-8"), digest_size=16).digest()
        with _clear_errors():
            added = self._db.execute(
                "INSERT OR IGNORE INTO taken VALUES (?, ?, ?)", (digest, root, line)
            )
            if added.rowcount:
                return None
            found = self._db.execute("SELECT root, line FROM taken WHERE digest = ?", (digest,))
            first_root, first_line = found.fetchone()
            return first_root, first_line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()


@contextlib.contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(
            f"cannot keep the ids of the articles in a temporary file ({error}): set TMPDIR to a "
            "folder with room"
        ) from error
