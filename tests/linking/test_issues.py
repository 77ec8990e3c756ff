"""Which issue phrases say the same."""

import re
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_extract.linking.issues import group_issues


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Ceasefire", "ceasefire"),
        ("urgent ceasefire", "ceasefire"),
        ("sending troops to Peru", "deploying troops to Peru"),
        ("sending troops to Peru", "deployment of soldiers to Peru"),
        ("sanctions on Moscow", "sanctions against Russia"),
        ("the reported remarks of the mayor", "mayor's remarks"),
        ("peaceful resolution of the Peruvian conflict", "resolving the war in Peru peacefully"),
        ("hosting talks between Peru and Chile", "hosting negotiations between Chile and Peru"),
        ("ending arms deliveries to Chile", "halt of weapons deliveries to Chile"),
        ("closing the port", "closing the port, which handles grain"),
        ("building a harbour bridge over the bay", "building a long harbour bridge in the bay"),
        (
            "paying $11 million for northern ferries",
            "paying $11 million (40 million soles) for northern ferries",
        ),
    ],
)
def test_same_issue_in_other_words(a: str, b: str) -> None:
    (group,) = group_issues([a, b])
    assert set(group.phrases) == {a, b}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("aid to Ukraine", "cutting aid to Ukraine"),
        ("aid to Ukraine", "more aid to Ukraine"),
        ("lifting sanctions on Peru", "imposing sanctions on Peru"),
        ("lifting sanctions on Peru", "sanctions on Peru"),
        ("delaying the vote on ferries", "holding the vote on ferries"),
        ("a ban on night ferries", "night ferries"),
        ("sending troops to Peru", "withdrawing troops from Peru"),
        ("exports to Peru", "exports from Peru"),
        ("Peru's attack on Chile", "Chile's attack on Peru"),
        ("Peru's attack", "attack on Peru"),
        ("Peru helping Chile", "Chile helping Peru"),
        ("talks before a ceasefire", "talks after a ceasefire"),
        ("protests for the mayor", "protests against the mayor"),
        ("sending Slovak troops to Ukraine", "sending NATO troops to Ukraine"),
        ("sanctions", "sanctions on Moscow"),
        ("tariffs of 25%", "tariffs of 10%"),
        ("new elections", "elections"),
        ("closing the port", "closing the port at night"),
        ("Iran deal", "Iraq deal"),
    ],
)
def test_other_issue_in_like_words(a: str, b: str) -> None:
    assert len(group_issues([a, b])) == 2


def test_group_goes_by_its_most_frequent_phrase_then_the_shortest() -> None:
    (group,) = group_issues(["urgent ceasefire", "ceasefire", "urgent ceasefire"])
    assert group.phrases == ("urgent ceasefire", "ceasefire")
    assert group.name == "urgent ceasefire"
    (group,) = group_issues(["urgent ceasefire", "ceasefire"])
    assert group.name == "ceasefire"


def test_each_phrase_says_why_it_is_in_its_group() -> None:
    a = "hosting peace talks between Peru and Chile"
    b = "hosting long peace negotiations between Chile and Peru"
    (group,) = group_issues([a, b])
    (why,) = group.likenesses
    assert why.phrase == b
    assert why.shared == ("hosting", "peace", "negotiations", "Chile", "Peru")
    assert (why.beyond, why.lacking) == (("long",), ())
    assert why.reason == "shares hosting, peace, negotiations, Chile, Peru; has long beyond it"


def test_no_chain_of_phrases_leads_from_one_issue_to_another() -> None:
    words = [f"word{letter}" for letter in "abcdefghij"]
    chain = [" ".join(words[i : i + 5]) for i in range(6)]
    chain += [" ".join(words[i : i + 6]) for i in range(5)]
    for group in group_issues(chain):
        sets = [set(phrase.split()) for phrase in group.phrases]
        assert all(len(x & y) >= 0.8 * len(x | y) for x in sets for y in sets)


def test_phrases_that_are_like_a_third_are_no_group_unless_like_each_other() -> None:
    middle = "wordone wordtwo wordthree wordfour wordfive"
    first, last = middle.removesuffix(" wordfive"), middle.removeprefix("wordone ")
    groups = group_issues([middle, middle, first, last])
    assert sorted(len(group.phrases) for group in groups) == [1, 2]


def test_phrases_without_telling_words_are_grouped_only_if_equal() -> None:
    assert len(group_issues(["it", "It", "that", "…"])) == 3


def test_ids_are_unique_and_fit_for_an_address() -> None:
    groups = group_issues(["Ban on ferries", "ban: on ferries!", "ferries on ban 2", "港", "湾"])
    ids = [group.id for group in groups]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9-]+", id_) for id_ in ids)


def test_no_phrases_are_no_groups() -> None:
    assert group_issues([]) == []


WORDS = ["sending", "deploying", "halting", "ending", "aid", "troops", "urgent", "talks", "to",
    "from", "in", "Peru", "Peruvian", "Chile", "Lima", "between", "and", "the", "25"]  # fmt: skip
PHRASES = st.lists(
    st.one_of(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join),
        st.text(min_size=1, max_size=12),
    ),
    max_size=10,
)


@settings(max_examples=200, deadline=None)
@given(PHRASES)
def test_grouping_depends_on_no_order_and_loses_nothing(phrases: list[str]) -> None:
    groups = group_issues(phrases)
    for order in (reversed(phrases), sorted(phrases)):
        assert group_issues(order) == groups
    found = [phrase for group in groups for phrase in group.phrases]
    assert sorted(found) == sorted(set(phrases))
    for group in groups:
        assert group.name == group.phrases[0]
        assert tuple(why.phrase for why in group.likenesses) == group.phrases[1:]


def test_every_order_gives_the_same_groups() -> None:
    phrases = ["aid to Peru", "helping Peru", "help to Peru", "urgent aid to Peru", "aid in Peru"]
    expected = group_issues(phrases)
    assert all(group_issues(order) == expected for order in permutations(phrases))
