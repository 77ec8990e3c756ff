"""What model calls take: tokens, money, and how many calls the reply cache saved."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """The cost of some calls; two of them add up with `+`.

    Attributes:
        calls: HTTP requests sent, failed ones and re-asks included, cached replies not.
        cached_replies: requests answered from the reply cache, with no call.
        prompt_tokens: all prompt tokens, cached ones included.
        cached_tokens: prompt tokens that the server took from its prefix cache.
        completion_tokens: tokens generated.
        cost_usd: price in USD, or None where the price of any of the calls is not known.
    """

    calls: int = 0
    cached_replies: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            calls=self.calls + other.calls,
            cached_replies=self.cached_replies + other.cached_replies,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )


class Meter:
    """Adds up what one article takes; belongs to one event loop.

    Attributes:
        article: id of the article.
    """

    def __init__(self, article: str = "") -> None:
        self.article = article
        self._usage = Usage()

    @property
    def usage(self) -> Usage:
        """The sum of everything added so far."""
        return self._usage

    def add(self, usage: Usage) -> None:
        """Adds the usage of one call, or of several."""
        self._usage += usage
