"""One HTML page of a run's results, to look at."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Written:
    """A report that was written.

    Attributes:
        path: the file.
        articles: how many articles it holds.
        start: how many articles stand on the pages before it.
        total: how many all pages hold.
    """

    path: Path
    articles: int
    start: int
    total: int


def write_report(
    folder: Path, output: Path | None = None, page: int = 1, aliases: Path | None = None
) -> Written:
    """Write a page that shows the results in an output folder; disturbs no run under way.

    Args:
        folder: the output folder of a run.
        output: the file; None for `report.html` in the folder, `report-2.html` for the second page.
        page: which page of at most 2,000 articles, from 1.
        aliases: file of what a user knows of the actors' names; None for none.

    Raises:
        UsageError: this is no output folder, it has fewer pages, the file cannot be named so, or
            the alias file cannot be used.
        StoreError: no run has begun in it, its ledger is damaged, or the file cannot be written.
    """
    from llm_extract.linking.aliases import NO_ALIASES, read_aliases
    from llm_extract.report.data import read_report
    from llm_extract.report.page import check_output, render, write_page

    path = output or folder / ("report.html" if page == 1 else f"report-{page}.html")
    if output:
        check_output(path)
    known = read_aliases(aliases) if aliases else NO_ALIASES
    report = read_report(folder, page, aliases=known)
    write_page(render(report), path)
    return Written(path, report.page.articles, report.page.start, report.page.total)
