"""Serves the calls of one actor: gives turns to make them, finds and keeps replies, tells of them.

The throttle, the kept replies and the observer are those of the run, so limits hold for all actors
together, and a reply is kept as soon as it is paid for, whatever becomes of its article.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from llm_extract.batch.executors.messages import (
    Called,
    Found,
    Granted,
    Kept,
    Refused,
    Released,
    Sought,
    Succeeded,
    ToActor,
    Wanted,
)
from llm_extract.models.cache import ReplyCache
from llm_extract.models.events import Observer
from llm_extract.models.limits import Throttle

Service = Wanted | Released | Sought | Kept | Called


@dataclass(frozen=True)
class Shared:
    """What all actors of a run share.

    Attributes:
        throttle: lets the calls of all of them through.
        cache: replies of earlier runs, and of this one; None where none are kept.
        observer: told of every call; None for nobody.
    """

    throttle: Throttle
    cache: ReplyCache | None
    observer: Observer | None


class Desk:
    """What one actor's calls need of the process of the run; belongs to its event loop."""

    def __init__(self, shared: Shared, send: Callable[[ToActor], None]) -> None:
        """Open the desk.

        Args:
            shared: what it serves from.
            send: sends a message to the actor.
        """
        self._shared = shared
        self._send = send
        self._turns: dict[int, asyncio.Task[None]] = {}
        self._calling: dict[int, _Calling] = {}

    def serve(self, message: Service) -> None:
        """Do what an actor's message asks for."""
        shared = self._shared
        match message:
            case Wanted(turn):
                self._turns[turn] = asyncio.create_task(self._give_turn(message))
            case Released(turn, outcome):
                self._end_turn(turn, outcome)
            case Sought(search, key):
                self._send(Found(search, shared.cache.get(key) if shared.cache else None))
            case Kept(key, value):
                if shared.cache:
                    shared.cache.put(key, value)
            case Called(event):
                if shared.observer:
                    shared.observer.tell(event)

    def close(self) -> list[int]:
        """Take all turns back: the actor is gone.

        Returns:
            For each call that was under way, the number of its article.
        """
        for turn in self._turns.values():
            turn.cancel()
        return [calling.number for calling in self._calling.values()]

    async def _give_turn(self, wanted: Wanted) -> None:
        """Hold a turn from when the throttle has one to its release."""
        turn = wanted.turn
        try:
            async with self._shared.throttle.turn(wanted.tokens) as leave:
                calling = self._calling[turn] = _Calling(wanted.number)
                self._send(Granted(turn))
                match await calling.outcome:
                    case Succeeded(tokens):
                        leave.succeeded(tokens)
                    case Refused(retry_after):
                        leave.refused(retry_after)
        finally:
            self._calling.pop(turn, None)
            self._turns.pop(turn, None)

    def _end_turn(self, turn: int, outcome: Succeeded | Refused | None) -> None:
        calling = self._calling.get(turn)
        if calling is not None:
            calling.outcome.set_result(outcome)
        elif task := self._turns.get(turn):
            task.cancel()


class _Calling:
    """A call under way."""

    def __init__(self, number: int) -> None:
        self.number = number
        loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[Succeeded | Refused | None] = loop.create_future()
