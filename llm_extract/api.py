"""The Python API: one text, or folders of articles."""

import asyncio
import contextlib
import datetime
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from llm_extract.batch.budget import Budget
from llm_extract.batch.executors.local import LocalExecutor
from llm_extract.batch.executors.ray import RayCluster
from llm_extract.batch.job import DEFAULT_CONCURRENCY, DEFAULT_RECORDS, Job
from llm_extract.batch.output import check_output
from llm_extract.batch.runner import Outcome, Runner, Tally
from llm_extract.batch.store import open_store
from llm_extract.errors import UsageError
from llm_extract.models.cache import ReplyCache, default_path
from llm_extract.models.events import Observer, OnEvent
from llm_extract.schemas import ArticleRecords, Record
from llm_extract.text.locations import locate
from llm_extract.text.sources import read_sources, read_text


def extract(
    text: str,
    model: str = "local",
    *,
    records: Sequence[str | type[Record]] = DEFAULT_RECORDS,
    strategy: str = "auto",
    base_url: str | None = None,
    api_key: str | None = None,
    published: datetime.date | None = None,
    prompts: Path | None = None,
    cache: bool = True,
    on_event: OnEvent | None = None,
    event_bodies: bool = False,
) -> ArticleRecords:
    """Extract the records of one article.

    An embedded model is started for the call and stopped after it, which takes seconds; for many
    articles use `extract_folder`.

    Args:
        text: the article; all spans refer to exactly this text.
        model: `local`, a `.gguf` file, `openai/NAME`, `ollama/NAME`, or with `base_url` the name
            by which that server knows the model.
        records: `meeting`, `position`, `quote`, `package.module:ClassName` or record classes.
        strategy: `article`, `sentence`, or `auto` to choose by model.
        base_url: address of an OpenAI-compatible API.
        api_key: key for it; from the environment where None.
        published: publication date, which may fix dates that the text leaves open.
        prompts: folder whose files are used in place of the shipped prompts.
        cache: whether to use and keep replies.
        on_event: called with a `CallEvent` for each call to the model, in its event loop: it must
            not block. What it raises is logged and disturbs no call.
        event_bodies: whether events hold requests and replies, the article's text with them.

    Returns:
        The records, each with the characters that support it.

    Raises:
        UsageError: an argument is wrong, or this is called while an event loop runs.
        SourceError: the text is blank or too large.
        ReplyError: the model gave no usable reply.
        ModelError: the model cannot be used: no weights yet (`llm-extract model pull`), wrong
            key, server down.
    """
    _check_no_loop("await aextract(...) with the same arguments")
    return asyncio.run(
        aextract(
            text,
            model,
            records=records,
            strategy=strategy,
            base_url=base_url,
            api_key=api_key,
            published=published,
            prompts=prompts,
            cache=cache,
            on_event=on_event,
            event_bodies=event_bodies,
        )
    )


async def aextract(
    text: str,
    model: str = "local",
    *,
    records: Sequence[str | type[Record]] = DEFAULT_RECORDS,
    strategy: str = "auto",
    base_url: str | None = None,
    api_key: str | None = None,
    published: datetime.date | None = None,
    prompts: Path | None = None,
    cache: bool = True,
    on_event: OnEvent | None = None,
    event_bodies: bool = False,
) -> ArticleRecords:
    """Extract the records of one article, for use in an event loop; otherwise as `extract`."""
    article = read_text(text, published=published)
    job = Job.of(
        model,
        base_url=base_url,
        api_key=api_key,
        strategy=strategy,
        records=records,
        prompts=prompts,
    )
    observer = Observer(on_event, event_bodies) if on_event else None
    with _replies(cache) as replies:
        async with job.open_client(replies, observer) as client:
            return await job.extractor.extract(article, client)


def extract_folder(
    source: Path | str | Sequence[Path | str],
    out: Path | str,
    model: str = "local",
    *,
    records: Sequence[str | type[Record]] = DEFAULT_RECORDS,
    strategy: str = "auto",
    base_url: str | None = None,
    api_key: str | None = None,
    prompts: Path | None = None,
    concurrency: int = DEFAULT_CONCURRENCY,
    rpm: int | None = None,
    tpm: int | None = None,
    cache: bool = True,
    on_article: Callable[[Outcome], None] | None = None,
    on_event: OnEvent | None = None,
    event_bodies: bool = False,
    retry_failed: bool = False,
    budget: Budget | None = None,
    cluster: RayCluster | None = None,
) -> Tally:
    """Extract the records of many articles into `OUT/records.jsonl`, as `llm-extract run` does.

    A run into the same folder again continues it: articles that are done are not sent again.

    Args:
        source: files, folders and URLs (as `str`) of articles.
        out: output folder; `read_records(out)` reads the results.
        model: as for `extract`.
        records: as for `extract`.
        strategy: as for `extract`.
        base_url: as for `extract`.
        api_key: as for `extract`.
        prompts: as for `extract`.
        concurrency: how many articles, and calls, may be under way at a time; fewer calls where
            the server turns some away. An embedded model takes one at a time.
        rpm: calls a minute, at most; None for any number.
        tpm: tokens a minute, at most, prompts and replies; None for any number.
        cache: whether to use and keep replies.
        on_article: called with the outcome of each article as it comes.
        on_event: as for `extract`.
        event_bodies: as for `extract`.
        retry_failed: whether to ask again about articles that failed in earlier runs for a reason
            of their own; those that failed because a server was busy are asked about again anyway.
        budget: what the run may take; where it is used up, `Tally.stopped_by` says so, and the
            same call goes on from there.
        cluster: where to extract, for more than one machine; `concurrency` is then that of each of
            its actors. None for this process.

    Returns:
        How many articles were extracted, unchanged and failed, and what that took.

    Raises:
        UsageError: an argument is wrong, or this is called while an event loop runs.
        ModelError: the model cannot be used; what was finished is kept and written.
        StoreError: the output folder cannot be used.
    """
    _check_no_loop("await asyncio.to_thread(extract_folder, ...)")
    given = [source] if isinstance(source, Path | str) else source
    sources, folder = [locate(place) for place in given], Path(out)
    items = read_sources(sources)
    check_output(folder, sources)
    job = Job.of(
        model,
        base_url=base_url,
        api_key=api_key,
        strategy=strategy,
        records=records,
        prompts=prompts,
        concurrency=concurrency,
        rpm=rpm,
        tpm=tpm,
    )
    observer = Observer(on_event, event_bodies) if on_event else None
    with open_store(folder, job.settings) as store, _replies(cache) as replies:
        runner = Runner(
            job,
            store,
            cache=replies,
            on_article=on_article,
            observer=observer,
            executor=cluster or LocalExecutor,
            retry_failed=retry_failed,
            budget=budget,
        )
        asyncio.run(runner.run(items))
    return runner.tally


@contextlib.contextmanager
def _replies(wanted: bool) -> Iterator[ReplyCache | None]:
    if not wanted:
        yield None
        return
    with contextlib.closing(ReplyCache(default_path())) as replies:
        yield replies


def _check_no_loop(remedy: str) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise UsageError(f"an event loop is running here (a notebook, an async function): {remedy}")
