"""The SQLite file of an output folder: its tables, its version, and how it is opened."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from llm_extract.errors import StoreError, UsageError
from llm_extract.schemas import SCHEMA_VERSION

STORE_FILE: Final = "llm_extract.db"
_VERSION: Final = 3
_BUSY_SECONDS: Final = 30.0

_SCHEMA = """
CREATE TABLE outcome (
    content TEXT NOT NULL,     -- names the text and its date: see content_key
    settings TEXT NOT NULL,    -- names model, prompts, schemas and strategy
    body TEXT,                 -- ArticleRecords as JSON without the article; NULL where it failed
    error TEXT,                -- why it failed, one line
    error_kind TEXT,           -- class of that error
    passing INTEGER NOT NULL DEFAULT 0, -- whether that may have passed by the next run
    run INTEGER,               -- the run that wrote this
    calls INTEGER, prompt_tokens INTEGER, cached_tokens INTEGER, completion_tokens INTEGER,
    cost_usd REAL, seconds REAL, dropped INTEGER,
    finished TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (content, settings)
) WITHOUT ROWID;
CREATE TABLE record_count (
    content TEXT NOT NULL, settings TEXT NOT NULL, kind TEXT NOT NULL, records INTEGER NOT NULL,
    PRIMARY KEY (content, settings, kind)
) WITHOUT ROWID;
CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    started TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    settings TEXT NOT NULL,
    sources TEXT NOT NULL,     -- what it reads: runs of the same continue one another
    total INTEGER,             -- articles in them; NULL where nobody counted
    complete INTEGER NOT NULL DEFAULT 0, -- whether it met them all
    asked INTEGER NOT NULL DEFAULT 0,    -- articles that it extracted, or tried to
    seconds REAL NOT NULL DEFAULT 0,     -- from its start to the newest of them
    calls INTEGER NOT NULL DEFAULT 0, prompt_tokens INTEGER NOT NULL DEFAULT 0,
    cached_tokens INTEGER NOT NULL DEFAULT 0, completion_tokens INTEGER NOT NULL DEFAULT 0,
    cost_usd REAL DEFAULT 0    -- NULL from the first call on whose price is not known
);
CREATE TABLE listing (
    id TEXT PRIMARY KEY,
    run INTEGER NOT NULL,      -- the newest run that met the article
    position INTEGER NOT NULL, -- place among that run's articles
    content TEXT,              -- NULL where the article cannot be read
    ref TEXT,                  -- ArticleRef as JSON
    error TEXT                 -- why it cannot be read, one line
) WITHOUT ROWID;
-- Texts of finished articles: spans stay readable when the source is gone. It has row ids so that
-- texts are appended and only the index is searched.
CREATE TABLE article_text (
    sha256 TEXT PRIMARY KEY,
    packed BLOB NOT NULL       -- the text as UTF-8, compressed with zlib
);
CREATE INDEX listing_order ON listing (run DESC, position);
"""

# The articles of a run that have records; where it was cut short, also what earlier runs met.
LISTED: Final = """
FROM listing JOIN outcome ON outcome.content = listing.content AND outcome.settings = :settings
WHERE outcome.body IS NOT NULL AND (listing.run = :run OR NOT :complete)
"""


def open_to_read(folder: Path) -> sqlite3.Connection:
    """Connect to the ledger of an output folder, for reading only; raises as `store.read_store`."""
    path = folder / STORE_FILE
    if not path.is_file():
        raise UsageError(f"no {STORE_FILE} in {folder}: name the output folder of a run")
    return _connect(path, f"{path.resolve().as_uri()}?mode=ro", _check_version)


def open_to_write(path: Path) -> sqlite3.Connection:
    """Connect to a ledger to write it, making the file where missing.

    Raises:
        StoreError: it is damaged or of another version.
    """

    def prepare(db: sqlite3.Connection, path: Path) -> None:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        _make_tables(db)
        _check_version(db, path)

    return _connect(path, path.resolve().as_uri(), prepare)


def _connect(
    path: Path, uri: str, prepare: Callable[[sqlite3.Connection, Path], None]
) -> sqlite3.Connection:
    try:
        # Autocommit: every statement is a transaction unless one is begun.
        db = sqlite3.connect(uri, timeout=_BUSY_SECONDS, isolation_level=None, uri=True)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    try:
        prepare(db, path)
    except sqlite3.Error as error:
        db.close()
        raise unusable(path, error) from error
    except StoreError:
        db.close()
        raise
    return db


def line_of(ref: str, body: str) -> str:
    """Put an article's reference before what its text gave, as `ArticleRecords` orders them."""
    return f'{{"schema_version":"{SCHEMA_VERSION}","article":{ref},{body[1:]}'


def unusable(path: Path, error: sqlite3.Error) -> StoreError:
    """Say what is wrong with a ledger that SQLite refuses."""
    if isinstance(error, sqlite3.OperationalError):
        return StoreError(f"{path} cannot be used: {error}")
    return StoreError(f"{path} is damaged ({error}): delete it, or use another --out")


def _make_tables(db: sqlite3.Connection) -> None:
    """Make the tables in a new file."""
    db.execute("BEGIN IMMEDIATE")
    with db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")


def _check_version(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0:  # killed before it made the tables, or about to
        raise StoreError(f"no run has begun in {path.parent} yet")
    if version != _VERSION:
        raise StoreError(
            f"{path} was written by another version of llm-extract: use another --out, or --fresh "
            "to discard it"
        )
