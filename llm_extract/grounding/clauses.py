"""Telling a quoted clause from a quoted fragment."""

from llm_extract.grounding.words import words_of

_SUBJECTS = frozenset(
    ("i", "we", "you", "he", "she", "it", "they", "this", "that", "these", "those", "there", "who")
)
_AUXILIARIES = frozenset(
    (
        *("am", "is", "are", "was", "were", "has", "have", "had", "do", "does", "did"),
        *("will", "would", "shall", "should", "can", "could", "may", "might", "must", "cannot"),
        *("don't", "doesn't", "didn't", "won't", "can't", "isn't", "aren't", "wasn't", "weren't"),
        *("i'm", "we're", "they're", "it's", "that's", "there's", "i've", "we've", "i'll", "we'll"),
    )
)
_SHORTEST = 3


def holds_clause(words_between_marks: str) -> bool:
    """Say whether quoted words hold a clause with its own subject and verb.

    Without a parser this goes by closed-class words: an auxiliary that something precedes, or a
    subject pronoun that something follows.

    Args:
        words_between_marks: the quoted words.
    """
    words = [word.folded.replace("’", "'") for word in words_of(words_between_marks)]
    if len(words) < _SHORTEST:
        return False
    if any(word in _AUXILIARIES for word in words[1:]) or "'" in words[0]:
        return True
    return any(word in _SUBJECTS for word in words[:-1])
