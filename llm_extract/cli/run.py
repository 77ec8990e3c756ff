"""`llm-extract run`: extract the records of articles into a folder."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llm_extract.cli.console import note, print_error, stdout
from llm_extract.cli.options import PromptsFolder, Records, make_working_folder_importable
from llm_extract.errors import LLMExtractError

if TYPE_CHECKING:
    from llm_extract.batch.job import Job
    from llm_extract.batch.runner import Runner
    from llm_extract.models.cache import ReplyCache
    from llm_extract.text.article import Article
    from llm_extract.text.sources import SourceFailure

_BROKE, _SOME_FAILED, _INTERRUPTED, _TERMINATED = 1, 3, 130, 143


def run(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE", help="Files and folders: .txt, .md, .html, .htm, .jsonl."),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Output folder; a run into it again continues it.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="local (the default), FILE.gguf, openai/NAME, ollama/NAME, or any name with "
            "--base-url.",
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Address of an OpenAI-compatible API, with its /v1."),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="article (one call an article), sentence (many small calls, for small models) "
            "or auto (the default).",
        ),
    ] = None,
    records: Records = None,
    prompts: PromptsFolder = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Articles and calls at a time; an embedded model takes 1."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Take the first N articles only.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and ask no model.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep replies of earlier runs.")
    ] = False,
) -> None:
    """Extract the records of articles into DIR/records.jsonl."""
    from llm_extract.batch.job import Job
    from llm_extract.batch.store import check_output
    from llm_extract.cli.settings import load_settings
    from llm_extract.text.sources import check_sources

    make_working_folder_importable()
    check_sources(sources)
    check_output(out, sources)
    settings = load_settings(
        model=model,
        base_url=base_url,
        strategy=strategy,
        records=records,
        prompts=prompts,
        concurrency=concurrency,
    )
    job = Job.of(**settings.model_dump())
    if dry_run:
        _show_plan(job, _read(sources, limit), out)
    else:
        raise typer.Exit(_run(job, sources, out, limit, use_cache=not no_cache))


def _read(sources: list[Path], limit: int | None) -> "Iterator[Article | SourceFailure]":
    from llm_extract.text.sources import read_sources

    return islice(read_sources(sources), limit)


def _run(job: "Job", sources: list[Path], out: Path, limit: int | None, use_cache: bool) -> int:
    """Run a job, print what came of it, and return the exit code."""
    from llm_extract.batch.runner import Runner
    from llm_extract.batch.store import open_store
    from llm_extract.cli.progress import display
    from llm_extract.text.sources import count_sources

    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(open_store(out, job.settings))
        cache = stack.enter_context(_cache()) if use_cache else None
        _fetch_weights(job)
        total = count_sources(sources)
        with display(min(total, limit or total)) as shown:
            runner = Runner(
                job, store, cache=cache, on_article=lambda done: shown.show(done, runner.tally)
            )
            code, error = _finish(runner, _read(sources, limit))
    if error:
        print_error(str(error))
    _show_summary(runner, time.monotonic() - started)
    if code in (_INTERRUPTED, _TERMINATED):
        note("stopped; the same command goes on from here")
    return code


def _finish(
    runner: "Runner", items: "Iterator[Article | SourceFailure]"
) -> tuple[int, LLMExtractError | None]:
    """Run to the end, whichever it is; return the exit code, and the error that stopped it."""
    try:
        asyncio.run(_until_terminated(runner, items))
    except KeyboardInterrupt:
        return _INTERRUPTED, None
    except asyncio.CancelledError:
        return _TERMINATED, None
    except LLMExtractError as error:
        return _BROKE, error
    return (_SOME_FAILED if runner.tally.failed else 0), None


async def _until_terminated(runner: "Runner", items: "Iterator[Article | SourceFailure]") -> None:
    """Run; a request to terminate cancels, as Ctrl-C does by itself."""
    task = asyncio.current_task()
    with contextlib.suppress(NotImplementedError):  # on Windows the process just ends
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await runner.run(items)


@contextlib.contextmanager
def _cache() -> "Iterator[ReplyCache]":
    from llm_extract.models.cache import ReplyCache, default_path

    with contextlib.closing(ReplyCache(default_path())) as cache:
        yield cache


def _fetch_weights(job: "Job") -> None:
    from llm_extract.cli.weights import pull_visibly
    from llm_extract.models.weights import CATALOGUE

    if job.spec.name in CATALOGUE and job.spec.kind == "embedded":
        pull_visibly(CATALOGUE[job.spec.name])


def _show_summary(runner: "Runner", seconds: float) -> None:
    tally, exported = runner.tally, runner.exported
    lines = [f"{tally.done} extracted, {tally.reused} unchanged, {tally.failed} failed"]
    if exported is not None and exported.records:
        lines.append(", ".join(f"{count} {kind}" for kind, count in exported.records.items()))
    if tally.dropped:
        lines.append(f"{tally.dropped} drafts dropped, reasons in the records' provenance")
    usage = tally.usage
    lines.append(
        f"{usage.calls} calls, {usage.prompt_tokens:,} prompt tokens ({usage.cached_tokens:,} "
        f"cached), {usage.completion_tokens:,} output tokens, {_price(usage.cost_usd)}, "
        f"{seconds:.1f} s"
    )
    if exported is not None:
        lines.append(f"records of {exported.articles} articles: {exported.path}")
        lines.append(f"to read them: llm-extract show {exported.path.parent}")
    for line in lines:
        stdout().print(line, markup=False)


def _show_plan(job: "Job", items: "Iterator[Article | SourceFailure]", out: Path) -> None:
    from llm_extract.batch.planning import CHARACTERS_A_TOKEN, plan_run
    from llm_extract.batch.store import STORE_FILE, open_store

    known = (out / STORE_FILE).is_file()
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(open_store(out, job.settings)) if known else None
        plan = plan_run(items, job, store)
    for line in (
        f"{plan.articles} articles to extract with {job.spec.name}, strategy "
        f"{job.extractor.strategy_name}; {plan.reused} unchanged, {plan.failures} not readable",
        f"at least {plan.calls} calls",
        f"about {plan.prompt_tokens:,} prompt tokens, at {CHARACTERS_A_TOKEN} characters a token",
        f"{_price(plan.prompt_cost_usd)} for the prompts; the output comes on top",
    ):
        stdout().print(line, markup=False)


def _price(usd: float | None) -> str:
    return "unknown cost" if usd is None else f"${usd:.4f}" if usd else "no cost"
