import asyncio
import contextlib
import dataclasses
import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from llm_extract.errors import LLMExtractError
from llm_extract.models.events import CallEvent, Observer
from llm_extract.models.usage import Meter
from tests.models.asking import HASTY, KEY, RED, connected, question
from tests.models.waiting import eventually
from tests.support.loopback import Fault, Loopback, Raw, Reply, Reset

SECRET = "The minister's secret plan"


async def events_of(
    *answers: Any, bodies: bool = False, known: tuple[str, ...] | None = None, **options: Any
) -> list[CallEvent]:
    """Asks one question about the article `a.txt`; returns the events."""
    events: list[CallEvent] = []
    with Loopback(*answers) as server:
        observer = Observer(events.append, bodies)
        async with connected(server, observer=observer, **options) as client:
            with contextlib.suppress(LLMExtractError):
                await client.ask(question(SECRET, known=known), Meter("a.txt"))
        assert len(events) == len(server.requests)
    return events


async def test_event_says_what_a_call_was_for_and_what_it_took() -> None:
    before = datetime.now(UTC)
    reply = Reply(RED, prompt_tokens=90, cached_tokens=60, completion_tokens=7, delay=0.05)
    (event,) = await events_of(dataclasses.replace(reply, request_id="req-7"))
    assert (event.article, event.task, event.attempt) == ("a.txt", "colour", 1)
    assert (event.model, event.status, event.error) == ("test-model", 200, None)
    assert (event.prompt_tokens, event.cached_tokens, event.completion_tokens) == (90, 60, 7)
    assert event.cost_usd is None
    assert event.request_id == "req-7"
    assert before <= event.started <= datetime.now(UTC)
    assert 0.05 <= event.seconds < 2


async def test_cost_is_that_of_the_call() -> None:
    (event,) = await events_of(Reply(RED), provider="openai", model="gpt-4o-mini")
    assert event.cost_usd is not None
    assert event.cost_usd > 0


async def test_every_attempt_is_an_event() -> None:
    events = await events_of(
        Fault(503, headers={"x-request-id": "req-1"}),
        Reset(),
        Raw(b"{not json"),
        Reply({"name": "gold", "shade": 1}),  # invalid, and sent back
        Reply(RED),
        known=("red",),
    )
    assert [event.attempt for event in events] == [1, 2, 3, 4, 5]
    assert [event.status for event in events] == [503, None, 200, 200, 200]
    assert [event.error for event in events] == [*["TransientModelError"] * 3, None, None]
    assert [event.prompt_tokens for event in events] == [None, None, None, 100, 100]
    assert events[0].request_id == "req-1"


async def test_wait_that_the_server_asks_for_is_told() -> None:
    events = await events_of(Fault(429, headers={"retry-after": "0.05"}), Reply(RED))
    assert [event.retry_after for event in events] == [0.05, None]


async def test_final_fault_is_an_event() -> None:
    (event,) = await events_of(Fault(401, "wrong key"))
    assert (event.status, event.error) == (401, "ModelError")


async def test_call_without_an_answer_is_an_event() -> None:
    patience = dataclasses.replace(HASTY, reply=0.5, request=0.01)
    (event,) = await events_of(Reply(RED, delay=30), patience=patience)
    assert (event.status, event.error) == (None, "TransientModelError")
    assert event.seconds >= 0.5


async def test_call_that_is_called_off_is_an_event() -> None:
    events: list[CallEvent] = []
    meter = Meter("a.txt")
    with Loopback(Reply(RED, delay=30)) as server:
        async with connected(server, observer=Observer(events.append)) as client:
            asking = asyncio.create_task(client.ask(question(), meter))
            await asyncio.to_thread(eventually, lambda: len(server.requests) == 1)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
    assert [event.error for event in events] == ["CancelledError"]
    assert meter.usage.calls == 1


async def test_parameter_that_is_left_out_takes_a_call_of_its_own() -> None:
    refused = Fault(400, "no seed here", code="unsupported_value", param="seed")
    events = await events_of(refused, Reply(RED))
    assert [(event.attempt, event.status, event.error) for event in events] == [
        (1, 400, "UnsupportedParameterError"),
        (2, 200, None),
    ]


async def test_event_holds_neither_the_article_nor_the_key() -> None:
    for event in await events_of(Fault(500, f"{KEY} {SECRET}"), Reply(RED)):
        assert event.request is event.reply is None
        assert SECRET not in repr(event)
        assert KEY not in repr(event)


async def test_bodies_are_there_where_asked_for_and_never_the_key() -> None:
    failed, event = await events_of(Fault(500, f"Bad key {KEY}"), Reply(RED), bodies=True)
    assert failed.request is not None
    assert failed.reply is None
    assert event.request is not None
    assert event.reply is not None
    assert event.request["messages"][1]["content"] == SECRET
    assert json.loads(event.reply["choices"][0]["message"]["content"]) == RED
    assert KEY not in repr((failed, event))


async def test_events_cannot_be_changed() -> None:
    (event,) = await events_of(Reply(RED))
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.task = "other"  # type: ignore[misc]


async def test_hook_that_fails_disturbs_no_call(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: CallEvent) -> None:
        raise OSError("disk full")

    with Loopback(Reply(RED)) as server:
        async with connected(server, observer=Observer(fail)) as client:
            assert await client.ask(question(), Meter("a.txt"))
    (record,) = [r for r in caplog.records if r.name.startswith("llm_extract")]
    assert record.levelno == logging.ERROR
    assert "a.txt" in record.message
