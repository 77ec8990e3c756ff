import asyncio
import datetime
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from llm_extract.batch.executors.base import MakeExecutor
from llm_extract.batch.executors.local import LocalExecutor
from llm_extract.batch.executors.ray import RayExecutor
from llm_extract.batch.job import Job
from llm_extract.batch.output import RECORDS_FILE
from llm_extract.batch.runner import Outcome, Runner
from llm_extract.batch.store import Store, open_store
from llm_extract.errors import ModelError, SourceError
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.findings import Findings
from llm_extract.extraction.pipeline import Strategy
from llm_extract.models.client import ModelClient
from llm_extract.models.usage import Meter
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article
from llm_extract.text.sources import SourceFailure
from tests.batch.conftest import Run
from tests.batch.in_process import InProcessExecutor
from tests.batch.news import (
    EMPTY,
    article,
    asked_about,
    ids_in,
    job_for,
    lines_of,
    reader,
    text,
)
from tests.models.asking import HASTY
from tests.support.loopback import Answer, Fault, Loopback, Reply

NAMES = ("a", "b", "c", "d")
REFUSED = Reply("", refusal="no")


def articles(*names: str) -> list[Article]:
    return [article(name) for name in names]


def test_records_are_written_with_their_evidence(run: Run, tmp_path: Path) -> None:
    with Loopback(answer=reader()) as server:
        runner = run(job_for(server), tmp_path, articles("a", "b"))
    (first, second) = map(ArticleRecords.model_validate_json, lines_of(tmp_path / RECORDS_FILE))
    assert first.quotes[0].text.text == "We will build the a bridge,"
    assert second.article.id == "b.txt"
    assert (runner.tally.done, runner.tally.failed, runner.tally.usage.calls) == (2, 0, 2)
    assert runner.tally.usage.prompt_tokens == 200
    assert runner.exported is not None
    assert runner.exported.records == {"meetings": 0, "positions": 0, "quotes": 2}


def test_unchanged_articles_are_not_sent_again_nor_the_model_started(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(answer=reader()) as server:
        job = job_for(server)
        run(job, tmp_path, articles(*NAMES))
        before = (tmp_path / RECORDS_FILE).read_bytes()
        for kind in (LocalExecutor, InProcessExecutor, RayExecutor):
            monkeypatch.setattr(kind, "__aenter__", None)
        again = run(job, tmp_path, articles(*NAMES))
        assert len(server.requests) == len(NAMES)
    assert (again.tally.reused, again.tally.done, again.tally.usage.calls) == (4, 0, 0)
    assert (tmp_path / RECORDS_FILE).read_bytes() == before


def test_only_what_is_new_is_sent(run: Run, tmp_path: Path) -> None:
    with Loopback(answer=reader()) as server:
        run(job_for(server), tmp_path, articles("a", "c"))
        run(job_for(server), tmp_path, articles("a", "b", "c"))
        assert len(server.requests) == 3
        assert asked_about(server.bodies[-1], "b")
    assert ids_in(tmp_path / RECORDS_FILE) == ["a.txt", "b.txt", "c.txt"]


def test_article_without_usable_reply_fails_alone(run: Run, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    with Loopback(answer=reader(b=REFUSED)) as server:
        runner = run(job_for(server), tmp_path, articles(*NAMES), outcomes.append)
    assert (runner.tally.done, runner.tally.failed) == (3, 1)
    assert ids_in(tmp_path / RECORDS_FILE) == ["a.txt", "c.txt", "d.txt"]
    (failed,) = [outcome for outcome in outcomes if outcome.status == "failed"]
    assert failed.id == "b.txt"
    assert "declined" in failed.reason


def test_article_that_failed_for_a_reason_of_its_own_is_not_paid_for_again(
    run: Run, tmp_path: Path
) -> None:
    outcomes: list[Outcome] = []
    with Loopback(answer=reader(b=REFUSED)) as server:
        job = job_for(server)
        run(job, tmp_path, articles("a", "b"))
        again = run(job, tmp_path, articles("a", "b"), outcomes.append)
        assert len(server.requests) == 2
    assert (again.tally.reused, again.tally.failed, again.tally.failed_before) == (1, 1, 1)
    assert outcomes[1].earlier
    assert "declined" in outcomes[1].reason


def test_failed_article_is_asked_about_again_on_demand(run: Run, tmp_path: Path) -> None:
    with Loopback(answer=reader(b=REFUSED)) as server:
        job = job_for(server)
        run(job, tmp_path, articles("a", "b"))
        server._answer = reader()
        again = run(job, tmp_path, articles("a", "b"), retry_failed=True)
    assert (again.tally.done, again.tally.reused, again.tally.failed) == (1, 1, 0)


def test_article_that_failed_for_a_passing_reason_is_asked_about_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(answer=reader(b=Fault(503))) as server:
        job = replace(job_for(server), patience=HASTY)
        assert run(job, tmp_path, articles("a", "b")).tally.failed == 1
        server._answer = reader()
        again = run(job, tmp_path, articles("a", "b"))
    assert (again.tally.done, again.tally.reused, again.tally.failed) == (1, 1, 0)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_equal_texts_are_extracted_once_and_reported_for_each_id(
    run: Run, tmp_path: Path, concurrency: int
) -> None:
    copies = [replace(article("a"), id=f"copy{number}.txt") for number in range(3)]
    items = [article("a"), *copies, article("b"), replace(article("b"), id="late.txt")]
    slow = Reply(EMPTY, delay=0.05)
    with Loopback(answer=reader(a=slow, b=Reply("", refusal="no", delay=0.05))) as server:
        runner = run(job_for(server, concurrency=concurrency), tmp_path, items)
        assert len(server.requests) == 2
    tally = runner.tally
    assert (tally.done, tally.reused, tally.failed, tally.failed_before) == (1, 3, 2, 0)
    assert ids_in(tmp_path / RECORDS_FILE) == ["a.txt", *(copy.id for copy in copies)]


def test_equal_text_that_failed_in_this_run_is_not_asked_about_again(
    run: Run, tmp_path: Path
) -> None:
    items = [*articles("b", "a", "c"), replace(article("b"), id="late.txt")]
    with Loopback(answer=reader(b=REFUSED)) as server:
        job = job_for(server, concurrency=1)
        runner = run(job, tmp_path, items, retry_failed=True)
        assert len(server.requests) == 3
    assert (runner.tally.failed, runner.tally.failed_before) == (2, 0)


def test_unreadable_source_counts_as_failed_and_the_others_are_written(
    run: Run, tmp_path: Path
) -> None:
    broken = SourceFailure("x.txt", "in/x.txt", SourceError("in/x.txt: is empty"))
    with Loopback(answer=reader()) as server:
        runner = run(job_for(server), tmp_path, [broken, *articles("a")])
    assert (runner.tally.done, runner.tally.failed) == (1, 1)
    assert ids_in(tmp_path / RECORDS_FILE) == ["a.txt"]


def test_fault_of_the_model_stops_the_run_and_keeps_what_is_finished(
    executor: MakeExecutor, tmp_path: Path
) -> None:
    with Loopback(answer=reader(c=Fault(401, "bad key"))) as server:
        job = job_for(server, concurrency=1)
        with open_store(tmp_path, job.settings) as store:
            runner = Runner(job, store, executor=executor)
            with pytest.raises(ModelError, match="wants a key"):
                asyncio.run(runner.run(articles(*NAMES)))
        assert not any(asked_about(body, "d") for body in server.bodies)
    assert runner.tally.done == 2
    assert ids_in(tmp_path / RECORDS_FILE) == ["a.txt", "b.txt"]


def test_cancelled_run_keeps_what_is_finished(executor: MakeExecutor, tmp_path: Path) -> None:
    async def cancel_at_c(job: Job, store: Store) -> None:
        two_done = asyncio.Event()
        runner = Runner(
            job,
            store,
            executor=executor,
            on_article=lambda _: two_done.set() if runner.tally.done == 2 else None,
        )
        task = asyncio.create_task(runner.run(articles(*NAMES)))
        await two_done.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Loopback(answer=reader(c=Reply(delay=30))) as server:
        job = job_for(server, concurrency=1)
        with open_store(tmp_path, job.settings) as store:
            asyncio.run(cancel_at_c(job, store))
    assert ids_in(tmp_path / RECORDS_FILE) == ["a.txt", "b.txt"]


@dataclass(frozen=True)
class Stumbling:
    """A strategy that has a bug."""

    strategy: Strategy

    async def find(self, context: ArticleContext, client: ModelClient, meter: Meter) -> Findings:
        if context.document.article.id == "b.txt":
            raise ZeroDivisionError("by zero")
        return await self.strategy.find(context, client, meter)

    def prompt_texts(self) -> list[str]:
        return self.strategy.prompt_texts()

    def prompt_lengths(self, context: ArticleContext) -> Iterable[int]:
        return self.strategy.prompt_lengths(context)


def test_bug_that_one_article_shows_is_logged_and_fails_it_alone(
    run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Loopback(answer=reader()) as server, caplog.at_level(logging.ERROR):
        job = job_for(server)
        stumbling = replace(job.extractor, strategy=Stumbling(job.extractor.strategy))
        runner = run(replace(job, extractor=stumbling), tmp_path, articles("a", "b", "c"))
    assert (runner.tally.done, runner.tally.failed) == (2, 1)
    assert "b.txt: internal error" in caplog.text
    assert "raise ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("concurrency", [1, 3])
def test_articles_run_side_by_side_up_to_the_bound(
    run: Run, tmp_path: Path, concurrency: int
) -> None:
    names = [f"n{number}" for number in range(9)]
    with Loopback(answer=lambda _: Reply(EMPTY, delay=0.05)) as server:
        run(job_for(server, concurrency=concurrency), tmp_path, articles(*names))
        assert server.most_at_once == concurrency


def test_articles_are_taken_as_there_is_room(run: Run, tmp_path: Path) -> None:
    taken = 0
    ahead = []

    def source() -> Iterator[Article]:
        nonlocal taken
        for number in range(12):
            taken += 1
            yield article(f"n{number}")

    finished = 0

    def note(_: Outcome) -> None:
        nonlocal finished
        finished += 1
        ahead.append(taken - finished)

    with Loopback(answer=reader()) as server:
        run(job_for(server, concurrency=2), tmp_path, source(), note)
    assert max(ahead) <= 2


def copies(name: str, *ids: str) -> list[Article]:
    return [Article(id_, text(name)) for id_ in ids]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_text_that_several_articles_have_is_extracted_once_and_reported_for_each(
    run: Run, tmp_path: Path, concurrency: int
) -> None:
    outcomes: list[Outcome] = []
    given = [*copies("a", "1", "2"), article("b"), *copies("a", "3")]
    with Loopback(answer=lambda _: Reply(EMPTY, delay=0.05)) as server:
        job = job_for(server, concurrency=concurrency)
        runner = run(job, tmp_path, given, outcomes.append)
        assert len(server.requests) == 2
    assert (runner.tally.done, runner.tally.reused, runner.tally.failed) == (2, 2, 0)
    assert sorted(outcome.id for outcome in outcomes) == ["1", "2", "3", "b.txt"]
    assert ids_in(tmp_path / RECORDS_FILE) == ["1", "2", "b.txt", "3"]


def test_failure_is_reported_for_each_article_that_has_the_text(run: Run, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    refused = Reply("", refusal="no", delay=0.05)
    with Loopback(answer=reader(a=refused)) as server:
        run(job_for(server), tmp_path, copies("a", "1", "2"), outcomes.append)
        assert len(server.requests) == 1
    assert [(outcome.id, outcome.status) for outcome in outcomes] == [
        ("1", "failed"),
        ("2", "failed"),
    ]
    assert outcomes[0].reason == outcomes[1].reason != ""


def test_same_text_of_another_date_is_another_article(run: Run, tmp_path: Path) -> None:
    dated = Article("2", text("a"), published=datetime.date(2024, 5, 1))
    with Loopback(answer=reader()) as server:
        run(job_for(server), tmp_path, [*copies("a", "1"), dated])
        assert len(server.requests) == 2


def test_article_beyond_the_context_window_is_extracted_in_parts(run: Run, tmp_path: Path) -> None:
    too_long = Fault(400, "too many tokens", code="context_length_exceeded")
    long = Article("long.txt", "\n\n".join(text(f"n{number}") for number in range(60)))

    def answer(body: dict[str, Any]) -> Answer:
        shown = body["messages"][-1]["content"]
        if len(shown) > 1000:
            return too_long
        numbers = [int(number) for number in re.findall(r"\{q(\d+)\}", shown)]
        quotes = [{"speaker": "Ana Petrova", "text": n, "kind": "full"} for n in numbers]
        return Reply({"meetings": [], "positions": [], "quotes": quotes, "not_quotes": []})

    with Loopback(answer=answer) as server:
        runner = run(job_for(server), tmp_path, [long, article("a")])
    assert (runner.tally.done, runner.tally.failed, runner.tally.dropped) == (2, 0, 0)
    first = ArticleRecords.model_validate_json(next(lines_of(tmp_path / RECORDS_FILE)))
    assert [quote.text.text for quote in first.quotes] == [
        f"We will build the n{number} bridge," for number in range(60)
    ]
