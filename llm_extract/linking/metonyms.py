"""Names that stand for a country's government: capitals, seats, governments, ministries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Literal

from llm_extract.grounding.places import country_meant, country_of, is_capital, is_country
from llm_extract.grounding.words import word_set

Standing = Literal["country", "capital", "seat", "government", "ministry"]

# Seats of government and bodies that one country alone has under this name.
_SEATS = """
united states: white house, oval office, pentagon, state department, capitol hill, foggy bottom
russia: kremlin, state duma
united kingdom: downing street, 10 downing street, number 10, whitehall, westminster
france: elysee, elysee palace, matignon, quai d orsay
germany: bundestag, federal chancellery
ukraine: verkhovna rada, bankova
israel: knesset
poland: sejm
italy: quirinal, palazzo chigi
china: zhongnanhai
south korea: blue house
philippines: malacanang, malacanang palace
argentina: casa rosada
brazil: planalto
nigeria: aso rock
turkey: bestepe
japan: kantei
india: rashtrapati bhavan, lok sabha, rajya sabha
european union: berlaymont
"""
_OTHER_SPELLINGS = {
    "kiev": "kyiv", "teheran": "tehran", "peking": "beijing", "delhi": "new delhi",
    "berne": "bern", "ulan bator": "ulaanbaatar", "elysee palace": "elysee",
    "10 downing street": "downing street", "number 10": "downing street",
    "malacanang palace": "malacanang",
}  # fmt: skip
_LONGEST_COUNTRY = 4
_SEATED_BESIDE = {"brussels": "european union"}
_GOVERNMENTS = word_set("government regime authorities administration presidency side cabinet")
_MINISTRIES = word_set("ministry department office")


@dataclass(frozen=True)
class Metonym:
    """What an actor has to do with a country.

    Attributes:
        country: the country, folded.
        standing: what of the country it is.
    """

    country: str
    standing: Standing


def place_key(phrase: str) -> str:
    """Return a capital or seat under its usual spelling."""
    return _OTHER_SPELLINGS.get(phrase, phrase)


def seat_in(words: Sequence[str]) -> str | None:
    """Return the capital, seat of government or body of one name that folded words are, else None.

    The country may stand before it: "US State Department".
    """
    phrase = " ".join(words)
    if phrase in _seats() or is_capital(phrase):
        return place_key(phrase)
    for i in range(1, min(len(words), _LONGEST_COUNTRY + 1)):
        seat = " ".join(words[i:])
        if seat in _seats() and country_of(" ".join(words[:i])) == _seats()[seat]:
            return place_key(seat)
    return None


def metonyms_of_place(phrase: str) -> tuple[Metonym, ...]:
    """Return what countries a folded country, capital or seat stands for."""
    if phrase in _seats():
        return (Metonym(_seats()[phrase], "seat"),)
    country = country_meant(phrase)
    if country is None:
        return ()
    if is_country(phrase):
        return (Metonym(country, "country"),)
    beside = _SEATED_BESIDE.get(phrase)
    return (Metonym(country, "capital"), *([Metonym(beside, "seat")] if beside else []))


def metonym_of_body(country: str | None, words: frozenset[str]) -> tuple[Metonym, ...]:
    """Return whether a body with these telling words is a country's government or ministry."""
    if country is None:  # "Kiev regime"
        capitals = sorted(word for word in words - _GOVERNMENTS if is_capital(word))
        if len(capitals) != 1 or len(words) != 2:
            return ()
        country, words = country_meant(capitals[0]), words - set(capitals)
    if country is None:
        return ()
    if words <= _GOVERNMENTS:
        return (Metonym(country, "government"),)
    return (Metonym(country, "ministry"),) if words & _MINISTRIES else ()


def related_pairs(
    standing: Mapping[str, Iterable[Metonym]], names: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    """Relate the actors that stand for one country.

    The country, its capital, seats and government are related to each other, ministries to the
    first of those.

    Args:
        standing: what actors have to do with countries, by id.
        names: the actors' names, by id.

    Returns:
        For an actor's id the ids of others with the reason, which says what they are.
    """
    by_country: dict[str, list[tuple[str, Standing]]] = defaultdict(list)
    for id_ in sorted(standing):
        for metonym in standing[id_]:
            by_country[metonym.country].append((id_, metonym.standing))
    related: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for country, found in sorted(by_country.items()):
        found.sort(key=lambda entry: (_ORDER.index(entry[1]), entry[0]))
        core = [entry for entry in found if entry[1] != "ministry"]
        pairs = list(combinations(core, 2))
        if core:
            pairs += [(core[0], entry) for entry in found if entry[1] == "ministry"]
        label = next((names[id_] for id_, what in found if what == "country"), _title(country))
        for (a, what_a), (b, what_b) in pairs:
            if a != b:
                related[a].append((b, _reason(what_b, what_a, names[b], names[a], label)))
                related[b].append((a, _reason(what_a, what_b, names[a], names[b], label)))
    return related


_ORDER: tuple[Standing, ...] = ("country", "capital", "seat", "government", "ministry")
_WORDS: dict[Standing, str] = {
    "country": "the country",
    "capital": "the capital",
    "seat": "a seat of government",
    "government": "the government",
    "ministry": "a ministry",
}


def _reason(other: Standing, own: Standing, name: str, own_name: str, country: str) -> str:
    """Word how an actor and another are related, from either side."""
    if other == "country":
        return f"{own_name} is {_WORDS[own]} of {country}"
    if own == "country":
        return f"{name} is {_WORDS[other]} of {country}"
    if own == other:
        return f"{own_name} and {name} are both {_WORDS[own]} of {country}"
    return f"{own_name} and {name} are {_WORDS[own]} and {_WORDS[other]} of {country}"


def _title(country: str) -> str:
    return " ".join(w if w in ("and", "of", "the") else w.capitalize() for w in country.split())


@cache
def _seats() -> dict[str, str]:
    table = {}
    for line in _SEATS.strip().split("\n"):
        country, names = line.split(":")
        table.update(dict.fromkeys((name.strip() for name in names.split(",")), country))
    return table
