"""`llm-extract report`: a run's results as one page to look at."""

from pathlib import Path
from typing import Annotated

import typer

from llm_extract.cli.console import note, stdout
from llm_extract.cli.options import AliasFile


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a run.")],
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write the page; DIR/report.html if not given."),
    ] = None,
    page: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="Which page, where there are over 2,000 articles."),
    ] = 1,
    aliases: AliasFile = None,
) -> None:
    """Write one HTML file that shows the results: who met whom, who stands where, who said what."""
    from llm_extract.report import write_report

    made = write_report(folder, output, page, aliases)
    size = made.path.stat().st_size / 1e6
    held = f"{made.articles:,} article{'' if made.articles == 1 else 's'}"
    stdout().print(f"{made.path}: {held}, {size:.1f} MB", markup=False)
    if made.articles < made.total:
        first, last = made.start + 1, made.start + made.articles
        note(f"these are articles {first:,} to {last:,} of {made.total:,}: --page N for others")
