"""Issue phrases of positions: how alike two are, and how to word a negated one positively."""

import re
from functools import lru_cache

from llm_extract.grounding.words import words_of
from llm_extract.schemas import Stance

_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    a about above after again against all also am an and any are as at be because been being
    between both but by can could did do does during each for from had has have he her hers him
    his how i if in into is it its itself may me might more most must my nor of off on once only
    or other our over own shall she should so some such than that the their them then there
    these they this those through to too under until up upon us very was we were what when where
    which while who whom whose why will with would you your""",
    )
)

_VOWEL = re.compile(r"[aeiouy]")
_DOUBLED = re.compile(r"([bdgmnprt])\1$")


@lru_cache(maxsize=4096)
def content_words(phrase: str) -> frozenset[str]:
    """Return the words of a phrase that carry its meaning.

    Case, accents, possessives and the points of abbreviations are folded away, stop words are left
    out, and the rest is lightly stemmed ("deploying" and "deployment" are one word). A word all in
    capitals is never a stop word ("US").

    Args:
        phrase: any short text.

    Returns:
        The stems; empty where the phrase has only stop words.
    """
    return frozenset(
        _stem(word.folded)
        for word in words_of(phrase)
        if word.folded not in _STOP_WORDS or (len(word.text) > 1 and word.text.isupper())
    )


def issue_similarity(a: str, b: str) -> float:
    """Return how much of the shorter of two issue phrases the other one has, from 0 to 1.

    Args:
        a: an issue phrase.
        b: another one.

    Returns:
        Shared content words over the content words of the phrase that has fewer; where one has
        none, 1 for phrases equal but for case and 0 otherwise.
    """
    words_a, words_b = content_words(a), content_words(b)
    if not words_a or not words_b:
        return float(a.strip().casefold() == b.strip().casefold())
    return len(words_a & words_b) / min(len(words_a), len(words_b))


# Fixed terms that begin with a negation but negate nothing.
_TERM = r"(?:confidence|deal|fly|go|one|man['’]s|first\s+use|guilty|only|least|less|more\s+than)\b"
_LEADING = re.compile(
    rf"^(?:that\s+|to\s+)?(?:not|never|without|no(?:\s+(?:longer|more|further))?)\s+(?!{_TERM})"
    r"(?:any\s+|to\s+)?",
    re.IGNORECASE,
)
_AGAINST = re.compile(r"^(?:being\s+)?against\s+(?:any\s+)?", re.IGNORECASE)
# "non-recognition of the vote", not "non-lethal aid" or "non-proliferation treaty".
_NON_NOUN = re.compile(
    r"^non-?(?=[^\W\d_]{4,}(?:$|\s+(?:of|in|to|by|with|from|on|between)\b))", re.IGNORECASE
)
_INNER = re.compile(
    r"""(?<=\s)(?:not|never)\s+(?=[^\W\d_]+ing\b)               # "Ruritania not joining the pact"
      | (?<=\s)(?:do|does|did)(?:\s+not|n['’]t)\s+              # "they do not send troops"
      | (?<=\b(?:will|must))\s+(?:not|never)\b
      | (?<=\b(?:would|could|shall))\s+(?:not|never)\b
      | (?<=\bshould)(?:\s+(?:not|never)|n['’]t)\b
      | (?<=\bcan)not\b
      | (?<=^sending\s)no\s+ | (?<=^having\s)no\s+ | (?<=^making\s)no\s+""",
    re.IGNORECASE | re.VERBOSE,
)
_SUBORDINATE = re.compile(
    r"\b(?:that|which|who|whose|where|if|because|unless|until|while)\b", re.IGNORECASE
)
_FLIPPED: dict[Stance, Stance] = {"supports": "opposes", "opposes": "supports", "mixed": "mixed"}


def positively_worded(issue: str, stance: Stance) -> tuple[str, Stance]:
    """Reword a plainly negated issue positively and turn the stance accordingly.

    Only plain markers count (no, not, never, without, against, "non-" before a noun); words that
    merely mean something negative ("ending aid", "a ban on arms") stay. A marker inside a
    subordinate clause ("states that are not members") negates the clause, not the issue.

    Args:
        issue: the phrase that the stance applies to.
        stance: the stance on it.

    Returns:
        The issue without its negation and the opposite stance; both unchanged where nothing is
        negated. "Against" already names the stance, so whoever supports or opposes "against X"
        opposes X.
    """
    phrase = issue.strip()
    rest = _AGAINST.sub("", phrase)
    if rest and rest != phrase:
        return rest, "mixed" if stance == "mixed" else "opposes"
    rest = _without_negation(phrase)
    if rest and rest != phrase:
        return rest, _FLIPPED[stance]
    return issue, stance


def _without_negation(phrase: str) -> str:
    """Return the phrase without its one plain negation, or as it is."""
    for leading in (_LEADING, _NON_NOUN):
        if found := leading.match(phrase):
            return phrase[found.end() :]
    inner = _INNER.search(phrase)
    if inner is None or _SUBORDINATE.search(phrase, 1, inner.start()):
        return phrase
    return phrase[: inner.start()] + phrase[inner.end() :]


def _stem(word: str) -> str:
    """Strip plural, "-ment", "-ing", "-ed" and "-ion" endings and a final "e"."""
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, kept in (("ment", 5), ("ing", 3), ("ed", 3), ("ion", 4)):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= kept and not stem.endswith("e") and _VOWEL.search(stem):
            word = _DOUBLED.sub(r"\1", stem)
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word
