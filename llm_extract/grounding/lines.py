"""An article's sentences as words."""

from dataclasses import dataclass

from llm_extract.grounding.lexicon import ABBREVIATED
from llm_extract.grounding.words import Word, words_of
from llm_extract.text.article import Document, Sentence

BLANKS = (" ", "\u00a0", "  ")
_SENTENCE_BREAKS = frozenset('.!?…:;"“„«‘•|—–·*(\n\t>')


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence with its words.

    Attributes:
        text: the whole article; the words' offsets refer to it.
        sentence: the sentence.
        words: the words of the sentence.
    """

    text: str
    sentence: Sentence
    words: tuple[Word, ...]

    @property
    def number(self) -> int:
        """Number of the sentence, from 1."""
        return self.sentence.number

    def gap(self, i: int) -> str:
        """Return the characters between word `i - 1`, its "'s" included, and word `i`."""
        before = self.words[i - 1]
        end = before.end + (2 if before.possessive else 0)
        return self.text[end : self.words[i].start]

    def follows_closely(self, i: int) -> bool:
        """Say whether a blank or a hyphen is all that parts word `i` from the one before it."""
        return i > 0 and (self.gap(i) in BLANKS or self.gap(i) == "-")

    def folded(self, i: int) -> str:
        """Return word `i` folded; empty where there is no such word."""
        return self.words[i].folded if 0 <= i < len(self.words) else ""

    def slice(self, start: int, end: int) -> str:
        """Return the text from word `start` up to, not including, word `end`."""
        return self.text[self.words[start].start : self.words[end - 1].end]

    def begins_sentence(self, i: int) -> bool:
        """Say whether word `i` stands where any word has a capital: first, or after a mark."""
        if i == 0:
            return True
        gap = self.gap(i)
        if gap.startswith(".") and may_end_in_dot(self.words[i - 1]):
            return False
        return not _SENTENCE_BREAKS.isdisjoint(gap)


def may_end_in_dot(word: Word) -> bool:
    """Say whether a dot after a word may be that of an initial or abbreviation."""
    return len(word.text) == 1 or word.folded in ABBREVIATED or word.text.endswith(".")


def lines_of(document: Document) -> list[Line]:
    """Return the document's sentences with their words, site furniture left out."""
    text = document.article.text
    return [
        Line(text, sentence, tuple(words_of(text[sentence.start : sentence.end], sentence.start)))
        for sentence in document.sentences
        if sentence.kind != "furniture"
    ]
