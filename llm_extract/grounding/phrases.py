"""Noun phrases that may be actors, found in a sentence's tokens without a parser."""

from dataclasses import dataclass

from llm_extract.grounding.frames import BREAK, QUOTE, Frame, Place
from llm_extract.grounding.lexicon import (
    ARTICLES,
    FUNCTION_WORDS,
    GROUP_NOUNS,
    MONTHS,
    PERSON_NOUNS,
    QUANTIFIERS,
    WEEKDAYS,
)
from llm_extract.grounding.members import CastMember
from llm_extract.grounding.places import is_adjective
from llm_extract.grounding.titles import is_title, may_precede_title
from llm_extract.grounding.words import word_set
from llm_extract.text.reporting import (
    FINITE_AUXILIARIES,
    OTHER_PASTS,
    reporting_verb,
)

OWNERS = word_set("his her its their my our your whose")
PERSONAL_PRONOUNS = word_set("he she they it i we you")
RELATIVES = word_set("who which that")
_DETERMINERS = ARTICLES | OWNERS | QUANTIFIERS | word_set("this that these those another one")
PREPOSITIONS = word_set(
    """about across against along alongside amid among around at behind beside besides between
    beyond by concerning despite during for from in including inside into like near of off on onto
    outside over per regarding through throughout to toward towards under unlike upon via with
    within without following citing versus than"""
)
TIMES = WEEKDAYS | MONTHS | word_set("today yesterday tomorrow tonight week month year weekend")
_MAX_PREMODIFIERS = 10
ADVERBS = word_set(
    """also then later again further however once still already now today yesterday tomorrow tonight
    earlier meanwhile too himself herself itself themselves not never even just instead
    nonetheless nevertheless therefore thus moreover afterwards afterward often sometimes always
    once twice ago out both all indeed simply rather so far soon last this next late early week
    month year morning evening afternoon night time first there here online ever"""
)


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


class Phrases:
    """Reads the noun phrases of one frame.

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
        if word is None or i < self.low or self.frame.possessive(i):
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
        return self.frame.folded(phrase.first - 1) in PREPOSITIONS

    def _phrase_of(self, place: Place) -> NounPhrase:
        first = self._with_premodifiers(place.first)
        if place.member.person and not place.member.described:
            first = self._with_office(first, place.first)
        return NounPhrase(first, place.last, place.member, None, place.member.name)

    def _with_office(self, first: int, name: int) -> int:
        """Return where "the President of Ghana" begins before the name of the president.

        Args:
            first: position of "Ghana", or of the name.
            name: position of the name.
        """
        while first < name and self.frame.folded(first - 1) in ("of", "for"):
            scope = [self.frame.folded(i) for i in range(first, name)]
            office = self.frame.folded(first - 2)
            known = is_title(office) or may_precede_title(office)
            if not known or any(is_title(word) for word in scope):
                break
            first = self._with_premodifiers(first - 2)
        return first

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
        if self.frame.possessive(i) or folded in _DETERMINERS:
            return True
        if folded in FUNCTION_WORDS or folded in TIMES:
            return False
        if folded.endswith("ed") and self.frame.folded(i - 1) in _DETERMINERS:
            return True
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
        if word.folded in ADVERBS or (self.is_finite(i) and not word.capital):
            return None
        first = self._with_premodifiers(i)
        opening = self.frame.word(first)
        if opening is None:
            return None
        plural = word.folded.endswith("s") and reporting_verb(word.folded) is None
        known = opening.folded in _DETERMINERS or self._owned(first, i)
        known = known or self.frame.folded(first - 1) in (BREAK, "that")
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
            counts = word.folded in QUANTIFIERS and j == i
            if word.folded in TIMES or (word.folded in PREPOSITIONS and not counts):
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
