"""Where the titles before a personal name end."""

from collections.abc import Sequence

from llm_extract.grounding.lexicon import (
    AMBIGUOUS_OFFICES,
    BODIES,
    DOMAINS,
    FUNCTION_WORDS,
    GROUP_NOUNS,
    HONORIFICS,
    OFFICES,
    PARTICLES,
    PERSON_NOUNS,
    TITLE_MODIFIERS,
)
from llm_extract.grounding.places import is_adjective, is_place, place_words
from llm_extract.grounding.words import Word

_NOT_IN_A_NAME = (BODIES | GROUP_NOUNS | PERSON_NOUNS) - AMBIGUOUS_OFFICES
_MAX_TITLE_WORDS = 14


def is_title(word: str) -> bool:
    """Say whether a folded word is an office, a rank or a form of address."""
    return word in OFFICES or word in AMBIGUOUS_OFFICES or word in HONORIFICS


def may_precede_title(word: str) -> bool:
    """Say whether a folded word may belong to the title that follows it."""
    return word in TITLE_MODIFIERS or word in DOMAINS or word in place_words() or is_adjective(word)


def title_length(words: Sequence[Word]) -> int:
    """Return how many leading words are titles of the name that the other words are.

    "Slovak Prime Minister Jan Novak" has three, "Minister of Trade of Peru Ana Diaz" five, and
    a bare office, an institution or an untitled name have none.

    Args:
        words: the words of a name. An office in the possessive owns the rest ("the prime
            minister's bureau") and titles nobody; one without a capital is no surname.

    Returns:
        The number of words, in 0 … `len(words) - 1`.
    """
    folded = [word.folded for word in words]
    best = 0
    only_titles = True
    i = 0
    while i < min(len(words) - 1, _MAX_TITLE_WORDS):
        word = folded[i]
        plain = not words[i].capital or word in OFFICES
        if is_title(word) and (only_titles or plain) and not words[i].possessive:
            i = _after_scope(folded, i + 1)
            if _reads_as_name(folded[i:]):
                best = i
            only_titles = True
            continue
        if word in FUNCTION_WORDS and not may_precede_title(word):
            break
        only_titles = only_titles and may_precede_title(word)
        i += 1
    return best


def _after_scope(words: Sequence[str], start: int) -> int:
    """Return the position after "of the …" that limits the office before `start`, if any."""
    if start >= len(words) or words[start] not in ("of", "for"):
        return start
    i = start + 1
    while i < len(words) - 1 and (
        words[i] in DOMAINS
        or words[i] in ("the", "and", "of")
        or words[i] in place_words()
        or is_adjective(words[i])
    ):
        i += 1
    return i if i > start + 1 else start


def _reads_as_name(words: Sequence[str]) -> bool:
    """Say whether words after a title are a name, more titles before it allowed."""
    first = 0
    while first < len(words) - 1 and is_title(words[first]):
        first += 1
    name = words[first:]
    if not name or (name[0] in FUNCTION_WORDS and name[0] not in PARTICLES):
        return False
    return not is_place(" ".join(name)) and _NOT_IN_A_NAME.isdisjoint(name)
