"""What the benchmarks of throughput and faults measure beside `llm-extract run`, each a process.

    python eval/benchmarks/batch_work.py bare URL CONCURRENCY MESSAGES
    python eval/benchmarks/batch_work.py hasty URL CONCURRENCY ARTICLES OUT
    python eval/benchmarks/batch_work.py langextract URL CONCURRENCY ARTICLES REPORT MODE

`batch_throughput.py` starts them.
"""

import asyncio
import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from batch_runs import MODEL

from llm_extract.batch.job import Job
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.strategies.article import ArticleStrategy
from llm_extract.text.article import Article
from llm_extract.text.sources import read_sources

REPLY_SECONDS = 2.0  # how long a hasty run waits for a reply
_KEY = "none"


@dataclass(frozen=True)
class Delivered:
    """What LangExtract gave back.

    Attributes:
        documents: those that came back with the quotation that stands in them.
        error: what the last call raised that did; empty where none did.
    """

    documents: int
    error: str = ""


def articles_in(path: Path) -> Iterable[Article]:
    """Return the articles of a file, each read when it is asked for."""
    return (item for item in read_sources([path]) if isinstance(item, Article))


def write_messages(path: Path, source: Path) -> Path:
    """Write what the `article` strategy sends for each article, as JSON Lines."""
    strategy = _strategy()
    with path.open("w", encoding="utf-8") as file:
        for article in articles_in(source):
            file.write(json.dumps(strategy.messages(ArticleContext.of(article))) + "\n")
    return path


def _strategy() -> ArticleStrategy:
    job = Job.of(MODEL, base_url="http://127.0.0.1:1/v1", strategy="article")
    strategy = job.extractor.strategy
    if not isinstance(strategy, ArticleStrategy):
        raise AssertionError
    return strategy


async def ask_bare(base_url: str, concurrency: int, path: Path) -> None:
    """Make the calls that a run makes, with the same response model, and keep nothing."""
    import instructor
    import openai

    from llm_extract.extraction.drafts import draft_list_class

    strategy = _strategy()
    names = [kind.plural for kind in strategy.kinds]
    reply = draft_list_class(tuple(zip(names, strategy.drafts, strict=True)), True)
    async with openai.AsyncOpenAI(base_url=base_url, api_key=_KEY, max_retries=0) as server:
        client = instructor.from_openai(server, mode=instructor.Mode.JSON_SCHEMA)
        with path.open(encoding="utf-8") as lines:

            async def ask_one_after_the_other() -> None:
                for line in lines:
                    await client.chat.completions.create(
                        model=MODEL,
                        response_model=reply,
                        messages=json.loads(line),
                        max_tokens=8192,
                        temperature=0.0,
                        seed=7,
                    )

            async with asyncio.TaskGroup() as tasks:
                for _ in range(concurrency):
                    tasks.create_task(ask_one_after_the_other())


def run_hastily(base_url: str, concurrency: int, source: Path, out: Path) -> int:
    """Run as `llm-extract run` does, with less patience; return the exit code."""
    from llm_extract.cli.running import run_job
    from llm_extract.models.retry import DEFAULT_PATIENCE

    job = Job.of(MODEL, base_url=base_url, strategy="article", concurrency=concurrency)
    job = replace(job, patience=replace(DEFAULT_PATIENCE, reply=REPLY_SECONDS))
    return run_job(job, read_sources([source]), None, out, use_cache=False).code


def ask_langextract(base_url: str, concurrency: int, source: Path, mode: str) -> Delivered:
    """Extract with LangExtract, everything at its default but for what speeds it up.

    Args:
        base_url: the server.
        concurrency: how many calls may be under way at a time.
        source: the articles.
        mode: `list` for one call with all documents, as its documentation says; `threads` for a
            call a document from as many threads, each with one worker, which survives errors.
    """
    import langextract as lx
    from peer_systems import Endpoint, langextract_options

    endpoint = Endpoint(base_url, _KEY, MODEL)
    documents = [
        lx.data.Document(text=article.text, document_id=article.id)
        for article in articles_in(source)
    ]
    if mode == "list":
        options = langextract_options(endpoint, concurrency)
        try:
            found = lx.extract(documents, batch_length=10 * concurrency, **options)
        except Exception as error:
            return Delivered(0, _one_line(error))
        return Delivered(sum(map(_has_quotation, found)))

    def ask(document: Any) -> str | bool:
        try:
            (found,) = lx.extract([document], **langextract_options(endpoint))
        except Exception as error:
            return _one_line(error)
        return _has_quotation(found)

    with ThreadPoolExecutor(concurrency) as threads:
        outcomes = list(threads.map(ask, documents))
    errors = [outcome for outcome in outcomes if isinstance(outcome, str)]
    return Delivered(outcomes.count(True), errors[-1] if errors else "")


def _has_quotation(document: Any) -> bool:
    return any(
        extraction.extraction_class == "quote" and extraction.char_interval is not None
        for extraction in document.extractions or []
    )


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _main() -> None:
    work, base_url, number, *rest = sys.argv[1:]
    concurrency, source = int(number), Path(rest[0])
    if work == "bare":
        asyncio.run(ask_bare(base_url, concurrency, source))
    elif work == "hasty":
        sys.exit(run_hastily(base_url, concurrency, source, Path(rest[1])))
    else:
        delivered = ask_langextract(base_url, concurrency, source, rest[2])
        Path(rest[1]).write_text(json.dumps(vars(delivered)), encoding="utf-8")


if __name__ == "__main__":
    _main()
