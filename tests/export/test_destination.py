"""An export appears whole or not at all, and replaces nothing but an older one."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llm_extract.batch.lock import FolderLock
from llm_extract.errors import StoreError, UsageError
from llm_extract.export import FORMATS, export_results
from llm_extract.export.destination import MANIFEST
from llm_extract.export.tables import Row
from tests.export.results import article, everything, meeting, write_results

FOLDERS = ["csv", "parquet", "jsonl"]
KILLED = """
import os, signal, sys
from llm_extract.export import export_results, exporting

def rows(results, aliases, whole=exporting.rows_of):
    for number, row in enumerate(whole(results, aliases)):
        if number == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        yield row

exporting.rows_of = rows
export_results("out", sys.argv[1], sys.argv[2])
"""


KILLED_ASIDE = """
import os, signal, sys
from pathlib import Path
from llm_extract.export import export_results

replace = Path.replace

def aside(self, target):
    if self.name == "content":
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)

Path.replace = aside
export_results("out", "csv", sys.argv[1])
"""


class BreakError(Exception):
    pass


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return write_results(tmp_path / "out", everything())


def content(path: Path) -> dict[str, bytes]:
    files = path.iterdir() if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.parametrize("format_", FORMATS)
def test_older_export_is_replaced(out: Path, tmp_path: Path, format_: str) -> None:
    place = tmp_path / "there" / "export"
    before = content(export_results(out, format_, place).path)
    more = write_results(
        tmp_path / "more", [*everything(), article("c.txt", meetings=[meeting("A", "B")])]
    )
    export_results(more, format_, place)
    after = content(place)
    assert after.keys() == before.keys()
    assert after != before
    assert [*place.parent.iterdir()] == [place]


@pytest.mark.parametrize("format_", FORMATS)
def test_failure_midway_leaves_what_was_there(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    from llm_extract.export import exporting

    place = tmp_path / "there" / "export"
    before = content(export_results(out, format_, place).path)
    whole = exporting.rows_of

    def broken(results: Any, aliases: Any) -> Iterator[Row]:
        for number, row in enumerate(whole(results, aliases)):
            if number == 30:
                raise BreakError
            yield row

    monkeypatch.setattr(exporting, "rows_of", broken)
    with pytest.raises(BreakError):
        export_results(out, format_, place)
    assert content(place) == before
    assert [*place.parent.iterdir()] == [place]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("format_", FORMATS)
def test_kill_leaves_what_was_there_and_the_next_export_clears_up(
    out: Path, tmp_path: Path, format_: str
) -> None:
    place = tmp_path / "there" / "export"
    before = content(export_results(out, format_, place).path)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, format_, str(place), "40"], cwd=tmp_path, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    assert content(place) == before
    assert len([*place.parent.iterdir()]) == 2
    export_results(out, format_, place)
    assert content(place) == before
    assert [*place.parent.iterdir()] == [place]


def test_old_folder_comes_back_where_the_new_one_cannot_be_put_in_place(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "there" / "export"
    before = content(export_results(out, "csv", place).path)
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if self.name == "content":
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(StoreError, match=r"cannot write .*export: Permission denied"):
        export_results(out, "csv", place)
    assert content(place) == before
    assert [*place.parent.iterdir()] == [place]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_old_folder_comes_back_after_a_kill_while_it_steps_aside(out: Path, tmp_path: Path) -> None:
    place = tmp_path / "there" / "export"
    before = content(export_results(out, "csv", place).path)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_ASIDE, str(place)], cwd=tmp_path, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    assert not place.exists()
    (place.parent / ".export.unfinished" / "content" / MANIFEST).unlink()
    with pytest.raises(UsageError, match="holds an export as csv"):
        export_results(out, "jsonl", place)
    assert content(place) == before
    assert [*place.parent.iterdir()] == [place]


def test_full_disk_is_one_line(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"cannot write .*csv: No space left on device"):
        export_results(out, "csv", tmp_path / "csv")
    assert [*tmp_path.iterdir()] == [out]


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("kind", ["file", "folder", "empty file", "other sqlite", "ledger"])
def test_what_is_no_export_is_not_replaced(
    out: Path, tmp_path: Path, format_: str, kind: str
) -> None:
    place = tmp_path / "mine"
    if kind == "folder":
        place.mkdir()
        (place / "notes.txt").write_text("mine")
    elif kind == "other sqlite":
        with closing(sqlite3.connect(place)) as db:
            db.execute("CREATE TABLE mine (a)")
    elif kind == "ledger":
        place = out / "llm_extract.db"
    else:
        place.write_text("mine" if kind == "file" else "")
    before = content(place)
    with pytest.raises(UsageError, match=r"move it, or name another output"):
        export_results(out, format_, place)
    assert content(place) == before
    assert not [*tmp_path.glob(".*")]


@pytest.mark.parametrize("format_", FORMATS)
def test_export_in_another_format_is_not_replaced(out: Path, tmp_path: Path, format_: str) -> None:
    other = "graphml" if format_ == "sqlite" else "sqlite"
    place = export_results(out, other, tmp_path / "export").path
    with pytest.raises(UsageError, match="export"):
        export_results(out, format_, place)


def test_one_folder_format_does_not_replace_another(out: Path, tmp_path: Path) -> None:
    place = export_results(out, "csv", tmp_path / "export").path
    with pytest.raises(UsageError, match="holds an export as csv"):
        export_results(out, "jsonl", place)


@pytest.mark.parametrize("format_", FOLDERS)
def test_folder_with_other_files_in_it_is_not_replaced(out: Path, format_: str) -> None:
    place = export_results(out, format_).path
    (place / "chart.xlsx").write_text("mine")
    with pytest.raises(UsageError, match=r"holds chart\.xlsx, which no export wrote"):
        export_results(out, format_)
    assert (place / "chart.xlsx").read_text() == "mine"


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"written_by": "me", "files": []}'])
def test_folder_with_another_manifest_is_not_replaced(out: Path, tmp_path: Path, text: str) -> None:
    place = tmp_path / "mine"
    place.mkdir()
    (place / MANIFEST).write_text(text)
    with pytest.raises(UsageError, match="is no folder that an export wrote"):
        export_results(out, "csv", place)


def test_database_that_is_being_written_is_not_replaced(out: Path) -> None:
    place = export_results(out).path
    with closing(sqlite3.connect(place)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE mine (a)")
        with pytest.raises(UsageError, match="is being written by another program"):
            export_results(out)


def test_second_export_to_the_same_place_waits_for_nobody(out: Path, tmp_path: Path) -> None:
    work = tmp_path / ".export.unfinished"
    work.mkdir()
    (work / "content").write_text("of the first")
    with FolderLock(work), pytest.raises(StoreError, match=rf"process {os.getpid()} is exporting"):
        export_results(out, "sqlite", tmp_path / "export")
    assert (work / "content").read_text() == "of the first"


def test_place_that_cannot_be_made_is_one_line(out: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write .*file/export"):
        export_results(out, "csv", tmp_path / "file" / "export")


@pytest.mark.parametrize("place", [".", "..", "/"])
def test_folders_without_a_name_of_their_own_are_refused(
    out: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(out)
    with pytest.raises(UsageError, match="is no folder that an export wrote"):
        export_results(out, "csv", place)
