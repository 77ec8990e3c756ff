import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from llm_extract.errors import TransientModelError
from llm_extract.models.limits import Limits, Throttle, Turn
from llm_extract.models.usage import Meter
from tests.models.asking import HASTY, RED, connected, question
from tests.support.loopback import Fault, Loopback, Reply
from tests.support.skipping_clock import run_skipping

# --- how many at a time --------------------------------------------------------------------------


async def round_of_calls(throttle: Throttle, end: Callable[[Turn], None]) -> None:
    """Makes as many calls at once as are allowed; each ends as `end` says."""
    begun = [throttle.turn(0) for _ in range(throttle.window)]
    turns = [await turn.__aenter__() for turn in begun]
    for opened, turn in zip(begun, turns, strict=True):
        end(turn)
        await opened.__aexit__(None, None, None)


def succeed(turn: Turn) -> None:
    turn.succeeded(None)


def refuse(turn: Turn) -> None:
    turn.refused(None)


async def test_all_calls_that_are_allowed_may_be_made_from_the_start() -> None:
    assert Throttle(Limits(16)).window == 16


async def test_refusal_halves_the_calls_once_for_all_that_were_under_way() -> None:
    throttle = Throttle(Limits(16))
    await round_of_calls(throttle, refuse)
    assert throttle.window == 8
    await round_of_calls(throttle, refuse)
    assert throttle.window == 4


async def test_success_adds_at_most_one_call_a_round() -> None:
    throttle = Throttle(Limits(16))
    await round_of_calls(throttle, refuse)
    windows = [throttle.window]
    for _ in range(40):
        await round_of_calls(throttle, succeed)
        windows.append(throttle.window)
    assert all(0 <= after - before <= 1 for before, after in itertools.pairwise(windows))
    assert windows[-1] == 16


async def test_calls_stay_within_their_bounds() -> None:
    throttle = Throttle(Limits(3))
    await round_of_calls(throttle, succeed)
    assert throttle.window == 3
    for _ in range(5):
        await round_of_calls(throttle, refuse)
    assert throttle.window == 1


async def test_one_slow_call_does_not_hold_the_others() -> None:
    throttle = Throttle(Limits(2))
    async with throttle.turn(0), asyncio.timeout(1):
        for _ in range(50):
            async with throttle.turn(0):
                pass


async def test_call_that_is_called_off_in_the_queue_holds_nobody() -> None:
    throttle = Throttle(Limits(1))
    async with throttle.turn(0):
        waiting = asyncio.create_task(throttle.turn(0).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
    async with asyncio.timeout(1), throttle.turn(0):
        pass


def test_wait_that_is_asked_for_holds_up_all_new_calls() -> None:
    async def main() -> list[float]:
        throttle = Throttle(Limits(8))
        async with throttle.turn(0) as first, throttle.turn(0) as second:
            first.refused(30.0)
            second.refused(10.0)  # the longer wait counts
        return await moments(throttle, 3)

    assert run_skipping(main()) == [30.0, 30.0, 30.0]


# --- how many a minute ---------------------------------------------------------------------------


async def moments(throttle: Throttle, calls: int, tokens: int = 0, taken: int = 0) -> list[float]:
    """Makes calls that take no time, all at once; returns when each went out, in seconds."""
    sent: list[float] = []

    async def call() -> None:
        async with throttle.turn(tokens) as turn:
            sent.append(round(asyncio.get_running_loop().time(), 3))
            turn.succeeded(taken)

    await asyncio.gather(*[call() for _ in range(calls)])
    return sent


def sent_at(limits: Limits, calls: int, tokens: int = 0, taken: int = 0) -> list[float]:
    async def main() -> list[float]:
        return await moments(Throttle(limits), calls, tokens, taken)

    return run_skipping(main())


@pytest.mark.parametrize("rpm", [1, 7, 60, 500])
def test_no_minute_has_more_calls_than_allowed(rpm: int) -> None:
    sent = sent_at(Limits(8, rpm=rpm), 3 * rpm)
    for start in sent:
        assert sum(start <= moment < start + 59.99 for moment in sent) <= rpm
    assert sent[-1] <= 180


def test_rate_is_made_use_of() -> None:
    assert sent_at(Limits(8, rpm=6000), 6000)[-1] == pytest.approx(60, abs=0.2)


def test_tokens_are_spread_over_the_minutes() -> None:
    sent = sent_at(Limits(8, tpm=6000), 12, tokens=1000, taken=1000)
    assert sent[-1] == pytest.approx(12 * 1000 / 6000 * 60, abs=2)


@pytest.mark.parametrize("estimate", [10, 1000, 4000])
def test_wrong_estimate_is_made_up_for(estimate: int) -> None:
    sent = sent_at(Limits(1, tpm=6000), 24, tokens=estimate, taken=1000)
    assert sent[-1] == pytest.approx(24 * 1000 / 6000 * 60, abs=41)


def test_call_that_takes_more_than_a_minute_allows_is_made_all_the_same() -> None:
    assert sent_at(Limits(1, tpm=100), 2, tokens=1000, taken=1000)[-1] < 1300


# --- against a server ----------------------------------------------------------------------------


async def ask_many(server: Loopback, number: int, **options: Any) -> None:
    async with connected(server, **options) as client:
        await asyncio.gather(*[client.ask(question(str(n)), Meter()) for n in range(number)])


async def test_calls_under_way_are_limited() -> None:
    with Loopback(answer=lambda _: Reply(RED, delay=0.02)) as server:
        await ask_many(server, 12, concurrency=3)
        assert server.most_at_once == 3


async def test_server_that_takes_few_calls_at_a_time_soon_gets_few() -> None:
    server = Loopback()
    refused: list[bool] = []

    def answer(_: dict[str, Any]) -> Reply | Fault:
        refused.append(server._at_once > 4)
        return Fault(429, delay=0.01) if refused[-1] else Reply(RED, delay=0.01)

    server._answer = answer
    with server:
        await ask_many(server, 200, concurrency=32, patience=replace(HASTY, request=20))
    assert any(refused[:32])
    assert sum(refused[-100:]) < 40


async def test_calls_a_minute_are_limited() -> None:
    loop = asyncio.get_running_loop()
    with Loopback(Reply(RED)) as server:
        start = loop.time()
        await ask_many(server, 5, rpm=600)
    assert 0.4 <= loop.time() - start < 2


async def test_tokens_that_were_used_are_charged() -> None:
    loop = asyncio.get_running_loop()
    with Loopback(Reply(RED, prompt_tokens=1900, completion_tokens=100)) as server:
        async with connected(server, tpm=60 * 2000) as client:
            start = loop.time()
            for _ in range(3):
                await client.ask(question(), Meter())
    assert 0.8 <= loop.time() - start < 2


async def test_request_that_waits_to_try_again_holds_no_slot() -> None:
    def answer(body: dict[str, Any]) -> Reply | Fault:
        return Fault(503) if body["messages"][1]["content"] == "failing" else Reply(RED)

    async with asyncio.timeout(5):
        with Loopback(answer=answer) as server:
            async with connected(server, concurrency=1) as client:
                failing = asyncio.create_task(client.ask(question("failing"), Meter()))
                await asyncio.sleep(0.02)
                for n in range(5):
                    await client.ask(question(str(n)), Meter())
                    assert not failing.done()
                with pytest.raises(TransientModelError):
                    await failing


async def test_retry_after_holds_up_the_calls_of_others() -> None:
    loop = asyncio.get_running_loop()
    with Loopback(Fault(429, headers={"Retry-After": "0.4"}), Reply(RED)) as server:
        async with connected(server, concurrency=4) as client:
            start = loop.time()
            refused = asyncio.create_task(client.ask(question("refused"), Meter()))
            await asyncio.sleep(0.1)
            await client.ask(question("other"), Meter())
            assert loop.time() - start >= 0.4
            await refused


async def test_waiting_for_a_turn_does_not_use_up_the_time_for_retries() -> None:
    def answer(body: dict[str, Any]) -> Reply | Fault:
        return faults.pop() if body["messages"][1]["content"] == "late" else Reply(RED, delay=0.7)

    faults: list[Reply | Fault] = [Reply(RED), Fault(503)]
    with Loopback(answer=answer) as server:
        async with connected(server, concurrency=1) as client:
            slow = asyncio.create_task(client.ask(question("slow"), Meter()))
            await asyncio.sleep(0.02)
            await client.ask(question("late"), Meter())  # waits longer than HASTY.request
            await slow


async def test_bound_may_change_while_calls_wait() -> None:
    throttle = Throttle(Limits(1))
    async with throttle.turn(0):
        second = asyncio.create_task(_make_one_call(throttle))
        await asyncio.sleep(0.01)
        assert (second.done(), throttle.is_busy) == (False, True)
        throttle.resize(2)
        await second
    assert not throttle.is_busy


@pytest.mark.parametrize(("refused", "window"), [(False, 16), (True, 4)])
async def test_larger_bound_does_not_undo_what_the_server_taught(
    refused: bool, window: int
) -> None:
    throttle = Throttle(Limits(8))
    if refused:
        async with throttle.turn(0) as turn:
            turn.refused(None)
    throttle.resize(16)
    assert throttle.window == window
    throttle.resize(2)
    assert throttle.window == 2


async def _make_one_call(throttle: Throttle) -> None:
    async with throttle.turn(0) as turn:
        turn.succeeded(None)
