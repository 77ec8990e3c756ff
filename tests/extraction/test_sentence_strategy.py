import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from llm_extract.errors import RefusedReplyError, TransientModelError
from llm_extract.extraction.builtin import POSITION
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.pipeline import Extractor
from llm_extract.extraction.prompts import Prompts
from llm_extract.extraction.record_types import RecordType
from llm_extract.schemas import ArticleRecords, Position, Quote
from llm_extract.text.article import QuotedSpan
from tests.extraction.own_types import Slogan
from tests.extraction.support import (
    CANAL,
    GIFT,
    HEADING,
    MADE_UP,
    SHE,
    TITLE,
    VRBA,
    WILL_NOT,
    Body,
    article,
    assert_grounded,
    context_of,
    extract,
    is_gate,
    is_reask,
    last_of,
    lists,
    sentence_of,
)
from tests.models.asking import connected
from tests.support.loopback import Answer, Fault, Loopback, Reply

VIEW = RecordType("view", Position)
SAID = RecordType("quote", Quote, computed={"kind": lambda _context, _values: "full"})
CUT = Reply('{"views": [', finish_reason="length")
YES, NO = Reply("yes"), Reply("no")


def view(holder: str, issue: str, stance: str = "opposes") -> dict[str, Any]:
    return {"holder": holder, "issue": issue, "stance": stance}


SALE, VOTE = view("She", "sale"), view("Vrba", "vote", "supports")


async def read(
    server: Loopback, kinds: Sequence[RecordType] = (VIEW,), **options: Any
) -> ArticleRecords:
    return await extract(server, kinds, strategy="sentence", **options)


def views_of(result: ArticleRecords) -> list[tuple[str, str]]:
    found: Any = result.custom["views"]
    return [(record.holder.name, record.issue) for record in found]


def judging(
    listing: Callable[[Body], Answer], yes: tuple[str, ...] = ("opposes", "backed")
) -> Callable[[Body], Answer]:
    """A model that says yes to sentences with some words, and then lists."""

    def answer(body: Body) -> Answer:
        if is_gate(body):
            return YES if any(word in sentence_of(body) for word in yes) else NO
        return listing(body)

    return answer


def good_listing(body: Body) -> Reply:
    return lists(views=[SALE if "opposes" in sentence_of(body) else VOTE])


def asked_in(server: Loopback) -> list[str]:
    return [sentence_of(body) for body in server.bodies if is_gate(body)]


def text_of(number: int) -> str:
    context = context_of()
    return context.document.text_of(context.document.sentence(number))


# --- sentences: a gate, then a list --------------------------------------------------------------


async def test_sentences_that_pass_the_gate_are_listed() -> None:
    with Loopback(answer=judging(good_listing)) as server:
        result = await read(server)
    assert views_of(result) == [("Elena Marsh", "sale"), ("Tomas Vrba", "vote")]
    assert [is_gate(body) for body in server.bodies].count(False) == 2
    evidence = [record.evidence for record in result.custom["views"]]
    assert evidence == [[context_of().document.sentence_span(n)] for n in (SHE, VRBA)]
    assert result.provenance.dropped == []
    assert_grounded(result)


async def test_a_sentence_that_is_all_quotation_is_shown_with_its_speaker() -> None:
    with Loopback(NO) as server:
        result = await read(server)
    assert f"Elena Marsh: {text_of(WILL_NOT)}" in asked_in(server)
    assert text_of(SHE) in asked_in(server)
    assert views_of(result) == []


async def test_all_but_furniture_is_asked_about() -> None:
    with Loopback(NO) as server:
        await read(server)
    assert len(asked_in(server)) == len(context_of().readable)
    assert text_of(HEADING) in asked_in(server)
    assert not any("newsletter" in sentence for sentence in asked_in(server))


async def test_gate_takes_one_token_and_the_list_follows_on_it() -> None:
    with Loopback(answer=judging(good_listing, yes=("backed",))) as server:
        await read(server)
    (gate,) = [b for b in server.bodies if is_gate(b) and sentence_of(b) == text_of(VRBA)]
    (listing,) = [body for body in server.bodies if not is_gate(body)]
    assert gate["max_tokens"] == 1
    assert gate["logprobs"] is True
    assert listing["messages"] == [
        *gate["messages"],
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "List."},
    ]


async def test_all_questions_begin_with_the_same_prefix() -> None:
    with Loopback(answer=judging(good_listing)) as server:
        await read(server)
    extractor = Extractor.of([VIEW], "sentence", Prompts())
    prefix = extractor.strategy.prompt_texts()
    for body in server.bodies:
        assert [message["content"] for message in body["messages"]][: len(prefix)] == prefix


@pytest.mark.parametrize(("yes", "listed"), [(0.6, True), (0.4, False)])
async def test_gate_opens_where_the_model_is_surer_of_yes(yes: float, listed: bool) -> None:
    def answer(body: Body) -> Reply:
        if is_gate(body) and sentence_of(body) == text_of(VRBA):
            return Reply("No", first_token={"No": 1 - yes, "Yes": yes})
        return NO if is_gate(body) else good_listing(body)

    with Loopback(answer=answer) as server:
        result = await read(server)
    assert bool(views_of(result)) is listed


async def test_gate_that_says_neither_is_reported_and_costs_nothing_else() -> None:
    def answer(body: Body) -> Answer:
        if is_gate(body) and "opposes" in sentence_of(body):
            return Reply("Perhaps")
        return judging(good_listing)(body)

    with Loopback(answer=answer) as server:
        result = await read(server)
    assert views_of(result) == [("Tomas Vrba", "vote")]
    (dropped,) = result.provenance.dropped
    assert dropped.record == "view"
    assert dropped.reason == "'Perhaps' is none of yes, no"


# --- lists that do not fit -----------------------------------------------------------------------


async def test_reask_carries_the_reason_and_its_reply_counts() -> None:
    def listing(body: Body) -> Reply:
        return lists(views=[VOTE if is_reask(body) else view(MADE_UP, "vote")])

    with Loopback(answer=judging(listing, yes=("backed",))) as server:
        result = await read(server)
    assert views_of(result) == [("Tomas Vrba", "vote")]
    assert result.provenance.dropped == []
    (again,) = [body for body in server.bodies if is_reask(body)]
    assert f"'{MADE_UP}' does not occur in the article" in last_of(again)


async def test_drafts_that_stay_bad_are_dropped_one_by_one() -> None:
    listed = lists(views=[view(MADE_UP, "vote"), VOTE, view("Vrba", ""), view("Vrba", "x", "?")])
    with Loopback(answer=judging(lambda _: listed, yes=("backed",))) as server:
        result = await read(server)
    assert views_of(result) == [("Tomas Vrba", "vote")]
    assert [json.loads(d.draft)["issue"] for d in result.provenance.dropped] == ["vote", "", "x"]
    assert "does not occur" in result.provenance.dropped[0].reason


async def test_evidence_is_not_the_models_to_say() -> None:
    listed = lists(views=[VOTE | {"evidence": [1]}])
    with Loopback(answer=judging(lambda _: listed, yes=("backed",))) as server:
        result = await read(server)
    assert views_of(result) == []
    assert "Extra inputs" in result.provenance.dropped[0].reason


async def test_computed_fields_are_not_asked_for() -> None:
    kind = RecordType("view", Position, computed={"stance": lambda *_: "mixed"})
    listed = lists(views=[{"holder": "Vrba", "issue": "vote"}])
    with Loopback(answer=judging(lambda _: listed, yes=("backed",))) as server:
        result = await read(server, [kind])
    (record,) = result.custom["views"]
    assert isinstance(record, Position)
    assert record.stance == "mixed"
    (listing,) = [body for body in server.bodies if not is_gate(body)]
    assert '"stance":' not in json.dumps(listing["response_format"])


# --- types that grammar reads: a second look -----------------------------------------------------


def read_she(context: ArticleContext) -> list[Position]:
    evidence = [context.document.sentence_span(SHE)]
    return [
        Position(holder=context.actor("Marsh"), issue="sale", stance="opposes", evidence=evidence)
    ]


READ = RecordType(
    "view",
    Position,
    read=read_she,
    suspects=lambda text: "backed" in text or "opposes" in text,
    statement=lambda view: f"{view.holder.name} {view.stance} {view.issue}.",
)


def looking(sure: float = 0.95, confirms: bool = True) -> Callable[[Body], Answer]:
    def answer(body: Body) -> Answer:
        if not is_gate(body):
            return lists(views=[VOTE, view("Vrba", "plan")])
        if "Statement:" in sentence_of(body):
            return YES if confirms else NO
        return Reply("yes", first_token={"yes": sure, "no": 1 - sure})

    return answer


def checks_in(server: Loopback) -> list[str]:
    return [question for question in asked_in(server) if "Statement:" in question]


async def test_what_grammar_reads_is_not_asked_about_and_suspected_sentences_are() -> None:
    with Loopback(answer=looking()) as server:
        result = await read(server, [READ])
    assert [q for q in asked_in(server) if "Statement:" not in q] == [text_of(VRBA)]
    assert views_of(result) == [("Elena Marsh", "sale"), ("Tomas Vrba", "vote")]
    assert_grounded(result)


async def test_without_suspects_no_model_is_asked() -> None:
    kind = RecordType("view", Position, read=read_she)
    with Loopback(NO) as server:
        result = await read(server, [kind])
    assert server.requests == []
    assert views_of(result) == [("Elena Marsh", "sale")]


async def test_a_second_look_lists_nothing_unless_the_model_is_very_sure() -> None:
    with Loopback(answer=looking(sure=0.85)) as server:
        result = await read(server, [READ])
    assert [is_gate(body) for body in server.bodies] == [True]
    assert views_of(result) == [("Elena Marsh", "sale")]


async def test_the_first_record_listed_is_kept_where_the_model_confirms_it() -> None:
    with Loopback(answer=looking(confirms=False)) as server:
        result = await read(server, [READ])
    (check,) = checks_in(server)
    assert check.endswith(f"{text_of(VRBA)}\nStatement: Tomas Vrba supports vote.")
    assert views_of(result) == [("Elena Marsh", "sale")]
    (dropped,) = result.provenance.dropped
    assert dropped.reason == "the model does not confirm it"


async def test_checks_begin_with_the_worked_examples_of_the_type() -> None:
    texts = Extractor.of([POSITION], "sentence", Prompts()).strategy.prompt_texts()
    assert any("Statement: Aino Lehto supports the new ferry tax." in text for text in texts)


# --- cut lists: one record a call ----------------------------------------------------------------


def one_by_one(*steps: Answer) -> tuple[Callable[[Body], Answer], list[Body]]:
    """A model whose list is cut, and that then gives one draft after the other."""
    asked: list[Body] = []

    def listing(body: Body) -> Answer:
        if last_of(body) == "List.":
            return CUT
        asked.append(body)
        return steps[min(len(asked), len(steps)) - 1]

    return judging(listing, yes=("backed",)), asked


async def test_cut_list_is_asked_for_one_by_one_until_none_is_left() -> None:
    second = view("Vrba", "plan")
    answer, asked = one_by_one(
        lists(view=VOTE), lists(view=second), lists(view=None), lists(view=SALE)
    )
    with Loopback(answer=answer) as server:
        result = await read(server)
    assert views_of(result) == [("Tomas Vrba", "vote"), ("Tomas Vrba", "plan")]
    assert result.provenance.dropped == []
    assert last_of(asked[0]).startswith("Give one view that is not listed yet, or null")
    assert '"issue":"vote"' in last_of(asked[1])
    assert '"issue":"plan"' in last_of(asked[2])
    assert len(asked) == 3


async def test_one_by_one_ends_at_the_first_repetition() -> None:
    answer, asked = one_by_one(lists(view=VOTE))
    with Loopback(answer=answer) as server:
        result = await read(server)
    assert views_of(result) == [("Tomas Vrba", "vote")]
    assert len(asked) == 2


async def test_one_by_one_ends_in_any_case() -> None:
    answer, asked = one_by_one(*(lists(view=view("Vrba", f"issue {n}")) for n in range(50)))
    with Loopback(answer=answer) as server:
        result = await read(server)
    assert len(asked) == len(views_of(result)) < 20


@pytest.mark.parametrize("last", [CUT, lists(view=view(MADE_UP, "x")), Reply("nothing")])
async def test_one_by_one_keeps_what_came_before_a_bad_reply(last: Answer) -> None:
    answer, _ = one_by_one(lists(view=VOTE), last)
    with Loopback(answer=answer) as server:
        result = await read(server)
    assert views_of(result) == [("Tomas Vrba", "vote")]
    assert [d.record for d in result.provenance.dropped] == ["view"]
    assert result.provenance.dropped[0].reason


async def test_complete_looking_cut_list_is_not_accepted() -> None:
    def listing(body: Body) -> Reply:
        if last_of(body) == "List.":
            return Reply({"views": [view("Vrba", "half")]}, finish_reason="length")
        return lists(view=None)

    with Loopback(answer=judging(listing, yes=("backed",))) as server:
        assert views_of(await read(server)) == []


# --- schemas -------------------------------------------------------------------------------------


def schemas_of(server: Loopback) -> list[dict[str, Any]]:
    return [
        body["response_format"]["json_schema"]["schema"]
        for body in server.bodies
        if not is_gate(body)
    ]


async def test_hosted_models_get_the_same_schema_for_every_sentence_and_article() -> None:
    with Loopback(answer=judging(good_listing)) as server:
        await read(server)
        await read(server, given=article("Aino Lehto backed a vote. She opposes the sale."))
        schemas = schemas_of(server)
    assert len(schemas) == 4 + 1  # with one re-ask: Vrba is not in the other article
    assert all(schema == schemas[0] for schema in schemas)
    assert "Vrba" not in json.dumps(schemas[0])


async def test_embedded_models_get_the_names_of_the_sentence_to_choose_from() -> None:
    with Loopback(answer=judging(good_listing)) as server:
        await read(server, embedded=True)
        schemas = schemas_of(server)
    offered = [next(iter(s["$defs"].values()))["properties"]["holder"]["enum"] for s in schemas]
    assert sorted(offered) == [["She"], ["Vrba"]]
    assert all(schema["properties"]["views"]["maxItems"] for schema in schemas)


# --- quotations ----------------------------------------------------------------------------------


def speaking(body: Body) -> Reply:
    said = last_of(body)
    return lists(speaker="Marsh" if "⟦We" in said else "Vrba" if "⟦a gift" in said else None)


def quotes_of(result: ArticleRecords) -> list[tuple[str, str | None]]:
    return [(q.text.text, q.speaker.name if q.speaker else None) for q in result.quotes]


SPOKEN = [
    ("We will not sell the canal. It is ours,", "Elena Marsh"),
    ("a gift to nobody", "Tomas Vrba"),
]


async def test_each_quotation_is_one_question_and_all_null_is_no_quote() -> None:
    with Loopback(answer=speaking) as server:
        result = await read(server, [SAID])
    assert len(server.requests) == 3
    assert quotes_of(result) == SPOKEN  # and not the title
    assert result.provenance.dropped == []
    assert_grounded(result)


async def test_quotation_is_shown_marked_between_its_neighbours() -> None:
    with Loopback(answer=speaking) as server:
        await read(server, [SAID])
    passages = {p[p.index("⟦") + 1 : p.index("⟧")]: p for p in map(last_of, server.bodies)}
    assert passages["a gift to nobody"] == (
        "She opposes the sale. Vrba called the plan “⟦a gift to nobody⟧” and backed a vote. "
        "The film “Silent Water” opened."
    )
    canal = passages["We will not sell the canal. It is ours,"]
    assert canal.startswith("Elena Marsh, the energy minister")
    assert canal.endswith("She opposes the sale.")
    assert "newsletter" not in passages["Silent Water"]


async def test_long_neighbours_are_shown_in_part() -> None:
    long = "word " * 400
    text = f"{long}ended. “No,” he said. Then {long}."
    with Loopback(lists(speaker=None)) as server:
        await read(server, [SAID], given=article(text))
    (passage,) = map(last_of, server.bodies)
    assert 300 < len(passage) < 700
    assert "⟦No,⟧" in passage


async def test_known_speakers_take_no_call() -> None:
    def known(context: ArticleContext, quoted: QuotedSpan) -> list[dict[str, Any]] | None:
        answers: dict[int, list[dict[str, Any]] | None] = {
            CANAL: [{"speaker": "Marsh"}],
            GIFT: None,  # the model has to say
            TITLE: [],  # no quote
        }
        return answers[quoted.number]

    kind = RecordType("quote", Quote, computed=SAID.computed, known=known)
    with Loopback(answer=speaking) as server:
        result = await read(server, [kind])
    assert len(server.requests) == 1
    assert "⟦a gift" in last_of(server.bodies[0])
    assert quotes_of(result) == SPOKEN
    lengths = list(
        Extractor.of([kind], "sentence", Prompts()).strategy.prompt_lengths(context_of())
    )
    assert len(lengths) == 1


async def test_speaker_who_does_not_occur_is_asked_again_with_the_reason() -> None:
    def answer(body: Body) -> Reply:
        foreign = "⟦We" in last_of(body) and not is_reask(body)
        if is_reask(body):
            return lists(speaker="Marsh")
        return lists(speaker=MADE_UP) if foreign else speaking(body)

    with Loopback(answer=answer) as server:
        result = await read(server, [SAID])
    assert quotes_of(result) == SPOKEN
    (again,) = [body for body in server.bodies if is_reask(body)]
    assert f"'{MADE_UP}' does not occur" in last_of(again)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (lists(speaker=MADE_UP), "does not occur"),
        (Reply("It is Marsh."), "JSON"),
        (Reply('{"speaker": "Ma', finish_reason="length"), "output tokens"),
        (Reply({"speaker": "Marsh"}, finish_reason="length"), "output tokens"),
    ],
)
async def test_quotation_without_a_usable_reply_is_reported_and_the_others_stay(
    bad: Reply, words: str
) -> None:
    def answer(body: Body) -> Reply:
        return bad if is_reask(body) or "⟦We" in last_of(body) else speaking(body)

    with Loopback(answer=answer) as server:
        result = await read(server, [SAID])
    assert quotes_of(result) == SPOKEN[1:]
    (dropped,) = result.provenance.dropped
    assert dropped.record == "quote"
    assert words in dropped.reason


async def test_type_with_several_fields_is_one_record_if_any_is_filled() -> None:
    def answer(body: Body) -> Reply:
        return lists(shouted_by=None, place="Aldo" if "⟦a gift" in last_of(body) else None)

    with Loopback(answer=answer) as server:
        result = await read(server, [RecordType("slogan", Slogan)])
    (slogan,) = result.custom["slogans"]
    assert isinstance(slogan, Slogan)
    assert (slogan.words.text, slogan.place) == ("a gift to nobody", "Aldo")


# --- failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Reply("", refusal="No."), RefusedReplyError), (Fault(503), TransientModelError)],
)
async def test_failure_of_one_question_is_raised(fault: Answer, error: type[Exception]) -> None:
    def answer(body: Body) -> Answer:
        return fault if "opposes" in sentence_of(body) else NO

    with Loopback(answer=answer) as server, pytest.raises(error):
        await read(server)


async def test_failure_of_one_question_calls_the_others_off() -> None:
    text = " ".join(f"Aino Lehto backed plan {n}." for n in range(30))

    def answer(body: Body) -> Answer:
        first = sentence_of(body).endswith("plan 0.")
        return Reply("", refusal="No.") if first else Reply("no", delay=0.1)

    extractor = Extractor.of([VIEW], "sentence", Prompts())
    with Loopback(answer=answer) as server:
        async with connected(server) as client:
            with pytest.raises(RefusedReplyError):
                await extractor.extract(article(text), client)
            await asyncio.sleep(1)  # time enough for all thirty
        assert len(server.requests) < 15


async def test_prompt_lengths_are_those_of_the_first_questions() -> None:
    lengths = Extractor.of([VIEW, SAID], "sentence", Prompts()).strategy.prompt_lengths(
        context_of()
    )
    with Loopback(answer=lambda body: NO if is_gate(body) else speaking(body)) as server:
        await read(server, [VIEW, SAID])
    sent = sorted(sum(len(m["content"]) for m in body["messages"]) for body in server.bodies)
    estimated = sorted(lengths)
    assert len(estimated) == len(sent) == len(context_of().readable) + 3
    assert all(0 <= s - e < 250 for e, s in zip(estimated, sent, strict=True))
