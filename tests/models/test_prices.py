import socket

import pytest

from llm_extract.models.prices import price
from llm_extract.models.spec import ModelSpec
from llm_extract.models.usage import Meter, Usage

OPENAI = ModelSpec(
    name="openai/gpt-4o-mini",
    kind="hosted",
    model="gpt-4o-mini",
    base_url="https://api.openai.com/v1",
    provider="openai",
)
MILLION = 1_000_000


def server(url: str, model: str = "gpt-4o-mini") -> ModelSpec:
    return ModelSpec(name=model, kind="hosted", model=model, base_url=url)


def cost(spec: ModelSpec, prompt: int, cached: int, completion: int) -> float | None:
    return price(spec, prompt_tokens=prompt, cached_tokens=cached, completion_tokens=completion)


def test_prompt_and_completion_are_priced_apart() -> None:
    prompt, completion = cost(OPENAI, MILLION, 0, 0), cost(OPENAI, 0, 0, MILLION)
    both = cost(OPENAI, MILLION, 0, MILLION)
    assert prompt is not None
    assert completion is not None
    assert 0 < prompt < completion
    assert both == pytest.approx(prompt + completion)


def test_cached_prompt_tokens_cost_less() -> None:
    full, cached = cost(OPENAI, MILLION, 0, 0), cost(OPENAI, MILLION, MILLION, 0)
    half = cost(OPENAI, MILLION, MILLION // 2, 0)
    assert full is not None
    assert cached is not None
    assert 0 < cached < full
    assert half == pytest.approx((full + cached) / 2)


def test_known_gateways_are_recognised_by_their_address() -> None:
    assert cost(server("https://api.deepseek.com/v1", "deepseek-chat"), MILLION, 0, 0)


@pytest.mark.parametrize(
    "spec",
    [
        server("http://127.0.0.1:8000/v1"),
        server("https://gateway.example/v1"),
        server("https://api.deepseek.com/v1", "no-such-model"),
        ModelSpec(name="ollama/x", kind="hosted", model="x", base_url="u", provider="ollama"),
    ],
)
def test_unknown_is_not_free(spec: ModelSpec) -> None:
    assert cost(spec, 10, 0, 10) is None


def test_embedded_model_is_free() -> None:
    assert cost(ModelSpec(name="local", kind="embedded", model="x"), 10, 5, 10) == 0.0


def test_prices_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object) -> None:
        raise AssertionError("network used")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    assert cost(OPENAI, 1, 0, 1)


def test_more_cached_than_prompt_tokens_is_tolerated() -> None:
    assert cost(OPENAI, 10, 20, 0) == cost(OPENAI, 10, 10, 0)


def test_meter_adds_everything_up() -> None:
    meter = Meter()
    assert meter.usage == Usage()
    meter.add(Usage(1, 0, 100, 50, 10, 0.25))
    meter.add(Usage(2, 1, 10, 5, 1, 0.5))
    assert meter.usage == Usage(3, 1, 110, 55, 11, 0.75)


def test_one_unknown_price_makes_the_sum_unknown() -> None:
    meter = Meter()
    meter.add(Usage(calls=1, cost_usd=None))
    meter.add(Usage(calls=1, cost_usd=0.5))
    assert meter.usage.cost_usd is None
