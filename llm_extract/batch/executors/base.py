"""What an executor is: it turns articles into records; the run above it keeps them."""

import traceback
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from llm_extract.batch.executors.slots import Slots
from llm_extract.batch.job import Job
from llm_extract.errors import LLMExtractError, ReplyError, TransientModelError
from llm_extract.extraction.pipeline import Extractor
from llm_extract.models.cache import ReplyCache
from llm_extract.models.client import ModelClient
from llm_extract.models.events import Observer
from llm_extract.models.usage import Meter
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article


@dataclass(frozen=True)
class Failed:
    """Why one article gave no records.

    Attributes:
        kind: class of the error.
        reason: what happened, one line.
        passing: whether that may have passed by the next run, as that of a busy server.
        trace: the traceback of a bug that the article brought to light; empty otherwise.
    """

    kind: str
    reason: str
    passing: bool = False
    trace: str = ""


class Executor(AbstractAsyncContextManager["Executor"], Protocol):
    """Extracts articles; nothing is connected to or started outside its block.

    Attributes:
        slots: how many articles it takes at a time: whoever calls `extract` has taken one.
    """

    slots: Slots

    async def extract(self, article: Article, meter: Meter) -> ArticleRecords | Failed:
        """Extract one article.

        Args:
            article: the article.
            meter: counts the calls as they are made, those of a failed article too.

        Returns:
            Its records, or why it has none.

        Raises:
            ModelError: no article can succeed with this model as it is.
        """
        ...


MakeExecutor = Callable[[Job, ReplyCache | None, Observer | None], Executor]


async def extract_one(
    extractor: Extractor, article: Article, client: ModelClient, meter: Meter
) -> ArticleRecords | Failed:
    """Extract one article with a model at hand, as every executor does it in the end.

    Args:
        extractor: what to extract, and how.
        article: the article.
        client: the model.
        meter: counts the calls.

    Returns:
        Its records, or why it has none.

    Raises:
        LLMExtractError: what concerns more than this article.
    """
    try:
        return await extractor.extract(article, client, meter)
    except ReplyError as error:
        passing = isinstance(error, TransientModelError)
        return Failed(type(error).__name__, str(error), passing)
    except LLMExtractError:
        raise
    except Exception as error:
        # A bug that one article brings to light must not cost the others their records.
        kind = type(error).__name__
        reason = " ".join(f"internal error ({kind}: {error})".split())
        return Failed(kind, reason, trace=traceback.format_exc())
