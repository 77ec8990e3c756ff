import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from llm_extract.errors import (
    EmbeddedServerError,
    WeightsError,
)
from llm_extract.models.client import open_client
from llm_extract.models.spec import ModelSpec, parse_model
from llm_extract.models.usage import Meter
from tests.models.asking import HASTY, KEY, RED, question
from tests.support.loopback import Loopback, Reply, Reset


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
    monkeypatch.setenv("LLM_EXTRACT_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="llm-extract model pull"):
        async with open_client(parse_model("local"), concurrency=1):
            raise AssertionError("opened")
