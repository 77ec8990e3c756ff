"""Evaluations, comparisons and the gate's decision as tables in a terminal."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llm_extract.evaluation.comparison import Change, Comparison
from llm_extract.evaluation.gate import GateResult
from llm_extract.evaluation.rendering.wording import (
    DIFFERENCE_COLUMNS,
    SCORE_COLUMNS,
    SIGNS,
    article_line,
    change_line,
    difference_cells,
    outcome_evidence,
    outcome_line,
    price_line,
    score_cells,
    summary_lines,
    system_line,
)
from llm_extract.evaluation.scores import ArticleScore, Evaluation, Verdict
from llm_extract.evaluation.summary import summarise

_STYLES: dict[Verdict, str] = {
    "matched": "green",
    "wrong field": "yellow",
    "missed": "red",
    "spurious": "magenta",
}


def evaluation_table(evaluation: Evaluation, *, records: bool = False) -> RenderableType:
    """Return the scores of an evaluation, with their price.

    Args:
        evaluation: what to show.
        records: whether each record follows, with its verdict and evidence.
    """
    summary = summarise(evaluation)
    title = f"{summary.articles} articles, {system_line(evaluation.system)}"
    parts: list[RenderableType] = [
        Text(title, style="bold"),
        _table(SCORE_COLUMNS, [score_cells(row) for row in summary.rows]),
        *map(Text, summary_lines(summary)),
    ]
    if records:
        parts += [_article(article) for article in evaluation.articles]
    return Group(*parts)


def comparison_table(comparison: Comparison) -> RenderableType:
    """Return the differences of two evaluations and the records gained, lost and changed."""
    return Group(
        Text(f"before: {system_line(comparison.before)}"),
        Text(f"        {price_line(comparison.price_before)}"),
        Text(f"after:  {system_line(comparison.after)}"),
        Text(f"        {price_line(comparison.price_after)}"),
        _table(DIFFERENCE_COLUMNS, difference_cells(comparison.differences)),
        *_changes(comparison.changes),
    )


def gate_table(result: GateResult) -> RenderableType:
    """Return the gate's decision with the differences from the baseline and all reasons."""
    verdict = (
        Text("gate passed", style="bold green")
        if result.passed
        else Text("gate failed", style="bold red")
    )
    return Group(
        _table(DIFFERENCE_COLUMNS, difference_cells(result.differences)),
        verdict,
        *(Text(f"  {reason}", style="red") for reason in result.failures),
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _article(article: ArticleScore) -> Text:
    text = Text(f"\n{article_line(article)}\n", style="bold")
    for outcome in article.outcomes:
        text.append(
            f"  {SIGNS[outcome.verdict]} {outcome_line(outcome)}\n",
            style=f"not bold {_STYLES[outcome.verdict]}",
        )
        for start, words in outcome_evidence(outcome):
            text.append(f"      {start}: {words}\n", style="not bold dim")
    return text


def _changes(changes: Sequence[Change]) -> list[Text]:
    lines = []
    article = None
    for change in changes:
        if change.article != article:
            article = change.article
            lines.append(Text(f"\n{article}", style="bold"))
        lines.append(Text(f"  {change_line(change)}"))
    return lines
