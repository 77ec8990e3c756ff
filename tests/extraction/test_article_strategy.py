import datetime
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from llm_extract.errors import ContextLengthError, RefusedReplyError, TruncatedReplyError
from llm_extract.extraction.builtin import BUILTIN, MEETING, POSITION, QUOTE
from llm_extract.extraction.pipeline import Extractor
from llm_extract.extraction.prompts import Prompts
from llm_extract.extraction.record_types import RecordType
from llm_extract.schemas import ArticleRecords, Position
from tests.extraction.support import (
    CANAL,
    FILM,
    FURNITURE,
    GIFT,
    HEADING,
    MADE_UP,
    MET,
    SHE,
    TEXT,
    TITLE,
    TOO_LONG,
    VRBA,
    Body,
    article,
    assert_grounded,
    context_of,
    extract,
    is_reask,
    last_of,
    lists,
    lists_in,
    position,
    quote,
)
from tests.support.loopback import Answer, Fault, Loopback, Reply

MEETINGS = [
    {
        "evidence": [MET],
        "participants": ["Marsh", "Tomas Vrba"],
        "status": "held",
        "mode": "in_person",
        "date": "on Monday",
        "location": "Port Aldo",
        "topics": [],
    }
]
ALL: dict[str, list[Any]] = {
    "meetings": MEETINGS,
    "positions": [position(SHE, "She"), position(VRBA, "Vrba", issue="vote", stance="supports")],
    "quotes": [quote(CANAL), quote(GIFT, "Vrba", "fragment")],
    "not_quotes": [TITLE],
}
CUT = Reply('{"positions": [', finish_reason="length")


async def read(
    server: Loopback, kinds: Sequence[RecordType] = BUILTIN, **options: Any
) -> ArticleRecords:
    return await extract(server, kinds, strategy="article", **options)


def numbers_shown(body: Body) -> list[int]:
    """The sentences a request shows."""
    return [int(n) for n in re.findall(r"^\[(\d+)\]", last_of(body), re.M)]


def quotations_shown(body: Body) -> list[int]:
    return [int(n) for n in re.findall(r"\{q(\d+)\}", last_of(body))]


def answering(body: Body) -> Reply:
    """A model that finds what `ALL` has of the sentences, quotations and types asked about."""
    sentences, quoted = numbers_shown(body), quotations_shown(body)
    shown: dict[str, Any] = {
        "meetings": [m for m in ALL["meetings"] if m["evidence"][0] in sentences],
        "positions": [p for p in ALL["positions"] if p["evidence"][0] in sentences],
        "quotes": [q for q in ALL["quotes"] if q["text"] in quoted],
        "not_quotes": [n for n in ALL["not_quotes"] if n in quoted],
    }
    return Reply({name: shown[name] for name in lists_in(body)})


async def whole() -> ArticleRecords:
    """What an undisturbed call gives."""
    with Loopback(answer=answering) as server:
        return await read(server)


def same_records(one: ArticleRecords, other: ArticleRecords) -> bool:
    return all(
        getattr(one, name) == getattr(other, name) for name in ("meetings", "positions", "quotes")
    )


# --- what is asked, and what comes of it ---------------------------------------------------------


async def test_one_call_finds_records_of_all_types() -> None:
    with Loopback(Reply(ALL)) as server:
        result = await read(server)
    assert len(server.requests) == 1
    assert_grounded(result)
    (meeting,) = result.meetings
    assert [actor.name for actor in meeting.participants] == ["Elena Marsh", "Tomas Vrba"]
    assert meeting.evidence == [context_of().document.sentence_span(MET)]
    assert [(p.holder.name, p.issue) for p in result.positions] == [
        ("Elena Marsh", "sale"),
        ("Tomas Vrba", "vote"),
    ]
    assert [(q.speaker.name if q.speaker else None, q.kind) for q in result.quotes] == [
        ("Elena Marsh", "full"),
        ("Tomas Vrba", "fragment"),
    ]
    assert result.provenance.dropped == []
    assert result.provenance.strategy == "article"


async def test_article_is_shown_with_numbered_sentences_and_quotations() -> None:
    with Loopback(Reply(ALL)) as server:
        await read(server, given=article(published=datetime.date(2031, 5, 2)))
    lines = last_of(server.bodies[0]).splitlines()
    assert lines[0] == "Published: 2031-05-02"
    assert f"[{HEADING}] Ministers at odds over the canal" in lines
    assert f"[{VRBA}] Vrba called the plan {{q2}}“a gift to nobody” and backed a vote." in lines
    assert numbers_shown(server.bodies[0]) == list(range(HEADING, FURNITURE))
    assert quotations_shown(server.bodies[0]) == [CANAL, GIFT, TITLE]
    assert "newsletter" not in last_of(server.bodies[0])
    assert lines[-1] == "List: meetings, positions, quotes."


async def test_schema_is_strict_and_the_same_for_every_article() -> None:
    with Loopback(answer=answering) as server:
        await read(server)
        await read(server, given=article(TEXT.replace("canal", "bridge")))
    first, second = (body["response_format"]["json_schema"] for body in server.bodies)
    assert first == second
    assert first["strict"] is True
    assert first["schema"]["required"] == ["meetings", "positions", "quotes", "not_quotes"]
    assert "Vrba" not in json.dumps(second)


async def test_what_all_articles_share_comes_first_and_is_the_same_to_the_byte() -> None:
    other = article("It rained. “Silent Water” was shown.", published=datetime.date.today())
    with Loopback(answer=answering) as server:
        await read(server)
        server._answer = None
        server.script(lists(meetings=[], positions=[], quotes=[], not_quotes=[1]))
        await read(server, given=other)
    shared = []
    for body in server.bodies:
        system, last = body["messages"]
        assert (system["role"], last["role"]) == ("system", "user")
        shared.append(json.dumps([system, body["response_format"]]).encode())
    assert shared[0] == shared[1]
    assert last_of(server.bodies[0]) != last_of(server.bodies[1])


async def test_same_schema_goes_to_embedded_models() -> None:
    with Loopback(answer=answering) as server:
        await read(server)
        await read(server, embedded=True)
    assert server.bodies[0]["response_format"] == server.bodies[1]["response_format"]


async def test_article_without_quotations_need_not_account_for_any() -> None:
    with Loopback(lists(quotes=[])) as server:
        result = await read(server, [QUOTE], given=article("It rained."))
    assert lists_in(server.bodies[0]) == ["quotes"]
    assert (result.quotes, result.provenance.dropped) == ([], [])


async def test_quotations_need_no_account_where_no_type_points_at_them() -> None:
    with Loopback(lists(positions=[])) as server:
        await read(server, [POSITION])
    assert lists_in(server.bodies[0]) == ["positions"]
    assert "not_quotes" not in server.bodies[0]["messages"][0]["content"]


@pytest.mark.parametrize("text", ["", "\n \n", "Subscribe to our newsletter\n"])
async def test_article_with_nothing_to_read_takes_no_call(text: str) -> None:
    with Loopback() as server:
        result = await read(server, given=article(text))
    assert server.requests == []
    assert (result.meetings, result.positions, result.quotes) == ([], [], [])


# --- replies that do not fit the article ---------------------------------------------------------

BAD_HOLDER = position(VRBA, MADE_UP)
BAD_SENTENCE = position(FURNITURE)


async def test_reask_carries_the_reason_and_its_reply_counts() -> None:
    with Loopback(lists(positions=[BAD_HOLDER]), lists(positions=[position(SHE)])) as server:
        result = await read(server, [POSITION])
    assert f"'{MADE_UP}' does not occur in the article" in last_of(server.bodies[1])
    assert [p.holder.name for p in result.positions] == ["Elena Marsh"]
    assert result.provenance.dropped == []
    assert result.provenance.calls == 2


async def test_drafts_that_stay_bad_are_dropped_one_by_one() -> None:
    drafted = [position(SHE), BAD_HOLDER, BAD_SENTENCE, position(VRBA, "Vrba")]
    with Loopback(lists(positions=drafted, meetings=MEETINGS)) as server:
        result = await read(server, [MEETING, POSITION])
    assert len(server.requests) == 2
    assert [p.holder.name for p in result.positions] == ["Elena Marsh", "Tomas Vrba"]
    assert len(result.meetings) == 1
    holder, sentence = result.provenance.dropped
    assert (holder.record, sentence.record) == ("position", "position")
    assert f"'{MADE_UP}' does not occur" in holder.reason
    assert json.loads(holder.draft) == BAD_HOLDER
    assert f"there is no sentence {FURNITURE}" in sentence.reason
    assert_grounded(result)


async def test_reason_names_the_field_that_a_draft_lacks() -> None:
    with Loopback(lists(positions=[{"holder": "Marsh", "evidence": [SHE]}])) as server:
        result = await read(server, [POSITION])
    (dropped,) = result.provenance.dropped
    assert dropped.reason == "issue: Field required; stance: Field required"


@pytest.mark.parametrize("content", ["Sure! Here they are.", "[1]", "null", '"positions"', ""])
async def test_reply_that_stays_unreadable_is_reported_for_each_type(content: str) -> None:
    with Loopback(Reply(content)) as server:
        result = await read(server)
    assert [d.record for d in result.provenance.dropped] == ["meeting", "position", "quote"]
    assert all(d.reason and d.draft == content for d in result.provenance.dropped)


@pytest.mark.parametrize("given", [{}, {"positions": None}, {"positions": {"holder": "Marsh"}}])
async def test_list_that_is_none_is_reported_and_the_others_stay(given: dict[str, Any]) -> None:
    with Loopback(lists(meetings=MEETINGS, **given)) as server:
        result = await read(server, [MEETING, POSITION])
    assert len(result.meetings) == 1
    assert [d.record for d in result.provenance.dropped] == ["position"]


async def test_quotations_passed_over_are_asked_for_again() -> None:
    first = lists(quotes=[quote(CANAL)], not_quotes=[])
    with Loopback(first, lists(quotes=ALL["quotes"], not_quotes=[TITLE])) as server:
        result = await read(server, [QUOTE])
    assert "quotations 2, 3 are neither in a record nor in not_quotes" in last_of(server.bodies[1])
    assert (len(result.quotes), result.provenance.dropped) == (2, [])


async def test_quotation_that_stays_passed_over_is_reported_and_the_others_stay() -> None:
    with Loopback(lists(quotes=[quote(CANAL)], not_quotes=[TITLE])) as server:
        result = await read(server, [QUOTE])
    assert [q.evidence[0].text for q in result.quotes] == ["“We will not sell the canal."]
    (dropped,) = result.provenance.dropped
    assert dropped.record == "quote"
    assert dropped.reason == f"the model passed over quotation {GIFT}"
    assert dropped.draft == "a gift to nobody"


@pytest.mark.parametrize("others", [None, "none", [[TITLE], "3", {}]])
async def test_odd_account_of_quotations_costs_no_good_quote(others: Any) -> None:
    with Loopback(lists(quotes=[quote(CANAL), "x", quote(99)], not_quotes=others)) as server:
        result = await read(server, [QUOTE])
    assert len(result.quotes) == 1
    reasons = [d.reason for d in result.provenance.dropped]
    assert len(reasons) == 4
    assert [f"the model passed over quotation {n}" for n in (GIFT, TITLE)] == reasons[2:]


# --- asking for less -----------------------------------------------------------------------------


async def test_cut_reply_is_asked_for_type_by_type() -> None:
    def answer(body: Body) -> Reply:
        return CUT if len(lists_in(body)) > 2 else answering(body)

    with Loopback(answer=answer) as server:
        result = await read(server)
    assert [lists_in(body) for body in server.bodies[1:]] == [
        ["meetings"],
        ["positions"],
        ["quotes", "not_quotes"],
    ]
    assert [last_of(body).splitlines()[-1] for body in server.bodies[1:]] == [
        "List: meetings.",
        "List: positions.",
        "List: quotes.",
    ]
    assert same_records(result, await whole())


async def test_type_that_is_too_long_alone_is_asked_for_by_halves_of_the_text() -> None:
    def answer(body: Body) -> Reply:
        return CUT if len(numbers_shown(body)) > 4 or len(lists_in(body)) > 2 else answering(body)

    with Loopback(answer=answer) as server:
        result = await read(server, [POSITION, QUOTE])
    shown = [numbers_shown(body) for body in server.bodies if lists_in(body) == ["positions"]]
    assert shown == [[1, 2, 3, 4, 5, 6, 7], [1, 2, 3], [4, 5, 6, 7]]
    complete = await whole()
    assert (result.positions, result.quotes) == (complete.positions, complete.quotes)
    assert result.provenance.dropped == []


async def test_half_accounts_for_the_quotations_that_begin_in_it() -> None:
    def answer(body: Body) -> Reply:
        return CUT if len(numbers_shown(body)) > 4 else answering(body)

    with Loopback(answer=answer) as server:
        await read(server, [QUOTE])
    assert [quotations_shown(body) for body in server.bodies] == [[1, 2, 3], [1], [2, 3]]


async def test_complete_looking_cut_reply_is_not_accepted() -> None:
    cut = Reply({"positions": [position(FILM, "Vrba", issue="half")]}, finish_reason="length")

    def answer(body: Body) -> Reply:
        return cut if len(numbers_shown(body)) == 7 else answering(body)

    with Loopback(answer=answer) as server:
        result = await read(server, [POSITION])
    assert {p.issue for p in result.positions} == {"sale", "vote"}


async def test_reply_cut_for_a_single_sentence_is_an_error() -> None:
    with Loopback(CUT) as server:
        with pytest.raises(TruncatedReplyError):
            await read(server, [POSITION], given=article("She opposes it. He left."))
        assert [numbers_shown(body) for body in server.bodies] == [[1, 2], [1]]


async def test_request_beyond_the_context_is_halved_with_all_types() -> None:
    def answer(body: Body) -> Answer:
        return TOO_LONG if len(numbers_shown(body)) > 4 else answering(body)

    with Loopback(answer=answer) as server:
        result = await read(server)
    assert [numbers_shown(body) for body in server.bodies] == [
        [1, 2, 3, 4, 5, 6, 7],
        [1, 2, 3],
        [4, 5, 6, 7],
    ]
    assert all("positions" in lists_in(body) for body in server.bodies)
    assert same_records(result, await whole())


async def test_single_sentence_beyond_the_context_is_an_error() -> None:
    with Loopback(TOO_LONG) as server, pytest.raises(ContextLengthError):
        await read(server, given=article("It rained."))


@pytest.mark.parametrize("refused", [Reply(None, refusal="No."), Reply("", "content_filter")])
async def test_refusal_is_not_asked_in_parts(refused: Answer) -> None:
    with Loopback(refused) as server:
        with pytest.raises(RefusedReplyError):
            await read(server)
        assert len(server.requests) == 1


async def test_reask_that_is_cut_asks_for_less() -> None:
    def answer(body: Body) -> Answer:
        if is_reask(body):
            return CUT
        return lists(positions=[BAD_HOLDER]) if len(numbers_shown(body)) > 4 else answering(body)

    with Loopback(answer=answer) as server:
        result = await read(server, [POSITION])
    assert [p.issue for p in result.positions] == ["sale", "vote"]
    assert result.provenance.dropped == []


async def test_other_faults_are_not_asked_in_parts() -> None:
    with Loopback(Fault(422, "what is that?")) as server:
        with pytest.raises(Exception, match="what is that"):
            await read(server)
        assert len(server.requests) == 1


# --- encounters told apart -----------------------------------------------------------------------

SUMMIT = (
    "Elena Marsh met Tomas Vrba. Marsh, Vrba and Rosa Lind met in Aldo.\n\nIt rained. It froze."
)


def summit(body: Body) -> Reply:
    """A model that finds the two meetings of `SUMMIT` in what it is shown."""
    fields = MEETINGS[0] | {"date": None, "location": "Aldo"}
    met = [["Marsh", "Vrba"], ["Marsh", "Vrba", "Rosa Lind"]]
    found = [fields | {"participants": who, "evidence": [n]} for n, who in enumerate(met, 1)]
    return lists(meetings=[m for m in found if m["evidence"][0] in numbers_shown(body)])


async def test_reply_about_the_whole_article_has_told_its_meetings_apart() -> None:
    with Loopback(answer=summit) as server:
        result = await read(server, [MEETING], given=article(SUMMIT))
    assert [len(m.participants) for m in result.meetings] == [2, 3]


async def test_replies_about_parts_of_an_article_may_mention_one_meeting_twice() -> None:
    def answer(body: Body) -> Reply:
        return CUT if len(numbers_shown(body)) > 1 else summit(body)

    with Loopback(answer=answer) as server:
        result = await read(server, [MEETING], given=article(SUMMIT))
    assert [len(m.participants) for m in result.meetings] == [3]


# --- windows -------------------------------------------------------------------------------------

LONG = "\n\n".join(
    f"Aino Lehto opened bridge {n}. She praised the town of Aldo {n} for it." for n in range(1, 13)
)


def system_length(kinds: Sequence[RecordType]) -> int:
    (system,) = Extractor.of(kinds, "article", Prompts()).strategy.prompt_texts()
    return len(system)


@pytest.mark.parametrize("paragraphs", [1, 2, 5, 12])
async def test_small_context_gets_windows_of_whole_paragraphs(paragraphs: int) -> None:
    room = paragraphs * 95  # characters: a little more than that many paragraphs take
    tokens = (system_length([POSITION]) + room) // 2  # 2/3 of it, 3 characters a token
    with Loopback(lists(positions=[])) as server:
        await read(server, [POSITION], given=article(LONG), context_tokens=tokens)
    shown = [numbers_shown(body) for body in server.bodies]
    assert [number for window in shown for number in window] == list(range(1, 25))
    assert all(window[0] % 2 == 1 and len(window) % 2 == 0 for window in shown)
    assert max(map(len, shown)) == 2 * paragraphs
    assert {body["max_tokens"] for body in server.bodies} == {tokens // 3}


async def test_context_smaller_than_the_instructions_gets_a_paragraph_at_a_time() -> None:
    with Loopback(lists(positions=[])) as server:
        await read(server, [POSITION], given=article(LONG), context_tokens=30)
    assert [len(numbers_shown(body)) for body in server.bodies] == [2] * 12


async def test_records_of_all_windows_are_kept() -> None:
    def answer(body: Body) -> Reply:
        n = numbers_shown(body)[-1]
        return lists(positions=[position(n, "Aino Lehto", issue=f"bridge number {n}")])

    with Loopback(answer=answer) as server:
        kind = RecordType("position", Position)
        result = await read(server, [kind], given=article(LONG), context_tokens=30)
    assert [p.issue for p in result.positions] == [f"bridge number {n}" for n in range(2, 25, 2)]
    assert_grounded(result, LONG)


async def test_prompt_lengths_are_about_those_sent() -> None:
    extractor = Extractor.of(BUILTIN, "article", Prompts())
    with Loopback(answer=answering) as server:
        await read(server)
    (estimated,) = extractor.strategy.prompt_lengths(context_of())
    sent = sum(len(message["content"]) for message in server.bodies[0]["messages"])
    assert abs(estimated - sent) < 100


def test_article_text_is_not_in_the_instructions() -> None:
    first = Extractor.of(BUILTIN, "article", Prompts()).strategy.prompt_texts()
    assert TEXT.splitlines()[0] not in first[0]
