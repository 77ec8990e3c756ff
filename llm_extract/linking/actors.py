"""One actor under one name across articles."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from llm_extract.linking.aliases import NO_ALIASES, Aliases
from llm_extract.linking.bodies import join_bodies
from llm_extract.linking.clusters import Clusters
from llm_extract.linking.forms import Form, forms_of
from llm_extract.linking.ids import ids_of
from llm_extract.linking.mentions import Mention, mentions_of
from llm_extract.linking.metonyms import (
    Metonym,
    metonym_of_body,
    metonyms_of_place,
    related_pairs,
)
from llm_extract.linking.naming import naming_of
from llm_extract.linking.people import join_full_names
from llm_extract.linking.reasons import Reason
from llm_extract.linking.single_names import join_single_names
from llm_extract.linking.uses import Use, nodes_of, uses_of

__all__ = [
    "ActorIndex",
    "Form",
    "LinkedActor",
    "Mention",
    "Reason",
    "Relation",
    "link_actors",
    "mentions_of",
]


@dataclass(frozen=True)
class Relation:
    """Another actor that stands for this one, or belongs to it, and yet is not the same.

    Attributes:
        actor: id of the other actor.
        reason: how they are related, such as `Moscow is capital of Russia`.
    """

    actor: str
    reason: str


@dataclass(frozen=True)
class LinkedActor:
    """One actor of a collection of articles.

    Attributes:
        id: names the actor within one linking; letters, digits and dashes, fit for an address.
        name: its fullest name, or the one that the alias file gives it.
        forms: all its names, the fullest first.
        related: actors that it is related to.
    """

    id: str
    name: str
    forms: tuple[Form, ...]
    related: tuple[Relation, ...] = ()

    @property
    def articles(self) -> tuple[str, ...]:
        """The ids of the articles that name it, sorted."""
        return tuple(sorted({article for form in self.forms for article in form.articles}))


class ActorIndex:
    """The actors of a collection of articles, and which of them a name in an article is.

    Attributes:
        actors: all of them, by name.
    """

    def __init__(self, actors: Iterable[LinkedActor]) -> None:
        self.actors = tuple(sorted(actors, key=lambda actor: (actor.name.casefold(), actor.id)))
        named: dict[str, list[tuple[Form, LinkedActor]]] = defaultdict(list)
        for actor in self.actors:
            for form in actor.forms:
                named[form.name].append((form, actor))
        self._alone = {name: found[0] for name, found in named.items() if len(found) == 1}
        self._shared = {
            (article, name): actor
            for name, found in named.items()
            if len(found) > 1
            for form, actor in found
            for article in form.articles
        }

    def find(self, article: str, name: str) -> LinkedActor:
        """Return the actor that a name of an article's records stands for.

        Raises:
            KeyError: the name was not among the mentions.
        """
        if name not in self._alone:
            return self._shared[article, name]
        form, actor = self._alone[name]
        if not _holds(form.articles, article):
            raise KeyError((article, name))
        return actor

    def has(self, article: str, name: str) -> bool:
        """Say whether a name of an article was among the mentions."""
        if name not in self._alone:
            return (article, name) in self._shared
        return _holds(self._alone[name][0].articles, article)


def _holds(articles: Sequence[str], article: str) -> bool:
    """Say whether sorted articles have one among them."""
    place = bisect_left(articles, article)
    return place < len(articles) and articles[place] == article


def link_actors(mentions: Iterable[Mention], aliases: Aliases = NO_ALIASES) -> ActorIndex:
    """Find which names in different articles are one actor's.

    Args:
        mentions: the names of all articles, in any order.
        aliases: what a user knows; it overrides what is found.

    Returns:
        The actors; the same for the same mentions, whatever their order.
    """
    uses = [*_alias_uses(aliases), *uses_of(mentions, aliases)]
    single = [use for use in uses if use.naming.kind == "single" and use.alias is None]
    clusters = Clusters(
        nodes_of(use for use in uses if use.naming.kind != "single" or use.alias is not None)
    )
    _join_aliases(clusters)
    join_full_names(clusters)
    join_bodies(clusters)
    join_single_names(clusters, single)
    return ActorIndex(_with_relations(clusters, aliases))


def _alias_uses(aliases: Aliases) -> Iterator[Use]:
    """Return the names of the alias file, in no article, so that spellings of them are found."""
    for number, actor in enumerate(aliases.actors):
        for name in (actor.name, *(a.name for a in actor.aliases if not a.articles)):
            apart = tuple(sorted(aliases.apart_of(name).items()))
            yield Use(None, name, naming_of(name), alias=number, apart=apart)


def _join_aliases(clusters: Clusters) -> None:
    """Join what the alias file joins, and other spellings of its names with these."""
    first: dict[int, int] = {}
    by_identity: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, node in enumerate(clusters.nodes):
        if node.alias is not None:
            by_identity[node.identity].append(number)
            if first.setdefault(node.alias, number) != number:
                clusters.join(number, first[node.alias], "alias file")
    for number, node in enumerate(clusters.nodes):
        pinned = by_identity.get(node.identity, [])
        if node.alias is None and len({clusters.root(other) for other in pinned}) == 1:
            clusters.join(number, pinned[0], "transliteration")


def _with_relations(clusters: Clusters, aliases: Aliases) -> Iterator[LinkedActor]:
    standing: dict[str, set[Metonym]] = {}
    actors: list[LinkedActor] = []
    found = [(numbers, forms_of(clusters, numbers)) for numbers in clusters.actors()]
    named = [
        (_name(clusters, numbers, forms, aliases), numbers, forms)
        for numbers, forms in found if forms
    ]  # fmt: skip
    named.sort(key=lambda entry: (entry[0], entry[2][0].name, entry[2][0].articles[0]))
    for id_, (name, numbers, forms) in zip(ids_of([n for n, *_ in named]), named, strict=True):
        actors.append(LinkedActor(id_, name, forms))
        metonyms = {m for number in numbers for m in _metonyms(clusters, number)}
        if metonyms:
            standing[id_] = metonyms
    related = related_pairs(standing, {actor.id: actor.name for actor in actors})
    for actor in actors:
        relations = tuple(Relation(*pair) for pair in related.get(actor.id, ()))
        yield replace(actor, related=relations) if relations else actor


def _name(
    clusters: Clusters, numbers: Sequence[int], forms: Sequence[Form], aliases: Aliases
) -> str:
    pinned = next((a for n in numbers if (a := clusters.nodes[n].alias) is not None), None)
    return forms[0].name if pinned is None else aliases.actors[pinned].name


def _metonyms(clusters: Clusters, number: int) -> tuple[Metonym, ...]:
    naming = clusters.nodes[number].naming
    if naming.kind == "place":
        return metonyms_of_place(naming.words[0])
    if naming.kind == "body":
        return metonym_of_body(naming.country, frozenset(naming.words))
    return ()
