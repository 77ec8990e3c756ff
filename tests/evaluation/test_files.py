import json

import pytest

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.files import read_evaluation, read_predictions
from llm_extract.evaluation.gate import Baseline, check
from llm_extract.evaluation.rendering.as_json import evaluation_json
from llm_extract.evaluation.scores import evaluate
from tests.evaluation.builders import gold, predictions


@pytest.fixture
def evaluation():
    return evaluate([predictions(records=gold().meetings)], [gold()])


def test_predictions_are_read_from_a_file_and_from_an_output_folder(tmp_path):
    found = [predictions("a.txt"), predictions("b\u2028.txt")]
    file = tmp_path / "records.jsonl"
    file.write_text("\n".join(p.model_dump_json() for p in found) + "\n\n", encoding="utf-8")
    assert read_predictions(file) == found
    assert read_predictions(tmp_path) == found


def test_records_of_users_own_types_are_left_out(tmp_path):
    content = predictions().model_dump(mode="json")
    content["custom"] = {"Sanction": [{"target": "x", "evidence": []}]}
    file = tmp_path / "records.jsonl"
    file.write_text(json.dumps(content), encoding="utf-8")
    assert read_predictions(file) == [predictions()]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no predictions"),
        ("{}\n", "records.jsonl:1: not a prediction: article: Field required"),
        ("GOOD\n[]\n", "records.jsonl:2: holds a JSON list"),
        ("GOOD\n\n{\n", "records.jsonl:3: invalid JSON"),
    ],
)
def test_faulty_predictions_are_an_error_with_file_and_line(tmp_path, content, says):
    good = predictions().model_dump_json()
    file = tmp_path / "records.jsonl"
    file.write_text(content.replace("GOOD", good), encoding="utf-8")
    with pytest.raises(EvaluationError, match=says):
        read_predictions(tmp_path)


def test_missing_and_undecodable_files_are_errors(tmp_path):
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_predictions(tmp_path)
    (tmp_path / "records.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(EvaluationError, match="not UTF-8"):
        read_predictions(tmp_path)
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_evaluation(tmp_path / "run.json")


def test_saved_evaluation_is_read_back_with_or_without_the_gate(tmp_path, evaluation):
    file = tmp_path / "run.json"
    file.write_text(evaluation_json(evaluation), encoding="utf-8")
    assert read_evaluation(file) == evaluation
    gate = check(evaluation, Baseline(git_revision=None, evaluation=evaluation))
    file.write_text(evaluation_json(evaluation, gate), encoding="utf-8")
    assert read_evaluation(file) == evaluation


def test_file_that_is_no_evaluation_is_an_error(tmp_path):
    file = tmp_path / "run.json"
    file.write_text(predictions().model_dump_json(), encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"run\.json is not a saved evaluation: system"):
        read_evaluation(file)
