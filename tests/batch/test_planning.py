from pathlib import Path

import pytest

from llm_extract.batch.job import Job
from llm_extract.batch.planning import plan_run
from llm_extract.batch.store import open_store
from llm_extract.errors import SourceError
from llm_extract.text.article import Article
from llm_extract.text.sources import SourceFailure
from tests.batch.news import article, finish

URL = "http://127.0.0.1:1/v1"
BROKEN = SourceFailure("x.txt", "in/x.txt", SourceError("is empty"))


def test_one_call_an_article_with_instructions_and_text() -> None:
    job = Job.of("big", base_url=URL)
    plan = plan_run([article("a"), article("b"), BROKEN], job, None)
    instructions = sum(map(len, job.extractor.strategy.prompt_texts()))
    assert (plan.articles, plan.failures, plan.reused, plan.calls) == (2, 1, 0, 2)
    text = 2 * len(article("a").text)
    assert 2 * instructions < 4 * plan.prompt_tokens < 2 * instructions + 2 * text


def test_sentence_strategy_asks_about_quotations_without_an_explicit_speaker_only() -> None:
    explicit = Article("q.txt", "“No,” said Ana Petrova. Later she said: “We met twice.”\n")
    open_ = Article("o.txt", "The harbour lay still. “Pure heaven” was all there was.\n")
    job = Job.of("big", base_url=URL, strategy="sentence", records=["quote"])
    assert plan_run([explicit], job, None).calls == 0
    assert plan_run([open_], job, None).calls == 1
    assert plan_run([Article("n.txt", "Nothing was said.\n")], job, None).calls == 0


def test_sentence_strategy_asks_about_the_sentences_of_types_that_grammar_does_not_read() -> None:
    prose = Article("p.txt", "The harbour lay still. Ana Petrova met Juan Soto on Monday.\n")
    read = Job.of("big", base_url=URL, strategy="sentence", records=["meeting"])
    all_ = Job.of("big", base_url=URL, strategy="sentence", records=["tests.batch.test_job:Toll"])
    assert plan_run([prose], read, None).calls == 0
    plan = plan_run([prose], all_, None)
    prefix = sum(map(len, all_.extractor.strategy.prompt_texts()))
    assert plan.calls == 2
    assert plan.prompt_tokens == (2 * prefix + len(prose.text) - 2) // 4


def test_what_is_done_is_not_planned(tmp_path: Path) -> None:
    job = Job.of("big", base_url=URL)
    with open_store(tmp_path, job.settings) as store:
        store.begin_run()
        finish(store, ["a"])
        plan = plan_run([article("a"), article("b")], job, store)
    assert (plan.articles, plan.reused, plan.calls) == (1, 1, 1)


def test_unknown_price_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    known = plan_run([article("a")], Job.of("openai/gpt-4o-mini"), None)
    unknown = plan_run([article("a")], Job.of("big", base_url=URL), None)
    assert known.prompt_cost_usd is not None
    assert known.prompt_cost_usd > 0
    assert unknown.prompt_cost_usd is None
