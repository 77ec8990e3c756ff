import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llm_extract.cli import main
from llm_extract.extraction.builtin import QUOTE, choose_record_types
from llm_extract.extraction.pipeline import StrategyName
from llm_extract.schemas import ArticleRecords, EventDate
from tests.extraction.own_types import Sanction, Slogan
from tests.extraction.support import (
    Body,
    article,
    assert_grounded,
    extract,
    is_gate,
    is_reask,
    last_of,
    lists_in,
    sentence_of,
)
from tests.support.loopback import Loopback, Reply

NEWS = """\
Norland hits Baltara

Norland fined the Baltara company 2.5 million euros on Monday. Its ships were in port.

“Free the ships,” dockers shouted. The play “Free Ships” was on.
"""
REFERENCES = ["tests.extraction.own_types:Sanction", "tests.extraction.own_types:Slogan"]
SANCTION = {
    "imposed_by": "Norland",
    "target": "Baltara company",
    "measure": "fine",
    "amount": 2.5,
    "date": "on Monday",
}
ITSELF = SANCTION | {"target": "Norland"}
UNDATED = SANCTION | {"date": "in June"}


class Model:
    """Finds the sanction and the slogan whatever it is asked, and errs at first, or always."""

    def __init__(self, *errors: dict[str, Any], stubborn: bool = False) -> None:
        self.errors = errors
        self.stubborn = stubborn

    def __call__(self, body: Body) -> Reply:
        if is_gate(body):
            return Reply("yes" if "fined" in sentence_of(body) else "no")
        schema = body["response_format"]["json_schema"]["schema"]["properties"]
        if "shouted_by" in schema:
            marked = "⟦Free the ships" in last_of(body)
            return Reply({"shouted_by": "dockers" if marked else None, "place": None})
        errors = self.errors if self.stubborn or not is_reask(body) else ()
        pointed = {"evidence": [2]} if "slogans" in schema else {}
        found: dict[str, list[Any]] = {
            "sanctions": [draft | pointed for draft in (SANCTION, *errors)],
            "slogans": [{"words": 1, "shouted_by": "dockers", "place": None}],
            "not_quotes": [2],
        }
        return Reply({name: found[name] for name in lists_in(body)})


async def read(strategy: StrategyName, model: Model) -> tuple[ArticleRecords, list[Body]]:
    with Loopback(answer=model) as server:
        kinds = choose_record_types(REFERENCES)
        result = await extract(server, kinds, strategy=strategy, given=article(NEWS))
        return result, server.bodies


@pytest.fixture(params=["article", "sentence"])
def strategy(request: pytest.FixtureRequest) -> StrategyName:
    name: StrategyName = request.param
    return name


async def test_own_types_come_out_as_records_of_their_classes(strategy: StrategyName) -> None:
    result, _ = await read(strategy, Model())
    (sanction,), (slogan,) = result.custom["sanctions"], result.custom["slogans"]
    assert isinstance(sanction, Sanction)
    assert (sanction.imposed_by.name, sanction.target.name) == ("Norland", "Baltara company")
    assert (sanction.measure, sanction.amount) == ("fine", Decimal("2.5"))
    assert sanction.date == EventDate(text="on Monday")
    assert sanction.evidence[0].text.startswith("Norland fined")
    assert isinstance(slogan, Slogan)
    assert slogan.words.text == "Free the ships,"
    assert slogan.shouted_by is not None
    assert slogan.shouted_by.name == "dockers"
    assert result.provenance.dropped == []
    assert_grounded(result, NEWS)


async def test_class_tells_the_model_what_to_look_for(strategy: StrategyName) -> None:
    _, bodies = await read(strategy, Model())
    told = "\n".join(message["content"] for message in bodies[0]["messages"])
    assert Sanction.__doc__ is not None
    for part in (Sanction.__doc__, "who is sanctioned (name as the article writes it)"):
        assert part in told
    for example in Sanction.examples:
        assert example.text in told
    assert '"measure":"fine","amount":2.5,"date":null' in told.replace(", ", ",").replace(": ", ":")


@pytest.mark.parametrize(
    ("error", "words"),
    [(ITSELF, "Norland cannot sanction itself"), (UNDATED, "'in June' does not occur")],
)
async def test_own_validator_speaks_to_the_model(
    strategy: StrategyName, error: dict[str, Any], words: str
) -> None:
    result, bodies = await read(strategy, Model(error))
    assert words in "".join(last_of(body) for body in bodies if not is_gate(body))
    assert len(result.custom["sanctions"]) == 1
    assert result.provenance.dropped == []


async def test_draft_that_stays_wrong_is_dropped_and_the_good_one_stays(
    strategy: StrategyName,
) -> None:
    result, _ = await read(strategy, Model(ITSELF, UNDATED, stubborn=True))
    assert len(result.custom["sanctions"]) == 1
    assert [d.record for d in result.provenance.dropped] == ["sanction", "sanction"]
    assert "cannot sanction itself" in result.provenance.dropped[0].reason
    assert json.loads(result.provenance.dropped[1].draft)["date"] == "in June"


async def test_own_types_go_beside_built_in_ones(strategy: StrategyName) -> None:
    def answer(body: Body) -> Reply:
        if is_gate(body):
            return Reply("no")
        if "quotes" in lists_in(body):
            return Reply({"sanctions": [], "quotes": [], "not_quotes": [1, 2]})
        return Reply({"speaker": None})

    kinds = (*choose_record_types(REFERENCES[:1]), QUOTE)
    with Loopback(answer=answer) as server:
        result = await extract(server, kinds, strategy=strategy, given=article(NEWS))
    assert result.custom == {"sanctions": []}


@pytest.mark.parametrize("option", [(), ("--strategy", "sentence")])
def test_command_line_takes_own_types(
    option: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LLM_EXTRACT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("news.txt").write_text(NEWS, encoding="utf-8")
    with Loopback(answer=Model()) as server:
        arguments = ["run", "news.txt", "--out", "out", "--records", ",".join(REFERENCES)]
        by = ["--model", "m", "--base-url", server.base_url, *option]
        monkeypatch.setattr("sys.argv", ["llm-extract", *arguments, *by])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 0
    assert "1 sanction" in capsys.readouterr().out
    result = ArticleRecords.model_validate_json(Path("out/records.jsonl").read_text("utf-8"))
    (sanction,) = result.custom["sanctions"]
    again = Sanction.model_validate(sanction.model_dump())
    assert again.target.name == "Baltara company"
    assert_grounded(result, NEWS)
