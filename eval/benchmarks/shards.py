"""Sources and results at scale: the memory of each step over few and over many articles.

    pip install -e '.[dev]'
    python eval/benchmarks/shards.py                  # about three minutes
    python eval/benchmarks/shards.py --many 1000000   # about half an hour, and 30 GB of disk

The articles and their records are invented, and of a usual size. Each step runs in a process of its
own, whose peak memory is measured; at its start, a process counts what the one that starts it
holds, so that one stays small. Prints a Markdown table, and ends with 1 where a bound is
missed. Only Unix can do this.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from batch_runs import Ended, Row, launch, table, wait

from llm_extract.batch.records import read_records
from llm_extract.batch.results import open_results
from llm_extract.batch.shards.reading import read_shards
from llm_extract.batch.shards.writing import write_shards
from llm_extract.batch.store import open_store
from llm_extract.schemas import (
    Actor,
    ArticleRecords,
    Meeting,
    Position,
    Provenance,
    Quotation,
    Quote,
)
from llm_extract.text.article import Article
from llm_extract.text.sources import read_sources

MEMORY_RATIO = 1.15
_RECORDS_OF_A_KIND = 6  # with two spans each, 8 KB of JSON, as in the records of real articles
_SENTENCE = "The harbour lay still while the council went through its papers for the day. "
_TEXT = _SENTENCE * 30
_ROWS_A_GROUP = 5_000
_ROWS = 10_000


def make(folder: Path, count: int) -> int:
    """Write the articles as Parquet."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    with ParquetWriter(
        folder / "articles.parquet",
        pyarrow.schema({"id": pyarrow.string(), "text": pyarrow.string()}),
    ) as writer:
        for start in range(0, count, _ROWS_A_GROUP):
            numbers = range(start, min(count, start + _ROWS_A_GROUP))
            ids = [f"2031/05/article-{number:08}" for number in numbers]
            texts = [f"{id_}: {_TEXT}" for id_ in ids]
            writer.write_table(pyarrow.table({"id": ids, "text": texts}))
    return count


def keep(folder: Path, _: int) -> int:
    """Read the articles, keep records of each in a ledger, and write `records.jsonl`."""
    with open_store(folder / "run", "settings") as store:
        store.begin_run()
        for article in read_sources([folder / "articles.parquet"]):
            if isinstance(article, Article):
                store.list_article(article)
                store.finish(article, _records(article))
        return store.export(complete=True).articles


def write(folder: Path, _: int) -> int:
    """Write the records as shards."""
    with open_results(folder / "run") as results:
        return write_shards(results, folder / "shards", _ROWS).manifest.articles


def read(folder: Path, _: int) -> int:
    """Read the shards."""
    return sum(1 for _ in read_shards(folder / "shards"))


def read_lines(folder: Path, _: int) -> int:
    """Read `records.jsonl`."""
    return sum(1 for _ in read_records(folder / "run"))


MAKE = "make"
STEPS: dict[str, Callable[[Path, int], int]] = {
    MAKE: make,
    "Parquet in, ledger and records.jsonl out": keep,
    "shards out": write,
    "shards in": read,
    "records.jsonl in": read_lines,
}


def _records(article: Article) -> ArticleRecords:
    spans = [article.span(start, start + len(_SENTENCE)) for start in (30, 200)]
    actor = Actor(name="Ana Petrova", role="mayor", affiliation="Northvale")
    meeting = Meeting(
        participants=[actor, Actor(name="Builders")], status="held", topics=["x"], evidence=spans
    )
    position = Position(holder=actor, issue="the bridge", stance="supports", evidence=spans)
    words = Quotation(**article.span(30, 90).model_dump())
    quote = Quote(speaker=actor, text=words, kind="full", evidence=spans[:1])
    return ArticleRecords(
        article=article.ref(),
        meetings=[meeting] * _RECORDS_OF_A_KIND,
        positions=[position] * _RECORDS_OF_A_KIND,
        quotes=[quote] * _RECORDS_OF_A_KIND,
        provenance=Provenance(
            model="big-model",
            strategy="article",
            prompt_hash="p",
            schema_hash="s",
            package_version="0",
            calls=1,
            prompt_tokens=2000,
            cached_tokens=0,
            completion_tokens=500,
            cost_usd=None,
            seconds=1.5,
        ),
    )


def measure(folder: Path, few: int, many: int) -> Iterator[Row]:
    """Measure each step over few and over many articles."""
    for count in (few, many):
        (folder / str(count)).mkdir()
        _run(folder / str(count), MAKE, count)
    for name in list(STEPS)[1:]:
        peaks = []
        for count in (few, many):
            ended = _run(folder / str(count), name, count)
            peaks.append(ended.peak_mib)
            rate = count / ended.seconds
        ratio = peaks[1] / peaks[0]
        yield Row(
            f"{name}: peak memory over {few:,} and over {many:,} articles",
            f"{peaks[0]:.0f} and {peaks[1]:.0f} MiB, ratio {ratio:.3f}; {rate:,.0f} articles/s",
            f"ratio at most {MEMORY_RATIO}",
            ratio <= MEMORY_RATIO,
        )


def _run(folder: Path, name: str, count: int) -> Ended:
    ended = wait(launch(__file__, "--step", name, str(folder), str(count)))
    if ended.code:
        sys.exit(f"error: {name!r} over {count} articles ended with {ended.code}")
    return ended


def main() -> None:
    """Measure, print the table, and exit with 1 where a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)  # one process of many
    options = parser.parse_args()
    if options.step:
        name, folder, count = options.step
        sys.exit(STEPS[name](Path(folder), int(count)) != int(count))
    with tempfile.TemporaryDirectory(prefix="llm-extract-shards-") as name:
        rows = list(measure(Path(name), options.few, options.many))
    print(table(rows), end="")
    sys.exit(not all(row.holds for row in rows))


if __name__ == "__main__":
    main()
