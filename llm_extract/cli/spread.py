"""How much extractions by one system differ that should be alike."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from llm_extract.evaluation.scores import Evaluation, Measure


class Spread(NamedTuple):
    """The strict F1 of one measure over several evaluations; None where it is undefined in all."""

    measure: "Measure"
    lowest: float | None
    mean: float | None
    highest: float | None


def spreads(evaluations: "Sequence[Evaluation]") -> "Iterator[Spread]":
    """Yield the spread of each kind's strict F1, and of their mean."""
    from llm_extract.evaluation.scores import MEASURES

    scores = [evaluation.f1() for evaluation in evaluations]
    for measure in MEASURES:
        values = [value for f1 in scores if (value := f1[measure]) is not None]
        if values:
            yield Spread(measure, min(values), fmean(values), max(values))
        else:
            yield Spread(measure, None, None, None)


def spread_table(evaluations: "Sequence[Evaluation]") -> RenderableType:
    """Return the spread of each score, with what an article took on average."""
    from llm_extract.evaluation.rendering.wording import figure, price_line, system_line
    from llm_extract.evaluation.summary import price

    first = evaluations[0]
    title = f"{len(evaluations)} extractions of {len(first.articles)} articles"
    table = Table("strict F1")
    for column in ("lowest", "mean", "highest"):
        table.add_column(column, justify="right")
    for row in spreads(evaluations):
        table.add_row(row.measure, figure(row.lowest), figure(row.mean), figure(row.highest))
    together = tuple(article for evaluation in evaluations for article in evaluation.articles)
    return Group(
        Text(f"{title}, {system_line(first.system)}", style="bold"),
        table,
        Text(price_line(price(first.model_copy(update={"articles": together})))),
    )
