"""The `sentence` strategy: one small question about one sentence or one quotation at a time."""

import asyncio
import json
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, create_model

from llm_extract.errors import InvalidReplyError, TruncatedReplyError
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.drafts import (
    EVIDENCE,
    MOST_LISTED,
    Draft,
    Pointers,
    draft_class,
    draft_list_class,
    with_names,
)
from llm_extract.extraction.findings import Findings, accept, salvage
from llm_extract.extraction.prompts import Prompts, example_records, fields_of
from llm_extract.extraction.record_types import RecordType
from llm_extract.models.client import Message, ModelClient, Request, strict_schema
from llm_extract.models.usage import Meter
from llm_extract.schemas import Record
from llm_extract.text.article import QuotedSpan, Sentence

YES, NO = "yes", "no"
_SURE_ENOUGH = 0.5
# Where grammar read nothing, a small model that is less sure than this is mostly wrong.
_SURE_OF_MORE = 0.9
_LIST = "List."
_LIST_TOKENS = 400
_ONE_TOKENS = 160
_MOST_ONE_BY_ONE = 12
_CONTEXT_CHARACTERS = 300
_PASSAGE_BEFORE = 200

R = TypeVar("R")


@dataclass(frozen=True)
class Focus:
    """How one record type is asked for, unit by unit.

    Attributes:
        kind: the record type.
        draft: what a reply holds of it.
        prefix: instructions and worked examples, the same for every question.
        checking: the same for questions whether a statement holds.
    """

    kind: RecordType
    draft: type[Draft]
    prefix: tuple[Message, ...]
    checking: tuple[Message, ...] = ()

    @classmethod
    def on(cls, kind: RecordType, prompts: Prompts) -> "Focus":
        """Prepare the questions about one record type.

        Raises:
            PromptError: a prompt file is missing or broken.
        """
        draft = draft_class(
            kind.record, frozenset(kind.computed) | {EVIDENCE, kind.quotation_field or ""}
        )
        prompt = prompts.of_type(kind)
        template = "quotation" if kind.quotation_field else "sentence"
        system = prompts.render(
            template, name=kind.name, definition=prompt.definition.strip(), fields=fields_of(draft)
        )
        prefix: list[Message] = [{"role": "system", "content": system}]
        for example in prompt.examples:
            records = example_records(draft, example)
            if kind.quotation_field and not records:
                records = example_records(draft, example.model_copy(update={"records": [{}]}))
            if kind.quotation_field:
                prefix += _turn(example.text, _json(records[0]))
            elif records:
                prefix += _turn(example.text, YES)
                prefix += _turn(_LIST, _json({kind.plural: records}))
            else:
                prefix += _turn(example.text, NO)
        checking: list[Message] = [{"role": "system", "content": prompts.render("check")}]
        for check in prompt.checks:
            checking += _turn(_claim(check.text, check.statement), YES if check.holds else NO)
        return cls(kind, draft, tuple(prefix), tuple(checking) if prompt.checks else ())

    def read(self, context: ArticleContext) -> Sequence[Record]:
        """Return the records that grammar states."""
        return self.kind.read(context) if self.kind.read else ()

    def units(
        self, context: ArticleContext, read: Sequence[Record]
    ) -> Iterable[Sentence | QuotedSpan]:
        """Return the sentences or quotations of an article that a model is to be asked about.

        Args:
            context: the article.
            read: what `read` returned for it.
        """
        if self.kind.quotation_field:
            return context.quotations
        if self.kind.read is None:
            return context.readable
        suspects = self.kind.suspects
        known = {span.start for record in read for span in record.evidence}
        text_of = context.document.text_of
        unread = [s for s in context.readable if s.start not in known]
        return [s for s in unread if suspects and suspects(text_of(s))]

    def known(self, context: ArticleContext, quoted: QuotedSpan) -> list[dict[str, Any]] | None:
        """Return what the text says of a quotation explicitly; None where a model has to say."""
        return self.kind.known(context, quoted) if self.kind.known else None


def _turn(user: str, assistant: str) -> list[Message]:
    return [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]


def _claim(passage: str, statement: str) -> str:
    return f"{passage}\nStatement: {statement}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class SentenceStrategy:
    """Asks about every sentence and every quotation on its own."""

    focuses: tuple[Focus, ...]

    @classmethod
    def of(cls, kinds: Iterable[RecordType], prompts: Prompts) -> "SentenceStrategy":
        """Prepare the strategy for some record types."""
        return cls(tuple(Focus.on(kind, prompts) for kind in kinds))

    def prompt_texts(self) -> list[str]:
        """Return everything that the prompts hold beside the article."""
        messages = [m for focus in self.focuses for m in (*focus.prefix, *focus.checking)]
        return [message["content"] for message in messages]

    async def find(self, context: ArticleContext, client: ModelClient, meter: Meter) -> Findings:
        """Find the records of an article.

        Args:
            context: the article.
            client: the model.
            meter: counts the calls.

        Raises:
            LLMExtractError: as `ModelClient.ask` and `choose` do.
        """
        findings = Findings()
        for focus in self.focuses:  # one after the other: the server keeps the prefix warm
            read = focus.read(context)
            for record in read:
                findings.add(focus.kind, record)
            asker = _Asker(focus, context, client, meter)
            listed = Findings()
            for found in await _all(asker.questions(focus.units(context, read))):
                listed.extend(found)
            findings.extend(await asker.checked(listed) if focus.kind.read else listed)
        return findings

    def prompt_lengths(self, context: ArticleContext) -> Iterable[int]:
        """Return the characters of each prompt that an article surely takes."""
        for focus in self.focuses:
            prefix = sum(len(message["content"]) for message in focus.prefix)
            for unit in focus.units(context, focus.read(context)):
                if not isinstance(unit, QuotedSpan) or focus.known(context, unit) is None:
                    yield prefix + unit.end - unit.start


async def _all(questions: Iterable[Coroutine[None, None, R]]) -> list[R]:
    """Run questions side by side; the first failure cancels the others and is raised."""
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


@dataclass(frozen=True)
class _Asker:
    focus: Focus
    context: ArticleContext
    client: ModelClient
    meter: Meter

    def questions(
        self, units: Iterable[Sentence | QuotedSpan]
    ) -> Iterable[Coroutine[None, None, Findings]]:
        for unit in units:
            if isinstance(unit, QuotedSpan):
                yield self._about_quotation(unit)
            else:
                yield self._about_sentence(unit)

    async def _about_sentence(self, sentence: Sentence) -> Findings:
        text = self._told(sentence)
        asked: tuple[Message, ...] = (*self.focus.prefix, {"role": "user", "content": text})
        task = f"{self.focus.kind.name} in sentence"
        try:
            sure = await self.client.choose(task, asked, (YES, NO), self.meter)
        except InvalidReplyError as error:
            findings = Findings()
            findings.drop(self.focus.kind, error.reason, error.content)
            return findings
        if sure[YES] < (_SURE_OF_MORE if self.focus.kind.read else _SURE_ENOUGH):
            return Findings()
        listing: tuple[Message, ...] = (
            *asked,
            {"role": "assistant", "content": YES},
            {"role": "user", "content": _LIST},
        )
        pointers = Pointers(sentence=sentence.number, computed=self.focus.kind.computed)
        try:
            return await self._list(listing, pointers)
        except TruncatedReplyError:
            return await self._one_by_one(listing, pointers)

    def _told(self, sentence: Sentence) -> str:
        """Return a sentence with who speaks it, where it lies in a quotation."""
        text = self.context.document.text_of(sentence)
        speaker = self.context.speaker_over(sentence)
        return f"{speaker}: {text}" if speaker else text

    async def checked(self, listed: Findings) -> Findings:
        """Keep the first record listed of each sentence, if the model confirms it.

        A small model's second record of a sentence is wrong most of the time, as is what it does
        not stand by when asked.
        """
        kind = self.focus.kind
        first = {record.evidence[0].start: record for record in reversed(listed.of(kind))}
        holds = await _all(self._holds(record) for record in first.values())
        findings = Findings(dropped=listed.dropped)
        for record, confirmed in zip(first.values(), holds, strict=True):
            if confirmed:
                findings.add(kind, record)
            else:
                reason = "the model does not confirm it"
                findings.drop(kind, reason, record.model_dump(mode="json", exclude={EVIDENCE}))
        return findings

    async def _holds(self, record: Record) -> bool:
        kind, document = self.focus.kind, self.context.document
        if kind.statement is None:
            return True
        (sentence, *_) = document.sentences_over(record.evidence[0].start, record.evidence[0].end)
        at = self.context.readable.index(sentence)
        before = document.text_of(self.context.readable[at - 1]) if at else ""
        passage = f"{before[-_PASSAGE_BEFORE:]} {self._told(sentence)}".strip()
        claim = _claim(passage, kind.statement(record))
        asked: tuple[Message, ...] = (*self.focus.checking, {"role": "user", "content": claim})
        try:
            sure = await self.client.choose(f"check {kind.name}", asked, (YES, NO), self.meter)
        except InvalidReplyError:
            return False
        return sure[YES] >= _SURE_ENOUGH

    async def _list(self, messages: tuple[Message, ...], pointers: Pointers) -> Findings:
        kind, draft = self.focus.kind, self.focus.draft
        reply = draft_list_class(((kind.plural, draft),))
        request = Request(
            task=f"list {kind.plural}",
            messages=messages,
            reply=reply,
            max_tokens=_LIST_TOKENS,
            context=self.context.as_validation_context() | {"pointers": pointers},
            schema=self._tight(reply, pointers),
        )
        try:
            found = await self.client.ask(request, self.meter)
        except InvalidReplyError as error:
            return salvage(error, {kind.plural: (kind, draft)}, self.context, pointers)
        return accept(found, {kind.plural: kind}, self.context, pointers)

    def _tight(self, reply: type[BaseModel], pointers: Pointers) -> dict[str, Any] | None:
        """Return the reply's schema with the names to choose from, or None where there are none."""
        names = self.context.names_for(pointers.sentence) if pointers.sentence else ()
        if not names:
            return None
        most = 1 if self.focus.kind.read else MOST_LISTED
        return with_names(strict_schema(reply), [self.focus.draft], names, most)

    async def _one_by_one(self, messages: tuple[Message, ...], pointers: Pointers) -> Findings:
        """List a sentence that holds too much for one reply, one record a call."""
        kind, draft = self.focus.kind, self.focus.draft
        findings = Findings()
        for _ in range(_MOST_ONE_BY_ONE):
            request = Request(
                task=f"next {kind.name}",
                messages=(*messages[:-1], _next_question(kind, findings)),
                reply=_next_class(kind.name, draft),
                max_tokens=_ONE_TOKENS,
                context=self.context.as_validation_context() | {"pointers": pointers},
            )
            try:
                drafted = getattr(await self.client.ask(request, self.meter), kind.name)
            except (InvalidReplyError, TruncatedReplyError) as error:
                findings.drop(kind, str(error), getattr(error, "content", ""))
                break
            record = drafted.resolve(self.context, pointers) if drafted else None
            if record is None or record in findings.of(kind):
                break
            findings.add(kind, record)
        return findings

    async def _about_quotation(self, quoted: QuotedSpan) -> Findings:
        kind, draft = self.focus.kind, self.focus.draft
        pointers = Pointers(quotation=quoted.number, computed=kind.computed)
        findings = Findings()
        known = self.focus.known(self.context, quoted)
        if known is not None:
            for values in known:
                findings.add(kind, draft.model_validate(values).resolve(self.context, pointers))
            return findings
        request = Request(
            task=f"{kind.name} of quotation",
            messages=(*self.focus.prefix, {"role": "user", "content": self._passage(quoted)}),
            reply=draft,
            max_tokens=_ONE_TOKENS,
            context=self.context.as_validation_context() | {"pointers": pointers},
        )
        try:
            found = await self.client.ask(request, self.meter)
        except (InvalidReplyError, TruncatedReplyError) as error:
            findings.drop(kind, str(error), getattr(error, "content", ""))
            return findings
        if any(value is not None for _, value in found):  # all null: judged to be none
            findings.add(kind, found.resolve(self.context, pointers))
        return findings

    def _passage(self, quoted: QuotedSpan) -> str:
        """Return the sentences about a quotation with the quotation marked."""
        text = self.context.article.text
        own = self.context.sentences_of(quoted)
        readable = self.context.readable
        first, last = readable.index(own[0]), readable.index(own[-1])
        start = readable[max(first - 1, 0)].start
        end = readable[min(last + 1, len(readable) - 1)].end
        before = text[max(start, own[0].start - _CONTEXT_CHARACTERS) : quoted.start]
        after = text[quoted.end : min(end, own[-1].end + _CONTEXT_CHARACTERS)]
        return " ".join(f"{before}⟦{text[quoted.start : quoted.end]}⟧{after}".split())


def _next_question(kind: RecordType, findings: Findings) -> Message:
    known = [r.model_dump(mode="json", exclude={EVIDENCE}) for r in findings.of(kind)]
    listed = f"Listed so far: {_json(known)}. " if known else ""
    return {
        "role": "user",
        "content": f"{listed}Give one {kind.name} that is not listed yet, or null if none is left.",
    }


@cache
def _next_class(name: str, draft: type[Draft]) -> type[BaseModel]:
    fields: dict[str, Any] = {name: (draft | None, ...)}
    return create_model("Next", __config__=ConfigDict(extra="forbid"), **fields)
