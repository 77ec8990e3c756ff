"""Says what a failed call means: which error of ours, in one line that never holds the key."""

import re

import httpx2
import openai

from llm_extract.errors import (
    ContextLengthError,
    EmbeddedServerError,
    LLMExtractError,
    ModelError,
    RefusedReplyError,
    RejectedRequestError,
    ServerDownError,
    TransientModelError,
)
from llm_extract.models.retry import retry_after
from llm_extract.models.spec import ModelSpec

_TRANSIENT_STATUS = frozenset({408, 409, 425, 429})
_QUOTA_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})
# Servers agree on little but the words.
_NO_CREDIT = re.compile(r"credit balance is too low", re.I)
_BAD_KEY = re.compile(r"invalid_api_key|API_KEY_INVALID|API key (not valid|expired)", re.I)
_BAD_MODEL = re.compile(r"model_not_found|not a valid model|unknown model", re.I)
_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|maximum context|exceed_context|prompt is too long", re.I
)
_NO_SCHEMA = re.compile(r"response_format|json_schema|structured output", re.I)
_KEY_SHAPE = re.compile(r"\b(sk|Bearer)[-_ ][\w*.-]{6,}")
_LONGEST_QUOTE = 300


def translate(error: Exception, spec: ModelSpec) -> LLMExtractError:
    """Turns an error of the openai client into one of ours.

    Args:
        error: what a chat completion raised.
        spec: the model that was asked.

    Returns:
        `ModelError` and its kinds where no request can succeed (key, model, quota, server down),
        `TransientModelError` where the same request may succeed later, another `ReplyError`
        where it concerns this request only.
    """
    if isinstance(error, openai.APIStatusError):
        return _from_status(error, spec)
    if isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout):
        return _unreachable(error.__cause__, spec)
    if isinstance(error, openai.APITimeoutError):
        return TransientModelError(f"{spec.server} did not answer in time")
    if isinstance(error, openai.APIConnectionError):
        reason = _quoted(str(error.__cause__ or error), spec)
        return TransientModelError(f"{spec.server} broke the connection: {reason}")
    return TransientModelError(f"{spec.server} sent a reply that cannot be read as JSON")


def _unreachable(cause: Exception, spec: ModelSpec) -> LLMExtractError:
    if spec.kind == "embedded":
        return EmbeddedServerError("the embedded model server died; run the command again")
    return ServerDownError(
        f"server at {spec.server} is down or unreachable ({_quoted(str(cause), spec)}): start it, "
        "or check the address"
    )


def _from_status(error: openai.APIStatusError, spec: ModelSpec) -> LLMExtractError:
    status, words = error.status_code, _words(error, spec)
    said = f"{spec.server} answered HTTP {status}: {words}"
    facts = f"{error.code} {error.type} {error.param} {error.message}"
    if status == 402 or _QUOTA_CODES & {error.code, error.type} or _NO_CREDIT.search(facts):
        return ModelError(f"the quota at {spec.server} is used up: {words}")
    if status in _TRANSIENT_STATUS or status >= 500:
        return TransientModelError(said, retry_after=retry_after(error.response.headers))
    if status in (401, 403) or _BAD_KEY.search(facts):
        return ModelError(_key_advice(status, spec))
    if status == 404 or _BAD_MODEL.search(facts):
        return ModelError(
            f"{spec.server} does not know model {spec.model!r} (HTTP {status}), or is not the URL "
            f"of an OpenAI-compatible API: {words}"
        )
    if status == 413 or _TOO_LONG.search(facts):
        return ContextLengthError(f"the request does not fit {spec.model!r}: {said}")
    if error.code in _FILTER_CODES:
        return RefusedReplyError(f"a content filter stopped the request: {said}")
    if _NO_SCHEMA.search(facts):
        return ModelError(f"{spec.model!r} cannot be used, it takes no JSON schema: {said}")
    return RejectedRequestError(said)


def _key_advice(status: int, spec: ModelSpec) -> str:
    if spec.api_key is None:
        return f"{spec.server} wants a key (HTTP {status}): set {spec.key_variable}"
    return (
        f"{spec.server} refuses the key (HTTP {status}): check {spec.key_variable}, and that the "
        f"key may use {spec.model!r}"
    )


def _words(error: openai.APIStatusError, spec: ModelSpec) -> str:
    body = error.body
    message = str((body.get("message") if isinstance(body, dict) else body) or "")
    if not message or message.lstrip().startswith("<"):  # a web page of something in between
        message = error.response.reason_phrase
    return _quoted(message, spec)


def _quoted(text: str, spec: ModelSpec) -> str:
    """Makes foreign text fit for a message: one line, short, without keys."""
    if spec.api_key is not None:
        text = text.replace(spec.api_key.get_secret_value(), "***")
    text = _KEY_SHAPE.sub("***", " ".join(text.split()))
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
