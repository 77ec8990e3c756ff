import itertools
import json
import re
import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from llm_extract.batch.runner import Runner
from llm_extract.evaluation.matching import KINDS, AnyRecord
from llm_extract.schemas import Meeting, Position, Quote
from tests.batch.news import EMPTY, ids_in, reader
from tests.cli.conftest import Cli, by
from tests.cli.labelled import (
    ARTICLES,
    GOLD,
    HARBOURS,
    figures,
    hide_scipy,
    write_bridges,
    write_gold,
    write_harbours,
    write_predictions,
)
from tests.evaluation.builders import (
    MEETINGS,
    POSITIONS,
    QUOTES,
    RECORDS,
    TEXT,
    meeting,
    position,
    quote,
)
from tests.models.asking import HASTY
from tests.support.loopback import Fault, Loopback, Reply, refused_url

EVAL = Path(__file__).parents[2] / "eval"
BLESSED = Path("eval/baselines/good.json")


@pytest.fixture
def harbours(workplace: Path) -> None:
    write_harbours()


@pytest.fixture
def bridges(workplace: Path) -> None:
    write_bridges("a", "b", "c")


@pytest.fixture
def baseline(cli: Cli, harbours: None) -> None:
    assert cli("eval", "--predictions", write_predictions(), "--promote", "good").code == 0


def f1_in(document: str) -> dict[str, float | None]:
    return {row["measure"]: row["f1"] for row in json.loads(document)["summary"]["rows"]}


# Extraction


def test_extracts_the_labelled_articles_and_shows_scores_with_their_price(
    cli: Cli, server: Loopback, bridges: None
) -> None:
    (ARTICLES / "unlabelled.txt").write_text("Nobody labelled this.")
    ended = cli("eval", *by(server))
    assert (ended.code, ended.err) == (0, "")
    assert len(server.requests) == 3
    assert figures(ended.out, "quotes")[:6] == ["3", "3", "3", "1.000", "1.000", "1.000"]
    assert "3 articles, big-model, strategy article" in ended.out
    assert re.search(r"per article: [\d.]+ s, 1.0 calls, 100 prompt tokens", ended.out)
    assert "price unknown" in ended.out


def test_wrong_answers_score_low_and_pass_without_a_baseline(
    cli: Cli, server: Loopback, bridges: None
) -> None:
    server._answer = lambda _: Reply({**EMPTY, "quotes": [], "not_quotes": [1]})
    ended = cli("eval", *by(server), "--format", "json")
    assert ended.code == 0
    assert f1_in(ended.out)["quotes"] == 0


def test_kept_replies_cost_nothing_and_are_told(cli: Cli, server: Loopback, bridges: None) -> None:
    first = cli("eval", *by(server), "--format", "json")
    again = cli("eval", *by(server), "--format", "json")
    assert len(server.requests) == 3
    assert f1_in(again.out) == f1_in(first.out)
    assert "3 of 3 replies came from the cache" in again.err
    assert cli("eval", *by(server), "--no-cache").err == ""
    assert len(server.requests) == 6


def test_out_folder_keeps_the_extraction_and_says_when_it_is_old(
    cli: Cli, server: Loopback, bridges: None
) -> None:
    kept = ("--out", "kept", "--no-cache")
    assert cli("eval", *by(server), *kept).err == ""
    assert ids_in(Path("kept/records.jsonl")) == ["a.txt", "b.txt", "c.txt"]
    again = cli("eval", *by(server), *kept)
    assert (again.code, len(server.requests)) == (0, 3)
    assert "3 of 3 articles were extracted into kept before" in again.err


def test_out_folder_among_the_articles_is_refused(
    cli: Cli, server: Loopback, bridges: None
) -> None:
    assert cli("eval", *by(server), "--out", "eval/articles/kept").code == 2
    assert server.requests == []


def test_all_labelled_kinds_are_extracted_whatever_is_set_for_runs(
    cli: Cli, server: Loopback, bridges: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_EXTRACT_RECORDS", "quote")
    assert cli("eval", *by(server)).code == 0
    assert "# meetings" in server.bodies[0]["messages"][0]["content"]


def test_failed_article_counts_as_empty_and_breaks_the_evaluation(
    cli: Cli, server: Loopback, bridges: None
) -> None:
    server._answer = reader(b=Reply("", refusal="no"))
    ended = cli("eval", *by(server), "--format", "json", "--promote", "good")
    assert ended.code == 1
    assert "failed: b.txt: " in ended.err
    assert "1 of 3 articles failed and are scored as if they had no records" in ended.err
    quotes = json.loads(ended.out)["summary"]["rows"][2]
    assert (quotes["counts"]["gold"], quotes["counts"]["predicted"]) == (3, 2)
    assert not BLESSED.exists()


def test_failed_article_breaks_the_gate_instead_of_failing_or_passing_it(
    cli: Cli, server: Loopback, bridges: None
) -> None:
    assert cli("eval", *by(server), "--promote", "good").code == 0
    server._answer = reader(b=Reply("", refusal="no"))
    ended = cli("eval", *by(server), "--no-cache", "--baseline", "good", "--margin", "1")
    assert ended.code == 1
    assert "gate" not in ended.out


def test_unreadable_article_breaks_the_evaluation(
    cli: Cli, server: Loopback, bridges: None
) -> None:
    write_gold("blank", " \n", [])
    ended = cli("eval", *by(server))
    assert ended.code == 1
    assert "failed: blank.txt" in ended.err


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--model", "big-model", "--base-url", refused_url()), 1, "127.0.0.1"),
        (("--model", "missing.gguf"), 2, "missing.gguf"),
        (("--model", "openai/gpt-big"), 2, "OPENAI_API_KEY"),
    ],
)
def test_missing_model_is_one_line_and_no_score(
    cli: Cli,
    bridges: None,
    options: tuple[str, ...],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("llm_extract.models.client.DEFAULT_PATIENCE", HASTY)
    ended = cli("eval", *options)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("error: ")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_wrong_key_is_one_line_and_no_score(cli: Cli, server: Loopback, bridges: None) -> None:
    server._answer = lambda _: Fault(401, "bad key")
    ended = cli("eval", *by(server))
    assert (ended.code, ended.out) == (1, "")
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [((), True), (("--no-cache",), False), (("--no-cache", "--out", "o"), True)],
)
def test_interrupted_evaluation_shows_no_scores_and_says_where_it_can_go_on(
    cli: Cli,
    server: Loopback,
    bridges: None,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    told: bool,
) -> None:
    async def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Runner, "run", stopped)
    ended = cli("eval", *by(server), *options)
    assert (ended.code, ended.out) == (130, "")
    assert ("goes on from here" in ended.err) is told


# Repeating


def test_repeat_asks_anew_and_shows_the_spread_with_its_price(
    cli: Cli, server: Loopback, bridges: None
) -> None:
    answers = itertools.chain(
        [Reply({**EMPTY, "quotes": [], "not_quotes": [1]}, prompt_tokens=500)] * 3,
        itertools.repeat(Reply(EMPTY)),
    )
    server._answer = lambda _: next(answers)
    ended = cli("eval", *by(server), "--repeat", "4")
    assert (ended.code, len(server.requests)) == (0, 12)
    assert figures(ended.out, "quotes") == ["0.000", "0.750", "1.000"]
    assert "4 extractions of 3 articles" in ended.out
    assert "1.0 calls, 200 prompt tokens" in ended.out


def test_repeat_keeps_each_extraction(cli: Cli, server: Loopback, bridges: None) -> None:
    cli("eval", *by(server), "--repeat", "2", "--out", "kept")
    assert cli("compare", "kept/1", "kept/2").code == 0


def test_repeat_with_a_failed_article_is_broken(cli: Cli, server: Loopback, bridges: None) -> None:
    server._answer = reader(b=Reply("", refusal="no"))
    ended = cli("eval", *by(server), "--repeat", "2")
    assert ended.code == 1
    assert "2 of 6 articles failed" in ended.err


# Predictions and formats


def test_predictions_are_scored_without_a_model(cli: Cli, harbours: None) -> None:
    ended = cli("eval", "--predictions", write_predictions())
    assert (ended.code, ended.err) == (0, "")
    assert "6 articles, invented-1b" in ended.out
    assert "per article: 2.0 s, 3.0 calls" in ended.out
    assert "matched" not in ended.out


@pytest.mark.parametrize("option", ["--details", "-v"])
def test_details_show_each_record_with_its_evidence(cli: Cli, harbours: None, option: str) -> None:
    file = write_predictions(records=[*MEETINGS, *QUOTES])
    out = cli("eval", "--predictions", file, option).out
    assert "matched meeting: Lena Brandt + Omar Haddad, held" in out
    assert "missed position: Omar Haddad, opposes, the new harbour" in out
    assert POSITIONS[0].evidence[0].text in out


FORMATS: dict[str, Callable[[str], Any]] = {
    "json": json.loads,
    "junit": ElementTree.fromstring,
    "html": lambda text: text.index("<!DOCTYPE html>"),
    "markdown": lambda text: text.index("| quotes |"),
    "table": lambda text: text.index("strict F1"),
}


@pytest.mark.parametrize("format", FORMATS)
def test_formats_go_to_stdout_or_to_a_file_beside_the_table(
    cli: Cli, baseline: None, format: str
) -> None:
    command = ("eval", "--predictions", "predictions.jsonl", "--baseline", "good")
    printed = cli(*command, "--format", format).out
    FORMATS[format](printed)
    written = cli(*command, "--format", format, "--output", "result")
    assert Path("result").read_text() == printed
    assert "strict F1" in written.out
    assert "gate passed" in written.out


def test_output_in_no_folder_is_refused(cli: Cli, harbours: None) -> None:
    ended = cli("eval", "--predictions", write_predictions(), "--output", "nowhere/result")
    assert (ended.code, ended.out) == (2, "")
    assert "nowhere" in ended.err


BAD_PREDICTIONS = {
    "not JSON": ("{}\n}{\n", "predictions.jsonl:1: not a prediction: article"),
    "empty": ("", "holds no predictions"),
    "missing": (None, "cannot be read"),
}


@pytest.mark.parametrize("case", BAD_PREDICTIONS)
def test_bad_predictions_are_one_line(cli: Cli, harbours: None, case: str) -> None:
    content, said = BAD_PREDICTIONS[case]
    if content is not None:
        Path("predictions.jsonl").write_text(content)
    ended = cli("eval", "--predictions", "predictions.jsonl")
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_predictions_without_gold_are_left_out_and_counted(cli: Cli, harbours: None) -> None:
    names = (*HARBOURS, "unlabelled")
    ended = cli("eval", "--predictions", write_predictions(names=names), "--format", "json")
    assert ended.code == 0
    assert "1 of 7 articles have no gold and are not scored" in ended.err


def test_predictions_that_leave_out_an_article_are_refused(cli: Cli, harbours: None) -> None:
    ended = cli("eval", "--predictions", write_predictions(names=HARBOURS[1:]))
    assert ended.code == 1
    assert "no predictions for 1 of 6 gold articles, the first is 'harbour-0'" in ended.err


def test_missing_extra_is_one_line_that_names_it(
    cli: Cli, harbours: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_scipy(monkeypatch)
    ended = cli("eval", "--predictions", write_predictions())
    assert ended.code == 1
    assert ended.err.endswith("pip install 'llm-extract[eval]'\n")
    assert len(ended.err.splitlines()) == 1


# Gold


def test_check_gold_names_file_and_line_of_every_problem(cli: Cli, harbours: None) -> None:
    for name, old, new in (
        ("harbour-1", '"held"', '"cancelled"'),
        ("harbour-2", "gift to smugglers", "gift to nobody"),
    ):
        file = GOLD / f"{name}.json"
        file.write_text(file.read_text().replace(old, new))
    ended = cli("eval", "--check-gold")
    assert ended.code == 1
    problems = ended.out.splitlines()
    assert [p.rpartition(".json:")[0] for p in problems][:2] == [
        "eval/gold/harbour-1",
        "eval/gold/harbour-2",
    ]
    for problem in problems:
        place, line, _ = problem.split(":", 2)
        assert re.search("cancelled|nobody", Path(place).read_text().splitlines()[int(line) - 1])


def test_check_gold_without_a_problem(cli: Cli, harbours: None) -> None:
    ended = cli("eval", "--check-gold")
    assert ended.code == 0
    assert "6 files with 36 records, nothing wrong" in ended.out


@pytest.mark.parametrize("options", [(), ("--check-gold",)])
def test_missing_gold_is_one_line(cli: Cli, options: tuple[str, ...]) -> None:
    ended = cli("eval", *options)
    assert ended.code == 1
    assert ended.err == "error: eval/gold: no gold files (NAME.json) in this folder\n"


def test_bad_gold_stops_before_the_model_is_asked(
    cli: Cli, server: Loopback, bridges: None
) -> None:
    (GOLD / "a.json").write_text("{")
    ended = cli("eval", *by(server))
    assert (ended.code, server.requests) == (1, [])
    assert "eval/gold/a.json:1: invalid JSON" in ended.err


def test_gold_of_the_samples_is_valid_and_what_both_annotators_have(cli: Cli) -> None:
    folders = [("--gold", str(EVAL / "gold" / "annotators" / name)) for name in "ab"]
    for gold in ((), *folders):
        place = gold or ("--gold", str(EVAL / "gold"))
        assert cli("eval", "--check-gold", *place, "--articles", str(EVAL / "articles")).code == 0


def test_agreement_of_the_annotators_is_as_written() -> None:
    script = runpy.run_path(str(EVAL / "agreement.py"))
    lines = list(script["report"](script["agreement"](EVAL / "gold", EVAL / "articles")))
    written = (EVAL / "gold" / "AGREEMENT.md").read_text(encoding="utf-8")
    for line in lines[:3]:
        kind = line.partition(":")[0]
        f1, loose, a, b = re.findall(r"[\d.]+", line.replace("F1", ""))[:4]
        assert f"| {kind} | {a} | {b} | {f1} | {loose} |" in written
    assert f"| macro | | | {lines[3].split()[-1]} |" in written
    assert len(lines) == 6


# The gate

SHIFTED = MEETINGS[0].evidence[0].model_copy(update={"start": 1, "end": 51})
REGRESSIONS: dict[str, Sequence[AnyRecord]] = {
    "meetings lost": [MEETINGS[0], *POSITIONS, *QUOTES],
    "positions lost": [*MEETINGS, POSITIONS[0], *QUOTES],
    "quotes lost": [*MEETINGS, *POSITIONS, QUOTES[0]],
    "meetings of other people": [
        meeting("Ivo Lund", "Mia Cole", status="planned", at=(4,)),
        *(r for r in RECORDS if r is not MEETINGS[1]),
    ],
    "positions turned round": [
        *MEETINGS,
        position("Lena Brandt", "the new harbour", "opposes"),
        POSITIONS[1],
        *QUOTES,
    ],
    "quotes by somebody else": [
        *MEETINGS,
        *POSITIONS,
        quote("Omar Haddad", "The harbour is our future,"),
        QUOTES[1],
    ],
    "meetings invented": [*RECORDS, meeting("Ivo Lund", "Mia Cole", at=(2,))],
    "positions invented": [*RECORDS, position("Lena Brandt", "smugglers", at=(3,))],
    "quotes invented": [*RECORDS, quote("Lena Brandt", "two will meet")],
    "grounding lost": [
        MEETINGS[0].model_copy(update={"evidence": [SHIFTED]}),
        *(r for r in RECORDS if r is not MEETINGS[0]),
    ],
}


@pytest.mark.parametrize("case", REGRESSIONS)
def test_injected_regression_is_caught(cli: Cli, baseline: None, case: str) -> None:
    file = write_predictions(records=REGRESSIONS[case])
    ended = cli("eval", "--predictions", file, "--baseline", "good")
    assert ended.code == 4
    assert "gate failed" in ended.out
    assert f"{case.partition(' ')[0]}: " in ended.out


@pytest.mark.parametrize("kind", KINDS)
def test_regression_of_one_kind_is_caught_by_its_interval_alone(
    cli: Cli, baseline: None, kind: str
) -> None:
    fewer = [r for r in RECORDS if r is not next(r for r in RECORDS if of(kind, r))]
    file = write_predictions(special=dict.fromkeys(HARBOURS[:4], fewer))
    options = ("--predictions", file, "--baseline", "good", "--margin", "1")
    ended = cli("eval", *options)
    assert ended.code == 4
    assert f"{kind}: strict F1 fell" in ended.out
    assert "beyond the paired interval" in ended.out


def of(kind: str, record: AnyRecord) -> bool:
    return isinstance(record, {"meetings": Meeting, "positions": Position, "quotes": Quote}[kind])


HARMLESS: dict[str, Sequence[AnyRecord]] = {
    "nothing": RECORDS,
    "another order": RECORDS[::-1],
    "other words for an issue": [
        *MEETINGS,
        position("Lena Brandt", "building a harbour"),
        POSITIONS[1],
        *QUOTES,
    ],
    "last names": [*MEETINGS, position("Brandt", "the new harbour"), POSITIONS[1], *QUOTES],
    "more evidence": [
        meeting("Lena Brandt", "Omar Haddad", at=(0, 2), date="Tuesday", location="Velmora"),
        *RECORDS[1:],
    ],
}


@pytest.mark.parametrize("case", HARMLESS)
def test_harmless_change_passes(cli: Cli, baseline: None, case: str) -> None:
    file = write_predictions(records=HARMLESS[case])
    ended = cli("eval", "--predictions", file, "--baseline", "good")
    assert ended.code == 0
    assert "gate passed" in ended.out


@pytest.mark.parametrize("kind", KINDS)
def test_one_record_lost_in_one_article_passes(cli: Cli, baseline: None, kind: str) -> None:
    fewer = [r for r in RECORDS if r is not next(r for r in RECORDS if of(kind, r))]
    file = write_predictions(special={HARBOURS[0]: fewer})
    assert cli("eval", "--predictions", file, "--baseline", "good").code == 0


def test_margin_decides_where_the_interval_does_not(cli: Cli, baseline: None) -> None:
    file = write_predictions(special={HARBOURS[0]: RECORDS[1:]})
    options = ("--predictions", file, "--baseline", "good")
    assert cli("eval", *options, "--margin", "0.01").code == 4


def test_baseline_holds_what_made_it_and_only_promote_writes_it(cli: Cli, baseline: None) -> None:
    written = BLESSED.read_bytes()
    content = json.loads(written)
    assert "git_revision" in content
    assert content["evaluation"]["system"]["model"] == "invented-1b"
    assert content["evaluation"]["system"]["prompt_hash"] == "prompt-hash"
    assert len(content["evaluation"]["articles"]) == 6
    cli("eval", "--predictions", write_predictions(records=MEETINGS), "--baseline", "good")
    assert BLESSED.read_bytes() == written


def test_baselines_can_lie_elsewhere(cli: Cli, harbours: None) -> None:
    options = ("--predictions", write_predictions(), "--baselines", "elsewhere")
    assert cli("eval", *options, "--promote", "good").code == 0
    assert Path("elsewhere/good.json").is_file()
    assert cli("eval", *options, "--baseline", "good").code == 0


def test_result_that_is_not_grounded_is_not_promoted(cli: Cli, harbours: None) -> None:
    file = write_predictions(records=REGRESSIONS["grounding lost"])
    ended = cli("eval", "--predictions", file, "--promote", "good")
    assert ended.code == 1
    assert not BLESSED.exists()


def test_missing_baseline_stops_before_the_model_is_asked(
    cli: Cli, server: Loopback, bridges: None
) -> None:
    ended = cli("eval", *by(server), "--baseline", "good")
    assert (ended.code, ended.out, server.requests) == (1, "", [])
    assert "no baseline eval/baselines/good.json" in ended.err


def test_baseline_of_other_gold_is_broken_and_no_pass(cli: Cli, baseline: None) -> None:
    write_gold(HARBOURS[0], TEXT, RECORDS[1:])
    ended = cli("eval", "--predictions", "predictions.jsonl", "--baseline", "good")
    assert ended.code == 1
    assert "the text or gold of 1 articles differs" in ended.err


def test_gate_is_the_same_for_the_same_replies(cli: Cli, server: Loopback, bridges: None) -> None:
    cli("eval", *by(server), "--promote", "good")
    gates = [
        json.loads(cli("eval", *by(server), "--baseline", "good", "--format", "json").out)["gate"]
        for _ in range(2)
    ]
    assert gates[0] == gates[1]
    assert gates[0]["passed"]


# Wrong usage

TOGETHER = [
    ("--check-gold", "--predictions", "x"),
    ("--check-gold", "--promote", "x"),
    ("--predictions", "x", "--model", "y"),
    ("--predictions", "x", "--no-cache"),
    ("--predictions", "x", "--out", "y"),
    ("--predictions", "x", "--repeat", "2"),
    ("--repeat", "2", "--format", "json"),
    ("--repeat", "2", "--promote", "x"),
    ("--repeat", "2", "--baseline", "x"),
    ("--promote", "x", "--baseline", "y"),
    ("--margin", "0.1"),
    ("--baselines", "x"),
    ("--repeat", "1"),
    ("--margin", "2", "--baseline", "x"),
    ("--format", "xml"),
]


@pytest.mark.parametrize("options", TOGETHER, ids=" ".join)
def test_options_that_make_no_sense_are_refused(
    cli: Cli, harbours: None, options: tuple[str, ...]
) -> None:
    ended = cli("eval", *options)
    assert (ended.code, ended.out) == (2, "")
    assert options[0] in ended.err


@pytest.mark.parametrize("option", ["--promote", "--baseline"])
@pytest.mark.parametrize("name", ["../good", "a/b", "", ".hidden"])
def test_baseline_name_is_no_path(cli: Cli, harbours: None, option: str, name: str) -> None:
    ended = cli("eval", "--predictions", write_predictions(), option, name)
    assert ended.code == 2
    assert "cannot name a baseline" in ended.err
