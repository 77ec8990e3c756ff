"""An actor as the process of the run sees it: the way there, and the articles it has in work."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from llm_extract.batch.executors.base import Failed
from llm_extract.batch.executors.desk import Desk, Shared
from llm_extract.batch.executors.messages import Begin, FromActor, ToActor
from llm_extract.errors import LLMExtractError
from llm_extract.models.usage import Meter
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article

DEATHS_TO_ISOLATE: Final = 2


class LostActorError(Exception):
    """An actor died, or cannot be reached; says why in one line."""


class Link(Protocol):
    """The way to one actor."""

    async def open(self) -> LLMExtractError | None:
        """Wait until the actor is there and has its model; return why it cannot have it.

        Raises:
            LostActorError: it died.
        """
        ...

    def deliver(self, messages: Sequence[ToActor]) -> None:
        """Send messages; whether they arrived, `collect` shows."""
        ...

    async def collect(self) -> Sequence[FromActor]:
        """Wait for messages from the actor.

        Raises:
            LostActorError: it died, or cannot be reached.
        """
        ...

    def kill(self) -> None:
        """End the actor at once, as it has nothing to save; does nothing to a dead one."""
        ...


@dataclass(eq=False)
class Errand:
    """An article under way.

    Attributes:
        number: its number among those of the run.
        article: the article.
        meter: counts what it takes, in dead actors too.
        result: its records or why it has none; cancelled where it was called off.
        deaths: how many actors died that had it in work.
        is_off: whether it was called off.
    """

    number: int
    article: Article
    meter: Meter
    result: "asyncio.Future[ArticleRecords | Failed]"
    deaths: int = 0
    is_off: bool = False

    @property
    def is_suspect(self) -> bool:
        """Whether it may be what its actors died of: then it gets one for itself."""
        return self.deaths >= DEATHS_TO_ISOLATE

    def end(self, result: ArticleRecords | Failed | LLMExtractError | None) -> None:
        """Tell who waits for the result; None where it was called off."""
        if self.result.done():
            return
        if isinstance(result, LLMExtractError):
            self.result.set_exception(result)
        elif result is None:
            self.result.cancel()
        else:
            self.result.set_result(result)


class Actor:
    """An actor, and what it has in work.

    Attributes:
        link: the way to it.
        desk: serves its calls.
        errands: the articles that it has in work, by number.
        is_ready: whether it has its model.
        is_leaving: whether it gets no more articles.
        reserved_for: the only article that it is to get next; None for any.
        serving: what takes its messages in.
    """

    def __init__(self, link: Link, shared: Shared) -> None:
        """Take an actor on that was launched.

        Args:
            link: the way to it.
            shared: what it shares with others.
        """
        self.link = link
        self.desk = Desk(shared, self.send)
        self.errands: dict[int, Errand] = {}
        self.is_ready = False
        self.is_leaving = False
        self.reserved_for: Errand | None = None
        self.serving: asyncio.Task[None] | None = None
        self._outbox: list[ToActor] = []

    @property
    def is_open(self) -> bool:
        """Whether it takes any article."""
        return self.is_ready and not self.is_leaving and self.reserved_for is None

    def send(self, message: ToActor) -> None:
        """Send a message, together with all others of the same moment."""
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self._deliver)
        self._outbox.append(message)

    def give(self, errand: Errand) -> None:
        """Hand an article over."""
        self.errands[errand.number] = errand
        self.send(Begin(errand.number, errand.article))

    def _deliver(self) -> None:
        messages, self._outbox = self._outbox, []
        self.link.deliver(messages)
