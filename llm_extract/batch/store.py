"""The ledger of an output folder: what became of each article, and its records.

One SQLite file. `outcome` keeps what a text gave or why it gave nothing, under everything that
decides the result; it is written in one transaction when the article finishes, together with what
the run has taken so far (`run`). `listing` keeps which articles a run met, in the order of its
sources; its rows go in by the hundred, and at the latest with the next article that finishes.

One process at a time writes; others may read meanwhile (`read_store`, `status`).
"""

import contextlib
import json
import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from llm_extract.batch.database import (
    LISTED,
    STORE_FILE,
    line_of,
    open_to_read,
    open_to_write,
    unusable,
)
from llm_extract.batch.lock import FolderLock
from llm_extract.batch.output import RECORDS_FILE, make_writable, write_lines
from llm_extract.errors import StoreError
from llm_extract.models.usage import Usage
from llm_extract.schemas import ArticleRecords, Provenance
from llm_extract.text.article import Article
from llm_extract.text.locations import Location, full_name
from llm_extract.text.sources import SourceFailure

_LISTED_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Exported:
    """What a run left in `records.jsonl`.

    Attributes:
        path: the file.
        articles: how many articles it holds.
        records: how many records of each kind, by the name of their list; none is left out.
    """

    path: Path
    articles: int
    records: dict[str, int]


@dataclass(frozen=True)
class Failure:
    """Why a text gave no records when it was last asked about.

    Attributes:
        reason: what happened, one line.
        passing: whether that may have passed by the next run.
        earlier: whether it was in a run before this one.
    """

    reason: str
    passing: bool
    earlier: bool


def content_key(article: Article) -> str:
    """Name what of an article decides its records: its text, and the date that fixes others."""
    return f"{article.sha256} {article.published or ''}".rstrip()


class Store:
    """The ledger of one output folder, as `open_store` returns it.

    Attributes:
        folder: the output folder.
    """

    def __init__(
        self, folder: Path, db: sqlite3.Connection, settings: str, lock: FolderLock | None = None
    ) -> None:
        self.folder = folder
        self._db = db
        self._settings = settings
        self._lock = lock
        self._run = 0
        self._started = time.monotonic()
        self._position = 0
        self._unlisted: list[tuple[object, ...]] = []

    def begin_run(self, total: int | None = None, sources: Sequence[Location] = ()) -> None:
        """Start a run: what is listed from now on belongs to it.

        Args:
            total: how many articles its sources hold; None where that is not known.
            sources: files, folders and URLs of articles.
        """
        names = json.dumps([full_name(path) for path in sources])
        with self._transaction() as db:
            row = (self._settings, names, total)
            added = db.execute("INSERT INTO run (settings, sources, total) VALUES (?, ?, ?)", row)
        self._run = added.lastrowid or 0
        self._started = time.monotonic()
        self._position = 0

    def list_article(self, article: Article) -> None:
        """Note the next article of the run's sources."""
        self._list(article.id, content_key(article), article.ref().model_dump_json(), None)

    def list_failure(self, failure: SourceFailure) -> None:
        """Note, in its place, an article that cannot be read."""
        self._list(failure.id, None, None, str(failure.error))

    def is_done(self, article: Article) -> bool:
        """Tell whether a text was extracted with the same settings before."""
        query = (
            "SELECT 1 FROM outcome WHERE content = ? AND settings = ? AND body IS NOT NULL LIMIT 1"
        )
        with self._clear_errors():
            row = self._db.execute(query, (content_key(article), self._settings)).fetchone()
        return row is not None

    def failure_of(self, article: Article) -> Failure | None:
        """Return why a text failed with the same settings; None where it did not."""
        query = (
            "SELECT error, passing, run IS NOT ? FROM outcome "
            "WHERE content = ? AND settings = ? AND body IS NULL"
        )
        key = (self._run, content_key(article), self._settings)
        with self._clear_errors():
            row = self._db.execute(query, key).fetchone()
        return Failure(row[0], bool(row[1]), bool(row[2])) if row else None

    def finish(self, article: Article, records: ArticleRecords, usage: Usage | None = None) -> None:
        """Keep an article's records, usage, counts and text, in one transaction.

        Args:
            article: the article.
            records: its records.
            usage: what it took, where that is more than its records say.
        """
        key = (content_key(article), self._settings)
        made = records.provenance
        row = (
            *key,
            records.model_dump_json(exclude={"schema_version", "article"}),
            made.calls,
            made.prompt_tokens,
            made.cached_tokens,
            made.completion_tokens,
            made.cost_usd,
            made.seconds,
            len(made.dropped),
            self._run,
        )
        counts = [(*key, kind, count) for kind, count in count_records(records).items()]
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO outcome (content, settings, body, calls, prompt_tokens, "
                "cached_tokens, completion_tokens, cost_usd, seconds, dropped, run) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            db.executemany("INSERT OR REPLACE INTO record_count VALUES (?, ?, ?, ?)", counts)
            packed = (article.sha256, zlib.compress(article.text.encode("utf-8")))
            db.execute("INSERT OR IGNORE INTO article_text VALUES (?, ?)", packed)
            self._charge(db, usage or _usage_of(made), articles=1)

    def fail(
        self,
        article: Article,
        kind: str,
        reason: str,
        *,
        passing: bool = False,
        usage: Usage | None = None,
    ) -> None:
        """Keep why an article gave no records, and what that took, in one transaction.

        Args:
            article: the article.
            kind: class of the error.
            reason: what happened, one line.
            passing: whether the reason may have passed by the next run, as that of a busy server.
            usage: what the article took.
        """
        row = (content_key(article), self._settings, reason, kind, passing, self._run)
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO outcome "
                "(content, settings, error, error_kind, passing, run) VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            self._charge(db, usage or Usage(), articles=1)

    def charge(self, usage: Usage) -> None:
        """Keep what an article took that the run was stopped in."""
        with self._transaction() as db:
            self._charge(db, usage, articles=0)

    def export(self, *, complete: bool) -> Exported:
        """Write `records.jsonl`: whole and new, or not at all.

        Args:
            complete: whether the run met all its articles; what a run that was cut short did not
                come to is taken from the runs before it.

        Returns:
            What the file holds: records made with this store's settings, in source order.

        Raises:
            StoreError: the file cannot be written.
        """
        path = self.folder / RECORDS_FILE
        chosen = {"settings": self._settings, "run": self._run, "complete": complete}
        with self._transaction() as db:
            db.execute("UPDATE run SET complete = :complete WHERE number = :run", chosen)
        with self._clear_errors():
            rows = self._db.execute(
                f"SELECT ref, body {LISTED} ORDER BY listing.run DESC, position", chosen
            )
            articles = write_lines(path, (f"{line_of(ref, body)}\n" for ref, body in rows))
            counts = self._db.execute(
                "SELECT kind, sum(records) FROM record_count NATURAL JOIN "
                f"(SELECT outcome.content, outcome.settings {LISTED}) GROUP BY kind",
                chosen,
            ).fetchall()
        return Exported(path, articles, dict(counts))

    def close(self) -> None:
        """Close the file and let others write it; the store cannot be used afterwards."""
        self._db.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _list(self, id_: str, content: str | None, ref: str | None, error: str | None) -> None:
        row = (id_, self._run, self._position, content, ref, error)
        self._position += 1
        self._unlisted.append(row)
        if len(self._unlisted) >= _LISTED_AT_ONCE:
            with self._transaction():
                pass  # every transaction lists

    def _charge(self, db: sqlite3.Connection, usage: Usage, *, articles: int) -> None:
        """Add to what the run took; a price that is not known (NULL) makes the sum unknown."""
        db.execute(
            "UPDATE run SET asked = asked + ?, seconds = ?, calls = calls + ?, "
            "prompt_tokens = prompt_tokens + ?, cached_tokens = cached_tokens + ?, "
            "completion_tokens = completion_tokens + ?, cost_usd = cost_usd + ? WHERE number = ?",
            (
                articles,
                time.monotonic() - self._started,
                usage.calls,
                usage.prompt_tokens,
                usage.cached_tokens,
                usage.completion_tokens,
                usage.cost_usd,
                self._run,
            ),
        )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._clear_errors():
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:
                self._db.executemany(
                    "INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?, ?, ?)", self._unlisted
                )
                yield self._db
            self._unlisted.clear()

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise unusable(self.folder / STORE_FILE, error) from error
        except OSError as error:
            place = error.filename or self.folder
            raise StoreError(f"{place} cannot be written: {error.strerror or error}") from error


def open_store(folder: Path, settings: str, *, fresh: bool = False) -> Store:
    """Open the ledger of an output folder to write it, making folder and file where missing.

    Args:
        folder: the output folder.
        settings: names everything beside the article that decides its records.
        fresh: whether to discard what earlier runs left.

    Raises:
        UsageError: the folder is a file, or cannot be made or written.
        StoreError: the file in it is damaged or of another version, or another process has it.
    """
    make_writable(folder)
    lock = FolderLock(folder)
    try:
        if fresh:
            _discard(folder)
        return Store(folder, open_to_write(folder / STORE_FILE), settings, lock)
    except StoreError:
        lock.release()
        raise


def read_store(folder: Path, settings: str) -> Store:
    """Open the ledger of an output folder to ask it, also while a run writes it.

    Args:
        folder: the output folder.
        settings: as for `open_store`.

    Raises:
        UsageError: there is no ledger in the folder.
        StoreError: it is damaged or of another version.
    """
    return Store(folder, open_to_read(folder), settings)


def _discard(folder: Path) -> None:
    """Delete what runs left in a folder; the ledger itself first, as the rest follows from it."""
    for name in (STORE_FILE, f"{STORE_FILE}-wal", f"{STORE_FILE}-shm", RECORDS_FILE):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{folder / name} cannot be deleted: {error.strerror}") from error


def count_records(records: ArticleRecords) -> dict[str, int]:
    """Count an article's records by the name of their list."""
    counts = {
        "meetings": len(records.meetings),
        "positions": len(records.positions),
        "quotes": len(records.quotes),
    }
    return counts | {name: len(listed) for name, listed in records.custom.items()}


def _usage_of(made: Provenance) -> Usage:
    return Usage(
        calls=made.calls,
        prompt_tokens=made.prompt_tokens,
        cached_tokens=made.cached_tokens,
        completion_tokens=made.completion_tokens,
        cost_usd=made.cost_usd,
    )
