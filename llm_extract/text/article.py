"""An article, and the numbered units it is shown to a model in."""

import datetime
import hashlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from llm_extract.schemas import ArticleRef, Quotation, Span

UnitKind = Literal["body", "heading", "furniture"]


@dataclass(frozen=True)
class Article:
    """One article as it was read; `text` is never altered afterwards.

    Attributes:
        id: path relative to the source folder, or the id the source gives.
        text: the article; all offsets count its code points.
        title: title given by the source, not part of `text` unless the text repeats it.
        published: publication date given by the source.
        url: address given by the source.
        source: file the article was read from.
    """

    id: str
    text: str
    title: str | None = None
    published: datetime.date | None = None
    url: str | None = None
    source: str | None = None

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the UTF-8 encoded text, 64 hexadecimal digits."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    def ref(self) -> ArticleRef:
        """Return what the result says of the article."""
        return ArticleRef(
            id=self.id,
            sha256=self.sha256,
            title=self.title,
            published=self.published,
            url=self.url,
            source=self.source,
        )

    def span(self, start: int, end: int) -> Span:
        """Return the span of the text from `start` to `end` (code points)."""
        return Span(start=start, end=end, text=self.text[start:end])


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence unit: never crosses a line break, has no blank at its edges.

    Attributes:
        number: 1-based position among the document's sentences.
        start: offset of the first character, in code points.
        end: offset after the last character, in code points.
        kind: `body`, `heading` (headline, caption, lead-in line) or `furniture` (menus, adverts,
            related posts, comment forms).
        paragraph: 0-based number of the line-separated block it belongs to.
    """

    number: int
    start: int
    end: int
    kind: UnitKind
    paragraph: int


@dataclass(frozen=True, slots=True)
class QuotedSpan:
    """The words between a pair of quotation marks.

    Attributes:
        number: 1-based position among the document's quoted spans, by `start`.
        start: offset of the first character inside the marks, in code points.
        end: offset after the last character inside the marks, in code points.
        closed: whether the closing mark is there; where it is not, `end` is the evident end.
        parent: number of the quoted span this one is nested in, or None.
        continues: number of the quoted span of the paragraph before that this one carries on (the
            convention that each paragraph of a long quotation opens anew and only the last closes),
            or None.
    """

    number: int
    start: int
    end: int
    closed: bool = True
    parent: int | None = None
    continues: int | None = None


@dataclass(frozen=True)
class Document:
    """An article with its sentences and quoted spans, numbered from 1 in order of their start."""

    article: Article
    sentences: tuple[Sentence, ...]
    quotations: tuple[QuotedSpan, ...]

    def text_of(self, unit: Sentence | QuotedSpan) -> str:
        """Return the characters of a sentence or quoted span."""
        return self.article.text[unit.start : unit.end]

    def sentence(self, number: int) -> Sentence:
        """Return sentence `number` (from 1); IndexError where there is none."""
        if number < 1:
            raise IndexError(f"sentence {number}")
        return self.sentences[number - 1]

    def quotation(self, number: int) -> QuotedSpan:
        """Return quoted span `number` (from 1); IndexError where there is none."""
        if number < 1:
            raise IndexError(f"quotation {number}")
        return self.quotations[number - 1]

    def sentences_over(self, start: int, end: int) -> tuple[Sentence, ...]:
        """Return the sentences that share at least one character with `start:end`."""
        first = bisect_right(self.sentences, start, key=lambda s: s.end)
        last = bisect_left(self.sentences, end, key=lambda s: s.start)
        return self.sentences[first:last]

    def sentence_span(self, number: int) -> Span:
        """Return sentence `number` as a span of the article."""
        sentence = self.sentence(number)
        return self.article.span(sentence.start, sentence.end)

    def quotation_span(self, number: int) -> Quotation:
        """Return quoted span `number` as a `Quotation` of the article."""
        quoted = self.quotation(number)
        return Quotation(start=quoted.start, end=quoted.end, text=self.text_of(quoted))
