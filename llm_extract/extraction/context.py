"""What validators and strategies know of the article in work."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llm_extract.errors import ReplyError
from llm_extract.grounding.cast import Cast, build_cast
from llm_extract.grounding.lexicon import SUBJECT_PRONOUNS
from llm_extract.grounding.speakers import find_speaker
from llm_extract.grounding.words import words_of
from llm_extract.schemas import Actor, Span
from llm_extract.text.article import Article, Document, QuotedSpan, Sentence
from llm_extract.text.segmentation import segment

if TYPE_CHECKING:
    from llm_extract.reading.actors import Actors
    from llm_extract.reading.sentences import Parsed

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

    @cached_property
    def parsed(self) -> "tuple[Parsed, ...]":
        """The readable sentences with their grammar; UsageError without the extra `grammar`."""
        from llm_extract.reading.sentences import parse_sentences

        return tuple(parse_sentences(self.document, self.readable))

    @cached_property
    def actors(self) -> "Actors":
        """Names the actors that words of the parsed sentences stand for."""
        from llm_extract.reading.actors import Actors

        return Actors(self.document, self.cast, self.quotations)

    def actor(self, name: str) -> Actor:
        """Return the actor of a name, with what the cast says of it."""
        member = self.cast.resolve(name)
        if member is None:
            return Actor(name=name)
        return Actor(name=member.name, role=member.role, affiliation=member.affiliation)

    def sentences_of(self, quoted: QuotedSpan) -> tuple[Sentence, ...]:
        """Return the sentences that hold a quoted span."""
        return self.document.sentences_over(quoted.start, quoted.end)

    def evidence_of(self, quoted: QuotedSpan) -> list[Span]:
        """Return the sentences that hold a quoted span, as evidence."""
        return [self.document.sentence_span(s.number) for s in self.sentences_of(quoted)]

    def names_for(self, sentence: int) -> tuple[str, ...]:
        """Return what those who may act in a sentence are called there, pronouns included.

        Args:
            sentence: number of the sentence, from 1. Where it names nobody, the names of those
                mentioned around it are returned.
        """
        unit = self.document.sentence(sentence)
        text = self.document.text_of(unit)
        forms = [
            mention.text
            for member in self.cast.mentioned_in(sentence)
            for mention in member.mentions
            if mention.sentence == sentence
        ]
        speaker = self.speaker_over(unit)
        forms += [speaker] if speaker else []
        forms += [
            word.text
            for word in words_of(text)
            if word.folded in SUBJECT_PRONOUNS and self.cast.resolve(word.text, sentence)
        ]
        return tuple(dict.fromkeys(forms)) or tuple(m.name for m in self.cast.near(sentence))

    def speaker_over(self, sentence: Sentence) -> str | None:
        """Return who speaks a sentence that lies in a quotation with no word outside it."""
        for quoted in self.quotations:
            if quoted.start <= sentence.start + 1 and sentence.end - 1 <= quoted.end:
                attribution = find_speaker(self.document, self.cast, quoted)
                return attribution.name if attribution else None
        return None

    def is_person(self, name: str) -> bool:
        """Say whether a name is that of one person of the cast."""
        member = self.cast.resolve(name)
        return member is not None and member.person

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
