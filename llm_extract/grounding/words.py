"""The words of a text, with their offsets and their folded form."""

import re
import unicodedata
from typing import NamedTuple

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:['’‘ʼ][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’‘ʼ][sS]$")
_APOSTROPHES = re.compile(r"['’‘ʼ.]")
_LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i",
        "ħ": "h", "ŋ": "n", "ə": "a", "ß": "ss",
    }
)  # fmt: skip


def word_set(text: str) -> frozenset[str]:
    """Return the blank-separated words of a word list."""
    return frozenset(text.split())


class Word(NamedTuple):
    """A word of a text; a tuple, for articles have many and those are made quickly.

    Attributes:
        start: offset of its first character, in code points.
        end: offset after its last character, "'s" not included.
        text: the characters between the offsets.
        folded: the word without case and accents.
        possessive: whether "'s" follows.
    """

    start: int
    end: int
    text: str
    folded: str
    possessive: bool

    @property
    def capital(self) -> bool:
        """Whether the word begins with a capital."""
        return self.text[0].isupper()


def fold_characters(text: str) -> str:
    """Return `text` without case and accents; letters such as ł and ß become plain ones."""
    if text.isascii():
        return text.lower()
    lowered = text.casefold().translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_LETTERS)


def words_of(text: str, offset: int = 0) -> list[Word]:
    """Return the words of a text; a hyphen parts two words, the dots of "U.S." do not.

    Args:
        text: any text.
        offset: added to the offsets of the words, in code points.
    """
    words = []
    for match in _WORD.finditer(text):
        raw = match.group()
        if raw.isascii() and raw.isalnum():  # most words are plain
            start, end = match.span()
            words.append(Word(offset + start, offset + end, raw, raw.lower(), False))
            continue
        owner = _POSSESSIVE.search(raw)
        core = raw[: owner.start()] if owner else raw
        folded = _APOSTROPHES.sub("", fold_characters(core))
        if folded:
            start = offset + match.start()
            words.append(Word(start, start + len(core), core, folded, owner is not None))
    return words
