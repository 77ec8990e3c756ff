import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.errors import ReplyError
from llm_extract.extraction.context import ArticleContext
from tests.extraction.support import (
    CANAL,
    FILM,
    FURNITURE,
    GIFT,
    HEADING,
    MET,
    OURS,
    SHE,
    TITLE,
    VRBA,
    WILL_NOT,
    article,
    context_of,
    with_furniture,
)


def test_model_is_shown_all_but_furniture() -> None:
    context = context_of()
    assert [s.number for s in context.readable] == list(range(HEADING, FURNITURE))
    assert [q.number for q in context.quotations] == [CANAL, GIFT, TITLE]


def test_quotations_in_furniture_are_not_asked_about() -> None:
    context = with_furniture(context_of(), FILM)
    assert [q.number for q in context.quotations] == [CANAL, GIFT]


def test_evidence_of_a_quotation_is_every_sentence_that_holds_it() -> None:
    context = context_of()
    evidence = context.evidence_of(context.document.quotation(CANAL))
    assert evidence == [context.document.sentence_span(n) for n in (WILL_NOT, OURS)]


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        (OURS, {"Marsh"}),
        (SHE, {"She"}),
        (WILL_NOT, {"Elena Marsh"}),  # whose words the sentence is
        (MET, {"Elena Marsh", "Tomas Vrba", "Ruritania"}),
    ],
)
def test_names_are_those_of_the_sentence_as_it_has_them(sentence: int, names: set[str]) -> None:
    assert names <= set(context_of().names_for(sentence))


def test_sentence_without_names_takes_those_around_it() -> None:
    context = context_of("Elena Marsh left. It rained again. Tomas Vrba came. It snowed.")
    assert set(context.names_for(2)) == {"Elena Marsh", "Tomas Vrba"}


def test_names_are_each_listed_once() -> None:
    names = context_of("She met Vrba, and she met Vrba again, and Vrba left.").names_for(1)
    assert len(names) == len(set(names))


def test_only_sentences_inside_a_quotation_have_a_speaker_over_them() -> None:
    context = context_of()
    over = {s.number: context.speaker_over(s) for s in context.readable}
    assert over.pop(WILL_NOT) == "Elena Marsh"
    assert set(over.values()) == {None}
    assert VRBA in over


@given(st.text("aB .,“”\"'«»\n", max_size=60))
def test_every_quotation_lies_in_readable_sentences(text: str) -> None:
    context = context_of(text)
    for quoted in context.quotations:
        holding = context.sentences_of(quoted)
        assert holding
        assert set(holding) <= set(context.readable)


def test_validators_find_the_context_they_were_given() -> None:
    context = ArticleContext.of(article())
    found = ArticleContext.from_validation_context(context.as_validation_context())
    assert found is context
    assert ArticleContext.from_validation_context(None) is None


def test_foreign_validation_context_is_refused() -> None:
    with pytest.raises(ReplyError, match="ArticleContext"):
        ArticleContext.from_validation_context({"article": "text"})
