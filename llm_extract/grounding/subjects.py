"""The subjects of verbs, found in a sentence's tokens without a parser."""

from collections.abc import Iterator

from llm_extract.grounding.frames import BREAK, QUOTE
from llm_extract.grounding.lexicon import (
    FUNCTION_WORDS,
    MONTHS,
    SUBJECT_PRONOUNS,
)
from llm_extract.grounding.phrases import (
    ADVERBS,
    PREPOSITIONS,
    RELATIVES,
    TIMES,
    NounPhrase,
    Phrases,
)
from llm_extract.text.reporting import (
    AUXILIARIES,
    reporting_verb,
)

_BRACKETS = {")": "(", "—": "—–-", "–": "—–-", "-": "—–-"}
_MAX_PARENTHESIS = 40


class Reader(Phrases):
    """Reads the noun phrases and the subjects of verbs of one frame."""

    def subject_of(self, verb: int) -> NounPhrase | None:
        """Return the subject of the verb at token `verb`, or None."""
        i = self._before_adverbials(verb - 1)
        phrase = self._head_before(i)
        if phrase is not None:
            return phrase
        folded = self.frame.folded(i)
        if folded in RELATIVES:
            return self._antecedent(i)
        if folded == "," or folded in _BRACKETS:
            return self._before_parenthesis(i) or self.shared_subject(i)
        if folded in (BREAK, ";", ":", QUOTE):
            return None
        return self.shared_subject(i + 1)

    def shared_subject(self, before: int) -> NounPhrase | None:
        """Return the subject of the clause that token `before` is in, by the nearest verb."""
        frame = self.frame
        start = self.sentence_start(before)
        for i in range(before - 1, start - 1, -1):
            if self.is_finite(i):
                at = self._before_adverbials(i - 1)
                phrase = self._head_before(at)
                if phrase is None and frame.folded(at) == ",":
                    phrase = self._before_parenthesis(at)
                if phrase is not None and phrase.first >= start:
                    return phrase
        return self._first_phrase(start, before)

    def _before_adverbials(self, i: int) -> int:
        """Skip the adverbs and auxiliaries before a verb, leftwards from token `i`."""
        frame = self.frame
        while i >= self.low:
            word = frame.word(i)
            if word is None:
                if frame.folded(i) == "," and self._adverbial_between_commas(i) is not None:
                    i = self._adverbial_between_commas(i) or i
                    continue
                break
            folded = word.folded
            if frame.place_ending(i) is not None and folded not in AUXILIARIES:
                break
            if (
                folded in TIMES
                or folded in ADVERBS
                or (word.text.isdigit() and frame.folded(i - 1) in MONTHS)
            ):
                i -= 1
                if frame.folded(i) == "on":
                    i -= 1
                continue
            if folded in AUXILIARIES or (folded.endswith("ly") and not word.capital):
                i -= 1
                continue
            if folded == "to" and reporting_verb(frame.folded(i + 1)):
                i -= 1
                continue
            break
        return i

    def _adverbial_between_commas(self, comma: int) -> int | None:
        """Return the position before ", however," where the second comma is at `comma`."""
        i = comma - 1
        while i > self.low and self.frame.word(i) is not None and comma - i < 4:
            word = self.frame.folded(i)
            if not (word in ADVERBS or word in TIMES or word == "on" or word.endswith("ly")):
                return None
            i -= 1
        return i - 1 if i < comma - 1 and self.frame.folded(i) == "," else None

    def _head_before(self, i: int) -> NounPhrase | None:
        """Return the noun phrase that ends at or before `i`, prepositional phrases skipped."""
        phrase = self.phrase_ending(i)
        while phrase is None and self._in_loose_phrase(i):
            i = self._before_loose_phrase(i)
            phrase = self.phrase_ending(i)
        steps = 0
        while phrase is not None and self.in_prepositional_phrase(phrase) and steps < 8:
            i = self._before_adverbials(phrase.first - 2)
            phrase = self.phrase_ending(i)
            while phrase is None and self._in_loose_phrase(i):
                i = self._before_loose_phrase(i)
                phrase = self.phrase_ending(i)
            steps += 1
        return self._first_of_list(phrase) if phrase is not None else None

    def _in_loose_phrase(self, i: int) -> bool:
        """Say whether a preposition before token `i` governs nouns without an article."""
        return self._before_loose_phrase(i) != i

    def _before_loose_phrase(self, i: int) -> int:
        j = i
        while j > self.low and i - j < 4:
            word = self.frame.word(j)
            if word is None or word.folded in FUNCTION_WORDS:
                break
            if self.frame.folded(j - 1) in PREPOSITIONS - {"to"}:
                return j - 2
            if self.is_finite(j):
                break
            j -= 1
        return i

    def _first_of_list(self, phrase: NounPhrase) -> NounPhrase:
        """Return the first actor of "X and Y"."""
        i = phrase.first - 1
        if self.frame.folded(i) != "and":
            return phrase
        i -= self.frame.folded(i - 1) == ","
        other = self.phrase_ending(i - 1)
        if other is None or other.member is None or self.in_prepositional_phrase(other):
            return phrase
        before = self.frame.folded(other.first - 1)
        opens = before in (BREAK, QUOTE, ",", "that", "both") or other.first == self.low
        return other if opens else phrase

    def _antecedent(self, relative: int) -> NounPhrase | None:
        i = relative - 1
        i -= self.frame.folded(i) == ","
        return self.phrase_ending(i)

    def _before_parenthesis(self, close: int) -> NounPhrase | None:
        """Return the subject before ", the minister of Y," whose last comma is at `close`."""
        opening = _BRACKETS.get(self.frame.folded(close), ",")
        for i in range(close - 1, max(self.low, close - _MAX_PARENTHESIS) - 1, -1):
            folded = self.frame.folded(i)
            if folded in (BREAK, ";"):
                return None
            if folded not in opening or self.frame.word(i) is not None or i == close - 1:
                continue
            phrase = self._head_before(i - 1)
            if phrase is not None:
                inner = self.phrase_ending(close - 1)
                if inner is not None and inner.first == i + 1 and _names(inner, phrase):
                    return inner
                return phrase
        return None

    def _first_phrase(self, start: int, before: int) -> NounPhrase | None:
        """Return the first actor of a clause that no preposition governs."""
        for place in sorted(self._actors(start, before), key=lambda p: (p.first, -p.last)):
            if not self.in_prepositional_phrase(place) and not self._after_participle(place):
                return place
        return None

    def _actors(self, start: int, before: int) -> Iterator[NounPhrase]:
        frame = self.frame
        for place in frame.places:
            if start <= place.first and place.last < before and not frame.possessive(place.last):
                yield self._phrase_of(place)
        for i in range(start, before):
            if frame.folded(i) in SUBJECT_PRONOUNS or frame.folded(i) in ("they", "we", "i"):
                yield NounPhrase(i, i, None, frame.folded(i), frame.folded(i))

    def _after_participle(self, phrase: NounPhrase) -> bool:
        return self.frame.folded(phrase.first - 1).endswith("ing")


def _names(inner: NounPhrase, outer: NounPhrase) -> bool:
    """Say whether the apposition gives the name of what it stands beside."""
    named = inner.member is not None and inner.member.person and not inner.member.described
    return named and (outer.member is None or outer.member.described)
