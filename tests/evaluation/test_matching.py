import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.evaluation.matching import (
    evidence_iou,
    judge_meeting,
    judge_position,
    judge_quote,
    match_records,
    participants_f1,
    span_iou,
)
from llm_extract.schemas import Actor, Quotation, Quote, Span
from tests.evaluation.builders import (
    MEETINGS,
    POSITIONS,
    QUOTES,
    TEXT,
    meeting,
    position,
    quote,
    sentences,
)

WORDS = "abcdefghij"


def part(start, end, text=WORDS):
    return Span(start=start, end=end, text=text[start:end])


def quoted(start, end, speaker="Lena Brandt"):
    words = Quotation(start=start, end=end, text=WORDS[start:end])
    return Quote(
        speaker=Actor(name=speaker) if speaker else None,
        text=words,
        kind="full",
        evidence=[part(0, 10)],
    )


@pytest.mark.parametrize(
    ("first", "second", "iou"),
    [
        (part(0, 10), part(0, 10), 1.0),
        (part(0, 8), part(0, 10), 0.8),
        (part(0, 5), part(5, 10), 0.0),
        (part(2, 6), part(4, 8), 2 / 6),
    ],
)
def test_span_iou_is_shared_over_all_characters(first, second, iou):
    assert span_iou(first, second) == pytest.approx(iou)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("“ab cd”", "ab cd"),
        (" ab cd, ", "ab cd"),
        ("ab cd.'", "ab cd"),
        ("«ab cd!»", "ab cd"),
        ("`ab cd´", "ab cd"),
        ("…ab cd", "ab cd"),
    ],
)
def test_marks_and_edge_punctuation_do_not_count(text, bare):
    start = text.index(bare)
    assert span_iou(part(0, len(text), text), part(start, start + len(bare), text)) == 1


def test_punctuation_inside_counts():
    text = "a, b"
    assert span_iou(part(0, 4, text), part(0, 2, text)) == pytest.approx(1 / 4)


def test_span_of_signs_alone_is_compared_as_it_is():
    assert span_iou(part(0, 2, "?!"), part(0, 2, "?!")) == 1


def test_evidence_in_several_spans_counts_each_character_once():
    assert evidence_iou(sentences(0, 1), sentences(0, 0, 1)) == 1
    assert evidence_iou(sentences(0, 1), sentences(2)) == 0
    assert 0 < evidence_iou(sentences(0, 1), sentences(1, 2)) < 1


@pytest.mark.parametrize(
    ("first", "second", "f1"),
    [
        (["Lena Brandt", "Omar Haddad"], ["Omar Haddad", "Lena Brandt"], 1.0),
        (["Lena Brandt", "Omar Haddad"], ["Brandt", "Haddad"], 1.0),
        (["Lena Brandt", "Omar Haddad"], ["Brandt"], 2 / 3),
        (["Lena Brandt", "Omar Haddad"], ["Brandt", "Lena Brandt"], 0.5),
        # Assigned greedily, "Brandt" would take the only name that fits "Lena Brandt".
        (["Brandt", "Lena Brandt"], ["Lena Brandt", "Karl Brandt"], 1.0),
        (["Lena Brandt"], ["she"], 0.0),
    ],
)
def test_participants_are_paired_one_to_one(first, second, f1):
    actors = [[Actor(name=name) for name in names] for names in (first, second)]
    assert participants_f1(*actors) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("gold", "predicted", "gated", "wrong"),
    [
        (quoted(0, 10), quoted(0, 8), True, ()),
        (quoted(0, 10), quoted(0, 7), False, None),
        (quoted(0, 10), quoted(0, 10, "Brandt"), True, ()),
        (quoted(0, 10), quoted(0, 10, "Omar Haddad"), True, ("speaker",)),
        (quoted(0, 10), quoted(0, 10, "she"), True, ("speaker",)),
        (quoted(0, 10, None), quoted(0, 10), True, ("speaker",)),
        (quoted(0, 10), quoted(0, 10, None), True, ("speaker",)),
        (quoted(0, 10, None), quoted(0, 10, None), True, ()),
    ],
)
def test_quote_rules(gold, predicted, gated, wrong):
    judgement = judge_quote(gold, predicted)
    assert (judgement is not None) == gated
    if judgement:
        assert judgement.wrong == wrong


BOTH = ("Lena Brandt", "Omar Haddad")
THREE = ("Lena Brandt", "Omar Haddad", "Mia Cole")


@pytest.mark.parametrize(
    ("gold", "predicted", "gated", "wrong"),
    [
        # Evidence overlaps, or participants F1 >= 0.8.
        (meeting(*BOTH), meeting("Ann Lee", "Bo Rask", at=(1,)), False, None),
        (meeting(*BOTH), meeting(*BOTH, at=(1,)), True, ()),
        (meeting(*THREE), meeting(*BOTH, at=(1,)), True, ()),  # F1 = 0.8
        (meeting(*BOTH), meeting("Omar Haddad", at=(1,)), False, None),  # F1 = 0.67
        (meeting(*BOTH), meeting("Omar Haddad"), True, ()),
        # Participants F1 >= 0.6.
        (meeting(*BOTH), meeting("Omar Haddad", "Ann Lee"), True, ("participants",)),
        (meeting(*BOTH), meeting(*BOTH, "A Bo", "C Do", "E Fo"), True, ("participants",)),
        # Same status class.
        (meeting(*BOTH), meeting(*BOTH, status="ongoing"), True, ()),
        (meeting(*BOTH), meeting(*BOTH, status="planned"), True, ("status",)),
        (
            meeting(*BOTH, status="proposed"),
            meeting(*BOTH, status="planned"),
            True,
            ("status",),
        ),
        (
            meeting(*BOTH),
            meeting("Ann Lee", "Bo Rask", status="declined"),
            True,
            ("participants", "status"),
        ),
    ],
)
def test_meeting_rules(gold, predicted, gated, wrong):
    judgement = judge_meeting(gold, predicted)
    assert (judgement is not None) == gated
    if judgement:
        assert judgement.wrong == wrong


@pytest.mark.parametrize(
    ("gold", "predicted", "agree"),
    [
        (None, None, 1.0),
        ("Tuesday", None, 0.0),
        (None, "Tuesday", 0.0),
        ("Tuesday", "on Tuesday", 1.0),
        ("Tuesday, May 5", "May 5", 1.0),
        ("Tuesday", "Wednesday", 0.0),
    ],
)
def test_date_and_location_agree_when_one_holds_the_other(gold, predicted, agree):
    dates = judge_meeting(meeting(*BOTH, date=gold), meeting(*BOTH, date=predicted))
    places = judge_meeting(meeting(*BOTH, location=gold), meeting(*BOTH, location=predicted))
    assert dates.beside["date"] == places.beside["location"] == agree
    assert not dates.wrong


@pytest.mark.parametrize(
    ("predicted", "gated", "wrong"),
    [
        (position("Brandt", "new harbour"), True, ()),
        (position("Lena Brandt", "the new harbour", at=(2,)), False, None),
        (position("Omar Haddad", "the new harbour"), False, None),
        (position("she", "the new harbour"), False, None),
        (position("Lena Brandt", "the new harbour", "opposes"), True, ("stance",)),
        (position("Lena Brandt", "the new harbour", "mixed"), True, ("stance",)),
        (position("Lena Brandt", "harbour fees"), True, ()),
        (position("Lena Brandt", "lower taxes"), True, ("issue",)),
        (position("Lena Brandt", "lower taxes", "opposes"), True, ("stance", "issue")),
    ],
)
def test_position_rules(predicted, gated, wrong):
    judgement = judge_position(position("Lena Brandt", "the new harbour"), predicted)
    assert (judgement is not None) == gated
    if judgement:
        assert judgement.wrong == wrong


@pytest.mark.parametrize(
    ("gold", "predicted", "wrong"),
    [
        ("canals, roads, markets", "bridges, tunnels, canals", ()),
        ("canals, roads, markets, schools", "bridges, tunnels, canals, ports", ("issue",)),
        ("canals, roads, markets, schools", "canals", ()),
    ],
)
def test_issue_is_right_from_a_third_of_the_shorter_ones_words(gold, predicted, wrong):
    judgement = judge_position(position("Lena Brandt", gold), position("Lena Brandt", predicted))
    assert judgement.wrong == wrong


@pytest.mark.parametrize(
    ("kind", "records"), [("meetings", MEETINGS), ("positions", POSITIONS), ("quotes", QUOTES)]
)
def test_records_match_themselves_in_any_order(kind, records):
    matches = match_records(kind, records, records[::-1])
    assert [(m.gold, m.predicted, m.strict) for m in matches] == [(0, 1, True), (1, 0, True)]


def test_each_record_is_matched_once():
    matches = match_records("quotes", QUOTES[:1], [QUOTES[0], QUOTES[0]])
    assert len(matches) == 1


def test_strict_pair_is_preferred_to_a_more_similar_loose_one():
    words = "The harbour is our future,"
    exact_words = quote("Omar Haddad", words)
    right_speaker = quote("Lena Brandt", words[4:])
    (match,) = match_records("quotes", [quote("Lena Brandt", words)], [exact_words, right_speaker])
    assert (match.predicted, match.strict) == (1, True)


def test_strict_pair_is_not_given_up_for_two_loose_ones():
    # The first prediction is strict with the first gold record and loose with the second; the
    # second prediction is loose with the first gold record only.
    gold = [meeting(*BOTH), meeting(*BOTH, status="planned", at=(4,))]
    predicted = [meeting(*BOTH, at=(0,)), meeting("Lena Brandt", "Bo Rask", at=(0,))]
    matches = match_records("meetings", gold, predicted)
    assert [(m.gold, m.predicted, m.strict) for m in matches] == [(0, 0, True)]


def test_more_matches_are_preferred_to_more_similar_ones():
    # The first prediction is most similar to the first gold record, but the second prediction can
    # be matched with that one only.
    gold = [position("Lena Brandt", "harbour", at=(1,)), position("Lena Brandt", "fees", at=(2,))]
    predicted = [
        position("Lena Brandt", "harbour", "mixed", at=(1, 2)),
        position("Lena Brandt", "trade", "mixed", at=(1,)),
    ]
    matches = match_records("positions", gold, predicted)
    assert [(m.gold, m.predicted) for m in matches] == [(0, 1), (1, 0)]


def test_similarity_decides_among_candidates():
    gold = [position("Lena Brandt", "the new harbour")]
    predicted = [position("Lena Brandt", "harbour fees"), position("Lena Brandt", "new harbour")]
    (match,) = match_records("positions", gold, predicted)
    assert match.predicted == 1


def test_pair_that_fails_the_gate_never_matches():
    assert match_records("positions", POSITIONS[:1], POSITIONS[1:]) == []
    assert match_records("quotes", [], QUOTES) == []


NAMES = ["Lena Brandt", "Omar Haddad", "Mia Cole", "Bo Rask"]
NUMBERS = st.sets(st.integers(0, 4), min_size=1, max_size=2).map(sorted)
RECORDS = {
    "meetings": st.builds(
        lambda names, status, at: meeting(*names, status=status, at=at),
        st.sets(st.sampled_from(NAMES), min_size=1, max_size=3).map(sorted),
        st.sampled_from(["held", "ongoing", "planned", "declined"]),
        NUMBERS,
    ),
    "positions": st.builds(
        position,
        st.sampled_from(NAMES),
        st.sampled_from(["the new harbour", "harbour fees", "lower taxes"]),
        st.sampled_from(["supports", "opposes", "mixed"]),
        NUMBERS,
    ),
    "quotes": st.builds(
        quote,
        st.sampled_from([*NAMES, None]),
        st.sampled_from(["The harbour is our future", "harbour is our future", "gift", TEXT[:30]]),
    ),
}
KIND_AND_RECORDS = st.sampled_from(sorted(RECORDS)).flatmap(
    lambda kind: st.tuples(
        st.just(kind),
        st.lists(RECORDS[kind], max_size=5),
        st.lists(RECORDS[kind], max_size=5),
    )
)


def counted(kind, gold, predicted):
    matches = match_records(kind, gold, predicted)
    return sum(match.strict for match in matches), len(matches)


@given(KIND_AND_RECORDS, st.randoms(use_true_random=False))
def test_counts_do_not_depend_on_order_or_side(drawn, random):
    kind, gold, predicted = drawn
    counts = counted(kind, gold, predicted)
    assert counted(kind, predicted, gold) == counts
    random.shuffle(gold)
    random.shuffle(predicted)
    assert counted(kind, gold, predicted) == counts


@given(KIND_AND_RECORDS)
def test_matches_are_one_to_one(drawn):
    kind, gold, predicted = drawn
    matches = match_records(kind, gold, predicted)
    assert len({m.gold for m in matches}) == len({m.predicted for m in matches}) == len(matches)


@given(KIND_AND_RECORDS, st.data())
def test_another_prediction_never_costs_a_match(drawn, data):
    kind, gold, predicted = drawn
    more = data.draw(RECORDS[kind])
    before = counted(kind, gold, predicted)
    after = counted(kind, gold, [*predicted, more])
    assert after[0] >= before[0]
    assert after[1] >= before[1]
