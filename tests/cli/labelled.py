"""Labelled articles and predictions in files, all invented."""

import importlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from llm_extract.evaluation.matching import AnyRecord
from llm_extract.schemas import Meeting, Position, Quote, Record
from tests.batch import news
from tests.evaluation.builders import RECORDS, TEXT, predictions

GOLD, ARTICLES = Path("eval/gold"), Path("eval/articles")
HARBOURS = tuple(f"harbour-{number}" for number in range(6))


def write_gold(name: str, text: str, records: Sequence[AnyRecord], gold: Path = GOLD) -> None:
    labels: dict[str, list[dict[str, Any]]] = {"meetings": [], "positions": [], "quotes": []}
    for record in records:
        labels[f"{type(record).__name__.lower()}s"].append(_label(record))
    for folder in (gold, ARTICLES):
        folder.mkdir(parents=True, exist_ok=True)
    (gold / f"{name}.json").write_text(json.dumps({"article": name, **labels}, indent=2))
    (ARTICLES / f"{name}.txt").write_text(text)


def write_harbours() -> None:
    """Six articles with two records of every kind each."""
    for name in HARBOURS:
        write_gold(name, TEXT, RECORDS)


def write_bridges(*names: str) -> None:
    """Articles as the loopback's model reads them, each with the quote that it finds."""
    for name in names:
        text = news.text(name)
        words = text[1 : text.index("”")]
        write_gold(name, text, [])
        file = GOLD / f"{name}.json"
        labels = json.loads(file.read_text())
        said = {"speaker": {"name": "Ana Petrova"}, "text": words, "kind": "full"}
        labels["quotes"] = [{**said, "evidence": [text.strip()]}]
        file.write_text(json.dumps(labels, indent=2))


def write_predictions(
    file: str = "predictions.jsonl",
    records: Sequence[AnyRecord] = RECORDS,
    special: Mapping[str, Sequence[AnyRecord]] | None = None,
    names: Sequence[str] = HARBOURS,
) -> str:
    """Write the same records for every article, but for the special ones, and return the file."""
    made = [predictions(f"{n}.txt", (special or {}).get(n, records)) for n in names]
    Path(file).write_text("".join(f"{line.model_dump_json()}\n" for line in made))
    return file


def figures(out: str, measure: str) -> list[str]:
    """Return the numbers in the row of a measure in the one table of an output."""
    (row,) = [line for line in out.splitlines() if re.match(rf"\W*{measure} ", line)]
    return re.findall(r"[-+]?\d[\d.]*", row)


def hide_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the libraries of the extra `eval` missing."""
    real = importlib.import_module

    def without(name: str, package: str | None = None) -> object:
        if name.startswith("scipy"):
            raise ModuleNotFoundError("No module named 'scipy'")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)


def _label(record: Record) -> dict[str, Any]:
    evidence = [span.text for span in record.evidence]
    match record:
        case Meeting():
            return {
                "participants": [{"name": actor.name} for actor in record.participants],
                "status": record.status,
                "date": record.date.text if record.date else None,
                "location": record.location,
                "topics": record.topics,
                "evidence": evidence,
            }
        case Position():
            return {
                "holder": {"name": record.holder.name},
                "issue": record.issue,
                "stance": record.stance,
                "evidence": evidence,
            }
        case Quote():
            return {
                "speaker": {"name": record.speaker.name} if record.speaker else None,
                "text": record.text.text,
                "kind": record.kind,
                "evidence": evidence,
            }
    raise TypeError(f"no gold exists for {record!r}")
