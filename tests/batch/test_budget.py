from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llm_extract.batch.budget import Account, Budget, Need, need_by_size, parse_duration
from llm_extract.batch.executors.base import MakeExecutor
from llm_extract.batch.executors.ray import RayCluster
from llm_extract.batch.job import Job
from llm_extract.errors import UsageError
from llm_extract.models.usage import Meter, Usage
from llm_extract.text.article import Article
from tests.batch.conftest import Run
from tests.batch.news import EMPTY, article, ids_in, job_for, reader
from tests.support.loopback import Loopback, Reply

NAMES = [f"n{number}" for number in range(12)]
ITEMS = [article(name) for name in NAMES]
COSTLY = Reply(EMPTY, prompt_tokens=6_500, completion_tokens=500)
MANY = 10_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def account(budget: Budget, clock: Callable[[], float] | None = None, first: int = 100) -> Account:
    return Account(budget, lambda _: Need(first, first / 1000), clock or Clock())


def priced(server: Loopback, **options: Any) -> Job:
    """A job with a model whose price is known, at a loopback server."""
    job = job_for(server, **options)
    return replace(job, spec=replace(job.spec, model="gpt-4o-mini", provider="openai"))


def through(kept: Account, name: str, usage: Usage, extracted: bool = True) -> None:
    """Take an article from its beginning to its end."""
    meter = Meter()
    kept.open(article(name), meter)
    meter.add(usage)
    kept.settle(article(name), extracted=extracted)


# The account


def test_what_is_under_way_counts() -> None:
    kept = account(Budget(tokens=250))
    through(kept, "a", Usage(1, 0, 90, 0, 10))
    assert kept.refusal(article("b")) is None
    kept.open(article("b"), Meter())
    assert "budget of 250 tokens reached: 200 tokens taken" in (kept.refusal(article("c")) or "")


def test_article_that_took_less_than_was_set_aside_makes_room() -> None:
    kept = account(Budget(tokens=1000), first=600)
    kept.open(article("a"), meter := Meter())
    assert kept.refusal(article("b")) is not None
    meter.add(Usage(1, 0, 100, 0, 0))
    kept.settle(article("a"), extracted=True)
    assert kept.refusal(article("b")) is None


def test_article_that_takes_more_than_was_set_aside_counts_while_it_is_under_way() -> None:
    kept = account(Budget(tokens=350))
    through(kept, "a", Usage(1, 0, 100, 0, 0))
    kept.open(article("b"), meter := Meter())
    assert kept.refusal(article("c")) is None
    meter.add(Usage(1, 0, 200, 0, 0))
    assert kept.refusal(article("c")) is not None


def test_dearest_article_so_far_is_what_the_next_may_need() -> None:
    kept = account(Budget(cost_usd=1.0))
    for name, cost in (("a", 0.1), ("b", 0.4), ("c", 0.1)):
        through(kept, name, Usage(1, 0, 10, 0, 0, cost))
    assert kept.refusal(article("d")) is None
    through(kept, "d", Usage(1, 0, 10, 0, 0, 0.05))
    assert "$0.6500 taken, the next article may cost $0.4000" in (kept.refusal(article("e")) or "")


def test_longer_article_may_need_more_in_proportion() -> None:
    kept = account(Budget(tokens=450))
    through(kept, "a", Usage(1, 0, 100, 0, 0))
    length = len(article("a").text)
    assert kept.refusal(Article("x", "x" * 3 * length)) is None
    assert kept.refusal(Article("x", "x" * 4 * length)) is not None


def test_first_article_goes_alone_where_the_bound_is_near() -> None:
    near, far = account(Budget(tokens=700)), account(Budget(tokens=800))
    for kept in (near, far):
        assert kept.refusal(article("a")) is None
        kept.open(article("a"), Meter())
    assert near.refusal(article("b")) is not None
    assert far.refusal(article("b")) is None


def test_replies_from_the_cache_cost_nothing_and_say_nothing_of_others() -> None:
    kept = account(Budget(tokens=150))
    through(kept, "a", Usage(cached_replies=1))
    assert kept.refusal(article("b")) is None
    through(kept, "b", Usage(1, 0, 60, 0, 0))
    assert kept.refusal(article("c")) is None


def test_unknown_is_not_nothing() -> None:
    cost, tokens = account(Budget(cost_usd=9.0)), account(Budget(tokens=MANY))
    for kept in (cost, tokens):
        through(kept, "a", Usage(calls=1, cost_usd=None))
        assert "does not report the tokens" in (kept.refusal(article("b")) or "")


def test_failed_calls_without_tokens_are_known_to_cost_none() -> None:
    kept = account(Budget(tokens=MANY))
    through(kept, "a", Usage(calls=3), extracted=False)
    assert kept.refusal(article("b")) is None


def test_articles_are_counted_with_those_under_way() -> None:
    kept = account(Budget(articles=2))
    through(kept, "a", Usage(1), extracted=False)
    kept.open(article("b"), Meter())
    assert kept.refusal(article("c")) == "budget of 2 articles reached"


def test_no_article_is_begun_that_would_not_end_in_time() -> None:
    clock = Clock()
    kept = account(Budget(seconds=60), clock)
    kept.open(article("a"), Meter())
    clock.now += 20
    kept.settle(article("a"), extracted=True)
    clock.now += 19
    assert kept.refusal(article("b")) is None
    assert kept.seconds_left() == 21
    clock.now += 1
    assert kept.refusal(article("b")) == "deadline of 60 s reached"
    clock.now += 50
    assert kept.seconds_left() == 0


def test_no_bound_refuses_nothing() -> None:
    kept = account(Budget())
    through(kept, "a", Usage(calls=1, prompt_tokens=MANY, cost_usd=None))
    assert kept.refusal(article("b")) is None
    assert kept.seconds_left() is None


def test_first_estimate_is_prompts_and_a_reply_of_the_articles_length() -> None:
    with Loopback() as server:
        job = priced(server)
        need = need_by_size(job, article("a"))
        prompt = sum(map(len, job.extractor.strategy.prompt_texts()))
    assert prompt / 4 < need.tokens < prompt / 4 + 50
    assert need.cost_usd is not None
    assert need.cost_usd > 0


# Runs


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_run_stops_before_it_exceeds_its_tokens(run: Run, tmp_path: Path, concurrency: int) -> None:
    with Loopback(answer=lambda _: COSTLY) as server:
        job = job_for(server, concurrency=concurrency)
        runner = run(job, tmp_path, ITEMS, budget=Budget(tokens=40_000))
        assert len(server.requests) == 5
        assert runner.tally.stopped_by is not None
        assert "budget of 40000 tokens reached: 35000 tokens taken" in runner.tally.stopped_by
        again = run(job, tmp_path, ITEMS, budget=Budget(tokens=MANY))
        assert len(server.requests) == len(NAMES)
    assert (again.tally.reused, again.tally.done, again.tally.stopped_by) == (5, 7, None)
    assert ids_in(tmp_path / "records.jsonl") == [f"{name}.txt" for name in NAMES]


def test_run_stops_before_it_exceeds_its_cost_with_cached_tokens_priced_as_such(
    run: Run, tmp_path: Path
) -> None:
    def spent(cached: int, folder: str) -> tuple[int, float]:
        reply = Reply(EMPTY, prompt_tokens=6_000, cached_tokens=cached, completion_tokens=100)
        with Loopback(answer=lambda _: reply) as server:
            budget = Budget(cost_usd=0.006)
            runner = run(priced(server), tmp_path / folder, ITEMS, budget=budget)
        assert runner.tally.stopped_by is not None
        assert runner.tally.usage.cost_usd is not None
        return runner.tally.done, runner.tally.usage.cost_usd

    full, cost = spent(0, "full")
    assert (full, round(cost, 4)) == (6, 0.0058)  # 6,000 at 0.15 and 100 at 0.60 USD a million
    more, less = spent(5_000, "cached")
    assert more > full
    assert less <= 0.006


def test_unknown_price_is_refused_before_anything_is_asked(run: Run, tmp_path: Path) -> None:
    with Loopback() as server:
        with pytest.raises(UsageError, match=r"budget in USD .* price of big-model .* not known"):
            run(job_for(server), tmp_path, ITEMS, budget=Budget(cost_usd=1))
        assert server.requests == []


def test_server_that_reports_no_tokens_is_asked_once_only(run: Run, tmp_path: Path) -> None:
    silent = Reply(EMPTY, prompt_tokens=0, completion_tokens=0)
    with Loopback(answer=lambda _: silent) as server:
        runner = run(job_for(server, concurrency=1), tmp_path, ITEMS, budget=Budget(tokens=MANY))
        assert len(server.requests) == 1
    assert "does not report" in (runner.tally.stopped_by or "")


def test_run_stops_at_its_number_of_articles_and_counts_no_finished_ones(
    run: Run, tmp_path: Path
) -> None:
    with Loopback(answer=reader()) as server:
        for done in (5, 10, 12):
            runner = run(job_for(server), tmp_path, ITEMS, budget=Budget(articles=5))
            assert len(server.requests) == done
    assert runner.tally.stopped_by is None
    assert runner.tally.done == 2


def test_deadline_breaks_off_what_is_under_way_and_keeps_the_rest(
    run: Run, executor: MakeExecutor, tmp_path: Path
) -> None:
    with Loopback(answer=reader(n2=Reply(EMPTY, delay=60))) as server:
        job = job_for(server, concurrency=1)
        seconds = 6 if isinstance(executor, RayCluster) else 1  # an actor has to start
        runner = run(job, tmp_path, ITEMS, budget=Budget(seconds=seconds))
        assert runner.tally.stopped_by == f"deadline of {seconds} s reached"
        assert ids_in(tmp_path / "records.jsonl") == ["n0.txt", "n1.txt"]
        server._answer = reader()
        assert run(job, tmp_path, ITEMS).tally.done == len(NAMES) - 2


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), -1.0])
def test_cost_that_is_no_price_is_refused(cost: float) -> None:
    with Loopback() as server, pytest.raises(UsageError, match="is no price"):
        Budget(cost_usd=cost).check(priced(server).spec)


@pytest.mark.parametrize(
    ("words", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5h", 5400), ("1d", 86400)]
)
def test_duration_is_read(words: str, seconds: float) -> None:
    assert parse_duration(words) == seconds


@pytest.mark.parametrize("words", ["", "90", "h", "-1s", "1w", "nan s", "٣s", "1h30m"])
def test_what_is_no_duration_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="is no duration"):
        parse_duration(words)
