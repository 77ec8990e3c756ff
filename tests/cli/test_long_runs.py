"""Runs that are stopped, killed, continued, bounded, and looked at."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from llm_extract.batch.records import read_records
from tests.batch.news import EMPTY, asked_about, ids_in, reader, write_articles
from tests.cli.conftest import Cli, by
from tests.models.asking import HASTY
from tests.models.waiting import eventually
from tests.support.loopback import Fault, Loopback, Reply

OUT = ("--out", "out")
RECORDS = Path("out/records.jsonl")
REFUSED = Reply("", refusal="no")
PROGRAM = "from llm_extract.cli import main; main()"


class Terminal(io.StringIO):
    """Someone who answers."""

    def isatty(self) -> bool:
        return True


@contextmanager
def started(server: Loopback, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A run over the articles of `news` into `out`, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "run", "news", *OUT, *by(server), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


# Stopped and killed


@pytest.mark.parametrize(
    ("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
@pytest.mark.parametrize(
    "hang",
    [Reply(EMPTY, delay=60), Fault(503, headers={"Retry-After": "50"})],
    ids=["call", "wait"],
)
def test_stop_takes_less_than_five_seconds_while_calls_hang(
    cli: Cli, articles: Path, stop: signal.Signals, code: int, hang: Reply | Fault
) -> None:
    with Loopback(answer=reader(c=hang)) as server:
        with started(server, "--concurrency", "1") as process:
            eventually(lambda: len(server.requests) == 3, seconds=30)
            told = time.monotonic()
            process.send_signal(stop)
            _, err = process.communicate(timeout=10)
            seconds = time.monotonic() - told
        assert (process.returncode, ids_in(RECORDS)) == (code, ["a.txt", "b.txt"])
        assert "the same command goes on from here" in err
        assert seconds < 5
        assert "2 done, 0 failed, 1 pending" in cli("status", "out").out
        server._answer = reader()
        assert "1 extracted, 2 unchanged" in cli("run", "news", *OUT, *by(server)).out


def test_request_to_terminate_before_the_run_itself_has_the_same_code(
    cli: Cli, server: Loopback, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(
        "llm_extract.cli.running._fetch_weights", lambda _: signal.raise_signal(signal.SIGTERM)
    )
    assert cli("run", "news", *OUT, *by(server)).code == 143
    assert signal.getsignal(signal.SIGTERM) is handler
    assert server.requests == []


def test_killed_again_and_again_a_run_ends_as_if_it_had_never_been(
    cli: Cli, workplace: Path
) -> None:
    names = [f"n{number:02}" for number in range(30)]
    write_articles(workplace / "news", *names)
    options = ("--no-cache", "--concurrency", "4")
    finished = 0
    with Loopback(answer=lambda _: Reply(EMPTY, delay=0.05)) as server:
        for kill in range(1, 4):
            with started(server, *options) as process:
                eventually(lambda to=7 * kill: len(server.requests) >= to, seconds=30)
                process.kill()
                process.wait()
            done = json.loads(cli("status", "out", "--json").out)["done"]
            assert done >= finished
            finished = done
        assert cli("run", "news", *OUT, *by(server), *options).code == 0
        asked = Counter(name for body in server.bodies for name in names if asked_about(body, name))
        assert finished > 0
        assert set(asked) == set(names)
        assert sum(asked.values()) - len(names) <= 3 * 4
        assert cli("run", "news", "--out", "undisturbed", *by(server), *options).code == 0
    timeless = {"provenance": {"seconds"}}
    first, second = (
        [records.model_dump(exclude=timeless) for records in read_records(folder)]
        for folder in ("out", "undisturbed")
    )
    assert first == second


def test_second_process_is_refused_with_the_pid_of_the_first(cli: Cli, articles: Path) -> None:
    with Loopback(answer=reader(c=Reply(EMPTY, delay=60))) as server:
        with started(server) as process:
            eventually(lambda: len(server.requests) == 3, seconds=30)
            ended = cli("run", "news", *OUT, *by(server))
            fresh = cli("run", "news", *OUT, *by(server), "--fresh", "--yes")
            seen = json.loads(cli("status", "out", "--json").out)
            assert cli("run", "news", *OUT, *by(server), "--dry-run").code == 0
        for refused in (ended, fresh):
            assert refused.code == 1
            assert refused.err.startswith(f"error: process {process.pid} is working on out")
        assert (seen["running"], seen["done"], seen["pending"]) == (process.pid, 2, 1)
        server._answer = reader()
        assert cli("run", "news", *OUT, *by(server)).code == 0
    assert json.loads(cli("status", "out", "--json").out)["running"] is None


# Failed articles


def test_failed_articles_are_asked_about_again_on_demand(
    cli: Cli, server: Loopback, articles: Path
) -> None:
    server._answer = reader(b=REFUSED)
    run = ("run", "news", *OUT, *by(server))
    assert cli(*run).code == 3
    again = cli(*run)
    assert (again.code, again.err, len(server.requests)) == (3, "", 3)
    assert "0 extracted, 2 unchanged, 1 failed" in again.out
    assert "1 of those failed in earlier runs; --retry-failed asks again" in again.out
    assert "0 articles to extract" in cli(*run, "--dry-run").out
    assert "1 articles to extract" in cli(*run, "--dry-run", "--retry-failed").out
    server._answer = reader()
    assert cli(*run, "--retry-failed").code == 0
    assert ids_in(RECORDS) == ["a.txt", "b.txt", "c.txt"]


# Fresh


def test_fresh_without_a_terminal_wants_a_yes(cli: Cli, server: Loopback, articles: Path) -> None:
    run = ("run", "news", *OUT, *by(server), "--no-cache")
    assert cli(*run, "--fresh").code == 0  # there is nothing to discard
    before = RECORDS.read_bytes()
    refused = cli(*run, "--fresh")
    assert refused.code == 2
    assert refused.err == "error: --fresh discards the results in out: add --yes if that is meant\n"
    assert (RECORDS.read_bytes(), len(server.requests)) == (before, 3)
    assert "3 extracted, 0 unchanged" in cli(*run, "--fresh", "--yes").out
    assert len(server.requests) == 6


@pytest.mark.parametrize(("reply", "code", "calls"), [("n\n", 1, 3), ("y\n", 0, 6)])
def test_fresh_asks_before_it_discards(
    cli: Cli,
    server: Loopback,
    articles: Path,
    monkeypatch: pytest.MonkeyPatch,
    reply: str,
    code: int,
    calls: int,
) -> None:
    run = ("run", "news", *OUT, *by(server), "--no-cache")
    cli(*run)
    monkeypatch.setattr("sys.stdin", Terminal(reply))
    assert (cli(*run, "--fresh").code, len(server.requests)) == (code, calls)
    assert len(ids_in(RECORDS)) == 3


# Budgets


def test_budget_ends_a_run_with_its_own_code_and_the_next_run_goes_on(
    cli: Cli, server: Loopback, articles: Path
) -> None:
    run = ("run", "news", *OUT, *by(server))
    first = cli(*run, "--max-articles", "2")
    assert first.code == 5
    assert (
        first.err == "stopped: budget of 2 articles reached; the same command goes on from here\n"
    )
    assert ids_in(RECORDS) == ["a.txt", "b.txt"]
    assert cli(*run, "--max-articles", "2").code == 0
    assert len(server.requests) == 3


def test_deadline_breaks_off_a_call_that_hangs(cli: Cli, articles: Path) -> None:
    with Loopback(answer=reader(b=Reply(EMPTY, delay=60))) as server:
        ended = cli("run", "news", *OUT, *by(server), "--concurrency", "1", "--deadline", "1s")
    assert ended.code == 5
    assert "deadline of 1 s reached" in ended.err
    assert ids_in(RECORDS) == ["a.txt"]


def test_tokens_that_do_not_reach_for_one_article_are_said_so(
    cli: Cli, server: Loopback, articles: Path
) -> None:
    ended = cli("run", "news", *OUT, *by(server), "--max-tokens", "10")
    assert (ended.code, server.requests) == (5, [])
    assert "budget of 10 tokens reached: 0 tokens taken, the next article may need" in ended.err


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--max-cost", "1"), "the price of big-model at http://127.0.0.1"),
        (("--max-cost", "inf"), "is no price"),
        (("--deadline", "soon"), "--deadline 'soon' is no duration"),
    ],
)
def test_bound_that_cannot_be_kept_is_refused_before_anything_is_made(
    cli: Cli, server: Loopback, articles: Path, option: tuple[str, str], message: str
) -> None:
    ended = cli("run", "news", *OUT, *by(server), *option)
    (line,) = ended.err.splitlines()
    assert (ended.code, server.requests, Path("out").exists()) == (2, [], False)
    assert message in line


# Status


def test_status_tells_reasons_usage_and_rate(
    cli: Cli, server: Loopback, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llm_extract.models.client.DEFAULT_PATIENCE", HASTY)
    (articles / "empty.txt").write_text("")
    write_articles(articles, "d", "e")
    server._answer = reader(a=REFUSED, d=REFUSED, c=Fault(503))
    cli("run", "news", *OUT, *by(server), "--max-articles", "4", "--concurrency", "1")
    seen = json.loads(cli("status", "out", "--json").out)
    assert (seen["done"], seen["pending"]) == (1, 2)  # e and what stands behind it
    assert [(f["kind"], f["articles"], f["example"]) for f in seen["failed"]] == [
        ("RefusedReplyError", 2, "a.txt"),
        ("TransientModelError", 1, "c.txt"),
    ]
    assert seen["usage"]["calls"] == len(server.requests)
    assert seen["usage"]["cost_usd"] is None
    assert seen["articles_a_minute"] > 0
    server._answer = reader()
    cli("run", "news", *OUT, *by(server))
    shown = cli("status", "out").out
    assert "3 done, 3 failed, 0 pending" in shown
    assert "2 RefusedReplyError, one of them a.txt: big-model declined" in shown
    assert "1 SourceError, one of them empty.txt: news/empty.txt: is empty" in shown
    assert "unknown cost" in shown
    assert "no process is at work" in shown


def test_status_of_a_continued_run_counts_what_it_has_not_come_to_again(
    cli: Cli, server: Loopback, articles: Path
) -> None:
    def counts() -> tuple[int, int]:
        seen = json.loads(cli("status", "out", "--json").out)
        return seen["done"], seen["pending"]

    cli("run", "news", *OUT, *by(server))
    write_articles(articles, "0")  # comes first, so that the run stops before the finished ones
    assert cli("run", "news", *OUT, *by(server), "--max-articles", "0").code == 5
    assert counts() == (3, 1)
    write_articles(Path("other"), "x", "y")
    assert cli("run", "other", *OUT, *by(server), "--max-articles", "1").code == 5
    assert counts() == (1, 1)
    cli("run", "news", *OUT, *by(server))
    assert counts() == (4, 0)


def test_status_of_a_run_that_was_killed_before_it_began_ends_in_one_line(
    cli: Cli, workplace: Path
) -> None:
    Path("out").mkdir()
    Path("out/llm_extract.db").touch()
    ended = cli("status", "out")
    assert (ended.code, ended.err) == (1, "error: no run has begun in out yet\n")


@pytest.mark.parametrize("place", ["nowhere", "news"])
def test_status_of_what_is_no_output_folder_ends_in_one_line(
    cli: Cli, articles: Path, place: str
) -> None:
    ended = cli("status", place)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (f"error: no llm_extract.db in {place}: name the output folder of a run\n")
