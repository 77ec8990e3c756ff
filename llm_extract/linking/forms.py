"""The names of one linked actor: which one it goes by, and why each of the others is its."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from llm_extract.grounding.words import words_of
from llm_extract.linking.clusters import Clusters, Node
from llm_extract.linking.naming import naming_of
from llm_extract.linking.reasons import Reason, reason_between


@dataclass(frozen=True)
class Form:
    """A name under which articles know an actor.

    Attributes:
        name: the name as it is written.
        articles: ids of the articles whose records use it for this actor, sorted.
        reason: why it is this actor's.
        like: the form of the same actor that it was found to be like; its own for the first.
    """

    name: str
    articles: tuple[str, ...]
    reason: Reason
    like: str


def forms_of(clusters: Clusters, numbers: Sequence[int]) -> tuple[Form, ...]:
    """Return the forms of an actor, the fullest first; none where no article names it.

    Args:
        clusters: the actors.
        numbers: the nodes of the actor.
    """
    used: dict[str, set[str]] = {}
    for number in numbers:
        for name, articles in clusters.nodes[number].names.items():
            used.setdefault(name, set()).update(articles)
    if not used:
        return ()
    if len(used) == 1:  # most actors
        ((name, only),) = used.items()
        pinned = any(clusters.nodes[number].alias is not None for number in numbers)
        return (Form(name, tuple(sorted(only)), "alias file" if pinned else "exact", name),)
    order = _by_fullness(used)
    start = min(n for n in numbers if order[0] in clusters.nodes[n].names)
    reasons = dict(_reasons(clusters, start, order))
    return tuple(Form(name, tuple(sorted(used[name])), *reasons[name]) for name in order)


def _by_fullness(used: Mapping[str, Collection[str]]) -> list[str]:
    """Return names with the fullest without titles first, of equally full ones the most frequent.

    Frequent is what is made of words that many articles use.
    """
    words = {name: [word.folded for word in words_of(name)] for name in used}
    frequent: Counter[str] = Counter()
    for name, articles in used.items():
        for word in words[name]:
            frequent[word] += len(articles)

    def rank(name: str) -> tuple[bool, bool, int, int, int, str]:
        naming = naming_of(name)
        short = name.replace(".", "").isupper()
        length = 0 if naming.kind == "place" else len(words[name])
        common = sum(frequent[word] for word in words[name]) if length else 0
        return (short, bool(naming.titles), -length, -common, -len(used[name]), name)

    return sorted(used, key=rank)


def _reasons(
    clusters: Clusters, start: int, order: Sequence[str]
) -> Iterable[tuple[str, tuple[Reason, str]]]:
    """Return why each name is the actor's, following the joins from the node of the first name."""
    place = {name: i for i, name in enumerate(order)}
    told: set[str] = set()
    seen = {start}
    ahead: deque[tuple[int, Reason, str]] = deque(
        [(start, _first_reason(clusters.nodes[start]), order[0])]
    )
    while ahead:
        number, reason, like = ahead.popleft()
        node = clusters.nodes[number]
        names = sorted((name for name in node.names), key=place.__getitem__)
        for name in names:
            if name not in told:
                told.add(name)
                yield name, (reason, like) if name == names[0] else (
                    _within(node, name, names[0]), names[0]
                )  # fmt: skip
        shown = names[0] if names else like
        for join in sorted(clusters.joins[number], key=lambda join: join.other):
            if join.other not in seen:
                seen.add(join.other)
                ahead.append((join.other, join.reason, shown))


def _first_reason(node: Node) -> Reason:
    return "exact" if node.alias is None else "alias file"


def _within(node: Node, name: str, like: str) -> Reason:
    if node.alias is not None:
        return "alias file"
    return reason_between(name, like, node.naming.kind)
