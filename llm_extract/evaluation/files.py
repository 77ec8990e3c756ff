"""Reads what can be scored or compared: predictions, and evaluations that were saved."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.scores import Evaluation
from llm_extract.schemas import ArticleRecords

RECORDS_FILE = "records.jsonl"


def read_predictions(path: Path) -> list[ArticleRecords]:
    """Read predictions: one `ArticleRecords` a line, records of users' own types left out.

    Args:
        path: a file of such lines, or the output folder of a run, which holds `records.jsonl`.

    Raises:
        EvaluationError: the file is missing or empty, or a line is not an `ArticleRecords`; names
            file, line and field.
    """
    file = path / RECORDS_FILE if path.is_dir() else path
    lines = enumerate(_text(file).split("\n"), start=1)
    predictions = [_prediction(file, number, line) for number, line in lines if line.strip()]
    if not predictions:
        raise EvaluationError(f"{file}: holds no predictions")
    return predictions


def read_evaluation(path: Path) -> Evaluation:
    """Read an evaluation that was saved as JSON.

    Args:
        path: the file.

    Raises:
        EvaluationError: the file is missing or is not a saved evaluation.
    """
    try:
        content = _content(path, _text(path))
        # Derived figures that the JSON output carries for its readers.
        for derived in ("summary", "gate"):
            content.pop(derived, None)
        return Evaluation.model_validate(content)
    except ValidationError as error:
        raise EvaluationError(f"{path} is not a saved evaluation: {_fault(error)}") from error


def _prediction(file: Path, number: int, line: str) -> ArticleRecords:
    where = f"{file}:{number}"
    content = _content(where, line)
    # Their types are known to the run that made them only, and no gold exists for them.
    content.pop("custom", None)
    try:
        return ArticleRecords.model_validate(content)
    except ValidationError as error:
        raise EvaluationError(f"{where}: not a prediction: {_fault(error)}") from error


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{file} is not UTF-8 text (byte {error.start})") from error


def _content(where: object, text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise EvaluationError(
            f"{where}: invalid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    if not isinstance(content, dict):
        raise EvaluationError(f"{where}: holds a JSON {type(content).__name__}, not an object")
    return content


def _fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    place = ".".join(map(str, fault["loc"]))
    return f"{place}: {fault['msg']}" if place else fault["msg"]
