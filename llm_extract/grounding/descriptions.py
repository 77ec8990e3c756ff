"""Finding the actors that an article describes without naming them ("a senior official")."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llm_extract.grounding.lexicon import (
    ADJECTIVE_ENDINGS,
    AMBIGUOUS_OFFICES,
    ARTICLES,
    BODY_NOUNS,
    DESCRIPTION_MODIFIERS,
    DOCUMENT_NOUNS,
    FUNCTION_WORDS,
    GROUP_NOUNS,
    PERSON_NOUNS,
    QUANTIFIERS,
    REPORTING_VERBS,
)
from llm_extract.grounding.mentions import Line, NameMention, begins_sentence, name_follows
from llm_extract.grounding.places import country_of, is_adjective, is_place
from llm_extract.grounding.words import Word

_HEADS = PERSON_NOUNS | GROUP_NOUNS | BODY_NOUNS | DOCUMENT_NOUNS
_LINKS = frozenset(("of", "for", "from", "at", "in", "to"))
_LINKED_HEADS = (PERSON_NOUNS | GROUP_NOUNS | BODY_NOUNS) - {"company", "companies", "countries"}
_DROPPED = frozenset(("of", "for", "from", "at", "in", "to", "the", "a", "an", "and"))
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
        content: the folded words that tell it apart, countries for their adjectives.
        article: `the`, `a`, `an` or None.
        country: the country it is said to belong to, folded.
    """

    line: Line
    first: int
    end: int
    head: str
    content: frozenset[str]
    article: str | None
    country: str | None

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
        word = self.line.words[self.first]
        text = self.text
        if self._initial_is_due_to_position(word):
            text = text[0].lower() + text[1:]
        return f"{self.article} {text}" if self.article in ("a", "an") else text

    @property
    def is_person(self) -> bool:
        """Whether it describes one person."""
        return self.head in PERSON_NOUNS

    @property
    def definite(self) -> bool:
        """Whether it refers to somebody the reader is taken to know."""
        return self.article == "the" or (self.article is None and self.country is not None)

    def _initial_is_due_to_position(self, word: Word) -> bool:
        if not word.capital or word.text.isupper():
            return False
        return word.folded in DESCRIPTION_MODIFIERS | _HEADS | QUANTIFIERS or (
            not is_adjective(word.folded) and word.folded.endswith(ADJECTIVE_ENDINGS)
        )


def find_descriptions(lines: Sequence[Line], names: Sequence[NameMention]) -> list[Description]:
    """Return the unnamed actors of the sentences, in order.

    Args:
        lines: the sentences.
        names: the names found in them; their titles are no descriptions.
    """
    taken: dict[int, set[int]] = {}
    for mention in names:
        taken.setdefault(mention.line.number, set()).update(range(mention.first, mention.end))
    return [d for line in lines for d in _in_line(line, taken.get(line.number, set()))]


def normal_words(words: Sequence[Word]) -> tuple[frozenset[str], str | None]:
    """Return the telling words of an office or description, and the country among them.

    Adjectives of countries become the country, so that "the Peruvian minister" and "Peru's
    minister" agree; premiers and PMs become prime ministers.
    """
    content: set[str] = set()
    country: str | None = None
    i = 0
    folded = [word.folded for word in words]
    while i < len(folded):
        for length in (4, 3, 2, 1):
            found = country_of(" ".join(folded[i : i + length]))
            if found and i + length <= len(folded):
                country = country or found
                i += length
                break
        else:
            word = folded[i]
            if word in ("premier", "pm"):
                content.update(("prime", "minister"))
            elif word not in _DROPPED:
                content.add({"defence": "defense"}.get(word, word))
            i += 1
    return frozenset(content), country


def normal_head(head: str) -> str:
    """Return the head noun under which synonyms of an office are kept."""
    return "minister" if head in ("premier", "pm") else head


def _in_line(line: Line, taken: set[int]) -> Iterator[Description]:
    for i, word in enumerate(line.words):
        if word.folded not in _HEADS or i in taken or _is_modifier(line, i):
            continue
        if word.capital and word.folded in AMBIGUOUS_OFFICES and not begins_sentence(line, i):
            continue
        first = _first_modifier(line, i, taken)
        described = _describe(line, first, i, taken)
        if described is not None:
            yield described


def _is_modifier(line: Line, i: int) -> bool:
    """Say whether word `i` only modifies a noun that follows, or titles a name."""
    if line.words[i].possessive or i + 1 >= len(line.words):
        return False
    if line.gap(i + 1) not in (" ", "-"):
        return False
    following = line.words[i + 1]
    return following.folded in _HEADS or (name_follows(line, i) and following.capital)


def _first_modifier(line: Line, head: int, taken: set[int]) -> int:
    """Return where the modifiers of the noun at `head` begin, a possessor included."""
    first = head
    while first > 0 and head - first < _MAX_MODIFIERS:
        before = line.words[first - 1]
        if line.gap(first) not in (" ", "-", "\u00a0"):
            break
        if before.possessive:
            return _possessor(line, first - 1, taken)
        if not _modifies(before, first - 1 in taken):
            break
        first -= 1
    return first


def _modifies(word: Word, is_name: bool) -> bool:
    if word.folded in QUANTIFIERS or is_name:
        return True
    if word.folded in FUNCTION_WORDS and word.folded not in DESCRIPTION_MODIFIERS:
        return word.text == "US"
    return (
        word.text[0].isdigit()
        or word.capital
        or word.folded in DESCRIPTION_MODIFIERS
        or word.folded in _HEADS
        or word.folded.endswith(ADJECTIVE_ENDINGS)
    )


def _possessor(line: Line, owner: int, taken: set[int]) -> int:
    first = owner
    while first > 0 and line.gap(first) in (" ", "-") and not line.words[first - 1].possessive:
        if not _modifies(line.words[first - 1], first - 1 in taken):
            break
        first -= 1
    return first


def _describe(line: Line, first: int, head: int, taken: set[int]) -> Description | None:
    noun = line.words[head].folded
    before = line.words[first - 1].folded if first > 0 and line.gap(first) == " " else None
    article = before if before in ARTICLES else None
    owned = any(word.possessive for word in line.words[first:head])
    plural = noun in GROUP_NOUNS
    end = _end_of_scope(line, head)
    content, country = normal_words(line.words[first:end])
    if noun in DOCUMENT_NOUNS and not _reported(line, head):
        return None
    if not owned and article is None:
        if before in ("his", "her", "their", "its", "our", "my", "no", "any", "this", "that"):
            return None
        if not plural and not (country and noun in BODY_NOUNS | {"side"}):
            return None
    if owned and noun not in BODY_NOUNS and noun not in PERSON_NOUNS | GROUP_NOUNS:
        return None
    if noun in BODY_NOUNS and article in ("a", "an") and first == head:
        return None
    if all(i in taken for i in range(first, end)):
        return None
    return Description(line, first, end, noun, content, article, country)


def _reported(line: Line, head: int) -> bool:
    return head + 1 < len(line.words) and line.words[head + 1].folded in REPORTING_VERBS | {"read"}


def _end_of_scope(line: Line, head: int) -> int:
    """Return the position after "for the trade ministry" behind the noun at `head`, if there."""
    if line.words[head].possessive or line.words[head].folded not in _LINKED_HEADS:
        return head + 1
    i = head + 1
    end = head + 1
    while i < len(line.words) - 1 and i - head < _MAX_LINKED:
        if line.words[i].folded not in _LINKS or line.gap(i) != " ":
            break
        i += 1
        if line.words[i].folded in ARTICLES and i + 1 < len(line.words):
            i += 1
        start = i
        while i < len(line.words) and line.gap(i) in (" ", "-") and _belongs_to_scope(line, i):
            i += 1
            if line.words[i - 1].folded in _HEADS and not line.words[i - 1].possessive:
                break
        if i == start or not _closes_scope(line.words[i - 1]):
            break
        end = i
    return end


def _belongs_to_scope(line: Line, i: int) -> bool:
    word, before = line.words[i], line.words[i - 1]
    if before.possessive and not (word.capital or word.folded in _HEADS | DESCRIPTION_MODIFIERS):
        return False
    if word.folded in FUNCTION_WORDS:
        return word.text == "US"
    return word.capital or word.folded in _HEADS or word.folded in DESCRIPTION_MODIFIERS


def _closes_scope(word: Word) -> bool:
    return not word.possessive and (word.capital or word.folded in _HEADS or is_place(word.folded))
