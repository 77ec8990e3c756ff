import asyncio
import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

import llm_extract
from llm_extract import (
    Actor,
    Budget,
    CallEvent,
    LLMExtractError,
    Outcome,
    Record,
    UsageError,
    WeightsError,
    aextract,
    extract,
    extract_folder,
    read_records,
)
from tests.batch.news import reader, text, write_articles
from tests.support.loopback import Loopback, Reply


class Toll(Record):
    """A charge for the use of a bridge."""

    payer: Actor


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_EXTRACT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(answer=reader()) as running:
        yield running


def test_exported_names_are_there_and_documented() -> None:
    for name in llm_extract.__all__:
        assert getattr(llm_extract, name).__doc__, name
    assert set(llm_extract.__all__) <= set(dir(llm_extract))


def test_every_error_is_exported_under_one_base() -> None:
    tree = {LLMExtractError}
    while more := {kind for error in tree for kind in error.__subclasses__()} - tree:
        tree |= more
    public = {error.__name__ for error in tree if error.__module__ == "llm_extract.errors"}
    assert public <= set(llm_extract.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'extrakt'"):
        llm_extract.extrakt  # noqa: B018  the access is what is tested


def test_extract_in_a_plain_script(server: Loopback) -> None:
    result = extract(text("north"), "big-model", base_url=server.base_url)
    (quote,) = result.quotes
    assert text("north")[quote.text.start : quote.text.end] == quote.text.text
    assert result.provenance.model == "big-model"


async def test_aextract_in_an_event_loop(server: Loopback) -> None:
    result = await aextract(text("north"), "big-model", base_url=server.base_url)
    assert len(result.quotes) == 1


def test_publication_date_and_key_reach_model_and_result(server: Loopback) -> None:
    published = datetime.date(2031, 5, 2)
    result = extract(
        text("north"), "big-model", base_url=server.base_url, published=published, api_key="k-1"
    )
    assert result.article.published == published
    assert "2031-05-02" in server.bodies[0]["messages"][-1]["content"]
    assert server.requests[0].headers["authorization"] == "Bearer k-1"


def test_own_class_is_asked_for(server: Loopback) -> None:
    server._answer = lambda _: Reply({"tolls": [{"payer": "Ana Petrova", "evidence": [1]}]})
    result = extract(text("north"), "big-model", base_url=server.base_url, records=[Toll])
    (toll,) = result.custom["tolls"]
    assert isinstance(toll, Toll)
    assert toll.payer.name == "Ana Petrova"


@pytest.mark.parametrize(("cache", "calls"), [(True, 1), (False, 2)])
def test_replies_are_kept_unless_told_otherwise(server: Loopback, cache: bool, calls: int) -> None:
    for _ in range(2):
        extract(text("north"), "big-model", base_url=server.base_url, cache=cache)
    assert len(server.requests) == calls


@pytest.mark.parametrize("bodies", [False, True])
def test_calls_are_told_of(server: Loopback, bodies: bool) -> None:
    events: list[CallEvent] = []
    extract(
        text("north"),
        "big-model",
        base_url=server.base_url,
        on_event=events.append,
        event_bodies=bodies,
    )
    (event,) = events
    assert (event.status, event.prompt_tokens) == (200, 100)
    assert ("north bridge" in repr(event)) is bodies


def test_calls_of_a_folder_are_told_of_with_their_article(tmp_path: Path, server: Loopback) -> None:
    events: list[CallEvent] = []
    extract_folder(
        write_articles(tmp_path / "news", "a", "b"),
        tmp_path / "out",
        "big-model",
        base_url=server.base_url,
        rpm=6000,
        tpm=6_000_000,
        on_event=events.append,
    )
    assert sorted(event.article for event in events) == ["a.txt", "b.txt"]
    assert all(event.request is None for event in events)


async def test_extract_in_an_event_loop_points_at_aextract() -> None:
    with pytest.raises(UsageError, match="aextract"):
        extract("Some text.", "big-model", base_url="http://127.0.0.1:1/v1")


async def test_extract_folder_in_an_event_loop_points_at_a_thread(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"asyncio\.to_thread"):
        extract_folder(tmp_path, tmp_path / "out")


def test_missing_weights_are_an_error_that_says_what_to_do() -> None:
    with pytest.raises(WeightsError, match="llm-extract model pull"):
        extract("Some text.")


def test_folder_is_extracted_continued_and_read(tmp_path: Path, server: Loopback) -> None:
    news = write_articles(tmp_path / "news", "a", "b")
    outcomes: list[Outcome] = []
    for _ in range(2):
        tally = extract_folder(
            news,
            str(tmp_path / "out"),
            "big-model",
            base_url=server.base_url,
            on_article=outcomes.append,
        )
    assert (tally.done, tally.reused, len(server.requests)) == (0, 2, 2)
    assert [outcome.status for outcome in outcomes] == ["done", "done", "reused", "reused"]
    results = list(read_records(tmp_path / "out"))
    assert [result.article.id for result in results] == ["a.txt", "b.txt"]


def test_folder_is_extracted_within_a_budget(tmp_path: Path, server: Loopback) -> None:
    news = write_articles(tmp_path / "news", "a", "b", "c")
    tallies = [
        extract_folder(
            news,
            tmp_path / "out",
            "big-model",
            base_url=server.base_url,
            budget=Budget(articles=2),
        )
        for _ in range(2)
    ]
    assert [(tally.done, tally.reused) for tally in tallies] == [(2, 0), (1, 2)]
    assert [tally.stopped_by for tally in tallies] == ["budget of 2 articles reached", None]


async def test_folder_is_extracted_in_a_thread(tmp_path: Path, server: Loopback) -> None:
    news = write_articles(tmp_path / "news", "a")
    tally = await asyncio.to_thread(
        extract_folder, [news], tmp_path / "out", "big-model", base_url=server.base_url
    )
    assert tally.done == 1


def test_output_in_the_source_is_refused(tmp_path: Path) -> None:
    news = write_articles(tmp_path / "news", "a")
    with pytest.raises(UsageError, match="choose one outside"):
        extract_folder(news, news / "out", "big-model", base_url="http://127.0.0.1:1/v1")
