import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from llm_extract.batch.results import FailedArticle, Results, open_results
from llm_extract.batch.store import open_store
from llm_extract.errors import SourceError, StoreError, UsageError
from llm_extract.text.sources import SourceFailure
from tests.batch.news import article, finish, records_of, text


def test_articles_come_with_their_texts_in_source_order(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north", "east", "south"])
        store.export(complete=True)
    with open_results(tmp_path) as results:
        found = list(results.articles())
        assert results.count() == 3
        assert [a.records for a in results.articles(1, 1)] == [found[1].records]
    assert [a.records for a in found] == [records_of(name) for name in ("north", "east", "south")]
    assert [a.text for a in found] == [text(name) for name in ("north", "east", "south")]
    for one in found:
        for quote in one.records.quotes:
            assert one.text[quote.text.start : quote.text.end] == quote.text.text


def test_lines_are_those_of_records_jsonl(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north", "east", "south"])
        exported = store.export(complete=True)
    with open_results(tmp_path) as results:
        assert list(results.lines()) == exported.path.read_text("utf-8").splitlines()
        assert (results.settings, results.complete) == ("s", True)


def test_one_article_is_found_by_its_id(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north", "east"])
    with open_results(tmp_path) as results:
        found = results.article("east.txt")
        assert found is not None
        assert found.text == text("east")
        assert results.article("west.txt") is None


def test_failures_are_those_of_sources_and_of_extraction(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north"])
        store.list_failure(SourceFailure("empty.txt", "empty.txt", SourceError("is empty")))
        store.list_article(article("east"))
        store.fail(article("east"), "RefusedReplyError", "declined")
        store.list_article(article("pending"))
        store.export(complete=True)
    with open_results(tmp_path) as results:
        assert list(results.failures()) == [
            FailedArticle("empty.txt", "SourceError", "is empty"),
            FailedArticle("east.txt", "RefusedReplyError", "declined"),
        ]


def test_articles_of_a_finished_run_leave_out_what_only_earlier_runs_met(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north", "east"])
        store.export(complete=True)
        store.begin_run()
        finish(store, ["east"])
        store.export(complete=False)
        with open_results(tmp_path) as results:
            assert [a.records.article.id for a in results.articles()] == ["east.txt", "north.txt"]
        store.export(complete=True)
        with open_results(tmp_path) as results:
            assert [a.records.article.id for a in results.articles()] == ["east.txt"]


def test_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no llm_extract.db in"):
        open_results(tmp_path)
    open_store(tmp_path, "s").close()
    with pytest.raises(StoreError, match="no run has begun"):
        open_results(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE article_text SET packed = x'00'",
        "UPDATE outcome SET body = '{\"meetings\": 1}'",
        "UPDATE outcome SET body = 'no JSON'",
        "DROP TABLE article_text",
    ],
)
def test_damaged_ledger_is_named(tmp_path: Path, damage: str) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north"])
    with closing(sqlite3.connect(tmp_path / "llm_extract.db")) as db, db:
        db.execute(damage)
    with open_results(tmp_path) as results:
        for read in (lambda: list(results.articles()), lambda: results.article("north.txt")):
            with pytest.raises(StoreError, match=r"llm_extract\.db .*cannot be read"):
                read()


def test_listed_are_the_articles_without_their_records(tmp_path: Path) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north", "east"])
        store.list_article(article("pending"))
        store.export(complete=True)
    with open_results(tmp_path) as results:
        assert list(results.listed()) == [article("north").ref(), article("east").ref()]


@pytest.mark.parametrize("read", [Results.listed, Results.lines, Results.failures])
def test_ledger_without_its_listing_is_named(
    tmp_path: Path, read: Callable[[Results], Iterator[object]]
) -> None:
    with open_store(tmp_path, "s") as store:
        store.begin_run()
        finish(store, ["north"])
    with closing(sqlite3.connect(tmp_path / "llm_extract.db")) as db, db:
        db.execute("DROP TABLE listing")
    damaged = pytest.raises(StoreError, match=r"llm_extract\.db .*cannot be read")
    with open_results(tmp_path) as results, damaged:
        list(read(results))
