"""From mentions to nodes: each name in each article, and which of them are one by spelling."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from llm_extract.linking.aliases import Aliases
from llm_extract.linking.clusters import Node
from llm_extract.linking.evidence import NOTHING, Evidence, country_in, evidence_of
from llm_extract.linking.mentions import Mention
from llm_extract.linking.naming import RULERS, Naming, naming_of

_CHURCH = frozenset({"pope", "patriarch"})
_DOMINANT = 3
_Said = tuple[str | None, str | None]  # role and affiliation


@dataclass(frozen=True, slots=True)
class Use:
    """A name in an article, with all that the article's records say of it.

    Attributes:
        article: id of the article; None for a name that stands in the alias file only.
        name: the name as written.
        naming: how it reads.
        evidence: countries and offices.
        alias: number of the entry of the alias file that it is pinned to.
        apart: the entries of the alias file that tell it from other names, with the name there.
    """

    article: str | None
    name: str
    naming: Naming
    evidence: Evidence = NOTHING
    alias: int | None = None
    apart: tuple[tuple[int, str], ...] = ()


def uses_of(mentions: Iterable[Mention], aliases: Aliases) -> Iterator[Use]:
    """Return each name of each article once, by article and name."""
    said: dict[tuple[str, str], tuple[_Said, ...]] = {}
    one: dict[object, Any] = {}  # equal names and words are kept once: there are many articles
    for mention in mentions:
        actor = mention.actor
        place = (mention.article, one.setdefault(actor.name, actor.name))
        words = (actor.role, actor.affiliation)
        before = said.get(place, ())
        if words not in before:
            told = (*before, words)
            said[place] = one.setdefault(told, told)
    for place in sorted(said):
        yield _use(*place, said.pop(place), aliases)


def _use(article: str, name: str, said: tuple[_Said, ...], aliases: Aliases) -> Use:
    told = sorted(said, key=lambda entry: (entry[0] or "", entry[1] or ""))
    countries = sorted({c for _, affiliation in told if (c := country_in(affiliation))})
    roles = {word for role, _ in told if role for word in role.lower().split()}
    country = countries[0] if len(countries) == 1 else None
    naming = naming_of(name, country, not roles.isdisjoint(RULERS))
    evidence = NOTHING
    for role, affiliation in told:
        evidence |= evidence_of(role, affiliation)
    evidence |= evidence_of(None, None, naming.titles)
    apart = tuple(sorted(aliases.apart_of(name).items()))
    return Use(article, name, naming, evidence, aliases.actor_of(article, name), apart)


def nodes_of(uses: Iterable[Use]) -> list[Node]:
    """Return the nodes of uses: names that are one by spelling, namesakes told apart.

    Two people with one name are told apart where articles give them different countries and
    different offices, and no article joins these.
    """
    groups: dict[tuple[object, ...], list[Use]] = defaultdict(list)
    for use in uses:
        groups[_key(use)].append(use)
    return [node for group in groups.values() for node in _split(group)]


def node_of(uses: Sequence[Use]) -> Node:
    """Return the node of uses that are one actor's."""
    first = uses[0]
    node = Node(first.naming, _identity(first), alias=first.alias, apart=first.apart)
    for use in uses:
        if use.article is not None:
            node.names.setdefault(use.name, []).append(use.article)
        node.evidence |= use.evidence
    return node


def _key(use: Use) -> tuple[object, ...]:
    return (use.alias is None, use.alias, use.apart, *_identity(use))


def _identity(use: Use) -> tuple[object, ...]:
    """Return what all spellings of a name have in common."""
    naming = use.naming
    match naming.kind:
        case "person" | "single":
            return (naming.kind, "".join(naming.keys), naming.suffix)
        case "ruler":
            church = not use.evidence.offices.isdisjoint(_CHURCH)
            return (naming.kind, naming.keys, naming.suffix, church)
        case "description":
            return (naming.kind, naming.words, use.article)
        case _:
            return (naming.kind, naming.words, naming.country)


def _split(uses: Sequence[Use]) -> Iterator[Node]:
    """Return one node, or one for each of several people with one name."""
    named = uses[0].naming.kind in ("person", "ruler") and uses[0].alias is None
    for sense in _senses(uses) if named else [uses]:
        yield node_of(sense)


def _tokens(use: Use) -> frozenset[str]:
    """Return what tells namesakes apart: of rulers, who share the title, countries alone."""
    ruler = use.naming.kind == "ruler"
    return use.evidence.countries if ruler else use.evidence.tokens


def _is_definite(use: Use) -> bool:
    return bool(use.evidence.countries and use.evidence.offices)


def _senses(uses: Sequence[Use]) -> list[Sequence[Use]]:
    definite = [use for use in uses if _is_definite(use)]
    home = _connected([_tokens(use) for use in definite])
    if len(set(home)) < 2:
        return [uses]
    senses: dict[int, list[Use]] = defaultdict(list)
    by_token: dict[str, set[int]] = defaultdict(set)
    for use, number in zip(definite, home, strict=True):
        senses[number].append(use)
        for token in _tokens(use):
            by_token[token].add(number)
    (most, count), *others = Counter(home).most_common()
    dominant = most if count >= _DOMINANT * sum(size for _, size in others) else None
    undecided: list[Use] = []
    for use in uses:
        if not _is_definite(use):
            fitting = {n for token in _tokens(use) for n in by_token.get(token, ())}
            number_of = fitting.pop() if len(fitting) == 1 else dominant
            (undecided if number_of is None else senses[number_of]).append(use)
    return [*senses.values(), *([undecided] if undecided else [])]


def _connected(sets: Sequence[frozenset[str]]) -> list[int]:
    """Return for each set the number of the first one that it is connected with by shared words."""
    parent = list(range(len(sets)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[str, int] = {}
    for i, words in enumerate(sets):
        for word in words:
            a, b = sorted((root(i), root(first.setdefault(word, i))))
            parent[b] = a
    return [root(i) for i in range(len(sets))]
