"""Words an issue: a short phrase out of the tokens of a sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llm_extract.grounding.words import word_set
from llm_extract.syntax.trees import children, is_verbal

if TYPE_CHECKING:
    from spacy.tokens import Token

_EDGES = '\\s,.;:!?“”„"«»…–—\\-'
_EDGE = re.compile(f"^[{_EDGES}]+|[{_EDGES}]+$")
_UNPAIRED = re.compile(r"^[‘’'`´]+|(?<![sS])[‘’'`´]+$")
_ARTICLE = re.compile(r"^(?:the|an?)\s+(?=\S)", re.IGNORECASE)
_MARKS = '“”"«»„'
_DOUBLED = re.compile(r"^[^aeiou]*[aeiou][bdgmnprt]$")
_DOUBLED_LONGER = word_set(
    "admit begin commit compel control forget occur permit prefer refer regret repel submit"
)


def trimmed(phrase: str) -> str:
    """Return a phrase without an article before it and without points and lone marks around it."""
    words = _ARTICLE.sub("", " ".join(phrase.split()))
    marks = sum(words.count(mark) for mark in _MARKS)
    if marks % 2 or not marks:
        words = _EDGE.sub("", words)
    words = re.sub(r"\s+([,.;:!?’”])", r"\1", words.strip(" ,.;:–—-"))
    return _UNPAIRED.sub("", words)


def gerund(verb: Token, written: str) -> str:
    """Return the form of a verb in -ing ("being sold" for a passive); nouns stay as written.

    Args:
        verb: the verb.
        written: its characters in the article.
    """
    if not is_verbal(verb) or verb.tag_ == "VBG":
        return written
    if verb.tag_ == "VBN" and children(verb, "auxpass"):
        return f"being {written}"
    lemma = verb.lemma_.lower()
    if lemma == "be":
        return "being"
    if lemma.endswith("ie"):
        return f"{lemma[:-2]}ying"
    if lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")):
        return f"{lemma[:-1]}ing"
    if _DOUBLED.match(lemma) or lemma in _DOUBLED_LONGER:
        return f"{lemma}{lemma[-1]}ing"
    return f"{lemma}ing"
