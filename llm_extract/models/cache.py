"""Replies kept between runs, so that nothing is paid or waited for twice."""

import hashlib
import json
import logging
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from llm_extract.errors import StoreError
from llm_extract.models.weights import CACHE_VARIABLE, cache_dir

logger = logging.getLogger(__name__)

DEFAULT_MAX_BYTES = 1 << 30
_BUSY_SECONDS = 5.0
_KEPT_SHARE = 0.9

# `total` is kept by triggers so that the size is known without a scan, whichever process writes.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS reply
    (id INTEGER PRIMARY KEY, key TEXT UNIQUE, value TEXT, size INTEGER);
CREATE TABLE IF NOT EXISTS total (bytes INTEGER);
INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM total);
CREATE TRIGGER IF NOT EXISTS reply_added AFTER INSERT ON reply
    BEGIN UPDATE total SET bytes = bytes + NEW.size; END;
CREATE TRIGGER IF NOT EXISTS reply_removed AFTER DELETE ON reply
    BEGIN UPDATE total SET bytes = bytes - OLD.size; END;
"""

# Rows from the oldest on, as long as those before a row free too little; never the newest.
_DROP_OLDEST = """
DELETE FROM reply WHERE id < (SELECT max(id) FROM reply) AND id IN (
    SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY id) - size AS freed FROM reply)
    WHERE freed < ?)
"""


def default_path() -> Path:
    """Where the replies are kept: a file in the package's cache folder."""
    return cache_dir() / "replies.db"


def reply_key(identity: str, request: Mapping[str, Any]) -> str:
    """Names a request to a model.

    Args:
        identity: the model's identity.
        request: everything that decides the reply, as JSON values.

    Returns:
        SHA-256 in hex, equal only for equal requests to the same model.
    """
    complete = json.dumps([identity, request], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(complete.encode("utf-8", "surrogatepass")).hexdigest()


class Replies(Protocol):
    """Where replies are kept by key, on this machine or elsewhere."""

    async def find(self, key: str) -> str | None:
        """Returns the value stored under a key, or None."""
        ...

    def put(self, key: str, value: str) -> None:
        """Stores a value under a key."""
        ...


class ReplyCache:
    """A bounded store of replies in one SQLite file, shared by any number of processes.

    Losing it costs time, never results: a damaged file is replaced, and a read or write that
    fails later (a full disk, a lock held for too long) counts as a miss and is logged.
    """

    def __init__(self, path: Path, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        """Opens the cache, making the file and its folder where they are missing.

        Args:
            path: the SQLite file.
            max_bytes: bound on the stored replies with their keys; the oldest go first.

        Raises:
            StoreError: the file can neither be opened nor replaced.
        """
        self._max_bytes = max_bytes
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = _open_or_replace(path)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"cannot open the reply cache {path}: {error}; set {CACHE_VARIABLE} to a folder "
                "that can be written"
            ) from error

    def get(self, key: str) -> str | None:
        """Returns the value stored under a key, or None."""
        try:
            row = self._db.execute("SELECT value FROM reply WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            logger.warning("reply cache not readable, asking the model: %s", error)
            return None
        return row[0] if row else None

    async def find(self, key: str) -> str | None:
        """Returns what `get` does."""
        return self.get(key)

    def put(self, key: str, value: str) -> None:
        """Stores a value under a key, in place of an older one; drops the oldest over the bound."""
        size = len(key) + len(value.encode("utf-8", "surrogatepass"))
        if size > self._max_bytes:
            return
        try:
            with self._db:
                self._db.execute("DELETE FROM reply WHERE key = ?", (key,))
                self._db.execute(
                    "INSERT INTO reply (key, value, size) VALUES (?, ?, ?)", (key, value, size)
                )
                self._evict()
        except (sqlite3.Error, UnicodeEncodeError) as error:
            logger.warning("reply not cached: %s", error)

    def close(self) -> None:
        """Closes the file; the cache cannot be used afterwards."""
        self._db.close()

    def _evict(self) -> None:
        """Frees a tenth at once, so that a full cache does not evict at every write."""
        (total,) = self._db.execute("SELECT bytes FROM total").fetchone()
        if total > self._max_bytes:
            self._db.execute(_DROP_OLDEST, (total - int(self._max_bytes * _KEPT_SHARE),))


def _open_or_replace(path: Path) -> sqlite3.Connection:
    try:
        return _open(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        logger.warning("reply cache %s is damaged (%s) and starts anew", path, error)
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        return _open(path)


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db
