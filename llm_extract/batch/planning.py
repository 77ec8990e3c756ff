"""Says what a run would do, without asking a model."""

from collections.abc import Iterable
from dataclasses import dataclass

from llm_extract.batch.budget import CHARACTERS_A_TOKEN
from llm_extract.batch.job import Job
from llm_extract.batch.store import Store
from llm_extract.extraction.context import ArticleContext
from llm_extract.models.prices import price
from llm_extract.text.article import Article
from llm_extract.text.sources import SourceFailure


@dataclass(frozen=True)
class Plan:
    """What a run would do.

    Attributes:
        articles: articles to extract.
        reused: articles whose records are there already.
        failed_before: articles that failed in earlier runs and are not taken again.
        failures: articles that cannot be read.
        calls: calls at least: re-asks come on top, and with the `sentence` strategy a second call
            for each sentence that is found to state something.
        prompt_tokens: their prompts, at `CHARACTERS_A_TOKEN` characters a token.
        prompt_cost_usd: price of the prompts alone, nothing of it cached; None where unknown.
    """

    articles: int
    reused: int
    failed_before: int
    failures: int
    calls: int
    prompt_tokens: int
    prompt_cost_usd: float | None


def plan_run(
    items: Iterable[Article | SourceFailure],
    job: Job,
    store: Store | None,
    *,
    retry_failed: bool = False,
) -> Plan:
    """Read all articles and estimate what their extraction takes.

    Args:
        items: the articles.
        job: the model and what it is asked for.
        store: results of earlier runs; None where there are none.
        retry_failed: whether articles that failed in earlier runs are taken again.
    """
    articles = reused = failed_before = failures = calls = characters = 0
    for item in items:
        if isinstance(item, SourceFailure):
            failures += 1
        elif store is not None and store.is_done(item):
            reused += 1
        elif not retry_failed and _failed_for_good(store, item):
            failed_before += 1
        else:
            articles += 1
            for length in job.extractor.strategy.prompt_lengths(ArticleContext.of(item)):
                calls += 1
                characters += length
    tokens = characters // CHARACTERS_A_TOKEN
    cost = price(job.spec, prompt_tokens=tokens, cached_tokens=0, completion_tokens=0)
    return Plan(articles, reused, failed_before, failures, calls, tokens, cost)


def _failed_for_good(store: Store | None, article: Article) -> bool:
    failure = None if store is None else store.failure_of(article)
    return failure is not None and not failure.passing
