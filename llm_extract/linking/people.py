"""Joining the full names of people: fuller and short ones, initials, slips, word order."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from llm_extract.linking.clusters import Clusters
from llm_extract.linking.reasons import Reason
from llm_extract.linking.spelling import (
    contained,
    full_first_name,
    one_slip_apart,
    one_slip_in_last_name,
    slips,
    spelling_key,
)

_Parts = tuple[str, str]
_Blocks = dict[tuple[str, str], list[int]]
_TAIL = "…"
_LONGEST_LEFT_OUT = 2


def join_full_names(clusters: Clusters) -> None:
    """Join people whose full names differ, where what is said of them allows only one reading."""
    people = [number for number, node in enumerate(clusters.nodes) if node.naming.kind == "person"]
    _join_misspelt_names(clusters, people)
    _join_short_first_names(clusters, people)
    _join_turned_names(clusters, people)
    _join_fuller_names(clusters, people)
    _join_numbered_rulers(clusters)


def _join_fuller_names(clusters: Clusters, people: Iterable[int]) -> None:
    """Join `Carlos Mendoza` with `Carlos Mendoza Rivas`, `J. Holloway` with `John Holloway`.

    A name whose first words are left out (`Suu Kyi`) needs a country or office in common.
    """
    blocks: _Blocks = defaultdict(list)
    for number in people:
        keys = clusters.nodes[number].naming.keys
        for pair in _pairs(keys):
            blocks[pair].append(number)
        for i in range(1, min(len(keys) - 1, _LONGEST_LEFT_OUT + 1)):
            blocks[_TAIL, " ".join(keys[i:])].append(number)
    order = sorted(people, key=lambda n: _fullness(clusters, n), reverse=True)
    for number in order:
        keys = clusters.nodes[number].naming.keys
        fuller = [
            other
            for other in blocks[keys[0], _last_full(keys)]
            if other != number and _is_fuller(clusters, other, number)
        ]
        fuller += [
            other
            for other in blocks.get((_TAIL, " ".join(keys)), ())
            if _may_be_one(clusters, number, other) and _supported(clusters, number, other)
        ]
        chosen = _choose(clusters, number, fuller)
        if chosen is not None:
            initials = any(len(key) == 1 for key in keys)
            clusters.join(number, chosen, "initials" if initials else "fuller name")


def _join_numbered_rulers(clusters: Clusters) -> None:
    """Join `Pope Leo` with `Pope Leo XIV`, where there is one Pope Leo with a number."""
    numbered: dict[object, list[int]] = defaultdict(list)
    for number, node in enumerate(clusters.nodes):
        if node.naming.kind == "ruler" and node.naming.suffix:
            numbered[node.naming.keys].append(number)
    for number, node in enumerate(clusters.nodes):
        if node.naming.kind == "ruler" and not node.naming.suffix:
            fuller = [
                other
                for other in numbered.get(node.naming.keys, ())
                if not node.evidence.offices.isdisjoint(clusters.nodes[other].evidence.offices)
                and clusters.may_join(number, other)
            ]
            chosen = _choose(clusters, number, fuller)
            if chosen is not None:
                clusters.join(number, chosen, "fuller name")


def _pairs(keys: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    """Return first and later words of a name, the first as an initial too."""
    for first in dict.fromkeys((keys[0], keys[0][0])):
        for later in dict.fromkeys(key for key in keys[1:] if len(key) > 1):
            yield first, later


def _last_full(keys: tuple[str, ...]) -> str:
    return next((key for key in reversed(keys) if len(key) > 1), keys[-1])


def _fullness(clusters: Clusters, number: int) -> tuple[int, int, bool]:
    return clusters.nodes[number].naming.fullness


def _is_fuller(clusters: Clusters, other: int, number: int) -> bool:
    ours, theirs = clusters.nodes[number], clusters.nodes[other]
    if _fullness(clusters, other) <= _fullness(clusters, number):
        return False
    if not contained(ours.naming.keys, theirs.naming.keys):
        return False
    if ours.naming.suffix != theirs.naming.suffix:  # only an office tells father from son
        both = ours.naming.suffix and theirs.naming.suffix
        if both or ours.evidence.offices.isdisjoint(theirs.evidence.offices):
            return False
    return _may_be_one(clusters, number, other)


def _supported(clusters: Clusters, a: int, b: int) -> bool:
    return clusters.nodes[a].evidence.supports(clusters.nodes[b].evidence)


def _may_be_one(clusters: Clusters, a: int, b: int) -> bool:
    """Say whether no article has both, and the alias file allows it."""
    apart = clusters.nodes[a].articles().isdisjoint(clusters.nodes[b].articles())
    return apart and clusters.may_join(a, b)


def _choose(clusters: Clusters, number: int, found: Iterable[int]) -> int | None:
    """Return the node of the one actor that is left, or that the evidence is for; else None."""
    by_actor: dict[int, int] = {}
    for other in sorted(found, key=lambda n: _fullness(clusters, n), reverse=True):
        by_actor.setdefault(clusters.root(other), other)
    by_actor.pop(clusters.root(number), None)
    evidence = clusters.nodes[number].evidence
    fitting = [root for root in by_actor if clusters.evidence(root).supports(evidence)]
    best = clusters.best_supported(fitting, evidence)
    if best is not None:
        return by_actor[best]
    left = [n for root, n in by_actor.items() if not clusters.evidence(root).differs(evidence)]
    return left[0] if len(left) == len(by_actor) == 1 else None


def _join_short_first_names(clusters: Clusters, people: Iterable[int]) -> None:
    """Join `Bob Larkin` with `Robert Larkin`, where both have an office in common."""
    blocks: _Blocks = defaultdict(list)
    for number in people:
        first, *rest = clusters.nodes[number].naming.words
        keys = map(spelling_key, (full_first_name(first), *rest))
        blocks["", " ".join(keys)].append(number)
    _join_pairs(clusters, blocks, lambda a, b: a[0] != b[0], "short first name")


def _join_misspelt_names(clusters: Clusters, people: Iterable[int]) -> None:
    """Join names one letter apart, where both have an office in common."""
    blocks: _Blocks = defaultdict(list)
    for number in people:
        first, last = _parts(clusters, number)
        for slip in slips(last):
            blocks[f"{first} *", slip].append(number)
        for slip in slips(first):
            blocks[f"* {last}", slip].append(number)
    _join_pairs(clusters, blocks, _misspelt, "spelling")


def _join_turned_names(clusters: Clusters, people: Iterable[int]) -> None:
    """Join `Li Guowen` with `Guowen Li`, where both have an office in common."""
    blocks: _Blocks = defaultdict(list)
    for number in people:
        keys = clusters.nodes[number].naming.keys
        blocks["", " ".join(sorted(keys))].append(number)
    _join_pairs(clusters, blocks, lambda a, b: a != b, "word order")


def _join_pairs(
    clusters: Clusters, blocks: _Blocks, alike: Callable[[_Parts, _Parts], bool], reason: Reason
) -> None:
    pairs = {
        (a, b)
        for block in blocks.values()
        for i, a in enumerate(block)
        for b in block[i + 1 :]
        if a != b
    }
    for a, b in sorted(pairs):
        ours, theirs = clusters.nodes[a].naming, clusters.nodes[b].naming
        if (
            ours.suffix == theirs.suffix
            and clusters.nodes[a].evidence.shares_office(clusters.nodes[b].evidence)
            and _may_be_one(clusters, a, b)
            and alike(_parts(clusters, a), _parts(clusters, b))
        ):
            clusters.join(a, b, reason)


def _parts(clusters: Clusters, number: int) -> _Parts:
    """Return the first names, written together, and the last name."""
    *first, last = clusters.nodes[number].naming.keys
    return "".join(first), last


def _misspelt(a: _Parts, b: _Parts) -> bool:
    if a[0] == b[0]:
        return one_slip_in_last_name(a[1], b[1])
    return a[1] == b[1] and one_slip_apart(a[0], b[0])
