"""Why a form of a name is an actor's."""

from typing import Literal

from llm_extract.grounding.names import fold
from llm_extract.grounding.words import words_of

Reason = Literal[
    "exact",
    "case or title",
    "accent",
    "transliteration",
    "short first name",
    "spelling",
    "fuller name",
    "initials",
    "word order",
    "last name in context",
    "acronym",
    "name of the place",
    "wording",
    "country in context",
    "alias file",
]


def reason_between(name: str, other: str, kind: str) -> Reason:
    """Return why two spellings with the same key are one name.

    Args:
        name: one of them.
        other: the other one.
        kind: the kind of actor that both name.
    """
    if name == other:
        return "exact"
    if _lowered(name) == _lowered(other):
        return "case or title"
    if fold(name) == fold(other):
        plain = fold(name).split()
        marked = [word.casefold() for word in _words(name)], [w.casefold() for w in _words(other)]
        same = marked[0][-len(plain) :] == marked[1][-len(plain) :]
        return "case or title" if same else "accent"
    if kind == "place":
        return "name of the place"
    return "wording" if kind == "body" else "transliteration"


def _words(name: str) -> list[str]:
    return [word.text for word in words_of(name)]


def _lowered(name: str) -> list[str]:
    return [word.casefold() for word in _words(name)]
