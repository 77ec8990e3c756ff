"""Mentions for the tests, written as `article: name | role | affiliation`."""

from llm_extract.linking.actors import ActorIndex, Mention, link_actors
from llm_extract.linking.aliases import NO_ALIASES, Aliases
from llm_extract.schemas import Actor


def mentions(text: str) -> list[Mention]:
    found = []
    for line in filter(str.strip, text.splitlines()):
        article, rest = line.strip().split(": ", 1)
        name, role, affiliation = ([part.strip() for part in rest.split("|")] + ["", ""])[:3]
        actor = Actor(name=name, role=role or None, affiliation=affiliation or None)
        found.append(Mention(article, actor))
    return found


def linked(text: str, aliases: Aliases = NO_ALIASES) -> ActorIndex:
    return link_actors(mentions(text), aliases)


def groups(index: ActorIndex) -> set[frozenset[str]]:
    """The actors, each as its names with their articles."""
    return {
        frozenset(f"{article}: {form.name}" for form in actor.forms for article in form.articles)
        for actor in index.actors
    }


def parts(text: str, aliases: Aliases = NO_ALIASES) -> int:
    """Say how many actors the names are found to be."""
    return len(linked(text, aliases).actors)


def reason(index: ActorIndex, article: str, name: str) -> tuple[str, str]:
    """Return why a name is its actor's, and the form that it is like."""
    form = next(f for f in index.find(article, name).forms if f.name == name)
    return form.reason, form.like
