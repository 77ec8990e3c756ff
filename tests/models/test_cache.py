import logging
import multiprocessing
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.errors import StoreError
from llm_extract.models.cache import ReplyCache, default_path, reply_key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "replies.db"


@pytest.fixture
def cache(path: Path) -> Iterator[ReplyCache]:
    cache = ReplyCache(path)
    yield cache
    cache.close()


def test_stored_reply_is_found_by_its_key_only(cache: ReplyCache) -> None:
    cache.put("a", "reply ✓")
    assert cache.get("a") == "reply ✓"
    assert cache.get("b") is None


def test_newer_reply_replaces_the_older(cache: ReplyCache) -> None:
    cache.put("a", "old")
    cache.put("a", "new")
    assert cache.get("a") == "new"


def test_replies_outlive_the_process_that_stored_them(cache: ReplyCache, path: Path) -> None:
    cache.put("a", "kept")
    cache.close()
    again = ReplyCache(path)
    assert again.get("a") == "kept"
    again.close()


def test_oldest_replies_go_when_the_bound_is_reached(path: Path) -> None:
    cache = ReplyCache(path, max_bytes=1000)
    for number in range(100):
        cache.put(f"{number:02}", "x" * 98)
        assert stored_bytes(path) <= 1000
    assert cache.get("99") is not None
    assert cache.get("92") is not None
    assert cache.get("80") is None
    cache.close()


def test_replacing_does_not_count_twice(path: Path) -> None:
    cache = ReplyCache(path, max_bytes=1000)
    cache.put("other", "x" * 100)
    for _ in range(50):
        cache.put("same", "x" * 100)
    assert cache.get("other") is not None
    cache.close()


def test_reply_that_nearly_fills_the_cache_is_kept(path: Path) -> None:
    cache = ReplyCache(path, max_bytes=1000)
    cache.put("small", "x")
    cache.put("large", "x" * 990)
    assert cache.get("large") is not None
    assert cache.get("small") is None
    cache.close()


def test_reply_over_the_bound_is_not_stored_and_evicts_nothing(path: Path) -> None:
    cache = ReplyCache(path, max_bytes=1000)
    cache.put("small", "x")
    cache.put("large", "x" * 2000)
    assert cache.get("large") is None
    assert cache.get("small") is not None
    cache.close()


def stored_bytes(path: Path) -> int:
    with sqlite3.connect(path) as db:
        (stored,) = db.execute("SELECT coalesce(sum(length(key) + length(value)), 0) FROM reply")
    db.close()
    return int(stored[0])


def test_damaged_file_starts_anew(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 1000)
    with caplog.at_level(logging.WARNING):
        cache = ReplyCache(path)
    cache.put("a", "b")
    assert cache.get("a") == "b"
    cache.close()
    assert "damaged" in caplog.text


def test_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"replies\.db.*LLM_EXTRACT_CACHE"):
        ReplyCache(tmp_path / "file" / "replies.db")


def test_failing_store_counts_as_a_miss(
    cache: ReplyCache, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE reply")
    db.close()
    with caplog.at_level(logging.WARNING):
        cache.put("a", "b")
        assert cache.get("a") is None
    assert "not cached" in caplog.text


def _write_many(path: Path, name: str) -> None:
    cache = ReplyCache(path)
    for number in range(50):
        cache.put(f"{name}{number}", name)
    cache.close()


def test_several_processes_share_one_cache(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_write_many, args=(path, name)) for name in "abc"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    cache = ReplyCache(path)
    missing = [f"{n}{i}" for n in "abc" for i in range(50) if cache.get(f"{n}{i}") != n]
    cache.close()
    assert missing == []


def _use_together(path: Path, start: int) -> None:
    logging.getLogger("llm_extract.models.cache").addHandler(_Forbidden())
    cache = ReplyCache(path, max_bytes=5_000)
    for number in range(start, start + 200):
        key = f"key-{number % 60}"
        assert cache.get(key) in (None, key * 20)
        cache.put(key, key * 20)
    cache.close()


class _Forbidden(logging.Handler):
    """What the cache logs is a reply that it lost."""

    def emit(self, record: logging.LogRecord) -> None:
        raise AssertionError(record.getMessage())


def test_several_processes_fill_one_cache_with_the_same_replies(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_use_together, args=(path, start)) for start in (0, 20, 40)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert 3_000 < stored_bytes(path) <= 5_000
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT bytes FROM total").fetchall() == [(stored_bytes(path),)]
    db.close()


def test_default_place_follows_the_cache_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_EXTRACT_CACHE", str(tmp_path))
    assert default_path() == tmp_path / "replies.db"


def test_key_does_not_depend_on_the_order_of_fields() -> None:
    assert reply_key("m", {"a": 1, "b": 2}) == reply_key("m", {"b": 2, "a": 1})


@given(
    st.tuples(st.text(), st.dictionaries(st.text(), st.integers() | st.text())),
    st.tuples(st.text(), st.dictionaries(st.text(), st.integers() | st.text())),
)
def test_different_requests_have_different_keys(
    one: tuple[str, dict[str, object]], other: tuple[str, dict[str, object]]
) -> None:
    assert (reply_key(*one) == reply_key(*other)) == (one == other)


def test_lone_surrogates_do_not_break_the_cache(cache: ReplyCache) -> None:
    key = reply_key("m", {"text": "\ud800"})
    cache.put(key, "\ud800")
    assert cache.get(key) in (None, "\ud800")
