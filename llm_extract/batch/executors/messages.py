"""What the run and its actors tell each other: plain data that can be pickled.

An article is numbered by the run, a turn by the actor that wants it. Nothing here is ever logged:
articles and replies are in it.
"""

from dataclasses import dataclass

from llm_extract.batch.executors.base import Failed
from llm_extract.errors import LLMExtractError
from llm_extract.models.events import CallEvent
from llm_extract.models.usage import Usage
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article

# To an actor


@dataclass(frozen=True, slots=True)
class Begin:
    """Extract an article."""

    number: int
    article: Article


@dataclass(frozen=True, slots=True)
class CallOff:
    """Break an article off; it ends with `Ended` and no result."""

    number: int


@dataclass(frozen=True, slots=True)
class Granted:
    """Make the call that a turn was wanted for."""

    turn: int


@dataclass(frozen=True, slots=True)
class Found:
    """The kept reply that was sought; None where there is none."""

    search: int
    value: str | None


ToActor = Begin | CallOff | Granted | Found

# From an actor


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call about an article wants its turn; `tokens` is what it may take."""

    turn: int
    number: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The server answered; `tokens` is what that took, None where it did not say."""

    tokens: int | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The server wants fewer calls, and asks for a wait where `retry_after` (seconds) is given."""

    retry_after: float | None


@dataclass(frozen=True, slots=True)
class Released:
    """A turn is over, or no longer wanted; `outcome` is None where the server said nothing."""

    turn: int
    outcome: Succeeded | Refused | None


@dataclass(frozen=True, slots=True)
class Sought:
    """A kept reply is looked for."""

    search: int
    key: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply to keep."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What calls about an article took."""

    number: int
    usage: Usage


@dataclass(frozen=True, slots=True)
class Called:
    """A call has ended."""

    event: CallEvent


@dataclass(frozen=True, slots=True)
class Ended:
    """An article is through: its records, why it has none, what stops the run, or called off."""

    number: int
    result: ArticleRecords | Failed | LLMExtractError | None


FromActor = Wanted | Released | Sought | Kept | Taken | Called | Ended
