"""What validators and strategies know of the article in work."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from llm_extract.errors import ReplyError
from llm_extract.grounding.cast import Cast, build_cast
from llm_extract.schemas import Span
from llm_extract.text.article import Article, Document, QuotedSpan, Sentence
from llm_extract.text.segmentation import segment

_KEY = "article"


@dataclass(frozen=True)
class ArticleContext:
    """An article, cut into numbered units, with the cast of its actors."""

    document: Document
    cast: Cast

    @classmethod
    def of(cls, article: Article) -> "ArticleContext":
        """Segment an article and collect its cast."""
        document = segment(article)
        return cls(document, build_cast(document))

    @property
    def article(self) -> Article:
        """The article itself."""
        return self.document.article

    @cached_property
    def readable(self) -> tuple[Sentence, ...]:
        """The sentences a model is shown: all but site furniture."""
        return tuple(s for s in self.document.sentences if s.kind != "furniture")

    @cached_property
    def quotations(self) -> tuple[QuotedSpan, ...]:
        """The quoted spans a model is asked about: those that lie in readable sentences."""
        readable = {sentence.number for sentence in self.readable}
        return tuple(
            quoted
            for quoted in self.document.quotations
            if all(s.number in readable for s in self.sentences_of(quoted))
        )

    def sentences_of(self, quoted: QuotedSpan) -> tuple[Sentence, ...]:
        """Return the sentences that hold a quoted span."""
        return self.document.sentences_over(quoted.start, quoted.end)

    def evidence_of(self, quoted: QuotedSpan) -> list[Span]:
        """Return the sentences that hold a quoted span, as evidence."""
        return [self.document.sentence_span(s.number) for s in self.sentences_of(quoted)]

    def as_validation_context(self) -> dict[str, Any]:
        """Return the mapping under which validators find this context."""
        return {_KEY: self}

    @staticmethod
    def from_validation_context(context: Mapping[str, Any] | None) -> "ArticleContext | None":
        """Return the context that `as_validation_context` wrapped, or None without one.

        Raises:
            ReplyError: the context is of another kind.
        """
        if not context:
            return None
        found = context.get(_KEY)
        if not isinstance(found, ArticleContext):
            raise ReplyError("drafts are validated with an ArticleContext as context")
        return found
