"""How far the runs into an output folder are, from its ledger; also while one is under way."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from llm_extract.batch.database import STORE_FILE, open_to_read
from llm_extract.batch.lock import holder
from llm_extract.errors import StoreError
from llm_extract.models.usage import Usage

_DONE = "done"
# The articles of the newest run; until it has met them all, also those that earlier runs over the
# same sources met: a run that continues another comes to the rest of its articles only bit by bit.
_BY_KIND = f"""
WITH newest AS (SELECT * FROM run ORDER BY number DESC LIMIT 1)
SELECT
    CASE WHEN outcome.body IS NOT NULL THEN '{_DONE}'
        WHEN listing.error IS NOT NULL THEN 'SourceError' ELSE outcome.error_kind END AS kind,
    count(*),
    min(listing.id),  -- and the reason of that article, as SQLite does it
    CASE WHEN outcome.body IS NULL THEN coalesce(listing.error, outcome.error) END
FROM newest CROSS JOIN run JOIN listing ON listing.run = run.number
LEFT JOIN outcome ON outcome.content = listing.content AND outcome.settings = newest.settings
WHERE run.number = newest.number
    OR (NOT newest.complete AND run.settings = newest.settings AND run.sources = newest.sources)
GROUP BY kind HAVING kind IS NOT NULL ORDER BY 2 DESC, 1
"""
_USAGE = """
SELECT sum(calls), 0, sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens),
    CASE WHEN count(*) = count(cost_usd) THEN sum(cost_usd) END
FROM run WHERE settings = (SELECT settings FROM run ORDER BY number DESC LIMIT 1)
"""
_NEWEST = "SELECT started, total, asked, seconds FROM run ORDER BY number DESC LIMIT 1"


@dataclass(frozen=True)
class Failures:
    """Articles that failed for one kind of reason.

    Attributes:
        kind: class of the error.
        articles: how many.
        example: id of one of them.
        reason: why that one failed, one line.
    """

    kind: str
    articles: int
    example: str
    reason: str


@dataclass(frozen=True)
class Status:
    """How far the newest run into a folder is, with the runs that it continues.

    Attributes:
        done: articles whose records are there.
        failed: articles that gave none, by reason, the most frequent first.
        pending: articles that wait to be extracted; None where the sources were not counted.
        usage: what all runs with the same settings took, failed and broken-off articles included;
            replies from the cache are not counted.
        articles_a_minute: speed of the newest run, from its start to its newest article; None
            where it asked about none.
        started: when the newest run began, in UTC, as `2031-05-01 12:30:00`.
        running: pid of the process that works on the folder; None where none does.
    """

    done: int
    failed: tuple[Failures, ...]
    pending: int | None
    usage: Usage
    articles_a_minute: float | None
    started: str
    running: int | None


def read_status(folder: Path) -> Status:
    """Read how far the runs into an output folder are; disturbs none that is under way.

    Args:
        folder: the output folder.

    Raises:
        UsageError: this is no output folder.
        StoreError: no run has begun in it, or its ledger is damaged or of another version.
    """
    running = holder(folder)
    try:
        with closing(open_to_read(folder)) as db:
            db.execute("BEGIN")  # one moment for all that follows
            return _read(db, folder, running)
    except sqlite3.Error as error:
        raise StoreError(f"{folder / STORE_FILE} cannot be read: {error}") from error


def _read(db: sqlite3.Connection, folder: Path, running: int | None) -> Status:
    newest = db.execute(_NEWEST).fetchone()
    if newest is None:
        raise StoreError(f"no run has begun in {folder} yet")
    started, total, asked, seconds = newest
    kinds = [Failures(*row) for row in db.execute(_BY_KIND)]
    done = sum(kind.articles for kind in kinds if kind.kind == _DONE)
    failed = tuple(kind for kind in kinds if kind.kind != _DONE)
    settled = sum(kind.articles for kind in kinds)
    return Status(
        done=done,
        failed=failed,
        pending=None if total is None else max(0, total - settled),
        usage=Usage(*db.execute(_USAGE).fetchone()),
        articles_a_minute=asked / seconds * 60 if asked and seconds else None,
        started=started,
        running=running,
    )
