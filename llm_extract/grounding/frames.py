"""The sentence around a quotation as tokens, every quotation in it one token."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from llm_extract.grounding.cast import Cast
from llm_extract.grounding.lines import may_end_in_dot
from llm_extract.grounding.members import CastMember, Mention
from llm_extract.grounding.words import Word, words_of
from llm_extract.text.article import Document, QuotedSpan, Sentence

QUOTE, BREAK = "“”", "¶"
_MARK = re.compile(r"(?!(?<=\w)[-.](?=\w))[^\w\s\"“”„‟«»‹›‘’‚‛'`´]")
_MOST_SENTENCES = 40
_FARTHEST = 3000


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a punctuation mark, a whole quotation or the boundary between two sentences.

    Attributes:
        start: offset of the first character, in code points.
        end: offset after the last character, in code points.
        folded: the folded word, the mark itself, `QUOTE` or `BREAK`.
        word: the word, where it is one.
        quoted: the quotation, where it is one.
    """

    start: int
    end: int
    folded: str
    word: Word | None = None
    quoted: QuotedSpan | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cast member is mentioned among the tokens: `first` to `last`, both included."""

    first: int
    last: int
    member: CastMember


@dataclass(frozen=True)
class Frame:
    """Whole sentences as tokens, with the places where the cast is mentioned outside quotations.

    Attributes:
        text: the article.
        start: offset of the first character, in code points.
        end: offset after the last character, in code points.
        tokens: the tokens, in order.
        mentions: the mentions of the cast that lie between the offsets.
    """

    text: str
    start: int
    end: int
    tokens: tuple[Token, ...]
    mentions: tuple[tuple[Mention, CastMember], ...]

    def folded(self, i: int) -> str:
        """Return the folded text of token `i`, `BREAK` where there is none."""
        return self.tokens[i].folded if 0 <= i < len(self.tokens) else BREAK

    def word(self, i: int) -> Word | None:
        """Return the word that token `i` is, None where it is none."""
        return self.tokens[i].word if 0 <= i < len(self.tokens) else None

    def possessive(self, i: int) -> bool:
        """Say whether token `i` is a word with "'s", or with "'" behind its own "s"."""
        word = self.word(i)
        if word is None or word.possessive or word.folded[-1] != "s":
            return word is not None and word.possessive
        return self.text[word.end : word.end + 2] in ("' ", "’ ")

    def capital(self, i: int) -> bool:
        """Say whether token `i` is a word with a capital."""
        word = self.word(i)
        return word is not None and word.capital

    def slice(self, first: int, last: int) -> str:
        """Return the text from token `first` to token `last`, both included."""
        return self.text[self.tokens[first].start : self.tokens[last].end]

    def index_of(self, quoted: QuotedSpan) -> int:
        """Return the position of a quotation among the tokens."""
        return next(i for i, token in enumerate(self.tokens) if token.quoted == quoted)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The mentions as positions of tokens, in order."""
        starts = {token.start: i for i, token in enumerate(self.tokens) if token.word}
        ends = {token.end: i for i, token in enumerate(self.tokens) if token.word}
        return tuple(
            Place(starts[mention.start], ends[mention.end], member)
            for mention, member in self.mentions
            if mention.start in starts and mention.end in ends
        )

    @cached_property
    def _ending(self) -> dict[int, Place]:
        table: dict[int, Place] = {}
        for place in self.places:
            if place.last not in table or place.first < table[place.last].first:
                table[place.last] = place
        return table

    def place_ending(self, i: int) -> Place | None:
        """Return the longest mention whose last token is `i`, or None."""
        return self._ending.get(i)


class Frames:
    """Makes frames of one article."""

    def __init__(self, document: Document, cast: Cast) -> None:
        self._document = document
        self._cast = cast

    def around(self, quoted: QuotedSpan) -> Frame:
        """Return the sentences that hold a quotation.

        A sentence that another quotation carries on is included, as is one that begins with a
        small letter after the closing mark ("“Why?” he asked."). A nested quotation's frame
        does not leave the quotation it is nested in.
        """
        low, high = self._bounds(quoted)
        start, end = quoted.start, quoted.end
        for _ in range(_MOST_SENTENCES):
            before = (start, end)
            sentences = self.sentences(start - 1, end + 1)
            if sentences:
                start = max(low, min(start, sentences[0].start))
                end = min(high, max(end, sentences[-1].end))
                following = self._at(sentences[-1].number + 1)
                if following and following.end <= high and self._carries_on(following):
                    end = following.end
            for sibling in self.siblings(quoted, start, end):
                start, end = min(start, sibling.start), max(end, sibling.end)
            if (start, end) == before:
                break
        return self._frame(start, end, quoted.parent)

    def of_sentence(self, sentence: Sentence) -> Frame:
        """Return a sentence by itself."""
        return self._frame(sentence.start, sentence.end, None)

    def sentences(self, start: int, end: int) -> tuple[Sentence, ...]:
        """Return the sentences that share a character with `start:end`."""
        sentences = self._document.sentences
        first = max(0, bisect_right(sentences, start, key=lambda s: s.start) - 1)
        last = bisect_right(sentences, end - 1, key=lambda s: s.start)
        return tuple(s for s in sentences[first:last] if s.end > start)

    def siblings(self, quoted: QuotedSpan, start: int, end: int) -> list[QuotedSpan]:
        """Return the quotations that share a character with `start:end`, nested as `quoted` is."""
        return list(self._quotations(quoted.parent, start, end))

    def before(self, quoted: QuotedSpan) -> QuotedSpan | None:
        """Return the quotation before one that is nested as it is."""
        for number in range(quoted.number - 1, max(0, quoted.number - _FARTHEST), -1):
            earlier = self._document.quotation(number)
            if earlier.parent == quoted.parent:
                return earlier
        return None

    def _bounds(self, quoted: QuotedSpan) -> tuple[int, int]:
        if quoted.parent is not None:
            parent = self._document.quotation(quoted.parent)
            return parent.start, parent.end
        own = self.sentences(quoted.start, quoted.end)
        if not own:
            return quoted.start, quoted.end
        low, high = own[0].start, own[-1].end
        for sentence in self.sentences(quoted.start - _FARTHEST, quoted.end + _FARTHEST):
            if sentence.paragraph in (own[0].paragraph, own[-1].paragraph):
                low, high = min(low, sentence.start), max(high, sentence.end)
        return max(low, quoted.start - _FARTHEST), min(high, quoted.end + _FARTHEST)

    def _at(self, number: int) -> Sentence | None:
        sentences = self._document.sentences
        return sentences[number - 1] if 1 <= number <= len(sentences) else None

    def _carries_on(self, sentence: Sentence) -> bool:
        text = self._document.text_of(sentence)
        return text[:1].islower() or text[:1] in (",", ";", "–", "—")

    def _quotations(self, parent: int | None, start: int, end: int) -> Iterator[QuotedSpan]:
        spans = self._document.quotations
        i = bisect_right(spans, start, key=lambda q: q.start)
        while i > 0 and (spans[i - 1].parent != parent or spans[i - 1].end > start):
            i -= 1
            if spans[i].parent == parent:
                break
        for quoted in spans[i:]:
            if quoted.start >= end:
                break
            if quoted.parent == parent and quoted.end > start:
                yield quoted

    def _frame(self, start: int, end: int, parent: int | None) -> Frame:
        quotations = list(self._quotations(parent, start, end))
        sentences = self.sentences(start, end)
        breaks = [
            s.start
            for s in sentences[1:]
            if not any(q.start <= s.start < q.end for q in quotations) and not self._carries_on(s)
        ]
        tokens: list[Token] = []
        at = start
        for quoted in quotations:
            tokens += self._plain_tokens(at, max(at, quoted.start))
            tokens.append(
                Token(max(start, quoted.start), min(end, quoted.end), QUOTE, None, quoted)
            )
            at = max(at, quoted.end)
        tokens += self._plain_tokens(at, end)
        mentions = tuple(m for s in sentences for m in self._cast.mentions_in(s.number))
        return Frame(
            self._document.article.text, start, end, tuple(_with_breaks(tokens, breaks)), mentions
        )

    def _plain_tokens(self, start: int, end: int) -> list[Token]:
        text = self._document.article.text[start:end]
        words = words_of(text, start)
        abbreviated = {word.end for word in words if word.capital and may_end_in_dot(word)}
        tokens = [Token(word.start, word.end, word.folded, word) for word in words]
        tokens += [
            Token(start + m.start(), start + m.end(), m.group())
            for m in _MARK.finditer(text)
            if m.group() != "." or start + m.start() not in abbreviated
        ]
        return sorted(tokens, key=lambda token: token.start)


def _with_breaks(tokens: list[Token], breaks: list[int]) -> Iterator[Token]:
    pending = list(reversed(breaks))
    for token in tokens:
        while pending and pending[-1] <= token.start:
            at = pending.pop()
            yield Token(at, at, BREAK)
        yield token
