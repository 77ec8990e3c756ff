"""Finding the actors that an article describes without naming them ("a senior official")."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llm_extract.grounding.lexicon import (
    ADJECTIVAL_NOUNS,
    ADJECTIVE_ENDINGS,
    AMBIGUOUS_OFFICES,
    ARTICLES,
    BODY_NOUNS,
    DESCRIPTION_MODIFIERS,
    DOCUMENT_NOUNS,
    DOMAINS,
    FUNCTION_WORDS,
    GROUP_NOUNS,
    MONTHS,
    PERSON_NOUNS,
    POSTED_NOUNS,
    PRONOUNS,
    QUANTIFIERS,
    RELATIONAL_NOUNS,
    REPORTING_VERBS,
    WEEKDAYS,
)
from llm_extract.grounding.lines import BLANKS, Line
from llm_extract.grounding.mentions import NameMention
from llm_extract.grounding.places import country_of, is_adjective, is_place
from llm_extract.grounding.runs import name_follows
from llm_extract.grounding.words import Word, word_set

_HEADS = PERSON_NOUNS | GROUP_NOUNS | BODY_NOUNS | DOCUMENT_NOUNS
_PERSON_LINKS = word_set("of for at")
_GROUP_LINKS = word_set("of for at from in")
_BODY_LINKS = word_set("of in")
_POSTED_LINKS = word_set("of for at from in to")
_DROPPED = _POSTED_LINKS | ARTICLES | {"and"}
_MAX_MODIFIERS = 6
_MAX_LINKED = 8


@dataclass(frozen=True, slots=True)
class Description:
    """An unnamed actor at one place of the article.

    Attributes:
        line: the sentence.
        first: position of the first word of the description, articles not included.
        end: position after its last word.
        head: the folded noun that says what the actor is.
        content: the folded words that tell it apart, the country not included.
        country: the country it is said to belong to, folded.
        article: `the`, `a`, `an` or None.
        starts_sentence: whether its first capital, if any, is the sentence's.
    """

    line: Line
    first: int
    end: int
    head: str
    content: frozenset[str]
    country: str | None
    article: str | None
    starts_sentence: bool

    @property
    def start(self) -> int:
        """Offset of the first character, in code points."""
        return self.line.words[self.first].start

    @property
    def text(self) -> str:
        """The description as written, without an article."""
        return self.line.slice(self.first, self.end)

    @property
    def name(self) -> str:
        """The description as a name: with "a" or "an" if it has one, and a small initial."""
        text = self.text
        if self.starts_sentence:
            text = text[0].lower() + text[1:]
        return f"{self.article} {text}" if self.article in ("a", "an") else text

    @property
    def is_person(self) -> bool:
        """Whether it describes one person."""
        return self.head in PERSON_NOUNS

    @property
    def definite(self) -> bool:
        """Whether it refers to somebody the reader is taken to know."""
        return self.article == "the" or (
            self.article is None and (self.country is not None or self.is_person)
        )


def find_descriptions(lines: Sequence[Line], names: Sequence[NameMention]) -> list[Description]:
    """Return the unnamed actors of the sentences, in order.

    Args:
        lines: the sentences.
        names: the names found in them; their titles are no descriptions.
    """
    named: dict[int, set[int]] = {}
    titles: dict[int, set[int]] = {}
    for mention in names:
        number = mention.line.number
        named.setdefault(number, set()).update(range(mention.first, mention.end))
        titles.setdefault(number, set()).update(range(mention.opening, mention.first))
    return [
        description
        for line in lines
        for description in _Reader(
            line, named.get(line.number, set()), titles.get(line.number, set())
        ).descriptions()
    ]


def normal_words(words: Sequence[Word]) -> tuple[frozenset[str], str | None]:
    """Return the telling words of an office or description, and the country among them.

    Adjectives of countries become the country, so that "the Peruvian minister" and "Peru's
    minister" agree; premiers and PMs become prime ministers.
    """
    content: set[str] = set()
    country: str | None = None
    folded = [word.folded for word in words]
    i = 0
    while i < len(folded):
        for length in (4, 3, 2, 1):
            found = country_of(" ".join(folded[i : i + length]))
            if found and i + length <= len(folded):
                country = country or found
                i += length
                break
        else:
            content.update(_normal(folded[i]))
            i += 1
    return frozenset(content), country


def normal_head(head: str) -> str:
    """Return the head noun under which the synonyms of an office are kept."""
    return "minister" if head in ("premier", "pm") else head


def _normal(word: str) -> tuple[str, ...]:
    if word in ("premier", "pm"):
        return ("prime", "minister")
    if word in _DROPPED:
        return ()
    return ("defense",) if word == "defence" else (word,)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the descriptions of one sentence.

    Attributes:
        line: the sentence.
        named: positions of the words that are names.
        titles: positions of the words that are titles of names.
    """

    line: Line
    named: set[int]
    titles: set[int]

    def descriptions(self) -> Iterator[Description]:
        for i, word in enumerate(self.line.words):
            if word.folded in _HEADS and i not in self.named | self.titles and self._is_head(i):
                described = self._describe(self._first_modifier(i), i)
                if described is not None:
                    yield described

    def _is_head(self, i: int) -> bool:
        """Say whether word `i` is a noun of its own, not the modifier or title of what follows."""
        line, word = self.line, self.line.words[i]
        if word.capital and word.folded in AMBIGUOUS_OFFICES and not line.begins_sentence(i):
            return False
        if word.possessive or i + 1 == len(line.words) or not line.follows_closely(i + 1):
            return True
        if line.folded(i + 1) in _HEADS or name_follows(line, i) or line.gap(i + 1) == "-":
            return False
        return word.folded not in ADJECTIVAL_NOUNS or self._ends(i + 1)

    def _ends(self, i: int) -> bool:
        """Say whether no further noun of the phrase seems to stand at word `i`."""
        after = self.line.folded(i)
        return (
            i >= len(self.line.words)
            or not self.line.follows_closely(i)
            or after in FUNCTION_WORDS
            or after in REPORTING_VERBS
            or after.endswith("ed")
        )

    def _first_modifier(self, head: int) -> int:
        """Return where the modifiers of the noun at `head` begin, a possessor included."""
        line, first, owners = self.line, head, 0
        while line.follows_closely(first) and head - first < _MAX_MODIFIERS:
            before = line.words[first - 1]
            owners += before.possessive
            if owners > 1 or not (before.possessive or self._modifies(first - 1)):
                break
            if before.possessive and not self._owns(first - 1):
                break
            first -= 1
        if self._joins_domains(first):
            first -= 2
        while first < head and line.folded(first) in ("other", "both", "own"):
            first += 1
        return first

    def _owns(self, i: int) -> bool:
        word = self.line.words[i]
        return word.folded not in FUNCTION_WORDS and (word.capital or word.folded in _HEADS)

    def _modifies(self, i: int) -> bool:
        word = self.line.words[i]
        if word.folded in QUANTIFIERS or i in self.named or word.text == "US":
            return True
        if word.folded in WEEKDAYS or word.folded in MONTHS:
            return False
        if word.folded in FUNCTION_WORDS and word.folded not in DESCRIPTION_MODIFIERS:
            return False
        return (
            word.text[0].isdigit()
            or (word.capital and not self.line.begins_sentence(i))
            or is_adjective(word.folded)
            or word.folded in DESCRIPTION_MODIFIERS
            or word.folded in _HEADS
            or word.folded.endswith(ADJECTIVE_ENDINGS)
        )

    def _joins_domains(self, first: int) -> bool:
        """Say whether "foreign and" stands before "defence ministers" at word `first`."""
        line = self.line
        return (
            first >= 2
            and line.folded(first - 1) == "and"
            and line.folded(first) in DOMAINS
            and line.folded(first - 2) in DOMAINS
        )

    def _describe(self, first: int, head: int) -> Description | None:
        line, noun = self.line, self.line.folded(head)
        before = line.folded(first - 1) if line.follows_closely(first) else ""
        end = self._end_of_scope(head)
        if all(i in self.named for i in range(first, end)):
            return None
        content, country = normal_words(line.words[first:end])
        described = Description(
            line=line,
            first=first,
            end=end,
            head=noun,
            content=content,
            country=country,
            article=before if before in ARTICLES else None,
            starts_sentence=self._sentence_explains_capital(first),
        )
        owned = any(word.possessive for word in line.words[first:head])
        return described if self._is_actor(described, before, owned, end - head > 1) else None

    def _sentence_explains_capital(self, first: int) -> bool:
        word = self.line.words[first]
        if not word.capital or first in self.named or is_adjective(word.folded):
            return False
        if word.text.isupper() or is_place(word.folded):
            return False
        return self.line.begins_sentence(first) or word.folded in _HEADS | DESCRIPTION_MODIFIERS

    def _is_actor(self, found: Description, before: str, owned: bool, linked: bool) -> bool:
        """Say whether a noun phrase stands for an actor rather than for people in general."""
        noun = found.head
        if noun in DOCUMENT_NOUNS:
            reported = self.line.folded(found.end) in REPORTING_VERBS | {"read"}
            return reported and found.article is not None
        if noun in RELATIONAL_NOUNS and not linked and len(found.content) < 2:
            return False
        if before in PRONOUNS or before in ("no", "any", "every", "each"):
            return noun == "counterpart" and found.country is not None
        if owned or found.article == "the":
            return True
        if found.article is not None:
            return noun not in BODY_NOUNS or (len(found.content) > 1 and self._ends(found.end))
        if noun in GROUP_NOUNS:
            return True
        if noun in BODY_NOUNS | {"side"}:
            return found.country is not None or found.first in self.named
        return found.country is not None and self.line.begins_sentence(found.first)

    def _end_of_scope(self, head: int) -> int:
        """Return the position after "for the trade ministry" behind the noun at `head`, if any."""
        line = self.line
        links = _links_of(line.folded(head))
        end = i = head + 1
        if line.words[head].possessive:
            return end
        while i < len(line.words) - 1 and end - head < _MAX_LINKED:
            if line.folded(i) not in links or line.gap(i) not in BLANKS:
                break
            i += 1
            i += line.folded(i) in ARTICLES
            start = i
            while i < len(line.words) and line.follows_closely(i) and self._in_scope(i):
                i += 1
                noun = line.words[i - 1]
                closes = noun.folded in _HEADS and i - 1 not in self.named
                if closes and not noun.possessive and self._is_head(i - 1):
                    break
            if i == start or not self._closes_scope(i - 1):
                break
            end = i
            links = _BODY_LINKS - {"in"}
        return end

    def _in_scope(self, i: int) -> bool:
        word = self.line.words[i]
        if word.text == "US" or i in self.named:
            return True
        if word.folded in FUNCTION_WORDS or word.folded in WEEKDAYS or word.folded in MONTHS:
            return False
        return (
            word.capital
            or word.folded in _HEADS
            or word.folded in DESCRIPTION_MODIFIERS
            or is_adjective(word.folded)
        )

    def _closes_scope(self, i: int) -> bool:
        word = self.line.words[i]
        if word.possessive and i + 1 < len(self.line.words) and self.line.follows_closely(i + 1):
            return False
        return i in self.named or word.capital or word.folded in _HEADS | DOMAINS


def _links_of(head: str) -> frozenset[str]:
    if head in POSTED_NOUNS:
        return _POSTED_LINKS
    if head in PERSON_NOUNS:
        return _PERSON_LINKS
    if head in GROUP_NOUNS:
        return _GROUP_LINKS
    return _BODY_LINKS if head in BODY_NOUNS else frozenset()
