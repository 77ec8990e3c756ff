"""Comparing names: when two spellings stand for the same actor."""

import re
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA, Levenshtein

from llm_extract.grounding.lexicon import (
    AMBIGUOUS_OFFICES,
    ARTICLES,
    BODIES,
    BODY_NOUNS,
    GROUP_NOUNS,
    PARTICLES,
    PERSON_NOUNS,
    PRONOUNS,
)
from llm_extract.grounding.places import is_people, is_place
from llm_extract.grounding.titles import title_length
from llm_extract.grounding.words import Word, fold_characters, words_of

_TRANSLITERATIONS = (("ck", "k"), ("kh", "h"), ("ph", "f"), ("ou", "u"), ("w", "v"), ("y", "i"),
    ("j", "i"), ("q", "k"), ("x", "ks"))  # fmt: skip
_DOUBLED = re.compile(r"(.)\1+")
_NO_SURNAME = (BODIES | BODY_NOUNS | GROUP_NOUNS | PERSON_NOUNS) - AMBIGUOUS_OFFICES


def fold(name: str) -> str:
    """Return the words of a name that tell actors apart, in plain lower-case letters.

    Case, accents, possessives, punctuation, leading articles, and the titles and nationality before
    a personal name are gone: `Slovak Prime Minister Róbert Nový's` becomes `robert novy`.

    Args:
        name: a name as an article or a model writes it.

    Returns:
        The folded name; empty where nothing is left of it.
    """
    return " ".join(fold_words(words_of(name)))


def fold_words(words: Sequence[Word]) -> tuple[str, ...]:
    """Return what `fold` returns, for words and as words."""
    while words and words[0].folded in ARTICLES and words[0].text.casefold() in ARTICLES:
        words = words[1:]
    return tuple(word.folded for word in words[title_length(words) :])


def is_pronoun(name: str) -> bool:
    """Say whether a name is a bare pronoun; `US`, `U.S.` and `WHO` are not."""
    words = words_of(name)
    if len(words) != 1 or words[0].folded not in PRONOUNS:
        return False
    return words[0].text.replace(".", "") not in ("US", "WHO")


def same_actor(a: str, b: str) -> bool:
    """Say whether two names stand for the same actor, as evaluation counts it.

    After folding: equal, or one name's words all contained in the other's, or last names at most
    one edit apart with the same first initial. The last clause is for people: it does not make
    `Iran` and `Iraq`, or two ministries, the same. A pronoun never equals a name.

    Args:
        a: a name.
        b: another name.
    """
    if is_pronoun(a) or is_pronoun(b):
        return False
    first, second = fold(a).split(), fold(b).split()
    if not first or not second:
        return False
    shorter, longer = sorted((first, second), key=len)
    if set(shorter) <= set(longer):
        return True
    if not (may_be_person(first) and may_be_person(second)):
        return False
    return (
        first[0][0] == second[0][0]
        and Levenshtein.distance(first[-1], second[-1], score_cutoff=1) <= 1
    )


def variants(a: str, b: str) -> bool:
    """Say whether two names in one article are spellings of one name.

    Accents, transliterations, slips of one or two letters, titles, initials and a name alone
    (`Novak` for `Jan Novak`) make no difference; two first names that differ do. An acronym and the
    name it abbreviates are variants too.

    Args:
        a: a name.
        b: another name from the same article.
    """
    if is_pronoun(a) or is_pronoun(b):
        return False
    first, second = fold(a).split(), fold(b).split()
    if not first or not second:
        return False
    return (
        first == second
        or is_acronym_of(a, b)
        or is_acronym_of(b, a)
        or spelled_alike(first, second)
    )


def spelled_alike(first: Sequence[str], second: Sequence[str]) -> bool:
    """Say whether the folded words of two names may be one person's (see `variants`)."""
    return may_be_person(first) and may_be_person(second) and people_spelled_alike(first, second)


def people_spelled_alike(first: Sequence[str], second: Sequence[str]) -> bool:
    """Say what `spelled_alike` says, for words that are known to be personal names."""
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) == 1:
        word = shorter[0]
        if word in PARTICLES or len(word) == 1:
            return False
        return word in longer or similar(word, longer[-1])
    if _contained_in_order(shorter, longer):
        return True
    return similar(shorter[-1], longer[-1]) and _first_names_agree(shorter[0], longer[0])


def is_acronym_of(short: str, long: str) -> bool:
    """Say whether `short` is made of the initials of `long` (`EU` of `European Union`)."""
    letters = short.replace(".", "").strip()
    if not (2 <= len(letters) <= 8 and letters.isalpha() and letters.isupper()):
        return False
    words = [word for word in words_of(long) if word.capital]
    return len(words) > 1 and "".join(fold_characters(word.text[0])[:1] for word in words) == (
        fold_characters(letters)
    )


def similar(a: str, b: str) -> bool:
    """Say whether two folded words are one word transliterated differently, or misspelt."""
    if a == b:
        return True
    if min(len(a), len(b)) < 4 or abs(len(a) - len(b)) > 3:
        return False
    key_a, key_b = sound(a), sound(b)
    if key_a == key_b:
        return True
    allowed = 2 if min(len(a), len(b)) >= 7 else 1
    if a[0] != b[0]:
        return False
    return (
        OSA.distance(a, b, score_cutoff=allowed) <= allowed
        or OSA.distance(key_a, key_b, score_cutoff=1) <= 1
    )


@lru_cache(maxsize=8192)
def sound(word: str) -> str:
    """Return a folded word as it sounds: transliterations of one word agree."""
    for spelling, plain in _TRANSLITERATIONS:
        word = word.replace(spelling, plain)
    return _DOUBLED.sub(r"\1", word)


def may_be_person(words: Sequence[str]) -> bool:
    """Say whether folded words may be a personal name, not a place, body, group or acronym."""
    name = " ".join(words)
    if is_place(name) or is_people(name) or any(word in _NO_SURNAME for word in words):
        return False
    return len(words) > 1 or len(name) >= 2


def _first_names_agree(a: str, b: str) -> bool:
    if len(a) == 1 or len(b) == 1:
        return a[0] == b[0]
    return similar(a, b)


def _contained_in_order(shorter: Sequence[str], longer: Sequence[str]) -> bool:
    rest = iter(longer)
    return all(word in rest for word in shorter)
