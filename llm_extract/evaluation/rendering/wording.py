"""The words and figures that all readable forms share."""

from collections.abc import Mapping, Sequence

from llm_extract.evaluation.bootstrap import Interval
from llm_extract.evaluation.comparison import Change, Difference
from llm_extract.evaluation.matching import KINDS, AnyRecord
from llm_extract.evaluation.scores import ArticleScore, Outcome, System, Verdict
from llm_extract.evaluation.summary import Price, Row, Summary
from llm_extract.schemas import Actor, Meeting, Position, Quote
from llm_extract.text.display import plain

UNDEFINED = "–"
SIGNS: Mapping[Verdict, str] = {"matched": "✓", "wrong field": "~", "missed": "−", "spurious": "+"}
SCORE_COLUMNS = (
    "",
    "gold",
    "found",
    "strict",
    "prec.",
    "recall",
    "strict F1",
    "95 % interval",
    "loose F1",
)
DIFFERENCE_COLUMNS = ("strict F1", "before", "after", "difference", "95 % interval")


def figure(value: float | None, sign: str = "") -> str:
    """Return a score with three decimals; `sign="+"` writes the sign of gains too."""
    return UNDEFINED if value is None else f"{value:{sign}.3f}"


def interval(value: Interval | None, sign: str = "") -> str:
    """Return an interval with three decimals."""
    return UNDEFINED if value is None else f"{value.low:{sign}.3f} to {value.high:{sign}.3f}"


def score_cells(row: Row) -> tuple[str, ...]:
    """Return the cells of a score row, in the order of `SCORE_COLUMNS`."""
    counts = row.counts
    if counts is None:
        return (row.measure, "", "", "", "", "", figure(row.f1), interval(row.interval), "")
    return (
        row.measure,
        str(counts.gold),
        str(counts.predicted),
        str(counts.strict),
        figure(row.precision),
        figure(row.recall),
        figure(row.f1),
        interval(row.interval),
        figure(row.loose_f1),
    )


def difference_cells(differences: Sequence[Difference]) -> list[tuple[str, ...]]:
    """Return the cells of differences, in the order of `DIFFERENCE_COLUMNS`."""
    return [
        (
            row.measure,
            figure(row.before),
            figure(row.after),
            figure(row.difference, "+"),
            interval(row.interval, "+"),
        )
        for row in differences
    ]


def system_line(system: System) -> str:
    """Return what made the predictions, in one line."""
    hashes = f"prompts {system.prompt_hash[:12]}, schemas {system.schema_hash[:12]}"
    return f"{system.model}, strategy {system.strategy}, {hashes}"


def price_line(price: Price) -> str:
    """Return what an article took, in one line."""
    usd = "price unknown" if price.usd is None else f"${price.usd:.4f}"
    kept = f" and {price.cached_replies:.1f} kept replies" if price.cached_replies else ""
    return (
        f"per article: {price.seconds:.1f} s, {price.calls:.1f} calls{kept},"
        f" {price.prompt_tokens:,.0f} prompt tokens ({price.cached_tokens:,.0f} cached),"
        f" {price.completion_tokens:,.0f} completion tokens, {usd}"
    )


def summary_lines(summary: Summary) -> list[str]:
    """Return what stands beside the scores, one line each, the price last."""
    lines = [
        f"grounding: {summary.spans - summary.ungrounded} of {summary.spans} predicted spans stand"
        " in their article",
        f"false records on articles that have none: {summary.false_records}",
        f"drafts dropped by validation: {summary.dropped}",
    ]
    for kind, fields in summary.beside.items():
        if fields:
            figures = ", ".join(f"{name} {figure(value)}" for name, value in fields.items())
            lines.append(f"{kind}, given a match: {figures}")
    return [*lines, price_line(summary.per_article)]


def article_line(article: ArticleScore) -> str:
    """Return an article's id and, by kind, its strict matches among gold and predicted records."""
    kinds = ", ".join(
        f"{kind} {counts.strict} of {counts.gold} (predicted {counts.predicted})"
        for kind in KINDS
        for counts in [article.counts[kind]]
    )
    return f"{article.id}: {kinds}"


def describe(record: AnyRecord) -> str:
    """Return a record in one line."""
    values = _values(record)
    if isinstance(record, Quote):
        return f"{values['speaker']}: “{plain(record.text.text)}” ({record.kind})"
    return ", ".join(values.values())


def outcome_line(outcome: Outcome) -> str:
    """Return what became of a record: verdict, kind, the record, and what is wrong with it."""
    record = outcome.gold or outcome.predicted
    assert record is not None, "an outcome is about a record"
    line = f"{outcome.verdict} {outcome.kind.removesuffix('s')}: {describe(record)}"
    return f"{line}; predicted {wrong_values(outcome)}" if outcome.wrong else line


def wrong_values(outcome: Outcome) -> str:
    """Return the wrong fields of a matched record with the predicted values."""
    assert outcome.predicted is not None, "wrong fields belong to a matched pair"
    values = _values(outcome.predicted)
    return ", ".join(f"{name}: {values[name]}" for name in outcome.wrong)


def outcome_evidence(outcome: Outcome) -> list[tuple[int, str]]:
    """Return the evidence of an outcome's record: offset in code points, and the words."""
    record = outcome.gold or outcome.predicted
    assert record is not None, "an outcome is about a record"
    return [(span.start, plain(span.text)) for span in record.evidence]


def change_line(change: Change) -> str:
    """Return how a record differs between two evaluations."""
    sides = [side for side in (change.before, change.after) if side is not None]
    told = " → ".join(
        f"{describe(side.predicted)} [{side.verdict}]" for side in sides if side.predicted
    )
    return f"{change.change} {change.kind.removesuffix('s')}: {told}"


def _values(record: AnyRecord) -> dict[str, str]:
    """Return the fields of a record that are worth reading, by name."""
    match record:
        case Meeting():
            return {
                "participants": " + ".join(map(_actor, record.participants)),
                "status": record.status,
                **({"date": plain(record.date.text)} if record.date else {}),
                **({"location": plain(record.location)} if record.location else {}),
            }
        case Position():
            return {
                "holder": _actor(record.holder),
                "stance": record.stance,
                "issue": plain(record.issue),
            }
        case Quote():
            return {"speaker": _actor(record.speaker) if record.speaker else "no speaker"}


def _actor(actor: Actor) -> str:
    return plain(actor.name)
