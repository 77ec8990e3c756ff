"""Says how uncertain a score is: 95 % intervals by drawing articles anew.

Articles are drawn with replacement, the scores computed on each draw, and the middle 95 % of them
reported. The draws are the same in every run, so equal counts give equal intervals. Draws in which
a score is undefined are left out of its interval.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from llm_extract.evaluation.matching import KINDS, Kind
from llm_extract.evaluation.scores import MEASURES, Counts, Frozen, Measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWS = 2000
SEED = 20260101

ArticleCounts = Sequence[Mapping[Kind, Counts]]
"""The counts by kind of each article."""


class Interval(Frozen):
    """A 95 % interval.

    Attributes:
        low: its lower end.
        high: its upper end.
    """

    low: float
    high: float


def f1_intervals(articles: ArticleCounts) -> dict[Measure, Interval | None]:
    """Return the interval of each strict F1 and of their mean.

    Args:
        articles: the counts of each article.

    Returns:
        For each measure its interval; None with fewer than two articles, which say nothing about
        others, or where the measure is undefined.
    """
    if len(articles) < 2:
        return dict.fromkeys(MEASURES)
    return _intervals(_drawn_f1(articles))


def difference_intervals(
    before: ArticleCounts, after: ArticleCounts
) -> dict[Measure, Interval | None]:
    """Return the interval of the difference of each strict F1, after minus before.

    The two are paired: each draw takes the same articles from both, so that what makes an article
    hard for both cancels out.

    Args:
        before: the counts of each article.
        after: the counts of the same articles in the same order.

    Returns:
        As `f1_intervals`.
    """
    if len(before) != len(after):
        raise ValueError(f"{len(before)} articles cannot be paired with {len(after)}")
    if len(before) < 2:
        return dict.fromkeys(MEASURES)
    first, second = _drawn_f1(before), _drawn_f1(after)
    return _intervals({measure: second[measure] - first[measure] for measure in MEASURES})


def _drawn_f1(articles: ArticleCounts) -> dict[Measure, "NDArray[np.float64]"]:
    """Return each measure's value in every draw, NaN where it is undefined."""
    import numpy as np

    weights = _draws(len(articles))
    values: dict[Measure, NDArray[np.float64]] = {}
    for kind in KINDS:
        counts = [article[kind] for article in articles]
        matched = weights @ np.array([2.0 * count.strict for count in counts])
        records = weights @ np.array([float(count.gold + count.predicted) for count in counts])
        values[kind] = np.where(records > 0, matched / np.maximum(records, 1), np.nan)
    kinds = np.array(list(values.values()))
    defined = np.sum(~np.isnan(kinds), axis=0)
    total = np.nansum(kinds, axis=0)
    values["macro"] = np.where(defined > 0, total / np.maximum(defined, 1), np.nan)
    return values


@lru_cache(maxsize=8)
def _draws(articles: int) -> "NDArray[np.float64]":
    """Return how often each article (column) occurs in each draw (row)."""
    import numpy as np

    # RandomState's stream is frozen: the intervals do not change with numpy's version.
    random = np.random.RandomState(SEED)
    return random.multinomial(articles, [1 / articles] * articles, size=DRAWS).astype(np.float64)


def _intervals(
    values: Mapping[Measure, "NDArray[np.float64]"],
) -> dict[Measure, Interval | None]:
    import numpy as np

    intervals: dict[Measure, Interval | None] = {}
    for measure, drawn in values.items():
        defined = drawn[~np.isnan(drawn)]
        if defined.size == 0:
            intervals[measure] = None
            continue
        low, high = np.percentile(defined, [2.5, 97.5])
        intervals[measure] = Interval(low=float(low), high=float(high))
    return intervals
