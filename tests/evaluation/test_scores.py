import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.matching import KINDS
from llm_extract.evaluation.scores import Counts, Evaluation, evaluate
from llm_extract.schemas import DroppedDraft, Position, Span
from tests.evaluation.builders import (
    MEETINGS,
    POSITIONS,
    QUOTES,
    RECORDS,
    TEXT,
    gold,
    meeting,
    position,
    predictions,
    provenance,
    quote,
)


def scored(records, gold_records=RECORDS):
    return evaluate([predictions(records=records)], [gold(records=gold_records)])


@pytest.mark.parametrize(
    ("counts", "precision", "recall", "f1", "loose_f1"),
    [
        (Counts(gold=4, predicted=5, loose=3, strict=2), 0.4, 0.5, 4 / 9, 6 / 9),
        (Counts(gold=4, predicted=0), None, 0.0, 0.0, 0.0),
        (Counts(gold=0, predicted=3), 0.0, None, 0.0, 0.0),
        (Counts(), None, None, None, None),
    ],
)
def test_ratios_and_where_they_are_undefined(counts, precision, recall, f1, loose_f1):
    assert (counts.precision, counts.recall, counts.f1, counts.loose_f1) == (
        precision,
        recall,
        f1,
        loose_f1,
    )


def test_gold_scored_against_itself_is_perfect():
    evaluation = scored(RECORDS)
    assert evaluation.f1() == {"meetings": 1, "positions": 1, "quotes": 1, "macro": 1}
    assert (evaluation.spans, evaluation.ungrounded) == (8, 0)
    assert {outcome.verdict for outcome in evaluation.articles[0].outcomes} == {"matched"}


def test_every_record_gets_its_outcome_in_the_order_of_the_article():
    wrong_stance = position("Lena Brandt", "the new harbour", "opposes")
    stray = position("Lena Brandt", "our future", at=(2,))
    evaluation = scored([MEETINGS[0], stray, wrong_stance, QUOTES[1]])
    told = [
        (o.kind, o.verdict, o.wrong, o.gold, o.predicted) for o in evaluation.articles[0].outcomes
    ]
    assert told == [
        ("meetings", "matched", (), MEETINGS[0], MEETINGS[0]),
        ("meetings", "missed", (), MEETINGS[1], None),
        ("positions", "wrong field", ("stance",), POSITIONS[0], wrong_stance),
        ("positions", "missed", (), POSITIONS[1], None),
        ("positions", "spurious", (), None, stray),
        ("quotes", "missed", (), QUOTES[0], None),
        ("quotes", "matched", (), QUOTES[1], QUOTES[1]),
    ]
    assert evaluation.counts() == {
        "meetings": Counts(gold=2, predicted=1, loose=1, strict=1),
        "positions": Counts(gold=2, predicted=2, loose=1, strict=0),
        "quotes": Counts(gold=2, predicted=1, loose=1, strict=1),
    }


def test_kinds_are_micro_averaged_over_articles_and_macro_is_their_mean():
    articles = [gold("a"), gold("b", QUOTES)]
    evaluation = evaluate([predictions("a", MEETINGS), predictions("b", QUOTES)], articles)
    f1 = evaluation.f1()
    assert f1["meetings"] == 1
    assert f1["positions"] == 0
    assert f1["quotes"] == pytest.approx(2 * 2 / (2 + 4))
    assert f1["macro"] == pytest.approx((1 + 0 + 2 / 3) / 3)


def test_kind_without_any_record_is_left_out_of_the_mean():
    evaluation = scored(QUOTES, gold_records=QUOTES)
    assert evaluation.f1() == {"meetings": None, "positions": None, "quotes": 1, "macro": 1}
    assert scored([], gold_records=[]).f1()["macro"] is None


def test_field_agreement_is_averaged_over_matched_pairs_only():
    said = [quote("Mia Cole", QUOTES[0].text.text), QUOTES[1], quote("Mia Cole", "Brandt")]
    evaluation = scored(said)
    assert evaluation.beside()["quotes"] == {"speaker": 0.5, "kind": 1.0}
    assert evaluation.beside()["meetings"] == {}


def test_span_that_does_not_stand_in_the_article_is_not_grounded():
    shifted = Span(start=1, end=1 + len(TEXT.split("\n")[1]), text=TEXT.split("\n")[1])
    invented = Position(**{**dict(POSITIONS[0]), "evidence": [shifted]})
    evaluation = scored([invented, POSITIONS[1], *QUOTES])
    assert (evaluation.spans, evaluation.ungrounded) == (6, 1)


def test_false_records_are_counted_on_articles_without_gold_only():
    articles = [gold("empty", []), gold("full", QUOTES)]
    found = [
        predictions("empty", [*MEETINGS, QUOTES[0]]),
        predictions("full", [*QUOTES, *MEETINGS]),
    ]
    assert evaluate(found, articles).false_records == 3


def test_cost_and_dropped_drafts_are_kept_by_article():
    draft = DroppedDraft(record="Meeting", reason="no such sentence", draft="{}")
    found = [
        predictions("a", made=provenance(seconds=2, dropped=[draft])),
        predictions("b", made=provenance(seconds=3)),
    ]
    evaluation = evaluate(found, [gold("a"), gold("b")])
    assert [len(article.dropped) for article in evaluation.articles] == [1, 0]
    cost = evaluation.cost
    assert (cost.calls, cost.prompt_tokens, cost.cached_tokens) == (6, 600, 400)
    assert (cost.completion_tokens, cost.seconds, cost.usd) == (60, 5, 0.5)


def test_cost_is_unknown_as_soon_as_one_articles_price_is():
    found = [predictions("a"), predictions("b", made=provenance(cost_usd=None))]
    assert evaluate(found, [gold("a"), gold("b")]).cost.usd is None


def test_evaluation_survives_being_stored():
    evaluation = scored([MEETINGS[0], POSITIONS[0], quote(None, "gift")])
    assert Evaluation.model_validate_json(evaluation.model_dump_json()) == evaluation


@pytest.mark.parametrize("id_", ["harbour", "harbour.txt", "news/2024/harbour.txt", "x/harbour"])
def test_predictions_are_found_with_or_without_folder_and_ending(id_):
    assert evaluate([predictions(id_)], [gold()]).articles[0].id == "harbour"


def test_dots_in_an_id_are_no_ending():
    assert evaluate([predictions("v1.2")], [gold("v1.2")]).articles[0].id == "v1.2"


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([predictions("a")], "no predictions for 1 of 2 gold articles, the first is 'b'"),
        ([predictions("a"), predictions("b"), predictions("x/a.txt")], "two predictions .* 'a'"),
        ([predictions("a"), predictions("b"), predictions("c")], "no gold .* 'c'"),
        ([predictions("a"), predictions("b", text=TEXT + "\n")], "'b' .* another text"),
        ([predictions("a"), predictions("b", made=provenance("other"))], "systems .model differ"),
        ([], "no predictions for 2 of 2"),
    ],
)
def test_predictions_that_do_not_belong_to_the_gold_are_refused(found, says):
    with pytest.raises(EvaluationError, match=says):
        evaluate(found, [gold("a"), gold("b")])


def test_part_of_the_gold_is_scored_where_it_is_named():
    evaluation = evaluate([predictions("b")], [gold("a"), gold("b")], only={"b"})
    assert [article.id for article in evaluation.articles] == ["b"]
    with pytest.raises(EvaluationError, match="no gold for the article 'z'"):
        evaluate([predictions("b")], [gold("b")], only={"b", "z"})
    with pytest.raises(EvaluationError, match="no article to score"):
        evaluate([], [gold("b")], only=set())


SPURIOUS = (
    meeting("Ann Lee", "Bo Rask", at=(3,)),
    position("Ann Lee", "lower taxes"),
    quote("Ann Lee", "called the plan"),
)
SUBSETS = st.sets(st.sampled_from(range(len(RECORDS)))).map(
    lambda chosen: [RECORDS[index] for index in sorted(chosen)]
)


@given(SUBSETS, SUBSETS)
def test_gold_subsets_score_symmetrically(first, second):
    forth, back = scored(first, second).counts(), scored(second, first).counts()
    for kind in KINDS:
        assert forth[kind].strict == back[kind].strict
        assert forth[kind].precision == back[kind].recall
        assert forth[kind].f1 == back[kind].f1


@given(SUBSETS, st.sampled_from(SPURIOUS))
def test_adding_a_spurious_record_never_raises_precision(records, spurious):
    before, after = scored(records).counts(), scored([*records, spurious]).counts()
    for kind in KINDS:
        assert (after[kind].precision or 0) <= (before[kind].precision or 0)
        assert (after[kind].f1 or 0) <= (before[kind].f1 or 0)
        assert after[kind].recall == before[kind].recall


@given(SUBSETS.filter(bool), st.data())
def test_removing_a_matched_record_never_raises_recall(records, data):
    removed = data.draw(st.sampled_from(range(len(records))))
    fewer = [record for index, record in enumerate(records) if index != removed]
    before, after = scored(records).counts(), scored(fewer).counts()
    assert sum(after[kind].strict for kind in KINDS) < sum(before[kind].strict for kind in KINDS)
    for kind in KINDS:
        assert (after[kind].recall or 0) <= (before[kind].recall or 0)
