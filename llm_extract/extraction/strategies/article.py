"""The `article` strategy: one call for a whole article, for large models."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from llm_extract.errors import (
    ContextLengthError,
    InvalidReplyError,
    PendingReplyError,
    TruncatedReplyError,
)
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.drafts import (
    ASKED,
    EVIDENCE,
    NOT_QUOTES,
    Draft,
    Pointers,
    draft_class,
    draft_list_class,
)
from llm_extract.extraction.findings import Findings, accept, salvage
from llm_extract.extraction.prompts import WORKED_EXAMPLE, Prompts, example_records, fields_of
from llm_extract.extraction.record_types import RecordType
from llm_extract.models.client import Message, ModelClient, Request
from llm_extract.models.usage import Meter
from llm_extract.schemas import Example
from llm_extract.text.article import Article, Sentence

_OUTPUT_TOKENS = 8192
_OUTPUT_SHARE = 3  # at most a third of the context window is kept for the reply
_CHARACTERS_A_TOKEN = 3  # errs on the side of too many tokens for English
_NUMBERING = 8  # characters that a sentence's and a quotation's number add

Window = tuple[Sentence, ...]
Pairs = tuple[tuple[RecordType, type[Draft]], ...]


@dataclass(frozen=True)
class ArticleStrategy:
    """Asks for all records of an article at once, in windows where it does not fit."""

    kinds: tuple[RecordType, ...]
    drafts: tuple[type[Draft], ...]
    system: str

    @classmethod
    def of(cls, kinds: Sequence[RecordType], prompts: Prompts) -> "ArticleStrategy":
        """Prepare the strategy for some record types.

        Raises:
            PromptError: a prompt file is missing or broken.
        """
        drafts = tuple(draft_class(kind.record) for kind in kinds)
        system = prompts.render(
            "article",
            names=_listed([kind.plural for kind in kinds]),
            shared=prompts.guidelines(),
            kinds=[
                {
                    "plural": kind.plural,
                    "definition": prompts.full_definition(kind),
                    "fields": fields_of(draft),
                    "examples": _short_examples(kind, prompts),
                }
                for kind, draft in zip(kinds, drafts, strict=True)
            ],
            quotations=any(kind.quotation_field for kind in kinds),
            worked=_worked_example(kinds, prompts),
        )
        return cls(tuple(kinds), drafts, system)

    def messages(self, context: ArticleContext) -> tuple[Message, ...]:
        """Return the conversation that asks about the whole of an article.

        Args:
            context: the article.
        """
        quoted = [quotation.number for quotation in context.quotations]
        return _messages(self.system, question(context, context.readable, self.kinds, quoted))

    def prompt_texts(self) -> list[str]:
        """Return everything that the prompt holds beside the article."""
        return [self.system]

    async def find(self, context: ArticleContext, client: ModelClient, meter: Meter) -> Findings:
        """Find the records of an article.

        Args:
            context: the article.
            client: the model.
            meter: counts the calls.

        Raises:
            LLMExtractError: as `ModelClient.ask` does; TruncatedReplyError or ContextLengthError
                only where a single sentence is still too much.
        """
        pairs = tuple(zip(self.kinds, self.drafts, strict=True))
        windows = self._windows(context, client.context_tokens)
        asker = _Asker(self.system, context, client, meter)
        return await asker.ask_each([(window, pairs) for window in windows])

    def prompt_lengths(self, context: ArticleContext) -> Iterable[int]:
        """Return the characters of each prompt that an article surely takes."""
        for window in self._windows(context, None):
            yield len(self.system) + sum(s.end - s.start + _NUMBERING for s in window)

    def _windows(self, context: ArticleContext, limit: int | None) -> list[Window]:
        """Cut an article into runs of whole paragraphs that fit the model's context."""
        if limit is None:
            return [context.readable] if context.readable else []
        room = (limit - limit // _OUTPUT_SHARE) * _CHARACTERS_A_TOKEN - len(self.system)
        windows: list[list[Sentence]] = []
        size = 0
        for _, group in groupby(context.readable, key=lambda s: s.paragraph):
            paragraph = list(group)
            length = sum(s.end - s.start + _NUMBERING for s in paragraph)
            if windows and size + length <= room:
                windows[-1] += paragraph
                size += length
            else:
                windows.append(paragraph)
                size = length
        return [tuple(window) for window in windows]


@dataclass(frozen=True)
class _Asker:
    system: str
    context: ArticleContext
    client: ModelClient
    meter: Meter

    async def ask(self, window: Window, pairs: Pairs) -> Findings:
        """Ask about a window; ask for less at once where request or reply turn out too long."""
        try:
            findings = await self._ask_once(window, pairs)
            findings.whole = len(window) == len(self.context.readable)
            return findings
        except (TruncatedReplyError, ContextLengthError) as error:
            parts = _less(window, pairs, error)
            if not parts:
                raise
        return await self.ask_each(parts)

    async def ask_each(self, parts: Sequence[tuple[Window, Pairs]]) -> Findings:
        """Ask about several windows; where replies come later, with a batch, ask for all first."""
        findings = Findings(whole=True)
        pending: PendingReplyError | None = None
        for window, pairs in parts:
            try:
                findings.extend(await self.ask(window, pairs))
            except PendingReplyError as error:
                pending = error
        if pending:
            raise pending
        return findings

    async def _ask_once(self, window: Window, pairs: Pairs) -> Findings:
        quotations = self._quotations(window) if _ask_for_quotations(pairs) else frozenset()
        validation = self.context.as_validation_context() | {ASKED: quotations}
        limit = self.client.context_tokens
        request = Request(
            task="+".join(kind.plural for kind, _ in pairs),
            messages=_messages(
                self.system,
                question(
                    self.context, window, [kind for kind, _ in pairs], self._quotations(window)
                ),
            ),
            reply=draft_list_class(
                tuple((kind.plural, draft) for kind, draft in pairs), bool(quotations)
            ),
            max_tokens=min(_OUTPUT_TOKENS, limit // _OUTPUT_SHARE if limit else _OUTPUT_TOKENS),
            context=validation,
        )
        by_name = {kind.plural: (kind, draft) for kind, draft in pairs}
        try:
            reply = await self.client.ask(request, self.meter)
        except InvalidReplyError as error:
            return salvage(error, by_name, self.context, Pointers(), quotations)
        kinds = {name: kind for name, (kind, _) in by_name.items()}
        return accept(reply, kinds, self.context, Pointers())

    def _quotations(self, window: Window) -> frozenset[int]:
        first, last = window[0].number, window[-1].number
        return frozenset(
            quoted.number
            for quoted in self.context.quotations
            if first <= self.context.sentences_of(quoted)[0].number <= last
        )


def _messages(system: str, user: str) -> tuple[Message, ...]:
    return ({"role": "system", "content": system}, {"role": "user", "content": user})


def question(
    context: ArticleContext,
    window: Iterable[Sentence],
    kinds: Iterable[RecordType],
    quotations: Iterable[int],
) -> str:
    """Return what a model is asked: the numbered sentences, and which lists to give.

    Args:
        context: the article.
        window: the sentences to show.
        kinds: the record types to list.
        quotations: numbers of the quotations to number.
    """
    shown = number_quotations(context, frozenset(quotations))
    lines = [f"[{s.number}] {shown(s)}" for s in window]
    published = context.article.published
    head = [f"Published: {published}"] if published else []
    asked = ", ".join(kind.plural for kind in kinds)
    return "\n".join([*head, *lines, "", f"List: {asked}."])


def number_quotations(context: ArticleContext, shown: frozenset[int]) -> Callable[[Sentence], str]:
    """Return a function that gives a sentence's text with the quotations in it numbered.

    Args:
        context: the article.
        shown: numbers of the quotations to number.
    """
    quotations = [quoted for quoted in context.quotations if quoted.number in shown]
    starts = [quoted.start for quoted in quotations]

    def numbered(sentence: Sentence) -> str:
        text = context.document.text_of(sentence)
        first, last = bisect_left(starts, sentence.start), bisect_left(starts, sentence.end)
        for quoted in reversed(quotations[first:last]):
            at = max(quoted.start - sentence.start - 1, 0)  # before the mark
            text = f"{text[:at]}{{q{quoted.number}}}{text[at:]}"
        return " ".join(text.split())

    return numbered


def _short_examples(kind: RecordType, prompts: Prompts) -> list[dict[str, Any]]:
    """Return the sentences of a type that has no guidelines, with the records they state.

    Those of a type with guidelines are made for small models: they leave out what code finds there,
    and keep pronouns.
    """
    prompt = prompts.of_type(kind)
    if prompt.guidelines or kind.quotation_field:
        return []
    draft = draft_class(kind.record, frozenset({EVIDENCE}))
    return [
        {"text": example.text, "records": example_records(draft, example)}
        for example in prompt.examples
    ]


def _worked_example(kinds: Sequence[RecordType], prompts: Prompts) -> dict[str, Any] | None:
    """Return the invented article with its reply, for the types defined by the guidelines."""
    example = prompts.worked_example()
    shown = [k for k in kinds if k.plural in example.reply and prompts.of_type(k).guidelines]
    if not shown:
        return None
    context = ArticleContext.of(Article("example", example.text))
    reply: dict[str, Any] = {
        kind.plural: example_records(
            draft_class(kind.record),
            Example(text=WORKED_EXAMPLE, records=example.reply[kind.plural]),
        )
        for kind in shown
    }
    quoted: list[int] = []
    if any(kind.quotation_field for kind in shown):
        quoted = [quotation.number for quotation in context.quotations]
        reply[NOT_QUOTES] = example.not_quotes
    return {"question": question(context, context.readable, shown, quoted), "reply": reply}


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _ask_for_quotations(pairs: Pairs) -> bool:
    return any(kind.quotation_field for kind, _ in pairs)


def _less(window: Window, pairs: Pairs, error: Exception) -> list[tuple[Window, Pairs]]:
    """Halve what is asked for: the record types after a cut reply, else the text."""
    if isinstance(error, TruncatedReplyError) and len(pairs) > 1:
        return [(window, (pair,)) for pair in pairs]
    if len(window) > 1:
        middle = len(window) // 2
        return [(window[:middle], pairs), (window[middle:], pairs)]
    return []
