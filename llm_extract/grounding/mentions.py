"""Finding the names in an article without a model: capitalised sequences and their titles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from llm_extract.grounding.lexicon import (
    ABBREVIATED,
    ARTICLES,
    BODIES,
    BODY_NOUNS,
    DOMAINS,
    FUNCTION_WORDS,
    GROUP_NOUNS,
    HONORIFICS,
    LOCATIVES,
    NON_ACTOR_HEADS,
    OFFICES,
    PRONOUNS,
    REPORTING_VERBS,
)
from llm_extract.grounding.lines import BLANKS, Line
from llm_extract.grounding.places import is_adjective, is_place, place_words
from llm_extract.grounding.runs import MAX_NAME_WORDS, end_of_run, name_follows, runs_of
from llm_extract.grounding.titles import is_title, may_precede_title, title_length
from llm_extract.grounding.words import Word, word_set

_MAX_LOOK_BACK = 8
_MAX_APPOSITION = 8
_APPOSITION_LINKS = word_set("of at for with in from")
_AFTER_APPOSITION = _APPOSITION_LINKS | word_set("and who whose but which")


@dataclass(frozen=True)
class NameMention:
    """A name at one place of the article.

    Attributes:
        words: the words of the name, without titles.
        line: the sentence.
        opening: position in the sentence of the first word, titles included.
        first: position of the name's first word.
        end: position after its last word.
        role: the title before or the apposition after the name, as written.
        affiliation: the country or body that the role is of, as written.
        titled: whether a title or form of address marks it as a person.
        initial: whether only the beginning of a sentence explains the first capital.
    """

    words: tuple[Word, ...]
    line: Line
    opening: int
    first: int
    end: int
    role: str | None = None
    affiliation: str | None = None
    titled: bool = False
    initial: bool = False

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The folded words of the name."""
        return tuple(word.folded for word in self.words)

    @property
    def text(self) -> str:
        """The name as written."""
        return self.line.slice(self.first, self.end)

    @property
    def reports(self) -> bool:
        """Whether a verb of saying follows."""
        return self.line.folded(self.end) in REPORTING_VERBS

    @property
    def definite(self) -> bool:
        """Whether "the" precedes."""
        return self.line.folded(self.first - 1) == "the"

    @property
    def located(self) -> bool:
        """Whether a preposition of place precedes."""
        return self.line.folded(self.first - 1) in LOCATIVES

    @property
    def classed(self) -> bool:
        """Whether a noun for a body precedes directly ("the newspaper Metro")."""
        return self.line.follows_closely(self.first) and (
            self.line.folded(self.first - 1) in BODIES | BODY_NOUNS
        )

    @property
    def qualifies(self) -> bool:
        """Whether it only tells what a title or group after it belongs to ("Newtown resident")."""
        return (
            self.end < len(self.line.words)
            and not self.words[-1].possessive
            and self.line.follows_closely(self.end)
            and (is_title(self.line.folded(self.end)) or self.line.folded(self.end) in GROUP_NOUNS)
        )


def find_names(lines: Sequence[Line]) -> list[NameMention]:
    """Return the names in the sentences, in order.

    In a headline whose words all begin with a capital only names found elsewhere count.
    """
    headlines = [_in_title_case(line) for line in lines]
    plain = [line for line, headline in zip(lines, headlines, strict=True) if not headline]
    found = [m for line in plain for run in runs_of(line) for m in _read_run(line, *run)]
    kept = _without_false_starts(found, plain)
    known = {mention.key for mention in kept}
    known |= {mention.key[-1:] for mention in kept if mention.titled or mention.reports}
    for line, headline in zip(lines, headlines, strict=True):
        if headline:
            kept.extend(_known_names_in(line, known))
    return sorted(kept, key=lambda mention: mention.words[0].start)


def _in_title_case(line: Line) -> bool:
    long = [word for word in line.words if len(word.text) > 3 and word.text[0].isalpha()]
    if all(word.text.isupper() for word in long):
        return len(long) > 1
    if line.sentence.kind == "heading":
        least, share = 4, 0.8
    else:
        least, share = 16, 0.75  # a headline that runs like a sentence
    return len(long) >= least and sum(word.capital for word in long) >= share * len(long)


def _known_names_in(line: Line, known: set[tuple[str, ...]]) -> Iterator[NameMention]:
    i = 0
    while i < len(line.words):
        for end in range(min(len(line.words), i + MAX_NAME_WORDS), i, -1):
            words = line.words[i:end]
            if words[0].capital and tuple(word.folded for word in words) in known:
                yield NameMention(words, line, i, i, end)
                i = end - 1
                break
        i += 1


def _read_run(line: Line, first: int, end: int) -> Iterator[NameMention]:
    """Read a capitalised sequence: titles are taken off, bare offices and adjectives left out."""
    opening = _look_back(line, first)
    start = opening + title_length(line.words[opening:end])
    titled = start > opening and start >= first
    if not titled:
        opening = start = first
        body = _after_office_of(line, first, end)
        if body != first:
            if body < end:
                yield from _read_run(line, body, end)
            return
    while end - start > 1 and _is_loose_adjective(line, end - 1):
        end -= 1
    words = line.words[start:end]
    if not words or _is_no_actor(words) or _is_bare_office(words):
        return
    role, affiliation = _title_before(line, opening, start) if titled else (None, None)
    mention = NameMention(
        words, line, opening, start, end, titled=titled,
        initial=start == first and line.begins_sentence(first),
    )  # fmt: skip
    if role is None and not mention.definite and not is_place(" ".join(mention.key)):
        role, apposed = _apposition(line, end)
        affiliation = affiliation or apposed
    if role is None and affiliation is None:  # most names
        yield mention
        return
    yield replace(mention, role=role, affiliation=affiliation, titled=titled or role is not None)


def _look_back(line: Line, first: int) -> int:
    """Return where the lower-case titles directly before word `first` begin."""
    i = first
    while i > 0 and first - i < _MAX_LOOK_BACK:
        before = line.words[i - 1]
        after_comma = line.gap(i) == ", " and i == first
        if not line.follows_closely(i) and not (
            after_comma and is_title(before.folded) and not before.capital
        ):
            break
        if before.possessive and not _is_place_word(before):
            break
        if before.folded in PRONOUNS and before.text != "US":
            break
        if not (is_title(before.folded) or may_precede_title(before.folded)):
            break
        i -= 1
    return i


def _is_place_word(word: Word) -> bool:
    return word.folded in place_words() or is_adjective(word.folded)


def _after_office_of(line: Line, first: int, end: int) -> int:
    """Return where the body begins in "Speaker of the Senate", `first` without an office."""
    for i in range(first, end - 1):
        if is_title(line.folded(i)) and line.folded(i + 1) in ("of", "for"):
            if any(word.folded in BODIES for word in line.words[first:i]):
                return first
            return i + 2 + (line.folded(i + 2) == "the")
    return first


def _is_loose_adjective(line: Line, i: int) -> bool:
    """Say whether word `i` ends a sequence although it belongs to what follows ("… Democratic")."""
    return (
        is_adjective(line.folded(i))
        and i + 1 < len(line.words)
        and line.gap(i + 1) in BLANKS
        and line.folded(i + 1) not in FUNCTION_WORDS
        and line.folded(i + 1) not in REPORTING_VERBS
        and not line.words[i].possessive
    )


def _is_no_actor(words: Sequence[Word]) -> bool:
    folded = [word.folded for word in words]
    if is_place(" ".join(folded)) or folded[-1] in BODIES:
        return False
    if folded[-1] in NON_ACTOR_HEADS or "war" in folded:
        return True
    if len(words) == 1:
        return len(folded[0]) == 1 or (len(words[0].text) > 6 and words[0].text.isupper())
    return False


def _is_bare_office(words: Sequence[Word]) -> bool:
    """Say whether a sequence is an adjective, or an office that nobody is named for."""
    folded = [word.folded for word in words]
    if is_place(" ".join(folded)):
        return False
    if all(is_adjective(word) for word in folded) or is_adjective(" ".join(folded)):
        return True
    if any(word in BODIES for word in folded) and folded[-1] not in OFFICES | (
        GROUP_NOUNS - BODIES
    ):
        return False
    if folded[-1] in HONORIFICS or folded[-1] in OFFICES:
        return True
    known = [_may_be_in_office(word) or word in GROUP_NOUNS for word in folded]
    return all(known) and (len(folded) > 1 or is_title(folded[0]) or folded[0] in DOMAINS)


def _may_be_in_office(word: str) -> bool:
    return is_title(word) or may_precede_title(word) or word in ("of", "for", "the", "and")


def _title_before(line: Line, opening: int, start: int) -> tuple[str | None, str | None]:
    """Return role and affiliation from the titles in words `opening:start`."""
    first, end = _without_honorifics(line, opening, start)
    if first >= end:
        return None, None
    scoped = _country_scope(line, first, end)
    if scoped is not None:
        return line.slice(first, scoped), line.slice(scoped + 1, end).removeprefix("the ")
    office = end
    while office > first and _may_be_role_word(line.folded(office - 1)):
        office -= 1
    lead = first
    while lead < office and not (line.words[lead].capital or _is_place_word(line.words[lead])):
        lead += 1
    if lead == office:
        role, affiliation = line.slice(first, end), None
    else:
        role, affiliation = (
            line.slice(first if lead > first else office, end),
            line.slice(lead, office),
        )
    return (None if role == "counterpart" else role), affiliation


def _without_honorifics(line: Line, first: int, end: int) -> tuple[int, int]:
    dropped = HONORIFICS - OFFICES | {"most", "right"}
    while end > first and line.folded(end - 1) in dropped | (ABBREVIATED - OFFICES):
        end -= 1
    while end > first and line.folded(first) in dropped:
        first += 1
    return first, end


def _country_scope(line: Line, first: int, end: int) -> int | None:
    """Return the position of "of" in "minister of trade of Peru", None without a country."""
    for i in range(end - 2, first, -1):
        if line.folded(i) == "of":
            scope = [word.folded for word in line.words[i + 1 : end] if word.folded != "the"]
            return i if scope and all(word in place_words() for word in scope) else None
    return None


def _may_be_role_word(word: str) -> bool:
    if word in place_words() or is_adjective(word) or (word in BODIES and word not in OFFICES):
        return False
    return _may_be_in_office(word)


def _leading_place(words: Sequence[Word]) -> int:
    """Return how many leading words name a country or nationality, the last word never."""
    for length in range(min(3, len(words) - 1), 0, -1):
        phrase = " ".join(word.folded for word in words[:length])
        if is_place(phrase) or is_adjective(phrase):
            return length
    return 0


def _apposition(line: Line, end: int) -> tuple[str | None, str | None]:
    """Return role and affiliation from ", the head of X," after the name that ends at `end`."""
    if end >= len(line.words) or line.gap(end) != ", ":
        return None, None
    first = end + (line.folded(end) in ARTICLES)
    for i in range(first, min(first + _MAX_APPOSITION, len(line.words))):
        word = line.words[i]
        if i > first and not line.follows_closely(i):
            return None, None
        if is_title(word.folded) and not word.possessive and not _title_goes_on(line, i):
            return _apposed_role(line, first, i)
        known = may_precede_title(word.folded) or word.capital or is_title(word.folded)
        if not known and (word.folded in FUNCTION_WORDS or word.folded in REPORTING_VERBS):
            return None, None
    return None, None


def _title_goes_on(line: Line, i: int) -> bool:
    if name_follows(line, i):
        return True
    after = line.folded(i + 1)
    return (is_title(after) or may_precede_title(after)) and line.follows_closely(i + 1)


def _apposed_role(line: Line, first: int, office: int) -> tuple[str | None, str | None]:
    lead = _leading_place(line.words[first : office + 1])
    affiliation = line.slice(first, first + lead) if lead else None
    role = line.slice(first + lead, office + 1)
    end = office + 1
    if line.folded(end) in _APPOSITION_LINKS and line.gap(end) in BLANKS:
        start = end + 1 + (line.folded(end + 1) == "the")
        end = end_of_run(line, start) if start < len(line.words) else start
        if end > start:
            affiliation = line.slice(start, end)
        else:
            return role, affiliation
    closes = (
        end >= len(line.words)
        or line.gap(end) not in BLANKS
        or line.folded(end) in _AFTER_APPOSITION
    )
    return (role, affiliation) if closes else (None, None)


def _without_false_starts(found: list[NameMention], lines: Sequence[Line]) -> list[NameMention]:
    """Leave out words that owe their capital to the beginning of a sentence."""
    lower = {word.folded for line in lines for word in line.words if word.text.islower()}
    inside = {word for mention in found for word in mention.key[mention.initial :]}
    whole = {mention.key for mention in found if not mention.initial or len(mention.key) > 1}
    alone = {mention.key[0] for mention in found if len(mention.key) == 1 and not mention.initial}
    kept = []
    for mention in found:
        first, rest = mention.key[0], mention.key[1:]
        if mention.initial and not rest:
            if _stands_alone(mention, lower, inside, alone):
                kept.append(mention)
        elif (
            mention.initial
            and (
                (rest in whole and first in lower)
                or (first.endswith("ing") and first not in inside)
            )
        ) or _is_acronym_before_name(mention, whole):
            kept.append(_shortened(mention))
        else:
            kept.append(mention)
    return kept


def _stands_alone(mention: NameMention, lower: set[str], inside: set[str], alone: set[str]) -> bool:
    word = mention.words[0]
    if is_place(word.folded) or (word.text.isupper() and len(word.text) > 1) or mention.titled:
        return True
    if word.folded in alone or (word.folded in inside and word.folded not in lower):
        return True
    return word.folded not in lower and (word.possessive or mention.reports)


def _is_acronym_before_name(mention: NameMention, whole: set[tuple[str, ...]]) -> bool:
    """Say whether the first word is a broadcaster or the like before a known name ("TV Novak")."""
    rest = mention.key[1:]
    if not rest or mention.titled or not mention.words[0].text.isupper():
        return False
    known = rest in whole or any(
        key[-1:] == rest for key in whole if len(key) > 1 and key != mention.key
    )
    return known and len(mention.words[0].text) > 1 and not any(word in BODIES for word in rest)


def _shortened(mention: NameMention) -> NameMention:
    first = mention.first + 1
    return replace(mention, words=mention.words[1:], opening=first, first=first, initial=False)
