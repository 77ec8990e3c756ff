import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from llm_extract.errors import (
    ContextLengthError,
    EmbeddedServerError,
    InvalidReplyError,
    LLMExtractError,
    ModelError,
    RefusedReplyError,
    RejectedRequestError,
    ReplyError,
    ServerDownError,
    TransientModelError,
    TruncatedReplyError,
    WeightsError,
)
from llm_extract.models.cache import ReplyCache
from llm_extract.models.client import Message, ModelClient, Request, open_client, strict_schema
from llm_extract.models.retry import Patience
from llm_extract.models.spec import ModelSpec
from llm_extract.models.usage import Meter, Usage
from tests.support.loopback import Fault, Loopback, Raw, Reply, Reset, refused_url

HASTY = Patience(connect=2, reply=5, request=0.5, down=0.1, first_wait=0.005, longest_wait=0.02)
KEY = "key-3141592653"


class Colour(BaseModel):
    """An invented reply type."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    shade: int | None = Field(description="0 to 9")

    @field_validator("name")
    @classmethod
    def _known(cls, name: str, info: ValidationInfo) -> str:
        known = (info.context or {}).get("known")
        if known is not None and name not in known:
            raise ValueError(f"{name} is not on the list")
        return name


RED = {"name": "red", "shade": 3}


def question(
    text: str = "Which colour?",
    known: tuple[str, ...] | None = None,
    reasks: int = 1,
    task: str = "colour",
    max_tokens: int = 50,
    schema: dict[str, Any] | None = None,
) -> Request[Colour]:
    return Request(
        task=task,
        messages=(Message(role="system", content="Be brief."), Message(role="user", content=text)),
        reply=Colour,
        max_tokens=max_tokens,
        context={"known": known} if known else None,
        reasks=reasks,
        schema=schema,
    )


def spec_for(url: str, key: str | None = KEY, provider: str | None = None) -> ModelSpec:
    return ModelSpec(
        name="test-model",
        kind="hosted",
        model="test-model",
        base_url=url,
        api_key=SecretStr(key) if key else None,
        provider=provider,
    )


def connected(
    server: Loopback,
    *,
    patience: Patience = HASTY,
    concurrency: int = 4,
    cache: ReplyCache | None = None,
    key: str | None = KEY,
    provider: str | None = None,
) -> AbstractAsyncContextManager[ModelClient]:
    spec = spec_for(server.base_url, key, provider)
    return open_client(spec, concurrency=concurrency, cache=cache, patience=patience)


async def ask(server: Loopback, request: Request[Colour] | None = None, **options: Any) -> Colour:
    async with connected(server, **options) as client:
        return await client.ask(request or question(), Meter())


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ReplyCache]:
    cache = ReplyCache(tmp_path / "replies.db")
    yield cache
    cache.close()


# --- what is sent and what comes back -----------------------------------------------------------


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


# --- validation and re-asks ---------------------------------------------------------------------


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


# --- faults of transport ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault(408),
        Fault(409),
        Fault(429),
        Fault(429, headers={"Retry-After": "0"}),
        Fault(500),
        Fault(502),
        Fault(503),
        Fault(529),
        Raw(b"<html>busy</html>", status=502, content_type="text/html"),
        Raw(b"{not json"),
        Raw(b"<html>hello</html>", content_type="text/html"),
        Raw(b"[]"),
        Raw(b"{}"),
        Raw(b'{"choices": []}'),
        Raw(b'{"choices": [{"index": 0}]}'),
        Raw(b"\xff\xfe\x00"),
        Reset(),
        Reset(mid_body=True),
    ],
    ids=repr,
)
async def test_fault_that_passes_is_retried(fault: Fault | Raw | Reset) -> None:
    with Loopback(fault, fault, Reply(RED)) as server:
        assert (await ask(server)).name == "red"
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    "fault", [Fault(503, "overloaded"), Raw(b"{}"), Reset(), Raw(b"<html>", status=500)], ids=repr
)
async def test_fault_that_does_not_pass_fails_the_request_only(fault: Fault | Raw | Reset) -> None:
    with Loopback(fault) as server:
        with pytest.raises(TransientModelError, match=r"http://127\.0\.0\.1") as caught:
            await ask(server)
        assert len(server.requests) > 1
    assert "\n" not in str(caught.value)
    assert "<html>" not in str(caught.value)


async def test_server_that_never_answers_is_given_up() -> None:
    patience = Patience(reply=0.05, request=0.2, first_wait=0.005, longest_wait=0.01)
    with Loopback(Reply(RED, delay=30)) as server:
        with pytest.raises(TransientModelError, match=r"within 0\.05 s"):
            await ask(server, patience=patience)
        assert len(server.requests) > 1


async def test_slow_answer_is_retried() -> None:
    patience = Patience(reply=0.1, request=5, first_wait=0.005, longest_wait=0.01)
    with Loopback(Reply(RED, delay=30), Reply(RED)) as server:
        assert await ask(server, patience=patience)


async def test_retry_after_is_waited_for() -> None:
    loop = asyncio.get_running_loop()
    with Loopback(Fault(429, headers={"Retry-After": "0.2"}), Reply(RED)) as server:
        start = loop.time()
        await ask(server)
    assert loop.time() - start >= 0.2


async def test_retry_after_date_beyond_the_deadline_is_not_waited_for() -> None:
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    with Loopback(Fault(429, headers={"Retry-After": tomorrow})) as server:
        with pytest.raises(TransientModelError, match="429"):
            await ask(server)
        assert len(server.requests) == 1


async def test_server_that_is_down_stops_the_run() -> None:
    url = refused_url()
    async with open_client(spec_for(url), concurrency=1, patience=HASTY) as client:
        with pytest.raises(ServerDownError, match=f"{url} is down") as caught:
            await client.ask(question(), Meter())
    assert isinstance(caught.value, ModelError)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault(401, f"Incorrect API key: {KEY}", "invalid_api_key"), ModelError, "LLM_EXTRACT_API"),
        (Fault(403, "Not for you"), ModelError, "key"),
        (Fault(400, "API key not valid. Pass a valid API key."), ModelError, "LLM_EXTRACT_API"),
        (Fault(400, "x is not a valid model ID"), ModelError, "'test-model'"),
        (Fault(404, "The model `x` does not exist", "model_not_found"), ModelError, "'test-model'"),
        (Fault(429, "Check your plan", "insufficient_quota"), ModelError, "quota"),
        (Fault(429, "Check your plan", type="insufficient_quota"), ModelError, "quota"),
        (Fault(402, "Insufficient balance"), ModelError, "quota"),
        (
            Fault(400, "Too long", "context_length_exceeded"),
            ContextLengthError,
            "does not fit",
        ),
        (
            Fault(400, "request (9 tokens) exceeds the available context size (8 tokens)"),
            ContextLengthError,
            "does not fit",
        ),
        (
            Fault(400, "This model's maximum context length is 8 tokens."),
            ContextLengthError,
            "does not fit",
        ),
        (Fault(400, "Filtered", "content_filter"), RefusedReplyError, "filter"),
        (
            Fault(400, "Unknown parameter: response_format", param="response_format"),
            ModelError,
            "no JSON schema",
        ),
        (Fault(400, f"Bad thing in {KEY}"), RejectedRequestError, "Bad thing"),
        (Fault(422, "Unprocessable"), RejectedRequestError, "Unprocessable"),
    ],
    ids=repr,
)
async def test_fault_that_does_not_pass_is_not_retried(
    fault: Fault, kind: type[LLMExtractError], words: str
) -> None:
    with Loopback(fault) as server:
        with pytest.raises(kind, match=words) as caught:
            await ask(server)
        assert len(server.requests) == 1
    assert isinstance(caught.value, ModelError) != isinstance(caught.value, ReplyError)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_server_that_wants_a_key_says_where_to_put_it() -> None:
    with (
        Loopback(Fault(401)) as server,
        pytest.raises(ModelError, match="wants a key .*: set LLM_EXTRACT_API_KEY"),
    ):
        await ask(server, key=None)


# --- usage ----------------------------------------------------------------------------------------


async def test_every_attempt_is_metered() -> None:
    with Loopback(
        Fault(503),
        Reply({"name": "gold", "shade": 1}, prompt_tokens=100, completion_tokens=7),
        Reply(RED, prompt_tokens=130, cached_tokens=90, completion_tokens=8),
    ) as server:
        meter = Meter()
        async with connected(server) as client:
            await client.ask(question(known=("red",)), meter)
    assert meter.usage == Usage(
        calls=3, prompt_tokens=230, cached_tokens=90, completion_tokens=15, cost_usd=None
    )


async def test_calls_of_a_failed_request_are_metered() -> None:
    with Loopback(Reply("nonsense", prompt_tokens=10, completion_tokens=2)) as server:
        meter = Meter()
        async with connected(server) as client:
            with pytest.raises(InvalidReplyError):
                await client.ask(question(reasks=1), meter)
    assert (meter.usage.calls, meter.usage.prompt_tokens) == (2, 20)
    assert meter.usage.completion_tokens == 4


async def test_reply_without_usage_leaves_the_cost_unknown() -> None:
    body = {"choices": [{"message": {"content": json.dumps(RED)}, "finish_reason": "stop"}]}
    with Loopback(Raw(json.dumps(body).encode())) as server:
        meter = Meter()
        async with connected(server) as client:
            await client.ask(question(), meter)
    assert meter.usage == Usage(calls=1, cost_usd=None)


async def test_known_model_is_priced() -> None:
    with Loopback(Reply(RED)) as server:
        spec = ModelSpec(
            name="openai/gpt-4o-mini",
            kind="hosted",
            model="gpt-4o-mini",
            base_url=server.base_url,
            provider="openai",
        )
        meter = Meter()
        async with open_client(spec, concurrency=1, patience=HASTY) as client:
            await client.ask(question(), meter)
    assert meter.usage.cost_usd is not None
    assert meter.usage.cost_usd > 0


async def test_calls_under_way_are_limited() -> None:
    with Loopback(answer=lambda _: Reply(RED, delay=0.02)) as server:
        async with connected(server, concurrency=3) as client:
            requests = [client.ask(question(str(n)), Meter()) for n in range(12)]
            await asyncio.gather(*requests)
        assert server.most_at_once == 3


async def test_request_that_waits_to_try_again_holds_up_no_other() -> None:
    def answer(body: dict[str, Any]) -> Reply | Fault:
        slow = body["messages"][1]["content"] == "slow"
        return Fault(429, headers={"Retry-After": "0.4"}) if slow else Reply(RED)

    with Loopback(answer=answer) as server:
        async with connected(server, concurrency=1) as client:
            slow = asyncio.create_task(client.ask(question("slow"), Meter()))
            await asyncio.sleep(0.05)
            async with asyncio.timeout(0.3):
                await client.ask(question("quick"), Meter())
            with pytest.raises(TransientModelError):
                await slow


# --- choices --------------------------------------------------------------------------------------

YES_NO = ("yes", "no")
ASKED = (Message(role="user", content="Is it? yes or no"),)


async def choose(
    server: Loopback, options: tuple[str, ...] = YES_NO, **kwargs: Any
) -> dict[str, float]:
    async with connected(server, **kwargs) as client:
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


# --- the reply cache ------------------------------------------------------------------------------


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
        first = await choose(server, cache=cache)
        assert await choose(server, cache=cache) == first
        assert len(server.requests) == 1
        await choose(server, ("yes", "never"), cache=cache)
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


# --- the embedded model ---------------------------------------------------------------------------


class FakeEmbedded:
    """Stands in for the embedded server: a loopback server with a key."""

    def __init__(self, loopback: Loopback) -> None:
        self.base_url = loopback.base_url
        self.api_key = KEY
        self.options: dict[str, Any] = {}
        self.stopped = False
        self.death = ""

    def start(self, weights: Path, **options: Any) -> "FakeEmbedded":
        self.options = options
        return self

    def stop(self) -> None:
        self.stopped = True

    def check_alive(self) -> None:
        if self.death:
            raise EmbeddedServerError(self.death)


def embedded_spec(weights: Path) -> ModelSpec:
    return ModelSpec(name=str(weights), kind="embedded", model=weights.stem, weights=weights)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback(Reply(RED)) as server:
        yield server


@pytest.fixture
def embedded(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> FakeEmbedded:
    fake = FakeEmbedded(loopback)
    module = ModuleType("llm_extract.models.embedded")
    monkeypatch.setattr(module, "start_embedded", fake.start, raising=False)
    monkeypatch.setitem(sys.modules, "llm_extract.models.embedded", module)
    return fake


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(b"GGUF")
    return file


async def test_embedded_server_runs_while_the_client_is_open(
    embedded: FakeEmbedded, loopback: Loopback, weights: Path
) -> None:
    meter = Meter()
    async with open_client(embedded_spec(weights), concurrency=4, patience=HASTY) as client:
        assert client.context_tokens == embedded.options["context_tokens"]
        await client.ask(question(), meter)
        assert not embedded.stopped
    assert embedded.stopped
    assert meter.usage.cost_usd == 0.0
    assert loopback.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_embedded_server_stops_when_the_work_fails(
    embedded: FakeEmbedded, weights: Path
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with open_client(embedded_spec(weights), concurrency=1, patience=HASTY):
            raise ZeroDivisionError
    assert embedded.stopped


async def test_embedded_model_takes_the_schema_of_the_request(
    embedded: FakeEmbedded, loopback: Loopback, weights: Path
) -> None:
    tighter = {"type": "object", "properties": {"name": {"enum": ["red"]}}}
    async with open_client(embedded_spec(weights), concurrency=1, patience=HASTY) as client:
        await client.ask(question(schema=tighter), Meter())
    assert loopback.bodies[0]["response_format"]["json_schema"]["schema"] == tighter


async def test_embedded_server_that_died_says_how(
    embedded: FakeEmbedded, loopback: Loopback, weights: Path
) -> None:
    loopback.script(Reset())
    embedded.death = "out of memory"
    meter = Meter()
    async with open_client(embedded_spec(weights), concurrency=1, patience=HASTY) as client:
        await client.ask(question("first"), meter)
        loopback.script(Reset())
        with pytest.raises(EmbeddedServerError, match="out of memory"):
            await client.ask(question("second"), meter)


async def test_cancelled_start_leaves_no_server_behind(
    embedded: FakeEmbedded, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, proceed = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow_start(weights: Path, **options: Any) -> FakeEmbedded:
        loop.call_soon_threadsafe(started.set)
        proceed.wait()
        return embedded

    module = sys.modules["llm_extract.models.embedded"]
    monkeypatch.setattr(module, "start_embedded", slow_start)

    async def use() -> None:
        async with open_client(embedded_spec(weights), concurrency=1):
            raise AssertionError("opened")

    task = asyncio.create_task(use())
    await started.wait()
    task.cancel()
    await asyncio.sleep(0)
    proceed.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert embedded.stopped


async def test_missing_weights_of_the_default_model_say_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llm_extract.models.spec import parse_model

    monkeypatch.setenv("LLM_EXTRACT_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="llm-extract model pull"):
        async with open_client(parse_model("local"), concurrency=1):
            raise AssertionError("opened")
