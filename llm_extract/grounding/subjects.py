"""Noun phrases and the subjects of verbs, found in a sentence's tokens without a parser."""

from collections.abc import Iterator
from dataclasses import dataclass

from llm_extract.grounding.frames import BREAK, QUOTE, Frame, Place
from llm_extract.grounding.lexicon import (
    ARTICLES,
    FUNCTION_WORDS,
    GROUP_NOUNS,
    MONTHS,
    PERSON_NOUNS,
    QUANTIFIERS,
    SUBJECT_PRONOUNS,
    WEEKDAYS,
)
from llm_extract.grounding.members import CastMember
from llm_extract.grounding.places import is_adjective
from llm_extract.grounding.reporting import (
    AUXILIARIES,
    FINITE_AUXILIARIES,
    OTHER_PASTS,
    reporting_verb,
)
from llm_extract.grounding.titles import is_title, may_precede_title
from llm_extract.grounding.words import word_set

OWNERS = word_set("his her its their my our your whose")
PERSONAL_PRONOUNS = word_set("he she they it i we you")
RELATIVES = word_set("who which that")
_DETERMINERS = ARTICLES | OWNERS | QUANTIFIERS | word_set("this that these those another one no")
_PREPOSITIONS = word_set(
    """about across against along alongside amid among around at behind beside besides between
    beyond by concerning despite during for from in including inside into like near of off on onto
    outside over per regarding through throughout to toward towards under unlike upon via with
    within without following citing versus than"""
)
_SUBORDINATORS = word_set("after before since until as when while whether if because where how")
_COORDINATORS = word_set("and but or then yet nor")
_ADVERBS = word_set(
    """also then later again further however once still already now today yesterday tomorrow tonight
    earlier meanwhile too himself herself itself themselves not never even just instead
    nonetheless nevertheless therefore thus moreover afterwards afterward often sometimes always
    once twice ago out both all indeed simply rather so far soon last this next late early week
    month year morning evening afternoon night time first there here online ever"""
)
TIMES = WEEKDAYS | MONTHS | word_set("today yesterday tomorrow tonight week month year weekend")
_BRACKETS = {")": "(", "—": "—–-", "–": "—–-", "-": "—–-"}
_MAX_PREMODIFIERS = 10
_MAX_PARENTHESIS = 40


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A noun phrase that may be an actor.

    Attributes:
        first: position of its first token, article and titles included.
        last: position of its last token.
        member: whom it mentions.
        pronoun: the folded pronoun that it is.
        text: its words, without articles; what it is called where it mentions no member.
    """

    first: int
    last: int
    member: CastMember | None
    pronoun: str | None
    text: str


class Reader:
    """Reads the noun phrases and subjects of one frame.

    Args:
        frame: the tokens.
        low: position before which nothing is read.
    """

    def __init__(self, frame: Frame, low: int = 0) -> None:
        self.frame = frame
        self.low = low

    def sentence_start(self, i: int) -> int:
        """Return the position of the first token of the sentence that token `i` is in."""
        while i > self.low and self.frame.folded(i - 1) != BREAK:
            i -= 1
        return i

    def phrase_ending(self, i: int) -> NounPhrase | None:
        """Return the noun phrase whose last token is `i`, or None."""
        frame = self.frame
        word = frame.word(i)
        if word is None or i < self.low or word.possessive:
            return None
        if word.folded in PERSONAL_PRONOUNS and word.text != "US":
            return NounPhrase(i, i, None, word.folded, word.text)
        place = frame.place_ending(i)
        if place is not None and place.first >= self.low:
            return self._phrase_of(place)
        return self._unknown_phrase(i)

    def phrase_starting(self, i: int) -> NounPhrase | None:
        """Return the noun phrase that begins at token `i`, or None."""
        frame = self.frame
        word = frame.word(i)
        if word is None:
            return None
        if word.folded in PERSONAL_PRONOUNS:
            return NounPhrase(i, i, None, word.folded, word.text)
        end = self._end_of_phrase(i)
        inside = [p for p in frame.places if i <= p.first <= end and not frame.possessive(p.last)]
        if inside:
            place = max(inside, key=lambda p: (p.last, -p.first))
            named = self._apposed_name(place)
            place = named or place
            return NounPhrase(i, place.last, place.member, None, place.member.name)
        if end < i or (word.folded in ARTICLES and end == i):
            return None
        if word.folded not in _DETERMINERS and not word.capital and not self._owned(i, end):
            return None
        return NounPhrase(i, end, None, None, self._name(i, end))

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

    def is_finite(self, i: int) -> bool:
        """Say whether token `i` may be the finite verb of a clause."""
        word = self.frame.word(i)
        if word is None or (word.capital and not word.text.islower()):
            return False
        if word.folded in FINITE_AUXILIARIES or word.folded in OTHER_PASTS:
            return True
        verb = reporting_verb(word.folded)
        if verb is not None:
            return verb.form in ("past", "present")
        return word.folded.endswith("ed") and len(word.folded) > 4

    def in_prepositional_phrase(self, phrase: NounPhrase) -> bool:
        """Say whether a preposition governs a noun phrase."""
        return self.frame.folded(phrase.first - 1) in _PREPOSITIONS

    def _phrase_of(self, place: Place) -> NounPhrase:
        first = self._with_premodifiers(place.first)
        return NounPhrase(first, place.last, place.member, None, place.member.name)

    def _with_premodifiers(self, first: int) -> int:
        frame = self.frame
        lowest = max(self.low, first - _MAX_PREMODIFIERS)
        while first > lowest:
            word = frame.word(first - 1)
            if word is None or not self._modifies(first - 1):
                break
            first -= 1
            if word.folded in ARTICLES or word.folded in OWNERS:
                break
        return first

    def _modifies(self, i: int) -> bool:
        word = self.frame.word(i)
        if word is None or not self._closely_before(i):
            return False
        folded = word.folded
        if word.possessive or folded in ARTICLES or folded in OWNERS or folded in QUANTIFIERS:
            return True
        if folded in FUNCTION_WORDS or folded in TIMES:
            return False
        verb = reporting_verb(folded)
        if verb is not None and not word.capital:
            return False
        return (
            word.capital
            or is_title(folded)
            or may_precede_title(folded)
            or is_adjective(folded)
            or folded in PERSON_NOUNS
            or (not self.is_finite(i) and not folded.endswith("ing") and not folded.endswith("ly"))
        )

    def _closely_before(self, i: int) -> bool:
        """Say whether only a blank or hyphen parts token `i` from the next one."""
        tokens = self.frame.tokens
        return i + 1 < len(tokens) and (tokens[i + 1].word is not None)

    def _unknown_phrase(self, i: int) -> NounPhrase | None:
        word = self.frame.word(i)
        if word is None or word.folded in FUNCTION_WORDS or word.folded in TIMES:
            return None
        if word.folded in _ADVERBS or (self.is_finite(i) and not word.capital):
            return None
        first = self._with_premodifiers(i)
        opening = self.frame.word(first)
        if opening is None:
            return None
        plural = word.folded.endswith("s") and reporting_verb(word.folded) is None
        known = opening.folded in _DETERMINERS or self._owned(first, i)
        if not (known or plural or word.capital):
            return None
        return NounPhrase(first, i, None, None, self._name(first, i))

    def _owned(self, first: int, last: int) -> bool:
        return any(self.frame.possessive(i) for i in range(first, last))

    def _name(self, first: int, last: int) -> str:
        """Return what an actor without a name is called: with "a" if it has one."""
        frame = self.frame
        while first < last and frame.folded(first) in ARTICLES - {"a", "an"}:
            first += 1
        text = frame.slice(first, last)
        opening = frame.word(first)
        starts = frame.folded(first - 1) in (BREAK, QUOTE, ":") or first == 0
        if starts and opening is not None and (first < last or opening.folded in GROUP_NOUNS):
            plain = frame.folded(first) in _DETERMINERS
            return text[0].lower() + text[1:] if plain else text
        return text

    def _end_of_phrase(self, i: int) -> int:
        """Return the last token of the run of modifiers and nouns that begins at token `i`."""
        end = i - 1
        for j in range(i, min(i + _MAX_PREMODIFIERS + 4, len(self.frame.tokens))):
            word = self.frame.word(j)
            if word is None:
                break
            opens = j == i or self.frame.possessive(j - 1)
            if not opens and (word.folded in FUNCTION_WORDS or self.is_finite(j)):
                break
            if word.folded in TIMES or word.folded in _PREPOSITIONS:
                break
            if reporting_verb(word.folded) and not word.capital and not opens:
                break
            end = j
        return end

    def _apposed_name(self, place: Place) -> Place | None:
        """Return the name in "the minister, Ana Diaz," behind a description."""
        if not place.member.described or self.frame.folded(place.last + 1) != ",":
            return None
        for other in self.frame.places:
            if other.first == place.last + 2 and other.member.person and not other.member.described:
                after = self.frame.folded(other.last + 1)
                return other if after in (",", ".", BREAK, QUOTE) else None
        return None

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
                or folded in _ADVERBS
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
            if not (word in _ADVERBS or word in TIMES or word == "on" or word.endswith("ly")):
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
            if self.frame.folded(j - 1) in _PREPOSITIONS - {"to"}:
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
