"""`llm-extract eval`: score a model's records against hand-labelled ones, and hold the gate."""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from llm_extract.cli.console import note, print_error
from llm_extract.cli.gold_run import Extraction, extract_gold
from llm_extract.cli.options import (
    BaseUrl,
    Concurrency,
    Model,
    NoCache,
    PromptsFolder,
    Strategy,
)
from llm_extract.cli.scoring import (
    ARTICLES,
    GOLD,
    ArticlesFolder,
    GoldFolder,
    Output,
    check_writable,
    deliver,
    require_scoring,
    show,
)
from llm_extract.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from llm_extract.batch.job import Job
    from llm_extract.evaluation.gate import GateResult
    from llm_extract.evaluation.gold import GoldArticle
    from llm_extract.evaluation.scores import Evaluation
    from llm_extract.schemas import ArticleRecords

_BROKE: Final = 1
_REGRESSED: Final = 4

_EXTRACTION = {"model", "base_url", "strategy", "prompts", "concurrency", "no_cache", "out"}
_RESULT = {"format", "output", "details", "promote", "baseline", "baselines", "margin"}
_EXCLUDES = {
    "check_gold": {"predictions", "repeat", *_EXTRACTION, *_RESULT},
    "predictions": {"repeat", *_EXTRACTION},
    "repeat": {"no_cache", *_RESULT},
    "promote": {"baseline", "margin"},
}
_NEEDS = {"margin": {"baseline"}, "baselines": {"baseline", "promote"}}
_BASELINE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Format(StrEnum):
    """How an evaluation can be written."""

    table = "table"
    json = "json"
    markdown = "markdown"
    junit = "junit"
    html = "html"


def evaluate(
    context: typer.Context,
    gold: GoldFolder = GOLD,
    articles: ArticlesFolder = ARTICLES,
    predictions: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|FILE",
            help="Score these records, of a run or in its records.jsonl; no model is asked.",
        ),
    ] = None,
    model: Model = None,
    base_url: BaseUrl = None,
    strategy: Strategy = None,
    prompts: PromptsFolder = None,
    concurrency: Concurrency = None,
    no_cache: NoCache = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep the extraction in DIR, as `run` does; the same command continues it.",
        ),
    ] = None,
    repeat: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=2, help="Extract N times without kept replies and show the spread."
        ),
    ] = None,
    format: Annotated[Format, typer.Option(help="How to write the result.")] = Format.table,
    output: Output = None,
    details: Annotated[
        bool, typer.Option("--details", "-v", help="Show each record in the table too.")
    ] = False,
    promote: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make the result the baseline NAME.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Exit with 4 where the result is worse than the baseline NAME."
        ),
    ] = None,
    baselines: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the baselines: `baselines` beside the gold."),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Fall of a strict F1 that --baseline never accepts; 0.10."),
    ] = None,
    check_gold: Annotated[
        bool, typer.Option("--check-gold", help="Only say what is wrong with the gold files.")
    ] = False,
) -> None:
    """Score the records of labelled articles, extracted now or before."""
    _check_options(context)
    if check_gold:
        raise typer.Exit(_check_gold(gold, articles))
    require_scoring()
    check_writable(output)

    from llm_extract.evaluation.files import read_predictions
    from llm_extract.evaluation.gate import MARGIN, check, load_baseline
    from llm_extract.evaluation.gold import load_gold
    from llm_extract.evaluation.scores import evaluate as score

    labelled = load_gold(gold, articles)
    folder = baselines or gold.parent / "baselines"
    target = _baseline_file(folder, promote) if promote is not None else None
    blessed = load_baseline(_baseline_file(folder, baseline)) if baseline is not None else None
    if predictions is not None:
        extraction = Extraction(_with_gold(read_predictions(predictions), labelled))
    else:
        job = _job(model, base_url, strategy, prompts, concurrency)
        if repeat is not None:
            raise typer.Exit(_repeat(repeat, job, labelled, articles, out))
        extraction = extract_gold(job, labelled, articles, out, use_cache=not no_cache)
    evaluation = score(extraction.records, labelled)
    gate = None
    if blessed and not extraction.failed:
        gate = check(evaluation, blessed, MARGIN if margin is None else margin)
    deliver(_table(evaluation, gate, details), _document(evaluation, gate, format), output)
    if extraction.failed:
        raise typer.Exit(_broken(extraction.failed, len(labelled)))
    if target is not None:
        _promote(evaluation, target)
    raise typer.Exit(_REGRESSED if gate and not gate.passed else 0)


def _check_options(context: typer.Context) -> None:
    """Refuse options that make no sense together.

    Raises:
        UsageError: two options exclude each other, or one is given without what it belongs to.
    """
    given = {name for name in context.params if _is_given(context, name)}
    for name, excluded in _EXCLUDES.items():
        if name in given and (both := sorted(excluded & given)):
            raise UsageError(f"{_option(name)} does not go with {_option(both[0])}: leave one out")
    for name, needed in _NEEDS.items():
        if name in given and not needed & given:
            options = " or ".join(_option(other) for other in sorted(needed))
            raise UsageError(f"{_option(name)} goes with {options} only")


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _check_gold(gold: Path, articles: Path) -> int:
    """Print every problem of the gold files and return the exit code."""
    from llm_extract.evaluation.gold import check_gold, load_gold

    if problems := check_gold(gold, articles):
        for problem in problems:
            typer.echo(problem)
        return _BROKE
    labelled = load_gold(gold, articles)
    records = sum(len(a.meetings) + len(a.positions) + len(a.quotes) for a in labelled)
    typer.echo(f"{gold}: {len(labelled)} files with {records} records, nothing wrong")
    return 0


def _baseline_file(folder: Path, name: str) -> Path:
    if not _BASELINE_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a baseline: use letters, digits and ._- (the file is "
            f"{folder}/NAME.json)"
        )
    return folder / f"{name}.json"


def _job(
    model: str | None,
    base_url: str | None,
    strategy: str | None,
    prompts: Path | None,
    concurrency: int | None,
) -> "Job":
    from llm_extract.batch.job import DEFAULT_RECORDS, Job
    from llm_extract.cli.settings import load_settings

    settings = load_settings(
        model=model,
        base_url=base_url,
        strategy=strategy,
        records=DEFAULT_RECORDS,  # the types that gold exists for, whatever else is set
        prompts=prompts,
        concurrency=concurrency,
    )
    return Job.of(**settings.model_dump())


def _repeat(
    times: int, job: "Job", gold: "Sequence[GoldArticle]", articles: Path, out: Path | None
) -> int:
    """Extract several times, show how the scores differ, and return the exit code."""
    from llm_extract.cli.spread import spread_table
    from llm_extract.evaluation.scores import evaluate as score

    evaluations, failed = [], 0
    for number in range(1, times + 1):
        note(f"extraction {number} of {times}")
        folder = out / str(number) if out else None
        extraction = extract_gold(job, gold, articles, folder, use_cache=False)
        failed += extraction.failed
        evaluations.append(score(extraction.records, gold))
    show(spread_table(evaluations))
    return _broken(failed, times * len(gold)) if failed else 0


def _with_gold(
    predictions: "list[ArticleRecords]", gold: "Sequence[GoldArticle]"
) -> "list[ArticleRecords]":
    """Leave out the predictions for articles that nobody has labelled, and say how many."""
    from llm_extract.evaluation.gold_names import find_gold

    ids = [records.article.id for records in predictions]
    labelled = find_gold(ids, {article.id for article in gold})
    if left_out := len(ids) - len(labelled):
        note(f"{left_out} of {len(ids)} articles have no gold and are not scored")
    return [records for records in predictions if records.article.id in labelled]


def _table(evaluation: "Evaluation", gate: "GateResult | None", details: bool) -> "RenderableType":
    from rich.console import Group

    from llm_extract.evaluation.rendering.table import evaluation_table, gate_table

    scores = evaluation_table(evaluation, records=details)
    return Group(scores, gate_table(gate)) if gate else scores


def _document(evaluation: "Evaluation", gate: "GateResult | None", format: Format) -> str | None:
    """Return the result in a format; None for the table."""
    from llm_extract.evaluation.rendering.as_json import evaluation_json
    from llm_extract.evaluation.rendering.html import evaluation_html
    from llm_extract.evaluation.rendering.junit import evaluation_junit
    from llm_extract.evaluation.rendering.markdown import evaluation_markdown

    match format:
        case Format.table:
            return None
        case Format.json:
            return evaluation_json(evaluation, gate)
        case Format.markdown:
            return evaluation_markdown(evaluation, gate)
        case Format.junit:
            return evaluation_junit(evaluation, gate)
        case Format.html:
            return evaluation_html(evaluation, gate)


def _broken(failed: int, articles: int) -> int:
    """Say that the scores are not those of a whole extraction, and return the exit code."""
    print_error(
        f"{failed} of {articles} articles failed and are scored as if they had no records; "
        "what they took is not counted"
    )
    return _BROKE


def _promote(evaluation: "Evaluation", file: Path) -> None:
    from llm_extract.evaluation.gate import promote

    baseline = promote(evaluation, file)
    note(f"baseline {file}, revision {baseline.git_revision or 'unknown'}")
