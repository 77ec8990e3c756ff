import datetime
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from llm_extract.batch.store import STORE_FILE, check_output, open_store
from llm_extract.errors import SourceError, StoreError, UsageError
from llm_extract.schemas import Record
from llm_extract.text.sources import SourceFailure
from tests.batch.news import article, finish, ids_in, lines_of, records_of, text


def test_line_is_the_result_as_it_was_made(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north"])
        exported = store.export(complete=True)
    assert next(lines_of(exported.path)) == records_of("north").model_dump_json()


def test_finished_articles_survive_without_export(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north"])
    with open_store(tmp_path, "s") as store:
        assert store.is_done(article("north"))


def test_only_the_same_text_date_and_settings_count_as_done(tmp_path: Path) -> None:
    north = article("north")
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north"])
        assert store.is_done(replace(north, id="moved.txt", title="Bridges"))
        assert not store.is_done(article("south"))
        assert not store.is_done(replace(north, published=datetime.date(2031, 5, 2)))
    with open_store(tmp_path, "other model") as store:
        assert not store.is_done(north)


def test_failed_article_is_not_done_until_it_is_finished(tmp_path: Path) -> None:
    north = article("north")
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        store.list_article(north)
        store.fail(north, "RefusedReplyError", "declined")
        assert not store.is_done(north)
        assert store.export(complete=True).articles == 0
        store.finish(north, records_of("north"))
        assert store.is_done(north)
        assert store.export(complete=True).articles == 1


def test_reasons_of_failures_are_kept(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        store.list_article(article("north"))
        store.fail(article("north"), "RefusedReplyError", "declined")
        store.list_failure(SourceFailure("bad.txt", "in/bad.txt", SourceError("is empty")))
    db = sqlite3.connect(tmp_path / STORE_FILE)
    assert db.execute("SELECT error_kind, error FROM outcome").fetchall() == [
        ("RefusedReplyError", "declined")
    ]
    assert ("bad.txt", "is empty") in db.execute("SELECT id, error FROM listing").fetchall()
    db.close()


def test_usage_is_kept_beside_the_records(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        store.list_article(article("north"))
        store.finish(article("north"), records_of("north", cost_usd=0.25))
    db = sqlite3.connect(tmp_path / STORE_FILE)
    row = db.execute(
        "SELECT calls, prompt_tokens, cached_tokens, completion_tokens, cost_usd, seconds, dropped "
        "FROM outcome"
    ).fetchone()
    db.close()
    assert row == (1, 10, 4, 2, 0.25, 0.5, 0)


def test_lines_come_in_the_order_of_the_sources_not_of_finishing(tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        for name in names:
            store.list_article(article(name))
        for name in reversed(names):
            store.finish(article(name), records_of(name))
        assert ids_in(store.export(complete=True).path) == ["a.txt", "b.txt", "c.txt"]


def test_complete_run_leaves_out_what_it_did_not_meet(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["a", "b"])
        store.begin_run()
        store.list_article(article("b"))
        exported = store.export(complete=True)
    assert ids_in(exported.path) == ["b.txt"]
    assert exported.records["quotes"] == 1


def test_run_cut_short_keeps_what_runs_before_it_finished(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["a", "b", "c", "d"])
        store.begin_run()
        finish(store, ["a", "b", "new"])
        store.begin_run()
        store.list_article(article("a"))
        exported = store.export(complete=False)
    assert ids_in(exported.path) == ["a.txt", "b.txt", "new.txt", "c.txt", "d.txt"]
    assert exported.articles == exported.records["quotes"] == 5


def test_records_of_other_settings_are_never_mixed_in(tmp_path: Path) -> None:
    with open_store(tmp_path, "old") as store:
        store.begin_run()
        finish(store, ["a", "b"])
    with open_store(tmp_path, "new") as store:
        store.begin_run()
        finish(store, ["a"])
        exported = store.export(complete=False)
    assert ids_in(exported.path) == ["a.txt"]
    assert exported.records["quotes"] == 1


def test_equal_texts_are_written_for_each_id(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["a"])
        store.list_article(replace(article("a"), id="copy.txt"))
        exported = store.export(complete=True)
    assert ids_in(exported.path) == ["a.txt", "copy.txt"]
    assert exported.records["quotes"] == 2


def test_records_are_counted_by_kind(tmp_path: Path) -> None:
    class Toll(Record):
        """A charge."""

    own = Toll(evidence=records_of("a").quotes[0].evidence)
    records = records_of("a").model_copy(update={"custom": {"tolls": [own, own]}})
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        store.list_article(article("a"))
        store.finish(article("a"), records)
        counted = store.export(complete=True).records
    assert counted == {"meetings": 0, "positions": 0, "quotes": 1, "tolls": 2}


def test_failed_export_leaves_the_old_records_whole(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["a"])
        path = store.export(complete=True).path
        before = path.read_bytes()
        finish(store, ["b"])
        (tmp_path / "records.jsonl.tmp").mkdir()
        with pytest.raises(StoreError, match=r"records\.jsonl\.tmp cannot be written"):
            store.export(complete=True)
    assert path.read_bytes() == before


def test_text_beyond_ascii_and_line_separators_stay_on_one_line(tmp_path: Path) -> None:
    odd = replace(article("a"), title="Brücke\u2028שלום \U0001f309")
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        store.list_article(odd)
        store.finish(odd, records_of("a"))
        path = store.export(complete=True).path
    assert path.read_bytes().count(b"\n") == 1
    assert "Brücke" in path.read_text(encoding="utf-8")


def test_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / STORE_FILE).write_text("no database " * 1000)
    with pytest.raises(StoreError, match=rf"{STORE_FILE} is damaged"):
        open_store(tmp_path, "s")


def test_file_of_another_version_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path, "s").close()
    db = sqlite3.connect(tmp_path / STORE_FILE)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="another version"):
        open_store(tmp_path, "s")


def test_fault_of_the_database_while_writing_is_one_clear_line(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        other = sqlite3.connect(tmp_path / STORE_FILE)
        other.execute("DROP TABLE listing")
        other.close()
        with pytest.raises(StoreError, match=rf"{STORE_FILE} cannot be used: no such table"):
            store.list_article(article("a"))


def test_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("")
    with pytest.raises(UsageError, match="is a file"):
        open_store(file, "s")
    with pytest.raises(UsageError, match="is a file"):
        check_output(file, [])


def test_output_below_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("")
    with pytest.raises(UsageError, match="cannot make the output folder"):
        open_store(file / "deeper", "s")


def test_output_that_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(UsageError, match="cannot be written"):
        open_store(tmp_path, "s")


@pytest.mark.parametrize("place", ["in", "in/out", "in/../in/out"])
def test_output_in_a_source_folder_is_refused(tmp_path: Path, place: str) -> None:
    source = tmp_path / "in"
    source.mkdir()
    with pytest.raises(UsageError, match="choose one outside"):
        check_output(tmp_path / place, [source])


def test_output_beside_the_sources_is_accepted(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (tmp_path / "one.txt").write_text(text("one"))
    check_output(tmp_path / "in-out", [source])
    check_output(tmp_path, [tmp_path / "one.txt"])
