import json
from pathlib import Path

from llm_extract.schemas import Actor, Meeting
from tests.batch.news import records_of
from tests.cli.conftest import Cli

GOLD = [
    {"article": "a.txt", "name": "Ana Petrova", "actor": "Ana Petrova"},
    {"article": "b.txt", "name": "Petrova", "actor": "Ana Petrova"},
    {"article": "c.txt", "name": "Ana Diaz", "actor": "Ana Diaz"},
]


def write(**names: list[Actor]) -> None:
    Path("out").mkdir()
    with Path("out/records.jsonl").open("w") as file:
        for article, actors in names.items():
            records = records_of(article)
            met = Meeting(participants=actors, status="held", evidence=records.quotes[0].evidence)
            file.write(records.model_copy(update={"meetings": [met]}).model_dump_json() + "\n")


def write_two() -> None:
    write(
        a=[Actor(name="Ana Petrova", role="mayor"), Actor(name="Russia")],
        b=[Actor(name="Petrova"), Actor(name="Moscow")],
    )


def test_actors_are_shown_with_their_forms_and_relations(cli: Cli) -> None:
    write_two()
    assert cli("actors", "out").out.splitlines() == [
        "3 actors",
        "Ana Petrova [ana-petrova, 2 articles]",
        "  Ana Petrova: exact (1 article: a.txt)",
        "  Petrova: last name in context, like Ana Petrova (1 article: b.txt)",
        "Moscow [moscow, 1 article]",
        "  related: Russia – Moscow is the capital of Russia",
        "Russia [russia, 1 article]",
        "  related: Moscow – Moscow is the capital of Russia",
    ]


def test_json_has_every_actor(cli: Cli) -> None:
    write_two()
    actors = json.loads(cli("actors", "out", "--json").out)
    assert [actor["id"] for actor in actors] == ["ana-petrova", "moscow", "russia"]
    assert actors[0]["forms"][1] == {
        "name": "Petrova",
        "articles": ["b.txt"],
        "reason": "last name in context",
        "like": "Ana Petrova",
    }
    assert actors[1]["related"] == [
        {"actor": "russia", "reason": "Moscow is the capital of Russia"}
    ]


def test_alias_file_overrides(cli: Cli) -> None:
    write_two()
    Path("aliases.toml").write_text('[[actor]]\nname = "Eva Petrova"\naliases = ["Petrova"]\n')
    shown = cli("actors", "out", "--aliases", "aliases.toml").out.splitlines()
    assert "Eva Petrova [eva-petrova, 1 article]" in shown
    assert "  Petrova: alias file (1 article: b.txt)" in shown


def test_bad_alias_file_is_wrong_usage_in_one_line(cli: Cli) -> None:
    write_two()
    Path("aliases.toml").write_text('[[actor]]\nnames = "A"\n')
    ended = cli("actors", "out", "--aliases", "aliases.toml")
    assert ended.code == 2
    assert ended.err.startswith("error: aliases.toml: actor 1: 'names' is not known here")
    assert ended.err.count("\n") == 1


def write_gold() -> None:
    Path("gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in GOLD))


def test_labelled_names_alone_are_scored(cli: Cli) -> None:
    write_gold()
    assert cli("actors", "--gold", "gold.jsonl").out.splitlines() == [
        "B-cubed, all names: 3 names, precision 1.000, recall 1.000, F1 1.000",
        "B-cubed, actors of two or more articles: 2 names, precision 1.000, recall 1.000, F1 1.000",
    ]


def test_run_is_scored_on_the_labelled_names_that_it_has(cli: Cli) -> None:
    write(a=[Actor(name="Ana Petrova")], b=[Actor(name="Petrova"), Actor(name="Eva Petrova")])
    write_gold()
    assert cli("actors", "out", "--gold", "gold.jsonl").out.splitlines() == [
        "B-cubed, all names: 2 names, precision 1.000, recall 0.500, F1 0.667",
        "B-cubed, actors of two or more articles: 2 names, precision 1.000, recall 0.500, F1 0.667",
        "1 labelled names are not in the run and do not count",
        "wrongly left apart:",
        "  ana-petrova: Ana Petrova (a.txt)",
        "  eva-petrova: Petrova (b.txt)",
    ]
    scores = json.loads(cli("actors", "out", "--gold", "gold.jsonl", "--json").out)
    assert scores["all"]["recall"] == 0.5


def test_neither_run_nor_labels_is_wrong_usage(cli: Cli) -> None:
    ended = cli("actors")
    assert ended.code == 2
    assert "name the output folder of a run" in ended.err
