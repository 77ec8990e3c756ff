"""One actor under one name across articles."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from llm_extract.grounding.names import fold
from llm_extract.schemas import Actor, ArticleRecords

Reason = Literal[
    "exact", "case or title", "accent", "transliteration", "last name in context", "alias file"
]


@dataclass(frozen=True)
class Mention:
    """A name that the records of one article give to an actor.

    Attributes:
        article: id of the article.
        actor: the actor as the records have it.
    """

    article: str
    actor: Actor


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


@dataclass(frozen=True)
class Relation:
    """Another actor that stands for this one, or belongs to it, and yet is not the same.

    Attributes:
        actor: id of the other actor.
        reason: how they are related, such as `capital of Russia`.
    """

    actor: str
    reason: str


@dataclass(frozen=True)
class LinkedActor:
    """One actor of a collection of articles.

    Attributes:
        id: names the actor within one linking; letters, digits and dashes, fit for an address.
        name: its fullest name.
        forms: all its names, the fullest first.
        related: actors that it is related to.
    """

    id: str
    name: str
    forms: tuple[Form, ...]
    related: tuple[Relation, ...] = ()


class ActorIndex:
    """The actors of a collection of articles, and which of them a name in an article is.

    Attributes:
        actors: all of them, by name.
    """

    def __init__(self, actors: Iterable[LinkedActor]) -> None:
        self.actors = tuple(sorted(actors, key=lambda actor: (actor.name.casefold(), actor.id)))
        self._found = {
            (article, form.name): actor
            for actor in self.actors
            for form in actor.forms
            for article in form.articles
        }

    def find(self, article: str, name: str) -> LinkedActor:
        """Return the actor that a name of an article's records stands for.

        Raises:
            KeyError: the name was not among the mentions.
        """
        return self._found[article, name]


def mentions_of(records: ArticleRecords) -> Iterator[Mention]:
    """Return the actors of an article's meetings, positions and quotes, each time one is named."""
    named = [actor for meeting in records.meetings for actor in meeting.participants]
    named += [position.holder for position in records.positions]
    named += [quote.speaker for quote in records.quotes if quote.speaker]
    for actor in named:
        yield Mention(records.article.id, actor)


def link_actors(mentions: Iterable[Mention]) -> ActorIndex:
    """Find which names in different articles are one actor's.

    Args:
        mentions: the names of all articles, in any order.

    Returns:
        The actors; the same for the same mentions, whatever their order.
    """
    clusters: dict[str, dict[str, set[str]]] = {}
    for mention in mentions:
        name = mention.actor.name
        forms = clusters.setdefault(fold(name) or name, {})
        forms.setdefault(name, set()).add(mention.article)
    return ActorIndex(_actor(key, forms) for key, forms in clusters.items())


def _actor(key: str, named: dict[str, set[str]]) -> LinkedActor:
    names = sorted(named, key=lambda name: (-len(named[name]), name))
    forms = tuple(
        Form(name, tuple(sorted(named[name])), "exact" if name == names[0] else "case or title",
            names[0])
        for name in names
    )  # fmt: skip
    return LinkedActor("-".join(key.split()), names[0], forms)
