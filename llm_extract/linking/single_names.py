"""Finding the person whom one word stands for in an article: a last name, as a rule."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from llm_extract.grounding.lexicon import FAMILY_NAMES_FIRST
from llm_extract.linking.clusters import Clusters
from llm_extract.linking.evidence import Evidence
from llm_extract.linking.spelling import spelling_key
from llm_extract.linking.uses import Use, node_of

_FAMILY_FIRST = frozenset(map(spelling_key, FAMILY_NAMES_FIRST))
_FEW = 20
_Keys = tuple[str, ...]
_Group = tuple[int, tuple[tuple[int, str], ...], _Keys, int, str | None]


def join_single_names(clusters: Clusters, uses: Sequence[Use]) -> None:
    """Join names of one word with the full names that they stand for.

    In the article that has the full name too it is that one; else the one that the article's
    country or office fits; else the only one there is. A name that fits several people is nobody's
    but its own, in each article; one that fits nobody is one actor in all articles.

    Args:
        clusters: the actors so far; the names are added.
        uses: the names of one word, by article and name.
    """
    owners = _Owners(clusters)
    groups: dict[_Group, list[Use]] = defaultdict(list)
    chosen: dict[_Group, int | None] = {}
    for use in uses:
        pinned = -1 if use.alias is None else use.alias
        owner = owners.owner(use)
        ambiguous = use.article if owner is None and owners.known(use.naming.keys) else ""
        root = -1 if owner is None else clusters.root(owner)
        key: _Group = (pinned, use.apart, use.naming.keys, root, ambiguous)
        groups[key].append(use)
        chosen[key] = owner
    named = {
        node.naming.words: number
        for number, node in enumerate(clusters.nodes)
        if node.naming.is_acronym
    }
    for key, group in groups.items():
        number = clusters.add(node_of(group))
        owner = chosen[key]
        if owner is not None:
            clusters.join(number, owner, "last name in context")
        elif group[0].naming.words in named:
            clusters.join(number, named[group[0].naming.words], "case or title")


class _Owners:
    """The people with full names, by the words that may stand for them alone.

    Args:
        clusters: the actors, full names joined.
    """

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters
        self._by_keys: dict[_Keys, list[int]] = defaultdict(list)
        self._by_token: dict[tuple[_Keys, str], set[int]] = defaultdict(set)
        self._found: dict[tuple[object, ...], int | None] = {}
        inner: dict[_Keys, list[int]] = defaultdict(list)
        for number, node in enumerate(clusters.nodes):
            if node.naming.kind == "person":
                last, others = _last_names(node.naming.keys)
                for keys in last:
                    self._by_keys[keys].append(number)
                for keys in others:
                    inner[keys].append(number)
        for keys, numbers in inner.items():
            self._by_keys.setdefault(keys, numbers)
        self._roots = {
            keys: {clusters.root(number): number for number in reversed(numbers)}
            for keys, numbers in self._by_keys.items()
        }
        for keys, roots in self._roots.items():
            for root in roots:
                for token in clusters.evidence(root).tokens:
                    self._by_token[keys, token].add(root)
        self._in_article = self._articles()

    def known(self, keys: _Keys) -> bool:
        """Say whether anybody has this name."""
        return keys in self._by_keys

    def owner(self, use: Use) -> int | None:
        """Return the node of the person whom a name stands for in its article, or None."""
        keys = use.naming.keys
        if keys not in self._by_keys or use.naming.suffix:
            return None
        here = self._in_article.get((use.article or "", keys), ())
        allowed = [root for root in here if self._allowed(use, root)]
        if len(allowed) == 1:
            return self._node(keys, allowed[0])
        memo = (use.apart, use.alias, keys, use.evidence)
        if memo not in self._found:
            self._found[memo] = self._choose(use, keys, use.evidence)
        return self._found[memo]

    def _choose(self, use: Use, keys: _Keys, evidence: Evidence) -> int | None:
        fitting = {
            root
            for token in evidence.tokens
            for root in self._by_token.get((keys, token), ())
            if self._clusters.evidence(root).supports(evidence) and self._allowed(use, root)
        }
        best = self._clusters.best_supported(fitting, evidence)
        if best is not None:
            return self._node(keys, best)
        roots = list(self._roots[keys])
        if len(roots) > _FEW or fitting:
            return None
        left = [
            root for root in roots
            if not self._clusters.evidence(root).differs(evidence) and self._allowed(use, root)
        ]  # fmt: skip
        return self._node(keys, left[0]) if len(left) == 1 else None

    def _allowed(self, use: Use, root: int) -> bool:
        return self._clusters.allows(root, use.alias, dict(use.apart))

    def _node(self, keys: _Keys, root: int) -> int:
        """Return the first node of an actor that has the name in it."""
        return self._roots[keys][root]

    def _articles(self) -> dict[tuple[str, _Keys], list[int]]:
        table: dict[tuple[str, _Keys], list[int]] = defaultdict(list)
        for keys, roots in self._roots.items():
            for root in roots:
                for article in self._clusters.articles(root):
                    table[article, keys].append(root)
        return table


def _last_names(keys: _Keys) -> tuple[Iterable[_Keys], Iterable[_Keys]]:
    """Return what may be a person's last name, and what is one only where nobody else has it.

    `Kim Ji-woo` is Kim; `Carlos Mendoza Rivas` may be Mendoza; a last name of two words may be
    written with a hyphen.
    """
    last = [keys[-1:], *([keys[-2:]] if len(keys) > 2 else [])]
    if keys[0] in _FAMILY_FIRST:
        last.append(keys[:1])
    return dict.fromkeys(last), dict.fromkeys((key,) for key in keys[1:-1] if len(key) > 1)
