"""One HTTP call after another: limited in number, retried by error class, counted, told of."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar, Final

import openai
from openai.types.chat import ChatCompletion

from llm_extract.errors import ModelError, RejectedRequestError, TransientModelError
from llm_extract.models.events import CallEvent, Observer
from llm_extract.models.faults import translate
from llm_extract.models.limits import Leave, Turns
from llm_extract.models.prices import price
from llm_extract.models.retry import Patience, retrying
from llm_extract.models.spec import ModelSpec
from llm_extract.models.usage import Meter, Usage

_CHARACTERS_A_TOKEN: Final = 4
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


@dataclass
class Question:
    """What calls are made for; one question may take several.

    Attributes:
        task: short name of what is asked.
        meter: counts every call, and knows the article.
        calls: HTTP calls made so far.
        queued: seconds that they waited for their turn.
    """

    task: str
    meter: Meter
    calls: int = 0
    queued: float = 0.0


@dataclass
class _Call:
    """What is known of one HTTP call by its end.

    Attributes:
        question: what it is made for.
        request: its JSON body.
        started: when it was sent, in UTC.
        status: HTTP status, where an answer came.
        retry_after: seconds it asked to wait.
        request_id: the server's name for it.
        usage: what it took.
        counted: whether the server said so.
        completion: what it brought.
        error: class of what it ended with instead.
    """

    question: Question
    request: dict[str, Any]
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: int | None = None
    retry_after: float | None = None
    request_id: str | None = None
    usage: Usage = field(default_factory=lambda: Usage(calls=1))
    counted: bool = False
    completion: ChatCompletion | None = None
    error: str | None = None

    def event(self, model: str, seconds: float, bodies: bool) -> CallEvent:
        usage, counted = self.usage, self.counted
        return CallEvent(
            article=self.question.meter.article,
            task=self.question.task,
            attempt=self.question.calls,
            model=model,
            started=self.started,
            seconds=seconds,
            status=self.status,
            prompt_tokens=usage.prompt_tokens if counted else None,
            cached_tokens=usage.cached_tokens if counted else None,
            completion_tokens=usage.completion_tokens if counted else None,
            cost_usd=usage.cost_usd if counted else None,
            retry_after=self.retry_after,
            request_id=self.request_id,
            error=self.error,
            request=self.request if bodies else None,
            reply=self.completion.model_dump() if bodies and self.completion else None,
        )


class UnsupportedParameterError(RejectedRequestError):
    """The model does not take a parameter, which is left out or renamed from now on."""


class Transport:
    """Gets chat completions from one model at one server, for use in one event loop."""

    _is_batch: ClassVar[bool] = False  # calls through a batch service have prices of their own

    def __init__(
        self,
        spec: ModelSpec,
        client: openai.AsyncOpenAI,
        *,
        turns: Turns,
        patience: Patience,
        check_alive: Callable[[], None] | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Takes over an openai client.

        Args:
            spec: the model to ask.
            client: connected to its server, with no retries of its own.
            turns: lets calls through; waiting to try again does not count as one.
            patience: deadlines and waits.
            check_alive: asked when a connection fails; raises what is wrong where that is known
                to be final.
            observer: told of every call.
        """
        self._spec = spec
        self._client = client
        self._turns = turns
        self._patience = patience
        self._check_alive = check_alive
        self._observer = observer
        self._limit_name = _NEW_LIMIT if spec.provider == "openai" else _OLD_LIMIT
        self._left_out: set[str] = set()

    async def complete(self, body: dict[str, Any], question: Question) -> ChatCompletion:
        """Gets one completion.

        Args:
            body: the JSON body of the request, the model aside, with `max_tokens`. Sampling
                parameters that the model turns out not to take are left out from then on.
            question: what it is for; its meter counts every call.

        Returns:
            The completion; it has at least one choice, with a message.

        Raises:
            TransientModelError: the server failed through all retries.
            ModelError: no request can succeed.
            ReplyError: this request cannot succeed.
        """
        queued_before = question.queued
        retry = retrying(self._patience, queued=lambda: question.queued - queued_before)
        return await retry(self._attempt, body, question)

    async def _attempt(self, body: dict[str, Any], question: Question) -> ChatCompletion:
        while True:
            async with self._turns.turn(_estimated_tokens(body)) as turn:
                question.queued += turn.waited
                try:
                    return await self._call(self._worded(body), question, turn)
                except UnsupportedParameterError:
                    pass

    async def _call(self, sent: dict[str, Any], question: Question, turn: Leave) -> ChatCompletion:
        """Makes one HTTP call, counts it and tells of it, however it ends."""
        question.calls += 1
        call = _Call(question, {"model": self._spec.model, **sent})
        clock = time.monotonic()
        try:
            return await self._answer(call, turn)
        except BaseException as error:
            call.error = type(error).__name__
            raise
        finally:
            question.meter.add(call.usage)
            if self._observer:
                seconds = time.monotonic() - clock
                self._observer.tell(call.event(self._spec.name, seconds, self._observer.bodies))

    async def _answer(self, call: _Call, turn: Leave) -> ChatCompletion:
        try:
            async with asyncio.timeout(self._patience.reply):
                completion = await self._client.post(
                    "/chat/completions", cast_to=ChatCompletion, body=call.request
                )
        except TimeoutError:
            raise TransientModelError(
                f"{self._spec.server} did not answer within {self._patience.reply:g} s"
            ) from None
        except (openai.OpenAIError, ValueError) as error:
            raise self._fault(error, call, turn) from error
        call.status = HTTPStatus.OK.value
        call.usage = self._usage(completion)
        call.counted = getattr(completion, "usage", None) is not None
        choices = getattr(completion, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise TransientModelError(
                f"{self._spec.server} sent a reply without a message: is it the URL of an "
                "OpenAI-compatible API?"
            )
        call.completion, call.request_id = completion, completion._request_id
        tokens = call.usage.prompt_tokens + call.usage.completion_tokens
        turn.succeeded(tokens if call.counted else None)
        return completion

    def _fault(self, error: Exception, call: _Call, turn: Leave) -> Exception:
        """Says what a failed call means; learns from it how to word requests, and how many."""
        if isinstance(error, openai.APIStatusError):
            call.status, call.request_id = error.status_code, error.request_id
        elif not isinstance(error, openai.OpenAIError):
            call.status = HTTPStatus.OK.value  # the body was read for a success, and is no JSON
        if isinstance(error, openai.BadRequestError) and self._adapted(error, call.request):
            return UnsupportedParameterError(f"{self._spec.server} does not take {error.param}")
        if isinstance(error, openai.APIConnectionError) and self._check_alive:
            self._check_alive()
        fault = translate(error, self._spec)
        if not isinstance(fault, TransientModelError):
            return fault
        wait = call.retry_after = fault.retry_after
        if wait is not None and wait > self._patience.retry_after:
            return ModelError(
                f"{self._spec.server} takes no calls for {timedelta(seconds=round(wait))}: {fault}"
            )
        if wait is not None or call.status == HTTPStatus.TOO_MANY_REQUESTS:
            turn.refused(wait)
        return fault

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


def _estimated_tokens(body: dict[str, Any]) -> int:
    """Estimates the tokens of a prompt; those of the reply are known when it is there."""
    messages = sum(len(message["content"] or "") for message in body["messages"])
    return messages // _CHARACTERS_A_TOKEN
