"""From names and descriptions to cast members."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from llm_extract.grounding.clusters import Cluster
from llm_extract.grounding.descriptions import Description
from llm_extract.grounding.lexicon import BODIES
from llm_extract.grounding.members import CastMember, Mention
from llm_extract.grounding.names import fold
from llm_extract.grounding.offices import Offices

_UNSTATED_REACH = 3
_GroupKey = tuple[str, frozenset[str], str | None]


def named_member(cluster: Cluster) -> CastMember:
    """Return the member that a group of names stands for."""
    return CastMember(
        name=cluster.name,
        forms=frozenset(mention.text for mention in cluster.mentions),
        mentions=tuple(
            Mention(m.words[0].start, m.words[-1].end, m.text, m.line.number)
            for m in cluster.mentions
        ),
        role=cluster.role,
        affiliation=cluster.affiliation,
        person=cluster.person,
    )


def attach(
    named: Sequence[CastMember], descriptions: Sequence[Description]
) -> tuple[list[CastMember], list[Description]]:
    """Give the named members the descriptions that refer to them.

    Args:
        named: the members with names.
        descriptions: all descriptions of the article, in order.

    Returns:
        The members with those mentions added, and the descriptions of actors without a name.
    """
    references = _References(named)
    attached: dict[int, list[Description]] = defaultdict(list)
    unnamed = []
    for description in descriptions:
        member = references.of(description)
        if member is None:
            unnamed.append(description)
        else:
            attached[id(member)].append(description)
    return [_with_descriptions(m, attached[id(m)]) for m in named], unnamed


def described_members(descriptions: Sequence[Description]) -> list[CastMember]:
    """Group descriptions: equal ones, and short ones with the fuller ones they repeat."""
    groups: dict[_GroupKey, list[Description]] = {}
    latest: dict[str, _GroupKey] = {}
    for description in descriptions:
        key: _GroupKey = (description.head, description.content, description.country)
        previous = latest.get(description.head)
        if key not in groups and previous is not None and _repeats(description, previous):
            key = previous
        groups.setdefault(key, []).append(description)
        latest[description.head] = key
    return [_described_member(group) for group in groups.values()]


def merge_same_names(members: Iterable[CastMember]) -> list[CastMember]:
    """Return members with distinct names; the first of a name takes the others' mentions."""
    merged: dict[str, CastMember] = {}
    for member in members:
        earlier = merged.get(member.name)
        if earlier is not None:
            mentions = sorted((*earlier.mentions, *member.mentions), key=lambda m: m.start)
            member = replace(
                earlier,
                forms=earlier.forms | member.forms,
                mentions=tuple(mentions),
                role=earlier.role or member.role,
                affiliation=earlier.affiliation or member.affiliation,
            )
        merged[member.name] = member
    return list(merged.values())


class _References:
    """Finds the named member that a description refers to; is asked in the article's order."""

    def __init__(self, named: Sequence[CastMember]) -> None:
        self._offices = Offices(named)
        self._named_in = {id(m): [x.sentence for x in m.mentions] for m in named}
        self._described_in: dict[int, int] = {}
        self._inferred: dict[int, str | None] = {}
        self._bodies: dict[str, list[tuple[set[str], CastMember]]] = defaultdict(list)
        for member in named:
            words = fold(member.name).split()
            for word in set(words) & BODIES if not member.person else ():
                self._bodies[word].append((set(words), member))

    def of(self, description: Description) -> CastMember | None:
        """Return the member that a description refers to, None where it is nobody named."""
        if not description.definite:
            return None
        found = self._people(description) if description.is_person else self._body(description)
        if not found:
            return None
        number = description.line.number
        member = max(found, key=lambda m: (self._last_seen(m, number), len(m.mentions)))
        self._described_in[id(member)] = number
        return member

    def _people(self, description: Description) -> list[CastMember]:
        stated, unstated = self._offices.holders(
            description.head, description.content, description.country
        )
        country, number = description.country, description.line.number
        inferred = [m for m in unstated if self._inferred.get(id(m)) == country]
        unstated = [m for m in unstated if id(m) not in self._inferred]
        if stated or inferred or len(unstated) != 1:
            return stated or inferred
        if number - self._last_seen(unstated[0], number) > _UNSTATED_REACH:
            return []
        self._inferred[id(unstated[0])] = country
        return unstated

    def _body(self, description: Description) -> list[CastMember]:
        words = description.line.words[description.first : description.end]
        if any(word.possessive for word in words):
            return []
        sought = {word.folded for word in words}
        return [m for words_, m in self._bodies.get(description.head, ()) if sought <= words_]

    def _last_seen(self, member: CastMember, number: int) -> int:
        """Return the last sentence up to `number` that mentions a member; far below 0 if none."""
        named = max((n for n in self._named_in[id(member)] if n <= number), default=-number - 9)
        return max(named, self._described_in.get(id(member), named))


def _repeats(description: Description, previous: _GroupKey) -> bool:
    _, content, country = previous
    return (
        description.article == "the"
        and description.content <= content
        and description.country in (None, country)
    )


def _described_member(group: Sequence[Description]) -> CastMember:
    full = max(len(d.content) + (d.country is not None) for d in group)
    fullest = [d for d in group if len(d.content) + (d.country is not None) == full]
    introduced = [d.name for d in fullest if d.article in ("a", "an")]
    return CastMember(
        name=(introduced or [name for name, _ in Counter(d.name for d in fullest).most_common(1)])[
            0
        ],
        forms=frozenset(d.text for d in group),
        mentions=tuple(_mention_of(d) for d in group),
        person=group[0].is_person,
        described=True,
    )


def _with_descriptions(member: CastMember, descriptions: Sequence[Description]) -> CastMember:
    if not descriptions:
        return member
    mentions = (*member.mentions, *(_mention_of(d) for d in descriptions))
    return replace(
        member,
        forms=member.forms | {d.text for d in descriptions},
        mentions=tuple(sorted(mentions, key=lambda mention: mention.start)),
    )


def _mention_of(description: Description) -> Mention:
    end = description.start + len(description.text)
    return Mention(description.start, end, description.text, description.line.number)
