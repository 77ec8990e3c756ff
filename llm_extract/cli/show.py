"""`llm-extract show`: the records of a run, for people to read."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.padding import Padding
from rich.text import Text

from llm_extract.cli.console import stdout
from llm_extract.text.display import plain

if TYPE_CHECKING:
    from llm_extract.schemas import Actor, ArticleRecords, Meeting, Position, Quote, Record, Span

_INDENT = 2
_STANCES = {"mixed": "both supports and opposes"}


class Line(NamedTuple):
    """A line to print, and how many levels it stands below the article."""

    level: int
    text: Text


def show(
    place: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DIR|URL", help="Output folder of a run, records.jsonl, or shards."
        ),
    ],
) -> None:
    """Print the records of a run with the passages that support them."""
    from llm_extract.batch.records import read_records

    for records in read_records(place):
        for line in _article(records):
            _print(line)


def _print(line: Line) -> None:
    """Print a line; on a terminal, one that is too long is folded below its beginning."""
    indent = _INDENT * line.level
    if stdout().is_terminal:
        stdout().print(Padding(line.text, (0, 0, 0, indent), expand=False), soft_wrap=False)
    else:
        stdout().print(Text(" " * indent).append_text(line.text))


def _article(records: "ArticleRecords") -> Iterator[Line]:
    article = records.article
    heading = " · ".join(
        str(part) for part in (article.id, article.title, article.published) if part
    )
    yield Line(0, Text(plain(heading), style="bold underline"))
    sections = (
        ("Meetings", [line for m in records.meetings for line in _meeting(m)]),
        ("Positions", [line for p in records.positions for line in _position(p)]),
        ("Quotes", [line for q in records.quotes for line in _quote(q)]),
        *(
            (name.replace("_", " ").capitalize(), [line for r in found for line in _own(r)])
            for name, found in records.custom.items()
        ),
    )
    for name, lines in sections:
        if lines:
            yield Line(0, Text(plain(name), style="bold cyan"))
            yield from lines
    if not any(lines for _, lines in sections):
        yield Line(1, Text("no records", style="dim"))
    if dropped := records.provenance.dropped:
        yield Line(1, Text(f"{len(dropped)} drafts dropped by validation", style="dim"))
    yield Line(0, Text())


def _meeting(meeting: "Meeting") -> Iterator[Line]:
    details = [meeting.status, (meeting.mode or "").replace("_", " "), meeting.location]
    if meeting.date:
        iso = f" ({meeting.date.iso})" if meeting.date.iso else ""
        details.append(f"{meeting.date.text}{iso}")
    yield _claim(" – ".join(map(_name, meeting.participants)), details)
    if meeting.topics:
        yield _detail(f"about {'; '.join(meeting.topics)}")
    yield from _evidence(meeting.evidence)


def _position(position: "Position") -> Iterator[Line]:
    stance = _STANCES.get(position.stance, position.stance)
    yield _claim(f"{_name(position.holder)} {stance} {position.issue}", [])
    yield from _evidence(position.evidence)


def _quote(quote: "Quote") -> Iterator[Line]:
    speaker = _name(quote.speaker) if quote.speaker else "nobody named"
    yield _claim(f"{speaker}: “{quote.text.text}”", [quote.kind])
    yield from _evidence(quote.evidence)


def _own(record: "Record") -> Iterator[Line]:
    values = record.model_dump(mode="json", exclude={"evidence"})
    yield _claim(", ".join(f"{name}: {_value(value)}" for name, value in values.items()), [])
    yield from _evidence(record.evidence)


def _value(value: object) -> str:
    """Write a field of a user's own type: actors, dates and quotations by their words."""
    if isinstance(value, dict):
        return str(value.get("name", value.get("text", value)))
    if isinstance(value, list):
        return "; ".join(map(_value, value))
    return "–" if value is None else str(value)


def _name(actor: "Actor") -> str:
    described = ", ".join(part for part in (actor.role, actor.affiliation) if part)
    return f"{actor.name} ({described})" if described else actor.name


def _claim(text: str, details: list[str | None]) -> Line:
    listed = ", ".join(detail for detail in details if detail)
    return Line(
        1, Text.assemble(f"• {plain(text)}", (f"  [{plain(listed)}]" if listed else "", "dim"))
    )


def _detail(text: str) -> Line:
    return Line(2, Text(plain(text), style="dim"))


def _evidence(spans: "list[Span]") -> Iterator[Line]:
    for span in spans:
        yield _detail(f"{span.start}–{span.end}: {span.text}")
