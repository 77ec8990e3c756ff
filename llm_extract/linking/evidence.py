"""What articles say of a named actor besides the name: countries and offices."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from llm_extract.grounding.descriptions import normal_words
from llm_extract.grounding.lexicon import ARTICLES, FUNCTION_WORDS, TITLE_MODIFIERS
from llm_extract.grounding.places import country_meant
from llm_extract.grounding.words import Word, word_set, words_of

# Ranks that half of all people in the news have: they tell nobody apart.
_RANKS = word_set(
    "minister secretary official member leader head chief spokesman spokeswoman spokesperson "
    "counterpart resident mr mrs ms dr lord sir lady gen general"
)
_PARTS = {
    "england": "united kingdom", "scotland": "united kingdom", "wales": "united kingdom",
    "northern ireland": "united kingdom", "hong kong": "china", "greenland": "denmark",
}  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """What is said of an actor.

    Attributes:
        countries: the countries that it is said to belong to, folded.
        offices: the folded words of its offices and organisations that tell people apart.
    """

    countries: frozenset[str] = frozenset()
    offices: frozenset[str] = frozenset()

    def __or__(self, other: "Evidence") -> "Evidence":
        if not (other.countries or other.offices):
            return self
        if not (self.countries or self.offices):
            return other
        return Evidence(self.countries | other.countries, self.offices | other.offices)

    @property
    def tokens(self) -> frozenset[str]:
        """Countries and offices together, as keys."""
        return self.countries | self.offices

    def clashes(self, other: "Evidence") -> bool:
        """Say whether both have countries and offices, and share none of either."""
        return (
            bool(self.countries and other.countries and self.offices and other.offices)
            and self.countries.isdisjoint(other.countries)
            and self.offices.isdisjoint(other.offices)
        )

    def differs(self, other: "Evidence") -> bool:
        """Say whether the countries are at odds, or all that is said is."""
        return self.clashes(other) or bool(
            self.countries and other.countries and self.countries.isdisjoint(other.countries)
        )

    def supports(self, other: "Evidence") -> bool:
        """Say whether a country or, countries not being at odds, an office is shared."""
        if self.countries and other.countries:
            return not self.countries.isdisjoint(other.countries)
        return not self.offices.isdisjoint(other.offices)

    def shares_office(self, other: "Evidence") -> bool:
        """Say whether an office is shared, and countries are not at odds."""
        return self.supports(other) and not self.offices.isdisjoint(other.offices)

    def in_common(self, other: "Evidence") -> int:
        """Return on how much both agree: 1 for a country, 1 for an office."""
        return (not self.countries.isdisjoint(other.countries)) + (
            not self.offices.isdisjoint(other.offices)
        )


NOTHING = Evidence()


@lru_cache(maxsize=65536)
def evidence_of(role: str | None, affiliation: str | None, titles: str = "") -> Evidence:
    """Return what a role, an affiliation and the titles in a name say of an actor.

    Args:
        role: title or office, as written.
        affiliation: country or organisation, as written.
        titles: the titles that the name itself begins with.
    """
    found = [_read(words_of(text)) for text in (affiliation, role, titles) if text]
    evidence = NOTHING
    for part in found:
        evidence |= part
    return evidence


@lru_cache(maxsize=65536)
def country_in(text: str | None) -> str | None:
    """Return the country that an affiliation names; None where it names none."""
    return next(iter(sorted(_read(words_of(text)).countries)), None) if text else None


def nation(country: str) -> str | None:
    """Return the state that a country of the lists is part of; None for a union of states."""
    return None if country == "european union" else _PARTS.get(country, country)


def _read(words: Sequence[Word]) -> Evidence:
    content, country = normal_words(words)
    if country is None:
        phrase = " ".join(word.folded for word in words if word.folded not in ARTICLES)
        country = country_meant(phrase)
        content = frozenset() if country else content
    state = nation(country) if country else None
    if country and state is None:
        content |= {country}
    telling = content - TITLE_MODIFIERS - FUNCTION_WORDS
    return Evidence(frozenset([state] if state else ()), (telling - _RANKS) or telling & _RANKS)
