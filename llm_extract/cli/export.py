"""`llm-extract export`: the results of a run for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from llm_extract.cli.console import stdout
from llm_extract.cli.options import AliasFile
from llm_extract.text.display import plain

_SHOWN = ("articles", "meetings", "positions", "quotes", "custom_records", "actors")


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a run.")],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="sqlite (the default; Datasette), csv (Excel), parquet (DuckDB, pandas), jsonl, "
            "or graphml (Gephi).",
        ),
    ] = "sqlite",
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="File to write, or folder for csv, parquet and jsonl; in place of an older "
            "export. Default: export.NAME, or export-NAME, in DIR.",
        ),
    ] = None,
    aliases: AliasFile = None,
) -> None:
    """Write the results of a run as tables, or as a graph of who met whom."""
    from llm_extract.export import export_results

    written = export_results(folder, format_, output, aliases)
    counts = ", ".join(
        f"{written.rows[table]:,} {table.replace('_', ' ')}"
        for table in _SHOWN
        if written.rows[table] or table != "custom_records"
    )
    stdout().print(plain(f"{written.path}: {counts}"), markup=False)
