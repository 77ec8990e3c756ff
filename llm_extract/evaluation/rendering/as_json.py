"""Evaluations as JSON: for programs, and to be saved and compared later."""

import json

from llm_extract.evaluation.gate import GateResult
from llm_extract.evaluation.scores import Evaluation
from llm_extract.evaluation.summary import summarise


def evaluation_json(evaluation: Evaluation, gate: GateResult | None = None) -> str:
    """Return an evaluation with its summary, as `files.read_evaluation` reads it back.

    Args:
        evaluation: what to write.
        gate: the decision of the gate, where there is one.
    """
    content = {
        "summary": summarise(evaluation).model_dump(mode="json"),
        **({"gate": {"passed": gate.passed, **gate.model_dump(mode="json")}} if gate else {}),
        **evaluation.model_dump(mode="json"),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
