"""From an article to its numbered sentences and quoted spans."""

from llm_extract.text.article import Article, Document, Sentence
from llm_extract.text.furniture import classify_paragraphs, is_credit
from llm_extract.text.lines import line_bounds, paragraph_bounds
from llm_extract.text.quotations import find_quotations
from llm_extract.text.sentences import sentence_bounds


def segment(article: Article) -> Document:
    """Divide an article into numbered sentence units and quoted spans.

    Words in quotation marks inside site furniture are not quoted spans.

    Args:
        article: the article; its text is not altered, all offsets refer to it.

    Returns:
        The document. Its sentences cover every non-blank character of the text once, never cross a
        line break and have no blanks at their edges.
    """
    text = article.text
    paragraphs = paragraph_bounds(text)
    kinds = classify_paragraphs(text, paragraphs)
    story = [
        paragraph for paragraph, kind in zip(paragraphs, kinds, strict=True) if kind != "furniture"
    ]
    quotations = find_quotations(text, story)
    sentences: list[Sentence] = []
    for number, (paragraph, kind) in enumerate(zip(paragraphs, kinds, strict=True)):
        for line in line_bounds(text, *paragraph):
            for start, end in sentence_bounds(text, line, quotations.opening, quotations.closing):
                credit = kind == "body" and is_credit(text[start:end])
                unit_kind = "furniture" if credit else kind
                sentences.append(Sentence(len(sentences) + 1, start, end, unit_kind, number))
    return Document(article, tuple(sentences), quotations.spans)
