"""The tables of an export: what their rows hold, and what every format and the docs make of them.

A row is a named tuple. Its fields are the columns of the table: their types, keys and descriptions
stand here and nowhere else.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final, Literal, NamedTuple, NewType, get_args, get_type_hints

Json = NewType("Json", str)
"""A JSON value, as text."""

Type = Literal["text", "integer", "real", "date", "json"]
Value = str | int | float | datetime.date | None
Row = tuple[Value, ...]

_TYPES: Final[dict[object, Type]] = {
    str: "text",
    int: "integer",
    float: "real",
    datetime.date: "date",
    Json: "json",
}
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class About:
    """What a column is.

    Attributes:
        text: what its values say.
        key: whether it is the table's key, or part of it.
        to: the table whose rows the values name, by its key.
    """

    text: str
    key: bool = False
    to: str | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: its name.
        type: what its values are.
        optional: whether a row may have none.
        about: what it is.
    """

    name: str
    type: Type
    optional: bool
    about: About


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: its name.
        about: what one row is.
        columns: its columns.
    """

    name: str
    about: str
    columns: tuple[Column, ...]

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Names of the columns that name a row together."""
        return tuple(column.name for column in self.columns if column.about.key)


_ARTICLE: Final = About("the article", to="articles")
_RECORD: Final = About("the record", key=True, to="records")
_START: Final = "offset of the first character in the article's text, in code points from 0"
_END: Final = "offset after the last character"
_ROLE: Final = "title or office, as the article writes it"
_AFFILIATION: Final = "country or organisation that the actor belongs to, as the article writes it"


class ArticleRow(NamedTuple):
    """An article, whether it has records or failed."""

    article_id: Annotated[str, About("path in the source folder, or the source's id", key=True)]
    status: Annotated[str, About("`done` or `failed`")]
    name: Annotated[str, About("what to call it: its title, or its id where it has none")]
    title: Annotated[str | None, About("its title, where the source gives one")]
    published: Annotated[datetime.date | None, About("publication date, where given")]
    url: Annotated[str | None, About("its address, where given")]
    source: Annotated[str | None, About("file that it was read from")]
    sha256: Annotated[
        str | None, About("SHA-256 of the text that all offsets point into; none where it failed")
    ]
    error_kind: Annotated[str | None, About("class of the error, where it failed")]
    error: Annotated[str | None, About("why it failed, one line")]


class UsageRow(NamedTuple):
    """What the records of an article took. Articles with the same text share one extraction."""

    article_id: Annotated[str, About("the article", key=True, to="articles")]
    model: Annotated[str, About("the model, as `--model` names it")]
    strategy: Annotated[str, About("`article` or `sentence`")]
    record_types: Annotated[str, About("record types asked for, separated by commas")]
    calls: Annotated[int, About("calls to the model")]
    cached_replies: Annotated[int, About("requests answered from the reply cache")]
    prompt_tokens: Annotated[int, About("prompt tokens, cached ones included")]
    cached_tokens: Annotated[int, About("prompt tokens served from a prefix cache")]
    completion_tokens: Annotated[int, About("output tokens")]
    cost_usd: Annotated[float | None, About("price; none where it is not known")]
    seconds: Annotated[float, About("wall time from reading to records")]
    dropped: Annotated[int, About("drafts of records that validation dropped")]
    prompt_hash: Annotated[str, About("names the prompts")]
    schema_hash: Annotated[str, About("names the schemas of the drafts")]
    package_version: Annotated[str, About("version of llm-extract")]


class ActorRow(NamedTuple):
    """One actor of the collection, under whatever names articles know it."""

    actor_id: Annotated[
        str, About("names the actor in this export; more articles may change it", key=True)
    ]
    name: Annotated[str, About("its fullest name")]
    articles: Annotated[int, About("articles whose records name it")]


class ActorRelationRow(NamedTuple):
    """Another actor that stands for this one, or belongs to it, and yet is not the same."""

    actor_id: Annotated[str, About("the actor", key=True, to="actors")]
    number: Annotated[int, About("place among the actor's relations, from 1", key=True)]
    related_id: Annotated[str, About("the other actor", to="actors")]
    reason: Annotated[str, About("how they are related")]


class IssueRow(NamedTuple):
    """Issues of positions that say the same in other words."""

    issue_id: Annotated[
        str, About("names the issue in this export; more articles may change it", key=True)
    ]
    name: Annotated[str, About("the phrase that stands for it")]


class RecordRow(NamedTuple):
    """A record of any kind: what evidence and mentions of actors belong to."""

    record_id: Annotated[
        str, About("article, kind and number, such as `a.txt#meeting-1`", key=True)
    ]
    article_id: Annotated[str, _ARTICLE]
    kind: Annotated[
        str, About("`meeting`, `position`, `quote`, or the name of the list of an own type")
    ]
    number: Annotated[int, About("place among the article's records of this kind, from 1")]
    title: Annotated[str, About("the record in short, to read")]


class MeetingRow(NamedTuple):
    """A meeting that an article reports, plans or rules out."""

    meeting_id: Annotated[str, About("the record", key=True, to="records")]
    article_id: Annotated[str, _ARTICLE]
    title: Annotated[str, About("names of the participants, as the article has them")]
    status: Annotated[str, About("`held`, `ongoing`, `planned`, `proposed` or `declined`")]
    mode: Annotated[str | None, About("`in_person` or `call`, where stated")]
    date_text: Annotated[str | None, About("the words of the article that date it")]
    date_iso: Annotated[
        str | None, About("YYYY, YYYY-MM or YYYY-MM-DD, as far as the words fix it")
    ]
    date: Annotated[datetime.date | None, About("`date_iso` where it is a day")]
    location: Annotated[str | None, About("the most specific place that is stated")]


class MeetingParticipantRow(NamedTuple):
    """An actor who takes part in a meeting."""

    meeting_id: Annotated[str, About("the meeting", key=True, to="meetings")]
    number: Annotated[int, About("place among the participants, from 1", key=True)]
    actor_id: Annotated[str, About("the actor", to="actors")]
    name: Annotated[str, About("its name, as the article has it")]
    role: Annotated[str | None, About(_ROLE)]
    affiliation: Annotated[str | None, About(_AFFILIATION)]


class MeetingTopicRow(NamedTuple):
    """What was or will be discussed at a meeting."""

    meeting_id: Annotated[str, About("the meeting", key=True, to="meetings")]
    number: Annotated[int, About("place among the topics, from 1", key=True)]
    topic: Annotated[str, About("a short phrase")]


class PositionRow(NamedTuple):
    """An actor's stance on an issue."""

    position_id: Annotated[str, About("the record", key=True, to="records")]
    article_id: Annotated[str, _ARTICLE]
    holder_id: Annotated[str, About("whose position it is", to="actors")]
    holder: Annotated[str, About("the holder's name, as the article has it")]
    stance: Annotated[str, About("`supports`, `opposes` or `mixed`")]
    issue: Annotated[str, About("what it is about, in the words of this article's record")]
    issue_id: Annotated[str, About("the issue, across articles", to="issues")]


class QuoteRow(NamedTuple):
    """Words in quotation marks, and who said them."""

    quote_id: Annotated[str, About("the record", key=True, to="records")]
    article_id: Annotated[str, _ARTICLE]
    speaker_id: Annotated[str | None, About("who said it; none where nobody is named", to="actors")]
    speaker: Annotated[str | None, About("the speaker's name, as the article has it")]
    text: Annotated[str, About("the words between the marks, verbatim")]
    kind: Annotated[str, About("`full` where they hold a clause, else `fragment`")]
    start_char: Annotated[int, About(_START)]
    end_char: Annotated[int, About(_END)]


class CustomRecordRow(NamedTuple):
    """A record of a user's own type."""

    record_id: Annotated[str, _RECORD]
    article_id: Annotated[str, _ARTICLE]
    type: Annotated[str, About("name of the type's list in `records.jsonl`")]
    fields: Annotated[Json, About("its fields without the evidence, a JSON object")]


class ActorMentionRow(NamedTuple):
    """A place where a meeting, a position or a quote names an actor."""

    record_id: Annotated[str, _RECORD]
    number: Annotated[int, About("place among the record's actors, from 1", key=True)]
    article_id: Annotated[str, _ARTICLE]
    actor_id: Annotated[str, About("the actor", to="actors")]
    part: Annotated[str, About("`participant`, `holder` or `speaker`")]
    name: Annotated[str, About("the actor's name, as the article has it")]
    role: Annotated[str | None, About(_ROLE)]
    affiliation: Annotated[str | None, About(_AFFILIATION)]
    reason: Annotated[str, About("why the name is this actor's, such as `case or title`")]
    like_name: Annotated[str, About("the name of the same actor that it was found to be like")]


class EvidenceRow(NamedTuple):
    """A sentence or span of the article that states a record."""

    record_id: Annotated[str, _RECORD]
    number: Annotated[int, About("place among the record's evidence, the best is 1", key=True)]
    article_id: Annotated[str, _ARTICLE]
    kind: Annotated[str, About("kind of the record")]
    start_char: Annotated[int, About(_START)]
    end_char: Annotated[int, About(_END)]
    text: Annotated[str, About("the characters between the offsets, verbatim")]


# Those that others refer to come first.
_ROWS: Final[dict[str, type[Row]]] = {
    "articles": ArticleRow,
    "usage": UsageRow,
    "actors": ActorRow,
    "actor_relations": ActorRelationRow,
    "issues": IssueRow,
    "records": RecordRow,
    "meetings": MeetingRow,
    "meeting_participants": MeetingParticipantRow,
    "meeting_topics": MeetingTopicRow,
    "positions": PositionRow,
    "quotes": QuoteRow,
    "custom_records": CustomRecordRow,
    "actor_mentions": ActorMentionRow,
    "evidence": EvidenceRow,
}


def _table(name: str, row: type[Row]) -> Table:
    hints = get_type_hints(row, include_extras=True)
    return Table(name, row.__doc__ or "", tuple(_column(*hint) for hint in hints.items()))


def _column(name: str, hint: object) -> Column:
    type_, about = get_args(hint)
    kinds = set(get_args(type_) or [type_])
    (plain,) = kinds - {type(None)}
    return Column(name, _TYPES[plain], type(None) in kinds, about)


_TABLE_OF: Final = {row: _table(name, row) for name, row in _ROWS.items()}
TABLES: Final = tuple(_TABLE_OF.values())


def table_of(row: Row) -> Table:
    """Return the table that a row belongs to."""
    return _TABLE_OF[type(row)]


def key_of(name: str) -> str:
    """Return the one column that names the rows of a table that others refer to."""
    (key,) = next(table.key for table in TABLES if table.name == name)
    return key


def batches(rows: Iterable[Row], size: int = _AT_ONCE) -> Iterator[tuple[Table, list[Row]]]:
    """Gather rows of the same table, which is faster to write; holds few of them at a time.

    Args:
        rows: rows of any tables.
        size: how many to give at a time, at most.

    Returns:
        Rows with their table; those of one table in the order given.
    """
    waiting: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    for row in rows:
        table = table_of(row)
        gathered = waiting[table.name]
        gathered.append(row)
        if len(gathered) == size:
            yield table, gathered
            waiting[table.name] = []
    for table in TABLES:
        if waiting[table.name]:
            yield table, waiting[table.name]
