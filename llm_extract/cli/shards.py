"""`llm-extract shards`: the results of a run as Parquet shards with a manifest."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llm_extract.cli.console import note, stdout

if TYPE_CHECKING:
    from llm_extract.batch.shards.manifest import Shard

_FOLDER = "shards"
_ROWS = 10_000


def shards(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a run.")],
    out: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="Folder or URL (s3://...) for the shards; DIR/shards if not given.",
        ),
    ] = None,
    rows: Annotated[int, typer.Option(metavar="N", min=1, help="Articles a shard.")] = _ROWS,
) -> None:
    """Write the results of a run as Parquet shards with a manifest, one row an article.

    Shards whose articles are unchanged stay as they are; works during a run, too.
    """
    from llm_extract.batch.results import open_results
    from llm_extract.batch.shards.writing import write_shards
    from llm_extract.text.locations import locate

    def tell(shard: "Shard") -> None:
        note(f"{shard.name}: {shard.rows} articles")

    place = locate(folder / _FOLDER if out is None else out)
    with open_results(folder) as results:
        written = write_shards(results, place, rows, tell)
    manifest = written.manifest
    lines = [
        f"{manifest.articles} articles in {len(manifest.shards)} shards, {written.new} of them new",
        f"listed in {str(place).rstrip('/')}/manifest.json",
    ]
    if not manifest.complete:
        lines.append("the run has not met all its articles yet; the same command adds the rest")
    for line in lines:
        stdout().print(line, markup=False)
