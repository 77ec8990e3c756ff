"""The result of one article: its records and where they come from."""

import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    SerializeAsAny,
)

from llm_extract.schemas.records import Contract, Meeting, Position, Quote, Record

SCHEMA_VERSION: Final = "1"


class ArticleRef(Contract):
    """Names the article that spans point into."""

    id: str = Field(description="path relative to the source folder, or the id the source gives")
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of the UTF-8 encoded text that the spans' offsets refer to"
    )
    title: str | None = None
    published: datetime.date | None = None
    url: str | None = None
    source: str | None = Field(default=None, description="file the article was read from")


class DroppedDraft(Contract):
    """A record the model proposed that failed validation even after being asked again."""

    record: str = Field(description="name of the record type")
    reason: str
    draft: str = Field(description="the draft as the model gave it, JSON, shortened")


class Provenance(Contract):
    """How the records were made and what that took."""

    model: str
    strategy: Literal["article", "sentence"]
    record_types: list[str] = Field(
        default_factory=list, description="names of the record types that were asked for"
    )
    prompt_hash: str
    schema_hash: str
    package_version: str
    calls: NonNegativeInt
    cached_replies: NonNegativeInt = Field(
        default=0, description="requests answered from the reply cache, with no call"
    )
    prompt_tokens: NonNegativeInt = Field(description="all prompt tokens, cached ones included")
    cached_tokens: NonNegativeInt = Field(description="prompt tokens served from a prefix cache")
    completion_tokens: NonNegativeInt
    cost_usd: NonNegativeFloat | None = Field(description="null where the price is not known")
    seconds: NonNegativeFloat = Field(description="wall time from reading to records")
    dropped: list[DroppedDraft] = Field(default_factory=list)


class CustomRecord(Record):
    """A record of a user's own type, read back without its class.

    The evidence is there as spans; the type's own fields are attributes that hold JSON values.
    """

    model_config = ConfigDict(extra="allow")


def _without_class(value: Any) -> Any:
    return value if isinstance(value, Record) else CustomRecord.model_validate(value)


OwnRecord = Annotated[
    SerializeAsAny[Record], BeforeValidator(_without_class, json_schema_input_type=CustomRecord)
]


class ArticleRecords(Contract):
    """Everything extracted from one article: one line of `records.jsonl`."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    article: ArticleRef
    meetings: list[Meeting] = Field(default_factory=list)
    positions: list[Position] = Field(default_factory=list)
    quotes: list[Quote] = Field(default_factory=list)
    custom: dict[str, list[OwnRecord]] = Field(
        default_factory=dict, description="records of users' own types, by type name"
    )
    provenance: Provenance
