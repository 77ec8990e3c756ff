"""The sentences of an article as trees, tied to where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_extract.reading.wording import gerund, trimmed
from llm_extract.syntax.parser import parse
from llm_extract.text.article import Document, Sentence

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

# Places, dates and agencies before a dash, or a place in brackets.
_CAPITALS = r"[^\W\d_a-z][\w.'’]*"
_DATELINE = re.compile(
    rf"(?:\({_CAPITALS}(?: {_CAPITALS})*\)\s+"
    rf"|{_CAPITALS}(?:[ ,/]+(?:{_CAPITALS}|\d+))*,?\s*(?:\([^()]{{2,30}}\))?\s+[-–—]+\s+)"
    r"(?=[^\W\d_a-z“\"‘'])"
)


@dataclass(frozen=True)
class Parsed:
    """A sentence with its tree.

    Attributes:
        sentence: the sentence.
        start: offset in the article of the first character read, in code points: a dateline
            ("LIMA, May 3 (Agency) -") is not.
        text: the characters read.
        tree: their tokens; apostrophes may differ from those of the text.
    """

    sentence: Sentence
    start: int
    text: str
    tree: Doc

    def words(self, tokens: Sequence[Token], head: Token | None = None) -> str:
        """Return the words of tokens as one phrase.

        Args:
            tokens: tokens of the sentence, in its order.
            head: the verb among them that becomes a gerund ("send troops": "sending troops").
        """
        phrase = ""
        for before, token in zip([None, *tokens], tokens, strict=False):
            apart = before is not None and token.i != before.i + 1
            end = token.idx + len(token)
            word = self.text[token.idx : end]
            if head is not None and token.i == head.i:
                word = gerund(token, word)
            elif token.i == 0 and token.pos_ != "PROPN" and word.istitle():
                word = word.lower()
            phrase += (" " if apart else "") + word
            phrase += self.text[end : end + len(token.whitespace_)]
        return trimmed(phrase)

    def start_of(self, token: Token) -> int:
        """Return the offset of a token's first character in the article, in code points."""
        return self.start + token.idx


def parse_sentences(document: Document, sentences: Iterable[Sentence]) -> list[Parsed]:
    """Parse sentences of an article.

    Args:
        document: the article.
        sentences: those of its sentences to parse.

    Raises:
        UsageError: spaCy or its English pipeline is not installed.
    """
    chosen = list(sentences)
    texts = [document.text_of(sentence) for sentence in chosen]
    skipped = [_dateline_length(text) for text in texts]
    texts = [text[length:] for text, length in zip(texts, skipped, strict=True)]
    starts = [s.start + length for s, length in zip(chosen, skipped, strict=True)]
    return [Parsed(*parts) for parts in zip(chosen, starts, texts, parse(texts), strict=True)]


def _dateline_length(text: str) -> int:
    """Return how many characters of a sentence are its dateline."""
    found = _DATELINE.match(text)
    return found.end() if found else 0
