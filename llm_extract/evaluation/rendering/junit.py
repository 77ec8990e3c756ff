"""Evaluations as JUnit XML, which CI systems show.

Only the gate can fail: its measures and the grounding are the test cases of the suite `gate`. Each
article is a suite with a test case for every record; a record that is not matched strictly is
marked as skipped, with what is wrong, because no model gets every record right.
"""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from llm_extract.evaluation.gate import GateResult
from llm_extract.evaluation.rendering.wording import (
    article_line,
    figure,
    outcome_evidence,
    outcome_line,
    score_cells,
    summary_lines,
)
from llm_extract.evaluation.scores import ArticleScore, Evaluation
from llm_extract.evaluation.summary import summarise

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def evaluation_junit(evaluation: Evaluation, gate: GateResult | None = None) -> str:
    """Return an evaluation as a JUnit XML document.

    Args:
        evaluation: what to write.
        gate: the decision of the gate, where there is one.
    """
    root = Element("testsuites", name="llm-extract eval")
    if gate is not None:
        _gate(root, gate)
    for article in evaluation.articles:
        _article(root, article)
    summary = summarise(evaluation)
    scores = [" ".join(filter(None, score_cells(row))) for row in summary.rows]
    # Consumers read the output of suites only.
    output = SubElement(SubElement(root, "testsuite", name="scores", tests="0"), "system-out")
    output.text = _clean("\n".join([*scores, *summary_lines(summary)]))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _gate(root: Element, gate: GateResult) -> None:
    # Each reason begins with what it is about.
    reasons = {reason.partition(":")[0]: reason for reason in gate.failures}
    names = [*(row.measure for row in gate.differences), "grounding"]
    suite = SubElement(
        root, "testsuite", name="gate", tests=str(len(names)), failures=str(len(reasons))
    )
    for name in names:
        case = SubElement(suite, "testcase", classname="gate", name=name)
        if name in reasons:
            SubElement(case, "failure", message=_clean(reasons[name]))
    output = SubElement(suite, "system-out")
    output.text = "\n".join(
        f"{row.measure}: {figure(row.before)} before, {figure(row.after)} after"
        for row in gate.differences
    )


def _article(root: Element, article: ArticleScore) -> None:
    unmatched = sum(outcome.verdict != "matched" for outcome in article.outcomes)
    suite = SubElement(
        root,
        "testsuite",
        name=_clean(article.id),
        tests=str(len(article.outcomes)),
        failures="0",
        skipped=str(unmatched),
        time=f"{article.cost.seconds:.3f}",
    )
    for outcome in article.outcomes:
        line = outcome_line(outcome)
        case = SubElement(
            suite,
            "testcase",
            classname=_clean(f"{article.id}.{outcome.kind}"),
            name=_clean(line.partition(": ")[2]),
        )
        if outcome.verdict != "matched":
            evidence = "\n".join(f"{start}: {text}" for start, text in outcome_evidence(outcome))
            SubElement(case, "skipped", message=_clean(f"{line}\n{evidence}"))
    SubElement(suite, "system-out").text = _clean(article_line(article))


def _clean(text: str) -> str:
    """Return `text` without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
