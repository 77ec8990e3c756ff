"""The cast of an article: its actors under their fullest names, found without a model."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile

from llm_extract.grounding.casting import (
    attach,
    described_members,
    merge_same_names,
    named_member,
)
from llm_extract.grounding.clusters import group_names
from llm_extract.grounding.descriptions import find_descriptions, normal_words
from llm_extract.grounding.lexicon import (
    ARTICLES,
    SINGULAR_PERSON_PRONOUNS,
    SUBJECT_PRONOUNS,
)
from llm_extract.grounding.lines import lines_of
from llm_extract.grounding.members import CastMember, Mention
from llm_extract.grounding.mentions import find_names
from llm_extract.grounding.names import fold, fold_words, is_acronym_of, is_pronoun, spelled_alike
from llm_extract.grounding.offices import Offices
from llm_extract.grounding.words import Word, fold_characters, words_of
from llm_extract.text.article import Document

__all__ = ["Cast", "CastMember", "Mention", "build_cast"]

_PRONOUN_REACH = 6


@dataclass(frozen=True)
class Cast:
    """The actors of one article, in the order of their first mention."""

    document: Document
    members: tuple[CastMember, ...]

    def mentioned_in(self, sentence: int) -> tuple[CastMember, ...]:
        """Return the members mentioned in a sentence, in order of their first mention there.

        Args:
            sentence: number of the sentence, from 1; none are mentioned where there is none.
        """
        return tuple(dict.fromkeys(member for _, member in self.mentions_in(sentence)))

    def mentions_in(self, sentence: int) -> tuple[tuple[Mention, CastMember], ...]:
        """Return the mentions in a sentence with whom they mention, in order of their start.

        Args:
            sentence: number of the sentence, from 1; there are none where there is none.
        """
        return tuple(self._by_sentence.get(sentence, ()))

    def near(self, sentence: int, window: int = 2) -> tuple[CastMember, ...]:
        """Return the members mentioned in or around a sentence, the sentence's own first.

        Args:
            sentence: number of the sentence, from 1.
            window: how many sentences before it count; one sentence after it counts too.
        """
        order = [sentence, *range(sentence - 1, sentence - window - 1, -1), sentence + 1]
        return tuple(dict.fromkeys(m for number in order for m in self.mentioned_in(number)))

    def resolve(self, name: str, near: int | None = None) -> CastMember | None:
        """Return the member that a name, description or pronoun stands for, or None.

        Args:
            name: what a model wrote: any form of a name, with titles, a possessive or slips of
                spelling, a description, or "he" or "she".
            near: number of the sentence it was written about, from 1; settles which of several
                members is meant, and is needed for pronouns.
        """
        exact = self._by_name.get(name)
        if exact is not None:
            return exact
        if is_pronoun(name):
            singular = fold_characters(name.strip(" .,")) in SINGULAR_PERSON_PRONOUNS
            return self._person_before(near) if singular and near is not None else None
        words = words_of(name)
        for found in (
            self._by_form.get(_plain(words), ()),
            self._by_fold.get(" ".join(fold_words(words)), ()),
            self._by_description(words),
            self._by_part(name, fold_words(words)),
        ):
            if found:
                return self._nearest(found, near)
        return None

    def canonical(self, name: str, near: int | None = None) -> str | None:
        """Return the name that records use for what a model wrote, or None to reject it.

        Args:
            name: as for `resolve`.
            near: as for `resolve`.

        Returns:
            The member's name; for a name that is no member's but occurs in the article, case and
            accents apart, the article's own words; None where it does not occur.
        """
        member = self.resolve(name, near)
        if member is not None:
            return member.name
        return None if is_pronoun(name) else self._verbatim(name)

    @cached_property
    def _by_name(self) -> dict[str, CastMember]:
        return {member.name: member for member in self.members}

    @cached_property
    def _by_form(self) -> dict[str, list[CastMember]]:
        """Members by their forms, titles and all."""
        table: dict[str, list[CastMember]] = defaultdict(list)
        for member in self.members:
            for form in dict.fromkeys(_plain(words_of(f)) for f in (member.name, *member.forms)):
                table[form].append(member)
        return table

    @cached_property
    def _by_fold(self) -> dict[str, list[CastMember]]:
        """Members by their forms without titles."""
        table: dict[str, list[CastMember]] = defaultdict(list)
        for member in self.members:
            for form in dict.fromkeys(fold(f) for f in (member.name, *member.forms)):
                if form:
                    table[form].append(member)
        return table

    @cached_property
    def _by_word(self) -> dict[str, list[CastMember]]:
        """Members by each word of their names."""
        table: dict[str, list[CastMember]] = defaultdict(list)
        for member in self.members:
            for word in dict.fromkeys(fold(member.name).split()):
                table[word].append(member)
        return table

    @cached_property
    def _by_sentence(self) -> dict[int, list[tuple[Mention, CastMember]]]:
        table: dict[int, list[tuple[Mention, CastMember]]] = defaultdict(list)
        for member in self.members:
            for mention in member.mentions:
                table[mention.sentence].append((mention, member))
        for entries in table.values():
            entries.sort(key=lambda entry: entry[0].start)
        return table

    @cached_property
    def _offices(self) -> Offices:
        return Offices(self.members)

    def _by_description(self, words: Sequence[Word]) -> list[CastMember]:
        if not words:
            return []
        stated, unstated = self._offices.holders(_head_of(words), *normal_words(words))
        return stated or (unstated if len(unstated) == 1 else [])

    def _by_part(self, name: str, words: tuple[str, ...]) -> list[CastMember]:
        """Return members whose names contain all the words, or are spelled alike."""
        if not words:
            return []
        holding = [set(map(id, self._by_word.get(word, ()))) for word in words]
        common = set.intersection(*holding)
        found = [m for m in self._by_word.get(words[0], ()) if id(m) in common]
        if found:
            return [m for m in found if m.person] or found
        people = [m for m in self.members if m.person and not m.described]
        alike = [m for m in people if spelled_alike(words, fold(m.name).split())]
        return alike or [m for m in self.members if is_acronym_of(name, m.name)]

    def _nearest(self, members: Iterable[CastMember], near: int | None) -> CastMember:
        """Return the member mentioned last up to sentence `near`, else the most mentioned."""
        candidates = list(members)
        if near is not None and len(candidates) > 1:
            last = {
                id(m): max((x.sentence for x in m.mentions if x.sentence <= near), default=0)
                for m in candidates
            }
            latest = max(last.values())
            if latest:
                candidates = [m for m in candidates if last[id(m)] == latest]
        return max(candidates, key=lambda member: len(member.mentions))

    def _person_before(self, near: int) -> CastMember | None:
        """Return whom "he" or "she" in sentence `near` stands for, or None."""
        for number in range(near, max(0, near - _PRONOUN_REACH), -1):
            if number > len(self.document.sentences):
                continue
            people = [(x.start, m) for x, m in self.mentions_in(number) if m.person]
            pronoun = self._first_pronoun(number)
            if people and (number < near or pronoun is None or people[0][0] < pronoun):
                if number < near and pronoun is not None and pronoun < people[0][0]:
                    continue
                return people[0][1]
        return None

    def _first_pronoun(self, number: int) -> int | None:
        """Return the offset of the first "he" or "she" in a sentence, in code points."""
        sentence = self.document.sentence(number)
        for word in words_of(self.document.text_of(sentence), sentence.start):
            if word.folded in SUBJECT_PRONOUNS:
                return word.start
        return None

    @cached_property
    def _article_words(self) -> tuple[list[Word], dict[str, list[int]]]:
        words = words_of(self.document.article.text)
        positions: dict[str, list[int]] = defaultdict(list)
        for i, word in enumerate(words):
            positions[word.folded].append(i)
        return words, positions

    def _verbatim(self, name: str) -> str | None:
        """Return a name as the article writes it, without a leading "the"; None if it does not."""
        named = list(dropwhile(lambda word: word.folded == "the", words_of(name)))
        sought = [word.folded for word in named]
        if all(word in ARTICLES for word in sought) or is_pronoun(" ".join(w.text for w in named)):
            return None
        words, positions = self._article_words
        rarest = min(range(len(sought)), key=lambda i: len(positions.get(sought[i], ())))
        for position in positions.get(sought[rarest], ()):
            first = position - rarest
            found = words[max(first, 0) : first + len(sought)]
            if [word.folded for word in found] == sought:
                return self.document.article.text[found[0].start : found[-1].end]
        return None


def build_cast(document: Document) -> Cast:
    """Find the actors of an article: people, countries, organisations, described groups.

    Nothing but the article and general knowledge of English is used. Site furniture is ignored.

    Args:
        document: the segmented article.
    """
    lines = lines_of(document)
    names = find_names(lines)
    named = merge_same_names(named_member(cluster) for cluster in group_names(names))
    referred, unnamed = attach(named, find_descriptions(lines, names))
    members = merge_same_names([*referred, *described_members(unnamed)])
    return Cast(document, tuple(sorted(members, key=lambda member: member.mentions[0].start)))


def _plain(words: Sequence[Word]) -> str:
    folded = [word.folded for word in words]
    while folded and folded[0] in ARTICLES:
        folded = folded[1:]
    return " ".join(folded)


def _head_of(words: Sequence[Word]) -> str:
    """Return the noun of a description: the last word before "of", "for" or "at"."""
    for i, word in enumerate(words):
        if i and word.folded in ("of", "for", "at", "in", "from"):
            return words[i - 1].folded
    return words[-1].folded
