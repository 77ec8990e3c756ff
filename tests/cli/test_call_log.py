import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from llm_extract.cli.call_log import call_log, log_line
from llm_extract.models.events import CallEvent
from tests.batch.news import EMPTY, reader
from tests.cli.conftest import Cli, by
from tests.support.loopback import Fault, Loopback, Reply

RUN = ("run", "news", "--out", "out", "--log-json", "calls.jsonl")
LOG = Path("calls.jsonl")
KEY = "key-2718281828"


def logged() -> list[dict[str, Any]]:
    return [json.loads(line) for line in LOG.read_text(encoding="utf-8").splitlines()]


def event(article: str = "a.txt") -> CallEvent:
    return CallEvent(
        article=article,
        task="quotes",
        attempt=2,
        model="m",
        started=datetime(2031, 5, 2, 12, 0, 0, 5000, tzinfo=UTC),
        seconds=0.25,
        status=200,
        prompt_tokens=90,
        cached_tokens=60,
        completion_tokens=7,
        cost_usd=0.001,
        retry_after=None,
        request_id="r",
        error=None,
        request={"messages": []},
    )


def test_line_is_the_event() -> None:
    assert json.loads(log_line(event(), bodies=False)) == {
        "article": "a.txt",
        "task": "quotes",
        "attempt": 2,
        "model": "m",
        "started": "2031-05-02T12:00:00.005+00:00",
        "seconds": 0.25,
        "status": 200,
        "prompt_tokens": 90,
        "cached_tokens": 60,
        "completion_tokens": 7,
        "cost_usd": 0.001,
        "retry_after": None,
        "request_id": "r",
        "error": None,
    }


def test_every_call_is_a_line(cli: Cli, server: Loopback, articles: Path) -> None:
    server.script(Fault(503), Reply(EMPTY))
    assert cli(*RUN, *by(server), "--concurrency", "1").code == 0
    lines = logged()
    assert [(line["status"], line["attempt"]) for line in lines] == [
        (503, 1),
        *[(200, 2 - bool(n)) for n in range(3)],
    ]
    assert [line["article"] for line in lines] == ["a.txt", "a.txt", "b.txt", "c.txt"]
    assert {line["model"] for line in lines} == {"big-model"}
    assert lines[0]["error"] == "TransientModelError"


def test_lines_are_added_to_those_of_earlier_runs(
    cli: Cli, server: Loopback, articles: Path
) -> None:
    for out in ("one", "two"):
        cli("run", "news", "--out", out, *by(server), "--no-cache", "--log-json", str(LOG))
    assert len(logged()) == 6


@pytest.mark.parametrize("bodies", [False, True])
def test_article_is_logged_only_where_asked_for_and_the_key_never(
    cli: Cli, server: Loopback, articles: Path, bodies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_EXTRACT_API_KEY", KEY)
    server._answer = reader(b=Fault(400, f"Bad key {KEY}, bad bridge"))
    cli(*RUN, *by(server), *(["--log-bodies"] if bodies else []))
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    text = LOG.read_text(encoding="utf-8")
    assert KEY not in text
    assert ("bridge" in text) is bodies
    assert ("Ana Petrova" in text) is bodies


def test_run_that_breaks_leaves_its_log(cli: Cli, server: Loopback, articles: Path) -> None:
    server._answer = lambda _: Fault(401)
    assert cli(*RUN, *by(server)).code == 1
    assert logged()[0]["error"] == "ModelError"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--log-bodies",), "--log-bodies goes with --log-json only"),
        (("--log-json", "gone/calls.jsonl"), "--log-json gone/calls.jsonl: No such file"),
        (("--log-json", "news"), "--log-json news lies in a source"),
        (("--log-json", "news/calls.jsonl"), "choose a file outside"),
    ],
)
def test_log_that_cannot_be_is_refused_before_anything_is_asked(
    cli: Cli, server: Loopback, articles: Path, options: tuple[str, ...], message: str
) -> None:
    ended = cli("run", "news", "--out", "out", *by(server), *options)
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert message in line
    assert server.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_full_disk_ends_the_log_and_not_the_run(cli: Cli, server: Loopback, articles: Path) -> None:
    ended = cli("run", "news", "--out", "out", *by(server), "--log-json", "/dev/full")
    assert ended.code == 0
    (line,) = ended.err.splitlines()
    assert "No space left on device; the log ends here" in line


def test_name_that_is_no_text_is_logged() -> None:
    with call_log(LOG, bodies=False, sources=[]) as observer:
        assert observer is not None
        observer.tell(event(os.fsdecode(b"caf\xe9.txt")))
    assert os.fsencode(logged()[0]["article"]) == b"caf\xe9.txt"


@pytest.mark.parametrize(
    ("options", "seconds"), [(("--rpm", "300"), 0.4), (("--tpm", "6000"), 0.9)], ids=["rpm", "tpm"]
)
def test_limits_of_a_minute_are_kept(
    cli: Cli, server: Loopback, articles: Path, options: tuple[str, ...], seconds: float
) -> None:
    assert cli(*RUN, *by(server), *options, "--concurrency", "1").code == 0
    moments = [datetime.fromisoformat(line["started"]) for line in logged()]
    assert (moments[-1] - moments[0]).total_seconds() >= seconds * 0.9
