from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from llm_extract.cli import app
from llm_extract.errors import UsageError
from llm_extract.report import data
from tests.report.conftest import stories
from tests.support.stories import write_run


def report(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_report_is_written_into_the_folder_and_named(tmp_path: Path) -> None:
    write_run(tmp_path, stories())
    done = report(tmp_path)
    assert done.exit_code == 0
    assert done.output.startswith(f"{tmp_path / 'report.html'}: 3 articles, 0.")
    assert (tmp_path / "report.html").is_file()


def test_report_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "results", stories())
    assert report(folder, "--output", tmp_path / "mine.html").exit_code == 0
    assert (tmp_path / "mine.html").is_file()
    assert not (folder / "report.html").exists()


def test_part_of_a_large_run_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = data.read_report
    monkeypatch.setattr(data, "read_report", partial(read, size=2))
    done = report(write_run(tmp_path, stories()), "--page", 2)
    assert "report-2.html: 1 article," in done.output
    assert "these are articles 3 to 3 of 3: --page N for others" in done.output


def test_folder_that_holds_no_run_is_refused(tmp_path: Path) -> None:
    done = report(tmp_path)
    assert isinstance(done.exception, UsageError)
    assert not list(tmp_path.iterdir())


def test_alias_file_has_the_last_word(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "results", stories())
    aliases = tmp_path / "same.toml"
    aliases.write_text('[[actor]]\nname = "Anna P."\naliases = ["Ana Petrova"]\n', encoding="utf-8")
    assert report(folder, "--aliases", aliases).exit_code == 0
    assert "Anna P." in (folder / "report.html").read_text(encoding="utf-8")
