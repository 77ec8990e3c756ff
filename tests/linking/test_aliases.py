"""The alias file: what it says, and what is wrong with it."""

from pathlib import Path

import pytest

from llm_extract.errors import UsageError
from llm_extract.linking.aliases import Alias, AliasedActor, Aliases, read_aliases
from tests.linking.making import groups, linked, reason

FILE = """
[[actor]]
name = "Elena Marsh"
aliases = ["E. Lowe", { name = "Marsh", articles = ["2024-*", "x"] }]

[[actor]]
name = "Tobias Marsh"
aliases = ["Marsh"]

[[different]]
names = ["Jan Novak", "Jan Novák"]
"""


def read(tmp_path: Path, text: str) -> Aliases:
    file = tmp_path / "aliases.toml"
    file.write_text(text, encoding="utf-8")
    return read_aliases(file)


def test_file_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, FILE) == Aliases(
        actors=(
            AliasedActor("Elena Marsh", (Alias("E. Lowe"), Alias("Marsh", ("2024-*", "x")))),
            AliasedActor("Tobias Marsh", (Alias("Marsh"),)),
        ),
        apart=(("Jan Novak", "Jan Novák"),),
    )
    assert read(tmp_path, "") == Aliases()


def test_names_go_to_the_actors_of_the_file(tmp_path: Path) -> None:
    text = """
    2024-1: Marsh
    x: marsh
    2023-1: Marsh
    2023-2: e.  lowe
    2023-3: Elena Marsh
    """
    index = linked(text, read(tmp_path, FILE))
    assert index.find("2024-1", "Marsh").name == "Elena Marsh"
    assert index.find("x", "marsh").name == "Elena Marsh"
    assert index.find("2023-2", "e.  lowe").name == "Elena Marsh"
    assert index.find("2023-1", "Marsh").name == "Tobias Marsh"
    assert reason(index, "2023-2", "e.  lowe") == ("alias file", "Elena Marsh")


def test_name_of_the_file_needs_no_article_that_has_it(tmp_path: Path) -> None:
    index = linked("a: Marsh", read(tmp_path, FILE))
    assert [actor.name for actor in index.actors] == ["Tobias Marsh"]
    assert reason(index, "a", "Marsh") == ("alias file", "Marsh")


def test_spellings_of_a_name_of_the_file_join_it() -> None:
    aliases = Aliases((AliasedActor("Sergey Bondar", (Alias("the envoy"),)),))
    index = linked("a: the envoy\nb: Sergei Bondar\nc: Bondar", aliases)
    assert [actor.name for actor in index.actors] == ["Sergey Bondar"]


def test_two_actors_of_the_file_are_never_one() -> None:
    aliases = Aliases((AliasedActor("Jan Novak"), AliasedActor("Jan Novák")))
    assert len(linked("a: Jan Novak\nb: Jan Novák\nc: JAN NOVAK", aliases).actors) == 2


def test_fuller_name_of_another_actor_of_the_file_is_left_to_it() -> None:
    aliases = Aliases((AliasedActor("Ana Prieto"), AliasedActor("Ana Prieto Solis")))
    assert len(linked("a: Ana Prieto\nb: Ana Prieto Solis", aliases).actors) == 2


def test_different_names_stay_apart_through_a_third() -> None:
    aliases = Aliases(apart=(("Ana Prieto", "Ana Prieto Solis"),))
    index = linked("a: Ana Prieto\nb: Ana Prieto Solis\nc: Ana Prieto Solis Vega", aliases)
    together = groups(index)
    assert not any({"a: Ana Prieto", "b: Ana Prieto Solis"} <= group for group in together)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = ", "is not a TOML file"),
        ("[[actors]]", "the file: 'actors' is not known here; there are actor and different"),
        ("[actor]\nname = 'A'", "actor: write it as [[actor]], once for each entry"),
        ("[[actor]]\naliases = ['A']", "actor 1: name: write a name in quotes"),
        ("[[actor]]\nname = ' '", "actor 1: name: write a name in quotes"),
        ("[[actor]]\nname = 'A'\nalias = ['B']", "actor 1: 'alias' is not known"),
        ("[[actor]]\nname = 'A'\naliases = 'B'", "actor 1 (A): aliases: write a list"),
        ("[[actor]]\nname = 'A'\naliases = [1]", "actor 1 (A): alias 1: write a name"),
        ("[[actor]]\nname = 'A'\naliases = [{ name = 'B' }]", "alias 1: articles: write a list"),
        ("[[actor]]\nname = 'A'\naliases = [{ articles = ['B'] }]", "alias 1: name: write a name"),
        (
            "[[actor]]\nname = 'A'\naliases = ['C']\n[[actor]]\nname = 'B'\naliases = ['c']",
            "actor 2 (B): 'c' is a name of actor 1 (A) already",
        ),
        (
            "[[actor]]\nname = 'A'\naliases = [{ name = 'C', articles = ['x'] }]\n"
            "[[actor]]\nname = 'B'\naliases = [{ name = 'C', articles = ['x'] }]",
            "actor 2 (B): 'C' is a name of actor 1 (A) already for the articles x",
        ),
        ("[[different]]\nnames = ['A']", "different 1: names: write a list of two names or more"),
        ("[[different]]\nnames = ['A', 'a']", "different 1: names: a name stands there twice"),
        (
            "[[actor]]\nname = 'A'\naliases = ['B']\n[[different]]\nnames = ['A', 'B']",
            "actor 1 (A): 'A' and 'B' are said to be different",
        ),
    ],
)
def test_fault_of_the_file_is_one_line_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "aliases.toml"))
    assert "\n" not in str(caught.value)


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml cannot be read"):
        read_aliases(tmp_path / "none.toml")
