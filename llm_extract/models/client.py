"""Asks a model: structured replies and one-token choices from any OpenAI-compatible server.

instructor validates the replies and asks again with the reason; the transport below it retries
every single HTTP call; the reply cache above it answers what was answered before.
"""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypedDict, TypeVar, cast
from urllib.parse import urlsplit

import httpx2
import instructor
import openai
from instructor.core.exceptions import InstructorRetryException
from openai.types.chat import ChatCompletion
from openai.types.chat.chat_completion import Choice
from pydantic import BaseModel, ValidationError, create_model

from llm_extract.errors import (
    InvalidReplyError,
    LLMExtractError,
    RefusedReplyError,
    TruncatedReplyError,
)
from llm_extract.models.cache import Replies, reply_key
from llm_extract.models.choice import preferences
from llm_extract.models.events import Observer
from llm_extract.models.limits import Limits, Throttle, Turns
from llm_extract.models.retry import DEFAULT_PATIENCE, Patience
from llm_extract.models.spec import OPENAI_URL, ModelSpec
from llm_extract.models.transport import Question, Transport
from llm_extract.models.usage import Meter, Usage
from llm_extract.models.weights import CATALOGUE, verify

if TYPE_CHECKING:
    from llm_extract.models.embedded import EmbeddedServer

# instructor logs each failed attempt as an error; here they are raised and counted, and reach the
# terminal only where the application sets up logging.
logging.getLogger("instructor").addHandler(logging.NullHandler())

EMBEDDED_CONTEXT_TOKENS: Final = 8192
_EMBEDDED_SLOTS: Final = 1  # more do not speed up a CPU, and each would cool the prefix cache
_SAMPLING: Final = {"temperature": 0.0, "seed": 7}
_TOP_TOKENS: Final = 20
_NO_KEY: Final = "none"
_SHOWN_FAULTS: Final = 5

T = TypeVar("T", bound=BaseModel)


class Message(TypedDict):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Request(Generic[T]):
    """A question with a structured reply.

    Attributes:
        task: short name of what is asked, for messages and the cache.
        messages: the conversation, sent as it is.
        reply: class of the reply; its JSON schema is sent in the strict form.
        max_tokens: output budget in tokens.
        context: validation context for the validators of `reply`; they must not change it, for
            a reply may be validated more than once.
        reasks: how often an invalid reply is sent back with the reason.
        schema: a tighter JSON schema, sent in place of that of `reply` to an embedded model only
            (hosted providers compile and keep every schema they see).
    """

    task: str
    messages: tuple[Message, ...]
    reply: type[T]
    max_tokens: int
    context: Mapping[str, Any] | None = None
    reasks: int = 1
    schema: dict[str, Any] | None = None


@dataclass
class _Exchange:
    """Passes through instructor to the transport: the request's body, and the last reply's text."""

    body: dict[str, Any]
    question: Question
    content: str = ""


class ModelClient:
    """A model to ask; `open_client` makes it, for use in one event loop.

    Attributes:
        spec: the model.
        context_tokens: how many tokens a request and its reply may have together; None where the
            server does not say.
    """

    def __init__(
        self,
        spec: ModelSpec,
        transport: Transport,
        *,
        cache: Replies | None = None,
        context_tokens: int | None = None,
    ) -> None:
        self.spec = spec
        self.context_tokens = context_tokens
        self._transport = transport
        self._cache = cache
        self._identity = spec.identity() if cache else ""
        self._schemas: dict[type[BaseModel], dict[str, Any]] = {}
        self._structured = cast(
            Callable[..., Awaitable[Any]],
            instructor.patch(create=self._send, mode=instructor.Mode.JSON_SCHEMA),
        )

    async def ask(self, request: Request[T], meter: Meter) -> T:
        """Asks for a structured reply.

        Args:
            request: what to ask.
            meter: counts every call made, re-asks and failed ones included.

        Returns:
            The reply, valid in the request's context.

        Raises:
            TruncatedReplyError: the output budget was too small; the same is not asked again.
            RefusedReplyError: the model declined, or a content filter stopped it.
            InvalidReplyError: still invalid after the re-asks; holds the last reply's text.
            ContextLengthError: the request does not fit the model's context.
            RejectedRequestError: the server takes this request for malformed.
            TransientModelError: the server failed through all retries.
            ModelError: no request can succeed: wrong key or model, used-up quota, server down.
        """
        body = self._structured_body(request)
        key = self._key(request.task, body)
        kept = await self._kept_reply(key, request)
        if kept is not None:
            meter.add(Usage(cached_replies=1))
            return kept
        exchange = _Exchange(body, Question(request.task, meter))
        try:
            await self._structured(
                response_model=_prepared(request.reply),
                context=dict(request.context or {}),
                max_retries=request.reasks,
                messages=[],
                exchange=exchange,
            )
        except InstructorRetryException as error:
            cause = error.__cause__
            if isinstance(cause, LLMExtractError):
                raise cause from cause.__cause__
            reason = _one_line(cause)
            raise InvalidReplyError(
                f"{self.spec.name} gave no valid reply to {request.task!r}: {reason}",
                content=exchange.content,
                reason=reason,
            ) from cause
        if self._cache:
            self._cache.put(key, exchange.content)
        return _parsed(exchange.content, request)  # instructor's is of a subclass of its own

    async def choose(
        self, task: str, messages: tuple[Message, ...], options: tuple[str, ...], meter: Meter
    ) -> dict[str, float]:
        """Asks for one of a few words, and measures how sure the model is.

        Args:
            task: short name of what is asked.
            messages: the conversation; it has to say what the options are.
            options: words that differ in their first token; none is a prefix of another.
            meter: counts every call made.

        Returns:
            The probability of each option, 1 in sum. Where the server gives no log-probabilities,
            the option that the reply begins with gets 1.

        Raises:
            InvalidReplyError: the reply is none of the options.
            LLMExtractError: as `ask` does, truncation aside.
        """
        body = {
            "messages": list(messages),
            "max_tokens": 1,
            "logprobs": True,
            "top_logprobs": _TOP_TOKENS,
            **_SAMPLING,
        }
        key = self._key(task, {**body, "options": options})
        kept = await self._cache.find(key) if self._cache else None
        if kept is not None:
            meter.add(Usage(cached_replies=1))
            return cast(dict[str, float], json.loads(kept))
        choice = (await self._transport.complete(body, Question(task, meter))).choices[0]
        self._check_not_refused(choice, task)
        weights = preferences(choice, options)
        if weights is None:
            said = choice.message.content or ""
            reason = f"{said!r} is none of {', '.join(options)}"
            raise InvalidReplyError(
                f"{self.spec.name} gave no valid reply to {task!r}: {reason}",
                content=said,
                reason=reason,
            )
        if self._cache:
            self._cache.put(key, json.dumps(weights))
        return weights

    async def _send(
        self, *, messages: list[dict[str, Any]], exchange: _Exchange, **_: Any
    ) -> ChatCompletion:
        """Makes the call for instructor, which adds only the messages of its re-asks.

        The request's own messages do not go through instructor: it would render them as templates
        with the validation context, and an article may hold anything. Nor does the schema:
        instructor does not send it in the strict form.
        """
        body = {**exchange.body, "messages": [*exchange.body["messages"], *messages]}
        completion = await self._transport.complete(body, exchange.question)
        choice = completion.choices[0]
        exchange.content = choice.message.content or ""
        self._check_not_refused(choice, exchange.question.task)
        if choice.finish_reason == "length":
            raise TruncatedReplyError(
                f"{self.spec.name} ran into the limit of {body['max_tokens']} output tokens "
                f"in {exchange.question.task!r}"
            )
        return completion

    def _check_not_refused(self, choice: Choice, task: str) -> None:
        if getattr(choice.message, "refusal", None):
            raise RefusedReplyError(f"{self.spec.name} declined to answer {task!r}")
        if choice.finish_reason == "content_filter":
            raise RefusedReplyError(f"a content filter stopped {self.spec.name} in {task!r}")

    def _structured_body(self, request: Request[Any]) -> dict[str, Any]:
        schema = request.schema if self.spec.kind == "embedded" else None
        if schema is None:
            schema = self._schemas.get(request.reply)
        if schema is None:
            schema = self._schemas[request.reply] = strict_schema(request.reply)
        return {
            "messages": list(request.messages),
            "max_tokens": request.max_tokens,
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": re.sub(r"\W+", "_", request.reply.__name__)[:64],
                    "schema": schema,
                    "strict": True,
                },
            },
            **_SAMPLING,
        }

    def _key(self, task: str, body: dict[str, Any]) -> str:
        return reply_key(self._identity, {"task": task, **body}) if self._cache else ""

    async def _kept_reply(self, key: str, request: Request[T]) -> T | None:
        content = await self._cache.find(key) if self._cache else None
        if content is None:
            return None
        try:
            return _parsed(content, request)
        except ValidationError:
            return None


class _Unsent(instructor.OpenAISchema):
    """Marks a class as made for instructor, with a schema that is not sent."""

    @classmethod
    def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
        """Returns no schema: instructor asks for it with every request, and `_send` drops it."""
        return {}


@lru_cache(maxsize=128)
def _prepared(reply: type[BaseModel]) -> type[BaseModel]:
    """Makes of the class of a reply what instructor otherwise makes for every request anew."""
    return create_model(reply.__name__, __base__=(reply, _Unsent))


def strict_schema(reply: type[BaseModel]) -> dict[str, Any]:
    """Makes the JSON schema of a model in the strict form of OpenAI's structured outputs.

    Args:
        reply: a Pydantic model.

    Returns:
        Its schema with every field required and no others allowed.
    """
    tool = openai.pydantic_function_tool(reply)
    return cast(dict[str, Any], tool["function"]["parameters"])


@asynccontextmanager
async def open_client(
    spec: ModelSpec,
    *,
    concurrency: int,
    rpm: int | None = None,
    tpm: int | None = None,
    cache: Replies | None = None,
    patience: Patience | None = None,
    observer: Observer | None = None,
    turns: Turns | None = None,
    threads: int | None = None,
) -> AsyncIterator[ModelClient]:
    """Connects to a model; for an embedded one, runs its server for as long as the block lasts.

    Args:
        spec: the model.
        concurrency: how many calls may be under way at a time, at least 1; fewer where the server
            turns calls away. An embedded model takes one at a time whatever is said here.
        rpm: calls a minute, at most; None for any number.
        tpm: tokens a minute, at most; None for any number.
        cache: where to keep replies; None keeps none. Stays open.
        patience: deadlines and waits; those of `DEFAULT_PATIENCE` where None.
        observer: told of every call.
        turns: lets calls through in place of the limits above, where several clients share them.
        threads: how many threads an embedded model computes with; as many as there are usable
            cores where None.

    Yields:
        The client.

    Raises:
        WeightsError: the weights of an embedded model are missing, or not what they should be.
        EmbeddedServerError: the embedded server does not start.
    """
    patience = patience or DEFAULT_PATIENCE
    async with AsyncExitStack() as stack:
        check_alive: Callable[[], None] | None = None
        context_tokens: int | None = None
        if spec.kind == "embedded":
            server = await _start_embedded(spec, threads)
            stack.push_async_callback(asyncio.to_thread, server.stop)
            base_url, key, check_alive = server.base_url, server.api_key, server.check_alive
            concurrency, context_tokens = _EMBEDDED_SLOTS, EMBEDDED_CONTEXT_TOKENS
        else:
            base_url, key = _address(spec)
        client = await stack.enter_async_context(_openai_client(base_url, key, patience))
        transport = Transport(
            spec,
            client,
            turns=turns or Throttle(Limits(concurrency, rpm, tpm)),
            patience=patience,
            check_alive=check_alive,
            observer=observer,
        )
        yield ModelClient(spec, transport, cache=cache, context_tokens=context_tokens)


def connect(spec: ModelSpec, patience: Patience = DEFAULT_PATIENCE) -> openai.AsyncOpenAI:
    """Makes the openai client of a hosted model's server, with no retries of its own.

    Args:
        spec: a hosted model.
        patience: deadlines.

    Returns:
        The client, to be closed (or used as a context) by the caller.
    """
    return _openai_client(*_address(spec), patience)


def _address(spec: ModelSpec) -> tuple[str, str]:
    """Returns URL and key of a hosted model's server."""
    key = spec.api_key.get_secret_value() if spec.api_key else _NO_KEY
    return cast(str, spec.base_url), key


async def _start_embedded(spec: ModelSpec, threads: int | None) -> "EmbeddedServer":
    from llm_extract.models.embedded import start_embedded

    weights = cast(Path, spec.weights)
    if spec.name in CATALOGUE:
        await asyncio.to_thread(verify, weights, CATALOGUE[spec.name])
    starting = asyncio.create_task(
        asyncio.to_thread(
            start_embedded,
            weights,
            context_tokens=EMBEDDED_CONTEXT_TOKENS,
            slots=_EMBEDDED_SLOTS,
            threads=threads,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        (await starting).stop()  # only a server that has started can be stopped
        raise


def _openai_client(base_url: str, key: str, patience: Patience) -> openai.AsyncOpenAI:
    timeout = httpx2.Timeout(patience.reply, connect=patience.connect)
    host = urlsplit(base_url).hostname or ""
    client = openai.AsyncOpenAI(
        base_url=base_url,
        api_key=key,
        max_retries=0,
        timeout=timeout,
        # A proxy of the environment cannot reach a server on this machine.
        http_client=openai.DefaultAsyncHttpxClient(
            timeout=timeout, trust_env=not _is_loopback(host)
        ),
    )
    if base_url != OPENAI_URL:
        # The client takes them from the environment; they are no other server's business.
        client.organization = client.project = None
    return client


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parsed(content: str, request: Request[T]) -> T:
    """Validates a reply as instructor does."""
    context = dict(request.context or {})
    return request.reply.model_validate_json(content, strict=True, context=context)


def _one_line(error: BaseException | None) -> str:
    """Says what is wrong with a reply without repeating what stands in it."""
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    shown = [
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" if fault["loc"] else fault["msg"]
        for fault in faults[:_SHOWN_FAULTS]
    ]
    more = [f"{len(faults) - _SHOWN_FAULTS} more"] if len(faults) > _SHOWN_FAULTS else []
    return "; ".join(shown + more)
