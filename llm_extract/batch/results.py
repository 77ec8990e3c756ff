"""What the runs into an output folder gave: records with their texts, and failures with reasons."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from llm_extract.batch.database import LISTED, STORE_FILE, line_of, open_to_read
from llm_extract.errors import StoreError
from llm_extract.schemas import ArticleRecords, ArticleRef

_NEWEST: Final = "SELECT number, settings, complete FROM run ORDER BY number DESC LIMIT 1"
_ARTICLES: Final = f"""
SELECT listing.ref, outcome.body,
    (SELECT packed FROM article_text WHERE sha256 = substr(listing.content, 1, 64))
{LISTED}
"""
_LINES: Final = f"SELECT listing.ref, outcome.body {LISTED} ORDER BY listing.run DESC, position"
_IN_ORDER: Final = "ORDER BY listing.run DESC, position LIMIT :count OFFSET :start"
_FAILURES: Final = """
SELECT listing.id, coalesce(outcome.error_kind, 'SourceError'),
    coalesce(listing.error, outcome.error)
FROM listing LEFT JOIN outcome
    ON outcome.content = listing.content AND outcome.settings = :settings
WHERE (listing.run = :run OR NOT :complete) AND coalesce(listing.error, outcome.error) IS NOT NULL
ORDER BY listing.run DESC, position
"""


@dataclass(frozen=True)
class ArticleResult:
    """One finished article.

    Attributes:
        records: its records; those of users' own types are `CustomRecord`s.
        text: the article, which all their spans point into.
    """

    records: ArticleRecords
    text: str


@dataclass(frozen=True)
class FailedArticle:
    """One article that gave no records.

    Attributes:
        id: the article.
        kind: class of the error.
        reason: what happened, one line.
    """

    id: str
    kind: str
    reason: str


class Results:
    """The results in an output folder as they were when it was opened; see `open_results`.

    They are those of `records.jsonl`, in the same order: of the newest run, and where that was cut
    short, of the runs that it continues.

    Attributes:
        folder: the output folder.
        settings: names everything beside the articles that decided their records.
        complete: whether the newest run met all its articles.
    """

    def __init__(self, folder: Path, db: sqlite3.Connection) -> None:
        self.folder = folder
        self._db = db
        db.execute("BEGIN")  # one moment for all that is read
        newest = db.execute(_NEWEST).fetchone()
        if newest is None:
            raise StoreError(f"no run has begun in {folder} yet")
        self._chosen = dict(zip(("run", "settings", "complete"), newest, strict=True))
        self.settings: str = self._chosen["settings"]
        self.complete = bool(self._chosen["complete"])

    def count(self) -> int:
        """Return how many articles have results.

        Raises:
            StoreError: the ledger is damaged.
        """
        with _clear_errors(self.folder):
            (count,) = self._db.execute(f"SELECT count(*) {LISTED}", self._chosen).fetchone()
        return int(count)

    def articles(self, start: int = 0, count: int | None = None) -> Iterator[ArticleResult]:
        """Return finished articles, each read when it is asked for.

        Args:
            start: how many to pass over.
            count: how many to return at most; None for all that follow.

        Raises:
            StoreError: the ledger is damaged, from the iterator.
        """
        page = self._chosen | {"start": start, "count": -1 if count is None else count}
        with _clear_errors(self.folder):
            for row in self._db.execute(f"{_ARTICLES} {_IN_ORDER}", page):
                yield _result(*row)

    def listed(self) -> Iterator[ArticleRef]:
        """Return the finished articles without their records, in the same order.

        Raises:
            StoreError: the ledger is damaged, from the iterator.
        """
        page = self._chosen | {"start": 0, "count": -1}
        with _clear_errors(self.folder):
            for row in self._db.execute(f"SELECT listing.ref {LISTED} {_IN_ORDER}", page):
                yield ArticleRef.model_validate_json(row[0])

    def lines(self) -> Iterator[str]:
        """Return the lines of `records.jsonl` without their ends, each read when it is asked for.

        Raises:
            StoreError: the ledger is damaged, from the iterator.
        """
        with _clear_errors(self.folder):
            for ref, body in self._db.execute(_LINES, self._chosen):
                yield line_of(ref, body)

    def article(self, id_: str) -> ArticleResult | None:
        """Return one finished article; None where there is none with this id.

        Raises:
            StoreError: the ledger is damaged.
        """
        one = self._chosen | {"id": id_}
        with _clear_errors(self.folder):
            row = self._db.execute(f"{_ARTICLES} AND listing.id = :id", one).fetchone()
            return _result(*row) if row else None

    def failures(self) -> Iterator[FailedArticle]:
        """Return the articles that gave no records, with the reasons.

        Raises:
            StoreError: the ledger is damaged, from the iterator.
        """
        with _clear_errors(self.folder):
            for row in self._db.execute(_FAILURES, self._chosen):
                yield FailedArticle(*row)

    def close(self) -> None:
        """Close the ledger."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_results(folder: Path) -> Results:
    """Open the results in an output folder; disturbs no run that is under way.

    Args:
        folder: the output folder of a run.

    Raises:
        UsageError: this is no output folder.
        StoreError: no run has begun in it, or its ledger is damaged or of another version.
    """
    db = open_to_read(folder)
    try:
        with _clear_errors(folder):
            return Results(folder, db)
    except StoreError:
        db.close()
        raise


@contextmanager
def _clear_errors(folder: Path) -> Iterator[None]:
    """Say in one line that a ledger is damaged: its file, or what stands in it."""
    path = folder / STORE_FILE
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
    except (zlib.error, ValueError) as error:
        raise StoreError(
            f"{path} holds an article that cannot be read: run into another --out"
        ) from error


def _result(ref: str, body: str, packed: bytes) -> ArticleResult:
    records = ArticleRecords.model_validate_json(line_of(ref, body))
    return ArticleResult(records, zlib.decompress(packed).decode("utf-8"))
