"""Every fault that a model server may show, and what becomes of the article and of the run.

Three articles, `a`, `b` and `c`, are extracted one after the other; the server misbehaves at `b`.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from llm_extract.batch.job import Job
from llm_extract.batch.runner import Outcome
from llm_extract.errors import ModelError, ServerDownError
from llm_extract.models.retry import Patience
from tests.batch.conftest import Run
from tests.batch.news import EMPTY, article, ids_in
from tests.models.asking import HASTY
from tests.support.loopback import (
    Answer,
    Fault,
    Loopback,
    Raw,
    Reply,
    Reset,
    Stall,
    refused_url,
    silent_url,
)

PATIENCE = replace(HASTY, request=10)
SHORT_TIMEOUT = replace(PATIENCE, reply=0.5)
IMPATIENT = replace(SHORT_TIMEOUT, request=0.2)
TRUNCATED = Reply('{"meetings": [', finish_reason="length")


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def wait(seconds: str) -> dict[str, str]:
    return {"Retry-After": seconds}


# What the server does twice before it answers again; the article is done all the same.
HEALS: dict[str, Answer] = {
    "429 without Retry-After": Fault(429, "Slow down"),
    "429 with Retry-After in seconds": Fault(429, headers=wait("0.1")),
    "429 with Retry-After as a date": Fault(429, headers=wait(in_seconds(0))),
    "429 with a Retry-After that nobody can read": Fault(429, headers=wait("soon")),
    "408": Fault(408),
    "409": Fault(409),
    "500": Fault(500),
    "502": Raw(b"<html>Bad gateway</html>", status=502, content_type="text/html"),
    "503": Fault(503),
    "503 with Retry-After": Fault(503, headers=wait("0.1")),
    "529": Fault(529, "Overloaded"),
    "connection reset": Reset(),
    "connection reset in mid-body": Reset(mid_body=True),
    "read timeout before the reply": Reply(EMPTY, delay=30),
    "read timeout in mid-body": Stall(),
    "reply a byte at a time, without end": Stall(every=0.05),
    "invalid JSON": Raw(b'{"choices": [{"mess'),
    "a web page": Raw(b"<html>Log in</html>", content_type="text/html"),
    "empty choices": Raw(b'{"choices": []}'),
    "choice without a message": Raw(b'{"choices": [{"index": 0}]}'),
}

# What the server says once to a request that it will never take; nothing more is sent.
STOPS: dict[str, tuple[Answer, str]] = {
    "expired key": (Fault(401, "Expired", "invalid_api_key"), "LLM_EXTRACT_API_KEY"),
    "key that may not use the model": (Fault(403, "Not allowed"), "LLM_EXTRACT_API_KEY"),
    "unknown model": (Fault(404, "No such model", "model_not_found"), "'big-model'"),
    "used-up quota": (Fault(429, "Check your plan", "insufficient_quota"), "quota"),
    "used-up balance": (Fault(402, "Top up"), "quota"),
    "429 with a Retry-After of a day": (Fault(429, headers=wait("86400")), "1 day"),
    "429 with a Retry-After date tomorrow": (
        Fault(429, headers=wait(in_seconds(90_000))),
        "1 day",
    ),
    "no structured output": (Fault(400, "response_format is unknown"), "no JSON schema"),
}

# What the server keeps doing to this article; how often it is asked; what is said of it.
FAILS: dict[str, tuple[Answer, int, str]] = {
    "truncation of the smallest question": (TRUNCATED, 2, "output tokens"),
    "refusal": (Reply(None, refusal="I cannot."), 1, "declined"),
    "content-filter stop of the reply": (
        Reply(EMPTY, finish_reason="content_filter"),
        1,
        "content filter",
    ),
    "content-filter stop of the request": (Fault(400, "No", "content_filter"), 1, "content filter"),
    "context-length error": (Fault(400, "Too long", "context_length_exceeded"), 1, "does not fit"),
    "request too large": (Fault(413, "Too large"), 1, "does not fit"),
    "rejected request": (Fault(422, "What?"), 1, "HTTP 422"),
}

# What would heal, but does not before the deadline.
LASTS: dict[str, tuple[Answer, str]] = {
    "429": (Fault(429), "HTTP 429"),
    "503": (Fault(503), "HTTP 503"),
    "connection reset": (Reset(), "broke the connection"),
    "read timeout": (Stall(), "did not answer"),
    "invalid JSON": (Raw(b"{"), "cannot be read as JSON"),
    "empty choices": (Raw(b'{"choices": []}'), "without a message"),
}


@dataclass
class Ended:
    """How the run ended."""

    outcomes: list[Outcome]
    asked: int  # about `b`
    sent: int
    done: list[str]
    error: str | None

    @property
    def reason(self) -> str:
        (failed,) = [outcome for outcome in self.outcomes if outcome.status == "failed"]
        assert failed.id == "b.txt"
        return failed.reason


def found(body: dict[str, Any]) -> Reply:
    lists = body["response_format"]["json_schema"]["schema"]["properties"]
    return Reply({name: EMPTY[name] for name in lists})


Extract = Callable[..., Ended]


def job_at(url: str, patience: Patience) -> Job:
    return replace(Job.of("big-model", base_url=url), patience=patience)


@pytest.fixture
def extract(run: Run, tmp_path: Path) -> Extract:
    def extract(fault: Answer, times: int = 10_000, patience: Patience = PATIENCE) -> Ended:
        asked: list[dict[str, Any]] = []

        def answer(body: dict[str, Any]) -> Answer:
            if "the b bridge" not in str(body["messages"]):  # a re-ask has it further up
                return found(body)
            asked.append(body)
            return fault if len(asked) <= times else found(body)

        outcomes: list[Outcome] = []
        error: str | None = None
        with Loopback(answer=answer) as server:
            job = Job.of("big-model", base_url=server.base_url, api_key="key-1", concurrency=1)
            job = replace(job, patience=patience)
            try:
                run(job, tmp_path, map(article, "abc"), outcomes.append)
            except ModelError as stopped:
                error = str(stopped)
            sent = len(server.requests)
        return Ended(outcomes, len(asked), sent, ids_in(tmp_path / "records.jsonl"), error)

    return extract


@pytest.mark.parametrize("fault", HEALS.values(), ids=HEALS)
def test_healed_by_retry(extract: Extract, fault: Answer) -> None:
    is_timeout = isinstance(fault, Stall | Reply)
    ended = extract(fault, times=2, patience=SHORT_TIMEOUT if is_timeout else PATIENCE)
    assert (ended.asked, ended.error) == (3, None)
    assert ended.done == ["a.txt", "b.txt", "c.txt"]


@pytest.mark.parametrize(("fault", "says"), STOPS.values(), ids=STOPS)
def test_stops_the_run_at_once_and_leaves_the_rest_pending(
    extract: Extract, fault: Answer, says: str
) -> None:
    ended = extract(fault)
    assert ended.error is not None
    assert says in ended.error
    assert "\n" not in ended.error
    assert (ended.asked, ended.sent, ended.done) == (1, 2, ["a.txt"])
    assert [outcome.status for outcome in ended.outcomes] == ["done"]  # nothing has failed


@pytest.mark.parametrize(("fault", "asked", "says"), FAILS.values(), ids=FAILS)
def test_fails_the_article_and_goes_on(
    extract: Extract, fault: Answer, asked: int, says: str
) -> None:
    ended = extract(fault)
    assert ended.error is None
    assert says in ended.reason
    assert ended.asked == asked
    assert ended.done == ["a.txt", "c.txt"]


@pytest.mark.parametrize(("fault", "says"), LASTS.values(), ids=LASTS)
def test_what_does_not_heal_in_time_fails_the_article_and_goes_on(
    extract: Extract, fault: Answer, says: str
) -> None:
    ended = extract(fault, patience=IMPATIENT)
    assert ended.error is None
    assert says in ended.reason
    assert "\n" not in ended.reason
    assert ended.done == ["a.txt", "c.txt"]


@pytest.mark.parametrize("content", ["no JSON", {"meetings": 7}, {**EMPTY, "more": 1}])
def test_schema_violation_is_asked_again_with_the_reason(extract: Extract, content: Any) -> None:
    ended = extract(Reply(content), times=1)
    assert (ended.asked, ended.error) == (2, None)
    assert ended.done == ["a.txt", "b.txt", "c.txt"]


def test_truncation_is_asked_again_in_parts(extract: Extract) -> None:
    ended = extract(TRUNCATED, times=1)
    assert (ended.asked, ended.error) == (4, None)  # all, then one kind of record at a time
    assert ended.done == ["a.txt", "b.txt", "c.txt"]


def test_refused_connection_stops_the_run(run: Run, tmp_path: Path) -> None:
    url = refused_url()
    with pytest.raises(ServerDownError, match=f"{url} is down"):
        run(job_at(url, PATIENCE), tmp_path, map(article, "abc"))
    assert ids_in(tmp_path / "records.jsonl") == []


def test_refused_connection_is_healed_by_a_server_that_comes_up(run: Run, tmp_path: Path) -> None:
    url = refused_url()
    started: list[Loopback] = []

    def start() -> None:
        started.append(Loopback(Reply(EMPTY), port=urlsplit(url).port or 0))

    timer = threading.Timer(0.3, start)
    timer.start()
    run(job_at(url, replace(PATIENCE, down=5)), tmp_path, map(article, "abc"))
    timer.join()
    started[0].close()
    assert ids_in(tmp_path / "records.jsonl") == ["a.txt", "b.txt", "c.txt"]


def test_server_that_accepts_and_never_answers_fails_the_article(run: Run, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    with silent_url() as url:
        run(job_at(url, IMPATIENT), tmp_path, map(article, "ab"), outcomes.append)
    assert [outcome.status for outcome in outcomes] == ["failed", "failed"]
    assert all("did not answer" in outcome.reason for outcome in outcomes)
