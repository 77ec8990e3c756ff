"""Invented sentences as the readers get them."""

from llm_extract.extraction.context import ArticleContext
from llm_extract.reading.meetings import MeetingRead, read_meetings
from llm_extract.reading.positions import read_positions
from llm_extract.text.article import Article


def context_of(text: str) -> ArticleContext:
    return ArticleContext.of(Article("story.txt", text))


def positions_in(text: str) -> list[tuple[str, str, str]]:
    """Holder, stance and issue of each position read."""
    context = context_of(text)
    read = read_positions(context.parsed, context.actors)
    return [(position.holder, position.stance, position.issue) for position in read]


def meetings_in(text: str) -> list[MeetingRead]:
    context = context_of(text)
    return read_meetings(context.parsed, context.actors)
