"""Runs through a batch service."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from llm_extract.batch.database import STORE_FILE
from llm_extract.batch.job import Job
from llm_extract.batch.lock import LOCK_FILE
from llm_extract.batch.output import RECORDS_FILE
from llm_extract.batch.runner import Outcome
from llm_extract.batch.service.api import BatchApi
from llm_extract.batch.service.courier import Pace, read_reply
from llm_extract.batch.service.ledger import ServiceLedger, articles_waiting
from llm_extract.batch.service.runner import BatchServiceRunner, ServiceOptions, check_service
from llm_extract.batch.store import Store, open_store
from llm_extract.errors import ModelError, UsageError
from llm_extract.models.cache import ReplyCache
from llm_extract.models.prices import price
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article
from tests.batch.news import EMPTY, article, asked_about, ids_in, lines_of, reader, text
from tests.batch.news import run as run_live
from tests.models.asking import HASTY
from tests.support.batch_api import BatchServer, Broken, Expired
from tests.support.loopback import Fault, Loopback, Reply

OPTIONS = ServiceOptions(pace=Pace(first=0.001, longest=0.002), patience=HASTY)
NAMES = ("a", "b", "c")


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with BatchServer(answer=reader()) as running:
        yield running


def job_for(server: BatchServer, **options: Any) -> Job:
    return Job.of("big-model", base_url=server.base_url, **options)


def articles(*names: str) -> list[Article]:
    return [article(name) for name in names]


def run(
    server: BatchServer,
    folder: Path,
    items: list[Article],
    *,
    on_article: Callable[[Outcome], None] | None = None,
    tell: Callable[[str], None] | None = None,
    cache: ReplyCache | None = None,
    options: ServiceOptions = OPTIONS,
    job: Job | None = None,
) -> BatchServiceRunner:
    job = job or job_for(server)
    with open_store(folder, job.settings) as store:
        runner = BatchServiceRunner(
            job, store, cache=cache, on_article=on_article, tell=tell, options=options
        )
        asyncio.run(runner.run(items))
    return runner


def records_in(folder: Path) -> list[ArticleRecords]:
    """What a run left, without the time it took."""
    found = map(ArticleRecords.model_validate_json, lines_of(folder / RECORDS_FILE))
    return [
        records.model_copy(
            update={"provenance": records.provenance.model_copy(update={"seconds": 0.0})}
        )
        for records in found
    ]


def in_turn(*answers: Any) -> Callable[[dict[str, Any]], Any]:
    """Answers in turn, and the last one over and over."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


class TestUndisturbed:
    def test_one_upload_and_one_batch_give_what_calls_give(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        runner = run(server, tmp_path / "batch", articles(*NAMES))
        with Loopback(answer=reader()) as live:
            job = Job.of("big-model", base_url=live.base_url, concurrency=1)
            run_live(job, tmp_path / "live", articles(*NAMES))
            assert server.sent == live.bodies
        assert records_in(tmp_path / "batch") == records_in(tmp_path / "live")
        assert (len(server.uploads), len(server.batches)) == (1, 1)
        assert (runner.tally.done, runner.tally.failed) == (3, 0)
        assert runner.tally.usage.calls == 3
        assert runner.tally.usage.prompt_tokens == 300

    def test_line_names_the_request_and_the_endpoint(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        run(server, tmp_path, articles("a", "b"))
        lines = [json.loads(line) for line in server.uploads[0].content.splitlines()]
        assert [set(line) for line in lines] == [{"custom_id", "method", "url", "body"}] * 2
        assert lines[0]["custom_id"] != lines[1]["custom_id"]
        assert all(len(line["custom_id"]) <= 64 for line in lines)

    def test_nothing_is_left_behind(self, server: BatchServer, tmp_path: Path) -> None:
        job = job_for(server)
        run(server, tmp_path, articles(*NAMES))
        assert {path.name for path in tmp_path.iterdir()} == {STORE_FILE, LOCK_FILE, RECORDS_FILE}
        assert articles_waiting(tmp_path, job.settings) == 0
        with sqlite3.connect(tmp_path / STORE_FILE) as db:
            for table in ("request", "wanted", "waiting", "alike"):
                assert db.execute(f"SELECT * FROM service_{table}").fetchall() == []
        db.close()

    def test_finished_articles_are_not_sent_again(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        run(server, tmp_path, articles("a", "b"))
        again = run(server, tmp_path, articles(*NAMES))
        assert (again.tally.reused, again.tally.done) == (2, 1)
        assert len(server.sent) == 3
        run(server, tmp_path, articles(*NAMES))
        assert len(server.batches) == 2

    def test_text_that_several_articles_have_is_sent_once(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        outcomes: list[Outcome] = []
        given = [Article(id_, text("a")) for id_ in ("1", "2", "3")]
        run(server, tmp_path, given, on_article=outcomes.append)
        assert len(server.sent) == 1
        assert sorted((o.id, o.status) for o in outcomes) == [
            ("1", "done"),
            ("2", "reused"),
            ("3", "reused"),
        ]
        assert ids_in(tmp_path / RECORDS_FILE) == ["1", "2", "3"]

    def test_batches_hold_no_more_than_the_service_takes(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        few = ServiceOptions(OPTIONS.pace, HASTY, most_requests=2)
        names = [f"n{number}" for number in range(5)]
        run(server, tmp_path / "1", articles(*names), options=few)
        assert [len(batch.requests) for batch in server.batches.values()] == [2, 2, 1]
        small = ServiceOptions(OPTIONS.pace, HASTY, most_bytes=1)
        run(server, tmp_path / "2", articles("a", "b"), options=small)
        assert [len(batch.requests) for batch in server.batches.values()][3:] == [1, 1]

    def test_it_is_asked_again_until_the_batch_has_ended(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.polls = 5
        told: list[str] = []
        run(server, tmp_path, articles("a"), tell=told.append)
        assert server.calls.count("GET /batches/batch_0") == 6
        assert told == [
            "batch batch_0: sent",
            "batch batch_0: in_progress, 0 of 1 answered",
            "batch batch_0: completed, 1 of 1 answered",
        ]

    def test_kept_replies_are_used_and_new_ones_kept(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        cache = ReplyCache(tmp_path / "replies.db")
        run(server, tmp_path / "1", articles("a"), cache=cache)
        again = run(server, tmp_path / "2", articles("a", "b"), cache=cache)
        assert len(server.sent) == 2
        assert (again.tally.usage.cached_replies, again.tally.usage.calls) == (1, 1)
        cache.close()

    def test_batch_price_comes_from_the_snapshot(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        spec = Job.of("openai/gpt-4o-mini").spec
        tokens = {"prompt_tokens": 1_000_000, "cached_tokens": 0, "completion_tokens": 1_000_000}
        usual = price(spec, **tokens)
        assert usual is not None
        assert price(spec, batch=True, **tokens) == pytest.approx(usual / 2)


class TestReplies:
    def test_invalid_reply_is_asked_for_again_in_the_next_batch(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.answer = in_turn(Reply("nonsense"), Reply(EMPTY))
        runner = run(server, tmp_path, articles("a"))
        assert [len(batch.requests) for batch in server.batches.values()] == [1, 1]
        assert "rror" in server.sent[1]["messages"][-1]["content"]
        assert runner.tally.usage.calls == 2
        (records,) = records_in(tmp_path)
        assert len(records.quotes) == 1
        assert (records.provenance.calls, records.provenance.prompt_tokens) == (2, 200)

    def test_reply_that_stays_invalid_is_salvaged_as_it_is_without_batches(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.answer = lambda _: Reply("nonsense")
        runner = run(server, tmp_path, articles("a"))
        assert len(server.batches) == 2
        assert (runner.tally.done, runner.tally.dropped) == (1, 3)

    def test_cut_reply_is_asked_for_type_by_type_in_one_batch(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        def answer(body: dict[str, Any]) -> Reply:
            asked = body["response_format"]["json_schema"]["schema"]["properties"]
            if "meetings" in asked and "positions" in asked:
                return Reply("{", finish_reason="length")
            return Reply({name: EMPTY[name] for name in asked})

        server.answer = answer
        run(server, tmp_path, articles("a"))
        assert [len(batch.requests) for batch in server.batches.values()] == [1, 3]
        (records,) = records_in(tmp_path)
        assert (len(records.quotes), records.provenance.calls) == (1, 4)

    def test_usage_of_an_article_in_parts_is_that_of_all_its_replies(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        def answer(body: dict[str, Any]) -> Reply:
            asked = list(body["response_format"]["json_schema"]["schema"]["properties"])
            if len(asked) > 2:
                return Reply("{", finish_reason="length")
            if asked == ["positions"] and len(body["messages"]) == 2:
                return Reply("nonsense")
            return Reply({name: EMPTY[name] for name in asked})

        server.answer = answer
        cache = ReplyCache(tmp_path / "replies.db")
        run(server, tmp_path / "out", articles("a"), cache=cache)
        cache.close()
        assert [len(batch.requests) for batch in server.batches.values()] == [1, 3, 1]
        made = records_in(tmp_path / "out")[0].provenance
        assert (made.calls, made.cached_replies, made.prompt_tokens) == (5, 0, 500)

    def test_refused_parameter_is_left_out_in_the_next_batch(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        def answer(body: dict[str, Any]) -> Any:
            if "temperature" in body:
                return Fault(400, "no", code="unsupported_value", param="temperature")
            return Reply(EMPTY)

        server.answer = answer
        runner = run(server, tmp_path, articles(*NAMES))
        assert (runner.tally.done, len(server.batches)) == (3, 2)


class TestFaults:
    def test_article_of_a_rejected_request_fails_and_the_others_are_done(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.answer = reader(b=Fault(422, "what is that?"))
        outcomes: list[Outcome] = []
        runner = run(server, tmp_path, articles(*NAMES), on_article=outcomes.append)
        assert (runner.tally.done, runner.tally.failed) == (2, 1)
        (failed,) = [outcome for outcome in outcomes if outcome.status == "failed"]
        assert (failed.id, "what is that?" in failed.reason) == ("b.txt", True)
        assert ids_in(tmp_path / RECORDS_FILE) == ["a.txt", "c.txt"]

    def test_refusal_fails_the_article(self, server: BatchServer, tmp_path: Path) -> None:
        server.answer = reader(b=Reply("", refusal="no"))
        runner = run(server, tmp_path, articles("a", "b"))
        assert (runner.tally.done, runner.tally.failed) == (1, 1)

    def test_request_that_expired_goes_into_the_next_batch(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        late = ["b"]

        def answer(body: dict[str, Any]) -> Any:
            if late and asked_about(body, late[0]):
                late.clear()
                return Expired()
            return Reply(EMPTY)

        server.answer = answer
        server.status = "expired"
        runner = run(server, tmp_path, articles(*NAMES))
        assert runner.tally.done == 3
        assert [len(batch.requests) for batch in server.batches.values()] == [3, 1]
        assert runner.tally.usage.calls == 3

    def test_batch_that_expired_unanswered_stops_the_run_and_is_sent_by_the_next(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.answer = lambda _: Expired()
        server.status = "expired"
        with pytest.raises(ModelError, match="batch_0 expired with 0 of 2 requests answered"):
            run(server, tmp_path, articles("a", "b"))
        server.answer = reader()
        assert run(server, tmp_path, articles("a", "b")).tally.done == 2

    def test_server_fault_is_sent_again_and_fails_the_article_in_the_end(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.answer = in_turn(Fault(500, "oops"), Reply(EMPTY))
        assert run(server, tmp_path / "1", articles("a")).tally.done == 1
        assert len(server.batches) == 2
        server.answer = lambda _: Fault(500, "oops")
        outcomes: list[Outcome] = []
        run(server, tmp_path / "2", articles("b"), on_article=outcomes.append)
        assert len(server.batches) == 2 + 3
        assert outcomes[0].status == "failed"
        assert "oops" in outcomes[0].reason

    @pytest.mark.parametrize(
        "line",
        [
            b"",
            b"not JSON at all",
            b"[1]",
            b'{"custom_id": 7}',
            b'{"custom_id": "of somebody else", "response": {"status_code": 200, "body": {}}}',
            b"\xff\xfe",
        ],
    )
    def test_request_whose_line_cannot_be_read_is_sent_again(
        self, server: BatchServer, tmp_path: Path, line: bytes
    ) -> None:
        server.answer = in_turn(Broken(line), Reply(EMPTY))
        runner = run(server, tmp_path / "1", articles("a", "b"))
        assert (runner.tally.done, len(server.batches)) == (2, 2)

    def test_request_whose_line_is_never_readable_fails_its_article(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.answer = reader(b=Broken(b"{"))  # type: ignore[arg-type]
        outcomes: list[Outcome] = []
        runner = run(server, tmp_path, articles("a", "b"), on_article=outcomes.append)
        assert (runner.tally.done, runner.tally.failed, len(server.batches)) == (1, 1, 3)
        assert "gave no reply" in next(o.reason for o in outcomes if o.status == "failed")

    def test_fault_of_all_requests_stops_the_run_and_keeps_the_rest(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.answer = reader(b=Fault(429, "used up", code="insufficient_quota"))
        with pytest.raises(ModelError, match="quota"):
            run(server, tmp_path, articles(*NAMES))
        server.answer = reader()
        again = run(server, tmp_path, articles(*NAMES))
        assert (again.tally.done, len(server.sent)) == (3, 4)

    def test_refused_batch_stops_the_run_with_the_reason(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.status, server.refusal = "failed", "Enqueued token limit reached"
        with pytest.raises(ModelError, match="refused batch batch_0: Enqueued token limit"):
            run(server, tmp_path, articles("a"))
        server.status, server.refusal = "completed", None
        assert run(server, tmp_path, articles("a")).tally.done == 1

    def test_batch_beyond_what_may_be_under_way_is_sent_when_another_has_ended(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.most_under_way, server.refusal, server.polls = 1, "too much", 3
        few = ServiceOptions(OPTIONS.pace, HASTY, most_requests=2)
        names = [f"n{number}" for number in range(5)]
        assert run(server, tmp_path, articles(*names), options=few).tally.done == 5
        ended = [batch for batch in server.batches.values() if batch.status == "completed"]
        assert sorted(len(batch.requests) for batch in ended) == [1, 2, 2]

    def test_batch_that_somebody_cancelled_is_not_sent_again_at_once(
        self, server: BatchServer, tmp_path: Path
    ) -> None:
        server.status = "cancelled"
        with pytest.raises(ModelError, match="cancelled with"):
            run(server, tmp_path, articles("a"))
        assert len(server.batches) == 1

    @pytest.mark.parametrize(
        ("status", "message"),
        [(404, "has no Batch API"), (401, "wants a key"), (400, "refuses the batch: .*scripted")],
    )
    @pytest.mark.parametrize("call", ["POST /files", "POST /batches"])
    def test_service_that_takes_no_batch_stops_the_run(
        self, server: BatchServer, tmp_path: Path, call: str, status: int, message: str
    ) -> None:
        server.fail_next[call] = [status]
        with pytest.raises(ModelError, match=message):
            run(server, tmp_path, articles("a"))
        assert run(server, tmp_path, articles("a")).tally.done == 1
        assert (len(server.uploads), len(server.batches)) == (1, 1)

    @pytest.mark.parametrize("call", ["POST /files", "POST /batches", "GET /batches", "GET /files"])
    def test_passing_fault_of_the_service_is_waited_out(
        self, server: BatchServer, tmp_path: Path, call: str
    ) -> None:
        server.fail_next[call] = [500, 429]
        assert run(server, tmp_path, articles("a")).tally.done == 1
        assert (len(server.uploads), len(server.batches)) == (1, 1)

    @pytest.mark.parametrize("call", ["POST /files", "POST /batches"])
    def test_step_whose_reply_was_lost_is_not_taken_twice(
        self, server: BatchServer, tmp_path: Path, call: str
    ) -> None:
        server.lose_next.append(call)
        assert run(server, tmp_path, articles("a")).tally.done == 1
        assert (len(server.uploads), len(server.batches)) == (1, 1)


class Killed(KeyboardInterrupt):
    """Stands for a SIGKILL."""


FEW, ALL_STEPS = (0, 1), tuple(range(12))
STEPS = [
    *((ServiceLedger, name, FEW) for name in ("add_waiting", "want", "new_batch", "put_into")),
    (ServiceLedger, "note", ALL_STEPS),
    *((ServiceLedger, name, FEW) for name in ("keep_reply", "forget")),
    *((BatchApi, name, FEW) for name in ("upload", "create", "progress", "download")),
    (Store, "finish", FEW),
]


def second_time_right(body: dict[str, Any]) -> Any:
    """A model whose first reply to article b is invalid."""
    first = len(body["messages"]) == 2
    return Reply("nonsense") if first and asked_about(body, "b") else Reply(EMPTY)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[ArticleRecords]:
    folder = tmp_path_factory.mktemp("undisturbed")
    with BatchServer(answer=second_time_right) as server:
        run(server, folder, articles(*NAMES))
        assert (len(server.batches), len(server.sent)) == (2, 4)
    return records_in(folder)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "name", "times"), STEPS, ids=[name for _, name, _ in STEPS])
def test_run_killed_at_any_step_goes_on_and_pays_for_nothing_twice(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: list[ArticleRecords],
    owner: type,
    name: str,
    times: tuple[int, ...],
    after: bool,
) -> None:
    for at in times:
        folder = tmp_path / f"{at}"
        with BatchServer(answer=second_time_right) as server:
            job = job_for(server)
            with monkeypatch.context() as patched:
                killed = _kill_at(patched, owner, name, at, after)
                with contextlib.suppress(Killed):
                    run(server, folder, articles(*NAMES), job=job)
            run(server, folder, articles(*NAMES), job=job)
            assert records_in(folder) == undisturbed
            assert len(server.sent) == 4
            assert len(server.batches) == len(server.uploads) == 2
        assert killed


def _kill_at(
    patched: pytest.MonkeyPatch, owner: type, name: str, at: int, after: bool
) -> list[bool]:
    """Raise at the call number `at` of a method, and at all later ones; tells whether it did."""
    step, count, killed = getattr(owner, name), iter(range(10**6)), []

    def die() -> None:
        killed.append(True)
        raise Killed

    def plain(*args: Any, **kwargs: Any) -> Any:
        number = next(count)
        if number >= at and not after:
            die()
        result = step(*args, **kwargs)
        if number >= at:
            die()
        return result

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        number = next(count)
        if number >= at and not after:
            die()
        result = await step(*args, **kwargs)
        if number >= at:
            die()
        return result

    patched.setattr(owner, name, awaited if asyncio.iscoroutinefunction(step) else plain)
    return killed


def test_lost_file_of_requests_is_written_again(
    server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        _kill_at(patched, BatchApi, "upload", 0, after=False)
        with pytest.raises(Killed):
            run(server, tmp_path, articles(*NAMES))
    (file,) = tmp_path.glob("llm-extract-*.jsonl")
    file.unlink()
    assert run(server, tmp_path, articles(*NAMES)).tally.done == 3
    assert len(server.batches) == 1


def test_articles_under_way_are_finished_though_the_sources_no_longer_have_them(
    server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        _kill_at(patched, BatchApi, "progress", 0, after=False)
        with pytest.raises(Killed):
            run(server, tmp_path, articles("a", "b"))
    run(server, tmp_path, articles("b"))
    assert ids_in(tmp_path / RECORDS_FILE) == ["b.txt"]
    again = run(server, tmp_path, articles("a", "b"))
    assert (again.tally.reused, len(server.sent)) == (2, 2)


def test_articles_of_which_nothing_was_sent_wait_no_longer_than_their_run(
    server: BatchServer, tmp_path: Path
) -> None:
    job = job_for(server)
    server.status, server.refusal = "failed", "too large"
    with pytest.raises(ModelError, match=r"too large; .* --limit"):
        run(server, tmp_path, articles(*NAMES))
    assert articles_waiting(tmp_path, job.settings) == 0
    server.status = "completed"
    run(server, tmp_path, articles("c"))
    assert [len(batch.requests) for batch in server.batches.values()] == [3, 1]


def test_only_hosted_models_and_the_article_strategy_go_through_the_service(
    tmp_path: Path,
) -> None:
    weights = tmp_path / "giant.gguf"
    weights.write_bytes(b"GGUF")
    with pytest.raises(UsageError, match="needs a hosted model"):
        check_service(Job.of(str(weights)))
    hosted = partial(Job.of, "big", base_url="http://127.0.0.1:1/v1")
    with pytest.raises(UsageError, match="--strategy article"):
        check_service(hosted(strategy="sentence"))
    check_service(hosted())


@pytest.mark.parametrize(
    "line",
    [b"", b"[", b"null", b'{"custom_id": null}', b"[" * 100_000],
    ids=["empty", "cut", "null", "no id", "deep"],
)
def test_line_that_names_no_request_is_none(line: bytes) -> None:
    assert read_reply(line) is None
