"""Gold: records labelled by hand, read from one JSON file an article and tied to its text."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from llm_extract.errors import EvaluationError, SourceError
from llm_extract.evaluation.json_lines import JsonLines
from llm_extract.evaluation.locating import (
    Place,
    locate_evidence,
    locate_quotation,
    occurrences,
)
from llm_extract.schemas import (
    Actor,
    EventDate,
    Meeting,
    MeetingMode,
    MeetingStatus,
    Position,
    Quotation,
    Quote,
    QuoteKind,
    Span,
    Stance,
)
from llm_extract.text.decoding import decode

_Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


class _Labels(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Labelled(_Labels):
    evidence: Annotated[list[_Text], Field(min_length=1)]


class _GoldMeeting(_Labelled):
    participants: Annotated[list[Actor], Field(min_length=1)]
    status: MeetingStatus
    mode: MeetingMode | None = None
    date: _Text | None
    location: _Text | None
    topics: list[_Text]


class _GoldPosition(_Labelled):
    holder: Actor
    issue: _Text
    stance: Stance


class _GoldQuote(_Labelled):
    speaker: Actor | None
    text: _Text
    kind: QuoteKind


class _GoldFile(_Labels):
    article: _Text
    meetings: list[_GoldMeeting]
    positions: list[_GoldPosition]
    quotes: list[_GoldQuote]


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


def _read_folder(gold_dir: Path, articles_dir: Path) -> tuple[list[GoldArticle], list[GoldProblem]]:
    files = sorted(gold_dir.glob("*.json"))
    if not files:
        raise EvaluationError(f"{gold_dir}: no gold files (NAME.json) in this folder")
    articles, problems = [], []
    for file in files:
        reader = _GoldReader(file, articles_dir)
        article = reader.read()
        problems += sorted(reader.problems, key=lambda problem: problem.line)
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
        article = GoldArticle(
            id=labels.article,
            text=text,
            meetings=tuple(self._meetings(text, labels.meetings)),
            positions=tuple(self._positions(text, labels.positions)),
            quotes=tuple(self._quotes(text, labels.quotes)),
        )
        return None if self.problems else article

    def _parse(self) -> _GoldFile | None:
        self._lines: JsonLines | None = None
        try:
            raw = self._file.read_text(encoding="utf-8-sig")
            self._lines = JsonLines(raw)
            return _GoldFile.model_validate_json(raw)
        except json.JSONDecodeError as error:
            self.problems.append(
                GoldProblem(self._file, error.lineno, f"invalid JSON: {error.msg}")
            )
        except ValidationError as error:
            for fault in error.errors():
                self._report(fault["loc"], _readable(fault))
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

    def _meetings(self, text: str, labels: list[_GoldMeeting]) -> Iterator[Meeting]:
        first_at: dict[Any, int] = {}
        for index, label in enumerate(labels):
            at = ("meetings", index)
            names = frozenset(actor.name.casefold() for actor in label.participants)
            self._once(at, (names, label.status, label.date, label.location), first_at)
            if not self._verbatim(text, label, at):
                continue
            yield Meeting(
                participants=label.participants,
                status=label.status,
                mode=label.mode,
                date=EventDate(text=label.date) if label.date else None,
                location=label.location,
                topics=label.topics,
                evidence=_spans(text, locate_evidence(text, label.evidence)),
            )

    def _positions(self, text: str, labels: list[_GoldPosition]) -> Iterator[Position]:
        first_at: dict[Any, int] = {}
        for index, label in enumerate(labels):
            at = ("positions", index)
            self._once(at, (label.holder.name.casefold(), label.issue.casefold()), first_at)
            if self._verbatim(text, label, at):
                yield Position(
                    holder=label.holder,
                    issue=label.issue,
                    stance=label.stance,
                    evidence=_spans(text, locate_evidence(text, label.evidence)),
                )

    def _quotes(self, text: str, labels: list[_GoldQuote]) -> Iterator[Quote]:
        first_at: dict[Any, int] = {}
        for index, label in enumerate(labels):
            at = ("quotes", index)
            if not self._verbatim(text, label, at):
                continue
            place = locate_quotation(text, label.text, label.evidence, first_at)
            if place is None:
                self._report((*at, "text"), "the quoted words are not within the evidence")
                continue
            self._once(at, place, first_at)
            start, end = place
            yield Quote(
                speaker=label.speaker,
                text=Quotation(start=start, end=end, text=label.text),
                kind=label.kind,
                evidence=_spans(text, locate_evidence(text, label.evidence, anchor=place)),
            )

    def _verbatim(self, text: str, label: _Labelled, at: tuple[str, int]) -> bool:
        """Report evidence and quoted words that the article does not hold."""
        parts: dict[tuple[str | int, ...], str] = {
            (*at, "evidence", i): part for i, part in enumerate(label.evidence)
        }
        if isinstance(label, _GoldQuote):
            parts[(*at, "text")] = label.text
        missing = [path for path, part in parts.items() if not occurrences(text, part)]
        for path in missing:
            self._report(path, f"not in the article character for character: {parts[path]!r}")
        return not missing

    def _once(self, at: tuple[str, int], key: Any, first_at: dict[Any, int]) -> None:
        """Report the record `at` where an earlier one has the same key."""
        first = first_at.setdefault(key, at[1])
        if first != at[1]:
            line = self._lines.line((at[0], first)) if self._lines else 1
            self._report(at, f"the same record as the one on line {line}; keep one of them")

    def _report(self, path: tuple[str | int, ...], message: str) -> None:
        line = self._lines.line(path) if self._lines else 1
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
        self.problems.append(
            GoldProblem(self._file, line, f"{where}: {message}" if where else message)
        )


def _spans(text: str, places: list[Place]) -> list[Span]:
    return [Span(start=start, end=end, text=text[start:end]) for start, end in places]


def _readable(fault: Any) -> str:
    """Return a validation fault in the words of somebody who writes JSON."""
    if fault["type"] == "extra_forbidden":
        return "unknown field"
    if fault["type"] == "missing":
        return "this field is missing"
    return f"{fault['msg']}, not {json.dumps(fault['input'], ensure_ascii=False)[:60]}"
