"""`llm-extract compare`: two runs or evaluations side by side."""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llm_extract.cli.scoring import (
    ARTICLES,
    GOLD,
    ArticlesFolder,
    GoldFolder,
    Output,
    check_writable,
    deliver,
    read_scored,
    require_scoring,
)

if TYPE_CHECKING:
    from llm_extract.evaluation.comparison import Comparison
    from llm_extract.evaluation.gold import GoldArticle


class Format(StrEnum):
    """How a comparison can be written."""

    table = "table"
    json = "json"
    markdown = "markdown"


_SCORED = "Output folder of a run, file of predictions, or evaluation saved as JSON"


def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help=f"{_SCORED}.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The same, to be compared with A.")],
    gold: GoldFolder = GOLD,
    articles: ArticlesFolder = ARTICLES,
    format: Annotated[Format, typer.Option(help="How to write the result.")] = Format.table,
    output: Output = None,
) -> None:
    """Show how the scores of B differ from those of A, and which records it gained and lost."""
    from llm_extract.evaluation.comparison import compare as compared
    from llm_extract.evaluation.gold import load_gold
    from llm_extract.evaluation.rendering.table import comparison_table

    require_scoring()
    check_writable(output)

    @cache
    def labelled() -> "list[GoldArticle]":
        return load_gold(gold, articles)

    comparison = compared(read_scored(before, labelled), read_scored(after, labelled))
    deliver(comparison_table(comparison), _document(comparison, format), output)


def _document(comparison: "Comparison", format: Format) -> str | None:
    from llm_extract.evaluation.rendering.markdown import comparison_markdown

    match format:
        case Format.table:
            return None
        case Format.json:
            return comparison.model_dump_json(indent=1) + "\n"
        case Format.markdown:
            return comparison_markdown(comparison)
