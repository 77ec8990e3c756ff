import json
import shutil
from pathlib import Path

import pytest

from tests.batch.news import EMPTY
from tests.cli.conftest import Cli, by
from tests.cli.labelled import (
    HARBOURS,
    figures,
    hide_scipy,
    write_bridges,
    write_gold,
    write_harbours,
    write_predictions,
)
from tests.evaluation.builders import MEETINGS, POSITIONS, QUOTES, RECORDS, TEXT, position, quote
from tests.support.loopback import Loopback, Reply

TURNED = position("Lena Brandt", "the new harbour", "opposes")
INVENTED = quote("Lena Brandt", "two will meet")


@pytest.fixture
def files(workplace: Path) -> tuple[str, str]:
    """Predictions, and others that lose a meeting, turn a position and gain a quote."""
    write_harbours()
    other = [MEETINGS[0], TURNED, POSITIONS[1], *QUOTES, INVENTED]
    return write_predictions("a.jsonl"), write_predictions("b.jsonl", other)


def saved(cli: Cli, predictions: str, file: str) -> str:
    options = ("--format", "json", "--output", file)
    assert cli("eval", "--predictions", predictions, *options).code == 0
    return file


def test_differences_with_intervals_prices_and_changed_records(
    cli: Cli, files: tuple[str, str]
) -> None:
    ended = cli("compare", *files)
    assert (ended.code, ended.err) == (0, "")
    assert figures(ended.out, "meetings") == ["1.000", "0.667", "-0.333", "-0.333", "-0.333"]
    assert ended.out.count("per article: 2.0 s") == 2
    for change in ("lost meeting", "changed position", "gained quote"):
        assert ended.out.count(change) == 6


def test_direction_is_from_the_first_to_the_second(cli: Cli, files: tuple[str, str]) -> None:
    out = cli("compare", *files[::-1]).out
    assert "gained meeting" in out
    assert "lost quote" in out


def test_runs_are_compared_by_their_folders(cli: Cli, server: Loopback, workplace: Path) -> None:
    write_bridges("a", "b")
    for out in ("one", "two"):
        assert cli("run", "eval/articles", "--out", out, *by(server), "--no-cache").code == 0
        server._answer = lambda _: Reply({**EMPTY, "quotes": [], "not_quotes": [1]})
    ended = cli("compare", "one", "two")
    assert ended.code == 0
    assert ended.out.count("lost quote") == 2


def test_saved_evaluations_need_no_gold_and_no_articles(cli: Cli, files: tuple[str, str]) -> None:
    evaluations = [saved(cli, file, f"{file}.json") for file in files]
    expected = cli("compare", *files).out
    shutil.rmtree("eval")
    assert cli("compare", *evaluations).out == expected


def test_evaluation_is_compared_with_predictions(cli: Cli, files: tuple[str, str]) -> None:
    mixed = cli("compare", saved(cli, files[0], "a.json"), files[1])
    assert mixed.out == cli("compare", *files).out


def test_one_line_of_predictions_is_no_evaluation(cli: Cli, workplace: Path) -> None:
    write_gold(HARBOURS[0], TEXT, RECORDS)
    file = write_predictions(names=HARBOURS[:1])
    assert cli("compare", file, file).code == 0


def test_other_articles_are_refused(cli: Cli, files: tuple[str, str]) -> None:
    whole = saved(cli, files[0], "whole.json")
    Path("eval/gold/harbour-0.json").unlink()
    part = saved(cli, write_predictions(names=HARBOURS[1:]), "part.json")
    ended = cli("compare", whole, part)
    assert (ended.code, ended.out) == (1, "")
    assert "1 articles are in only one of them, the first is 'harbour-0'" in ended.err


def test_other_gold_is_refused(cli: Cli, files: tuple[str, str]) -> None:
    before = saved(cli, files[0], "before.json")
    write_gold(HARBOURS[2], TEXT, RECORDS[1:])
    ended = cli("compare", before, files[0])
    assert (ended.code, ended.out) == (1, "")
    assert "the text or gold of 1 articles differs, the first is 'harbour-2'" in ended.err


def test_predictions_for_another_text_are_refused(cli: Cli, files: tuple[str, str]) -> None:
    write_gold(HARBOURS[1], f"{TEXT}\nMore.", RECORDS)
    ended = cli("compare", *files)
    assert ended.code == 1
    assert "predictions for 'harbour-1.txt' were made for another text" in ended.err


def test_baseline_is_refused(cli: Cli, files: tuple[str, str]) -> None:
    cli("eval", "--predictions", files[0], "--promote", "good")
    ended = cli("compare", "eval/baselines/good.json", files[1])
    assert ended.code == 1
    assert "is a baseline" in ended.err


BAD = {
    "missing": (None, "cannot be read"),
    "no JSON": ("what?", "bad:1: invalid JSON"),
    "other JSON": ('{"articles": []}', "is not a saved evaluation: system"),
    "a list": ("[1]", "bad:1: holds a JSON list"),
    "other lines": ('{"a": 1}\n{"b": 2}', "bad:1: not a prediction"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_is_one_line(cli: Cli, files: tuple[str, str], case: str) -> None:
    content, said = BAD[case]
    if content is not None:
        Path("bad").write_text(content)
    ended = cli("compare", files[0], "bad")
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_json_and_markdown_and_the_table_beside_a_file(cli: Cli, files: tuple[str, str]) -> None:
    content = json.loads(cli("compare", *files, "--format", "json").out)
    assert {change["change"] for change in content["changes"]} == {"gained", "lost", "changed"}
    ended = cli("compare", *files, "--format", "markdown", "--output", "result.md")
    assert "| meetings | 1.000 | 0.667 |" in Path("result.md").read_text()
    assert figures(ended.out, "meetings")


def test_missing_extra_is_one_line_that_names_it(
    cli: Cli, files: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_scipy(monkeypatch)
    ended = cli("compare", *files)
    assert ended.code == 1
    assert ended.err.endswith("pip install 'llm-extract[eval]'\n")
