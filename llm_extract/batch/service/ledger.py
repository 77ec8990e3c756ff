"""What is under way with a batch service: articles that wait, their requests, the batches.

The tables stand in the ledger of the output folder. Every step of a batch is noted before it is
taken and after, so that a run that was killed in between finds out what became of it.
"""

import contextlib
import json
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import TypeAdapter

from llm_extract.batch.database import STORE_FILE
from llm_extract.batch.store import content_key
from llm_extract.errors import StoreError
from llm_extract.text.article import Article

State = Literal["building", "built", "uploading", "uploaded", "creating", "created", "collected"]

_BUSY_SECONDS: Final = 30.0
_ARTICLE: Final = TypeAdapter(Article)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS service_batch (
    number INTEGER PRIMARY KEY,
    settings TEXT NOT NULL,    -- of the job: see outcome
    name TEXT NOT NULL,        -- of the file of requests, nowhere else the same
    state TEXT NOT NULL,       -- building, built, uploading, uploaded, creating, created, collected
    file_id TEXT,              -- the service's name of the file of requests
    batch_id TEXT              -- the service's name of the batch
);
CREATE TABLE IF NOT EXISTS service_request (
    key TEXT PRIMARY KEY,      -- names job and request; custom_id of its line
    batch INTEGER,             -- the batch that carries it; NULL where it is to be sent
    faults INTEGER NOT NULL DEFAULT 0, -- how often it came back with nothing usable
    status INTEGER,            -- HTTP status of the reply; 0 where no line of it could be used
    body TEXT                  -- the reply as JSON; NULL where there is none yet
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS service_request_batch ON service_request (batch);
CREATE TABLE IF NOT EXISTS service_waiting (
    number INTEGER PRIMARY KEY,
    settings TEXT NOT NULL,
    content TEXT NOT NULL,
    article TEXT NOT NULL,     -- Article as JSON
    UNIQUE (settings, content)
);
CREATE TABLE IF NOT EXISTS service_wanted (
    waiting INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (waiting, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS service_wanted_key ON service_wanted (key);
CREATE TABLE IF NOT EXISTS service_alike (
    waiting INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (waiting, id)
) WITHOUT ROWID;
"""

# Articles of which no request is under way: those that can be carried on.
_READY = """
SELECT number, article FROM service_waiting WHERE settings = ? AND number > ? AND NOT EXISTS (
    SELECT 1 FROM service_wanted JOIN service_request USING (key)
    WHERE waiting = service_waiting.number AND body IS NULL AND batch IS NOT NULL
) ORDER BY number LIMIT 1
"""


# Waiting articles of which the service has, or answered, a request.
_SENT = """
EXISTS (SELECT 1 FROM service_wanted JOIN service_request USING (key)
    WHERE waiting = service_waiting.number AND (batch IS NOT NULL OR body IS NOT NULL))
"""


@dataclass(frozen=True)
class Batch:
    """A batch, and how far it is.

    Attributes:
        number: its number in this ledger.
        name: name of its file of requests, in the output folder and at the service.
        state: the last step that was noted; the names in `-ing` are steps that were begun.
        file_id: the service's name of the file; None before the upload.
        batch_id: the service's name of the batch; None before it is created.
    """

    number: int
    name: str
    state: State
    file_id: str | None = None
    batch_id: str | None = None


_BATCH_COLUMNS = ", ".join(field.name for field in fields(Batch))


class ServiceLedger:
    """The tables of one output folder, for one job."""

    def __init__(self, folder: Path, settings: str) -> None:
        """Open the tables, making them where they are missing.

        Args:
            folder: the output folder, with its ledger.
            settings: names everything beside the article that decides its records.

        Raises:
            StoreError: the ledger cannot be used.
        """
        self._path = folder / STORE_FILE
        self._settings = settings
        with self._clear_errors():
            self._db = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)

    def begin_run(self) -> None:
        """Forget which articles an earlier run met, and those that wait with nothing sent."""
        with self._transaction():
            self._change(
                "DELETE FROM service_alike WHERE waiting IN "
                "(SELECT number FROM service_waiting WHERE settings = ?)",
                self._settings,
            )
            self._change(
                f"DELETE FROM service_waiting WHERE settings = ? AND NOT {_SENT}", self._settings
            )
            self._change(
                "DELETE FROM service_wanted WHERE waiting NOT IN "
                "(SELECT number FROM service_waiting)"
            )

    def add_waiting(self, article: Article) -> None:
        """Let an article wait; one with the same content that waits already speaks for it."""
        content = content_key(article)
        self._change(
            "INSERT OR IGNORE INTO service_waiting (settings, content, article) VALUES (?, ?, ?)",
            self._settings,
            content,
            _ARTICLE.dump_json(article).decode(),
        )
        self._change(
            "INSERT OR IGNORE INTO service_alike SELECT number, ? FROM service_waiting "
            "WHERE settings = ? AND content = ?",
            article.id,
            self._settings,
            content,
        )

    def ready(self) -> Iterator[tuple[int, Article]]:
        """Yield, one by one, number and article of those that no batch holds up."""
        number = 0
        while row := self._one(_READY, self._settings, number):
            number, article = row
            yield number, _ARTICLE.validate_json(article)

    def alike(self, waiting: int) -> list[str]:
        """Return the ids of this run's articles that have a waiting article's content."""
        return [
            id_ for (id_,) in self._all("SELECT id FROM service_alike WHERE waiting = ?", waiting)
        ]

    def forget(self, waiting: int) -> None:
        """Drop an article that is finished or failed, with the requests that only it wanted."""
        with self._transaction():
            self._change(
                "DELETE FROM service_request WHERE key IN "
                "(SELECT key FROM service_wanted AS own WHERE waiting = ? AND NOT EXISTS "
                "(SELECT 1 FROM service_wanted WHERE key = own.key AND waiting <> own.waiting))",
                waiting,
            )
            for table in ("service_wanted", "service_alike"):
                self._change(f"DELETE FROM {table} WHERE waiting = ?", waiting)
            self._change("DELETE FROM service_waiting WHERE number = ?", waiting)

    def reply(self, key: str) -> tuple[int, Any] | None:
        """Return HTTP status and JSON body of the reply to a request; None before it came."""
        row = self._one(
            "SELECT status, body FROM service_request WHERE key = ? AND body IS NOT NULL", key
        )
        return (row[0], json.loads(row[1])) if row else None

    def want(self, waiting: int, keys: list[str]) -> None:
        """Note which requests an article takes, answered or not."""
        with self._transaction():
            for key in keys:
                self._change("INSERT OR IGNORE INTO service_wanted VALUES (?, ?)", waiting, key)

    def is_under_way(self, key: str) -> bool:
        """Tell whether a batch carries a request."""
        query = "SELECT 1 FROM service_request WHERE key = ? AND batch IS NOT NULL"
        return self._one(query, key) is not None

    def new_batch(self) -> Batch:
        """Begin a batch, in state `building`."""
        name = f"llm-extract-{secrets.token_hex(8)}.jsonl"
        number = self._change(
            "INSERT INTO service_batch (settings, name, state) VALUES (?, ?, 'building')",
            self._settings,
            name,
        )
        return Batch(number, name, "building")

    def put_into(self, batch: Batch, key: str) -> None:
        """Note that a batch carries a request."""
        self._change(
            "INSERT INTO service_request (key, batch) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET batch = excluded.batch",
            key,
            batch.number,
        )

    def batches(self) -> list[Batch]:
        """Return the batches that are not collected yet, oldest first."""
        rows = self._all(
            f"SELECT {_BATCH_COLUMNS} FROM service_batch "
            "WHERE settings = ? AND state <> 'collected' ORDER BY number",
            self._settings,
        )
        return [Batch(*row) for row in rows]

    def note(
        self,
        batch: Batch,
        state: State,
        *,
        file_id: str | None = None,
        batch_id: str | None = None,
    ) -> Batch:
        """Note a step of a batch, and what the service named; return the batch as it is now.

        Unlike the rest, this is on the disk before the next step even where the machine fails.
        """
        changed = Batch(
            batch.number,
            batch.name,
            state,
            file_id or batch.file_id,
            batch_id or batch.batch_id,
        )
        self._change("PRAGMA synchronous = FULL")
        self._change(
            "UPDATE service_batch SET state = ?, file_id = ?, batch_id = ? WHERE number = ?",
            state,
            changed.file_id,
            changed.batch_id,
            batch.number,
        )
        self._change("PRAGMA synchronous = NORMAL")
        return changed

    def keep_reply(self, batch: Batch, key: str, status: int, body: Any) -> None:
        """Keep the reply to a request of a batch; a line that belongs to none is passed over."""
        self._change(
            "UPDATE service_request SET status = ?, body = ? WHERE key = ? AND batch = ?",
            status,
            json.dumps(body),
            key,
            batch.number,
        )

    def send_again(self, batch: Batch, key: str) -> None:
        """Take a request out of a batch that did not come to it."""
        self._change(
            "UPDATE service_request SET batch = NULL WHERE key = ? AND batch = ?",
            key,
            batch.number,
        )

    def count_fault(self, batch: Batch, key: str, status: int, body: Any, most_faults: int) -> None:
        """Take a request out of a batch that failed at it; at `most_faults`, that is its reply."""
        change = "UPDATE service_request SET faults = faults + 1, {} WHERE key = ? AND batch = ?"
        with self._transaction():
            self._change(
                change.format("status = ?, body = ?") + " AND faults + 1 >= ?",
                status,
                json.dumps(body),
                key,
                batch.number,
                most_faults,
            )
            self._change(change.format("batch = NULL") + " AND body IS NULL", key, batch.number)

    def unanswered(self, batch: Batch) -> list[str]:
        """Return the keys of the requests that a batch carries and that have no reply."""
        query = "SELECT key FROM service_request WHERE batch = ? AND body IS NULL"
        return [key for (key,) in self._all(query, batch.number)]

    def answered(self, batch: Batch) -> int:
        """Count the requests of a batch that have a reply."""
        query = "SELECT count(*) FROM service_request WHERE batch = ? AND body IS NOT NULL"
        return int(self._all(query, batch.number)[0][0])

    def discard(self, batch: Batch) -> None:
        """Undo a batch that the service never had, or refused: its requests are to be sent."""
        with self._transaction():
            self._change("UPDATE service_request SET batch = NULL WHERE batch = ?", batch.number)
            self._change("DELETE FROM service_batch WHERE number = ?", batch.number)

    def close(self) -> None:
        """Close the file; the ledger cannot be used afterwards."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _change(self, statement: str, *values: Any) -> int:
        """Run a statement; return the number of the row it added, if any."""
        with self._clear_errors():
            return self._db.execute(statement, values).lastrowid or 0

    def _one(self, query: str, *values: Any) -> Any:
        with self._clear_errors():
            return self._db.execute(query, values).fetchone()

    def _all(self, query: str, *values: Any) -> list[Any]:
        with self._clear_errors():
            return self._db.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._clear_errors():
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:
                yield

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self._path} cannot be used: {error}") from error


def articles_waiting(folder: Path, settings: str) -> int:
    """Count the articles of a job of which a batch service has, or answered, a request.

    Args:
        folder: an output folder; need not exist.
        settings: names the job: see `ServiceLedger`.
    """
    address = f"{(folder / STORE_FILE).absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as db:
            query = f"SELECT count(*) FROM service_waiting WHERE settings = ? AND {_SENT}"
            (count,) = db.execute(query, (settings,)).fetchone()
    except sqlite3.Error:  # no ledger, one without batches, or one that opening it refuses
        return 0
    return int(count)
