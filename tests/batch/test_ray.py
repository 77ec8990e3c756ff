"""What holds for actors of a Ray cluster beside what holds for every executor."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from llm_extract import extract_folder
from llm_extract.batch.budget import Budget
from llm_extract.batch.executors import ray as ray_module
from llm_extract.batch.executors.ray import RayCluster
from llm_extract.batch.job import Job
from llm_extract.batch.records import read_records
from llm_extract.batch.runner import Outcome
from llm_extract.errors import ClusterError, ModelError, WeightsError
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.findings import Findings
from llm_extract.extraction.pipeline import Strategy
from llm_extract.models.client import ModelClient
from llm_extract.models.events import CallEvent, Observer
from llm_extract.models.usage import Meter
from tests.batch.news import EMPTY, article, asked_about, job_for, reader, run, write_articles
from tests.models.asking import HASTY
from tests.support.loopback import Answer, Fault, Loopback, Reply

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_here")]
NAMES = [f"n{number:02}" for number in range(40)]
ITEMS = [article(name) for name in NAMES]
SEVERAL = RayCluster(least=2, most=2, cpus=0.1)


@dataclass(frozen=True)
class Deadly:
    """A strategy whose process dies of one article, a number of times."""

    strategy: Strategy
    deaths: Path
    times: int
    article: str = "n05.txt"

    async def find(self, context: ArticleContext, client: ModelClient, meter: Meter) -> Findings:
        found = await self.strategy.find(context, client, meter)
        if context.document.article.id == self.article:
            with self.deaths.open("a+") as file:
                file.seek(0)
                if len(file.read()) < self.times:
                    file.write("x")
                    file.close()
                    os.kill(os.getpid(), signal.SIGKILL)
        return found

    def prompt_texts(self) -> list[str]:
        return self.strategy.prompt_texts()

    def prompt_lengths(self, context: ArticleContext) -> Iterable[int]:
        return self.strategy.prompt_lengths(context)


def deadly(server: Loopback, deaths: Path, times: int, **options: Any) -> Job:
    job = job_for(server, **options)
    strategy = Deadly(job.extractor.strategy, deaths, times)
    return replace(job, extractor=replace(job.extractor, strategy=strategy))


def timeless(folder: Path) -> list[dict[str, Any]]:
    return [r.model_dump(exclude={"provenance": {"seconds"}}) for r in read_records(folder)]


def slow(body: dict[str, Any]) -> Answer:
    return Reply(EMPTY, delay=0.05)


def test_run_in_which_an_actor_dies_ends_as_if_it_had_not(tmp_path: Path) -> None:
    with Loopback(answer=slow) as server:
        job = deadly(server, tmp_path / "deaths", times=1, concurrency=2)
        runner = run(job, tmp_path / "out", ITEMS, executor=SEVERAL)
        asked = Counter(n for b in server.bodies for n in NAMES if asked_about(b, n))
        assert set(asked) == set(NAMES)
        assert sum(asked.values()) - len(NAMES) <= 2  # what that actor had in work
        assert runner.tally.usage.calls >= len(server.requests)
        run(job_for(server), tmp_path / "undisturbed", ITEMS)
    assert (tmp_path / "deaths").read_text() == "x"
    assert (runner.tally.done, runner.tally.failed) == (len(NAMES), 0)
    assert timeless(tmp_path / "out") == timeless(tmp_path / "undisturbed")


def test_article_that_kills_every_actor_fails_for_that_and_the_others_are_done(
    tmp_path: Path,
) -> None:
    outcomes: list[Outcome] = []
    with Loopback(answer=slow) as server:
        job = deadly(server, tmp_path / "deaths", times=99, concurrency=4)
        runner = run(job, tmp_path / "out", ITEMS[:12], outcomes.append, executor=SEVERAL)
    assert (tmp_path / "deaths").read_text() == "xxx"
    assert (runner.tally.done, runner.tally.failed) == (11, 1)
    (failed,) = [outcome for outcome in outcomes if outcome.status == "failed"]
    assert failed.id == "n05.txt"
    assert failed.reason.startswith("3 Ray actors died extracting it, the last with nothing else")


def test_calls_a_minute_are_those_of_all_actors_together(tmp_path: Path) -> None:
    arrived: list[float] = []

    def answer(_: dict[str, Any]) -> Answer:
        arrived.append(time.monotonic())
        return Reply(EMPTY)

    with Loopback(answer=answer) as server:
        job = job_for(server, concurrency=8, rpm=600)
        run(job, tmp_path, ITEMS[:30], executor=SEVERAL)
    assert len(arrived) == 30
    # Ten a second, evenly; a busy machine may hold a few up on their way, and so bunch them.
    assert max(sum(t <= other < t + 1 for other in arrived) for t in arrived) <= 16
    assert arrived[-1] - arrived[0] > 2.5


def test_budget_is_that_of_all_actors_together(tmp_path: Path) -> None:
    costly = Reply(EMPTY, prompt_tokens=6_500, completion_tokens=500)
    with Loopback(answer=lambda _: costly) as server:
        budget = Budget(tokens=40_000)
        runner = run(job_for(server), tmp_path, ITEMS, executor=SEVERAL, budget=budget)
        assert len(server.requests) == 5
    assert "budget of 40000 tokens reached: 35000" in (runner.tally.stopped_by or "")


def test_wait_that_the_server_asks_of_one_actor_holds_for_all(tmp_path: Path) -> None:
    arrived: list[float] = []
    refused: list[float] = []

    def answer(_: dict[str, Any]) -> Answer:
        arrived.append(time.monotonic())
        if len(arrived) == 15:
            refused.append(time.monotonic())
            return Fault(429, headers={"Retry-After": "1.5"})
        return Reply(EMPTY, delay=0.02)

    with Loopback(answer=answer) as server:
        job = replace(job_for(server, concurrency=2), patience=replace(HASTY, request=10))
        runner = run(job, tmp_path, ITEMS, executor=SEVERAL)
    assert runner.tally.done == len(NAMES)
    on_their_way = 0.3
    begun = [t - refused[0] for t in arrived if t > refused[0]]
    assert [t for t in begun if on_their_way < t < 1.4] == []


def test_events_are_those_of_a_run_in_one_process(tmp_path: Path) -> None:
    def told(folder: str, **options: Any) -> list[CallEvent]:
        events: list[CallEvent] = []
        faults = Counter[str]()

        def answer(body: dict[str, Any]) -> Answer:
            if asked_about(body, "n03"):
                faults["n03"] += 1
                return Fault(503) if faults["n03"] == 1 else Reply(EMPTY)
            return reader(n04=Reply("", refusal="no"))(body)

        with Loopback(answer=answer) as server:
            job = replace(job_for(server), patience=replace(HASTY, request=10))
            observer = Observer(events.append, bodies=True)
            run(job, tmp_path / folder, ITEMS[:8], observer=observer, **options)
        return sorted(events, key=lambda event: (event.article, event.attempt))

    here, there = told("here"), told("there", executor=SEVERAL)
    alike = [
        replace(e, started=f.started, seconds=f.seconds) for e, f in zip(here, there, strict=True)
    ]
    assert len(alike) == 9
    for one, other in zip(alike, there, strict=True):
        assert one == other


def test_file_that_is_no_model_is_refused_in_one_line_with_the_node(tmp_path: Path) -> None:
    weights = tmp_path / "bad.gguf"
    weights.write_bytes(b"no model")
    with pytest.raises(WeightsError, match=r"bad.gguf is not a GGUF file: .* \(on node .*\)$"):
        run(Job.of(str(weights)), tmp_path / "out", ITEMS, executor=SEVERAL)


def test_node_with_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_module, "__version__", "9.9.9")
    with Loopback() as server:
        with pytest.raises(ModelError, match=r"on a Ray node and 9.9.9 here: install the same"):
            run(job_for(server), tmp_path, ITEMS, executor=SEVERAL)
        assert server.requests == []


def test_other_cluster_than_the_one_that_is_connected_is_refused(tmp_path: Path) -> None:
    elsewhere = RayCluster("ray://elsewhere:10001")
    with Loopback() as server:
        job = job_for(server)
        with pytest.raises(ClusterError, match="cannot go to ray://elsewhere"):
            run(job, tmp_path, ITEMS, executor=elsewhere)


def test_key_reaches_the_server_and_no_message(tmp_path: Path) -> None:
    with Loopback(answer=reader()) as server:
        job = job_for(server, api_key="key-3141592653")
        run(job, tmp_path, ITEMS[:2], executor=SEVERAL)
        assert {r.headers["authorization"] for r in server.requests} == {"Bearer key-3141592653"}


def test_pool_grows_to_its_bound_while_there_is_work(tmp_path: Path) -> None:
    with Loopback(answer=lambda _: Reply(EMPTY, delay=0.3)) as server:
        job = job_for(server, concurrency=2)
        items = [article(f"m{number}") for number in range(120)]
        run(job, tmp_path, items, executor=RayCluster(least=1, most=3, cpus=0.1))
        assert server.most_at_once == 6


def test_folder_is_extracted_on_a_cluster_from_python(tmp_path: Path) -> None:
    source = write_articles(tmp_path / "news", "a", "b")
    with Loopback(answer=reader()) as server:
        options = {"base_url": server.base_url, "cache": False, "cluster": SEVERAL}
        tally = extract_folder(source, tmp_path / "out", "big-model", **options)
    assert (tally.done, tally.failed) == (2, 0)
