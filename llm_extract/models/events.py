"""One event for each HTTP call: for logs, traces and figures of one's own."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One HTTP call to a model that has ended, well or not.

    Attributes:
        article: id of the article it was made for.
        task: what was asked.
        attempt: 1 for the first call for a question; retries after faults and re-asks of invalid
            replies count on.
        model: the model as the user named it.
        started: when the call was sent, in UTC.
        seconds: from then to its end; waiting for its turn or to try again is not part of it.
        status: HTTP status; None where no whole answer came.
        prompt_tokens: all prompt tokens, cached ones included; None where the server did not say.
        cached_tokens: those that the server took from its prefix cache; None likewise.
        completion_tokens: tokens generated; None likewise.
        cost_usd: price in USD; None where tokens or prices are not known.
        retry_after: seconds that the server asked to wait, within which no call is sent; None where
            it did not ask.
        request_id: the server's name for the call, its header `x-request-id`; None without.
        error: class of the error the call ended with; None where it brought a completion, which
            may turn out to be invalid still.
        request: JSON body of the request, which holds the article; None unless asked for.
        reply: JSON body of the completion; None unless asked for, and where there is none.
    """

    article: str
    task: str
    attempt: int
    model: str
    started: datetime
    seconds: float
    status: int | None
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None
    retry_after: float | None
    request_id: str | None
    error: str | None
    request: dict[str, Any] | None = None
    reply: dict[str, Any] | None = None


OnEvent = Callable[[CallEvent], None]


@dataclass(frozen=True)
class Observer:
    """Who is told of calls, and how much.

    Attributes:
        on_event: called with each event, in the event loop: it must not block. What it raises is
            logged, and disturbs no call.
        bodies: whether events hold the bodies of requests and replies.
    """

    on_event: OnEvent
    bodies: bool = False

    def tell(self, event: CallEvent) -> None:
        """Passes an event on."""
        try:
            self.on_event(event)
        except Exception:
            logger.exception("on_event failed for a call about %s", event.article)
