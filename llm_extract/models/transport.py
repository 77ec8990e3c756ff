"""One HTTP call after another: limited in number at a time, retried by error class, counted."""

import asyncio
from typing import Any, Final

import openai
from openai.types.chat import ChatCompletion

from llm_extract.errors import TransientModelError
from llm_extract.models.faults import translate
from llm_extract.models.prices import price
from llm_extract.models.retry import Patience, retrying
from llm_extract.models.spec import ModelSpec
from llm_extract.models.usage import Meter, Usage

_UNSUPPORTED: Final = frozenset({"unsupported_parameter", "unsupported_value"})
# What a reply can do without, with the parameters that make no sense without it.
_OPTIONAL: Final = {
    "temperature": {"temperature"},
    "seed": {"seed"},
    "logprobs": {"logprobs", "top_logprobs"},
    "top_logprobs": {"logprobs", "top_logprobs"},
}


class Transport:
    """Gets chat completions from one model at one server, for use in one event loop."""

    def __init__(
        self,
        spec: ModelSpec,
        client: openai.AsyncOpenAI,
        *,
        concurrency: int,
        patience: Patience,
    ) -> None:
        """Takes over an openai client.

        Args:
            spec: the model to ask.
            client: connected to its server, with no retries of its own.
            concurrency: how many calls may be under way at a time; waiting to try again does not
                count.
            patience: deadlines and waits.
        """
        self._spec = spec
        self._client = client
        self._gate = asyncio.Semaphore(concurrency)
        self._patience = patience
        self._left_out: set[str] = set()

    async def complete(self, body: dict[str, Any], meter: Meter) -> ChatCompletion:
        """Gets one completion.

        Args:
            body: the JSON body of the request, the model aside. Sampling parameters that the
                model turns out not to take are left out from then on.
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
        sent = {name: value for name, value in body.items() if name not in self._left_out}
        if self._spec.provider == "openai":
            # The name that all of OpenAI's models take; other servers know the old one.
            sent["max_completion_tokens"] = sent.pop("max_tokens")
        try:
            completion = await self._client.post(
                "/chat/completions",
                cast_to=ChatCompletion,
                body={"model": self._spec.model, **sent},
            )
        except openai.BadRequestError as error:
            meter.add(Usage(calls=1))
            refused = _OPTIONAL.get(error.param or "", set()) & sent.keys()
            if error.code in _UNSUPPORTED and refused:
                self._left_out |= refused
                return await self._call(body, meter)
            raise translate(error, self._spec) from error
        except (openai.OpenAIError, ValueError) as error:
            meter.add(Usage(calls=1))
            raise translate(error, self._spec) from error
        meter.add(self._usage(completion))
        choices = getattr(completion, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise TransientModelError(
                f"{self._spec.server} sent a reply without a message: is it the URL of an "
                "OpenAI-compatible API?"
            )
        return completion

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
        return Usage(calls=1, cost_usd=price(self._spec, **tokens), **tokens)
