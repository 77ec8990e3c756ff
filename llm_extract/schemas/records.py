"""The records: claims about an article, each tied to the characters behind it."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    StringConstraints,
    model_validator,
)

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

MeetingStatus = Literal["held", "ongoing", "planned", "proposed", "declined"]
MeetingMode = Literal["in_person", "call"]
Stance = Literal["supports", "opposes", "mixed"]
QuoteKind = Literal["full", "fragment"]


class Contract(BaseModel):
    """Base of all public models: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(Contract):
    """A stretch of the article: `article_text[start:end] == text`, always.

    Offsets count Unicode code points in the text that `ArticleRef.sha256` identifies.
    """

    start: NonNegativeInt = Field(description="offset of the first character, in code points")
    end: NonNegativeInt = Field(description="offset after the last character, in code points")
    text: str = Field(description="the characters between the offsets, verbatim")

    @model_validator(mode="after")
    def _length_matches(self) -> "Span":
        if self.end - self.start != len(self.text):
            raise ValueError(
                f"span {self.start}:{self.end} cannot hold a text of {len(self.text)} characters"
            )
        return self


class Actor(Contract):
    """A person, government, country, ministry, party, organisation or identified group."""

    name: Name = Field(description="the fullest form of the name that the article uses")
    role: str | None = Field(default=None, description="title or office, as the article writes it")
    affiliation: str | None = Field(
        default=None, description="country or organisation the actor belongs to, as written"
    )


class EventDate(Contract):
    """When something happened or will happen."""

    text: Name = Field(description="the words of the article that date it")
    iso: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")] | None = Field(
        default=None,
        description="YYYY, YYYY-MM or YYYY-MM-DD where the words fix it, alone or with the "
        "publication date; null otherwise",
    )


class Quotation(Span):
    """A span that holds the words between a pair of quotation marks, without the marks."""


class Record(Contract):
    """Base of every record type, the built-in ones and users' own.

    A subclass describes itself: its docstring says what counts as such a record, each field's
    `description` says what goes into it, and `examples` may show invented sentences with the
    records they state. The field types decide what the model is asked for: `Actor` for a name the
    article uses, `EventDate` for dating words, `Quotation` for a quoted span, anything else for a
    plain value.
    """

    examples: ClassVar[Sequence["Example"]] = ()

    evidence: Annotated[list[Span], Field(min_length=1)] = Field(
        description="the sentences that state the record, the best one first"
    )


class Example(Contract):
    """An invented sentence and the records that it states, for few-shot prompts.

    `records` holds one mapping a record, with the record's field names and the values a model
    would answer: a plain name for an actor, the words for a date, no evidence. An empty list shows
    a sentence that states no record of the type.
    """

    text: str
    records: list[dict[str, Any]] = Field(default_factory=list)


class Meeting(Record):
    """An encounter between two or more actors in which they talk: held, planned or declined."""

    participants: Annotated[list[Actor], Field(min_length=1)] = Field(
        description="all actors who take part, mediators and hosts included where they take part"
    )
    status: MeetingStatus = Field(description="held, ongoing, planned, proposed or declined")
    mode: MeetingMode | None = Field(default=None, description="in_person or call, where stated")
    date: EventDate | None = Field(default=None, description="the words that date the meeting")
    location: str | None = Field(
        default=None, description="the most specific place given, with the larger place if stated"
    )
    topics: list[str] = Field(
        default_factory=list, description="short noun phrases for what was or will be discussed"
    )


class Position(Record):
    """An actor supports or opposes a policy, plan, act, demand, claim or another's conduct."""

    holder: Actor = Field(description="the actor whose position it is")
    issue: Name = Field(
        description="short positively worded noun phrase that the stance applies to"
    )
    stance: Stance = Field(description="supports, opposes, or mixed where the article states both")


class Quote(Record):
    """Words inside quotation marks that the article attributes to a speaker."""

    speaker: Actor | None = Field(description="the actor whose words they are")
    text: Quotation = Field(description="the words between the marks, without the marks")
    kind: QuoteKind = Field(
        description="full where the words hold a clause with subject and verb; else fragment"
    )
