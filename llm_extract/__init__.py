"""Meetings, positions and quotes from news articles, every claim grounded in the text."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from llm_extract.errors import (
    ClusterError,
    ContextLengthError,
    EmbeddedServerError,
    EvaluationError,
    InvalidReplyError,
    LLMExtractError,
    ModelError,
    PendingReplyError,
    PromptError,
    RefusedReplyError,
    RejectedRequestError,
    ReplyError,
    ServerDownError,
    SourceError,
    StoreError,
    TransientModelError,
    TruncatedReplyError,
    UsageError,
    WeightsError,
)
from llm_extract.schemas import (
    Actor,
    ArticleRecords,
    ArticleRef,
    CustomRecord,
    DroppedDraft,
    EventDate,
    Example,
    Meeting,
    Position,
    Provenance,
    Quotation,
    Quote,
    Record,
    Span,
)

if TYPE_CHECKING:
    from llm_extract.api import aextract, extract, extract_folder
    from llm_extract.batch.budget import Budget
    from llm_extract.batch.executors.ray import RayCluster
    from llm_extract.batch.records import read_records
    from llm_extract.batch.runner import Outcome, Tally
    from llm_extract.models.events import CallEvent

__version__ = "0.1.0"

__all__ = [
    "Actor",
    "ArticleRecords",
    "ArticleRef",
    "Budget",
    "CallEvent",
    "ClusterError",
    "ContextLengthError",
    "CustomRecord",
    "DroppedDraft",
    "EmbeddedServerError",
    "EvaluationError",
    "EventDate",
    "Example",
    "InvalidReplyError",
    "LLMExtractError",
    "Meeting",
    "ModelError",
    "Outcome",
    "PendingReplyError",
    "Position",
    "PromptError",
    "Provenance",
    "Quotation",
    "Quote",
    "RayCluster",
    "Record",
    "RefusedReplyError",
    "RejectedRequestError",
    "ReplyError",
    "ServerDownError",
    "SourceError",
    "Span",
    "StoreError",
    "Tally",
    "TransientModelError",
    "TruncatedReplyError",
    "UsageError",
    "WeightsError",
    "aextract",
    "extract",
    "extract_folder",
    "read_records",
]

# What needs a model client is imported at its first use: importing the schemas must stay light.
_HOMES: Final = {
    "aextract": "llm_extract.api",
    "extract": "llm_extract.api",
    "extract_folder": "llm_extract.api",
    "read_records": "llm_extract.batch.records",
    "Budget": "llm_extract.batch.budget",
    "CallEvent": "llm_extract.models.events",
    "Outcome": "llm_extract.batch.runner",
    "RayCluster": "llm_extract.batch.executors.ray",
    "Tally": "llm_extract.batch.runner",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
