"""What an article costs with the `article` strategy and with a script that has evidence copied.

    pip install -e '.[local,peers]'
    python eval/benchmarks/article_tokens.py

Nothing is generated: the prompts are those that both would send, the replies are made of the gold,
and the tokens are counted by the embedded model's tokenizer.
"""

import argparse
import json
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peer_systems import BareAnswer, bare_messages
from pydantic import BaseModel

from llm_extract.errors import LLMExtractError
from llm_extract.evaluation.gold import GoldArticle, load_gold
from llm_extract.extraction.builtin import BUILTIN
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.drafts import NOT_QUOTES
from llm_extract.extraction.prompts import Prompts
from llm_extract.extraction.strategies.article import ArticleStrategy
from llm_extract.models.client import EMBEDDED_CONTEXT_TOKENS
from llm_extract.models.prices import price
from llm_extract.models.spec import ModelSpec
from llm_extract.schemas import Meeting, Position, Quote, Span
from llm_extract.text.article import Article, QuotedSpan

EVAL = Path(__file__).parents[1]
PRICED = "gpt-4.1-mini"
_LEAST_CACHED = 1024  # tokens; the provider of that model caches no shorter beginning of a prompt
Count = Callable[[str], int]


@dataclass(frozen=True)
class Exchange:
    """A question about one article, and its reply.

    Attributes:
        fixed: the part of the prompt that is the same for every article.
        article: the part that is not.
        reply: the reply.
    """

    fixed: str
    article: str
    reply: str


@dataclass(frozen=True)
class Tokens:
    """The tokens of an exchange."""

    fixed: int
    article: int
    reply: int

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.fixed + other.fixed, self.article + other.article, self.reply + other.reply
        )

    def usd(self, articles: int, cached: bool) -> float:
        """Return the price of an article at the hosted model.

        Args:
            articles: how many articles the tokens are those of.
            cached: take the unchanging part from the provider's cache, if it is long enough.
        """
        cacheable = self.fixed if self.fixed >= _LEAST_CACHED * articles else 0
        spec = ModelSpec(name=PRICED, kind="hosted", model=PRICED, provider="openai")
        found = price(
            spec,
            prompt_tokens=self.fixed + self.article,
            cached_tokens=cacheable if cached else 0,
            completion_tokens=self.reply,
        )
        if found is None:
            sys.exit(f"error: the price snapshot does not know {PRICED}")
        return found / articles


# The two systems


def ours(gold: GoldArticle, strategy: ArticleStrategy) -> Exchange:
    """Return what the `article` strategy asks, and the drafts that the gold corresponds to."""
    context = ArticleContext.of(Article(id=gold.id, text=gold.text))
    system, user = strategy.messages(context)
    return Exchange(system["content"], user["content"], _json(drafts(gold, context)))


def drafts(gold: GoldArticle, context: ArticleContext) -> dict[str, list[Any]]:
    """Return the reply of the `article` strategy that states the gold.

    Args:
        gold: the article with its records.
        context: the same article.
    """
    quotes = [_quote(quote, context) for quote in gold.quotes]
    accounted = {quote["text"] for quote in quotes}
    return {
        "meetings": [_meeting(meeting, context) for meeting in gold.meetings],
        "positions": [_position(position, context) for position in gold.positions],
        "quotes": quotes,
        NOT_QUOTES: [q.number for q in context.quotations if q.number not in accounted],
    }


def _meeting(meeting: Meeting, context: ArticleContext) -> dict[str, Any]:
    return {
        "evidence": _numbers(meeting.evidence, context),
        "participants": [actor.name for actor in meeting.participants],
        "status": meeting.status,
        "mode": meeting.mode,
        "date": meeting.date and meeting.date.text,
        "location": meeting.location,
        "topics": meeting.topics,
    }


def _position(position: Position, context: ArticleContext) -> dict[str, Any]:
    return {
        "evidence": _numbers(position.evidence, context),
        "holder": position.holder.name,
        "issue": position.issue,
        "stance": position.stance,
    }


def _quote(quote: Quote, context: ArticleContext) -> dict[str, Any]:
    """Point at the quotation that a gold quote is, which may begin or end a mark apart from it."""

    def shared(quoted: QuotedSpan) -> int:
        return min(quoted.end, quote.text.end) - max(quoted.start, quote.text.start)

    number = max(context.quotations, key=shared).number
    return {"speaker": _speaker(quote), "text": number, "kind": quote.kind}


def _speaker(quote: Quote) -> str | None:
    return quote.speaker.name if quote.speaker else None


def _numbers(evidence: Sequence[Span], context: ArticleContext) -> list[int]:
    sentences = [
        sentence.number
        for span in evidence
        for sentence in context.document.sentences_over(span.start, span.end)
    ]
    return list(dict.fromkeys(sentences))


def bare(gold: GoldArticle) -> Exchange:
    """Return what the bare instructor script asks, and the answer that states the gold."""
    system, user = bare_messages(Article(id=gold.id, text=gold.text))
    return Exchange(system["content"], user["content"], _json(bare_answer(gold)))


def bare_answer(gold: GoldArticle) -> dict[str, Any]:
    """Return the answer of the bare instructor script that states the gold, evidence copied."""
    answer = {
        "meetings": [
            {
                "participants": [actor.name for actor in meeting.participants],
                "status": meeting.status,
                "date": meeting.date and meeting.date.text,
                "location": meeting.location,
                "evidence": [span.text for span in meeting.evidence],
            }
            for meeting in gold.meetings
        ],
        "positions": [
            {
                "holder": position.holder.name,
                "issue": position.issue,
                "stance": position.stance,
                "evidence": [span.text for span in position.evidence],
            }
            for position in gold.positions
        ],
        "quotes": [{"speaker": _speaker(q), "text": q.text.text} for q in gold.quotes],
    }
    return BareAnswer.model_validate(answer).model_dump(mode="json")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# The table

HEADER = (
    "article",
    "system",
    "prompt, unchanging",
    "prompt, article",
    "reply",
    "USD for 1,000 articles",
    "the same, unchanging part cached",
)


def table(gold: Sequence[GoldArticle], count: Count) -> str:
    """Return the table in Markdown, a line for each article and system, and the means."""
    strategy = ArticleStrategy.of(BUILTIN, Prompts())
    totals: dict[str, Tokens] = {}
    lines: list[tuple[str, ...]] = [HEADER, ("---", "---", *("---:",) * 5)]
    for article in gold:
        exchanges = {"`article`": ours(article, strategy), "bare script": bare(article)}
        for name, exchange in exchanges.items():
            tokens = Tokens(count(exchange.fixed), count(exchange.article), count(exchange.reply))
            totals[name] = totals.get(name, Tokens(0, 0, 0)) + tokens
            lines.append(_row(f"`{article.id.partition('_')[0]}`", name, tokens, 1))
    lines += [_row("**mean**", name, total, len(gold)) for name, total in totals.items()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(article: str, system: str, tokens: Tokens, articles: int) -> tuple[str, ...]:
    counts = (tokens.fixed, tokens.article, tokens.reply)
    dollars = (1000 * tokens.usd(articles, cached) for cached in (False, True))
    return (
        article,
        system,
        *(f"{number / articles:,.0f}" for number in counts),
        *(f"{amount:.2f}" for amount in dollars),
    )


CAPTION = f"""
Tokens of the messages and of the reply, counted by the tokenizer of the embedded model \
(Qwen2.5-Coder); another tokenizer gives somewhat other numbers. Both replies are made of the gold \
records of the article, as compact JSON: for `article` with the numbers of the evidence sentences \
and of the quotations, with mode and topics; for the bare script, which is not asked for those \
two, with every evidence sentence and quotation copied. The JSON schema that both send beside the \
messages and the few tokens around each message are not counted. Prices are those of {PRICED} in \
the snapshot of genai-prices; its provider caches the beginning of a prompt from \
{_LEAST_CACHED:,} tokens on, which the instructions of the bare script do not reach.
"""


class _Tokenized(BaseModel):
    tokens: list[int]


@contextmanager
def counting() -> Iterator[Count]:
    """Run the embedded model's server, and count tokens with its tokenizer."""
    from llm_extract.cli.weights import pull_visibly
    from llm_extract.models.embedded import start_embedded
    from llm_extract.models.weights import CATALOGUE

    weights = pull_visibly(CATALOGUE["local"])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with start_embedded(weights, context_tokens=EMBEDDED_CONTEXT_TOKENS, slots=1) as server:

        def count(text: str) -> int:
            request = urllib.request.Request(
                f"{server.base_url.removesuffix('/v1')}/tokenize",
                json.dumps({"content": text}).encode(),
                {"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json"},
            )
            with opener.open(request) as reply:
                return len(_Tokenized.model_validate_json(reply.read()).tokens)

        yield count


def main() -> None:
    """Print the table with what it means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=Path, default=EVAL / "articles")
    parser.add_argument("--gold", type=Path, default=EVAL / "gold")
    options = parser.parse_args()
    try:
        gold = load_gold(options.gold, options.articles)
        with counting() as count:
            print(table(gold, count), CAPTION, sep="", end="")
    except LLMExtractError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
