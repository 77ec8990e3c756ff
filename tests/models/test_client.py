import json
from typing import Any

import pytest
from pydantic import BaseModel

from llm_extract.errors import (
    InvalidReplyError,
    RefusedReplyError,
    RejectedRequestError,
    TruncatedReplyError,
)
from llm_extract.models.client import strict_schema
from llm_extract.models.usage import Meter
from tests.models.asking import KEY, RED, Colour, ask, connected, question
from tests.support.loopback import Fault, Loopback, Reply

# --- what is sent and what comes back ------------------------------------------------------------


async def test_reply_becomes_the_asked_for_model() -> None:
    with Loopback(Reply(RED)) as server:
        colour = await ask(server)
    assert colour == Colour(name="red", shade=3)
    assert type(colour) is Colour


async def test_request_carries_messages_schema_and_sampling() -> None:
    with Loopback(Reply(RED)) as server:
        await ask(server, question("Which colour?", max_tokens=77))
        (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["model"] == "test-model"
    assert request.body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Which colour?"},
    ]
    assert request.body["max_tokens"] == 77
    assert request.body["temperature"] == 0
    assert isinstance(request.body["seed"], int)
    assert request.body["response_format"]["type"] == "json_schema"
    sent = request.body["response_format"]["json_schema"]
    assert sent["name"] == "Colour"
    assert sent["strict"] is True
    assert sent["schema"] == strict_schema(Colour)


def test_strict_schema_requires_every_field_and_forbids_others() -> None:
    class Inner(BaseModel):
        word: str | None = None

    class Outer(BaseModel):
        items: list[Inner]
        note: str = "x"

    def objects(schema: Any) -> list[dict[str, Any]]:
        if isinstance(schema, list):
            return [found for part in schema for found in objects(part)]
        if not isinstance(schema, dict):
            return []
        own = [schema] if schema.get("type") == "object" else []
        return own + [found for part in schema.values() for found in objects(part)]

    found = objects(strict_schema(Outer))
    assert len(found) == 2
    for schema in found:
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])


async def test_messages_are_never_taken_for_templates() -> None:
    text = "  indented\n  {{ known }} {% if %} {# x #} {{ 7 * 7 }}"
    with Loopback(Reply(RED)) as server:
        await ask(server, question(text, known=("red",)))
        assert server.bodies[0]["messages"][1]["content"] == text


async def test_schema_of_one_request_goes_to_embedded_models_only() -> None:
    tighter = {"type": "object"}
    with Loopback(Reply(RED)) as server:
        await ask(server, question(schema=tighter))
        sent = server.bodies[0]["response_format"]["json_schema"]["schema"]
    assert sent == strict_schema(Colour)


async def test_openai_gets_the_token_limit_under_its_new_name() -> None:
    with Loopback(Reply(RED)) as server:
        await ask(server, question(max_tokens=77), provider="openai")
        assert server.bodies[0]["max_completion_tokens"] == 77
        assert "max_tokens" not in server.bodies[0]


async def test_openai_settings_of_the_environment_do_not_reach_other_servers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-environment")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with Loopback(Reply(RED)) as server:
        await ask(server, key=None)
        sent = json.dumps(server.requests[0].headers)
    assert not any(secret in sent for secret in ("sk-from-environment", "org-1", "proj-1"))


async def test_proxy_of_the_environment_is_not_used_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with Loopback(Reply(RED)) as server:
        assert await ask(server)


@pytest.mark.parametrize("param", ["temperature", "seed"])
async def test_parameter_that_the_model_does_not_take_is_left_out_from_then_on(param: str) -> None:
    def answer(body: dict[str, Any]) -> Reply | Fault:
        if param in body:
            return Fault(400, f"no {param} here", code="unsupported_value", param=param)
        return Reply(RED)

    with Loopback(answer=answer) as server:
        async with connected(server) as client:
            await client.ask(question("one"), Meter())
            await client.ask(question("two"), Meter())
        assert [param in body for body in server.bodies] == [True, False, False]


async def test_token_limit_is_renamed_for_a_model_that_wants_the_new_name() -> None:
    def answer(body: dict[str, Any]) -> Reply | Fault:
        if "max_tokens" in body:
            return Fault(400, "too old", code="unsupported_parameter", param="max_tokens")
        return Reply(RED)

    with Loopback(answer=answer) as server:
        await ask(server, question(max_tokens=77))
        assert server.bodies[-1]["max_completion_tokens"] == 77
        assert len(server.requests) == 2


async def test_parameter_that_nothing_can_do_without_is_an_error() -> None:
    fault = Fault(400, "no messages here", code="unsupported_parameter", param="messages")
    with Loopback(fault) as server:
        with pytest.raises(RejectedRequestError):
            await ask(server)
        assert len(server.requests) == 1


# --- validation and re-asks ----------------------------------------------------------------------


async def test_invalid_reply_is_sent_back_with_the_reason() -> None:
    with Loopback(Reply({"name": "gold", "shade": 1}), Reply(RED)) as server:
        colour = await ask(server, question("Pick {{ one }}", known=("red",)))
        again = server.bodies[1]["messages"]
    assert colour.name == "red"
    assert again[:2] == server.bodies[0]["messages"]
    assert again[2] == {"role": "assistant", "content": '{"name": "gold", "shade": 1}'}
    assert "gold is not on the list" in again[3]["content"]


@pytest.mark.parametrize(
    "content", ["not json", "", '{"name": "red"}', '{"name": 1, "shade": 2}', "[]", None]
)
async def test_reply_against_the_schema_is_invalid(content: str | None) -> None:
    with Loopback(Reply(content)) as server:
        with pytest.raises(InvalidReplyError):
            await ask(server, question(reasks=2))
        assert len(server.requests) == 3


async def test_invalid_reply_error_holds_the_last_text_and_the_reason() -> None:
    first, last = {"name": "gold", "shade": 1}, {"name": "tin", "shade": 2}
    with Loopback(Reply(first), Reply(last)) as server, pytest.raises(InvalidReplyError) as caught:
        await ask(server, question(known=("red",)))
    assert json.loads(caught.value.content) == last
    assert caught.value.reason == "name: Value error, tin is not on the list"
    assert "test-model" in str(caught.value)
    assert "'colour'" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_no_reask_where_none_is_wanted() -> None:
    with Loopback(Reply("nonsense")) as server:
        with pytest.raises(InvalidReplyError):
            await ask(server, question(reasks=0))
        assert len(server.requests) == 1


async def test_fault_during_a_reask_repeats_only_the_reask() -> None:
    with Loopback(Reply({"name": "gold", "shade": 1}), Fault(503), Reply(RED)) as server:
        await ask(server, question(known=("red",)))
        lengths = [len(body["messages"]) for body in server.bodies]
    assert lengths == [2, 4, 4]


async def test_truncated_reply_is_not_asked_again() -> None:
    with Loopback(Reply('{"name": "re', finish_reason="length")) as server:
        with pytest.raises(TruncatedReplyError, match="50 output tokens"):
            await ask(server, question(reasks=3))
        assert len(server.requests) == 1


async def test_complete_looking_reply_that_was_truncated_is_not_accepted() -> None:
    with (
        Loopback(Reply(RED, finish_reason="length")) as server,
        pytest.raises(TruncatedReplyError),
    ):
        await ask(server)


@pytest.mark.parametrize(
    "reply", [Reply(None, refusal="I cannot."), Reply(RED, finish_reason="content_filter")]
)
async def test_refusal_is_not_asked_again(reply: Reply) -> None:
    with Loopback(reply) as server:
        with pytest.raises(RefusedReplyError):
            await ask(server, question(reasks=3))
        assert len(server.requests) == 1
