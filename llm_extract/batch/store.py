"""The ledger of an output folder: what became of each article, and its records.

One SQLite file holds two tables. `outcome` keeps what a text gave or why it gave nothing, under
everything that decides the result; it is written in one transaction when the article finishes.
`listing` keeps which articles a run met, in the order of its sources.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from llm_extract.errors import StoreError, UsageError
from llm_extract.schemas import SCHEMA_VERSION, ArticleRecords
from llm_extract.text.article import Article
from llm_extract.text.sources import SourceFailure

STORE_FILE: Final = "llm_extract.db"
RECORDS_FILE: Final = "records.jsonl"
_VERSION: Final = 1
_BUSY_SECONDS: Final = 30.0

_SCHEMA = """
CREATE TABLE outcome (
    content TEXT NOT NULL,     -- names the text and its date: see content_key
    settings TEXT NOT NULL,    -- names model, prompts, schemas and strategy
    body TEXT,                 -- ArticleRecords as JSON without the article; NULL where it failed
    error TEXT,                -- why it failed, one line
    error_kind TEXT,           -- class of that error
    calls INTEGER, prompt_tokens INTEGER, cached_tokens INTEGER, completion_tokens INTEGER,
    cost_usd REAL, seconds REAL, dropped INTEGER,
    finished TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (content, settings)
) WITHOUT ROWID;
CREATE TABLE record_count (
    content TEXT NOT NULL, settings TEXT NOT NULL, kind TEXT NOT NULL, records INTEGER NOT NULL,
    PRIMARY KEY (content, settings, kind)
) WITHOUT ROWID;
CREATE TABLE run (number INTEGER PRIMARY KEY, started TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE listing (
    id TEXT PRIMARY KEY,
    run INTEGER NOT NULL,      -- the newest run that met the article
    position INTEGER NOT NULL, -- place among that run's articles
    content TEXT,              -- NULL where the article cannot be read
    ref TEXT,                  -- ArticleRef as JSON
    error TEXT                 -- why it cannot be read, one line
) WITHOUT ROWID;
"""

# The newest run's articles first; where it was cut short, what earlier runs met beyond that.
_LISTED = """
FROM listing JOIN outcome ON outcome.content = listing.content AND outcome.settings = :settings
WHERE outcome.body IS NOT NULL AND (listing.run = :run OR NOT :complete)
"""


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


def content_key(article: Article) -> str:
    """Name what of an article decides its records: its text, and the date that fixes others."""
    return f"{article.sha256} {article.published or ''}".rstrip()


class Store:
    """The ledger of one output folder, as `open_store` returns it.

    Attributes:
        folder: the output folder.
    """

    def __init__(self, folder: Path, db: sqlite3.Connection, settings: str) -> None:
        self.folder = folder
        self._db = db
        self._settings = settings
        self._run = 0
        self._position = 0

    def begin_run(self) -> None:
        """Start a run: what is listed from now on belongs to it."""
        with self._clear_errors():
            self._run = self._db.execute("INSERT INTO run DEFAULT VALUES").lastrowid or 0
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

    def finish(self, article: Article, records: ArticleRecords) -> None:
        """Keep an article's records, usage and counts, in one transaction."""
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
        )
        counts = [(*key, kind, count) for kind, count in count_records(records).items()]
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO outcome (content, settings, body, calls, prompt_tokens, "
                "cached_tokens, completion_tokens, cost_usd, seconds, dropped) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            db.executemany("INSERT OR REPLACE INTO record_count VALUES (?, ?, ?, ?)", counts)

    def fail(self, article: Article, kind: str, reason: str) -> None:
        """Keep why an article gave no records.

        Args:
            article: the article.
            kind: class of the error.
            reason: what happened, one line.
        """
        row = (content_key(article), self._settings, reason, kind)
        with self._clear_errors():
            self._db.execute(
                "INSERT OR REPLACE INTO outcome (content, settings, error, error_kind) "
                "VALUES (?, ?, ?, ?)",
                row,
            )

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
        with self._clear_errors():
            rows = self._db.execute(
                f"SELECT ref, body {_LISTED} ORDER BY listing.run DESC, position", chosen
            )
            articles = _write_lines(path, (_line(ref, body) for ref, body in rows))
            counts = self._db.execute(
                "SELECT kind, sum(records) FROM record_count NATURAL JOIN "
                f"(SELECT outcome.content, outcome.settings {_LISTED}) GROUP BY kind",
                chosen,
            ).fetchall()
        return Exported(path, articles, dict(counts))

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _list(self, id_: str, content: str | None, ref: str | None, error: str | None) -> None:
        row = (id_, self._run, self._position, content, ref, error)
        self._position += 1
        with self._clear_errors():
            self._db.execute("INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?, ?, ?)", row)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._clear_errors():
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:
                yield self._db

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _unusable(self.folder / STORE_FILE, error) from error
        except OSError as error:
            place = error.filename or self.folder
            raise StoreError(f"{place} cannot be written: {error.strerror or error}") from error


def open_store(folder: Path, settings: str) -> Store:
    """Open the ledger of an output folder, making folder and file where they are missing.

    Args:
        folder: the output folder.
        settings: names everything beside the article that decides its records.

    Raises:
        UsageError: the folder is a file, or cannot be made or written.
        StoreError: the file in it is damaged or of another version.
    """
    _make_writable(folder)
    path = folder / STORE_FILE
    try:
        # Autocommit: every statement is a transaction unless one is begun.
        db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        _check_version(db, path)
    except sqlite3.Error as error:
        db.close()
        raise _unusable(path, error) from error
    except StoreError:
        db.close()
        raise
    return Store(folder, db, settings)


def check_output(folder: Path, sources: Sequence[Path]) -> None:
    """Refuse an output folder that cannot serve, before anything is started.

    Args:
        folder: the output folder; need not exist.
        sources: files and folders of articles.

    Raises:
        UsageError: it is a file, or lies in a source folder.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"the output {folder} is a file: name a folder")
    for source in sources:
        if source.is_dir() and folder.resolve().is_relative_to(source.resolve()):
            raise UsageError(
                f"the output folder {folder} lies in the source {source}, so its {RECORDS_FILE} "
                "would be read as articles: choose one outside"
            )


def count_records(records: ArticleRecords) -> dict[str, int]:
    """Count an article's records by the name of their list."""
    counts = {
        "meetings": len(records.meetings),
        "positions": len(records.positions),
        "quotes": len(records.quotes),
    }
    return counts | {name: len(listed) for name, listed in records.custom.items()}


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"the output {folder} is a file: name a folder") from None
    except OSError as error:
        raise UsageError(f"cannot make the output folder {folder}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"the output folder {folder} cannot be written: change its permissions")


def _check_version(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables in a new file; refuse those of another version."""
    db.execute("BEGIN IMMEDIATE")
    with db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            raise StoreError(
                f"{path} was written by another version of llm-extract: use another --out"
            )


def _line(ref: str, body: str) -> str:
    """Put an article's reference before what its text gave, as `ArticleRecords` orders them."""
    return f'{{"schema_version":"{SCHEMA_VERSION}","article":{ref},{body[1:]}\n'


def _write_lines(path: Path, lines: Iterator[str]) -> int:
    """Write a file under another name and rename it; return the number of lines."""
    unfinished = path.with_name(f"{path.name}.tmp")
    count = 0
    with unfinished.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(line)
            count += 1
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return count


def _unusable(path: Path, error: sqlite3.Error) -> StoreError:
    if isinstance(error, sqlite3.OperationalError):
        return StoreError(f"{path} cannot be used: {error}")
    return StoreError(f"{path} is damaged ({error}): delete it, or use another --out")
