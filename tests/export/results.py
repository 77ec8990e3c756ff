"""Invented results to export."""

import csv
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from llm_extract.batch.store import open_store
from llm_extract.errors import SourceError
from llm_extract.export.tables import TABLES
from llm_extract.schemas import (
    Actor,
    ArticleRecords,
    ArticleRef,
    EventDate,
    Meeting,
    Position,
    Provenance,
    Quotation,
    Quote,
    Record,
    Span,
)
from llm_extract.text.article import Article
from llm_extract.text.sources import SourceFailure

TEXT = (
    "Ana Petrova met Juan Soto and Zoë Nový in Oslo on Monday.\n"
    "Petrova backs the ferry.\n“We will build it,” said Ana Petrova.\n"
)
ANA = Actor(name="Ana Petrova", role="mayor", affiliation="Velia")


class Toll(Record):
    """A charge for the use of a bridge."""

    payer: Actor
    amount: float | None = None


def span(words: str, text: str = TEXT) -> Span:
    start = text.index(words)
    return Span(start=start, end=start + len(words), text=words)


def meeting(*names: str, **given: Any) -> Meeting:
    made: dict[str, Any] = {
        "participants": [Actor(name=name) for name in names],
        "status": "held",
        "evidence": [span("Ana Petrova met Juan Soto and Zoë Nový in Oslo on Monday.")],
    }
    return Meeting(**made | given)


def position(holder: Actor, issue: str, stance: Any = "supports") -> Position:
    return Position(
        holder=holder, issue=issue, stance=stance, evidence=[span("Petrova backs the ferry.")]
    )


def quote(speaker: Actor | None, words: str = "We will build it,") -> Quote:
    found = span(words)
    return Quote(
        speaker=speaker,
        text=Quotation(**found.model_dump()),
        kind="full",
        evidence=[span("“We will build it,” said Ana Petrova.")],
    )


def text_of(id_: str) -> str:
    """The text of an article; no two have the same."""
    return f"{TEXT}{id_}\n"


def article(id_: str, **given: Any) -> ArticleRecords:
    """The records of an article: those that are given."""
    about = {name: given.pop(name) for name in ("title", "published", "url") if name in given}
    ref = Article(id_, text_of(id_)).ref().model_dump() | about
    provenance = Provenance(
        model="m",
        strategy="article",
        record_types=["meeting", "position", "quote"],
        prompt_hash="p",
        schema_hash="s",
        package_version="0",
        calls=2,
        prompt_tokens=10,
        cached_tokens=4,
        completion_tokens=3,
        cost_usd=0.25,
        seconds=0.5,
    )
    return ArticleRecords(article=ArticleRef(**ref), provenance=provenance, **given)


def write_results(
    folder: Path,
    articles: Iterable[ArticleRecords],
    failures: Sequence[str] = (),
    text_of: Callable[[str], str] = text_of,
) -> Path:
    """Write an output folder, as a finished run leaves it."""
    with open_store(folder, "s") as store:
        store.begin_run()
        for records in articles:
            about = records.article.model_dump(exclude={"sha256"})
            given = Article(text=text_of(records.article.id), **about)
            store.list_article(given)
            store.finish(given, records)
        for name in failures:
            store.list_failure(SourceFailure(name, name, SourceError("is empty")))
        store.export(complete=True)
    return folder


def everything() -> list[ArticleRecords]:
    """Records of every kind in two articles, the same actors."""
    return [
        article(
            "a.txt",
            title="Ferry talks",
            published="2031-05-06",
            url="https://news.example/a",
            meetings=[
                meeting(
                    "Ana Petrova",
                    "Juan Soto",
                    "Zoë Nový",
                    mode="in_person",
                    date=EventDate(text="on Monday", iso="2031-05-05"),
                    location="Oslo",
                    topics=["the ferry", "tolls"],
                ),
                meeting("Ana Petrova", "Juan Soto", status="declined"),
            ],
            positions=[position(ANA, "the ferry"), position(Actor(name="Juan Soto"), "tolls")],
            quotes=[quote(ANA), quote(None)],
            custom={
                "tolls": [
                    Toll(payer=Actor(name="Juan Soto"), amount=2.5, evidence=[span("the ferry")])
                ]
            },
        ),
        article(
            "b.txt",
            meetings=[meeting("Ana Petrova", "Juan Soto", date=EventDate(text="May", iso="2031"))],
            positions=[position(Actor(name="Ana Petrova"), "the ferry", "mixed")],
        ),
    ]


def read_tables(path: Path, format_: str) -> dict[str, list[dict[str, Any]]]:
    """Read an export back: rows by table."""
    return {table.name: list(_READERS[format_](path, table.name)) for table in TABLES}


def _read_sqlite(path: Path, table: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f"SELECT * FROM {table}")]


def _read_csv(path: Path, table: str) -> list[dict[str, Any]]:
    with (path / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _read_jsonl(path: Path, table: str) -> list[dict[str, Any]]:
    lines = (path / f"{table}.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def _read_parquet(path: Path, table: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq  # the benchmark that makes results here is to stay small

    rows: list[dict[str, Any]] = pq.read_table(path / f"{table}.parquet").to_pylist()
    return rows


_READERS = {
    "sqlite": _read_sqlite,
    "csv": _read_csv,
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
}
