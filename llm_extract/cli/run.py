"""`llm-extract run`: extract the records of articles into a folder."""

import contextlib
import shlex
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llm_extract.cli.call_log import call_log
from llm_extract.cli.cluster import chosen_cluster
from llm_extract.cli.console import note, price_words, print_error, stdout
from llm_extract.cli.options import (
    ActorCpus,
    ActorGpus,
    Actors,
    Address,
    BaseUrl,
    Concurrency,
    Deadline,
    Executor,
    Fresh,
    LogBodies,
    LogJson,
    MaxArticles,
    MaxCost,
    MaxTokens,
    Model,
    NoCache,
    PromptsFolder,
    Records,
    RetryFailed,
    Rpm,
    Service,
    Strategy,
    Tpm,
    Yes,
    make_working_folder_importable,
)
from llm_extract.cli.running import BROKE, INTERRUPTED, OUT_OF_BUDGET, TERMINATED, run_job
from llm_extract.errors import UsageError

if TYPE_CHECKING:
    from llm_extract.batch.budget import Budget
    from llm_extract.batch.executors.ray import RayCluster
    from llm_extract.batch.job import Job
    from llm_extract.batch.runner import Runner
    from llm_extract.models.events import Observer
    from llm_extract.text.article import Article
    from llm_extract.text.locations import Location
    from llm_extract.text.sources import SourceFailure


def run(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="Files, folders and URLs (s3://...): .txt, .md, .html, .htm, .jsonl, also with "
            ".gz, and .parquet; - is stdin.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Output folder; a run into it again continues it.")
    ],
    model: Model = None,
    base_url: BaseUrl = None,
    strategy: Strategy = None,
    records: Records = None,
    prompts: PromptsFolder = None,
    concurrency: Concurrency = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Take the first N articles only.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and ask no model.")
    ] = False,
    no_cache: NoCache = False,
    log_json: LogJson = None,
    log_bodies: LogBodies = False,
    retry_failed: RetryFailed = False,
    fresh: Fresh = False,
    yes: Yes = False,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_articles: MaxArticles = None,
    deadline: Deadline = None,
    service: Service = None,
    executor: Executor = None,
    address: Address = None,
    actors: Actors = None,
    actor_cpus: ActorCpus = None,
    actor_gpus: ActorGpus = None,
) -> None:
    """Extract the records of articles into DIR/records.jsonl."""
    from llm_extract.batch.budget import Budget, parse_duration
    from llm_extract.batch.job import Job
    from llm_extract.batch.output import check_output
    from llm_extract.cli.settings import load_settings
    from llm_extract.text.locations import locate
    from llm_extract.text.sources import check_sources

    make_working_folder_importable()
    places = [locate(source) for source in sources]
    check_sources(places)
    check_output(out, places)
    settings = load_settings(
        model=model,
        base_url=base_url,
        strategy=strategy,
        records=records,
        prompts=prompts,
        concurrency=concurrency,
        rpm=rpm,
        tpm=tpm,
    )
    job = Job.of(**settings.model_dump())
    seconds = None if deadline is None else parse_duration(deadline)
    budget = Budget(max_cost, max_tokens, max_articles, seconds)
    budget.check(job.spec)
    cluster = chosen_cluster(executor, address, actors, actor_cpus, actor_gpus)
    _check_service(service, job, out, budget, log_json, cluster)
    if dry_run:
        _show_plan(job, _read(places, limit), out, retry_failed=retry_failed, fresh=fresh)
        return
    if fresh and not yes:
        _confirm_discarding(out)
    with call_log(log_json, log_bodies, places) as observer:
        code = _run(
            job,
            places,
            out,
            limit,
            use_cache=not no_cache,
            batch_service=service is not None,
            observer=observer,
            retry_failed=retry_failed,
            budget=budget,
            fresh=fresh,
            cluster=cluster,
        )
    raise typer.Exit(code)


def _check_service(
    service: str | None,
    job: "Job",
    out: Path,
    budget: "Budget",
    log_json: Path | None,
    cluster: "RayCluster | None",
) -> None:
    from llm_extract.batch.budget import Budget
    from llm_extract.batch.service.ledger import articles_waiting
    from llm_extract.batch.service.runner import check_service

    if service == "batch":
        check_service(job)
        if budget != Budget() or log_json:
            raise UsageError(
                "budgets and --log-json follow single calls, which the batch service does not "
                "make: leave them out, or leave out --service batch"
            )
        if cluster:
            raise UsageError("--service batch and --executor ray do not go together: choose one")
    elif service is not None:
        raise UsageError(f"unknown service {service!r}: there is batch, or none")
    elif waiting := articles_waiting(out, job.settings):
        raise UsageError(
            f"{waiting} articles of {out} are with the batch service: add --service batch to "
            "collect them, or use another --out"
        )


def _read(sources: "list[Location]", limit: int | None) -> "Iterator[Article | SourceFailure]":
    from llm_extract.text.sources import read_sources

    return islice(read_sources(sources), limit)


def _confirm_discarding(out: Path) -> None:
    """Ask before the results in a folder are discarded; what is not there needs no question."""
    from llm_extract.batch.database import STORE_FILE
    from llm_extract.batch.output import RECORDS_FILE

    if not any((out / name).exists() for name in (STORE_FILE, RECORDS_FILE)):
        return
    if not sys.stdin.isatty():
        raise UsageError(f"--fresh discards the results in {out}: add --yes if that is meant")
    if not typer.confirm(f"Discard the results in {out}?", err=True):
        note("nothing was discarded, and nothing was run")
        raise typer.Exit(BROKE)


def _run(
    job: "Job",
    sources: "list[Location]",
    out: Path,
    limit: int | None,
    *,
    use_cache: bool,
    batch_service: bool,
    observer: "Observer | None",
    retry_failed: bool,
    budget: "Budget",
    fresh: bool,
    cluster: "RayCluster | None",
) -> int:
    """Run a job, print what came of it, and return the exit code."""
    from llm_extract.text.sources import count_sources

    started = time.monotonic()
    total = count_sources(sources)
    if limit is not None:
        total = limit if total is None else min(total, limit)
    ended = run_job(
        job,
        _read(sources, limit),
        total,
        out,
        use_cache,
        batch_service=batch_service,
        observer=observer,
        retry_failed=retry_failed,
        budget=budget,
        fresh=fresh,
        sources=sources,
        cluster=cluster,
    )
    if ended.error:
        print_error(str(ended.error))
    _show_summary(ended.runner, time.monotonic() - started)
    if ended.code == OUT_OF_BUDGET:
        note(f"stopped: {ended.runner.tally.stopped_by}; the same command goes on from here")
    if ended.code in (INTERRUPTED, TERMINATED):
        note("stopped; the same command goes on from here")
    return ended.code


def _show_summary(runner: "Runner", seconds: float) -> None:
    tally, exported = runner.tally, runner.exported
    lines = [f"{tally.done} extracted, {tally.reused} unchanged, {tally.failed} failed"]
    if tally.failed_before:
        lines.append(
            f"{tally.failed_before} of those failed in earlier runs; --retry-failed asks again"
        )
    if exported is not None and exported.records:
        lines.append(", ".join(f"{count} {kind}" for kind, count in exported.records.items()))
    if tally.dropped:
        lines.append(f"{tally.dropped} drafts dropped, reasons in the records' provenance")
    usage = tally.usage
    lines.append(
        f"{usage.calls} calls, {usage.prompt_tokens:,} prompt tokens ({usage.cached_tokens:,} "
        f"cached), {usage.completion_tokens:,} output tokens, {price_words(usage.cost_usd)}, "
        f"{seconds:.1f} s"
    )
    if exported is not None:
        lines.append(f"records of {exported.articles} articles: {exported.path}")
        lines += _next_steps(exported.path.parent)
    for line in lines:
        stdout().print(line, markup=False)


def _next_steps(folder: Path) -> list[str]:
    named = shlex.quote(str(folder))
    return [
        "next:",
        f"  llm-extract show {named}     the records, for reading",
        f"  llm-extract report {named}   one page: who met whom, who stands where, who said what",
        f"  llm-extract export {named}   tables: --format sqlite, csv, parquet, jsonl, graphml",
        f"  llm-extract review {named}   correct records, and label gold to score them with",
    ]


def _show_plan(
    job: "Job",
    items: "Iterator[Article | SourceFailure]",
    out: Path,
    *,
    retry_failed: bool,
    fresh: bool,
) -> None:
    from llm_extract.batch.budget import CHARACTERS_A_TOKEN
    from llm_extract.batch.database import STORE_FILE
    from llm_extract.batch.planning import plan_run
    from llm_extract.batch.store import read_store

    known = (out / STORE_FILE).is_file() and not fresh
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(read_store(out, job.settings)) if known else None
        plan = plan_run(items, job, store, retry_failed=retry_failed)
    for line in (
        f"{plan.articles} articles to extract with {job.spec.name}, strategy "
        f"{job.extractor.strategy_name}; {plan.reused} unchanged, {plan.failed_before} failed "
        f"before, {plan.failures} not readable",
        f"at least {plan.calls} calls",
        f"about {plan.prompt_tokens:,} prompt tokens, at {CHARACTERS_A_TOKEN} characters a token",
        f"{price_words(plan.prompt_cost_usd)} for the prompts; the output comes on top",
    ):
        stdout().print(line, markup=False)
