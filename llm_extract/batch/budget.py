"""What one run may take: it stops before it takes more, what is under way counted in."""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from llm_extract.batch.job import Job
from llm_extract.errors import UsageError
from llm_extract.extraction.context import ArticleContext
from llm_extract.models.prices import price
from llm_extract.models.spec import ModelSpec
from llm_extract.models.usage import Meter, Usage
from llm_extract.text.article import Article

CHARACTERS_A_TOKEN: Final = 4
_DOUBT: Final = 4  # by how much an estimate from the length alone may be too low
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd])", re.ASCII)


@dataclass(frozen=True)
class Budget:
    """Bounds on one run; None is no bound. A run that is continued starts from zero.

    Attributes:
        cost_usd: price of all calls, in USD.
        tokens: prompt tokens, cached ones included, and completion tokens.
        articles: articles that a model is asked about.
        seconds: time from the making of the `Account`.
    """

    cost_usd: float | None = None
    tokens: int | None = None
    articles: int | None = None
    seconds: float | None = None

    def check(self, spec: ModelSpec) -> None:
        """Refuse what cannot be kept, before anything is started.

        Args:
            spec: the model.

        Raises:
            UsageError: a bound is no number, negative, or on a cost that nobody knows.
        """
        if self.cost_usd is None:
            return
        if not math.isfinite(self.cost_usd) or self.cost_usd < 0:
            raise UsageError(f"a budget of ${self.cost_usd} is no price: give USD, as 2.50")
        if price(spec, prompt_tokens=1, cached_tokens=0, completion_tokens=1) is None:
            raise UsageError(
                f"a budget in USD cannot be kept: the price of {spec.name} at {spec.server} is "
                "not known; give one in tokens instead"
            )


@dataclass(frozen=True)
class Need:
    """What an article may take.

    Attributes:
        tokens: prompt and completion tokens.
        cost_usd: their price; None where unknown.
    """

    tokens: float
    cost_usd: float | None


_NOTHING: Final = Need(0.0, 0.0)


@dataclass(frozen=True)
class _Stake:
    """An article under way: what its length alone says it needs, and what it has really taken."""

    length: int
    first: Need
    meter: Meter
    started: float


class Account:
    """Keeps a run inside its budget: what it took, and what is set aside for articles under way.

    An article is taken to need as much as the dearest one so far, more where it is longer than any
    of those. Where a bound is near and none was seen through yet, the first goes alone. So a bound
    is exceeded only by an article that takes more than any before it, and by the difference.
    """

    def __init__(
        self,
        budget: Budget,
        first: Callable[[Article], Need],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the account; its time starts.

        Args:
            budget: the bounds.
            first: estimates what an article needs, as long as none was seen through.
            clock: the time in seconds.
        """
        self._budget = budget
        self._bounded = budget.tokens is not None or budget.cost_usd is not None
        self._first = first
        self._clock = clock
        self._opened = clock()
        self._under_way: dict[str, _Stake] = {}
        self._taken = Usage()
        self._articles = 0
        self._settled = 0
        self._seconds = 0.0  # of the settled articles, added up
        self._dearest = _NOTHING
        self._longest = 0  # characters of the longest article that was seen through
        self._blind = ""

    @property
    def under_way(self) -> int:
        """How many articles are under way."""
        return len(self._under_way)

    def seconds_left(self) -> float | None:
        """Return the seconds to the deadline, at least 0; None where there is none."""
        if self._budget.seconds is None:
            return None
        return max(0.0, self._budget.seconds - self._elapsed())

    def refusal(self, article: Article) -> str | None:
        """Tell which bound an article might break, as things stand; None where it breaks none.

        Articles under way may turn out to take less than is set aside for them: where there are
        any, ask again when one ends.
        """
        budget = self._budget
        if self._blind:
            return self._blind
        if budget.articles is not None and self._articles >= budget.articles:
            return f"budget of {budget.articles} articles reached"
        if budget.seconds is not None:
            expected = self._seconds / self._settled if self._settled else 0.0
            if self._elapsed() + expected >= budget.seconds:
                return self.deadline_reached()
        if not self._bounded:
            return None
        first = _NOTHING if self._longest else self._first(article)
        return self._overdraft(self._need(len(article.text), first))

    def deadline_reached(self) -> str:
        """Say that the time is up, or too short for another article."""
        return f"deadline of {self._budget.seconds:g} s reached"

    def open(self, article: Article, meter: Meter) -> None:
        """Set aside what an article may need.

        Args:
            article: the article, which is now under way.
            meter: counts what it really takes.
        """
        first = self._first(article) if self._bounded and not self._longest else _NOTHING
        self._articles += 1
        self._under_way[article.id] = _Stake(len(article.text), first, meter, self._clock())

    def settle(self, article: Article, *, extracted: bool) -> None:
        """Replace what was set aside for an article by what it took.

        Args:
            article: the article, which has ended.
            extracted: whether it gave records.
        """
        stake = self._under_way.pop(article.id)
        usage = stake.meter.usage
        self._taken += usage
        self._settled += 1
        self._seconds += self._clock() - stake.started
        if not usage.calls:  # all replies were kept ones: says nothing of what others need
            return
        self._look(usage, extracted)
        if extracted:
            self._longest = max(self._longest, len(article.text))
        if self._longest:
            self._dearest = Need(
                max(self._dearest.tokens, _tokens(usage)),
                max(self._dearest.cost_usd or 0.0, usage.cost_usd or 0.0),
            )

    def _look(self, usage: Usage, extracted: bool) -> None:
        """Notice that the server does not say what its replies take; unknown is not nothing."""
        if self._budget.cost_usd is not None and usage.cost_usd is None:
            self._blind = "the budget in USD cannot be kept: the server does not report the tokens"
        elif self._budget.tokens is not None and extracted and not _tokens(usage):
            self._blind = (
                "the budget in tokens cannot be kept: the server does not report the tokens"
            )

    def _need(self, length: int, first: Need) -> Need:
        """Estimate by what is known now, which may be more than when an article was begun."""
        if not self._longest:
            return first
        factor = max(1.0, length / self._longest)
        return Need(self._dearest.tokens * factor, (self._dearest.cost_usd or 0.0) * factor)

    def _set_aside(self) -> Need:
        """Add up what the articles under way may need, or have taken where that is more already."""
        tokens = cost = 0.0
        for stake in self._under_way.values():
            need, usage = self._need(stake.length, stake.first), stake.meter.usage
            tokens += max(need.tokens, _tokens(usage))
            cost += max(need.cost_usd or 0.0, usage.cost_usd or 0.0)
        return Need(tokens, cost)

    def _overdraft(self, need: Need) -> str | None:
        budget, aside = self._budget, self._set_aside()
        doubt = 1 if self._longest or not self._under_way else _DOUBT
        if budget.tokens is not None:
            tokens = _tokens(self._taken) + doubt * aside.tokens
            if tokens + doubt * need.tokens > budget.tokens:
                return (
                    f"budget of {budget.tokens} tokens reached: {tokens:.0f} tokens taken, the "
                    f"next article may need {need.tokens:.0f}"
                )
        if budget.cost_usd is not None:
            cost = (self._taken.cost_usd or 0.0) + doubt * (aside.cost_usd or 0.0)
            if cost + doubt * (need.cost_usd or 0.0) > budget.cost_usd:
                return (
                    f"budget of ${budget.cost_usd:g} reached: ${cost:.4f} taken, the next article "
                    f"may cost ${need.cost_usd or 0.0:.4f}"
                )
        return None

    def _elapsed(self) -> float:
        return self._clock() - self._opened


def need_by_size(job: Job, article: Article) -> Need:
    """Estimate what an article takes before any was seen through: its prompts, a reply as long.

    Args:
        job: the model and what it is asked for.
        article: the article.
    """
    lengths = job.extractor.strategy.prompt_lengths(ArticleContext.of(article))
    prompt = sum(lengths) // CHARACTERS_A_TOKEN
    reply = len(article.text) // CHARACTERS_A_TOKEN
    cost = price(job.spec, prompt_tokens=prompt, cached_tokens=0, completion_tokens=reply)
    return Need(prompt + reply, cost)


def parse_duration(words: str) -> float:
    """Return the seconds of a duration like `90s`, `30m`, `2h`, `1.5h` or `1d`.

    Raises:
        UsageError: it is none.
    """
    found = _DURATION.fullmatch(words.strip())
    if found is None:
        raise UsageError(f"--deadline {words!r} is no duration: give 90s, 30m, 2h or 1d")
    return float(found[1]) * _UNITS[found[2]]


def _tokens(usage: Usage) -> int:
    return usage.prompt_tokens + usage.completion_tokens
