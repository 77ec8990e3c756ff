"""Issues that say the same in other words."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from llm_extract.grounding.words import words_of
from llm_extract.linking.ids import ids_of
from llm_extract.linking.issue_words import IssueWords, issue_words, written_words

_LEAST_SHARED = 0.8


@dataclass(frozen=True)
class Likeness:
    """Why a phrase is in a group.

    Attributes:
        phrase: the phrase.
        shared: its words that the group's name has too, or has in another form.
        beyond: its words that the name does not have.
        lacking: the name's words that it does not have.
    """

    phrase: str
    shared: tuple[str, ...]
    beyond: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The same, as words."""
        parts = [f"shares {', '.join(self.shared)}" if self.shared else "is the same but for case"]
        if self.beyond:
            parts.append(f"has {', '.join(self.beyond)} beyond it")
        if self.lacking:
            parts.append(f"lacks {', '.join(self.lacking)}")
        return "; ".join(parts)


@dataclass(frozen=True)
class IssueGroup:
    """Issue phrases that say the same.

    Attributes:
        id: names the group within one grouping; letters, digits and dashes.
        name: the phrase that stands for the group: the most frequent, then the shortest.
        phrases: all its phrases, that one first.
        likenesses: why each of the others is in it, in the same order.
    """

    id: str
    name: str
    phrases: tuple[str, ...]
    likenesses: tuple[Likeness, ...] = ()


def group_issues(phrases: Iterable[str]) -> list[IssueGroup]:
    """Group issue phrases; deterministic, whatever their order.

    Two phrases say the same where they have the same names in the same order, the same words that
    turn an issue around ("ending", "ban"), and four fifths of all words in common, synonyms
    and forms of a word being one. All phrases of a group say the same as each other.

    Args:
        phrases: issues as positions word them, repeated ones included.

    Returns:
        The groups by name; each phrase is in one of them.
    """
    counts = Counter(phrases)
    order = sorted(counts, key=lambda phrase: (-counts[phrase], len(phrase), phrase))
    common = {word.folded for p in order for word in words_of(p) if word.text.islower()}
    by_words: dict[IssueWords | str, list[str]] = defaultdict(list)
    for phrase in order:
        words = issue_words(phrase, common)
        by_words[words if words.meanings else phrase.casefold().strip()].append(phrase)
    groups = [
        [phrase for words in group for phrase in by_words[words]]
        for group in _alike([words for words in by_words if isinstance(words, IssueWords)])
    ]
    groups += [same for words, same in by_words.items() if isinstance(words, str)]
    place = {phrase: i for i, phrase in enumerate(order)}
    for group in groups:
        group.sort(key=place.__getitem__)
    groups.sort(key=lambda group: (group[0].casefold(), group[0]))
    ids = ids_of([group[0] for group in groups])
    return [
        IssueGroup(
            id_, name, (name, *others), tuple(_likeness(other, name, common) for other in others)
        )
        for id_, (name, *others) in zip(ids, groups, strict=True)
    ]


def _alike(words: Sequence[IssueWords]) -> Iterator[list[IssueWords]]:
    """Group what says the same; each member of a group is like all others of it.

    Args:
        words: what the phrases say, in the order in which groups are begun.
    """
    blocks: dict[object, list[IssueWords]] = defaultdict(list)
    for one in words:
        blocks[one.block].append(one)
    for block in blocks.values():
        yield from _alike_in_block(block)


def _alike_in_block(words: Sequence[IssueWords]) -> list[list[IssueWords]]:
    frequent = Counter(meaning for one in words for meaning in one.meanings)
    groups: list[list[IssueWords]] = []
    by_rare: dict[tuple[str, int], list[int]] = defaultdict(list)
    for one in words:
        size = len(one.meanings)
        rare = _rarest(one.meanings, frequent)
        sizes = range(math.ceil(_LEAST_SHARED * size), int(size / _LEAST_SHARED) + 1)
        near = {n for meaning in rare for other in sizes for n in by_rare.get((meaning, other), ())}
        best = max(
            ((shared, -number) for number in near if (shared := _shared(one, groups[number]))),
            default=None,
        )
        if best is not None:
            groups[-best[1]].append(one)
            continue
        groups.append([one])
        for meaning in rare:
            by_rare[meaning, size].append(len(groups) - 1)
    return groups


def _rarest(meanings: Iterable[str], frequent: Mapping[str, int]) -> list[str]:
    """Return so many of the rarest words that two sets which share enough share one of them."""
    rare = sorted(meanings, key=lambda meaning: (frequent[meaning], meaning))
    return rare[: len(rare) - math.ceil(_LEAST_SHARED * len(rare)) + 1]


def _shared(one: IssueWords, group: Sequence[IssueWords]) -> float:
    """Return how much a phrase shares with the first of a group; 0 unless it is like all of it."""
    first = one.overlap(group[0])
    if first < _LEAST_SHARED:
        return 0.0
    return first if all(one.overlap(other) >= _LEAST_SHARED for other in group[1:]) else 0.0


def _likeness(phrase: str, name: str, common: Collection[str]) -> Likeness:
    own, named = written_words(phrase, common), written_words(name, common)
    return Likeness(
        phrase,
        shared=tuple(text for meaning, text in own.items() if meaning in named),
        beyond=tuple(text for meaning, text in own.items() if meaning not in named),
        lacking=tuple(text for meaning, text in named.items() if meaning not in own),
    )
