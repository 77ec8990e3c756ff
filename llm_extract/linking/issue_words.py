"""What an issue phrase says, as sets of words that other wordings of it share."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from llm_extract.grounding.issues import content_words
from llm_extract.grounding.lexicon import ARTICLES, HONORIFICS, MONTHS, WEEKDAYS
from llm_extract.grounding.places import country_meant, country_of, is_adjective
from llm_extract.grounding.words import Word, word_set, words_of

# Each line is one meaning: its words may stand for each other in an issue.
_ONE_MEANING = """
send sending deploy deploying deployment dispatch dispatching
weapon weapons arms armaments
troops soldiers forces
talks negotiations dialogue
resolve resolving resolution settle settling settlement
withdraw withdrawing withdrawal pullout
invade invading invasion incursion
ceasefire ceasefires truce armistice
war conflict
remarks comments statements
ties relations relationship
assist assisting assistance aid help helping
decide deciding decision
oppose opposing opposition
deliver delivering delivery deliveries
provide providing provision supply supplying supplies
impose imposing imposition
create creating creation establish establishing establishment
restore restoring restoration
maintain maintaining maintenance
strengthen strengthening
respect respecting
"""
# Words that turn an issue around, a line a meaning: both phrases have them or neither has.
_TURNING = """
halt halting stop stopping end ending cease ceasing cessation
cut cutting cuts reduce reducing reduction
ban banning bans prohibit prohibiting prohibition embargo embargoes
suspend suspending suspension freeze freezing
lift lifting remove removing removal scrap scrapping repeal abolish abolishing abolition
delay delaying postpone postponing postponement
block blocking prevent preventing prevention avoid avoiding
reject rejecting rejection refuse refusing refusal
leave leaving exit exiting quit quitting
abandon abandoning drop dropping give-up
increase more increasing raise raising expand expanding expansion extend extending extension
resume resuming continue continuing continuation
criticise criticising criticism condemn condemning
call calling calls demand demanding demands claim claiming claims
against anti without opposing
from
not no never
"""
# Words that say how, or that something is said, and leave the issue what it is.
_EMPTY = word_set(
    """urgent immediate immediately proposed reported alleged controversial means way ways need
    needs last next week month year late early today yesterday tomorrow
    being be been get getting have having make making take taking do doing"""
)
_RELATIVE = re.compile(
    r",\s+(?:which|who|whose|where|displaying|saying|stating|declaring)\b.*$", re.DOTALL
)
_PLAIN_AGAINST = re.compile(
    r"\b(sanctions?|embargo(?:es)?|war|tariffs?|strikes?|attacks?) against\b", re.IGNORECASE
)
_SHORTEST_ADVERB = 6
_AGENTS, _PLACES, _OBJECTS = "agent", "place", "object"
_ROLES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("in", "at", "inside", "within"), frozenset({_PLACES})),
    **dict.fromkeys(
        ("to", "on", "of", "for", "into", "toward", "towards", "with", "upon", "over", "about",
         "between", "among", "against"), frozenset({_OBJECTS})
    ),
    "from": frozenset({"origin"}),
}  # fmt: skip
_OWNER = frozenset({_AGENTS})
_ADJECTIVE = frozenset({_AGENTS, _PLACES})
_SYMMETRIC = re.compile(r"\b(?:between|among)\b", re.IGNORECASE)


@dataclass(frozen=True)
class IssueWords:
    """What a phrase says, as other wordings of it say it too.

    Attributes:
        names: countries and other names, in order, each with the parts that it may play.
        turning: the meanings that turn an issue around, such as ending or banning.
        numbers: figures.
        others: the meanings of all other words.
        symmetric: whether the names may change places, as in "talks between A and B".
    """

    names: tuple[tuple[str, frozenset[str]], ...]
    turning: frozenset[str]
    numbers: frozenset[str]
    others: frozenset[str]
    symmetric: bool

    @cached_property
    def meanings(self) -> frozenset[str]:
        """All of them but figures."""
        return frozenset(name for name, _ in self.names) | self.turning | self.others

    @cached_property
    def block(self) -> tuple[frozenset[str], frozenset[str]]:
        """What all phrases that say the same have in common."""
        return frozenset(name for name, _ in self.names), self.turning

    def overlap(self, other: "IssueWords") -> float:
        """Return how much two phrases share, 0 where they cannot say the same.

        Returns:
            The shared meanings over all meanings of both.
        """
        ours, theirs = self.meanings, other.meanings
        shared = len(ours & theirs)
        if not shared or self.block != other.block or not self._plays_alike(other):
            return 0.0
        if not (self.numbers <= other.numbers or other.numbers <= self.numbers):
            return 0.0
        return shared / (len(ours) + len(theirs) - shared)

    def _plays_alike(self, other: "IssueWords") -> bool:
        """Say whether each name plays the same part in both."""
        ours, theirs = dict(self.names), dict(other.names)
        if not (self.symmetric and other.symmetric) and list(ours) != list(theirs):
            return False
        return all(not parts.isdisjoint(theirs[name]) for name, parts in ours.items())


def issue_words(phrase: str, common: Collection[str]) -> IssueWords:
    """Read an issue phrase; clauses that only add something are left out.

    Args:
        phrase: the phrase.
        common: folded words that are no names, though a phrase may begin with one.
    """
    names: dict[str, frozenset[str]] = {}
    turning: set[str] = set()
    numbers: set[str] = set()
    others: set[str] = set()
    core = _core(phrase)
    for unit in _units(core, common):
        if unit.kind == "name":
            names.setdefault(unit.meaning, unit.parts)
        elif unit.meaning:
            {"turning": turning, "number": numbers}.get(unit.kind, others).add(unit.meaning)
    return IssueWords(
        tuple(names.items()), frozenset(turning), frozenset(numbers), frozenset(others),
        len(names) > 1 and bool(_SYMMETRIC.search(core)),
    )  # fmt: skip


def written_words(phrase: str, common: Collection[str]) -> dict[str, str]:
    """Return the words of a phrase as written, by what they mean; arguments as `issue_words`."""
    found: dict[str, str] = {}
    for unit in _units(_core(phrase), common):
        if unit.meaning:
            found.setdefault(unit.meaning, unit.text)
    return found


@dataclass(frozen=True)
class _Unit:
    """A word, or the words of a country.

    Attributes:
        text: as written.
        kind: `name`, `turning`, `number` or nothing in particular.
        meaning: what it says; empty where it adds nothing.
        parts: for a name, the parts that it may play.
    """

    text: str
    kind: str
    meaning: str
    parts: frozenset[str] = frozenset()


def _core(phrase: str) -> str:
    return _PLAIN_AGAINST.sub(r"\1 on", _RELATIVE.sub("", phrase))


def _units(text: str, common: Collection[str]) -> Iterator[_Unit]:
    words = words_of(text)
    i, parts = 0, _OWNER
    while i < len(words):
        length, country = _country_at(words, i)
        found = words[i : i + length]
        written = " ".join(word.text for word in found)
        unit = _Unit(written, "name", country) if country else _word(found[0], common)
        if unit.kind == "name":
            parts = _parts(words, i, found, parts)
            unit = replace(unit, parts=parts)
        yield unit
        i += length


def _country_at(words: Sequence[Word], i: int) -> tuple[int, str]:
    """Return how many words from `i` on name a country or capital, and the country."""
    if words[i].capital:
        for length in (4, 3, 2, 1):
            folded = " ".join(word.folded for word in words[i : i + length])
            country = country_of(folded) or country_meant(folded)
            if country and i + length <= len(words):
                return length, country
    return 1, ""


def _parts(
    words: Sequence[Word], i: int, found: Sequence[Word], before: frozenset[str]
) -> frozenset[str]:
    """Return the parts that the name at word `i` may play: who acts, who is acted on, where."""
    if found[-1].possessive:
        return _OWNER
    if is_adjective(" ".join(word.folded for word in found)):
        return _ADJECTIVE
    previous = i - 1
    while previous >= 0 and words[previous].folded in ARTICLES:
        previous -= 1
    if previous < 0:
        return _OWNER
    if words[previous].folded in ("and", "or"):
        return before
    return _ROLES.get(words[previous].folded, _OWNER)


def _word(word: Word, common: Collection[str]) -> _Unit:
    turned = _turning().get(word.folded)
    if turned is not None:
        return _Unit(word.text, "turning", turned)
    if word.folded in _EMPTY | HONORIFICS | MONTHS | WEEKDAYS:
        return _Unit(word.text, "", "")
    if word.text[0].isdigit():
        return _Unit(word.text, "number", word.folded)
    adverb = len(word.text) > _SHORTEST_ADVERB and word.text.endswith("ly")
    stem = next(iter(content_words(word.text[:-2] if adverb else word.text)), "")
    if stem and word.capital and (word.start or word.folded not in common):
        return _Unit(word.text, "name", stem)
    return _Unit(word.text, "", _meanings().get(word.folded) or _meanings().get(stem) or stem)


def _table(lines: str) -> dict[str, str]:
    table = {}
    for line in lines.strip().split("\n"):
        first, *_ = line.split()
        for word in line.split():
            table[word] = first
    return table


@cache
def _turning() -> dict[str, str]:
    return _table(_TURNING)


@cache
def _meanings() -> dict[str, str]:
    return _table(_ONE_MEANING)
