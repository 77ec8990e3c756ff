import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Token

from llm_extract.syntax.parser import parse
from llm_extract.syntax.trees import (
    coordinated,
    is_hypothetical,
    is_negated,
    owners,
    phrase,
    subjects,
)


def tree_of(text: str) -> Doc:
    (tree,) = parse([text])
    return tree


def token(tree: Doc, word: str) -> Token:
    return next(t for t in tree if t.text == word)


@pytest.mark.parametrize(
    ("sentence", "verb", "heads"),
    [
        ("Lima and Quito signed it.", "signed", ["Lima", "Quito"]),
        ("It was signed by Lima.", "signed", ["Lima"]),
        ("Soto, who signed it, left.", "signed", ["Soto"]),
        ("Soto left to sign it.", "sign", ["Soto"]),
        ("Soto came and signed it.", "signed", ["Soto"]),
        ("Soto urged Vrba to sign it.", "sign", ["Vrba"]),
        ("Soto promised Vrba to sign it.", "sign", ["Soto"]),
        ("Soto left without signing it.", "signing", ["Soto"]),
        ("It was signed.", "signed", []),
    ],
)
def test_subjects(sentence: str, verb: str, heads: list[str]) -> None:
    assert [s.text for s in subjects(token(tree_of(sentence), verb))] == heads


@pytest.mark.parametrize(
    ("sentence", "noun", "heads"),
    [
        ("Lima's call was heard.", "call", ["Lima"]),
        ("A call by Lima was heard.", "call", ["Lima"]),
        ("Lima made a call.", "call", ["Lima"]),
        ("A call was heard.", "call", []),
    ],
)
def test_owners(sentence: str, noun: str, heads: list[str]) -> None:
    assert [o.text for o in owners(token(tree_of(sentence), noun))] == heads


def test_phrase_leaves_out_what_is_only_joined() -> None:
    tree = tree_of("Soto opposes the old dam and the bridge, which leaks.")
    assert [t.text for t in phrase(token(tree, "dam"))] == ["the", "old", "dam"]


def test_names_explain_a_group() -> None:
    tree = tree_of("Three countries - Peru, Chile and Bolivia - signed it.")
    assert "Peru" in [t.text for t in coordinated([token(tree, "countries")])]


def test_negation_and_condition() -> None:
    tree = tree_of("If Soto does not sign, Vrba will leave.")
    assert is_negated(token(tree, "sign"))
    assert is_hypothetical(token(tree, "sign"))
    assert not is_hypothetical(token(tree, "leave"))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            [
                "Soto",
                "Lima",
                "to",
                "who",
                "and",
                "signed",
                "not",
                "by",
                "the",
                "“",
                "”",
                ",",
                ".",
                "dam",
            ]
        )
    )
)
def test_any_words_are_read_without_end_or_error(words: list[str]) -> None:
    for each in tree_of(" ".join(words)):
        subjects(each)
        owners(each)
        assert [t.i for t in phrase(each)] == sorted({t.i for t in phrase(each)})
