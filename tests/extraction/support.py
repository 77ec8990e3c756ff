"""An invented article, and how the tests have records extracted from it."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from llm_extract.extraction.builtin import BUILTIN
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.pipeline import Extractor, StrategyName
from llm_extract.extraction.prompts import Prompts
from llm_extract.extraction.record_types import RecordType
from llm_extract.schemas import ArticleRecords, Span
from llm_extract.text.article import Article
from tests.models.asking import connected
from tests.support.loopback import Answer, Fault, Loopback, Reply

TEXT = """\
Ministers at odds over the canal

Elena Marsh, the energy minister of Ruritania, met Tomas Vrba in Port Aldo on Monday.

“We will not sell the canal. It is ours,” Marsh told reporters. She opposes the sale.

Vrba called the plan “a gift to nobody” and backed a vote. The film “Silent Water” opened.

Subscribe to our newsletter
"""
HEADING, MET, WILL_NOT, OURS, SHE, VRBA, FILM, FURNITURE = range(1, 9)  # its sentences
CANAL, GIFT, TITLE = range(1, 4)  # its quotations

TOO_LONG = Fault(400, "too many tokens", code="context_length_exceeded")
MADE_UP = "Zorblatt"  # occurs in no article here

Body = dict[str, Any]
Answerer = Callable[[Body], Answer]


def article(text: str = TEXT, **facts: Any) -> Article:
    return Article("story.txt", text, **facts)


def context_of(text: str = TEXT, **facts: Any) -> ArticleContext:
    return ArticleContext.of(article(text, **facts))


def with_furniture(context: ArticleContext, number: int) -> ArticleContext:
    """The same article with another of its sentences taken for furniture."""
    sentences = list(context.document.sentences)
    sentences[number - 1] = dataclasses.replace(sentences[number - 1], kind="furniture")
    document = dataclasses.replace(context.document, sentences=tuple(sentences))
    return ArticleContext(document, context.cast)


def validation(context: ArticleContext | None = None, **more: Any) -> dict[str, Any]:
    return (context or context_of()).as_validation_context() | more


async def extract(
    server: Loopback,
    kinds: Sequence[RecordType] = BUILTIN,
    *,
    strategy: StrategyName,
    given: Article | None = None,
    prompts: Prompts | None = None,
    embedded: bool = False,
    context_tokens: int | None = None,
) -> ArticleRecords:
    extractor = Extractor.of(kinds, strategy, prompts or Prompts())
    async with connected(server) as client:
        client.context_tokens = context_tokens
        if embedded:  # as the client of an embedded model, without its server
            client.spec = dataclasses.replace(client.spec, kind="embedded")
        return await extractor.extract(given or article(), client)


def last_of(body: Body) -> str:
    """The question that a request ends with."""
    content: str = body["messages"][-1]["content"]
    return content


def lists_in(body: Body) -> list[str]:
    """The lists that the schema of a request asks for."""
    return list(body["response_format"]["json_schema"]["schema"]["properties"])


def is_gate(body: Body) -> bool:
    """Whether a request of the sentence strategy wants yes or no."""
    return "response_format" not in body


def is_reask(body: Body) -> bool:
    return body["messages"][-2]["role"] == "assistant" and "rror" in last_of(body)


def sentence_of(body: Body) -> str:
    """The sentence a request of the sentence strategy is about."""
    users: list[str] = [m["content"] for m in body["messages"] if m["role"] == "user"]
    return users[-1] if is_gate(body) else users[-2]


def lists(**given: Any) -> Reply:
    return Reply(given)


def position(evidence: int, holder: str = "Marsh", **other: Any) -> dict[str, Any]:
    made = {"holder": holder, "issue": "sale", "stance": "opposes", "evidence": [evidence]}
    return made | other


def quote(number: int, speaker: str | None = "Marsh", kind: str = "full") -> dict[str, Any]:
    return {"speaker": speaker, "text": number, "kind": kind}


def assert_grounded(result: ArticleRecords, text: str = TEXT) -> None:
    """Every span of a result slices to its text, and it names the text it slices."""
    assert result.article.sha256 == article(text).sha256
    found = list(_spans(json.loads(result.model_dump_json())))
    for span in found:
        assert text[span.start : span.end] == span.text
    own = [record for records in result.custom.values() for record in records]
    records = [*result.meetings, *result.positions, *result.quotes, *own]
    assert all(record.evidence for record in records)
    assert len(found) >= len(records)


def _spans(value: Any) -> Iterator[Span]:
    if isinstance(value, dict):
        if set(value) == set(Span.model_fields):
            yield Span.model_validate(value)
        for inner in value.values():
            yield from _spans(inner)
    if isinstance(value, list):
        for inner in value:
            yield from _spans(inner)
