"""Capitalised sequences: where in a sentence a name begins and ends."""

import re
from collections.abc import Iterator

from llm_extract.grounding.lexicon import (
    ARTICLES,
    BODIES,
    DOMAINS,
    FUNCTION_WORDS,
    MONTH_ABBREVIATIONS,
    MONTHS,
    NAME_LIKE_FUNCTION_WORDS,
    NAME_LIKE_MONTHS,
    OFFICES,
    PRONOUNS,
    WEEKDAY_ABBREVIATIONS,
    WEEKDAYS,
)
from llm_extract.grounding.lines import Line, may_end_in_dot
from llm_extract.grounding.places import is_adjective, is_place, place_words
from llm_extract.grounding.titles import is_title
from llm_extract.grounding.words import Word, fold_characters, word_set

MAX_NAME_WORDS = 12
_MAX_DATELINE = 60
_JOINING_PARTICLES = word_set(
    "al el bin ibn bint ben abu van von der den de del della di da dos das du la le y"
)
_OPENING_PARTICLES = ("al", "el")
_OWNING_BODIES = word_set(
    "people peoples women children workers teachers men students veterans world"
)
_SEATED_BODIES = word_set("embassy consulate mission delegation")
_GROUP_OF_STATES = re.compile(r"[A-Z]\d{1,2}")
_APOSTROPHE = re.compile(r"['’‘ʼ]")


def runs_of(line: Line) -> Iterator[tuple[int, int]]:
    """Yield the capitalised sequences of a sentence, a dateline left out.

    Particles ("van", "al-") and what belongs to a body's name ("of the", "for") are part of a
    sequence; weekdays, months, pronouns and words shouted in capitals are not.

    Yields:
        The positions of the first word and after the last word.
    """
    i = _after_dateline(line)
    while i < len(line.words):
        word = line.words[i]
        if not (word.capital or word.folded in _OPENING_PARTICLES):  # most words
            i += 1
            continue
        end = end_of_run(line, i)
        if end > i:
            yield i, end
        i = max(end, i + 1)


def end_of_run(line: Line, i: int) -> int:
    """Return the position after the capitalised sequence at word `i`, `i` where there is none."""
    if not may_be_in_name(line, i) and not _particle_opens(line, i):
        return i
    end = i + 1
    while end < len(line.words) and end - i < MAX_NAME_WORDS:
        further = _continuation(line, i, end)
        if further == end:
            break
        end = further
    return end


def name_follows(line: Line, i: int) -> bool:
    """Say whether a capitalised word that may begin a name follows word `i` directly."""
    return _capital_at(line, i + 1)


def may_be_in_name(line: Line, i: int) -> bool:
    """Say whether word `i` has a capital that a name may explain."""
    word = line.words[i]
    if not word.capital or _is_date_word(line, i):
        return False
    if _is_prefixed(line, i) or _is_compound_adjective(line, i):
        return False
    if not word.text.isalpha() and any(c.isdigit() for c in word.text):
        return _GROUP_OF_STATES.fullmatch(word.text) is not None
    if word.text.isupper() and len(word.text) > 1:
        return not _shouted(line, i)
    before_apostrophe = fold_characters(_APOSTROPHE.split(word.text)[0])
    if word.folded in PRONOUNS or word.folded in ARTICLES or before_apostrophe in PRONOUNS:
        return False
    if word.folded in FUNCTION_WORDS or (
        before_apostrophe in FUNCTION_WORDS and before_apostrophe != word.folded
    ):
        between = i > 0 and _joined(line, i) and line.words[i - 1].capital
        name_like = between or word.folded in NAME_LIKE_FUNCTION_WORDS
        before_name = i + 1 < len(line.words) and _joined(line, i + 1)
        return (
            name_like
            and not line.begins_sentence(i)
            and before_name
            and _is_plain_capital(line.words[i + 1])
        )
    return True


def _is_plain_capital(word: Word) -> bool:
    """Say whether a word has a capital that being a name alone explains."""
    return word.capital and not (
        word.folded in FUNCTION_WORDS or word.folded in WEEKDAYS or word.folded in MONTHS
    )


def _is_date_word(line: Line, i: int) -> bool:
    word = line.words[i].folded
    if word in WEEKDAYS:
        return True
    if word in MONTHS:
        follows_name = i > 0 and _joined(line, i) and _is_plain_capital(line.words[i - 1])
        return word not in NAME_LIKE_MONTHS or not follows_name
    if word in MONTH_ABBREVIATIONS or word in WEEKDAY_ABBREVIATIONS:
        return line.folded(i - 1).isdigit() or line.folded(i + 1).isdigit()
    return False


def _after_dateline(line: Line) -> int:
    """Return the first word after "PARIS, May 3 (Agency) —", 0 where there is no dateline."""
    for i in range(1, len(line.words)):
        word = line.words[i - 1]
        if not (word.capital or word.text[0].isdigit()):
            return 0
        if word.start - line.sentence.start > _MAX_DATELINE:
            return 0
        gap = line.gap(i)
        if gap.strip(" )\u00a0") in ("—", "–", "-", "--") and gap[-1].isspace():
            return i
    return 0


def _joined(line: Line, i: int) -> bool:
    """Say whether word `i` stands directly after the word before it."""
    if line.words[i - 1].possessive:
        return False
    if line.follows_closely(i) or line.gap(i) in (" & ", "&"):
        return True
    return line.gap(i) in (". ", ".\u00a0", ".") and may_end_in_dot(line.words[i - 1])


def _capital_at(line: Line, i: int) -> bool:
    return (
        i < len(line.words)
        and line.words[i].capital
        and _joined(line, i)
        and may_be_in_name(line, i)
    )


def _shouted(line: Line, i: int) -> bool:
    """Say whether word `i` belongs to three or more words in capitals."""
    run = 1
    for step in (-1, 1):
        at = i
        while run < 3 and _capitals_next(line, at, step):
            at += step
            run += 1
    return run >= 3


def _capitals_next(line: Line, i: int, step: int) -> bool:
    at = i + step
    return (
        0 <= at < len(line.words) and line.words[at].text.isupper() and line.gap(max(i, at)) == " "
    )


def _is_prefixed(line: Line, i: int) -> bool:
    """Say whether word `i` is the adjective in "pro-Western"."""
    if i == 0 or line.gap(i) != "-":
        return False
    before = line.words[i - 1]
    return not before.capital and before.folded not in _JOINING_PARTICLES


def _is_compound_adjective(line: Line, i: int) -> bool:
    """Say whether word `i` is part of an adjective such as "EU-led"."""
    if i + 1 >= len(line.words) or line.gap(i + 1) not in ("-", "–"):
        return False
    after = line.words[i + 1]
    return not after.capital and after.folded not in _JOINING_PARTICLES


def _particle_opens(line: Line, i: int) -> bool:
    return (
        line.folded(i) in _OPENING_PARTICLES
        and i + 1 < len(line.words)
        and line.gap(i + 1) == "-"
        and line.words[i + 1].capital
    )


def _continuation(line: Line, first: int, end: int) -> int:
    """Return where a sequence of words `first:end` goes on to, `end` where it stops."""
    last, word = line.words[end - 1], line.words[end]
    if last.possessive:
        return end + 1 if _owns_body(line, first, end) else end
    if not _joined(line, end):
        return end
    if line.gap(end) == "-" and _is_place_word(last) and _is_place_word(word):
        return end
    if may_be_in_name(line, end):
        return end + 1
    following = end + 1
    if word.folded in _JOINING_PARTICLES:
        while line.folded(following) in _JOINING_PARTICLES:
            following += 1
    elif word.folded in ("of", "for") and _takes_scope(line, first, end):
        following += line.folded(following) == "the"
    elif word.text in ("and", "&"):
        if not _is_list_of_domains(line, first, end):
            return end
    elif not (word.folded == "in" and last.folded in _SEATED_BODIES):
        return end
    return following + 1 if _capital_at(line, following) else end


def _takes_scope(line: Line, first: int, end: int) -> bool:
    """Say whether "of" or "for" goes on with the name of a body or office `first:end`."""
    head = line.folded(end - 1)
    if head in BODIES or head in OFFICES or head == "friends":
        return True
    return head in DOMAINS and any(
        line.folded(i) in OFFICES and line.folded(i + 1) in ("of", "for") for i in range(first, end)
    )


def _is_list_of_domains(line: Line, first: int, end: int) -> bool:
    """Say whether "and" joins what a ministry or minister is responsible for."""
    return (
        line.folded(end - 1) in DOMAINS
        and line.folded(end + 1) in DOMAINS
        and any(w.folded in BODIES or is_title(w.folded) for w in line.words[first:end])
    )


def _is_place_word(word: Word) -> bool:
    return word.folded in place_words() or is_adjective(word.folded)


def _owns_body(line: Line, first: int, end: int) -> bool:
    """Say whether "'s" before word `end` is part of a body's name ("Peru's Trade Ministry")."""
    if line.gap(end) != " " or not may_be_in_name(line, end):
        return False
    owner = line.folded(end - 1)
    if owner in _OWNING_BODIES:
        return True
    if not (is_title(owner) or is_place(" ".join(w.folded for w in line.words[first:end]))):
        return False
    last = end
    while _capital_at(line, last + 1):
        last += 1
    owned = [word.folded for word in line.words[end : last + 1]]
    return owned[-1] in BODIES and not any(is_title(word) for word in owned)
