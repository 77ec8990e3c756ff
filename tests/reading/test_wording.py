import pytest

from llm_extract.reading.wording import gerund, trimmed
from llm_extract.syntax.parser import parse


@pytest.mark.parametrize(
    ("verb", "form"),
    [
        ("sell", "selling"),
        ("close", "closing"),
        ("stop", "stopping"),
        ("begin", "beginning"),
        ("tie", "tying"),
        ("agree", "agreeing"),
        ("open", "opening"),
    ],
)
def test_gerund_of_an_infinitive(verb: str, form: str) -> None:
    (tree,) = parse([f"They want to {verb} it."])
    assert gerund(tree[3], verb) == form


def test_gerund_of_a_passive() -> None:
    (tree,) = parse(["They want the port to be sold."])
    assert gerund(tree[6], "sold") == "being sold"


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("the dam,", "dam"),
        ("An “end to war”", "“end to war”"),
        ("the “end to war", "end to war"),
        ("  a  vote  on   it .", "vote on it"),
        ("theatre tax", "theatre tax"),
        ("the teachers'", "teachers'"),
    ],
)
def test_trimmed(phrase: str, words: str) -> None:
    assert trimmed(phrase) == words
