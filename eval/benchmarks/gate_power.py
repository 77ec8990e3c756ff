"""How often the gate catches a fall in one kind, and how often it cries wolf.

    python eval/benchmarks/gate_power.py [--trials N]

Invented articles with an invented system. Each article has gold records of every kind and a
difficulty of its own; each gold record is found with a probability that depends on it, and spurious
records come on top. A change of the system leaves most records as they were and draws the rest
anew ("churn": the harmless noise of a reworded prompt); a regression moreover loses records of one
kind, so many that its strict F1 falls by the stated number of points on average.
"""

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from llm_extract.evaluation.gate import MARGIN, Baseline, check
from llm_extract.evaluation.matching import KINDS, Kind
from llm_extract.evaluation.scores import ArticleScore, Cost, Counts, Evaluation, System

FOUND: dict[Kind, float] = {"meetings": 0.62, "positions": 0.45, "quotes": 0.90}
"""Probability that a gold record is found; also the expected F1 of the kind."""
PER_ARTICLE: dict[Kind, tuple[int, int]] = {
    "meetings": (1, 4),
    "positions": (3, 13),
    "quotes": (2, 14),
}
"""Fewest and most gold records of an article."""
SPREAD = 0.15
"""How much easier or harder than the average an article can be."""


@dataclass(frozen=True)
class Slot:
    """A gold record, or a place where a spurious one may be predicted.

    Attributes:
        probability: that the system predicts a record here.
        drawn: this run's random number; a record is predicted where it is below `probability`.
    """

    probability: float
    drawn: float

    @property
    def predicted(self) -> bool:
        """Whether the system predicts a record here."""
        return self.drawn < self.probability


@dataclass(frozen=True)
class Page:
    """The gold records and the spurious ones of one kind in one article."""

    gold: tuple[Slot, ...]
    spurious: tuple[Slot, ...]

    def counts(self) -> Counts:
        """Return what the scorer would count."""
        matched = sum(slot.predicted for slot in self.gold)
        predicted = matched + sum(slot.predicted for slot in self.spurious)
        return Counts(gold=len(self.gold), predicted=predicted, loose=matched, strict=matched)

    def map(self, change: Callable[[Slot], Slot]) -> "Page":
        """Return the page with every slot changed."""
        return Page(tuple(map(change, self.gold)), tuple(map(change, self.spurious)))


Articles = list[dict[Kind, Page]]


def draw_articles(number: int, chance: random.Random) -> Articles:
    """Return `number` articles as a first system sees them."""
    return [{kind: _page(kind, chance) for kind in KINDS} for _ in range(number)]


def _page(kind: Kind, chance: random.Random) -> Page:
    found = min(max(FOUND[kind] + chance.uniform(-SPREAD, SPREAD), 0.02), 0.98)
    gold = chance.randint(*PER_ARTICLE[kind])
    return Page(
        gold=tuple(Slot(found, chance.random()) for _ in range(gold)),
        spurious=tuple(Slot(1 - found, chance.random()) for _ in range(gold)),
    )


def churned(articles: Articles, share: float, chance: random.Random) -> Articles:
    """Return what a changed but equally good system gives: `share` of the slots drawn anew."""

    def again(slot: Slot) -> Slot:
        return replace(slot, drawn=chance.random()) if chance.random() < share else slot

    return [{kind: page.map(again) for kind, page in article.items()} for article in articles]


def worsened(articles: Articles, kind: Kind, fall: float) -> Articles:
    """Return what a system gives whose F1 of one kind falls by `fall` on average.

    As many records are predicted as there are gold ones, so F1 is the share that is found; losing a
    share x of the found ones makes it `2 * found * (1 - x) / (2 - found * x)`.
    """
    found = FOUND[kind]
    goal = found - fall
    keep = 1 - (2 * fall) / (found * (2 - goal))

    def rarer(slot: Slot) -> Slot:
        return replace(slot, probability=slot.probability * keep)

    def worse(page: Page) -> Page:
        return replace(page, gold=tuple(map(rarer, page.gold)))

    return [{**article, kind: worse(article[kind])} for article in articles]


def evaluation(articles: Articles) -> Evaluation:
    """Return the evaluation of what a system gave."""
    cost = Cost(calls=0, prompt_tokens=0, cached_tokens=0, completion_tokens=0, seconds=0, usd=None)
    return Evaluation(
        system=System(model="invented", strategy="sentence", prompt_hash="", schema_hash=""),
        articles=tuple(
            ArticleScore(
                id=f"{number:03}",
                gold_digest="",
                counts={kind: page.counts() for kind, page in article.items()},
                spans=0,
                grounded=0,
                outcomes=(),
                dropped=(),
                cost=cost,
            )
            for number, article in enumerate(articles)
        ),
    )


def alarm_rate(
    articles: int, churn: float, kind: Kind | None, fall: float, margin: float, trials: int
) -> float:
    """Return the share of trials in which the gate fails.

    Args:
        articles: articles in the gold set.
        churn: share of the records that the change draws anew.
        kind: the kind that gets worse; None for a harmless change.
        fall: by how much its F1 falls on average, 0 to 1.
        margin: the gate's absolute margin.
        trials: how many gold sets and systems to draw.
    """
    alarms = 0
    for trial in range(trials):
        chance = random.Random(f"{articles} {churn} {kind} {fall} {trial}")
        before = draw_articles(articles, chance)
        after = churned(before, churn, chance)
        if kind is not None:
            after = worsened(after, kind, fall)
        baseline = Baseline(git_revision=None, evaluation=evaluation(before))
        alarms += not check(evaluation(after), baseline, margin).passed
    return alarms / trials


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200, help="trials a cell")
    parser.add_argument("--margin", type=float, default=MARGIN, help="the gate's absolute margin")
    options = parser.parse_args()
    cells: list[tuple[Kind | None, float]] = [(None, 0.0)]
    cells += [(kind, fall) for kind in KINDS for fall in (0.05, 0.10)]
    names = ["no regression", *(f"{kind} -{fall * 100:.0f}" for kind, fall in cells if kind)]
    print(f"Share of {options.trials} trials that fail, margin {options.margin:.2f}\n")
    print(f"| articles | churn | {' | '.join(names)} |")
    print("|---" * (len(names) + 2) + "|")
    for articles in (5, 20):
        for churn in (0.0, 0.05, 0.1):
            rates = [
                f"{alarm_rate(articles, churn, kind, fall, options.margin, options.trials):.0%}"
                for kind, fall in cells
            ]
            print(f"| {articles} | {churn:.0%} | {' | '.join(rates)} |")


if __name__ == "__main__":
    main()
