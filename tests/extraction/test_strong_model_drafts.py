"""Replies as a strong model would give them go through the pipeline unharmed.

No model wrote them: see `tests/fixtures/strong_model_drafts/README.md`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from llm_extract.evaluation.gold import GoldArticle, load_gold
from llm_extract.evaluation.scores import evaluate
from llm_extract.schemas import ArticleRecords
from llm_extract.text.article import Article
from tests.extraction.support import extract
from tests.support.loopback import Loopback, Reply

ROOT = Path(__file__).parents[2]
DRAFTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "tests/fixtures/strong_model_drafts").glob("*.json"))
}
GOLD = {article.id: article for article in load_gold(ROOT / "eval/gold", ROOT / "eval/articles")}
SLOVAKIA, ANTALYA = DRAFTS


async def records_of(name: str, **changed: Any) -> ArticleRecords:
    """The records that the pipeline makes of a reply."""
    with Loopback(Reply(DRAFTS[name] | changed)) as server:
        result = await extract(server, strategy="article", given=source(GOLD[name]))
    assert len(server.requests) == 1  # nothing had to be asked again
    return result


def source(gold: GoldArticle) -> Article:
    return Article(id=gold.id, text=gold.text)


@pytest.mark.parametrize("name", DRAFTS)
async def test_right_drafts_become_the_records_of_the_gold(name: str) -> None:
    result = await records_of(name)
    assert result.provenance.dropped == []
    evaluation = evaluate([result], list(GOLD.values()), only=[name])
    assert evaluation.f1() == {"meetings": 1, "positions": 1, "quotes": 1, "macro": 1}
    assert (evaluation.ungrounded, evaluation.spans > 0) == (0, True)


@pytest.mark.parametrize("name", DRAFTS)
async def test_actors_get_the_names_and_quotes_the_kinds_of_the_gold(name: str) -> None:
    result, gold = await records_of(name), GOLD[name]
    assert [(q.text, q.kind, q.speaker and q.speaker.name) for q in result.quotes] == [
        (q.text, q.kind, q.speaker and q.speaker.name) for q in gold.quotes
    ]
    assert {p.holder.name for p in result.positions} == {p.holder.name for p in gold.positions}
    assert {frozenset(a.name for a in m.participants) for m in result.meetings} == {
        frozenset(a.name for a in m.participants) for m in gold.meetings
    }


async def test_position_that_a_reply_states_twice_is_one_record() -> None:
    aid = [d for d in DRAFTS[SLOVAKIA]["positions"] if "military aid" in d["issue"]]
    result = await records_of(SLOVAKIA)
    (record,) = [p for p in result.positions if "military aid" in p.issue]
    assert (len(aid), len(record.evidence)) == (2, 2)


async def test_date_is_resolved_where_its_words_fix_it() -> None:
    result = await records_of(ANTALYA)
    dates = {m.date.text: m.date.iso for m in result.meetings if m.date}
    assert dates == {"March 10, 2022": "2022-03-10", "Thursday": None}


async def test_wrong_draft_costs_its_point_and_no_other() -> None:
    drafted = json.loads(json.dumps(DRAFTS[ANTALYA]["positions"]))
    drafted[0]["stance"] = "opposes"
    result = await records_of(ANTALYA, positions=drafted)
    counts = evaluate([result], list(GOLD.values()), only=[ANTALYA]).counts()
    assert counts["positions"].strict == len(drafted) - 1
    assert counts["meetings"].f1 == counts["quotes"].f1 == 1
