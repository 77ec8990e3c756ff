"""Comparing issue phrases and wording them positively."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.grounding.issues import content_words, issue_similarity, positively_worded


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("deploying troops", "the deployment of troops"),
        ("negotiations", "negotiating"),
        ("escalation", "to escalate"),
        ("new policies", "a new policy"),
        ("Jelínek's visit", "visit of Jelinek"),
        ("the U.S. embargo", "US embargo"),
        ("stopped flights", "stopping flights"),
        ("hosting talks", "host the talks"),
        ("The Poles’ rights", "rights of Poles"),
    ],
)
def test_phrases_with_the_same_content(a, b):
    assert content_words(a) == content_words(b)
    assert issue_similarity(a, b) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [("status", "state"), ("tax", "taxi"), ("crisis", "cross"), ("ring", "r"), ("speed", "spe")],
)
def test_stemming_keeps_different_words_apart(a, b):
    assert content_words(a) != content_words(b)


def test_stop_words_have_no_content_but_acronyms_do():
    assert content_words("what they are about") == frozenset()
    assert content_words("the US and us") == {"us"}


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("arms embargo", "an embargo on arms to Ruritania", 1),
        ("arms embargo on Ruritania", "arms talks with Freedonia", 1 / 3),
        ("grain tax", "port reform", 0),
        ("it", "It", 1),
        ("it", "grain tax", 0),
        ("", "", 1),
    ],
)
def test_similarity_is_overlap_over_the_shorter_phrase(a, b, expected):
    assert issue_similarity(a, b) == pytest.approx(expected)


@given(st.text(), st.text())
def test_similarity_is_symmetric_and_bounded(a, b):
    assert issue_similarity(a, b) == issue_similarity(b, a)
    assert 0 <= issue_similarity(a, b) <= 1


@pytest.mark.parametrize(
    ("issue", "positive"),
    [
        ("no foreign troops", "foreign troops"),
        ("No more weapons", "weapons"),
        ("no longer arming rebels", "arming rebels"),
        ("not sending troops to Ruritania", "sending troops to Ruritania"),
        ("not to send tanks", "send tanks"),
        ("never closing the port", "closing the port"),
        ("without foreign help", "foreign help"),
        ("non-recognition of the vote", "recognition of the vote"),
        ("Ruritania not joining the pact", "Ruritania joining the pact"),
        ("Ruritania should not join the pact", "Ruritania should join the pact"),
        ("that Ruritania will not join", "that Ruritania will join"),
        ("the town shouldn't pay", "the town should pay"),
        ("they do not want war", "they want war"),
        ("cannot accept the deal", "can accept the deal"),
        ("sending no troops", "sending troops"),
    ],
)
def test_negation_moves_from_the_issue_to_the_stance(issue, positive):
    assert positively_worded(issue, "supports") == (positive, "opposes")
    assert positively_worded(issue, "opposes") == (positive, "supports")
    assert positively_worded(issue, "mixed") == (positive, "mixed")


@pytest.mark.parametrize(
    "issue",
    [
        "ending military aid",
        "a ban on arms",
        "no-fly zone",
        "no confidence vote",
        "No. 10's plan",
        "non-proliferation treaty",
        "non-lethal aid",
        "not-for-profit schools",
        "not only trade",
        "talks without preconditions",
        "states that are not joining",
        "a plan which should not fail",
        "noble causes",
        "nothing",
        "no",
        "not",
        "",
    ],
)
def test_issues_that_negate_nothing_stay(issue):
    assert positively_worded(issue, "supports") == (issue, "supports")


@pytest.mark.parametrize("stance", ["supports", "opposes"])
def test_against_names_the_stance_itself(stance):
    assert positively_worded("against sending troops", stance) == ("sending troops", "opposes")


def test_mixed_stance_stays_mixed_when_against_goes():
    assert positively_worded("against sending troops", "mixed") == ("sending troops", "mixed")


@given(st.text(), st.sampled_from(["supports", "opposes", "mixed"]))
def test_an_issue_is_never_emptied(issue, stance):
    assert bool(positively_worded(issue, stance)[0].strip()) == bool(issue.strip())
