"""Says what a run would do, without asking a model."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from llm_extract.batch.job import Job
from llm_extract.batch.store import Store
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.pipeline import Extractor
from llm_extract.extraction.strategies.sentence import Focus, SentenceStrategy
from llm_extract.models.prices import price
from llm_extract.text.article import Article
from llm_extract.text.sources import SourceFailure

CHARACTERS_A_TOKEN: Final = 4


@dataclass(frozen=True)
class Plan:
    """What a run would do.

    Attributes:
        articles: articles to extract.
        reused: articles whose records are there already.
        failures: articles that cannot be read.
        calls: calls at least: re-asks come on top, and with the `sentence` strategy a second call
            for each sentence that is found to state something.
        prompt_tokens: their prompts, at `CHARACTERS_A_TOKEN` characters a token.
        prompt_cost_usd: price of the prompts alone, nothing of it cached; None where unknown.
    """

    articles: int
    reused: int
    failures: int
    calls: int
    prompt_tokens: int
    prompt_cost_usd: float | None


def plan_run(items: Iterable[Article | SourceFailure], job: Job, store: Store | None) -> Plan:
    """Read all articles and estimate what their extraction takes.

    Args:
        items: the articles.
        job: the model and what it is asked for.
        store: results of earlier runs; None where there are none.
    """
    articles = reused = failures = calls = characters = 0
    for item in items:
        if isinstance(item, SourceFailure):
            failures += 1
        elif store is not None and store.is_done(item):
            reused += 1
        else:
            articles += 1
            for length in _prompt_lengths(job.extractor, item):
                calls += 1
                characters += length
    tokens = characters // CHARACTERS_A_TOKEN
    cost = price(job.spec, prompt_tokens=tokens, cached_tokens=0, completion_tokens=0)
    return Plan(articles, reused, failures, calls, tokens, cost)


def _prompt_lengths(extractor: Extractor, article: Article) -> Iterator[int]:
    """Yield the characters of each prompt that an article surely takes."""
    if isinstance(extractor.strategy, SentenceStrategy):
        context = ArticleContext.of(article)
        for focus in extractor.strategy.focuses:
            yield from _question_lengths(focus, context)
    else:
        yield sum(map(len, extractor.strategy.prompt_texts())) + len(article.text)


def _question_lengths(focus: Focus, context: ArticleContext) -> Iterator[int]:
    prefix = sum(len(message["content"]) for message in focus.prefix)
    cues = focus.kind.cues
    if focus.kind.quotation_field:
        for quoted in context.quotations:
            passage = context.sentences_of(quoted)
            yield prefix + passage[-1].end - passage[0].start
    else:
        for sentence in context.readable:
            if cues is None or cues.search(context.document.text_of(sentence)):
                yield prefix + sentence.end - sentence.start
