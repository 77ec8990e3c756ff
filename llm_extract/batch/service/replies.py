"""Answers requests with replies that batches brought, and gathers those that have none yet.

The extraction of an article does not know: it asks as it asks a server, and is run again from
the start, with the replies that came before, until none is missing. So re-asks, shorter requests
after a reply that was cut, and what is made of a reply are the same as without a batch service.
"""

import hashlib
import json
from typing import Any, ClassVar

import httpx2
import openai
from openai.types.chat import ChatCompletion

from llm_extract.batch.service.ledger import ServiceLedger
from llm_extract.errors import (
    LLMExtractError,
    PendingReplyError,
    TransientModelError,
)
from llm_extract.models.cache import Replies
from llm_extract.models.faults import translate
from llm_extract.models.limits import Limits, Throttle
from llm_extract.models.retry import DEFAULT_PATIENCE
from llm_extract.models.spec import ModelSpec
from llm_extract.models.transport import Question, Transport
from llm_extract.models.usage import Usage

UNUSABLE = 0  # in place of an HTTP status


class CollectedReplies(Transport):
    """Stands where the connection to a model stands otherwise.

    Attributes:
        asked: the requests of the article in work by key; None for those that are answered.
    """

    _is_batch: ClassVar[bool] = True

    def __init__(
        self, spec: ModelSpec, client: openai.AsyncOpenAI, ledger: ServiceLedger, settings: str
    ) -> None:
        """Prepare for one job.

        Args:
            spec: the model.
            client: connected to its server; not used.
            ledger: has the replies.
            settings: names everything beside the article that decides its records.
        """
        super().__init__(spec, client, turns=Throttle(Limits(1)), patience=DEFAULT_PATIENCE)
        self.asked: dict[str, dict[str, Any] | None] = {}
        self._ledger = ledger
        self._settings = settings

    async def complete(self, body: dict[str, Any], question: Question) -> ChatCompletion:
        """Return the reply to a request.

        Raises:
            PendingReplyError: there is none yet; the request is in `asked`.
            LLMExtractError: as `Transport.complete` does.
        """
        sent = self._worded(body)
        request = {"model": self._spec.model, **sent}
        key = _key(self._settings, request)
        found = self._ledger.reply(key)
        if found is None:
            self.asked[key] = request
            raise PendingReplyError("the reply comes with a batch")
        self.asked[key] = None
        status, reply = found
        if status == 200:
            completion = ChatCompletion.construct(**reply)
            question.meter.add(self._usage(completion))
            return completion
        question.meter.add(Usage(calls=1))
        error = _status_error(status, reply, self._spec) if status != UNUSABLE else None
        if isinstance(error, openai.BadRequestError) and self._adapted(error, sent):
            return await self.complete(body, question)
        raise meaning(status, reply, self._spec)


class HeldBack:
    """Keeps the replies for an article in work out of the cache until the article is through.

    Otherwise its next extraction from the start would count them as cached, at no cost.
    """

    def __init__(self, cache: Replies | None) -> None:
        """Stand before a cache; None keeps none."""
        self._cache = cache
        self._held: dict[str, str] = {}

    async def find(self, key: str) -> str | None:
        """Return what earlier runs and articles left."""
        return await self._cache.find(key) if self._cache else None

    def put(self, key: str, value: str) -> None:
        """Hold a reply back."""
        self._held[key] = value

    def release(self) -> None:
        """Let the replies into the cache: the article is through."""
        for key, value in self._held.items():
            if self._cache:
                self._cache.put(key, value)
        self._held.clear()

    def drop(self) -> None:
        """Forget the replies: the article is to be extracted again."""
        self._held.clear()


def is_completion(body: Any) -> bool:
    """Tell whether the body of a reply is a completion with a message."""
    try:
        return isinstance(body["choices"][0]["message"], dict)
    except (KeyError, IndexError, TypeError):
        return False


def meaning(status: int, body: Any, spec: ModelSpec) -> LLMExtractError:
    """Say which of our errors a reply in a batch is.

    Args:
        status: its HTTP status, or `UNUSABLE`.
        body: its body; for `UNUSABLE`, a text that says why.
        spec: the model that was asked.
    """
    if status == UNUSABLE:
        return TransientModelError(f"the batch service of {spec.server} gave no reply: {body}")
    return translate(_status_error(status, body, spec), spec)


def _status_error(status: int, body: Any, spec: ModelSpec) -> openai.APIStatusError:
    """Make of a stored reply what the openai client makes of one that it gets."""
    request = httpx2.Request("POST", f"{spec.base_url}/chat/completions")
    response = httpx2.Response(status, json=body, request=request)
    error = body.get("error", body) if isinstance(body, dict) else body
    kind = openai.BadRequestError if status == 400 else openai.APIStatusError
    return kind(f"Error code: {status} - {body}", response=response, body=error)


def _key(settings: str, request: dict[str, Any]) -> str:
    complete = json.dumps([settings, request], sort_keys=True)
    return hashlib.sha256(complete.encode()).hexdigest()
