"""Who speaks a quotation: the grammar of reported speech in news English."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_extract.grounding.cast import build_cast
from llm_extract.grounding.speakers import Attribution, find_speaker, is_nobodys
from llm_extract.text.article import Article, Document
from llm_extract.text.segmentation import segment
from tests.grounding.speaker_cases import AFTER, AROUND, BEFORE, VARIOUS

SAMPLES = sorted((Path(__file__).parents[2] / "eval" / "articles").glob("*.txt"))


def document(text: str) -> Document:
    return segment(Article(id="x", text=text))


def attribution(text: str, words: str) -> Attribution | None:
    """The attribution of the quotation that begins with `words`."""
    read = document(text)
    quoted = next(q for q in read.quotations if read.text_of(q).startswith(words))
    return find_speaker(read, build_cast(read), quoted)


def speaker(text: str, words: str) -> str | None:
    found = attribution(text, words)
    return found.name if found else None


@pytest.mark.parametrize(("text", "words", "expected"), [*AFTER, *BEFORE, *AROUND, *VARIOUS])
def test_speaker_is_found(text: str, words: str, expected: str) -> None:
    found = attribution(text, words)
    assert found is not None
    assert found.name.startswith(expected)
    assert found.sure


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The film “The Long Night” opened on Friday.", "The Long"),
        ("Tom “Bear” Hale met Ana Diaz.", "Bear"),
        ("Ana Diaz wrote a book titled “The Long Night”.", "The Long"),
        ("Ana Diaz left the so-called “green zone” in May.", "green"),
    ],
)
def test_titles_and_nicknames_are_nobodys(text: str, words: str) -> None:
    read = document(text)
    quoted = next(q for q in read.quotations if read.text_of(q).startswith(words))
    assert is_nobodys(read, build_cast(read), quoted)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ana Diaz wrote a report titled “Harm”, calling it “a warning”.", "a warning"),
        ("The minister called the film “a scandal”.", "a scandal"),
        ("NATO “Will Not Yield”, said Ana Diaz.", "Will Not"),
    ],
)
def test_words_that_somebody_says_are_not_nobodys(text: str, words: str) -> None:
    read = document(text)
    quoted = next(q for q in read.quotations if read.text_of(q).startswith(words))
    assert not is_nobodys(read, build_cast(read), quoted)


def test_subject_without_a_verb_of_saying_is_a_guess() -> None:
    found = attribution("Ana Diaz has “no time” for it.", "no time")
    assert found is not None
    assert (found.name, found.sure) == ("Ana Diaz", False)


def test_actor_outside_the_cast_keeps_the_articles_words() -> None:
    found = attribution("The old abbey's gardener said it was “dry”.", "dry")
    assert found is not None
    assert (found.speaker, found.name) == (None, "old abbey's gardener")


@pytest.mark.parametrize("text", ["“Nobody is near.”", "It rains. “I am here.”"])
def test_no_speaker_is_found_where_nobody_is_named(text: str) -> None:
    read = document(text)
    assert find_speaker(read, build_cast(read), read.quotations[0]) is None


def test_headline_verbs_do_not_cross_into_the_body() -> None:
    text = "Diaz warns Chile\n\n“Bring it on,” Tom Hale replied in Santiago."
    assert speaker(text, "Bring") == "Tom Hale"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_quotation_of_the_samples_is_read(path: Path) -> None:
    read = document(path.read_text(encoding="utf-8"))
    cast = build_cast(read)
    for quoted in read.quotations:
        found = find_speaker(read, cast, quoted)
        assert found is None or found.speaker is None or found.speaker in cast.members
        is_nobodys(read, cast, quoted)


@given(st.lists(st.sampled_from([*"“”‘’\"',.:;—\n", "he", "said", "Ana", "the", " "]), max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_arrangement_of_marks_is_read(parts: list[str]) -> None:
    read = document(" ".join(parts))
    cast = build_cast(read)
    for quoted in read.quotations:
        find_speaker(read, cast, quoted)
        is_nobodys(read, cast, quoted)


def test_sentence_of_a_thousand_quotations_is_read_quickly() -> None:
    read = document("Ana Diaz said " + ", ".join(f"“word {i}”" for i in range(1000)) + ".")
    cast = build_cast(read)
    started = time.perf_counter()
    for quoted in read.quotations[::50]:
        find_speaker(read, cast, quoted)
    assert time.perf_counter() - started < 5
