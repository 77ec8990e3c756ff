"""What a run into another folder takes from the reply cache."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llm_extract.models.cache import ReplyCache
from llm_extract.models.usage import Usage
from llm_extract.text.article import Article
from tests.batch.conftest import Run
from tests.batch.news import article, job_for, reader
from tests.support.loopback import Answer, Loopback, Reply

HARBOUR = Article("h.txt", "The harbour lay still. “Pure heaven” was all there was.\n")
TOLLS = "tests.batch.test_job:Toll"


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ReplyCache]:
    cache = ReplyCache(tmp_path / "replies.db")
    yield cache
    cache.close()


def small_model(body: dict[str, Any]) -> Answer:
    """Finds no toll and no speaker."""
    if "response_format" in body:
        return Reply({"speaker": None})
    return Reply("no", first_token={"no": 0.9, "yes": 0.1})


Ask = Callable[..., Usage]


@pytest.fixture
def ask(run: Run, cache: ReplyCache) -> Ask:
    """Runs a job into a new folder; returns what it took."""

    def ask(server: Loopback, folder: Path, given: Article, **options: Any) -> Usage:
        runner = run(job_for(server, **options), folder, [given], cache=cache)
        assert runner.tally.done == 1
        return runner.tally.usage

    return ask


def test_same_job_asks_nothing_again(tmp_path: Path, ask: Ask) -> None:
    with Loopback(answer=reader()) as server:
        ask(server, tmp_path / "1", article("a"))
        again = ask(server, tmp_path / "2", article("a"))
        assert len(server.requests) == 1
    assert again == Usage(cached_replies=1)


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [("quote.toml", "quotation"), ("toll.toml", "sentence")],
)
def test_changed_prompt_of_one_task_asks_only_that_task_again(
    tmp_path: Path, ask: Ask, prompt: str, asked: str
) -> None:
    mine = tmp_path / "prompts"
    mine.mkdir()
    (mine / prompt).write_text('definition = "Something else altogether."')
    options = {"strategy": "sentence", "records": ["quote", TOLLS]}
    with Loopback(answer=small_model) as server:
        first = ask(server, tmp_path / "1", HARBOUR, **options)
        assert (first.calls, first.cached_replies) == (3, 0)
        ask(server, tmp_path / "2", HARBOUR, **options, prompts=mine)
        again = server.bodies[3:]
    kinds = {"quotation" if "response_format" in body else "sentence" for body in again}
    assert kinds == {asked}
    assert len(again) == (1 if asked == "quotation" else 2)
    assert all("Something else altogether." in body["messages"][0]["content"] for body in again)
