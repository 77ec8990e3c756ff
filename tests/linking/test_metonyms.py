"""What stands for a country is related to it, and says how."""

import pytest

from tests.linking.making import linked


def relations(text: str, name: str) -> dict[str, str]:
    index = linked(text)
    names = {actor.id: actor.name for actor in index.actors}
    actor = next(actor for actor in index.actors if actor.name == name)
    return {names[relation.actor]: relation.reason for relation in actor.related}


COUNTRY = """
a: Russia
b: Moscow
b: the Kremlin
c: Russian government
c: Russian Foreign Ministry
d: Minsk
"""


def test_capital_seat_government_and_country_are_related_to_each_other() -> None:
    assert relations(COUNTRY, "Moscow") == {
        "Russia": "Moscow is the capital of Russia",
        "the Kremlin": "Moscow and the Kremlin are the capital and a seat of government of Russia",
        "Russian government": "Moscow and Russian government are the capital and the government "
        "of Russia",
    }


def test_ministry_is_related_to_its_country_on_both_ends() -> None:
    reason = "Russian Foreign Ministry is a ministry of Russia"
    assert relations(COUNTRY, "Russian Foreign Ministry") == {"Russia": reason}
    assert relations(COUNTRY, "Russia")["Russian Foreign Ministry"] == reason


def test_two_names_for_one_government_are_related() -> None:
    text = "a: Kiev regime\nb: Ukrainian government"
    assert relations(text, "Kiev regime") == {
        "Ukrainian government": "Kiev regime and Ukrainian government are both the government of "
        "Ukraine"
    }


def test_what_stands_for_no_country_that_is_there_is_related_to_nothing() -> None:
    assert relations(COUNTRY, "Minsk") == {}


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("Washington", "United States"),
        ("White House", "US"),
        ("Downing Street", "UK"),
        ("the Élysée", "France"),
        ("Kiev", "Ukraine"),
        ("Kiev regime", "Ukraine"),
        ("Brussels", "Belgium"),
        ("Brussels", "EU"),
        ("Iranian Ministry of Defence", "Iran"),
        ("Foreign Office || UK", "Britain"),
    ],
)
def test_name_stands_for_a_country(name: str, country: str) -> None:
    shown = name.split(" ||")[0]
    assert list(relations(f"a: {name}\nb: {country}", shown)) == [country]


def test_people_and_countries_with_a_word_in_common_are_not_related() -> None:
    assert relations("a: Russia\nb: Russian officials\nc: Vladimir Russo", "Russia") == {}
