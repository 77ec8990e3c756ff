"""The public contract: plain Pydantic models, importable without anything heavy."""

from llm_extract.schemas.records import (
    Actor,
    EventDate,
    Example,
    Meeting,
    MeetingMode,
    MeetingStatus,
    Position,
    Quotation,
    Quote,
    QuoteKind,
    Record,
    Span,
    Stance,
)
from llm_extract.schemas.result import (
    SCHEMA_VERSION,
    ArticleRecords,
    ArticleRef,
    CustomRecord,
    DroppedDraft,
    Provenance,
)

__all__ = [
    "SCHEMA_VERSION",
    "Actor",
    "ArticleRecords",
    "ArticleRef",
    "CustomRecord",
    "DroppedDraft",
    "EventDate",
    "Example",
    "Meeting",
    "MeetingMode",
    "MeetingStatus",
    "Position",
    "Provenance",
    "Quotation",
    "Quote",
    "QuoteKind",
    "Record",
    "Span",
    "Stance",
]
