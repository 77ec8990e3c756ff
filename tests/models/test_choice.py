from typing import Any

import pytest

from llm_extract.errors import (
    InvalidReplyError,
    RefusedReplyError,
)
from llm_extract.models.client import Message
from llm_extract.models.usage import Meter
from tests.models.asking import connected
from tests.support.loopback import Fault, Loopback, Reply

YES_NO = ("yes", "no")
ASKED = (Message(role="user", content="Is it? yes or no"),)


async def choose(server: Loopback, options: tuple[str, ...] = YES_NO) -> dict[str, float]:
    async with connected(server) as client:
        return await client.choose("check", ASKED, options, Meter())


async def test_choice_asks_for_one_token_with_probabilities() -> None:
    with Loopback(Reply("yes", "length", first_token={"yes": 1.0})) as server:
        await choose(server)
        body = server.bodies[0]
    assert (body["max_tokens"], body["logprobs"], body["top_logprobs"]) == (1, True, 20)
    assert body["messages"] == [{"role": "user", "content": "Is it? yes or no"}]


@pytest.mark.parametrize(
    ("options", "first_token", "expected"),
    [
        (YES_NO, {"yes": 0.6, "no": 0.2}, {"yes": 0.75, "no": 0.25}),
        (YES_NO, {"Yes": 0.3, " YES": 0.3, "No": 0.2, "Maybe": 0.2}, {"yes": 0.75, "no": 0.25}),
        (YES_NO, {"y": 0.6, "": 0.1, " ": 0.1, "no.": 0.2}, {"yes": 0.75, "no": 0.25}),
        (YES_NO, {"yes": 0.9}, {"yes": 1.0, "no": 0.0}),
        # "s" could be either of two, so it says nothing
        (("supports", "silent"), {"s": 0.5, "sup": 0.3, "sil": 0.1}, {"supports": 0.75}),
    ],
)
async def test_probabilities_are_those_of_the_first_token(
    options: tuple[str, ...], first_token: dict[str, float], expected: dict[str, float]
) -> None:
    with Loopback(Reply("Yes", "length", first_token=first_token)) as server:
        weights = await choose(server, options)
    assert list(weights) == list(options)
    assert sum(weights.values()) == pytest.approx(1)
    assert {name: weights[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize("said", ["no", "No", " no.", "n"])
async def test_server_without_probabilities_is_taken_at_its_word(said: str) -> None:
    with Loopback(Reply(said, "length")) as server:
        assert await choose(server) == {"yes": 0.0, "no": 1.0}


async def test_probabilities_that_the_model_does_not_give_are_not_asked_for_again() -> None:
    def answer(body: dict[str, Any]) -> Reply | Fault:
        if "logprobs" in body:
            return Fault(400, "no logprobs", code="unsupported_parameter", param="logprobs")
        return Reply("yes", "length")

    with Loopback(answer=answer) as server:
        assert await choose(server) == {"yes": 1.0, "no": 0.0}
        assert "top_logprobs" not in server.bodies[-1]


@pytest.mark.parametrize(
    "reply", [Reply("perhaps"), Reply(""), Reply("perhaps", first_token={"perhaps": 1.0})]
)
async def test_answer_that_is_no_option_is_invalid(reply: Reply) -> None:
    with Loopback(reply) as server, pytest.raises(InvalidReplyError, match="yes, no"):
        await choose(server)


async def test_refused_choice_is_a_refusal() -> None:
    with Loopback(Reply(None, refusal="No.")) as server, pytest.raises(RefusedReplyError):
        await choose(server)
