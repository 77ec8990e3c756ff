import io
import json
from xml.etree import ElementTree

import pytest
from rich.console import Console

from llm_extract.evaluation.comparison import compare
from llm_extract.evaluation.gate import Baseline, check
from llm_extract.evaluation.rendering.as_json import evaluation_json
from llm_extract.evaluation.rendering.html import evaluation_html
from llm_extract.evaluation.rendering.junit import evaluation_junit
from llm_extract.evaluation.rendering.markdown import comparison_markdown, evaluation_markdown
from llm_extract.evaluation.rendering.table import comparison_table, evaluation_table, gate_table
from llm_extract.evaluation.scores import evaluate
from tests.evaluation.builders import (
    MEETINGS,
    POSITIONS,
    QUOTES,
    RECORDS,
    gold,
    position,
    predictions,
    quote,
)

GOOD = evaluate([predictions()], [gold()])
WORSE = evaluate(
    [
        predictions(
            records=[
                MEETINGS[0],
                position("Lena Brandt", "the new harbour", "opposes"),
                *QUOTES,
                quote("[bold]Mia[/] <b>Cole</b> & | *Co*", "called the plan"),
            ]
        )
    ],
    [gold()],
)
FAILED = check(WORSE, Baseline(git_revision="abc", evaluation=GOOD))
PASSED = check(GOOD, Baseline(git_revision="abc", evaluation=GOOD))


def printed(renderable):
    console = Console(file=io.StringIO(), width=200)
    console.print(renderable)
    return console.file.getvalue()


READABLE = {
    "table": lambda e, g=None: printed(evaluation_table(e, records=True)),
    "markdown": evaluation_markdown,
    "html": evaluation_html,
    "junit": evaluation_junit,
}


@pytest.mark.parametrize("form", READABLE)
def test_every_form_shows_scores_records_evidence_and_price(form):
    text = READABLE[form](WORSE)
    f1 = f"{WORSE.f1()['meetings']:.3f}"
    for part in (f1, "missed", "wrong field", "spurious", "2.0 s", "$0.2500", "300 prompt tokens"):
        assert part in text, part
    assert "predicted stance: opposes" in text
    assert POSITIONS[0].evidence[0].text in text
    assert "interval" in text or form == "junit"


def test_table_shows_records_only_where_asked():
    assert "missed" not in printed(evaluation_table(WORSE))


def test_table_shows_names_as_they_are():
    assert "[bold]Mia[/] <b>Cole</b> & | *Co*" in READABLE["table"](WORSE)


def test_markdown_escapes_names():
    text = evaluation_markdown(WORSE)
    assert r"\[bold\]Mia\[/\] \<b\>Cole\</b\> \& \| \*Co\*" in text


def test_markdown_table_has_as_many_cells_in_every_row():
    rows = [line for line in evaluation_markdown(WORSE).split("\n") if line.startswith("|")]
    assert len(rows) == 6
    assert len({row.count("|") for row in rows}) == 1


def test_html_escapes_names_and_needs_nothing_from_outside():
    page = evaluation_html(WORSE, FAILED)
    assert "<b>Cole</b>" not in page
    assert "&lt;b&gt;Cole&lt;/b&gt;" in page
    for outside in ("<script", "http:", "https:", "<link", "src="):
        assert outside not in page


def test_html_tells_the_gates_decision():
    assert "Gate failed" in evaluation_html(WORSE, FAILED)
    assert "by more than the margin" in evaluation_html(WORSE, FAILED)
    assert "Gate passed" in evaluation_html(GOOD, PASSED)
    assert "Gate" not in evaluation_html(GOOD)


def test_markdown_tells_the_gates_decision():
    assert "**Gate failed**" in evaluation_markdown(WORSE, FAILED)
    assert "by more than the margin" in evaluation_markdown(WORSE, FAILED)
    assert "**Gate passed**" in evaluation_markdown(GOOD, PASSED)


def test_gate_table_gives_every_reason():
    text = printed(gate_table(FAILED))
    assert "gate failed" in text
    for reason in FAILED.failures:
        assert reason in text
    assert "gate passed" in printed(gate_table(PASSED))


def test_junit_fails_for_the_gate_only():
    root = ElementTree.fromstring(evaluation_junit(WORSE, FAILED))
    cases = {
        (case.get("classname"), case.get("name")): {child.tag for child in case}
        for case in root.iter("testcase")
    }
    failed = {name for (suite, name), tags in cases.items() if "failure" in tags}
    assert failed == {"meetings", "positions", "quotes", "macro"}
    assert cases[("gate", "grounding")] == set()
    assert len(root.findall(".//skipped")) == 4
    suite = root.find("testsuite[@name='harbour']")
    assert (suite.get("tests"), suite.get("skipped"), suite.get("failures")) == ("7", "4", "0")
    assert not ElementTree.fromstring(evaluation_junit(GOOD, PASSED)).findall(".//failure")


def test_junit_survives_characters_that_xml_cannot_hold():
    text = "“Stop\x01 it,” said Ann Lee."
    said = quote("Ann Lee", "Stop\x01 it,", text=text)
    stop = evaluate([predictions(records=[], text=text)], [gold(records=[said], text=text)])
    assert "Ann Lee" in ElementTree.fromstring(evaluation_junit(stop)).find(".//skipped").get(
        "message"
    )


def test_json_holds_the_figures_and_the_gate():
    content = json.loads(evaluation_json(WORSE, FAILED))
    assert content["gate"]["passed"] is False
    assert content["summary"]["rows"][-1]["measure"] == "macro"
    assert content["summary"]["per_article"]["seconds"] == 2.0
    assert content["articles"][0]["outcomes"][0]["verdict"] == "matched"


def test_comparison_is_shown_with_its_changes_and_both_prices():
    comparison = compare(GOOD, WORSE)
    for text in (printed(comparison_table(comparison)), comparison_markdown(comparison)):
        for part in ("before", "after", "difference", "lost meeting", "changed position"):
            assert part in text, part
        assert "gained quote" in text
        assert text.count("2.0 s") == 2
        assert "wrong field" in text


def test_record_over_several_lines_stays_on_one():
    text = "“Stop\nit,” said Ann Lee."
    said = RECORDS[4].model_copy(update={"text": quote("A", "Stop", text=text).text})
    spread = said.model_copy(
        update={"text": said.text.model_copy(update={"end": 9, "text": "Stop\nit,"})}
    )
    shown = evaluation_markdown(evaluate([predictions(records=[spread])], [gold(records=[spread])]))
    assert "“Stop it,”" in shown
