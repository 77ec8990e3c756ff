"""Extracts the labelled articles, as `llm-extract run` would."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import typer

from llm_extract.cli.console import note, print_error
from llm_extract.cli.running import DONE, SOME_FAILED, run_job

if TYPE_CHECKING:
    from llm_extract.batch.job import Job
    from llm_extract.batch.runner import Tally
    from llm_extract.evaluation.gold import GoldArticle
    from llm_extract.schemas import ArticleRecords


@dataclass(frozen=True)
class Extraction:
    """What was extracted from the labelled articles.

    Attributes:
        records: one result an article; that of a failed article is empty.
        failed: how many articles failed.
    """

    records: "list[ArticleRecords]"
    failed: int = 0


def extract_gold(
    job: "Job", gold: "Sequence[GoldArticle]", articles: Path, out: Path | None, use_cache: bool
) -> Extraction:
    """Extract the labelled articles, saying on stderr which failed and what was not done anew.

    Args:
        job: the model and what it is asked for.
        gold: the labelled articles.
        articles: the folder they are in.
        out: an output folder to keep; None for one that is deleted afterwards.
        use_cache: whether to use and keep replies.

    Raises:
        LLMExtractError: nothing could be started.
        typer.Exit: something stopped the run before its end, with the exit code that says so.
    """
    from llm_extract.batch.output import check_output
    from llm_extract.batch.records import read_records
    from llm_extract.text.sources import read_sources

    items = read_sources([articles / f"{article.id}.txt" for article in gold])
    with _folder(out) as folder:
        check_output(folder, [articles])
        ended = run_job(job, items, len(gold), folder, use_cache, retry_failed=True)
        if ended.code not in (DONE, SOME_FAILED):
            if ended.error:
                print_error(str(ended.error))
            elif out or use_cache:
                note("stopped; the same command goes on from here")
            raise typer.Exit(ended.code)
        records = list(read_records(folder))
    _note_what_is_not_new(ended.runner.tally, out)
    done = {PurePosixPath(result.article.id).stem for result in records}
    failed = [article for article in gold if article.id not in done]
    return Extraction([*records, *(_empty(article, job) for article in failed)], len(failed))


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="llm-extract-eval-") as folder:
        yield Path(folder)


def _note_what_is_not_new(tally: "Tally", out: Path | None) -> None:
    if tally.reused:
        note(
            f"{tally.reused} of {tally.articles} articles were extracted into {out} before and are "
            "scored as they were then; use another --out to extract them with the code as it is now"
        )
    if kept := tally.usage.cached_replies:
        note(
            f"{kept} of {kept + tally.usage.calls} replies came from the cache: time, tokens and "
            "cost are not those of a fresh extraction (--no-cache makes one)"
        )


def _empty(article: "GoldArticle", job: "Job") -> "ArticleRecords":
    """Return what stands for an article that failed: no records, at a price that is not known."""
    from llm_extract import __version__
    from llm_extract.schemas import ArticleRecords, ArticleRef, Provenance

    return ArticleRecords(
        article=ArticleRef(id=article.id, sha256=article.sha256),
        provenance=Provenance(
            model=job.spec.name,
            strategy=job.extractor.strategy_name,
            prompt_hash=job.extractor.prompt_hash,
            schema_hash=job.extractor.schema_hash,
            package_version=__version__,
            calls=0,
            prompt_tokens=0,
            cached_tokens=0,
            completion_tokens=0,
            cost_usd=None,
            seconds=0,
        ),
    )
