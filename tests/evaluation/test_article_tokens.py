"""The comparison of token costs: the replies it counts state the gold, each in its own form."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llm_extract.evaluation.gold import GoldArticle, load_gold
from llm_extract.evaluation.scores import evaluate
from llm_extract.extraction.builtin import BUILTIN
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.prompts import Prompts
from llm_extract.extraction.strategies.article import ArticleStrategy
from llm_extract.text.article import Article
from tests.extraction.support import extract
from tests.support.loopback import Loopback, Reply

ROOT = Path(__file__).parents[2]
GOLD = load_gold(ROOT / "eval/gold", ROOT / "eval/articles")
HAND_WRITTEN = sorted((ROOT / "tests/fixtures/strong_model_drafts").glob("*.json"))
MODULES = ("peer_claims", "peer_systems", "article_tokens")


@pytest.fixture(scope="module")
def script() -> Iterator[Any]:
    """The scripts are no part of the package: they are found beside one another."""
    sys.path.insert(0, str(ROOT / "eval/benchmarks"))
    try:
        yield importlib.import_module("article_tokens")
    finally:
        sys.path.pop(0)
        for name in MODULES:
            sys.modules.pop(name, None)


def context_of(gold: GoldArticle) -> ArticleContext:
    return ArticleContext.of(Article(id=gold.id, text=gold.text))


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("gold", GOLD, ids=lambda gold: gold.id)
async def test_drafts_made_of_the_gold_state_the_gold(script: Any, gold: GoldArticle) -> None:
    with Loopback(Reply(script.drafts(gold, context_of(gold)))) as server:
        given = Article(id=gold.id, text=gold.text)
        result = await extract(server, strategy="article", given=given)
    assert (len(server.requests), result.provenance.dropped) == (1, [])
    assert evaluate([result], GOLD, only=[gold.id]).f1()["macro"] == 1


@pytest.mark.parametrize("file", HAND_WRITTEN, ids=lambda file: file.stem)
def test_drafts_made_of_the_gold_are_about_as_long_as_hand_written_ones(
    script: Any, file: Path
) -> None:
    (gold,) = [article for article in GOLD if article.id == file.stem]
    made = len(compact(script.drafts(gold, context_of(gold))))
    written = len(compact(json.loads(file.read_text(encoding="utf-8"))))
    assert made == pytest.approx(written, rel=0.1)


async def test_prompt_is_the_one_that_is_sent(script: Any) -> None:
    exchange = script.ours(GOLD[0], ArticleStrategy.of(BUILTIN, Prompts()))
    with Loopback(Reply(json.loads(exchange.reply))) as server:
        given = Article(id=GOLD[0].id, text=GOLD[0].text)
        await extract(server, strategy="article", given=given)
    sent = [message["content"] for message in server.bodies[0]["messages"]]
    assert sent == [exchange.fixed, exchange.article]


def test_bare_script_copies_every_sentence_of_evidence(script: Any) -> None:
    answer = json.loads(script.bare(GOLD[0]).reply)
    assert [p["evidence"] for p in answer["positions"]] == [
        [span.text for span in position.evidence] for position in GOLD[0].positions
    ]
    assert [q["text"] for q in answer["quotes"]] == [q.text.text for q in GOLD[0].quotes]


def test_table_has_each_article_with_both_systems_and_the_means(script: Any) -> None:
    rows = script.table(GOLD[:2], len).splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[:2] for row in cells[2:]] == [
        ["`000`", "`article`"],
        ["`000`", "bare script"],
        ["`001`", "`article`"],
        ["`001`", "bare script"],
        ["**mean**", "`article`"],
        ["**mean**", "bare script"],
    ]
    assert {len(row) for row in cells} == {len(script.HEADER)}


def test_price_falls_with_the_cache_where_the_instructions_are_long_enough_for_it(
    script: Any,
) -> None:
    long, short = script.Tokens(2000, 100, 10), script.Tokens(1000, 100, 10)
    assert long.usd(1, cached=True) < long.usd(1, cached=False)
    assert short.usd(1, cached=True) == short.usd(1, cached=False)
    assert (long + long).usd(2, cached=True) == pytest.approx(long.usd(1, cached=True))


@pytest.mark.embedded
def test_table_of_the_docs_is_the_one_that_the_command_prints(script: Any) -> None:
    docs = (ROOT / "docs/article-strategy.md").read_text(encoding="utf-8")
    with script.counting() as count:
        assert f"{script.table(GOLD, count)}{script.CAPTION}" in docs
