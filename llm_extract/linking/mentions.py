"""The names that the records of articles give to actors."""

from collections.abc import Iterator
from dataclasses import dataclass

from llm_extract.schemas import Actor, ArticleRecords


@dataclass(frozen=True)
class Mention:
    """A name that the records of one article give to an actor.

    Attributes:
        article: id of the article.
        actor: the actor as the records have it.
    """

    article: str
    actor: Actor


def mentions_of(records: ArticleRecords) -> Iterator[Mention]:
    """Return the actors of an article's meetings, positions and quotes, each time one is named."""
    named = [actor for meeting in records.meetings for actor in meeting.participants]
    named += [position.holder for position in records.positions]
    named += [quote.speaker for quote in records.quotes if quote.speaker]
    for actor in named:
        yield Mention(records.article.id, actor)
