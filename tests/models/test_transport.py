import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from llm_extract.errors import (
    ContextLengthError,
    InvalidReplyError,
    LLMExtractError,
    ModelError,
    RefusedReplyError,
    RejectedRequestError,
    ReplyError,
    ServerDownError,
    TransientModelError,
)
from llm_extract.models.client import open_client
from llm_extract.models.retry import Patience
from llm_extract.models.spec import ModelSpec
from llm_extract.models.usage import Meter, Usage
from tests.models.asking import HASTY, KEY, RED, ask, connected, question, spec_for
from tests.support.loopback import Fault, Loopback, Raw, Reply, Reset, refused_url

# What becomes of an article and of the run at each fault: tests/batch/test_faults.py.


@pytest.mark.parametrize(
    "fault",
    [
        Fault(425),
        Fault(429, headers={"Retry-After": "0"}),
        Fault(429, headers={"Retry-After": "nan"}),
        Raw(b"[]"),
        Raw(b"{}"),
        Raw(b"\xff\xfe\x00"),
        Raw(b"<html>busy</html>", status=500, content_type="text/html"),
    ],
    ids=repr,
)
async def test_fault_that_passes_is_retried(fault: Fault | Raw) -> None:
    with Loopback(fault, fault, Reply(RED)) as server:
        assert (await ask(server, patience=replace(HASTY, request=10))).name == "red"
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


async def test_retry_after_date_is_waited_for() -> None:
    now = datetime.now(UTC)
    headers = {
        "Retry-After": format_datetime(now + timedelta(seconds=1), usegmt=True),
        "Date": format_datetime(now, usegmt=True),
    }
    loop = asyncio.get_running_loop()
    with Loopback(Fault(429, headers=headers), Reply(RED)) as server:
        start = loop.time()
        await ask(server)
    assert loop.time() - start >= 1


async def test_wait_that_is_asked_for_may_end_after_the_deadline() -> None:
    patience = replace(HASTY, request=0.1)
    with Loopback(Fault(429, headers={"Retry-After": "0.2"}), Reply(RED)) as server:
        assert await ask(server, patience=patience)


@pytest.mark.parametrize("header", ["86400", "date"])
async def test_wait_that_is_too_long_stops_the_run(header: str) -> None:
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(hours=23.99), usegmt=True)
    headers = {"Retry-After": tomorrow if header == "date" else header}
    with Loopback(Fault(429, "Daily limit", headers=headers)) as server:
        with pytest.raises(ModelError, match=r"takes no calls for .*429: Daily limit"):
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
        (Fault(400, "Your credit balance is too low to go on"), ModelError, "quota"),
        (Fault(400, "API key expired. Renew it."), ModelError, "LLM_EXTRACT_API"),
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
        pytest.raises(ModelError, match=r"wants a key .*: set LLM_EXTRACT_API_KEY"),
    ):
        await ask(server, key=None)


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


async def test_calls_without_an_answer_are_metered() -> None:
    patience = Patience(reply=0.1, request=5, first_wait=0.005, longest_wait=0.01)
    with Loopback(Reply(RED, delay=30), Reset(), Reply(RED)) as server:
        meter = Meter()
        async with connected(server, patience=patience) as client:
            await client.ask(question(), meter)
    assert meter.usage.calls == 3


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
