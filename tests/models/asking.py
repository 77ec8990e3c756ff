"""What the tests of the model client ask, and how they connect."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from llm_extract.models.client import Message, ModelClient, Request, open_client
from llm_extract.models.retry import Patience
from llm_extract.models.spec import ModelSpec
from llm_extract.models.usage import Meter
from tests.support.loopback import Loopback

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


def spec_for(
    url: str, key: str | None = KEY, provider: str | None = None, model: str = "test-model"
) -> ModelSpec:
    return ModelSpec(
        name=model,
        kind="hosted",
        model=model,
        base_url=url,
        api_key=SecretStr(key) if key else None,
        provider=provider,
    )


def connected(
    server: Loopback,
    *,
    patience: Patience = HASTY,
    concurrency: int = 4,
    key: str | None = KEY,
    provider: str | None = None,
    model: str = "test-model",
    **options: Any,
) -> AbstractAsyncContextManager[ModelClient]:
    spec = spec_for(server.base_url, key, provider, model)
    return open_client(spec, concurrency=concurrency, patience=patience, **options)


async def ask(server: Loopback, request: Request[Colour] | None = None, **options: Any) -> Colour:
    async with connected(server, **options) as client:
        return await client.ask(request or question(), Meter())
