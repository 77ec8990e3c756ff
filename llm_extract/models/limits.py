"""How many calls may be under way, and how many calls and tokens a minute may take.

The number of calls under way adapts to the server: each one that succeeds adds a little, each
429 halves it. A wait that the server asks for holds up all new calls, not just the one it
answered: the others would be refused the same.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from aiolimiter import AsyncLimiter

_DECREASE: Final = 0.5
_MINUTE: Final = 60.0
# Calls that may go out at once where more than one is due: a busy event loop wakes up late, and
# what it misses has to be made up. So short a time keeps any minute within the limit, or within
# two thousandths of it.
_CALLS_BURST_SECONDS: Final = 0.1
_TOKENS_BURST_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Limits:
    """What calls have to keep to.

    Attributes:
        concurrency: calls under way at a time, at most; at least 1.
        rpm: calls a minute, at most; None for any number.
        tpm: tokens a minute, prompts and replies, at most; None for any number.
    """

    concurrency: int
    rpm: int | None = None
    tpm: int | None = None


class Leave(Protocol):
    """Leave to make one call, and where to say how it went."""

    @property
    def waited(self) -> float:
        """Seconds until the leave was given."""
        ...

    def succeeded(self, tokens: int | None) -> None:
        """Says that the server answered.

        Args:
            tokens: what the call took, prompt and reply; None where the server did not say.
        """
        ...

    def refused(self, retry_after: float | None) -> None:
        """Says that the server wants fewer calls.

        Args:
            retry_after: seconds it asks to wait; None where it does not say.
        """
        ...


class Turns(Protocol):
    """Lets the calls to one server through."""

    def turn(self, tokens: int) -> AbstractAsyncContextManager[Leave]:
        """Waits until a call may be made; the call is to be made within the block.

        Args:
            tokens: what the call takes as far as known before; `Leave.succeeded` corrects it.
        """
        ...


class Throttle:
    """Lets the calls to one server through, first come first served, within one event loop."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.concurrency
        self._window = float(limits.concurrency)
        self._under_way = 0
        self._decreases = 0
        self._paused_until = 0.0  # by the event loop's clock
        self._turnstile = asyncio.Lock()
        self._room = asyncio.Event()
        self._calls = _Rate(limits.rpm, _CALLS_BURST_SECONDS) if limits.rpm else None
        self._tokens = _Rate(limits.tpm, _TOKENS_BURST_SECONDS) if limits.tpm else None

    @property
    def window(self) -> int:
        """How many calls may be under way now: 1 to the limits' concurrency."""
        return int(self._window)

    @property
    def is_busy(self) -> bool:
        """Whether calls wait for their turn."""
        return self._turnstile.locked()

    def resize(self, concurrency: int) -> None:
        """Changes how many calls may be under way at most; what the server taught is kept.

        Args:
            concurrency: the new bound, at least 1.
        """
        unrefused = self._window >= self._most
        self._most = concurrency
        self._window = float(concurrency) if unrefused else min(self._window, concurrency)
        self._room.set()

    @asynccontextmanager
    async def turn(self, tokens: int) -> "AsyncIterator[Turn]":
        """Waits as `Turns.turn` says."""
        arrived = time.monotonic()
        await self._admit(tokens)
        try:
            yield Turn(self, tokens, self._decreases, time.monotonic() - arrived)
        finally:
            self._under_way -= 1
            self._room.set()

    async def _admit(self, tokens: int) -> None:
        async with self._turnstile:
            if self._calls:
                await self._calls.take(1)
            if self._tokens:
                await self._tokens.take(tokens)
            while True:
                pause = self._paused_until - asyncio.get_running_loop().time()
                if pause > 0:
                    await asyncio.sleep(pause)
                elif self._under_way >= self.window:
                    self._room.clear()
                    await self._room.wait()
                else:
                    break
            self._under_way += 1

    def _grow(self) -> None:
        """Adds one call for each round of calls."""
        self._window = min(self._most, self._window + 1 / self._window)

    def _shrink(self, decreases: int) -> None:
        """Halves the window, once for all the calls that were under way together."""
        if decreases == self._decreases:
            self._window = max(1.0, self._window * _DECREASE)
            self._decreases += 1

    def _pause(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        self._paused_until = max(self._paused_until, until)

    def _correct(self, tokens: int) -> None:
        if self._tokens:
            self._tokens.correct(tokens)


class Turn:
    """A `Leave` by a throttle in this event loop.

    Attributes:
        waited: seconds until the leave was given.
    """

    def __init__(self, throttle: Throttle, tokens: int, decreases: int, waited: float) -> None:
        self.waited = waited
        self._throttle = throttle
        self._tokens = tokens
        self._decreases = decreases

    def succeeded(self, tokens: int | None) -> None:
        """Says that the server answered, as `Leave.succeeded`."""
        self._throttle._grow()
        if tokens is not None:
            self._throttle._correct(tokens - self._tokens)

    def refused(self, retry_after: float | None) -> None:
        """Says that the server wants fewer calls, as `Leave.refused`."""
        self._throttle._shrink(self._decreases)
        if retry_after is not None:
            self._throttle._pause(retry_after)


class _Rate:
    """So many units a minute, evenly; what turns out to be more or less is made up for later."""

    def __init__(self, per_minute: int, burst_seconds: float) -> None:
        burst = max(1.0, per_minute * burst_seconds / _MINUTE)
        self._limiter = AsyncLimiter(burst, burst * _MINUTE / per_minute)
        self._owed = 0.0

    async def take(self, units: int) -> None:
        self._owed += units
        while self._owed > 0:
            part = min(self._owed, self._limiter.max_rate)
            await self._limiter.acquire(part)
            self._owed -= part

    def correct(self, units: int) -> None:
        self._owed += units
