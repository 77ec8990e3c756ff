"""The `article` strategy on the embedded model: the protocol for real, not the quality."""

import pytest

from llm_extract import aextract
from llm_extract.schemas import ArticleRecords

TEXT = (
    "Aino Lehto, Finland's transport minister, met Jaan Saar in Tallinn on Monday. "
    "“I will back the ferry tax,” Lehto said. Saar rejected the tax."
)


@pytest.mark.embedded
async def test_article_strategy_gives_grounded_records_on_the_embedded_model() -> None:
    result = await aextract(TEXT, strategy="article", cache=False)
    assert isinstance(result, ArticleRecords)
    assert result.provenance.strategy == "article"
    assert result.provenance.calls >= 1
    records = [*result.meetings, *result.positions, *result.quotes]
    spans = [span for record in records for span in record.evidence]
    assert spans
    assert all(TEXT[span.start : span.end] == span.text for span in spans)
