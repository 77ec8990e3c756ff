"""Joining what is one actor: nodes, the joins between them with reasons, and what forbids one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from llm_extract.linking.evidence import NOTHING, Evidence
from llm_extract.linking.naming import Naming
from llm_extract.linking.reasons import Reason

_NOT_APART: Final[Mapping[int, str]] = MappingProxyType({})


@dataclass(slots=True)
class Node:
    """Uses of a name, and of spellings of it, that are one actor's before anything is joined.

    Attributes:
        naming: how the name reads.
        identity: what is the same in all spellings of the name.
        names: the ids of the articles that use it, by the name as written.
        evidence: what those articles say of the actor.
        alias: number of the entry of the alias file that the uses are pinned to.
        apart: for each entry of the alias file that tells names apart, the name of this node.
    """

    naming: Naming
    identity: tuple[object, ...]
    names: dict[str, list[str]] = field(default_factory=dict)
    evidence: Evidence = NOTHING
    alias: int | None = None
    apart: tuple[tuple[int, str], ...] = ()

    def articles(self) -> set[str]:
        """Return the articles that use any of the names."""
        return {article for used in self.names.values() for article in used}


@dataclass(frozen=True)
class Join:
    """Why a node is the same actor as another."""

    other: int
    reason: Reason


class Clusters:
    """Nodes and the joins between them; a join that the alias file forbids is refused.

    Args:
        nodes: all nodes, in an order that depends on nothing but what they hold.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = list(nodes)
        self.joins: dict[int, list[Join]] = defaultdict(list)
        self._parent = list(range(len(self.nodes)))
        self._evidence = [node.evidence for node in self.nodes]
        self._members: dict[int, list[int]] = {}  # of actors that were joined
        self._alias = [node.alias for node in self.nodes]
        self._apart = {n: dict(node.apart) for n, node in enumerate(self.nodes) if node.apart}

    def add(self, node: Node) -> int:
        """Add a node and return its number."""
        self.nodes.append(node)
        self._parent.append(len(self._parent))
        self._evidence.append(node.evidence)
        self._alias.append(node.alias)
        if node.apart:
            self._apart[len(self.nodes) - 1] = dict(node.apart)
        return len(self.nodes) - 1

    def root(self, number: int) -> int:
        """Return the number that stands for the whole actor of a node."""
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def evidence(self, number: int) -> Evidence:
        """Return what all articles say of the actor of a node."""
        return self._evidence[self.root(number)]

    def best_supported(self, roots: Iterable[int], evidence: Evidence) -> int | None:
        """Return the one actor that evidence speaks for; None where it speaks for several alike.

        Args:
            roots: actors that it supports.
            evidence: what an article says.
        """
        weight = {root: self._evidence[root].in_common(evidence) for root in roots}
        most = max(weight.values(), default=0)
        best = [root for root, shared in weight.items() if shared == most]
        return best[0] if len(best) == 1 else None

    def articles(self, number: int) -> set[str]:
        """Return the articles that name the actor of a node."""
        root = self.root(number)
        members = self._members.get(root, (root,))
        return {article for member in members for article in self.nodes[member].articles()}

    def may_join(self, a: int, b: int) -> bool:
        """Say whether the alias file allows two nodes to be one actor."""
        root = self.root(a)
        return self.allows(b, self._alias[root], self._apart_of(root))

    def allows(self, number: int, alias: int | None, apart: Mapping[int, str]) -> bool:
        """Say whether the alias file allows the actor of a node to have a name.

        Args:
            number: number of the node.
            alias: the entry that the name is pinned to.
            apart: the entries that tell it from others.
        """
        root = self.root(number)
        own = self._alias[root]
        if own is not None and alias is not None and own != alias:
            return False
        told = self._apart_of(root)
        return all(told.get(entry, name) == name for entry, name in apart.items())

    def join(self, a: int, b: int, reason: Reason) -> bool:
        """Make two nodes one actor, unless the alias file forbids it.

        Args:
            a: number of the node that is found to be like the other.
            b: number of the other.
            reason: why.

        Returns:
            Whether they are one actor now by this join.
        """
        root_a, root_b = sorted((self.root(a), self.root(b)))
        if root_a == root_b or not self.may_join(a, b):
            return False
        self.joins[a].append(Join(b, reason))
        self.joins[b].append(Join(a, reason))
        self._parent[root_b] = root_a
        self._evidence[root_a] |= self._evidence[root_b]
        self._members.setdefault(root_a, [root_a]).extend(self._members.pop(root_b, [root_b]))
        if self._alias[root_a] is None:
            self._alias[root_a] = self._alias[root_b]
        if apart := {**self._apart_of(root_a), **self._apart_of(root_b)}:
            self._apart[root_a] = apart
        return True

    def _apart_of(self, root: int) -> Mapping[int, str]:
        return self._apart.get(root, _NOT_APART)

    def actors(self) -> list[list[int]]:
        """Return the numbers of the nodes of each actor."""
        found: dict[int, list[int]] = defaultdict(list)
        for number in range(len(self.nodes)):
            found[self.root(number)].append(number)
        return list(found.values())
