"""The figures of an evaluation that every output shows."""

from llm_extract.evaluation.bootstrap import Interval, f1_intervals
from llm_extract.evaluation.matching import KINDS, Kind
from llm_extract.evaluation.scores import Counts, Evaluation, Frozen, Measure


class Row(Frozen):
    """The scores of one kind, or of the kinds' mean.

    Attributes:
        measure: the kind, or `macro`.
        counts: numbers of records; None for `macro`.
        precision: strict precision; None for `macro` or where undefined.
        recall: strict recall; None for `macro` or where undefined.
        f1: strict F1.
        interval: its 95 % interval.
        loose_f1: loose F1; None for `macro`.
    """

    measure: Measure
    counts: Counts | None
    precision: float | None
    recall: float | None
    f1: float | None
    interval: Interval | None
    loose_f1: float | None


class Price(Frozen):
    """What one article took on average.

    Attributes:
        calls: requests to the model.
        cached_replies: requests answered from the reply cache, which took no tokens and no time.
        prompt_tokens: prompt tokens, cached ones included.
        cached_tokens: prompt tokens served from a prefix cache.
        completion_tokens: tokens the model wrote.
        seconds: wall time.
        usd: US dollars; None where the price is not known.
    """

    calls: float
    cached_replies: float
    prompt_tokens: float
    cached_tokens: float
    completion_tokens: float
    seconds: float
    usd: float | None


class Summary(Frozen):
    """An evaluation in figures.

    Attributes:
        articles: how many articles were scored.
        rows: the scores, the kinds' mean last.
        beside: agreement of single fields, given a match, by kind.
        spans: spans of the predicted records.
        ungrounded: those of them that do not stand in their article; must be 0.
        false_records: records predicted on articles that have none.
        dropped: drafts that validation dropped.
        per_article: what one article took.
    """

    articles: int
    rows: tuple[Row, ...]
    beside: dict[Kind, dict[str, float]]
    spans: int
    ungrounded: int
    false_records: int
    dropped: int
    per_article: Price


def summarise(evaluation: Evaluation) -> Summary:
    """Return the figures of an evaluation."""
    return Summary(
        articles=len(evaluation.articles),
        rows=_rows(evaluation),
        beside=evaluation.beside(),
        spans=evaluation.spans,
        ungrounded=evaluation.ungrounded,
        false_records=evaluation.false_records,
        dropped=sum(len(article.dropped) for article in evaluation.articles),
        per_article=price(evaluation),
    )


def price(evaluation: Evaluation) -> Price:
    """Return what one article took on average."""
    total, articles = evaluation.cost, len(evaluation.articles)
    return Price(
        calls=total.calls / articles,
        cached_replies=total.cached_replies / articles,
        prompt_tokens=total.prompt_tokens / articles,
        cached_tokens=total.cached_tokens / articles,
        completion_tokens=total.completion_tokens / articles,
        seconds=total.seconds / articles,
        usd=None if total.usd is None else total.usd / articles,
    )


def _rows(evaluation: Evaluation) -> tuple[Row, ...]:
    counts = evaluation.counts()
    intervals = f1_intervals([article.counts for article in evaluation.articles])
    kinds = [
        Row(
            measure=kind,
            counts=counts[kind],
            precision=counts[kind].precision,
            recall=counts[kind].recall,
            f1=counts[kind].f1,
            interval=intervals[kind],
            loose_f1=counts[kind].loose_f1,
        )
        for kind in KINDS
    ]
    macro = Row(
        measure="macro",
        counts=None,
        precision=None,
        recall=None,
        f1=evaluation.f1()["macro"],
        interval=intervals["macro"],
        loose_f1=None,
    )
    return (*kinds, macro)
