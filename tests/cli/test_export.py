from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.export.results import everything, write_results


@pytest.fixture
def out(workplace: Path) -> Path:
    return write_results(workplace / "out", everything())


def test_export_says_what_it_wrote_and_where(cli: Cli, out: Path) -> None:
    ended = cli("export", "out")
    assert ended.code == 0
    assert ended.out == (
        "out/export.sqlite: 2 articles, 3 meetings, 3 positions, 2 quotes, 1 custom records, "
        "3 actors\n"
    )
    assert Path("out/export.sqlite").is_file()


def test_format_and_output_are_taken(cli: Cli, out: Path) -> None:
    assert cli("export", "out", "--format", "csv", "--output", "for/excel").code == 0
    assert Path("for/excel/articles.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere"], 2, "no llm_extract.db in nowhere: name the output folder of a run"),
        (["out", "--format", "xlsx"], 2, "no format xlsx: choose one of sqlite, csv, parquet, "
            "jsonl, graphml"),
        (["out", "--output", "notes.txt"], 2, "notes.txt is no SQLite file that an export wrote: "
            "move it, or name another output"),
        (["out", "--output", "notes.txt/x"], 1, "cannot write notes.txt/x: Not a directory"),
    ],
)  # fmt: skip
def test_mistakes_end_in_one_line(
    cli: Cli, out: Path, arguments: list[str], code: int, message: str
) -> None:
    Path("notes.txt").write_text("mine")
    ended = cli("export", *arguments)
    assert (ended.code, ended.out, ended.err) == (code, "", f"error: {message}\n")
    assert Path("notes.txt").read_text() == "mine"


def test_help_names_the_formats(cli: Cli) -> None:
    from llm_extract.export import FORMATS

    shown = cli("export", "--help").out
    assert all(name in shown for name in FORMATS)


def test_alias_file_has_the_last_word(cli: Cli, out: Path) -> None:
    Path("same.toml").write_text(
        '[[actor]]\nname = "Ana Petrova"\naliases = ["Juan Soto"]\n', encoding="utf-8"
    )
    ended = cli("export", "out", "--aliases", "same.toml")
    assert ended.code == 0
    assert "2 actors" in ended.out
    ended = cli("export", "out", "--aliases", "missing.toml")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "missing.toml" in ended.err
