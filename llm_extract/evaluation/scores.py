"""Scores predictions against gold: counts, outcomes record by record, and what they cost."""

import functools
import operator
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.gold import GoldArticle
from llm_extract.evaluation.gold_names import find_gold
from llm_extract.evaluation.matching import KINDS, AnyRecord, Kind, match_records
from llm_extract.schemas import ArticleRecords, DroppedDraft, Meeting, Position, Quote, Span

Verdict = Literal["matched", "wrong field", "missed", "spurious"]
Measure = Kind | Literal["macro"]
"""What a headline figure is given for: a kind (its strict F1), or their mean."""
MEASURES: tuple[Measure, ...] = (*KINDS, "macro")


class Frozen(BaseModel):
    """Base of what evaluation computes: immutable and storable as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Counts(Frozen):
    """Numbers of records of one kind; what is undefined (0/0) is None.

    Attributes:
        gold: records in the gold.
        predicted: records predicted.
        loose: pairs that pass the kind's gate.
        strict: those of them that also hold the strict conditions.
    """

    gold: int = 0
    predicted: int = 0
    loose: int = 0
    strict: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            gold=self.gold + other.gold,
            predicted=self.predicted + other.predicted,
            loose=self.loose + other.loose,
            strict=self.strict + other.strict,
        )

    @property
    def precision(self) -> float | None:
        """Strict matches over predicted records."""
        return ratio(self.strict, self.predicted)

    @property
    def recall(self) -> float | None:
        """Strict matches over gold records."""
        return ratio(self.strict, self.gold)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of strict precision and recall; None without any record."""
        return ratio(2 * self.strict, self.predicted + self.gold)

    @property
    def loose_f1(self) -> float | None:
        """Harmonic mean of loose precision and recall; None without any record."""
        return ratio(2 * self.loose, self.predicted + self.gold)


class Outcome(Frozen):
    """What became of one gold or predicted record.

    Attributes:
        kind: what the record is.
        verdict: `matched` (strict), `wrong field` (loose only), `missed` (gold without a
            prediction) or `spurious` (prediction without gold).
        wrong: names of the wrong fields, for `wrong field`.
        beside: agreement of single fields, 0 to 1, for matched pairs.
        gold: the gold record, None for `spurious`.
        predicted: the predicted record, None for `missed`.
    """

    kind: Kind
    verdict: Verdict
    wrong: tuple[str, ...] = ()
    beside: dict[str, float] = {}
    gold: Meeting | Position | Quote | None = None
    predicted: Meeting | Position | Quote | None = None


class Cost(Frozen):
    """What the predictions of an article took.

    Attributes:
        calls: requests to the model.
        cached_replies: requests answered from the reply cache, which took no tokens and no time.
        prompt_tokens: prompt tokens, cached ones included.
        cached_tokens: prompt tokens served from a prefix cache.
        completion_tokens: tokens the model wrote.
        seconds: wall time.
        usd: US dollars; None where the price is not known.
    """

    calls: int
    cached_replies: int = 0
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds: float
    usd: float | None

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            calls=self.calls + other.calls,
            cached_replies=self.cached_replies + other.cached_replies,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            seconds=self.seconds + other.seconds,
            usd=None if self.usd is None or other.usd is None else self.usd + other.usd,
        )


class ArticleScore(Frozen):
    """The score of one article.

    Attributes:
        id: the gold article's id.
        gold_digest: hash of the article's text and gold records.
        counts: the counts by kind.
        spans: spans of the predicted records.
        grounded: those of them whose text stands in the article at their offsets.
        outcomes: what became of each record, in the order of the article.
        dropped: drafts that validation dropped.
        cost: what the predictions took.
    """

    id: str
    gold_digest: str
    counts: dict[Kind, Counts]
    spans: int
    grounded: int
    outcomes: tuple[Outcome, ...]
    dropped: tuple[DroppedDraft, ...]
    cost: Cost

    @property
    def false_records(self) -> int:
        """Predicted records where the article has no gold record of any kind, else 0."""
        if any(counts.gold for counts in self.counts.values()):
            return 0
        return sum(counts.predicted for counts in self.counts.values())


class System(Frozen):
    """What made the predictions.

    Attributes:
        model: name of the model.
        strategy: `article` or `sentence`.
        prompt_hash: hash of the prompts.
        schema_hash: hash of the schemas.
    """

    model: str
    strategy: str
    prompt_hash: str
    schema_hash: str


class Evaluation(Frozen):
    """Predictions scored against gold; can be saved as JSON and compared later.

    Attributes:
        format: version of this model's JSON.
        system: what made the predictions.
        articles: the score of each article, by id; at least one.
    """

    format: Literal[1] = 1
    system: System
    articles: Annotated[tuple[ArticleScore, ...], Field(min_length=1)]

    def counts(self) -> dict[Kind, Counts]:
        """Return the counts by kind, summed over the articles."""
        return {kind: sum((a.counts[kind] for a in self.articles), Counts()) for kind in KINDS}

    def f1(self) -> dict[Measure, float | None]:
        """Return the strict F1 of each kind and their mean.

        A kind with neither gold nor predictions has none and is left out of the mean.
        """
        scores: dict[Measure, float | None] = {}
        for kind, counts in self.counts().items():
            scores[kind] = counts.f1
        defined = [f1 for f1 in scores.values() if f1 is not None]
        scores["macro"] = ratio(sum(defined), len(defined))
        return scores

    @property
    def cost(self) -> Cost:
        """What the predictions of all articles took."""
        return functools.reduce(operator.add, (article.cost for article in self.articles))

    @property
    def false_records(self) -> int:
        """Records predicted on articles that have no gold record of any kind."""
        return sum(article.false_records for article in self.articles)

    @property
    def spans(self) -> int:
        """Spans of the predicted records."""
        return sum(article.spans for article in self.articles)

    @property
    def ungrounded(self) -> int:
        """Predicted spans whose text does not stand in the article at their offsets."""
        return sum(article.spans - article.grounded for article in self.articles)

    def beside(self) -> dict[Kind, dict[str, float]]:
        """Return the mean agreement of single fields over the matched pairs of each kind."""
        sums: dict[Kind, Counter[str]] = {kind: Counter() for kind in KINDS}
        for outcome in (o for a in self.articles for o in a.outcomes):
            sums[outcome.kind].update(outcome.beside)
        loose = {kind: counts.loose for kind, counts in self.counts().items()}
        return {
            kind: {name: total / loose[kind] for name, total in fields.items()}
            for kind, fields in sums.items()
        }


def ratio(part: float, whole: float) -> float | None:
    """Return `part / whole`, or None where `whole` is 0."""
    return part / whole if whole else None


def evaluate(
    predictions: Iterable[ArticleRecords],
    gold: Sequence[GoldArticle],
    only: Collection[str] | None = None,
) -> Evaluation:
    """Score predictions against gold.

    Args:
        predictions: the records of each article, all made by one system; `find_gold` says to which
            gold they belong.
        gold: the gold articles.
        only: ids of the gold articles to score, where predictions were made for these alone; by
            default every gold article must have its predictions.

    Raises:
        EvaluationError: predictions are missing, double, without gold, made for another text than
            the gold's, or made by more than one system.
    """
    wanted = {article.id: article for article in gold}
    if only is not None:
        if unknown := sorted(set(only) - set(wanted)):
            raise EvaluationError(f"no gold for the article {unknown[0]!r} that is to be scored")
        wanted = {id_: wanted[id_] for id_ in wanted if id_ in only}
    predictions = list(predictions)
    names = find_gold((records.article.id for records in predictions), wanted)
    found: dict[str, ArticleRecords] = {}
    for records in predictions:
        if records.article.id not in names:
            raise EvaluationError(
                f"no gold for the predictions of {records.article.id!r}: label it, or leave it out"
            )
        article = wanted[names[records.article.id]]
        if records.article.sha256 != article.sha256:
            raise EvaluationError(
                f"predictions for {records.article.id!r} were made for another text than the gold's"
                " (SHA-256 differs): extract that article again"
            )
        if article.id in found:
            raise EvaluationError(f"two predictions for the article {article.id!r}: keep one")
        found[article.id] = records
    if missing := sorted(set(wanted) - set(found)):
        raise EvaluationError(
            f"no predictions for {len(missing)} of {len(wanted)} gold articles, the first is"
            f" {missing[0]!r}: extract them, or name the articles to score"
        )
    return Evaluation(
        system=_system(found.values()),
        articles=tuple(_score(found[id_], wanted[id_]) for id_ in sorted(wanted)),
    )


def _system(predictions: Iterable[ArticleRecords]) -> System:
    systems = {
        System(
            model=records.provenance.model,
            strategy=records.provenance.strategy,
            prompt_hash=records.provenance.prompt_hash,
            schema_hash=records.provenance.schema_hash,
        )
        for records in predictions
    }
    if not systems:
        raise EvaluationError("there is no article to score")
    if len(systems) > 1:
        fields = [n for n in System.model_fields if len({getattr(s, n) for s in systems}) > 1]
        raise EvaluationError(
            f"the predictions come from different systems ({', '.join(fields)} differ): "
            "score the predictions of one run"
        )
    return systems.pop()


def _score(records: ArticleRecords, gold: GoldArticle) -> ArticleScore:
    outcomes = {kind: _outcomes(kind, records, gold) for kind in KINDS}
    spans = [s for kind in KINDS for r in _records(records, kind) for s in _spans(r)]
    provenance = records.provenance
    return ArticleScore(
        id=gold.id,
        gold_digest=gold.digest,
        counts={kind: _count(found) for kind, found in outcomes.items()},
        spans=len(spans),
        grounded=sum(gold.text[span.start : span.end] == span.text for span in spans),
        outcomes=tuple(outcome for kind in KINDS for outcome in outcomes[kind]),
        dropped=tuple(provenance.dropped),
        cost=Cost(
            calls=provenance.calls,
            cached_replies=provenance.cached_replies,
            prompt_tokens=provenance.prompt_tokens,
            cached_tokens=provenance.cached_tokens,
            completion_tokens=provenance.completion_tokens,
            seconds=provenance.seconds,
            usd=provenance.cost_usd,
        ),
    )


def _records(source: ArticleRecords | GoldArticle, kind: Kind) -> Sequence[AnyRecord]:
    records: Sequence[AnyRecord] = getattr(source, kind)
    return records


def _spans(record: AnyRecord) -> list[Span]:
    return [*record.evidence, record.text] if isinstance(record, Quote) else [*record.evidence]


def _outcomes(kind: Kind, records: ArticleRecords, gold: GoldArticle) -> list[Outcome]:
    expected, predicted = _records(gold, kind), _records(records, kind)
    matches = match_records(kind, expected, predicted)
    outcomes = [
        Outcome(
            kind=kind,
            verdict="matched" if match.strict else "wrong field",
            wrong=match.judgement.wrong,
            beside=dict(match.judgement.beside),
            gold=expected[match.gold],
            predicted=predicted[match.predicted],
        )
        for match in matches
    ]
    matched_gold = {match.gold for match in matches}
    matched_predicted = {match.predicted for match in matches}
    outcomes += [
        Outcome(kind=kind, verdict="missed", gold=record)
        for index, record in enumerate(expected)
        if index not in matched_gold
    ]
    outcomes += [
        Outcome(kind=kind, verdict="spurious", predicted=record)
        for index, record in enumerate(predicted)
        if index not in matched_predicted
    ]
    return sorted(outcomes, key=_place)


def _place(outcome: Outcome) -> int:
    """Return where in the article an outcome's record stands, its gold record first."""
    record = outcome.gold or outcome.predicted
    assert record is not None
    return record.text.start if isinstance(record, Quote) else record.evidence[0].start


def _count(outcomes: Sequence[Outcome]) -> Counts:
    return Counts(
        gold=sum(outcome.gold is not None for outcome in outcomes),
        predicted=sum(outcome.predicted is not None for outcome in outcomes),
        loose=sum(outcome.verdict in ("matched", "wrong field") for outcome in outcomes),
        strict=sum(outcome.verdict == "matched" for outcome in outcomes),
    )
