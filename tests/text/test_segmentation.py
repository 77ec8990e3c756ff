import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.text.article import Article, Document
from llm_extract.text.lines import is_blank
from llm_extract.text.segmentation import segment

SAMPLES = sorted((Path(__file__).parents[2] / "eval" / "articles").glob("*.txt"))
BREAKS = frozenset("\n\r\u2028\u2029")
NEWS_LIKE = st.lists(
    st.sampled_from(
        [
            *"ab AB s1.,:?!…\n\"'“”‘’„‚«»‹›「」`´-(",
            *("\r\n", "\u2028", "\u00ad", "\u200b", "\u00a0", "\n\n", "''", ",,", "🇺🇳", "\ufb01"),
            *("he said", "Related Posts", "The envoy said"),
        ]
    ),
    max_size=100,
).map("".join)


def document(text: str) -> Document:
    return segment(Article(id="article", text=text))


def check(found: Document) -> None:
    text = found.article.text
    check_sentences(found, text)
    spans = found.quotations
    assert [span.number for span in spans] == list(range(1, len(spans) + 1))
    assert [span.start for span in spans] == sorted(span.start for span in spans)
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert not is_blank(text[span.start])
        assert not is_blank(text[span.end - 1])
        assert found.quotation_span(span.number).text == text[span.start : span.end]
        enclosing = [o for o in spans if o is not span and o.start <= span.start < o.end]
        assert all(span.end <= o.end for o in enclosing)
        if span.parent is None:
            assert not enclosing
        else:
            assert found.quotation(span.parent) in enclosing
        if span.continues is not None:
            assert found.quotation(span.continues).end <= span.start
            assert not found.quotation(span.continues).closed


def check_sentences(found: Document, text: str) -> None:
    covered = [i for s in found.sentences for i in range(s.start, s.end)]
    assert covered == sorted(set(covered))
    assert {i for i, char in enumerate(text) if not is_blank(char)} <= set(covered)
    assert [s.number for s in found.sentences] == list(range(1, len(found.sentences) + 1))
    assert [s.paragraph for s in found.sentences] == sorted(s.paragraph for s in found.sentences)
    for sentence in found.sentences:
        words = found.sentence_span(sentence.number).text
        assert not BREAKS & set(words)
        assert not is_blank(words[0])
        assert not is_blank(words[-1])


@given(NEWS_LIKE)
def test_invariants_hold_for_news_like_text(text: str) -> None:
    check(document(text))


@given(st.text(max_size=200))
def test_invariants_hold_for_any_text(text: str) -> None:
    check(document(text))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_invariants_hold_for_samples(path: Path) -> None:
    found = document(path.read_bytes().decode("utf-8"))
    check(found)
    assert found.quotations
    assert sum(s.kind == "body" for s in found.sentences) >= 8


def test_text_is_divided_into_sentences_kinds_and_quotations() -> None:
    found = document(
        "Envoy meets mayor in Arden\r\n"
        "By Dana Frost\r\n\r\n"
        "“We came to listen. We will return,” the envoy of the league said. She left.\r\n"
        "The mayor of the town told them on Monday: « It is done. » Nobody cheered at all."
    )
    assert [(found.text_of(s), s.kind, s.paragraph) for s in found.sentences] == [
        ("Envoy meets mayor in Arden", "heading", 0),
        ("By Dana Frost", "furniture", 1),
        ("“We came to listen.", "body", 2),
        ("We will return,” the envoy of the league said.", "body", 2),
        ("She left.", "body", 2),
        ("The mayor of the town told them on Monday: « It is done. »", "body", 3),
        ("Nobody cheered at all.", "body", 3),
    ]
    assert [found.text_of(q) for q in found.quotations] == [
        "We came to listen. We will return,",
        "It is done.",
    ]


def test_opening_mark_stays_with_its_sentence() -> None:
    found = document('"We go. "They stay. “ All is well,” the envoy said to the others.')
    assert [found.text_of(s) for s in found.sentences] == [
        '"We go.',
        '"They stay.',
        "“ All is well,” the envoy said to the others.",
    ]


def test_words_quoted_in_furniture_are_no_quotations() -> None:
    found = document(
        "The envoy of the league met the mayor of Arden on Monday “in good faith”.\n"
        "Related Posts\n"
        "“Never again”: ferry captain speaks out"
    )
    assert [found.text_of(q) for q in found.quotations] == ["in good faith"]


def test_picture_credit_at_the_end_of_a_caption_is_furniture() -> None:
    found = document(
        "The envoy of the league talks to the mayor of Arden on Monday. Dana Frost/Getty Images"
    )
    assert [s.kind for s in found.sentences] == ["body", "furniture"]


def test_quotation_runs_on_over_lines_wrapped_at_a_fixed_width() -> None:
    found = document(
        "He said “we will come\nback to the town as\nsoon as we can” and then\nleft the hall."
    )
    assert [found.text_of(q) for q in found.quotations] == [
        "we will come\nback to the town as\nsoon as we can"
    ]


def test_advert_between_paragraphs_does_not_interrupt_a_quotation() -> None:
    found = document(
        "“We came to listen to the people of the town.\nAdvertisement\n“We will return,” she said."
    )
    assert [q.continues for q in found.quotations] == [None, 1]


@pytest.mark.parametrize("text", ["", " \n\u200b\n", "\ufeff"])
def test_blank_text_has_no_units(text: str) -> None:
    assert document(text).sentences == ()


@pytest.mark.parametrize(
    "piece",
    ['"', "“", "“a b «c d ", "'a ", '"A."', '." ', "“Ab, he said x ", "a\n", '"Ab c.\n', "? ! "],
)
def test_long_text_takes_linear_time(piece: str) -> None:
    text = (piece * 50_000)[:100_000]
    started = time.process_time()
    document(text)
    assert time.process_time() - started < 15
