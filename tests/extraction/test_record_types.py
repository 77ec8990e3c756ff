import sys
from pathlib import Path
from typing import Any

import pytest

from llm_extract.errors import UsageError
from llm_extract.extraction.builtin import BUILTIN, choose_record_types
from llm_extract.extraction.record_types import RecordType, load_record_type, merge_equal
from llm_extract.schemas import Actor, Meeting, Position, Quote, Span
from tests.extraction.own_types import Sanction, Slogan

OWN = "tests.extraction.own_types:"


def span(start: int) -> Span:
    return Span(start=start, end=start + 1, text="x")


def sanction(start: int, target: str = "Vrba") -> Sanction:
    return Sanction(
        imposed_by=Actor(name="Marsh"),
        target=Actor(name=target),
        measure="fine",
        evidence=[span(start)],
    )


def test_own_class_becomes_a_record_type() -> None:
    kind = load_record_type(OWN + "Sanction")
    assert (kind.name, kind.plural, kind.record) == ("sanction", "sanctions", Sanction)
    assert kind.quotation_field is None


def test_type_with_a_quotation_is_asked_by_quotation() -> None:
    assert RecordType("slogan", Slogan).quotation_field == "words"
    assert {kind.name: kind.quotation_field for kind in BUILTIN} == {
        "meeting": None,
        "position": None,
        "quote": "text",
    }


def test_class_name_in_snake_case_names_the_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "from llm_extract.schemas import Record\n"
        "class TradeDeal2Signed(Record):\n    'A signed deal.'\n    words: str\n"
    )
    (tmp_path / "deals_module.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    assert load_record_type("deals_module:TradeDeal2Signed").plural == "trade_deal2_signeds"
    monkeypatch.delitem(sys.modules, "deals_module")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("no_such_module:X", "cannot import no_such_module"),
        (":X", "cannot import"),
        ("..x:X", "cannot import"),
        (OWN + "Missing", "has no class Missing that derives from"),
        (OWN, "has no class"),
        (OWN + "Decimal", "has no class Decimal that derives from"),
        ("llm_extract.schemas:Actor", "has no class Actor that derives from"),
        (OWN + "Undescribed", "give the class a docstring"),
        ("llm_extract.schemas:Record", "give the class a docstring"),
        (OWN + "Hidden", "field by_role holds an Actor"),
    ],
)
def test_reference_that_gives_no_type_is_a_usage_error(reference: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        load_record_type(reference)
    assert reference in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", ["def broken(:", "1 / 0", "import no_such_thing", "raise Stop"])
def test_module_that_fails_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    (tmp_path / "failing_module.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="cannot import failing_module"):
        load_record_type("failing_module:X")


# --- choosing ------------------------------------------------------------------------------------


def test_types_are_chosen_by_name_in_the_order_named_and_once() -> None:
    chosen = choose_record_types(["quote", OWN + "Sanction", "meeting", "quote"])
    assert [kind.name for kind in chosen] == ["quote", "sanction", "meeting"]
    assert [kind.record for kind in chosen] == [Quote, Sanction, Meeting]


@pytest.mark.parametrize(
    ("references", "words"),
    [
        (["quotes"], "unknown record type 'quotes': use meeting, position, quote or"),
        ([""], "unknown record type ''"),
        ([], "name at least one record type"),
        (["llm_extract.schemas:Meeting"], "two record types are named 'meeting'"),
        (["meeting", "llm_extract.schemas:Meeting"], "two record types are named 'meeting'"),
        ([OWN + "Sanction", "llm_extract.schemas:Nothing"], "no class Nothing"),
    ],
)
def test_choice_that_cannot_be_met_is_a_usage_error(references: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        choose_record_types(references)


# --- merging records of own types ----------------------------------------------------------------


def test_records_that_differ_in_evidence_only_are_one() -> None:
    merged = merge_equal([sanction(5), sanction(1), sanction(5)])
    assert merged == [sanction(5).model_copy(update={"evidence": [span(5), span(1)]})]


def test_records_that_differ_otherwise_stay_apart() -> None:
    records: list[Any] = [sanction(1), sanction(1, "Saar")]
    assert merge_equal(records) == records


def test_records_of_another_class_stay_apart() -> None:
    position = Position(
        holder=Actor(name="Marsh"), issue="vote", stance="supports", evidence=[span(1)]
    )
    assert merge_equal([position, sanction(1)]) == [position, sanction(1)]
