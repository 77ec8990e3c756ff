import random

import pytest

from llm_extract.evaluation.bootstrap import Interval, difference_intervals, f1_intervals
from llm_extract.evaluation.matching import KINDS
from llm_extract.evaluation.scores import Counts


def article(gold, predicted, strict):
    """Return the same counts for every kind."""
    counts = Counts(gold=gold, predicted=predicted, loose=strict, strict=strict)
    return dict.fromkeys(KINDS, counts)


MIXED = [article(5, 5, 5), article(5, 4, 1), article(5, 6, 3), article(5, 5, 2)]


def test_interval_holds_the_score_and_stays_within_its_range():
    interval = f1_intervals(MIXED)["quotes"]
    f1 = 2 * 11 / 40
    assert 0 <= interval.low < f1 < interval.high <= 1


def test_equal_articles_leave_no_uncertainty():
    interval = f1_intervals([article(4, 4, 2)] * 6)["macro"]
    assert interval == Interval(low=0.5, high=0.5)


def test_more_articles_give_a_narrower_interval():
    few, many = f1_intervals(MIXED)["quotes"], f1_intervals(MIXED * 10)["quotes"]
    assert many.high - many.low < (few.high - few.low) / 2


def test_interval_is_that_of_an_independent_bootstrap():
    chance = random.Random(7)
    draws = sorted(
        2 * sum(a["quotes"].strict for a in drawn)
        / sum(a["quotes"].gold + a["quotes"].predicted for a in drawn)
        for drawn in (chance.choices(MIXED, k=len(MIXED)) for _ in range(20_000))
    )  # fmt: skip
    interval = f1_intervals(MIXED)["quotes"]
    assert interval.low == pytest.approx(draws[500], abs=0.02)
    assert interval.high == pytest.approx(draws[19_500], abs=0.02)


def test_intervals_are_the_same_in_every_run():
    assert f1_intervals(MIXED) == f1_intervals(MIXED)


@pytest.mark.parametrize("articles", [[], [article(5, 5, 3)]])
def test_fewer_than_two_articles_have_no_interval(articles):
    assert set(f1_intervals(articles).values()) == {None}
    assert set(difference_intervals(articles, articles).values()) == {None}


def test_kind_without_records_has_no_interval_and_is_left_out_of_the_mean():
    articles = [{**a, "meetings": Counts()} for a in MIXED]
    intervals = f1_intervals(articles)
    assert intervals["meetings"] is None
    assert intervals["macro"] == intervals["quotes"]


def test_paired_interval_cancels_what_makes_articles_hard():
    # Scores differ widely between the articles, but the second system gains the same on each.
    before = [article(10, 10, strict) for strict in (1, 3, 5, 7, 9)]
    after = [article(10, 10, strict + 1) for strict in (1, 3, 5, 7, 9)]
    assert f1_intervals(before)["quotes"].high - f1_intervals(before)["quotes"].low > 0.3
    interval = difference_intervals(before, after)["quotes"]
    assert interval.low == pytest.approx(0.1)
    assert interval.high == pytest.approx(0.1)


def test_difference_is_after_minus_before():
    worse = [article(5, 5, 1), *MIXED[1:]]
    assert difference_intervals(MIXED, worse)["quotes"].low < -0.1
    assert difference_intervals(worse, MIXED)["quotes"].high > 0.1


def test_equal_systems_do_not_differ():
    assert difference_intervals(MIXED, MIXED)["macro"] == Interval(low=0, high=0)


def test_different_numbers_of_articles_cannot_be_paired():
    with pytest.raises(ValueError, match="cannot be paired"):
        difference_intervals(MIXED, MIXED[1:])
