"""Which names in different articles are one actor's."""

import re
import time
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_extract.linking.actors import Mention, link_actors
from llm_extract.linking.aliases import Alias, AliasedActor, Aliases
from llm_extract.schemas import Actor
from tests.linking.making import groups, linked, mentions, parts, reason

ONE_ACTOR = [
    ("Jan Novák", "Jan Novak", "accent"),
    ("Jan Novak", "JAN NOVAK", "case or title"),
    ("Jan Novak", "Prime Minister Jan Novak", "case or title"),
    ("Sergey Bondar", "Sergei Bondar", "transliteration"),
    ("Volodymyr Bondar", "Vladimir Bondar", "transliteration"),
    ("Jürgen Müller", "Juergen Mueller", "transliteration"),
    ("Omar al-Sabbah", "Omar Sabbah", "transliteration"),
    ("Park Ji-woo", "Park Jiwoo", "transliteration"),
    ("Ana Prieto Solis", "Ana Prieto", "fuller name"),
    ("Michael D Harrow", "Michael Harrow", "fuller name"),
    ("John Harrow", "J. R. Harrow", "initials"),
    ("Jan Novak", "Novak", "last name in context"),
    ("Omar al-Sabbah", "al-Sabbah", "last name in context"),
    ("Ana Prieto Solis", "Prieto", "last name in context"),
    ("Li Guowen", "Li", "last name in context"),
    ("Ida Keller-Voss", "Keller-Voss", "last name in context"),
    ("United States", "U.S.", "name of the place"),
    ("European Union", "EU", "name of the place"),
    ("Kyiv", "Kiev", "name of the place"),
    ("World Health Organization", "WHO", "acronym"),
    ("Peru's Ministry of Foreign Affairs", "Peruvian Foreign Ministry", "wording"),
    ("Israeli Embassy in Dublin", "Embassy of Israel in Dublin", "wording"),
]


@pytest.mark.parametrize(("first", "second", "why"), ONE_ACTOR)
def test_one_actor_under_two_names(first: str, second: str, why: str) -> None:
    for a, b in ((first, second), (second, first)):
        index = linked(f"a: {a}\nb: {b}")
        assert len(index.actors) == 1
        reasons = {form.reason for form in index.actors[0].forms}
        assert reasons == {"exact", why}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Pope Francis", "Francis Ford"),
        ("Pope Francis", "Jean Francis"),
        ("King Rudolf", "Rudolf King"),
        ("Iran", "Iraq"),
        ("Niger", "Nigeria"),
        ("Guinea", "Guinea-Bissau"),
        ("Moscow", "Russia"),
        ("the Kremlin", "Moscow"),
        ("Russian government", "Russia"),
        ("Jan Novak", "Eva Novak"),
        ("Maria Rossi", "Mario Rossi"),
        ("George Halden", "George Halden Jr."),
        ("George Halden Sr.", "George Halden Jr."),
        ("Li Wei", "Li Wen"),
        ("Peruvian Foreign Ministry", "Chilean Foreign Ministry"),
        ("Israeli Embassy in Dublin", "Israeli embassy in Cairo"),
        ("Novak", "Novak's office"),
        ("PRL", "Popular Renewal Party"),
    ],
)
def test_two_actors_with_like_names(first: str, second: str) -> None:
    assert parts(f"a: {first}\nb: {second}") == 2


@pytest.mark.parametrize(
    "name",
    [
        "Foreign Ministry",
        "a government spokesman",
        "residents",
        "a Turkish official",
        "Turkish officials",
        "opposition parties",
        "Slovak opposition parties",
        "Prime Minister",
        "Parliament",
        "Russian delegation",
        "the prime minister's office",
    ],
)
def test_description_is_an_actor_of_its_article_only(name: str) -> None:
    assert parts(f"a: {name}\na: {name}\nb: {name}") == 2


@pytest.mark.parametrize("name", ["Russian government", "Novak's office", "United Nations"])
def test_body_that_is_known_for_certain_is_one_in_all_articles(name: str) -> None:
    assert parts(f"a: {name}\nb: {name}") == 1


def test_affiliation_says_whose_ministry_it_is() -> None:
    text = """
    a: Foreign Ministry || Peru
    b: Peruvian Foreign Ministry
    c: Foreign Ministry || Chilean
    """
    assert {len(group) for group in groups(linked(text))} == {1, 2}


def test_party_without_a_country_is_that_of_the_only_country_there_is() -> None:
    text = "a: Green Party || Peru\nb: Green Party"
    assert parts(text) == 1
    assert parts(f"{text}\nc: Chilean Green Party") == 3


SHARED_LAST_NAME = """
a: Elena Marsh | trade secretary | British
b: Tobias Marsh | senator | Ohio
"""


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Marsh | Trade Secretary", "Elena Marsh"),
        ("Marsh || UK", "Elena Marsh"),
        ("Senator Marsh", "Tobias Marsh"),
        ("Marsh", "Marsh"),
        ("Marsh | striker", "Marsh"),
    ],
)
def test_last_name_that_two_people_share_goes_where_the_article_says(said: str, name: str) -> None:
    index = linked(f"{SHARED_LAST_NAME}\nc: {said}")
    assert index.find("c", said.split(" |")[0]).name == name


def test_last_name_that_nothing_decides_is_an_actor_of_its_own_in_each_article() -> None:
    assert parts(f"{SHARED_LAST_NAME}\nc: Marsh\nd: Marsh") == 4


def test_article_that_has_the_full_name_decides() -> None:
    index = linked(f"{SHARED_LAST_NAME}\nb: Marsh")
    assert index.find("b", "Marsh").name == "Tobias Marsh"


def test_last_name_alone_in_all_articles_is_one_actor() -> None:
    assert parts("a: Borren\nb: Borren") == 1


@pytest.mark.parametrize("short", ["Novak", "J. Novak", "Jan Novak Soto"])
def test_other_country_keeps_a_shorter_or_fuller_name_apart(short: str) -> None:
    assert parts(f"a: Jan Novak || Czech\nb: {short} || Canada") == 2
    assert parts(f"a: Jan Novak || Czech\nb: {short}") == 1


def test_spellings_of_one_person_are_one_candidate_for_a_shorter_name() -> None:
    text = "a: Theresa Lowe | mayor\nb: Teresa Lowe | mayor\nc: T. Lowe\nd: Lowe"
    assert parts(text) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a: Pope Leo\nb: Pope Leo XIV\nc: Leo | Pope", 1),
        ("a: Pope Leo\nb: Pope Leo XIV\nc: Pope Leo XIII", 3),
        ("a: King Rudolf || Spain\nb: King Rudolf || Norway", 2),
        ("a: King Rudolf || Spain\nb: King Rudolf", 1),
        ("a: Pope Paul\nb: King Paul", 2),
        ("a: Sofia | Queen\nb: Sofia", 2),
    ],
)
def test_rulers(text: str, count: int) -> None:
    assert parts(text) == count


def test_namesakes_are_parted_where_country_and_office_both_differ() -> None:
    text = """
    a: Peter Novak | mayor | Czech
    b: Peter Novak | finance minister | Canadian
    c: Peter Novak | former mayor | Czech Republic
    d: Peter Novak | Finance Minister | Canada
    e: Peter Novak
    """
    assert groups(linked(text)) == {
        frozenset({"a: Peter Novak", "c: Peter Novak"}),
        frozenset({"b: Peter Novak", "d: Peter Novak"}),
        frozenset({"e: Peter Novak"}),
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("prime minister | UK", "foreign secretary | British"),
        ("president | US", "former president | Mexican"),
        ("mayor | Czech", "| Canada"),
        ("commissioner | European Union", "prime minister | Poland"),
        ("minister | Scottish", "lawmaker | UK"),
    ],
)
def test_one_full_name_stays_one_person_where_evidence_does_not_contradict(
    first: str, second: str
) -> None:
    assert parts(f"a: Peter Novak | {first}\nb: Peter Novak | {second}") == 1


def test_name_that_one_article_gets_wrong_does_not_part_what_many_know_little_of() -> None:
    text = "\n".join(
        [f"a{i}: Peter Novak | mayor | Czech" for i in range(6)]
        + ["b: Peter Novak | coach | Canadian"]
        + [f"c{i}: Peter Novak" for i in range(3)]
    )
    assert {len(group) for group in groups(linked(text))} == {9, 1}


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("Juraj Kolnar | foreign minister | Slovakia", "Juraj Kolnard | foreign minister", 1),
        ("Juraj Kolnar | foreign minister | Slovakia", "Juraj Kolnard | coach | Slovak", 2),
        ("Juraj Kolnar | foreign minister | Slovakia", "Juraj Kolnard | coach | Peru", 2),
        ("Juraj Kolnar", "Juraj Kolnard", 2),
        ("Anna Miller | activist", "Anna Muller | teacher | Austria", 2),
        ("Maria Rossi | judge | Italy", "Mario Rossi | judge | Italy", 2),
        ("Daniel Rossi | judge | Italy", "Daniela Rossi | judge | Italy", 2),
        ("Rafael Rossi | judge | Italy", "Rafeal Rossi | judge | Italy", 1),
        ("Li Guowen | premier | China", "Guowen Li | premier | Chinese", 1),
        ("Martin Thomas || Peru", "Thomas Martin || Peru", 2),
        ("Bob Larkin | senator", "Robert Larkin | senator", 1),
        ("Bob Larkin || US", "Robert Larkin || US", 2),
    ],
)
def test_misspelt_turned_and_short_names_need_an_office_in_common(
    first: str, second: str, count: int
) -> None:
    assert parts(f"a: {first}\nb: {second}") == count


@pytest.mark.parametrize(
    ("second", "count"), [("San Thida || Burmese", 1), ("San Thida", 2), ("San Thida || Peru", 2)]
)
def test_name_without_its_first_words_needs_a_country_or_office_in_common(
    second: str, count: int
) -> None:
    assert parts(f"a: Aung San Thida | lawyer | Myanmar\nb: {second}") == count


def test_names_of_one_article_are_not_taken_for_slips_of_each_other() -> None:
    assert parts("a: Juraj Kolnar | mayor | Peru\na: Juraj Kolnard | mayor | Peru") == 2


@pytest.mark.parametrize("unit", ["Novak ", "Novak", "of ", "Peru's ", "J. ", "al-"])
def test_very_long_names_are_linked_in_a_moment(unit: str) -> None:
    names = [unit * 5000, unit * 5000 + "x", f"Jan {unit * 5000}"]
    started = time.perf_counter()
    linked("\n".join(f"a{i}: {name}" for i, name in enumerate(names)))
    assert time.perf_counter() - started < 5


def test_namesake_with_evidence_for_two_people_is_an_actor_of_its_own() -> None:
    text = """
    a: Peter Novak | mayor | Czech
    b: Peter Novak | coach | Czech
    c: Peter Novak | minister of finance | Canada
    """
    assert parts(text) == 2
    assert parts(f"{text}\nd: Peter Novak | coach of finance") == 3


def test_initial_that_fits_two_people_is_nobodys() -> None:
    assert parts("a: John Harrow\nb: James Harrow\nc: J. Harrow") == 3


def test_acronym_that_fits_two_bodies_is_an_actor_of_its_own() -> None:
    assert parts("a: Northern Fishing League\nb: National Farmers League\nc: NFL") == 3


def test_reason_names_the_form_that_a_name_is_like() -> None:
    index = linked("a: Sergey Bondar\nb: Sergey Bondar\nc: Sergei Bondar\nd: Bondar")
    assert index.find("d", "Bondar").name == "Sergey Bondar"
    assert reason(index, "a", "Sergey Bondar") == ("exact", "Sergey Bondar")
    assert reason(index, "c", "Sergei Bondar") == ("transliteration", "Sergey Bondar")
    assert reason(index, "d", "Bondar") == ("last name in context", "Sergey Bondar")


def test_actor_goes_by_its_fullest_name_without_titles() -> None:
    index = linked("a: President Jan Novak\nb: Jan Novak\nc: Novak\nd: Novak")
    assert [form.name for form in index.actors[0].forms] == [
        "Jan Novak", "Novak", "President Jan Novak"
    ]  # fmt: skip
    assert linked("a: US\nb: US\nc: United States").actors[0].name == "United States"


def test_ids_are_made_of_the_name_and_are_unique() -> None:
    index = linked("a: residents\nb: residents\nc: residents 2\nd: 李国文")
    ids = [actor.id for actor in index.actors]
    assert len(set(ids)) == 4
    assert all(re.fullmatch(r"[a-z0-9-]+", id_) for id_ in ids)
    assert index.find("c", "residents 2").id == "residents-2"
    assert linked("a: Róbert Nový").actors[0].id == "robert-novy"


def test_name_that_was_not_among_the_mentions_is_an_error() -> None:
    index = linked("a: Jan Novak")
    assert index.has("a", "Jan Novak")
    assert not index.has("b", "Jan Novak")
    with pytest.raises(KeyError):
        index.find("b", "Jan Novak")


def test_every_order_of_the_mentions_gives_the_same() -> None:
    found = mentions("a: Jan Novak || Peru\nb: Jan Novák\nc: Novak\nd: Eva Novak\ne: J. Novak")
    expected = link_actors(found).actors
    assert all(link_actors(order).actors == expected for order in permutations(found))


WORDS = ["Jan", "Eva", "Sergey", "Sergei", "Novak", "Novák", "Bondar", "J.", "Jr.", "Pope", "King"]
WHOLE = [
    *("US", "Iran", "Moscow", "Russia", "EU", "residents", "a Turkish official"),
    *("Foreign Ministry", "Peruvian government", "NFL", "National Farmers League"),
    *("…", "the", "II", "-"),
]
NAMES = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
    st.sampled_from(WHOLE),
    st.text(min_size=1, max_size=12).filter(str.strip),
)
MENTIONS = st.lists(
    st.builds(
        lambda article, name, role, affiliation: Mention(
            article, Actor(name=name, role=role, affiliation=affiliation)
        ),
        st.sampled_from("abcdef"),
        NAMES,
        st.sampled_from([None, "mayor", "foreign minister", "Pope", ""]),
        st.sampled_from([None, "Peru", "Chilean", "Acme", ""]),
    ),
    max_size=14,
)
ALIASES = Aliases(
    actors=(
        AliasedActor("Sergey Bondar", (Alias("Bondar"), Alias("Novak", ("a", "b")))),
        AliasedActor("Jan Novak", (Alias("Jan Bondar"), Alias("residents"))),
    ),
    apart=(("Novák", "Eva Novak", "Jan"), ("Russia", "Iran")),
)


@settings(max_examples=150, deadline=None)
@given(MENTIONS, st.randoms(use_true_random=False), st.sampled_from([Aliases(), ALIASES]))
def test_linking_depends_on_no_order(
    found: list[Mention], random: Random, aliases: Aliases
) -> None:
    shuffled = [*found, *found]
    random.shuffle(shuffled)
    assert link_actors(shuffled, aliases).actors == link_actors(found, aliases).actors


@settings(max_examples=150, deadline=None)
@given(MENTIONS, st.sampled_from([Aliases(), ALIASES]))
def test_every_name_is_found_with_a_reason(found: list[Mention], aliases: Aliases) -> None:
    index = link_actors(found, aliases)
    assert {(m.article, m.actor.name) for m in found} == {
        (article, form.name)
        for actor in index.actors for form in actor.forms for article in form.articles
    }  # fmt: skip
    for mention in found:
        actor = index.find(mention.article, mention.actor.name)
        names = [form.name for form in actor.forms]
        assert mention.actor.name in names
        assert len(set(names)) == len(names)
        assert all(form.like in names for form in actor.forms)
        assert actor.forms[0].like == names[0]
    assert len({actor.id for actor in index.actors}) == len(index.actors)
    ids = {actor.id: actor for actor in index.actors}
    for actor in index.actors:
        for relation in actor.related:
            assert relation.reason
            assert actor.id in {back.actor for back in ids[relation.actor].related}


@settings(max_examples=150, deadline=None)
@given(MENTIONS)
def test_alias_file_always_wins(found: list[Mention]) -> None:
    index = link_actors(found, ALIASES)
    pinned = {"Sergey Bondar": "Sergey Bondar", "Bondar": "Sergey Bondar",
        "Jan Novak": "Jan Novak", "Jan Bondar": "Jan Novak", "residents": "Jan Novak"}  # fmt: skip
    for mention in found:
        name, article = mention.actor.name, mention.article
        actor = index.find(article, name)
        if name in pinned:
            assert actor.name == pinned[name]
        if name == "Novak" and article in ("a", "b"):
            assert actor.name == "Sergey Bondar"
    for actor in index.actors:
        names = {form.name for form in actor.forms}
        assert not any(len(names & set(apart)) > 1 for apart in ALIASES.apart)
