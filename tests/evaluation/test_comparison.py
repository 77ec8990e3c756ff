import pytest

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.comparison import compare
from llm_extract.evaluation.scores import evaluate
from tests.evaluation.builders import (
    MEETINGS,
    POSITIONS,
    QUOTES,
    RECORDS,
    TEXT,
    evaluation_of,
    gold,
    position,
    predictions,
    provenance,
    quote,
)


def scored(records, gold_records=RECORDS, **more):
    return evaluate([predictions(records=records, **more)], [gold(records=gold_records)])


def test_differences_are_after_minus_before_for_every_measure():
    comparison = compare(scored(RECORDS), scored([*MEETINGS, *POSITIONS, QUOTES[0]]))
    rows = {row.measure: row for row in comparison.differences}
    assert (rows["meetings"].before, rows["meetings"].difference) == (1, 0)
    assert (rows["quotes"].before, rows["quotes"].after) == (1, pytest.approx(2 / 3))
    assert rows["quotes"].difference == pytest.approx(-1 / 3)
    assert rows["macro"].difference == pytest.approx(-1 / 9)
    assert rows["quotes"].interval is None, "one article says nothing about others"


def test_paired_intervals_are_given():
    before = evaluation_of(*[{"quotes": (10, 10, n)} for n in (1, 5, 9)])
    after = evaluation_of(*[{"quotes": (10, 10, n - 1)} for n in (1, 5, 9)])
    rows = {row.measure: row for row in compare(before, after).differences}
    assert rows["quotes"].interval.high == pytest.approx(-0.1)
    assert rows["meetings"].difference is None


def test_records_gained_lost_and_changed_are_told_with_their_verdicts():
    wrong = position("Lena Brandt", "the new harbour", "opposes")
    stray = quote("Mia Cole", "called the plan")
    before = scored([MEETINGS[0], POSITIONS[0], QUOTES[0], QUOTES[1]])
    after = scored([MEETINGS[0], wrong, QUOTES[1], stray])
    told = [
        (
            change.change,
            change.before and (change.before.predicted, change.before.verdict),
            change.after and (change.after.predicted, change.after.verdict),
        )
        for change in compare(before, after).changes
    ]
    assert told == [
        ("changed", (POSITIONS[0], "matched"), (wrong, "wrong field")),
        ("lost", (QUOTES[0], "matched"), None),
        ("gained", None, (stray, "spurious")),
    ]


def test_record_that_differs_with_the_same_verdict_is_changed():
    other_kind = quote("Lena Brandt", QUOTES[0].text.text, "fragment")
    (change,) = compare(scored([QUOTES[0]]), scored([other_kind])).changes
    assert (change.change, change.before.verdict, change.after.verdict) == (
        "changed",
        "matched",
        "matched",
    )


def test_equal_predictions_change_nothing():
    assert compare(scored(RECORDS), scored(RECORDS[::-1])).changes == ()


def test_systems_and_prices_stand_beside_the_scores():
    after = scored(RECORDS, made=provenance("larger", seconds=7.0))
    comparison = compare(scored(RECORDS), after)
    assert (comparison.before.model, comparison.after.model) == ("invented-1b", "larger")
    assert (comparison.price_before.seconds, comparison.price_after.seconds) == (2, 7)


def test_different_articles_are_refused():
    with pytest.raises(EvaluationError, match=r"only one of them.*'article-1'"):
        compare(evaluation_of({}), evaluation_of({}, {}))


@pytest.mark.parametrize("text", [TEXT, TEXT + "\n"])
def test_different_gold_or_text_is_refused(text):
    relabelled = RECORDS[1:] if text == TEXT else RECORDS
    other = evaluate([predictions(text=text)], [gold(records=relabelled, text=text)])
    with pytest.raises(EvaluationError, match=r"text or gold .*'harbour'"):
        compare(scored(RECORDS), other)
