"""The views of an SQLite export: answers to the common questions."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class View:
    """A view.

    Attributes:
        name: its name.
        about: what one row is.
        query: the query that it stands for.
    """

    name: str
    about: str
    query: str


VIEWS: Final = (
    View(
        "who_met_whom",
        "An actor, and another one of the same meeting. Each pair stands there twice, once from "
        "each side, so that one filter finds all meetings of an actor.",
        """
SELECT DISTINCT
    actors.name AS actor, met.name AS met, meetings.status, meetings.date_iso, meetings.date_text,
    meetings.location, evidence.text AS evidence, articles.name AS article, articles.published,
    actors.actor_id, met.actor_id AS met_id, meetings.meeting_id, meetings.article_id
FROM meetings
JOIN articles USING (article_id)
JOIN meeting_participants AS one ON one.meeting_id = meetings.meeting_id
JOIN meeting_participants AS other
    ON other.meeting_id = meetings.meeting_id AND other.actor_id <> one.actor_id
JOIN actors ON actors.actor_id = one.actor_id
JOIN actors AS met ON met.actor_id = other.actor_id
JOIN evidence ON evidence.record_id = meetings.meeting_id AND evidence.number = 1
""",
    ),
    View(
        "who_stands_where",
        "A position: who supports or opposes what.",
        """
SELECT
    actors.name AS actor, positions.stance, issues.name AS issue,
    positions.issue AS issue_in_article, evidence.text AS evidence, articles.name AS article,
    articles.published, actors.actor_id, issues.issue_id, positions.position_id,
    positions.article_id
FROM positions
JOIN articles USING (article_id)
JOIN actors ON actors.actor_id = positions.holder_id
JOIN issues USING (issue_id)
JOIN evidence ON evidence.record_id = positions.position_id AND evidence.number = 1
""",
    ),
    View(
        "who_said_what",
        "A quote with its speaker; without one where nobody is named.",
        """
SELECT
    actors.name AS actor, quotes.text AS quote, quotes.kind, evidence.text AS evidence,
    articles.name AS article, articles.published, actors.actor_id, quotes.quote_id,
    quotes.article_id
FROM quotes
JOIN articles USING (article_id)
LEFT JOIN actors ON actors.actor_id = quotes.speaker_id
JOIN evidence ON evidence.record_id = quotes.quote_id AND evidence.number = 1
""",
    ),
    View(
        "actors_by_articles",
        "An actor with how often it occurs, the one of most articles first.",
        """
SELECT
    name AS actor, articles,
    (SELECT count(DISTINCT meeting_id) FROM meeting_participants
        WHERE meeting_participants.actor_id = actors.actor_id) AS meetings,
    (SELECT count(*) FROM positions WHERE holder_id = actors.actor_id) AS positions,
    (SELECT count(*) FROM quotes WHERE speaker_id = actors.actor_id) AS quotes,
    actor_id
FROM actors
ORDER BY articles DESC, name
""",
    ),
    View(
        "usage_by_model",
        "What a model took for all texts that have records, each counted once though several "
        "articles have it. `cost_usd` is none where one price is not known.",
        """
SELECT
    model, strategy, count(*) AS texts, sum(calls) AS calls, sum(prompt_tokens) AS prompt_tokens,
    sum(cached_tokens) AS cached_tokens, sum(completion_tokens) AS completion_tokens,
    CASE WHEN count(*) = count(cost_usd) THEN sum(cost_usd) END AS cost_usd,
    sum(seconds) AS seconds
FROM (SELECT * FROM usage JOIN articles USING (article_id) GROUP BY sha256, published)
GROUP BY model, strategy
""",
    ),
)
