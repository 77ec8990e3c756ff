"""Measures how fast the report of a large run is made, and how fast it opens.

    python eval/benchmarks/report_pages.py [ARTICLES]

Writes a ledger of invented articles (3,000 characters, 17 records each) without a model, makes the
report, opens it in Chromium from its file, and goes through its views. The times are those of one
process each on this machine.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from llm_extract.report import write_report
from tests.support.browser import chromium
from tests.support.stories import invented_stories, write_run

ARTICLES = 2000
OPENS_IN = 3.0  # seconds, at most
_TIMES = 3
_VIEWS = ("articles", "meetings", "positions", "quotes", "actors", "records")
_SEARCH = "harbour bridge"
# Until the view is there and the next frame is drawn.
_GO = """hash => new Promise(done => {
    const start = performance.now();
    location.hash = hash;
    addEventListener("hashchange", () => requestAnimationFrame(() => requestAnimationFrame(() =>
        done([performance.now() - start, document.querySelectorAll("*").length]))), {once: true});
})"""


@dataclass(frozen=True)
class Row:
    """One measurement: what, and the figure with its unit."""

    what: str
    figure: str


def measure(folder: Path, articles: int) -> Iterator[Row]:
    """Measure the report of a run over invented articles."""
    write_run(folder, invented_stories(articles))
    start = time.monotonic()
    made = write_report(folder)
    yield Row("making the report", f"{time.monotonic() - start:.1f} s")
    yield Row("size of the file", f"{made.path.stat().st_size / 1e6:.1f} MB")
    address = made.path.resolve().as_uri()
    with chromium() as browser:
        opened = []
        for _ in range(_TIMES):
            page = browser.new_page(viewport={"width": 1360, "height": 900})
            page.goto(address, wait_until="commit")
            page.wait_for_selector("html[data-ready]", timeout=60_000)
            opened.append(
                page.evaluate("performance.getEntriesByName('report-ready')[0].startTime")
            )
        seconds = median(opened) / 1000
        yield Row(f"opening it, to the first view (at most {OPENS_IN:g} s)", f"{seconds:.2f} s")
        for view in (*_VIEWS, f"records?q={_SEARCH}"):
            took, elements = page.evaluate(_GO, f"#/{view}")
            yield Row(f"view {view}", f"{took / 1000:.2f} s, {elements:,} elements")


def main() -> None:
    """Print the measurements as a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=int, nargs="?", default=ARTICLES)
    articles = parser.parse_args().articles
    print(f"| {articles:,} articles | measured |\n|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(Path(folder), articles):
            print(f"| {row.what} | {row.figure} |", flush=True)


if __name__ == "__main__":
    main()
