import datetime
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from llm_extract.batch.database import STORE_FILE
from llm_extract.batch.lock import LOCK_FILE, holder
from llm_extract.batch.output import check_output
from llm_extract.batch.store import Failure, open_store, read_store
from llm_extract.errors import SourceError, StoreError, UsageError
from llm_extract.models.usage import Usage
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


def test_failure_is_told_with_whether_it_may_pass_and_was_in_an_earlier_run(tmp_path: Path) -> None:
    north, south = article("north"), article("south")
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        assert store.failure_of(north) is None
        store.fail(north, "RefusedReplyError", "declined")
        assert store.failure_of(north) == Failure("declined", passing=False, earlier=False)
        store.begin_run()
        store.fail(south, "TransientModelError", "busy", passing=True)
        assert store.failure_of(north) == Failure("declined", passing=False, earlier=True)
        assert store.failure_of(south) == Failure("busy", passing=True, earlier=False)
        store.finish(north, records_of("north"))
        assert store.failure_of(north) is None


def test_what_a_run_took_is_kept_and_one_unknown_price_makes_it_unknown(tmp_path: Path) -> None:
    def taken() -> tuple[object, ...]:
        row: tuple[object, ...] = db.execute(
            "SELECT asked, calls, prompt_tokens, completion_tokens, cost_usd FROM run"
        ).fetchone()
        return row

    with open_store(tmp_path, "s") as store:
        db = sqlite3.connect(tmp_path / STORE_FILE)
        store.begin_run(4)
        store.finish(article("a"), records_of("a", cost_usd=0.25))
        store.fail(article("b"), "E", "no", usage=Usage(2, 0, 20, 0, 4, 0.5))
        store.charge(Usage(1, 0, 5, 0, 1, 0.25))
        assert taken() == (2, 4, 35, 7, 1.0)
        store.finish(article("c"), records_of("c", cost_usd=None))
        store.finish(article("d"), records_of("d", cost_usd=0.25))
        assert taken() == (4, 6, 55, 11, None)
        db.close()


def test_second_writer_is_refused_with_the_pid_of_the_first_and_readers_are_not(
    tmp_path: Path,
) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        with pytest.raises(StoreError, match=rf"process {os.getpid()} is working on"):
            open_store(tmp_path, "s")
        finish(store, ["north"])
        with read_store(tmp_path, "s") as reader:
            assert reader.is_done(article("north"))
    open_store(tmp_path, "s").close()


def test_lock_file_of_a_dead_process_locks_nothing(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("1\n")
    assert holder(tmp_path) is None
    with open_store(tmp_path, "s"):
        assert holder(tmp_path) == os.getpid()


def test_fresh_store_has_nothing_of_the_old_even_of_a_damaged_one(tmp_path: Path) -> None:
    (tmp_path / STORE_FILE).write_bytes(b"no database " * 1000)
    (tmp_path / "records.jsonl").write_text("{}")
    with open_store(tmp_path, "s", fresh=True) as store:
        assert not (tmp_path / "records.jsonl").exists()
        store.begin_run()
        finish(store, ["north"])
    with open_store(tmp_path, "s", fresh=True) as store:
        assert not store.is_done(article("north"))


def test_reasons_of_failures_are_kept(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        store.list_article(article("north"))
        store.fail(article("north"), "RefusedReplyError", "declined")
        store.list_failure(SourceFailure("bad.txt", "in/bad.txt", SourceError("is empty")))
        store.export(complete=True)
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
            finish(store, ["a"])


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
