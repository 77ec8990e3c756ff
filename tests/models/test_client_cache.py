from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_extract.errors import (
    ReplyError,
)
from llm_extract.models.cache import ReplyCache
from llm_extract.models.client import Message, Request
from llm_extract.models.usage import Meter, Usage
from tests.models.asking import RED, Colour, ask, connected, question
from tests.support.loopback import Fault, Loopback, Reply


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ReplyCache]:
    cache = ReplyCache(tmp_path / "replies.db")
    yield cache
    cache.close()


async def choose(server: Loopback, options: tuple[str, ...], cache: ReplyCache) -> dict[str, float]:
    messages = (Message(role="user", content="Is it?"),)
    async with connected(server, cache=cache) as client:
        return await client.choose("check", messages, options, Meter())


async def test_second_client_answers_from_the_cache_with_no_call(cache: ReplyCache) -> None:
    with Loopback(Reply(RED)) as server:
        first = await ask(server, cache=cache)
        meter = Meter()
        async with connected(server, cache=cache) as client:
            second = await client.ask(question(), meter)
        assert len(server.requests) == 1
    assert second == first
    assert meter.usage == Usage(cached_replies=1)


async def test_choices_are_cached(cache: ReplyCache) -> None:
    with Loopback(Reply("yes", first_token={"yes": 0.6, "no": 0.2})) as server:
        first = await choose(server, ("yes", "no"), cache)
        assert await choose(server, ("yes", "no"), cache) == first
        assert len(server.requests) == 1
        await choose(server, ("yes", "never"), cache)
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "other",
    [question("Another?"), question(task="other"), question(max_tokens=51)],
    ids=["messages", "task", "budget"],
)
async def test_other_request_is_not_answered_from_the_cache(
    other: Request[Colour], cache: ReplyCache
) -> None:
    with Loopback(Reply(RED)) as server:
        await ask(server, cache=cache)
        await ask(server, other, cache=cache)
        assert len(server.requests) == 2


async def test_other_model_is_not_answered_from_the_cache(cache: ReplyCache) -> None:
    with Loopback(Reply(RED)) as one, Loopback(Reply(RED)) as other:
        await ask(one, cache=cache)
        await ask(other, cache=cache)
        assert len(other.requests) == 1


@pytest.mark.parametrize(
    "failure",
    [
        Reply("nonsense"),
        Reply(RED, finish_reason="length"),
        Reply(None, refusal="No."),
        Fault(400),
    ],
    ids=repr,
)
async def test_failures_are_not_cached(failure: Reply | Fault, cache: ReplyCache) -> None:
    with Loopback(failure, Reply(RED)) as server:
        with pytest.raises(ReplyError):
            await ask(server, question(reasks=0), cache=cache)
        assert await ask(server, question(reasks=0), cache=cache)
        assert len(server.requests) == 2


async def test_cached_reply_that_is_not_valid_here_is_asked_for_again(cache: ReplyCache) -> None:
    with Loopback(Reply(RED), Reply({"name": "blue", "shade": 1})) as server:
        await ask(server, question(known=("red",)), cache=cache)
        assert (await ask(server, question(known=("blue",)), cache=cache)).name == "blue"
        assert (await ask(server, question(known=("blue",)), cache=cache)).name == "blue"
        assert len(server.requests) == 2


async def test_valid_reply_of_a_reask_is_what_is_cached(cache: ReplyCache) -> None:
    with Loopback(Reply("nonsense"), Reply(RED)) as server:
        await ask(server, cache=cache)
        assert (await ask(server, cache=cache)).name == "red"
        assert len(server.requests) == 2
