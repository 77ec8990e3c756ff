"""What the rows of an export say of the results."""

import datetime
import json
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from llm_extract.batch.results import open_results
from llm_extract.export import export_results
from llm_extract.export.rows import rows_of
from llm_extract.export.tables import TABLES, Row, batches, key_of, table_of
from llm_extract.linking.actors import ActorIndex, Form, LinkedActor, Mention, Relation
from llm_extract.linking.aliases import Aliases
from llm_extract.schemas import (
    Actor,
    ArticleRecords,
    DroppedDraft,
    EventDate,
)
from tests.export.results import (
    TEXT,
    Toll,
    article,
    everything,
    meeting,
    position,
    quote,
    span,
    write_results,
)


def rows(
    tmp_path: Path, articles: Iterable[ArticleRecords], failures: Iterable[str] = ()
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {table.name: [] for table in TABLES}
    with open_results(write_results(tmp_path / "out", articles, [*failures])) as results:
        for row in rows_of(results):
            found[table_of(row).name].append(row)
    return found


def test_references_lead_to_tables_that_come_before() -> None:
    known: set[str] = set()
    for table in TABLES:
        for column in table.columns:
            if column.about.to and column.about.to != table.name:
                assert column.about.to in known
                assert key_of(column.about.to)
        known.add(table.name)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_tables_and_columns_are_described(table: Any) -> None:
    assert table.about
    assert table.key
    assert all(column.about.text for column in table.columns)


def test_failed_articles_are_there_with_the_reason(tmp_path: Path) -> None:
    found = rows(tmp_path, [article("a", title="A")], ["empty.txt"])
    done, failed = found["articles"]
    assert (done.status, done.name, done.error) == ("done", "A", None)
    assert (failed.article_id, failed.status, failed.name) == ("empty.txt", "failed", "empty.txt")
    assert (failed.error_kind, failed.error, failed.sha256) == ("SourceError", "is empty", None)
    assert [usage.article_id for usage in found["usage"]] == ["a"]


def test_evidence_is_in_the_articles_text_and_in_order(tmp_path: Path) -> None:
    spans = [span("Juan Soto"), span("Ana Petrova")]
    found = rows(tmp_path, [article("a", meetings=[meeting("A", "B", evidence=spans)])])
    assert [(e.number, e.text) for e in found["evidence"]] == [(1, "Juan Soto"), (2, "Ana Petrova")]
    for evidence in found["evidence"]:
        assert TEXT[evidence.start_char : evidence.end_char] == evidence.text


def test_quotes_and_their_offsets(tmp_path: Path) -> None:
    ((said,),) = [rows(tmp_path, [article("a", quotes=[quote(None)])])["quotes"]]
    assert (said.speaker_id, said.speaker, said.kind) == (None, None, "full")
    assert TEXT[said.start_char : said.end_char] == said.text == "We will build it,"


@pytest.mark.parametrize(
    ("iso", "day"),
    [
        ("2031-05-02", datetime.date(2031, 5, 2)),
        ("2031-05", None),
        ("2031", None),
        ("2031-02-30", None),
        ("0000-01-01", None),
        (None, None),
    ],
)
def test_date_is_a_day_of_the_calendar(
    tmp_path: Path, iso: str | None, day: datetime.date | None
) -> None:
    date = EventDate(text="then", iso=iso)
    (found,) = rows(tmp_path, [article("a", meetings=[meeting("A", date=date)])])["meetings"]
    assert (found.date_text, found.date_iso, found.date) == ("then", iso, day)


def test_fields_of_own_types_are_kept_as_json(tmp_path: Path) -> None:
    toll = Toll(payer=Actor(name="Zoë"), amount=1.5, evidence=[span("the ferry")])
    found = rows(tmp_path, [article("a", custom={"tolls": [toll, toll]})])
    first, second = found["custom_records"]
    assert (first.record_id, second.record_id) == ("a#tolls-1", "a#tolls-2")
    assert "Zoë" in first.fields
    payer = {"name": "Zoë", "role": None, "affiliation": None}
    assert json.loads(first.fields) == {"payer": payer, "amount": 1.5}
    assert [(e.record_id, e.text) for e in found["evidence"]] == [
        ("a#tolls-1", "the ferry"),
        ("a#tolls-2", "the ferry"),
    ]


def test_titles_of_records_read_as_sentences(tmp_path: Path) -> None:
    soto = Actor(name="Soto")
    records = article(
        "a",
        meetings=[meeting("Soto", "Li")],
        positions=[position(soto, "tolls", "opposes"), position(soto, "tolls", "mixed")],
        quotes=[quote(soto), quote(None)],
    )
    assert [record.title for record in rows(tmp_path, [records])["records"]] == [
        "Soto; Li",
        "Soto opposes tolls",
        "Soto both supports and opposes tolls",
        "Soto: “We will build it,”",
        "“We will build it,”",
    ]


def test_usage_is_that_of_the_provenance(tmp_path: Path) -> None:
    records = article("a")
    dropped = [DroppedDraft(record="quote", reason="no", draft="{}")]
    provenance = records.provenance.model_copy(update={"dropped": dropped})
    (usage,) = rows(tmp_path, [records.model_copy(update={"provenance": provenance})])["usage"]
    given = provenance.model_dump(exclude={"dropped", "record_types"})
    assert {name: getattr(usage, name) for name in given} == given
    assert (usage.dropped, usage.record_types) == (1, "meeting,position,quote")


def test_links_between_names_are_those_of_the_linking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Mention] = []

    def link(mentions: Iterable[Mention], aliases: Aliases) -> ActorIndex:
        seen.extend(mentions)
        forms = (
            Form("Juan Soto", ("a",), "exact", "Juan Soto"),
            Form("Soto", ("a", "b"), "last name in context", "Juan Soto"),
        )
        soto = LinkedActor("juan-soto", "Juan Soto", forms, (Relation("velia", "mayor of"),))
        return ActorIndex([soto, LinkedActor("velia", "Velia", ())])

    monkeypatch.setattr("llm_extract.export.rows.link_actors", link)
    articles = [
        article("a", quotes=[quote(Actor(name="Juan Soto")), quote(Actor(name="Soto"))]),
        article("b", quotes=[quote(Actor(name="Soto"))]),
    ]
    found = rows(tmp_path, articles)
    assert len(seen) == 3
    assert found["actors"] == [("juan-soto", "Juan Soto", 2), ("velia", "Velia", 0)]
    assert found["actor_relations"] == [("juan-soto", 1, "velia", "mayor of")]
    assert {said.speaker_id for said in found["quotes"]} == {"juan-soto"}
    assert [(m.name, m.reason, m.like_name) for m in found["actor_mentions"]] == [
        ("Juan Soto", "exact", "Juan Soto"),
        ("Soto", "last name in context", "Juan Soto"),
        ("Soto", "last name in context", "Juan Soto"),
    ]


def test_issues_are_grouped_with_how_often_each_phrase_occurs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llm_extract.export import rows as module

    seen: list[str] = []
    group = module.group_issues

    def grouped(phrases: Iterable[str]) -> Any:
        seen.extend(phrases)
        return group(seen)

    monkeypatch.setattr(module, "group_issues", grouped)
    found = rows(tmp_path, everything())
    assert sorted(seen) == ["the ferry", "the ferry", "tolls"]
    names = {issue.issue_id: issue.name for issue in found["issues"]}
    assert [names[p.issue_id] for p in found["positions"]] == ["the ferry", "tolls", "the ferry"]


def test_batches_keep_the_order_of_a_table() -> None:
    from llm_extract.export.tables import ActorRow, IssueRow

    mixed: list[Row] = []
    for number in range(5):
        mixed += [ActorRow(f"a{number}", "x", 1), IssueRow(f"i{number}", "y")]
    given = [(table.name, rows) for table, rows in batches(mixed, size=2)]
    assert all(len(rows) <= 2 for _, rows in given)
    for name in ("actors", "issues"):
        assert [row for table, rows in given if table == name for row in rows] == [
            row for row in mixed if table_of(row).name == name
        ]


MANY = 5_000
FEW = 500
BYTES_AN_ARTICLE = 1_500  # its id under the names in it; its rows alone take twice as much


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("ledgers")
    claims = {"meetings": [meeting("A Soto", "Li Wu")], "quotes": [quote(None)] * 2}
    return {
        count: write_results(
            folder / str(count), (article(f"{number:05}", **claims) for number in range(count))
        )
        for count in (FEW, MANY)
    }


@pytest.mark.parametrize("format_", ["sqlite", "parquet"])
def test_memory_holds_names_and_not_records(
    ledgers: dict[int, Path], format_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llm_extract.export.parquet._ROWS_IN_A_GROUP", FEW)

    def peak(count: int) -> int:
        tracemalloc.start()
        export_results(ledgers[count], format_, tmp_path / str(count))
        _, top = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return top

    peak(FEW)  # what is loaded once
    assert peak(MANY) - peak(FEW) < BYTES_AN_ARTICLE * (MANY - FEW)
