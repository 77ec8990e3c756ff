"""Repeats calls that failed for a reason that passes, and only those.

The error class decides: `TransientModelError` (busy server, timeout, broken connection) and
`ServerDownError` (nothing accepts the connection) are tried again, everything else is final.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from llm_extract.errors import ServerDownError, TransientModelError


@dataclass(frozen=True)
class Patience:
    """How long to wait for what, in seconds.

    Attributes:
        connect: for a connection to be accepted.
        reply: for the next bytes of a reply, once the request is sent; a model that thinks long
            sends nothing until it is done.
        request: for one request with all its retries, waiting for its turn aside; no retry
            begins later, unless the server asked for the wait.
        retry_after: for a wait that the server asks for; a longer one is not begun, and stops the
            run, for every other request would have to wait as long.
        down: for a server that refuses connections, before the run is stopped.
        first_wait: upper bound of the first, random wait; each further bound is twice as long.
        longest_wait: upper bound of any such wait; a Retry-After may be longer.
    """

    connect: float = 10.0
    reply: float = 600.0
    request: float = 1200.0
    retry_after: float = 3600.0
    down: float = 30.0
    first_wait: float = 0.5
    longest_wait: float = 60.0


DEFAULT_PATIENCE = Patience()


def retrying(
    patience: Patience,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    queued: Callable[[], float] = lambda: 0.0,
) -> AsyncRetrying:
    """Makes the retry loop of one request: call it with an async function and its arguments.

    Args:
        patience: deadlines and waits.
        sleep: how to wait, in seconds.
        queued: seconds so far that attempts waited for their turn, which deadlines leave out.

    Returns:
        A loop that raises the last error when time is up, and any final error at once.
    """
    return AsyncRetrying(
        retry=retry_if_exception_type((TransientModelError, ServerDownError)),
        wait=_Wait(patience),
        stop=_Deadline(patience, queued),
        sleep=sleep,
        reraise=True,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Reads how long a server asks to wait.

    Args:
        headers: response headers, with case-insensitive keys; `Retry-After` may hold seconds or
            an HTTP date, which is taken relative to the server's own clock where it sends one.

    Returns:
        Seconds, at least 0, or None where the header is missing or unreadable.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
        return max(0.0, seconds) if isfinite(seconds) else None
    except ValueError:
        pass
    try:
        until = _http_date(value)
        now = _http_date(headers["date"]) if "date" in headers else datetime.now(UTC)
    except ValueError:
        return None
    return max(0.0, (until - now).total_seconds())


def _http_date(value: str) -> datetime:
    moment = parsedate_to_datetime(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Wait:
    """What the server asked for, else exponential; random so that clients do not march in step."""

    def __init__(self, patience: Patience) -> None:
        self._spread = patience.first_wait
        self._backoff = wait_random_exponential(
            multiplier=patience.first_wait, max=patience.longest_wait
        )

    def __call__(self, state: RetryCallState) -> float:
        error = _error(state)
        if isinstance(error, TransientModelError) and error.retry_after is not None:
            return error.retry_after + random.uniform(0, self._spread)
        return self._backoff(state)


class _Deadline:
    """Stops when the next attempt would come too late for the kind of failure at hand."""

    def __init__(self, patience: Patience, queued: Callable[[], float]) -> None:
        self._patience = patience
        self._queued = queued
        self._down_since: float | None = None

    def __call__(self, state: RetryCallState) -> bool:
        elapsed = (state.seconds_since_start or 0.0) - self._queued()
        error = _error(state)
        if isinstance(error, TransientModelError) and error.retry_after is not None:
            self._down_since = None
            late = elapsed >= self._patience.request
            return late or error.retry_after > self._patience.retry_after
        if not isinstance(error, ServerDownError):
            self._down_since = None
        elif self._down_since is None:
            self._down_since = elapsed
        next_attempt = elapsed + state.upcoming_sleep
        if self._down_since is not None and next_attempt - self._down_since >= self._patience.down:
            return True
        return next_attempt >= self._patience.request


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
