"""Compares two evaluations of the same gold: differences with intervals, and record by record."""

from collections.abc import Iterator, Sequence
from typing import Literal

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.bootstrap import Interval, difference_intervals
from llm_extract.evaluation.matching import KINDS, Kind, match_records
from llm_extract.evaluation.scores import (
    MEASURES,
    ArticleScore,
    Evaluation,
    Frozen,
    Measure,
    Outcome,
    System,
)
from llm_extract.evaluation.summary import Price, price


class Difference(Frozen):
    """How one figure differs between two evaluations.

    Attributes:
        measure: a kind (its strict F1) or `macro`.
        before: the first evaluation's figure; None where undefined.
        after: the second one's.
        difference: after minus before; None where one is undefined.
        interval: 95 % interval of the difference, paired; None where it cannot be given.
    """

    measure: Measure
    before: float | None
    after: float | None
    difference: float | None
    interval: Interval | None


class Change(Frozen):
    """A predicted record that only one of two evaluations has, or that differs between them.

    Attributes:
        article: id of the article.
        kind: what the record is.
        change: `gained` (only after), `lost` (only before) or `changed`.
        before: the record with its verdict in the first evaluation; None for `gained`.
        after: the same of the second evaluation; None for `lost`.
    """

    article: str
    kind: Kind
    change: Literal["gained", "lost", "changed"]
    before: Outcome | None = None
    after: Outcome | None = None


class Comparison(Frozen):
    """Two evaluations side by side.

    Attributes:
        before: what made the first predictions.
        after: what made the second ones.
        articles: how many articles both were scored on.
        differences: one for each measure.
        price_before: what the first predictions took per article.
        price_after: what the second ones took.
        changes: the records gained, lost and changed, by article.
    """

    before: System
    after: System
    articles: int
    differences: tuple[Difference, ...]
    price_before: Price
    price_after: Price
    changes: tuple[Change, ...]


def compare(before: Evaluation, after: Evaluation) -> Comparison:
    """Compare two evaluations of the same articles and gold.

    Records are paired by the gates that also pair predictions with gold.

    Args:
        before: the evaluation to start from.
        after: the one that is compared with it.

    Raises:
        EvaluationError: the two were not scored on the same articles and gold.
    """
    return Comparison(
        before=before.system,
        after=after.system,
        articles=len(before.articles),
        differences=differences(before, after),
        price_before=price(before),
        price_after=price(after),
        changes=tuple(
            change
            for first, second in zip(before.articles, after.articles, strict=True)
            for kind in KINDS
            for change in _changes(kind, first, second)
        ),
    )


def differences(before: Evaluation, after: Evaluation) -> tuple[Difference, ...]:
    """Return how the headline figures differ, with paired intervals.

    Args:
        before: the evaluation to start from.
        after: the one that is compared with it.

    Raises:
        EvaluationError: the two were not scored on the same articles and gold.
    """
    _require_same_gold(before.articles, after.articles)
    first, second = before.f1(), after.f1()
    intervals = difference_intervals(
        [article.counts for article in before.articles],
        [article.counts for article in after.articles],
    )
    return tuple(
        Difference(
            measure=measure,
            before=old,
            after=new,
            difference=None if old is None or new is None else new - old,
            interval=intervals[measure],
        )
        for measure in MEASURES
        for old, new in [(first[measure], second[measure])]
    )


def _require_same_gold(before: Sequence[ArticleScore], after: Sequence[ArticleScore]) -> None:
    first = {article.id: article.gold_digest for article in before}
    second = {article.id: article.gold_digest for article in after}
    if only_one := sorted(first.keys() ^ second.keys()):
        raise EvaluationError(
            f"the two cannot be compared: {len(only_one)} articles are in only one of them,"
            f" the first is {only_one[0]!r}; score both on the same articles"
        )
    if relabelled := sorted(id_ for id_ in first if first[id_] != second[id_]):
        raise EvaluationError(
            f"the two cannot be compared: the text or gold of {len(relabelled)} articles differs,"
            f" the first is {relabelled[0]!r}; score both on the same gold again"
        )


def _changes(kind: Kind, before: ArticleScore, after: ArticleScore) -> Iterator[Change]:
    old, new = _predicted(kind, before), _predicted(kind, after)
    matches = match_records(
        kind,
        [outcome.predicted for outcome in old if outcome.predicted],
        [outcome.predicted for outcome in new if outcome.predicted],
    )
    partners = {match.gold: match.predicted for match in matches}
    for index, outcome in enumerate(old):
        if index not in partners:
            yield Change(article=before.id, kind=kind, change="lost", before=outcome)
            continue
        partner = new[partners[index]]
        if (outcome.predicted, outcome.verdict) != (partner.predicted, partner.verdict):
            yield Change(
                article=before.id, kind=kind, change="changed", before=outcome, after=partner
            )
    kept = set(partners.values())
    for index, outcome in enumerate(new):
        if index not in kept:
            yield Change(article=before.id, kind=kind, change="gained", after=outcome)


def _predicted(kind: Kind, article: ArticleScore) -> list[Outcome]:
    return [o for o in article.outcomes if o.kind == kind and o.predicted is not None]
