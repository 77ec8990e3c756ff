"""Evaluations as one HTML page without scripts or outside resources."""

from llm_extract.evaluation.gate import GateResult
from llm_extract.evaluation.rendering import wording
from llm_extract.evaluation.scores import Evaluation
from llm_extract.evaluation.summary import summarise


def evaluation_html(evaluation: Evaluation, gate: GateResult | None = None) -> str:
    """Return an evaluation as a page.

    Args:
        evaluation: what to show.
        gate: the decision of the gate, where there is one.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.j2")
    summary = summarise(evaluation)
    return page.render(
        evaluation=evaluation,
        summary=summary,
        scores=[wording.score_cells(row) for row in summary.rows],
        gate=gate,
        wording=wording,
    )
