import datetime
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from llm_extract.extraction.drafts import (
    ASKED,
    EVIDENCE,
    LONGEST_LABEL,
    MOST_LISTED,
    NOT_QUOTES,
    Pointers,
    draft_class,
    draft_list_class,
    fields_beyond_drafts,
    with_names,
)
from llm_extract.models.client import strict_schema
from llm_extract.schemas import Actor, EventDate, Meeting, Position, Quotation, Quote, Record, Span
from tests.extraction.own_types import Sanction, Slogan
from tests.extraction.support import (
    CANAL,
    FILM,
    FURNITURE,
    GIFT,
    MADE_UP,
    MET,
    OURS,
    TEXT,
    TITLE,
    VRBA,
    WILL_NOT,
    context_of,
    position,
    quote,
    validation,
    with_furniture,
)


class Everything(Record):
    """Has a field of every kind that can be asked for."""

    one: Actor
    some: list[Actor]
    pair: tuple[Actor, ...] = ()
    each: Sequence[Actor] = ()
    maybe: Actor | None = None
    dated: EventDate | None = None
    dates: list[EventDate] = Field(default_factory=list)
    clause: Span | None = None
    number: int | str
    price: Decimal = Decimal(1)
    grade: Literal["a", "b"] = "a"
    count: int | None = Field(default=None, ge=1, le=5)
    when: datetime.date | None = None


TYPES = [Meeting, Position, Quote, Sanction, Slogan, Everything]
EVERYTHING = {
    "evidence": [MET],
    "one": "Marsh",
    "some": ["Vrba"],
    "pair": ["Vrba", "Marsh"],
    "each": [],
    "maybe": None,
    "dated": "on  Monday",
    "dates": ["Monday"],
    "clause": OURS,
    "number": "x",
    "price": 2.1,
    "grade": "b",
    "count": 3,
    "when": "2031-05-02",
}


def records_from(
    record: type[Record], drafted: dict[str, Any], pointers: Pointers | None = None, **facts: Any
) -> Any:
    """The record a model's draft turns into, the way replies are validated."""
    context = context_of(**facts)
    pointers = pointers or Pointers()
    without = {EVIDENCE} if pointers.sentence else set()
    draft = draft_class(record, frozenset(without | set(pointers.computed))).model_validate_json(
        json.dumps(drafted), strict=True, context=validation(context, pointers=pointers)
    )
    return draft.resolve(context, pointers)


def reason(record: type[Record], drafted: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        records_from(record, drafted)
    return str(caught.value)


def objects_in(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        schema = list(schema.values())
    for part in schema if isinstance(schema, list) else []:
        yield from objects_in(part)


# --- schemas -------------------------------------------------------------------------------------


@pytest.mark.parametrize("unquoted", [True, False])
def test_schema_of_a_reply_is_of_the_strict_subset(unquoted: bool) -> None:
    reply = draft_list_class(tuple((t.__name__, draft_class(t)) for t in TYPES), unquoted)
    schema = strict_schema(reply)
    objects = list(objects_in(schema))
    assert len(objects) == len(TYPES) + 1
    for found in objects:
        assert found["required"] == list(found["properties"])
        assert found["additionalProperties"] is False
    words = json.dumps(schema)
    for refused in ('"default"', '"pattern"', '"prefixItems"', '"oneOf"', '"minLength"'):
        assert refused not in words


@pytest.mark.parametrize("record", TYPES)
def test_optional_fields_are_nullable_and_no_others(record: type[Record]) -> None:
    properties = strict_schema(draft_class(record))["properties"]
    for name, info in record.model_fields.items():
        if name in properties:
            nullable = {"type": "null"} in properties[name].get("anyOf", [])
            assert nullable is (type(None) in getattr(info.annotation, "__args__", ())), name


@pytest.mark.parametrize("record", TYPES)
def test_draft_lacking_a_field_is_refused_though_the_record_has_a_default(
    record: type[Record],
) -> None:
    draft = draft_class(record)
    for name in draft.model_fields:
        assert draft.model_fields[name].is_required(), name


def test_model_answers_with_names_words_and_numbers() -> None:
    properties = strict_schema(draft_class(Everything))["properties"]
    assert properties["one"]["type"] == "string"
    for name in ("some", "pair", "each"):
        assert properties[name]["items"] == {"type": "string"}
    assert properties["dated"]["anyOf"][0] == {"type": "string"}
    assert properties["clause"]["anyOf"][0] == {"type": "integer"}
    assert properties["evidence"]["items"] == {"type": "integer"}
    assert properties["number"]["anyOf"] == [{"type": "integer"}, {"type": "string"}]
    assert properties["price"]["type"] == "number"
    assert properties["grade"]["enum"] == ["a", "b"]


def test_field_descriptions_reach_the_model() -> None:
    properties = strict_schema(draft_class(Sanction))["properties"]
    assert "who is sanctioned" in properties["target"]["description"]
    assert "as the article writes it" in properties["target"]["description"]
    assert "verbatim" in properties["date"]["description"]


def test_quotations_are_their_own_evidence() -> None:
    assert EVIDENCE not in draft_class(Quote).model_fields
    assert EVIDENCE in draft_class(Position).model_fields


def test_classes_are_made_once() -> None:
    def made() -> tuple[Any, ...]:
        draft = draft_class(Position, frozenset({"stance", EVIDENCE}))
        return draft, draft_list_class((("positions", draft),)), draft_class(Position)

    assert all(one is other for one, other in zip(made(), made(), strict=True))


# --- pointers become spans -----------------------------------------------------------------------


@given(numbers=st.lists(st.integers(MET, FILM), min_size=1, max_size=9))
def test_evidence_is_cut_from_the_article_once_each(numbers: list[int]) -> None:
    record = records_from(Position, position(0) | {"evidence": numbers})
    context = context_of()
    assert record.evidence == [context.document.sentence_span(n) for n in dict.fromkeys(numbers)]
    for span in record.evidence:
        assert TEXT[span.start : span.end] == span.text


@given(st.integers().filter(lambda n: not 1 <= n < FURNITURE))
def test_evidence_that_was_not_shown_is_refused_by_its_number(number: int) -> None:
    assert f"there is no sentence {number}" in reason(Position, position(number))


@given(st.integers().filter(lambda n: not CANAL <= n <= TITLE))
def test_quotation_that_is_not_there_is_refused_by_its_number(number: int) -> None:
    assert f"there is no quotation {number}" in reason(Quote, quote(number))


def test_quotation_in_furniture_is_refused() -> None:
    context = with_furniture(context_of(), FILM)
    with pytest.raises(ValidationError, match=f"there is no quotation {TITLE}"):
        draft_class(Quote).model_validate(quote(TITLE), context=validation(context))


def test_quotation_is_cut_from_the_article_with_its_sentences() -> None:
    record = records_from(Quote, quote(CANAL))
    context = context_of()
    assert record.text.text == "We will not sell the canal. It is ours,"
    assert record.evidence == [context.document.sentence_span(n) for n in (WILL_NOT, OURS)]


def test_every_kind_of_field_is_resolved() -> None:
    record = records_from(Everything, EVERYTHING)
    assert record.one == Actor(name="Elena Marsh", role="energy minister", affiliation="Ruritania")
    assert [actor.name for actor in record.pair] == ["Tomas Vrba", "Elena Marsh"]
    assert record.maybe is None
    assert record.dated == EventDate(text="on Monday")
    assert record.clause == context_of().document.sentence_span(OURS)
    assert (record.number, record.price) == ("x", Decimal("2.1"))
    assert record.when == datetime.date(2031, 5, 2)


def test_pronoun_means_whoever_the_evidence_is_about() -> None:
    assert records_from(Position, position(WILL_NOT + 2, "She")).holder.name == "Elena Marsh"


def test_pronoun_that_means_nobody_is_refused() -> None:
    assert "'they' does not occur" in reason(Position, position(MET, "they"))


def test_dating_words_get_a_date_where_publication_fixes_it() -> None:
    drafted = EVERYTHING | {"evidence": [1], "clause": None, "dated": "yesterday", "dates": []}
    story: dict[str, Any] = {"text": "Marsh met Vrba yesterday."}
    assert records_from(Everything, drafted, **story).dated.iso is None
    dated = records_from(Everything, drafted, published=datetime.date(2031, 5, 2), **story).dated
    assert dated == EventDate(text="yesterday", iso="2031-05-01")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"one": MADE_UP}, f"one: '{MADE_UP}' does not occur in the article"),
        ({"some": ["Marsh", MADE_UP]}, f"some: '{MADE_UP}' does not occur"),
        ({"pair": [MADE_UP]}, f"pair: '{MADE_UP}' does not occur"),
        ({"maybe": MADE_UP}, f"maybe: '{MADE_UP}' does not occur"),
        ({"one": ""}, "one: '' does not occur"),
        ({"dated": "Tuesday"}, "dated: 'Tuesday' does not occur"),
        ({"dates": ["Monday", "Tuesday"]}, "dates: 'Tuesday' does not occur"),
        ({"clause": 77}, "there is no sentence 77"),
        ({"count": 9}, "count: Input should be less than or equal to 5"),
        ({"evidence": []}, "evidence: List should have at least 1 item"),
        ({"grade": "c"}, "'a' or 'b'"),
        ({"colour": "red"}, "Extra inputs are not permitted"),
    ],
)
def test_draft_that_does_not_fit_the_article_is_refused(
    changed: dict[str, Any], words: str
) -> None:
    assert words in reason(Everything, EVERYTHING | changed)


def test_validator_of_the_record_speaks_to_the_model() -> None:
    drafted = {
        "evidence": [MET],
        "imposed_by": "Elena Marsh",
        "target": "Marsh",
        "measure": "fine",
        "amount": None,
        "date": None,
    }
    assert "Elena Marsh cannot sanction itself" in reason(Sanction, drafted)
    assert "amount: Input should be greater than 0" in reason(
        Sanction, drafted | {"target": "Vrba", "amount": -1}
    )


def test_question_fixes_the_sentence() -> None:
    drafted = {"holder": "Vrba", "issue": "vote", "stance": "supports"}
    record = records_from(Position, drafted, Pointers(sentence=VRBA))
    assert record.evidence == [context_of().document.sentence_span(VRBA)]


def test_computed_field_gets_the_article_and_the_other_values() -> None:
    def stance(context: Any, values: Any) -> str:
        assert values["issue"] == "vote"
        assert values[EVIDENCE] == [context.document.sentence_span(VRBA)]
        return "mixed"

    pointers = Pointers(sentence=VRBA, computed={"stance": stance})
    record = records_from(Position, {"holder": "Vrba", "issue": "vote"}, pointers)
    assert record.stance == "mixed"


# --- lists of drafts -----------------------------------------------------------------------------

REPLY = draft_list_class((("quotes", draft_class(Quote)),), unquoted=True)


def quotes_reply(quoted: list[int], others: list[int], asked: set[int]) -> Any:
    given = {"quotes": [quote(n) for n in quoted], NOT_QUOTES: others}
    return REPLY.model_validate(given, context=validation() | {ASKED: frozenset(asked)})


@pytest.mark.parametrize(
    ("quoted", "others"), [([1, 2, 3], []), ([1], [2, 3]), ([], [1, 2, 3]), ([1, 2], [2, 3])]
)
def test_quotations_are_accounted_for_as_quotes_or_not(
    quoted: list[int], others: list[int]
) -> None:
    assert quotes_reply(quoted, others, {CANAL, GIFT, TITLE})


@pytest.mark.parametrize(
    ("quoted", "others", "missing"), [([1], [], "2, 3"), ([], [3], "1, 2"), ([3], [2], "1")]
)
def test_quotation_passed_over_is_named(quoted: list[int], others: list[int], missing: str) -> None:
    with pytest.raises(ValidationError, match=f"quotations {missing} are neither"):
        quotes_reply(quoted, others, {CANAL, GIFT, TITLE})


def test_quotations_that_were_not_shown_need_no_account() -> None:
    assert quotes_reply([GIFT], [], {GIFT})


# --- schemas of one request ----------------------------------------------------------------------


def test_tight_schema_offers_names_and_ends_lists() -> None:
    draft = draft_class(Everything, frozenset({EVIDENCE}))
    plain = strict_schema(draft_list_class((("things", draft),)))
    before = json.dumps(plain)
    tight = with_names(plain, [draft], ["Marsh", "Vrba"])
    assert json.dumps(plain) == before
    things = tight["$defs"][draft.__name__]["properties"]
    assert things["one"] == {"type": "string", "enum": ["Marsh", "Vrba"]}
    assert things["maybe"] == {"enum": ["Marsh", "Vrba", None]}
    for name in ("some", "pair"):
        assert things[name]["items"] == {"type": "string", "enum": ["Marsh", "Vrba"]}
        assert things[name]["maxItems"] == MOST_LISTED
    assert tight["properties"]["things"]["maxItems"] == MOST_LISTED
    assert things["dates"]["maxItems"] == MOST_LISTED
    assert "enum" not in json.dumps(things["dated"])
    issue = with_names(strict_schema(draft_class(Position)), [draft_class(Position)], ["Marsh"])
    assert issue["properties"]["issue"]["maxLength"] == LONGEST_LABEL


# --- record classes that cannot be asked for -----------------------------------------------------


class Person(Actor):
    """An actor of a kind."""


class Side(BaseModel):
    """One side of something."""

    leader: list[Actor]
    other: "Side | None" = None


class Plain(BaseModel):
    """Holds plain values."""

    words: str
    inner: "Plain | None" = None


class Beyond(Record):
    """Hides actors in every way."""

    fine: list[Actor | None]
    plain: Plain
    table: dict[str, int]
    person: Person
    side: Side | None
    pair: tuple[Actor, Actor]
    mapping: dict[str, list[Span]]


def test_fields_that_no_draft_can_point_at_are_found() -> None:
    assert fields_beyond_drafts(Beyond) == ["person", "side", "pair", "mapping"]


@pytest.mark.parametrize("record", TYPES)
def test_usual_fields_are_not_beyond_drafts(record: type[Record]) -> None:
    assert fields_beyond_drafts(record) == []


def test_class_with_a_quotation_knows_it() -> None:
    assert draft_class(Quote).quotation_fields() == ["text"]
    assert draft_class(Position).quotation_fields() == []
    assert draft_class(Quote).model_fields["text"].annotation is not Quotation
