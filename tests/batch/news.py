"""Invented articles, and a stand-in for a large model that reads them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from llm_extract.batch.job import Job
from llm_extract.batch.runner import Runner
from llm_extract.batch.store import Store, open_store
from llm_extract.schemas import ArticleRecords, Provenance, Quotation, Quote, Span
from llm_extract.text.article import Article
from llm_extract.text.sources import SourceFailure
from tests.support.loopback import Answer, Loopback, Reply

QUOTES = {"quotes": [{"speaker": "Ana Petrova", "text": 1, "kind": "full"}], "not_quotes": []}
EMPTY = {"meetings": [], "positions": [], **QUOTES}


def text(name: str) -> str:
    return f"“We will build the {name} bridge,” said Ana Petrova.\n"


def article(name: str) -> Article:
    return Article(f"{name}.txt", text(name))


def write_articles(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.txt").write_text(text(name), encoding="utf-8")
    return folder


def asked_about(body: dict[str, Any], name: str) -> bool:
    return f"the {name} bridge" in body["messages"][-1]["content"]


def reader(**special: Answer) -> Callable[[dict[str, Any]], Answer]:
    """A model that finds the quote, except in the articles named."""

    def answer(body: dict[str, Any]) -> Answer:
        return next((a for name, a in special.items() if asked_about(body, name)), Reply(EMPTY))

    return answer


def job_for(server: Loopback, **options: Any) -> Job:
    return Job.of("big-model", base_url=server.base_url, **options)


def run(
    job: Job,
    folder: Path,
    items: Iterable[Article | SourceFailure],
    on_article: Callable[..., None] | None = None,
    **options: Any,
) -> Runner:
    with open_store(folder, job.settings) as store:
        runner = Runner(job, store, on_article=on_article, **options)
        asyncio.run(runner.run(items))
    return runner


def records_of(name: str, **provenance: Any) -> ArticleRecords:
    """What an article gives, made without a model."""
    given = article(name)
    words = given.text[1 : given.text.index("”")]
    made: dict[str, Any] = {
        "model": "m",
        "strategy": "article",
        "prompt_hash": "p",
        "schema_hash": "s",
        "package_version": "0",
        "calls": 1,
        "prompt_tokens": 10,
        "cached_tokens": 4,
        "completion_tokens": 2,
        "cost_usd": None,
        "seconds": 0.5,
    }
    quote = Quote(
        speaker=None,
        text=Quotation(start=1, end=1 + len(words), text=words),
        kind="full",
        evidence=[Span(start=0, end=3, text=given.text[:3])],
    )
    return ArticleRecords(
        article=given.ref(), quotes=[quote], provenance=Provenance(**made | provenance)
    )


def finish(store: Store, names: Sequence[str]) -> None:
    """List and finish articles, as a run does."""
    for name in names:
        store.list_article(article(name))
        store.finish(article(name), records_of(name))


def ids_in(file: Path) -> list[str]:
    return [ArticleRecords.model_validate_json(line).article.id for line in lines_of(file)]


def lines_of(file: Path) -> Iterator[str]:
    return iter(file.read_text(encoding="utf-8").splitlines())
