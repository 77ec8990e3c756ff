"""Joining bodies: acronyms with what they abbreviate, names without a country with those with."""

from collections import defaultdict

from llm_extract.grounding.names import is_acronym_of
from llm_extract.grounding.words import fold_characters, words_of
from llm_extract.linking.clusters import Clusters


def join_bodies(clusters: Clusters) -> None:
    """Join names of bodies where the collection leaves one candidate."""
    _join_across_countries(clusters)
    _join_acronyms(clusters)


def _join_across_countries(clusters: Clusters) -> None:
    """Join `Green Party` with the one country's party of this name that there is."""
    stated: dict[tuple[str, ...], list[int]] = defaultdict(list)
    unstated: list[int] = []
    for number, node in enumerate(clusters.nodes):
        if node.naming.kind == "body":
            if node.naming.country:
                stated[node.naming.words].append(number)
            else:
                unstated.append(number)
    for number in unstated:
        candidates = stated.get(clusters.nodes[number].naming.words, [])
        if len({clusters.root(other) for other in candidates}) == 1:
            clusters.join(number, candidates[0], "country in context")


def _join_acronyms(clusters: Clusters) -> None:
    long: dict[str, set[int]] = defaultdict(set)
    for number, node in enumerate(clusters.nodes):
        if node.naming.kind in ("body", "name"):
            for name in sorted(node.names):
                initials = _initials(name)
                if len(initials) > 1:
                    long[initials].add(number)
    for number, node in enumerate(clusters.nodes):
        if not node.naming.is_acronym:
            continue
        short = min(node.names, default="")
        found = sorted(
            other
            for other in long.get(node.naming.words[0], ())
            if any(is_acronym_of(short, name) for name in clusters.nodes[other].names)
        )
        if len({clusters.root(other) for other in found}) == 1:
            clusters.join(number, found[0], "acronym")


def _initials(name: str) -> str:
    words = [word for word in words_of(name) if word.capital]
    return "".join(fold_characters(word.text[0])[:1] for word in words)
