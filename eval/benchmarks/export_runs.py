"""Exports of many articles: seconds and peak memory.

    pip install -e '.[dev]'
    python eval/benchmarks/export_runs.py            # about 5 minutes

Runs `llm-extract export` in processes of its own over invented records: two meetings, eight
positions and eight quotes an article, as long articles have, by 2,000 actors. Prints a Markdown
table. Only Unix can do this.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from batch_runs import PROGRAM, Row, launch, table, wait

from llm_extract.schemas import Actor, ArticleRecords
from tests.export.results import article, meeting, position, quote, write_results

_SYLLABLES = ("ba", "do", "fe", "ki", "lu", "ma", "no", "pe", "ri", "su")
_ACTORS = 2_000
_MEETINGS = 2
_CLAIMS = 8


def invent(count: int) -> Iterator[ArticleRecords]:
    """Return records of articles, the same at every call."""
    chance = random.Random(1)
    names = sorted({_name(chance) for _ in range(2 * _ACTORS)})[:_ACTORS]

    def actor() -> Actor:
        return Actor(name=names[int(len(names) * chance.random() ** 3)])  # some occur often

    def pair() -> tuple[str, str]:
        return actor().name, actor().name

    for number in range(count):
        yield article(
            f"a{number:07}",
            meetings=[meeting(*pair()) for _ in range(_MEETINGS)],
            positions=[
                position(actor(), f"the ferry of {chance.choice(names)}") for _ in range(_CLAIMS)
            ],
            quotes=[quote(actor()) for _ in range(_CLAIMS)],
        )


def _name(chance: random.Random) -> str:
    return " ".join("".join(chance.choices(_SYLLABLES, k=3)).capitalize() for _ in range(2))


def measure(folder: Path, counts: Sequence[int], formats: Sequence[str]) -> list[Row]:
    """Measure exports of some numbers of articles in some formats."""
    rows = []
    for count in counts:
        out = write_results(folder / str(count), invent(count))
        for name in formats:
            ended = wait(launch("-c", PROGRAM, "export", str(out), "--format", name))
            if ended.code:
                sys.exit(f"error: the export as {name} ended with {ended.code}")
            figure = f"{ended.seconds:.1f} s, {ended.cpu_seconds:.1f} s, {ended.peak_mib:.0f} MiB"
            rows.append(Row(f"`{name}`, {count:,} articles: time, CPU time, memory", figure))
    return rows


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--formats", nargs="+", default=["sqlite", "parquet"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="llm-extract-export-runs-") as name:
        print(table(measure(Path(name), options.articles, options.formats)), end="")


if __name__ == "__main__":
    main()
