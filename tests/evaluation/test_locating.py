import pytest

from llm_extract.evaluation.locating import locate_evidence, locate_quotation, occurrences


def places(text, *marked):
    return [text.index(part) for part in marked]


def test_occurrences_include_overlapping_ones():
    assert occurrences("ananas", "ana") == [(0, 3), (2, 5)]


def test_evidence_that_repeats_is_taken_next_to_the_unique_evidence():
    text = "Rain fell. A came. Rain fell. Rain fell. B came."
    located = locate_evidence(text, ["Rain fell.", "B came."])
    assert [start for start, _ in located] == [30, 41]


def test_evidence_that_always_repeats_is_taken_where_it_occurs_first():
    assert locate_evidence("Rain fell. Rain fell.", ["Rain fell."]) == [(0, 10)]


def test_evidence_that_repeats_is_taken_around_the_anchor():
    assert locate_evidence("Rain fell. Rain fell.", ["Rain fell."], anchor=(16, 20)) == [(11, 21)]


TWICE = "It is bad, A said. “Bad” was B’s word. C, too, said it was “bad”. “bad”, said D."


@pytest.mark.parametrize(
    ("evidence", "taken", "start"),
    [
        (["C, too, said it was “bad”."], {}, TWICE.index("bad”. ")),
        (["“bad”, said D."], {}, TWICE.index("bad”, said")),
        (["It is bad, A said."], {}, TWICE.index("bad")),
    ],
)
def test_quotation_is_taken_inside_its_evidence(evidence, taken, start):
    assert locate_quotation(TWICE, "bad", evidence, taken) == (start, start + 3)


def test_quotation_between_marks_is_preferred_to_the_same_words_without():
    text = "He said the bad plan was “bad”."
    assert locate_quotation(text, "bad", [text], {}) == (26, 29)


def test_second_quotation_of_the_same_words_gets_the_next_place():
    text = "“No,” he said, “No,” again."
    first = locate_quotation(text, "No,", [text], {})
    assert first == (1, 4)
    assert locate_quotation(text, "No,", [text], {first}) == (16, 19)


def test_quotation_outside_its_evidence_is_not_located():
    assert locate_quotation(TWICE, "word", ["It is bad, A said."], {}) is None


def test_quotation_over_two_evidence_sentences_is_located():
    text = "“Go away. Do it now,” she said."
    assert locate_quotation(text, "Go away. Do it now,", ["“Go away.", "Do it now,” she said."], {})
