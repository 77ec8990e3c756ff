"""The whole path with the embedded model, which no other process has to serve."""

from pathlib import Path

import pytest

from llm_extract.models.weights import CATALOGUE, weights_path
from llm_extract.schemas import ArticleRecords
from tests.batch.news import lines_of
from tests.cli.conftest import Cli

WEIGHTS = weights_path(CATALOGUE["local"])  # found before the tests get a cache of their own
TEXT = (
    "“We will build the bridge,” said Ana Petrova. She met Juan Soto in Oslo on Monday.\n"
    "Support in the harbour is weak.\n"  # a word for a stance whose grammar says nothing
)


@pytest.mark.embedded
def test_records_without_any_server_or_key(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "models").symlink_to(WEIGHTS.parent)
    Path("news.txt").write_text(TEXT)
    ended = cli("run", "news.txt", "--out", "out")
    assert ended.code == 0
    result = ArticleRecords.model_validate_json(next(lines_of(Path("out/records.jsonl"))))
    (quote,) = result.quotes
    assert TEXT[quote.text.start : quote.text.end] == "We will build the bridge,"
    (meeting,) = result.meetings
    assert [actor.name for actor in meeting.participants] == ["Ana Petrova", "Juan Soto"]
    assert result.provenance.strategy == "sentence"
    assert result.provenance.calls > 0
    assert result.provenance.cost_usd == 0
    again = cli("run", "news.txt", "--out", "out")
    assert "0 extracted, 1 unchanged" in again.out
    assert " 0 calls" in f" {again.out.splitlines()[2]}"
