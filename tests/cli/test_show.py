import io
from pathlib import Path

import pytest
from rich.console import Console

from llm_extract.cli import show
from llm_extract.schemas import (
    Actor,
    ArticleRecords,
    DroppedDraft,
    EventDate,
    Meeting,
    Position,
    Record,
)
from tests.batch.news import records_of
from tests.cli.conftest import Cli

EVIDENCE = records_of("a").quotes[0].evidence


def write(*results: ArticleRecords) -> None:
    Path("out").mkdir()
    lines = (result.model_dump_json() for result in results)
    Path("out/records.jsonl").write_text("".join(f"{line}\n" for line in lines))


def test_each_record_is_shown_with_its_evidence(cli: Cli) -> None:
    meeting = Meeting(
        participants=[Actor(name="Ana Petrova", role="mayor"), Actor(name="Juan Soto")],
        status="planned",
        mode="in_person",
        date=EventDate(text="on Monday", iso="2031-05-05"),
        location="Oslo",
        topics=["ferries"],
        evidence=EVIDENCE,
    )
    position = Position(
        holder=Actor(name="Juan Soto"), issue="the bridge", stance="opposes", evidence=EVIDENCE
    )
    write(records_of("a").model_copy(update={"meetings": [meeting], "positions": [position]}))
    shown = cli("show", "out").out
    for part in (
        "a.txt",
        "Ana Petrova (mayor) – Juan Soto  [planned, in person, Oslo, on Monday (2031-05-05)]",
        "about ferries",
        "Juan Soto opposes the bridge",
        "nobody named: “We will build the a bridge,”  [full]",
        f"0–3: {EVIDENCE[0].text}",
    ):
        assert part in shown


def test_mixed_stance_reads_as_a_sentence(cli: Cli) -> None:
    position = Position(
        holder=Actor(name="Juan Soto"), issue="the bridge", stance="mixed", evidence=EVIDENCE
    )
    write(records_of("a").model_copy(update={"positions": [position]}))
    assert "Juan Soto both supports and opposes the bridge" in cli("show", "out").out


def test_dropped_drafts_are_counted(cli: Cli) -> None:
    dropped = DroppedDraft(record="quote", reason="no such sentence", draft="{}")
    write(records_of("a", dropped=[dropped]))
    assert "1 drafts dropped by validation" in cli("show", "out").out


def test_own_types_show_their_fields_by_their_words(cli: Cli) -> None:
    class Toll(Record):
        """A charge."""

        payers: list[Actor]
        date: EventDate | None = None

    toll = Toll(payers=[Actor(name="Ana Petrova"), Actor(name="Juan Soto")], evidence=EVIDENCE)
    write(records_of("a").model_copy(update={"custom": {"tolls": [toll]}}))
    assert "• payers: Ana Petrova; Juan Soto, date: –" in cli("show", "out").out


def test_article_without_records_says_so(cli: Cli) -> None:
    write(records_of("a").model_copy(update={"quotes": []}))
    assert "no records" in cli("show", "out/records.jsonl").out


def test_article_text_cannot_disturb_the_terminal(cli: Cli) -> None:
    title = "[bold]Loud[/bold] \x1b[31mred\x07 \u202egnirts\u2066 one\r\ntwo\u2028three"
    result = records_of("a")
    ref = result.article.model_copy(update={"title": title})
    write(result.model_copy(update={"article": ref}))
    shown = cli("show", "out").out
    assert "[bold]Loud[/bold] \ufffd[31mred\ufffd gnirts one two three" in shown
    assert not set("\x1b\x07\r\u202e\u2066\u2028") & set(shown)


def test_long_line_is_folded_below_its_beginning_on_a_terminal(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=24, color_system=None)
    monkeypatch.setattr(show, "stdout", lambda: terminal)
    write(records_of("a"))
    cli("show", "out")
    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    at = lines.index("  • nobody named: “We")
    assert lines[at + 1] == "  will build the a"


def test_broken_line_is_named(cli: Cli) -> None:
    Path("out").mkdir()
    Path("out/records.jsonl").write_text("{}\n")
    ended = cli("show", "out")
    assert ended.code == 1
    assert ended.err.startswith("error: out/records.jsonl:1: not a line of records")
