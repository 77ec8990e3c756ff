"""One HTTP call after another: limited in number at a time, retried by error class, counted."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Final

import openai
from openai.types.chat import ChatCompletion

from llm_extract.errors import TransientModelError
from llm_extract.models.faults import translate
from llm_extract.models.prices import price
from llm_extract.models.retry import Patience, retrying
from llm_extract.models.spec import ModelSpec
from llm_extract.models.usage import Meter, Usage

_UNSUPPORTED: Final = frozenset({"unsupported_parameter", "unsupported_value"})
# OpenAI's models all take the new name, and its newest only that; most other servers know the old.
_OLD_LIMIT: Final = "max_tokens"
_NEW_LIMIT: Final = "max_completion_tokens"
# What a reply can do without, with the parameters that make no sense without it.
_OPTIONAL: Final = {
    "temperature": {"temperature"},
    "seed": {"seed"},
    "logprobs": {"logprobs", "top_logprobs"},
    "top_logprobs": {"logprobs", "top_logprobs"},
}


class Transport:
    """Gets chat completions from one model at one server, for use in one event loop."""

    _is_batch: ClassVar[bool] = False  # calls through a batch service have prices of their own

    def __init__(
        self,
        spec: ModelSpec,
        client: openai.AsyncOpenAI,
        *,
        concurrency: int,
        patience: Patience,
        check_alive: Callable[[], None] | None = None,
    ) -> None:
        """Takes over an openai client.

        Args:
            spec: the model to ask.
            client: connected to its server, with no retries of its own.
            concurrency: how many calls may be under way at a time; waiting to try again does not
                count.
            patience: deadlines and waits.
            check_alive: asked when a connection fails; raises what is wrong where that is known
                to be final.
        """
        self._spec = spec
        self._client = client
        self._gate = asyncio.Semaphore(concurrency)
        self._patience = patience
        self._check_alive = check_alive
        self._limit_name = _NEW_LIMIT if spec.provider == "openai" else _OLD_LIMIT
        self._left_out: set[str] = set()

    async def complete(self, body: dict[str, Any], meter: Meter) -> ChatCompletion:
        """Gets one completion.

        Args:
            body: the JSON body of the request, the model aside, with `max_tokens`. Sampling
                parameters that the model turns out not to take are left out from then on.
            meter: counts every call.

        Returns:
            The completion; it has at least one choice, with a message.

        Raises:
            TransientModelError: the server failed through all retries.
            ModelError: no request can succeed.
            ReplyError: this request cannot succeed.
        """
        return await retrying(self._patience)(self._attempt, body, meter)

    async def _attempt(self, body: dict[str, Any], meter: Meter) -> ChatCompletion:
        async with self._gate:
            try:
                async with asyncio.timeout(self._patience.reply):
                    return await self._call(body, meter)
            except TimeoutError:
                meter.add(Usage(calls=1))
                raise TransientModelError(
                    f"{self._spec.server} did not answer within {self._patience.reply:g} s"
                ) from None

    async def _call(self, body: dict[str, Any], meter: Meter) -> ChatCompletion:
        sent = self._worded(body)
        try:
            completion = await self._client.post(
                "/chat/completions",
                cast_to=ChatCompletion,
                body={"model": self._spec.model, **sent},
            )
        except (openai.OpenAIError, ValueError) as error:
            meter.add(Usage(calls=1))
            if isinstance(error, openai.BadRequestError) and self._adapted(error, sent):
                return await self._call(body, meter)
            if isinstance(error, openai.APIConnectionError) and self._check_alive:
                self._check_alive()
            raise translate(error, self._spec) from error
        meter.add(self._usage(completion))
        choices = getattr(completion, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise TransientModelError(
                f"{self._spec.server} sent a reply without a message: is it the URL of an "
                "OpenAI-compatible API?"
            )
        return completion

    def _worded(self, body: dict[str, Any]) -> dict[str, Any]:
        """Words a request as this model wants it."""
        sent = {name: value for name, value in body.items() if name not in self._left_out}
        sent[self._limit_name] = sent.pop(_OLD_LIMIT)
        return sent

    def _adapted(self, error: openai.BadRequestError, sent: dict[str, Any]) -> bool:
        """Learns from a refused parameter; says whether the same request is now worded otherwise.

        Looks at what was sent, because other calls may have learnt the same in the meantime.
        """
        if error.code not in _UNSUPPORTED:
            return False
        if error.param == _OLD_LIMIT and _OLD_LIMIT in sent:
            self._limit_name = _NEW_LIMIT
            return True
        refused = _OPTIONAL.get(error.param or "", set()) & sent.keys()
        self._left_out |= refused
        return bool(refused)

    def _usage(self, completion: ChatCompletion) -> Usage:
        usage = getattr(completion, "usage", None)
        if usage is None:
            return Usage(calls=1, cost_usd=0.0 if self._spec.kind == "embedded" else None)
        details = usage.prompt_tokens_details
        tokens = {
            "prompt_tokens": usage.prompt_tokens or 0,
            "cached_tokens": (details.cached_tokens or 0) if details else 0,
            "completion_tokens": usage.completion_tokens or 0,
        }
        cost = price(self._spec, batch=self._is_batch, **tokens)
        return Usage(calls=1, cost_usd=cost, **tokens)
