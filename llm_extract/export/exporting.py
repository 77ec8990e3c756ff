"""Exporting the results of a run in one of the formats."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from llm_extract.batch.results import open_results
from llm_extract.errors import UsageError
from llm_extract.export.csv_files import write_csv
from llm_extract.export.destination import Refusal, folder_refusal, replacing, write_manifest
from llm_extract.export.graphml import graphml_refusal, write_graphml
from llm_extract.export.jsonl import write_jsonl
from llm_extract.export.parquet import write_parquet
from llm_extract.export.rows import rows_of
from llm_extract.export.sqlite import sqlite_refusal, write_sqlite
from llm_extract.export.tables import TABLES, Row, table_of
from llm_extract.linking.aliases import NO_ALIASES, read_aliases


@dataclass(frozen=True)
class Export:
    """An export that was written.

    Attributes:
        path: the file or folder.
        rows: number of rows by table; for a graph, of the tables it was made from.
    """

    path: Path
    rows: dict[str, int]


@dataclass(frozen=True)
class _Format:
    """A format.

    Attributes:
        output: name of the file or folder in the output folder of the run.
        write: writes rows to a place.
        refusal: says why a file must not be replaced; None for a format that is a folder.
    """

    output: str
    write: Callable[[Iterable[Row], Path], None]
    refusal: Refusal | None = None


_FORMATS: Final = {
    "sqlite": _Format("export.sqlite", write_sqlite, sqlite_refusal),
    "csv": _Format("export-csv", write_csv),
    "parquet": _Format("export-parquet", write_parquet),
    "jsonl": _Format("export-jsonl", write_jsonl),
    "graphml": _Format("export.graphml", write_graphml, graphml_refusal),
}
FORMATS: Final = tuple(_FORMATS)


def export_results(
    folder: str | Path,
    format: str = "sqlite",
    output: str | Path | None = None,
    aliases: str | Path | None = None,
) -> Export:
    """Write the results in an output folder as tables, or as a graph; disturbs no run under way.

    Args:
        folder: the output folder of a run.
        format: `sqlite`, `csv`, `parquet`, `jsonl` or `graphml`.
        output: file or, for `csv`, `parquet` and `jsonl`, folder to write; an older export there is
            replaced. None for `export.FORMAT`, or `export-FORMAT`, in the output folder.
        aliases: file of what a user knows of the actors' names; None for none.

    Raises:
        UsageError: this is no output folder, the format is not known or needs what is not
            installed, the alias file cannot be used, or something that is no export is at the
            output.
        StoreError: no run has begun in the folder, its ledger is damaged, or the output cannot be
            written.
    """
    if format not in _FORMATS:
        raise UsageError(f"no format {format}: choose one of {', '.join(FORMATS)}")
    chosen = _FORMATS[format]
    known = read_aliases(Path(aliases)) if aliases else NO_ALIASES
    folder = Path(folder)
    output = Path(output) if output else folder / chosen.output
    counts = {table.name: 0 for table in TABLES}

    def counted(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            counts[table_of(row).name] += 1
            yield row

    refusal = chosen.refusal or partial(folder_refusal, format_=format)
    with open_results(folder) as results, replacing(output, refusal) as place:
        if chosen.refusal is None:
            place.mkdir()
        chosen.write(counted(rows_of(results, known)), place)
        if chosen.refusal is None:
            write_manifest(place, format, counts)
    return Export(output, counts)
