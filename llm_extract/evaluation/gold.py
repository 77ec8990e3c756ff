"""Gold: records labelled by hand, read from one JSON file an article and tied to its text."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from llm_extract.errors import EvaluationError, SourceError
from llm_extract.evaluation.gold_format import ArticleLabels, Fault, faults_in, locate_labels
from llm_extract.evaluation.json_lines import JsonLines
from llm_extract.evaluation.json_lines import Path as JsonPath
from llm_extract.schemas import Meeting, Position, Quote
from llm_extract.text.decoding import decode


@dataclass(frozen=True)
class GoldArticle:
    """An article with the records a person found in it.

    Attributes:
        id: file name of the article without its ending.
        text: the article, the text that all spans point into.
        meetings: the labelled meetings.
        positions: the labelled positions.
        quotes: the labelled quotes.
    """

    id: str
    text: str
    meetings: tuple[Meeting, ...]
    positions: tuple[Position, ...]
    quotes: tuple[Quote, ...]

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the UTF-8 encoded text, 64 hexadecimal digits."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over text and records: two evaluations agree on the gold where this is equal."""
        records = [r.model_dump_json() for r in (*self.meetings, *self.positions, *self.quotes)]
        return hashlib.sha256("\n".join([self.sha256, *records]).encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class GoldProblem:
    """What is wrong with a gold file, and where.

    Attributes:
        file: the gold file.
        line: line of the faulty value, from 1.
        message: what is wrong and what to do.
    """

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def load_gold(gold_dir: Path, articles_dir: Path) -> list[GoldArticle]:
    """Read all gold files of a folder, in the order of their names.

    Args:
        gold_dir: folder with one `NAME.json` an article.
        articles_dir: folder with the articles, `NAME.txt`.

    Raises:
        EvaluationError: a gold file or its article cannot be used; names the first file and line
            at fault and how many problems there are.
    """
    articles, problems = _read_folder(gold_dir, articles_dir)
    if problems:
        more = f" (and {len(problems) - 1} more problems in the gold)" if problems[1:] else ""
        raise EvaluationError(f"{problems[0]}{more}")
    return articles


def check_gold(gold_dir: Path, articles_dir: Path) -> list[GoldProblem]:
    """Return everything that is wrong with the gold files of a folder, by file and line.

    Args:
        gold_dir: folder with one `NAME.json` an article.
        articles_dir: folder with the articles, `NAME.txt`.

    Raises:
        EvaluationError: the folder is missing or holds no gold file.
    """
    return _read_folder(gold_dir, articles_dir)[1]


def read_gold(file: Path, articles_dir: Path) -> tuple[GoldArticle | None, list[GoldProblem]]:
    """Read one gold file.

    Args:
        file: the file, `NAME.json`.
        articles_dir: folder with its article, `NAME.txt`.

    Returns:
        The article with its records, or None and everything that is wrong, by line.
    """
    reader = _GoldReader(file, articles_dir)
    article = reader.read()
    return article, sorted(reader.problems, key=lambda problem: problem.line)


def _read_folder(gold_dir: Path, articles_dir: Path) -> tuple[list[GoldArticle], list[GoldProblem]]:
    files = sorted(gold_dir.glob("*.json"))
    if not files:
        raise EvaluationError(f"{gold_dir}: no gold files (NAME.json) in this folder")
    articles, problems = [], []
    for file in files:
        article, wrong = read_gold(file, articles_dir)
        problems += wrong
        if article is not None:
            articles.append(article)
    return articles, problems


class _GoldReader:
    """Reads one gold file; what is wrong with it is collected in `problems`."""

    def __init__(self, file: Path, articles_dir: Path) -> None:
        self.problems: list[GoldProblem] = []
        self._file = file
        self._articles_dir = articles_dir

    def read(self) -> GoldArticle | None:
        """Return the article with its records, or None where anything is wrong."""
        labels = self._parse()
        if labels is None:
            return None
        text = self._article_text(labels.article)
        if text is None:
            return None
        records, faults = locate_labels(labels, text)
        self._report_all(faults)
        if faults:
            return None
        return GoldArticle(
            labels.article, text, records.meetings, records.positions, records.quotes
        )

    def _parse(self) -> ArticleLabels | None:
        self._lines: JsonLines | None = None
        try:
            raw = self._file.read_text(encoding="utf-8-sig")
            self._lines = JsonLines(raw)
            return ArticleLabels.model_validate_json(raw)
        except json.JSONDecodeError as error:
            self.problems.append(
                GoldProblem(self._file, error.lineno, f"invalid JSON: {error.msg}")
            )
        except ValidationError as error:
            self._report_all(faults_in(error))
        except (OSError, UnicodeDecodeError, RecursionError) as error:
            self._report((), f"cannot be read: {error}")
        return None

    def _article_text(self, name: str) -> str | None:
        if name != self._file.stem:
            self._report(
                ("article",), f'"article" is "{name}" but the file is named {self._file.name}'
            )
            return None
        path = self._articles_dir / f"{name}.txt"
        try:
            return decode(path.read_bytes())
        except (OSError, SourceError) as error:
            self._report(("article",), f"its article {path} cannot be read: {error}")
            return None

    def _report_all(self, faults: list[Fault]) -> None:
        for fault in faults:
            message = fault.message
            if fault.twin is not None:
                line = self._line(fault.twin)
                message = f"the same record as the one on line {line}; keep one of them"
            self._report(fault.path, message)

    def _report(self, path: JsonPath, message: str) -> None:
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
        self.problems.append(
            GoldProblem(self._file, self._line(path), f"{where}: {message}" if where else message)
        )

    def _line(self, path: JsonPath) -> int:
        return self._lines.line(path) if self._lines else 1
