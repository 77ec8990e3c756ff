"""From one article to its records, whatever the strategy."""

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from llm_extract import __version__
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.drafts import EVIDENCE
from llm_extract.extraction.findings import Findings
from llm_extract.extraction.prompts import Prompts, prompt_hash
from llm_extract.extraction.record_types import RecordType
from llm_extract.extraction.strategies.article import ArticleStrategy
from llm_extract.extraction.strategies.sentence import SentenceStrategy
from llm_extract.models.client import ModelClient
from llm_extract.models.usage import Meter
from llm_extract.schemas import ArticleRecords, Provenance, Record
from llm_extract.text.article import Article

StrategyName = Literal["article", "sentence"]
_BUILTIN_LISTS = ("meetings", "positions", "quotes")


class Strategy(Protocol):
    """A way to ask a model about an article."""

    def prompt_texts(self) -> list[str]:
        """Return everything that the prompts hold beside the article."""
        ...

    async def find(self, context: ArticleContext, client: ModelClient, meter: Meter) -> Findings:
        """Find the records of an article."""
        ...

    def prompt_lengths(self, context: ArticleContext) -> Iterable[int]:
        """Return the characters of each prompt that an article surely takes."""
        ...


@dataclass(frozen=True)
class Extractor:
    """Everything that decides, beside the article and the model, what comes out.

    Attributes:
        kinds: the record types asked for.
        strategy_name: name of the strategy.
        strategy: the strategy, prepared for the types.
        prompt_hash: identifies the prompts.
        schema_hash: identifies the record classes.
    """

    kinds: tuple[RecordType, ...]
    strategy_name: StrategyName
    strategy: Strategy
    prompt_hash: str
    schema_hash: str

    @classmethod
    def of(
        cls, kinds: Sequence[RecordType], strategy_name: StrategyName, prompts: Prompts
    ) -> "Extractor":
        """Prepare a strategy for some record types.

        Raises:
            PromptError: a prompt file is missing or broken.
        """
        strategy: Strategy
        if strategy_name == "article":
            strategy = ArticleStrategy.of(kinds, prompts)
        else:
            strategy = SentenceStrategy.of(kinds, prompts)
        return cls(
            tuple(kinds),
            strategy_name,
            strategy,
            prompt_hash(strategy.prompt_texts()),
            schema_hash(kinds),
        )

    @property
    def reads(self) -> bool:
        """Whether some records are read from grammar, by code that decides the result too."""
        return self.strategy_name == "sentence" and any(kind.read for kind in self.kinds)

    async def extract(
        self, article: Article, client: ModelClient, meter: Meter | None = None
    ) -> ArticleRecords:
        """Extract the records of one article.

        Args:
            article: the article.
            client: the model.
            meter: counts the calls, those of a failed article too; a new one when None.

        Returns:
            Its records, merged, in text order, with provenance.

        Raises:
            ReplyError: the model gave no usable reply for this article.
            ModelError: no article can succeed with this model as it is.
        """
        started = time.monotonic()
        meter = meter or Meter(article.id)
        context = ArticleContext.of(article)
        findings = await self.strategy.find(context, client, meter)
        records = self._merged(findings, context)
        usage = meter.usage
        provenance = Provenance(
            model=client.spec.name,
            strategy=self.strategy_name,
            record_types=[kind.name for kind in self.kinds],
            prompt_hash=self.prompt_hash,
            schema_hash=self.schema_hash,
            package_version=__version__,
            calls=usage.calls,
            cached_replies=usage.cached_replies,
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
            cost_usd=usage.cost_usd,
            seconds=round(time.monotonic() - started, 3),
            dropped=findings.dropped,
        )
        return _result(article, provenance, records)

    def _merged(self, findings: Findings, context: ArticleContext) -> dict[str, list[Record]]:
        """Make one record of those that say the same, and drop what is none after all."""
        return {
            kind.plural: sorted(
                _undoubted(kind, _merge(kind, findings), findings, context),
                key=lambda record: min(span.start for span in record.evidence),
            )
            for kind in self.kinds
        }


def _merge(kind: RecordType, findings: Findings) -> list[Record]:
    merge = (findings.whole and kind.merge_whole) or kind.merge
    return merge(findings.of(kind))


def _undoubted(
    kind: RecordType, records: Sequence[Record], findings: Findings, context: ArticleContext
) -> list[Record]:
    kept = []
    for record in records:
        reason = kind.doubt(context, record) if kind.doubt else None
        if reason is None:
            kept.append(record)
        else:
            findings.drop(kind, reason, record.model_dump(mode="json", exclude={EVIDENCE}))
    return kept


def _result(
    article: Article, provenance: Provenance, records: dict[str, list[Record]]
) -> ArticleRecords:
    builtin: dict[str, Any] = {n: records[n] for n in _BUILTIN_LISTS if n in records}
    custom = {n: found for n, found in records.items() if n not in _BUILTIN_LISTS}
    return ArticleRecords(article=article.ref(), provenance=provenance, custom=custom, **builtin)


def schema_hash(kinds: Sequence[RecordType]) -> str:
    """Return a short hash of record classes: 16 hexadecimal digits of their schemas' SHA-256."""
    schemas = [kind.record.model_json_schema() for kind in kinds]
    return hashlib.sha256(json.dumps(schemas, sort_keys=True).encode()).hexdigest()[:16]
