"""Evaluations and comparisons as Markdown, for pull requests and READMEs."""

import re
from collections.abc import Iterable, Sequence

from llm_extract.evaluation.comparison import Comparison
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
from llm_extract.evaluation.scores import Evaluation
from llm_extract.evaluation.summary import summarise

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&])")


def evaluation_markdown(evaluation: Evaluation, gate: GateResult | None = None) -> str:
    """Return the scores, the gate's decision where there is one, and each record's outcome.

    Args:
        evaluation: what to show.
        gate: the decision of the gate.
    """
    summary = summarise(evaluation)
    lines = [f"{summary.articles} articles, {_escape(system_line(evaluation.system))}", ""]
    lines += _table(SCORE_COLUMNS, [score_cells(row) for row in summary.rows])
    lines += ["", *(f"- {_escape(line)}" for line in summary_lines(summary))]
    if gate is not None:
        lines += ["", f"**Gate {'passed' if gate.passed else 'failed'}**", ""]
        lines += _table(DIFFERENCE_COLUMNS, difference_cells(gate.differences))
        lines += ["", *(f"- {_escape(reason)}" for reason in gate.failures)]
    for article in evaluation.articles:
        lines += ["", f"#### {_escape(article_line(article))}", ""]
        for outcome in article.outcomes:
            lines.append(f"- {SIGNS[outcome.verdict]} {_escape(outcome_line(outcome))}")
            lines += [
                f"  - {start}: {_escape(words)}" for start, words in outcome_evidence(outcome)
            ]
    return "\n".join(lines) + "\n"


def comparison_markdown(comparison: Comparison) -> str:
    """Return the differences of two evaluations and the records gained, lost and changed."""
    lines = [
        f"- before: {_escape(system_line(comparison.before))};"
        f" {_escape(price_line(comparison.price_before))}",
        f"- after: {_escape(system_line(comparison.after))};"
        f" {_escape(price_line(comparison.price_after))}",
        "",
        *_table(DIFFERENCE_COLUMNS, difference_cells(comparison.differences)),
    ]
    article = None
    for change in comparison.changes:
        if change.article != article:
            article = change.article
            lines += ["", f"#### {_escape(article)}", ""]
        lines.append(f"- {_escape(change_line(change))}")
    return "\n".join(lines) + "\n"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    rule = ["---"] + ["---:"] * (len(columns) - 1)
    return [f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows)]


def _escape(text: str) -> str:
    """Return `text` so that Markdown shows it as it is."""
    return _SPECIAL.sub(r"\\\1", text)
