import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llm_extract.export import export_results
from llm_extract.export.tables import TABLES
from llm_extract.export.views import VIEWS
from llm_extract.schemas import Actor
from tests.export.results import ANA, article, everything, meeting, quote, text_of, write_results


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = write_results(tmp_path_factory.mktemp("sqlite") / "out", everything(), ["empty.txt"])
    return export_results(out).path


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as opened:
        yield opened


def rows(db: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    return db.execute(query).fetchall()


def test_foreign_keys_are_declared_and_hold(db: sqlite3.Connection) -> None:
    assert rows(db, "PRAGMA foreign_key_check") == []
    assert rows(db, "PRAGMA integrity_check") == [("ok",)]
    for table in TABLES:
        declared = {(row[3], row[2]) for row in rows(db, f"PRAGMA foreign_key_list({table.name})")}
        assert declared == {(c.name, c.about.to) for c in table.columns if c.about.to}


def test_foreign_keys_are_enforced_on_what_users_change(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("UPDATE positions SET holder_id = 'nobody'")


@pytest.mark.parametrize("view", [v.name for v in VIEWS if v.name != "usage_by_model"])
def test_joins_find_an_index(db: sqlite3.Connection, view: str) -> None:
    plan = [row[3] for row in rows(db, f"EXPLAIN QUERY PLAN SELECT * FROM {view}")]
    assert len([step for step in plan if "SCAN" in step and view not in step]) == 1
    assert not [step for step in plan if "AUTOMATIC" in step]


@pytest.mark.parametrize(
    "question",
    [
        "who_met_whom WHERE actor = 'x'",
        "who_stands_where WHERE actor = 'x'",
        "who_stands_where WHERE issue = 'x'",
        "who_said_what WHERE actor = 'x'",
    ],
)
def test_a_name_is_looked_up(db: sqlite3.Connection, question: str) -> None:
    plan = [row[3] for row in rows(db, f"EXPLAIN QUERY PLAN SELECT * FROM {question}")]
    assert not [step for step in plan if step.startswith("SCAN") and "who_" not in step], plan


def test_dates_are_days_and_whole_dates_only(db: sqlite3.Connection) -> None:
    assert rows(db, "SELECT date_text, date_iso, date FROM meetings") == [
        ("on Monday", "2031-05-05", "2031-05-05"),
        (None, None, None),
        ("May", "2031", None),
    ]
    assert rows(db, "SELECT published FROM articles WHERE title IS NOT NULL") == [("2031-05-06",)]


def test_who_met_whom_has_each_pair_from_each_side(db: sqlite3.Connection) -> None:
    found = rows(db, "SELECT actor, met, meeting_id FROM who_met_whom")
    assert len(found) == len(set(found)) == 6 + 2 + 2
    assert {(met, actor, meeting) for actor, met, meeting in found} == set(found)
    evidence = rows(db, "SELECT DISTINCT evidence FROM who_met_whom")
    assert evidence == [("Ana Petrova met Juan Soto and Zoë Nový in Oslo on Monday.",)]


def test_nobody_meets_themselves(tmp_path: Path) -> None:
    records = article("a", meetings=[meeting("Ana Petrova", "Ana Petrova", "Juan Soto")])
    found = export_results(write_results(tmp_path / "out", [records]))
    with closing(sqlite3.connect(found.path)) as db:
        assert len(rows(db, "SELECT * FROM who_met_whom")) == 2
        assert rows(db, "SELECT meetings FROM actors_by_articles") == [(1,), (1,)]


def test_who_stands_where(db: sqlite3.Connection) -> None:
    query = "SELECT actor, stance, issue, article, evidence FROM who_stands_where ORDER BY 1, 2"
    said = "Petrova backs the ferry."
    assert rows(db, query) == [
        ("Ana Petrova", "mixed", "the ferry", "b.txt", said),
        ("Ana Petrova", "supports", "the ferry", "Ferry talks", said),
        ("Juan Soto", "supports", "tolls", "Ferry talks", said),
    ]


def test_who_said_what_includes_those_whom_nobody_names(db: sqlite3.Connection) -> None:
    said = ("We will build it,", "“We will build it,” said Ana Petrova.")
    found = rows(db, "SELECT actor, quote, evidence FROM who_said_what ORDER BY actor")
    assert found == [(None, *said), ("Ana Petrova", *said)]


def test_actors_by_articles_begins_with_the_most_frequent(db: sqlite3.Connection) -> None:
    query = "SELECT actor, articles, meetings, positions, quotes FROM actors_by_articles"
    assert rows(db, query) == [
        ("Ana Petrova", 2, 3, 2, 1),
        ("Juan Soto", 2, 3, 1, 0),
        ("Zoë Nový", 1, 1, 0, 0),
    ]


def test_usage_of_a_text_that_several_articles_have_counts_once(tmp_path: Path) -> None:
    same = article("a")
    copy = same.model_copy(update={"article": same.article.model_copy(update={"id": "copy"})})
    out = write_results(
        tmp_path / "out",
        [same, copy, article("b")],
        text_of=lambda id_: text_of("b" if id_ == "b" else "a"),
    )
    with closing(sqlite3.connect(export_results(out).path)) as db:
        assert rows(db, "SELECT count(*), sum(calls) FROM usage") == [(3, 6)]
        query = "SELECT model, texts, calls, cost_usd FROM usage_by_model"
        assert rows(db, query) == [("m", 2, 4, 0.5)]


def test_mentions_say_why_a_name_is_this_actors(tmp_path: Path) -> None:
    out = write_results(
        tmp_path / "out",
        [
            article("a", quotes=[quote(ANA)]),
            article("b", quotes=[quote(Actor(name="ANA PETROVA"))]),
        ],
    )
    with closing(sqlite3.connect(export_results(out).path)) as db:
        query = "SELECT article_id, name, role, affiliation, part FROM actor_mentions"
        assert rows(db, query) == [
            ("a", "Ana Petrova", "mayor", "Velia", "speaker"),
            ("b", "ANA PETROVA", None, None, "speaker"),
        ]
        reasons = rows(db, "SELECT reason, like_name FROM actor_mentions")
        assert {reason for reason, _ in reasons} == {"exact", "case or title"}
        assert len({like for _, like in reasons}) == 1


async def test_datasette_labels_references(path: Path) -> None:
    from datasette.app import Datasette

    datasette = Datasette([str(path)])
    url = "/export/evidence.json?_labels=on&_shape=objects&record_id=b.txt%23meeting-1"
    (row,) = (await datasette.client.get(url)).json()["rows"]
    assert row["record_id"] == {"value": "b.txt#meeting-1", "label": "Ana Petrova; Juan Soto"}
    assert row["article_id"] == {"value": "b.txt", "label": "b.txt"}
    page = await datasette.client.get("/export/records/b~2Etxt~23meeting-1")
    assert page.status_code == 200
    for table in ("meetings", "evidence", "actor_mentions"):
        assert f"/export/{table}?" in page.text
