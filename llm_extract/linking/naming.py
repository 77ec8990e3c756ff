"""What kind of actor a name is of, and the key under which it is the same everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal

from llm_extract.grounding.descriptions import normal_words
from llm_extract.grounding.lexicon import (
    ARTICLES,
    BODIES,
    BODY_NOUNS,
    DESCRIPTION_MODIFIERS,
    DOMAINS,
    FUNCTION_WORDS,
    GROUP_NOUNS,
    OFFICES,
    PARTICLES,
    PERSON_NOUNS,
    QUANTIFIERS,
    TITLE_MODIFIERS,
)
from llm_extract.grounding.names import may_be_person
from llm_extract.grounding.places import country_of, is_adjective, is_country, place_words
from llm_extract.grounding.titles import is_title, title_length
from llm_extract.grounding.words import Word, word_set, words_of
from llm_extract.linking.metonyms import place_key, seat_in
from llm_extract.linking.spelling import spelling_key

Kind = Literal["person", "single", "ruler", "place", "body", "name", "description"]

SUFFIXES = word_set("jr sr junior senior ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xxiii")
RULERS = word_set("pope king queen prince princess emperor empress patriarch sultan tsar")
_GIVEN_OR_PARTICLE = word_set("ben van al el le do da te av")
_HYPHENS = ("-", "‑", "–")
_LINKS = word_set("of for at in from to with against on by who")
_PARTY_NOUNS = word_set("democrats republicans conservatives liberals socialists islamists")
_WORLDWIDE = word_set("world international european african united asian american nations")
_GENERIC = (
    BODIES | BODY_NOUNS | DOMAINS | TITLE_MODIFIERS | DESCRIPTION_MODIFIERS | FUNCTION_WORDS
    | GROUP_NOUNS | OFFICES | PERSON_NOUNS
) - _WORLDWIDE  # fmt: skip
# Of these a country has many: they are known only with a name of their own.
_MANY = word_set(
    """delegation mission team side company firm group embassy consulate university hospital court
    newspaper broadcaster committee commission board panel council bank union crowd camp officials
    association federation organization foundation institute city town village school studio
    party coalition opposition campaign movement side community"""
)
# Bodies that every state has, however long their names are.
_EVERY_STATE = word_set(
    """ministry department government parliament court council assembly office cabinet senate bank
    congress army navy police bureau authority agency commission committee administration"""
)
_ONE_A_COUNTRY = (frozenset({"central", "bank"}), frozenset({"supreme", "court"}))
_KNOWN = (frozenset({"security", "council"}),)
_SAME_WORD = {
    "organisation": "organization",
    "centre": "center",
    "labour": "labor",
    "pm": "minister",
}
_SKIPPED = word_set("affairs the of and for in")


@dataclass(frozen=True)
class Naming:
    """What a name says by itself.

    Attributes:
        kind: a person under a full name or under a `single` word, a `ruler` under a first name, a
            country or seat of government, a body, a `name` of something else, or a `description`
            of somebody in one article.
        words: the folded words that tell it apart, titles and particles not included.
        titles: the titles that it begins with.
        suffix: `jr`, `iii` and the like; empty without one.
        country: the country of a body, folded.
    """

    kind: Kind
    words: tuple[str, ...]
    titles: str = ""
    suffix: str = ""
    country: str | None = None

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The spelling keys of the words."""
        return tuple(spelling_key(word) for word in self.words)

    @cached_property
    def fullness(self) -> tuple[int, int, bool]:
        """How full the name is: words that are no initials, all words, and whether `jr` follows."""
        return sum(len(word) > 1 for word in self.words), len(self.words), bool(self.suffix)

    @property
    def is_acronym(self) -> bool:
        """Whether it is one word in capitals."""
        return self.kind == "name" and len(self.words) == 1


@lru_cache(maxsize=65536)
def naming_of(name: str, country: str | None = None, ruler: bool = False) -> Naming:
    """Read a name.

    Args:
        name: the name as an article's records have it.
        country: the country that the article gives as the actor's, folded.
        ruler: whether the article gives it the role of a pope, king or the like.
    """
    indefinite = name.lower().startswith(("a ", "an "))
    words = words_of(name)
    while len(words) > 1 and words[0].text.lower() in ARTICLES:
        words = words[1:]
    if not words:
        return Naming("name", (name.casefold().strip(),))
    place = None if ruler and len(words) == 1 else _place([word.folded for word in words])
    if place is not None:
        return place
    if indefinite or _describes(name, words):
        named = not indefinite and _names_body(words)
        return _body(words, country) if named else _described(words)
    titles = title_length(words)
    rest = words[titles:]
    if _is_body(rest):
        return _body(rest, country)
    return _personal(name, words[:titles], rest, ruler)


def _place(words: Sequence[str]) -> Naming | None:
    country = country_of(" ".join(words)) if is_country(" ".join(words)) else None
    if country is not None:
        return Naming("place", (country,), country=country)
    seat = seat_in(words)
    return Naming("place", (seat,)) if seat else None


def _described(words: Sequence[Word]) -> Naming:
    return Naming("description", tuple(word.folded for word in words))


def _head(words: Sequence[Word]) -> Word:
    """Return the noun of a name: the last word before "of", "for" and the like."""
    for i, word in enumerate(words):
        if i and word.folded in _LINKS:
            return words[i - 1]
    return words[-1]


def _describes(name: str, words: Sequence[Word]) -> bool:
    """Say whether words describe somebody, by a common noun that stands at their head."""
    head, first = _head(words), words[0]
    if first.text.islower() and first.folded not in PARTICLES:
        return True
    if head.text.islower() and name[head.start - 1 : head.start] not in _HYPHENS:
        return True
    if head.folded in _PARTY_NOUNS and len(words) == 1:
        return False
    if head.folded in BODIES:
        return False
    if head.folded in GROUP_NOUNS or first.folded in QUANTIFIERS:
        return True
    return is_title(head.folded) and all(_in_office(word) for word in words)


def _in_office(word: Word) -> bool:
    return (
        is_title(word.folded) or word.folded in TITLE_MODIFIERS | DOMAINS | FUNCTION_WORDS
        or word.folded in place_words() or is_adjective(word.folded)
    )  # fmt: skip


def _names_body(words: Sequence[Word]) -> bool:
    """Say whether words with a common noun at their head still name one body for certain.

    A country has one government and one trade ministry; an office that somebody is named for is
    known too.
    """
    head = _head(words).folded
    if head not in BODIES | BODY_NOUNS | {"authorities", "leadership"}:
        return False
    content, country = normal_words(words)
    sole = not _MANY & content or any(one <= content for one in _ONE_A_COUNTRY)
    return (country is not None and sole) or bool(_own_words(words))


def _own_words(words: Sequence[Word]) -> list[str]:
    """Return the words with a capital that are no everyday word of offices, bodies or places."""
    return [
        word.folded for word in words
        if word.capital and word.folded not in _GENERIC and country_of(word.folded) is None
    ]  # fmt: skip


def _is_body(words: Sequence[Word]) -> bool:
    folded = {word.folded for word in words}
    return bool(folded & (BODIES | BODY_NOUNS)) or (len(words) > 1 and bool(folded & _LINKS))


def _body(words: Sequence[Word], stated: str | None) -> Naming:
    content, country = normal_words(words)
    telling = {place_key(_SAME_WORD.get(word, word)) for word in content} - _SKIPPED
    known = telling in _KNOWN or not telling <= _GENERIC
    if country is None and not known:
        country = stated
    if country is None and "party" in telling and len(telling) > 1:
        known = True
    if len(telling) > 2 and not telling & _EVERY_STATE and all(word.capital for word in words):
        known = True
    if country is None and not known:
        return _described(words)
    return Naming("body", tuple(sorted(telling)), country=country)


def _personal(name: str, titles: Sequence[Word], rest: Sequence[Word], ruler: bool) -> Naming:
    suffix = ""
    if len(rest) > 1 and rest[-1].folded in SUFFIXES and (rest[-1].text.isupper() or len(rest) > 2):
        suffix, rest = rest[-1].folded, rest[:-1]
    suffix = {"junior": "jr", "senior": "sr"}.get(suffix, suffix)
    words = tuple(word.folded for i, word in enumerate(rest) if not _is_particle(name, rest, i))
    words = words or tuple(word.folded for word in rest)
    shown = " ".join(word.text for word in titles)
    if len(rest) == 1 or len(words) == 1 or _hyphenated(name, rest):
        if ruler or any(word.folded in RULERS for word in titles):
            return Naming("ruler", words, shown, suffix)
        if len(rest) == 1 and rest[0].text.isupper() and 1 < len(words[0]) < 7 and not titles:
            return Naming("name", words)
        return Naming("single", words, shown, suffix)
    if not may_be_person(words) or any(word in ("and", "the") for word in words):
        return Naming("name", words, shown)
    return Naming("person", words, shown, suffix)


def _is_particle(name: str, words: Sequence[Word], i: int) -> bool:
    """Say whether word `i` is a particle of a last name, not a first name that is spelt alike."""
    word = words[i]
    if word.folded not in PARTICLES or i == len(words) - 1 or len(word.folded) == 1:
        return False
    joined = name[word.end : word.end + 1] in _HYPHENS
    return i > 0 or word.text.islower() or joined or word.folded not in _GIVEN_OR_PARTICLE


def _hyphenated(name: str, words: Sequence[Word]) -> bool:
    """Say whether all words are joined by hyphens into one."""
    return all(name[a.end : b.start] in _HYPHENS for a, b in pairwise(words))
