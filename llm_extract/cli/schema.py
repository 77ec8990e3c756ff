"""`llm-extract schema`: the JSON Schema of results and records."""

import json
from typing import Annotated

import typer

from llm_extract.cli.options import make_working_folder_importable


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="meeting, position, quote or package.module:Class; without it, a whole line of "
            "records.jsonl.",
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of a line of records.jsonl, or of one record type."""
    from llm_extract.schemas import ArticleRecords

    if name is None:
        described = ArticleRecords.model_json_schema()
    else:
        from llm_extract.extraction.builtin import choose_record_types

        make_working_folder_importable()
        (kind,) = choose_record_types([name])
        described = kind.record.model_json_schema()
    typer.echo(json.dumps(described, indent=2, ensure_ascii=False))
