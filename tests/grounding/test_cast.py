"""The cast of an article: who is in it, under which name, and how references are resolved."""

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm_extract.grounding.cast import Cast, CastMember, build_cast
from llm_extract.grounding.words import word_set
from llm_extract.text.article import Article, Document, Sentence
from llm_extract.text.segmentation import segment

SAMPLES = sorted((Path(__file__).parents[2] / "eval" / "articles").glob("*.txt"))


def document(*sentences: str, headings: int = 0) -> Document:
    """A document of one paragraph a sentence; the first `headings` sentences are headings."""
    units, start = [], 0
    for number, sentence in enumerate(sentences, 1):
        kind = "heading" if number <= headings else "body"
        units.append(Sentence(number, start, start + len(sentence), kind, number - 1))
        start += len(sentence) + 1
    return Document(Article(id="x", text="\n".join(sentences)), tuple(units), ())


def cast_of(*sentences: str, headings: int = 0) -> Cast:
    return build_cast(document(*sentences, headings=headings))


def names(cast: Cast) -> list[str]:
    return [member.name for member in cast.members]


def member(cast: Cast, name: str) -> CastMember:
    return next(m for m in cast.members if m.name == name)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Peruvian Foreign Minister Ana Diaz arrived.", ["Ana Diaz"]),
        ("The Minister of Trade of Peru Ana Diaz arrived.", ["Ana Diaz"]),
        ("The talks were led by Ursula van der Berg.", ["Ursula van der Berg"]),
        ("It was rejected by Omar al-Sabbah.", ["Omar al-Sabbah"]),
        ("It was signed by Minister of Defense Gen. Jun Sato.", ["Jun Sato"]),
        ("The Peruvian Trade Ministry objected.", ["Peruvian Trade Ministry"]),
        ("Peru's Trade Ministry objected.", ["Peru's Trade Ministry"]),
        (
            "It was sent to the Ministry of Trade and Industry.",
            ["Ministry of Trade and Industry"],
        ),
        ("The Peruvian Embassy in Oslo objected.", ["Peruvian Embassy in Oslo"]),
        ("It joined NATO and the United Nations.", ["NATO", "United Nations"]),
        ("Peru, Chile and the Czech Republic agreed.", ["Peru", "Chile", "Czech Republic"]),
        ("The U.S. President Tom Hale left on Monday.", ["Tom Hale"]),
        ("LIMA, March 3 — Talks began with Ana Diaz.", ["Ana Diaz"]),
        ("Voting begins on Friday, May 3.", []),
        ("However, it is over.", []),
        ("It is about the Second World War and the Black Sea.", []),
        ("It was a Peru-led, pro-Western and EU-funded plan.", []),
        ("We said: I’m sure that it’s done.", []),
        ("They met in Quillabamba, near Urubamba.", []),
        ("STOP IT NOW, they wrote.", []),
    ],
)
def test_names_found(sentence: str, expected: list[str]) -> None:
    assert [m.name for m in cast_of(sentence).members if not m.described] == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("A Peruvian official said no.", "a Peruvian official"),
        ("It was said by a senior defense official on Monday.", "a senior defense official"),
        ("The opposition parties objected.", "opposition parties"),
        ("Western leaders objected.", "Western leaders"),
        ("Protesters gathered.", "protesters"),
        ("It was backed by 11 senior clerics.", "11 senior clerics"),
        ("The foreign and defence ministers will meet.", "foreign and defence ministers"),
        (
            "It was denied by the spokesman for the Peruvian Trade Ministry.",
            "spokesman for the Peruvian Trade Ministry",
        ),
        ("It was denied by the prime minister's office.", "prime minister's office"),
        ("Then Ana Diaz's office denied it.", "Ana Diaz's office"),
        ("The Peruvian government denied it.", "Peruvian government"),
        ("A press statement said so.", "a press statement"),
        ("She met her Peruvian counterpart.", "Peruvian counterpart"),
    ],
)
def test_unnamed_actor_is_described(sentence: str, expected: str) -> None:
    assert expected in [m.name for m in cast_of(sentence).members if m.described]


@pytest.mark.parametrize(
    "sentence",
    [
        "It was an official visit.",
        "No minister came.",
        "His officials came.",
        "It made a statement.",
    ],
)
def test_no_actor_is_described(sentence: str) -> None:
    assert names(cast_of(sentence)) == []


def test_fullest_form_names_the_member_with_all_its_forms() -> None:
    cast = cast_of(
        "Diaz left.", "President Ana María Diaz spoke.", "Ana Diaz’s aide spoke to Díaz."
    )
    diaz = member(cast, "Ana María Diaz")
    assert diaz.forms == {"Diaz", "Ana María Diaz", "Ana Diaz", "Díaz"}
    assert [m.sentence for m in diaz.mentions] == [1, 2, 3, 3]
    assert diaz.person


def test_among_equally_full_forms_the_bodys_precedes_the_headlines() -> None:
    cast = cast_of(
        "Talks with Sergiy Bondar fail", "Sergei Bondar left.", "Sergei Bondar spoke.", headings=1
    )
    assert names(cast) == ["Sergei Bondar"]


def test_people_who_share_a_last_name_stay_apart_and_it_means_the_one_named_last() -> None:
    cast = cast_of("Tom Hale met Rosa Hale.", "Then Tom Hale left.", "Hale said no.")
    assert names(cast) == ["Tom Hale", "Rosa Hale"]
    assert [m.sentence for m in member(cast, "Tom Hale").mentions] == [1, 2, 3]


def test_misspelt_last_name_is_the_same_person() -> None:
    cast = cast_of("Minister Jan Borowski left.", "Borowsky said no.", "It hurt Borwoski.")
    assert names(cast) == ["Jan Borowski"]


def test_acronym_and_name_are_one_member() -> None:
    cast = cast_of("The EU objected.", "It left the European Union.")
    assert names(cast) == ["European Union"]


def test_country_is_called_by_its_most_frequent_full_name() -> None:
    cast = cast_of("The US left.", "The U.S. left.", "The United States left.")
    assert names(cast) == ["United States"]


def test_capitalised_headline_adds_no_names_of_its_own() -> None:
    cast = cast_of("Bold Diaz Plan Shakes Markets In Lima", "Ana Diaz said no.", headings=1)
    assert [m.sentence for m in member(cast, "Ana Diaz").mentions] == [1, 2]
    assert names(cast) == ["Ana Diaz"]


def test_sentence_initial_word_is_a_name_only_with_a_reason() -> None:
    assert names(cast_of("Negotiations failed.", "Tirana failed.")) == ["Tirana"]
    assert names(cast_of("Borowski said no.")) == ["Borowski"]
    assert names(cast_of("Visiting Kyiv pleased Ana Diaz.")) == ["Kyiv", "Ana Diaz"]


def test_furniture_is_ignored() -> None:
    text = "Ana Diaz spoke."
    furniture = Document(
        Article(id="x", text=text), (Sentence(1, 0, len(text), "furniture", 0),), ()
    )
    assert build_cast(furniture).members == ()


@pytest.mark.parametrize(
    ("sentence", "role", "affiliation"),
    [
        ("Peruvian Foreign Minister Ana Diaz left.", "Foreign Minister", "Peruvian"),
        ("Peru’s foreign minister, Ana Diaz, left.", "foreign minister", "Peru"),
        ("Minister of Trade of Peru Ana Diaz left.", "Minister of Trade", "Peru"),
        ("European Council President Ana Diaz left.", "President", "European Council"),
        ("Ana Diaz, a professor at Lima University, left.", "professor", "Lima University"),
        ("Ana Diaz, the governor of Cusco, left.", "governor", "Cusco"),
        ("Dr Ana Diaz left.", None, None),
        ("Ana Diaz, President Tom Hale and others left.", None, None),
    ],
)
def test_role_and_affiliation(sentence: str, role: str | None, affiliation: str | None) -> None:
    diaz = member(cast_of(sentence), "Ana Diaz")
    assert (diaz.role, diaz.affiliation) == (role, affiliation)


@pytest.mark.parametrize(
    "description",
    [
        "The Peruvian foreign minister",
        "Peru's foreign minister",
        "The minister",
        "The foreign minister of Peru",
    ],
)
def test_description_of_a_named_person_is_a_mention(description: str) -> None:
    cast = cast_of(
        "Peruvian Foreign Minister Ana Diaz met Chilean President Tom Hale.",
        f"{description} spoke.",
    )
    people = [m.name for m in cast.mentioned_in(2) if m.person]
    assert people == ["Ana Diaz"]


def test_the_leader_of_a_country_is_whoever_leads_it() -> None:
    cast = cast_of(
        "Chilean President Tom Hale met Peruvian Prime Minister Ana Diaz.",
        "The Peruvian leader spoke.",
        "The premier left.",
        "The Norwegian leader did not come.",
    )
    assert [m.name for m in cast.mentioned_in(2)] == ["Ana Diaz"]
    assert [m.name for m in cast.mentioned_in(3)] == ["Ana Diaz"]
    assert [m.name for m in cast.mentioned_in(4)] == ["Norwegian leader"]


def test_short_description_repeats_the_full_one() -> None:
    cast = cast_of("A senior trade official spoke.", "It is late, the official said.")
    assert names(cast) == ["a senior trade official"]
    assert [m.sentence for m in cast.members[0].mentions] == [1, 2]


NEWS = (
    "Peruvian Foreign Minister Ana Díaz met her Chilean counterpart Tom Hale in Lima.",
    "Diaz said that she would come again.",
    "The Peruvian Trade Ministry and a senior official objected.",
    "Hale left, and he spoke of Quechua poetry.",
    "He said no more.",
)


@pytest.mark.parametrize(
    ("written", "near", "name"),
    [
        ("Diaz", None, "Ana Díaz"),
        ("ana diaz's", None, "Ana Díaz"),
        ("Foreign Minister Diaz", None, "Ana Díaz"),
        ("Ana Dias", None, "Ana Díaz"),
        ("the Peruvian foreign minister", None, "Ana Díaz"),
        ("Trade Ministry", None, "Peruvian Trade Ministry"),
        ("the official", None, "a senior official"),
        ("she", 2, "Ana Díaz"),
        ("he", 4, "Tom Hale"),
        ("He", 5, "Tom Hale"),
        ("Rosa Diaz", None, None),
        ("Quechua poet", None, None),
        ("he", None, None),
        ("they", 4, None),
        ("", None, None),
    ],
)
def test_resolve(written: str, near: int | None, name: str | None) -> None:
    found = cast_of(*NEWS).resolve(written, near)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Minister Diaz", "Ana Díaz"),
        ("the quechua poetry", "Quechua poetry"),
        ("QUECHUA", "Quechua"),
        ("Quech", None),
        ("Rosa Diaz", None),
        ("it", None),
        ("the", None),
    ],
)
def test_canonical(written: str, name: str | None) -> None:
    assert cast_of(*NEWS).canonical(written) == name


def test_near_offers_the_sentence_first_then_those_before_and_the_one_after() -> None:
    cast = cast_of(
        "Ana Diaz left.", "Tom Hale left.", "It rained.", "Eva Nowak left.", "Jo Beck left."
    )
    assert [m.name for m in cast.near(3)] == ["Tom Hale", "Ana Diaz", "Eva Nowak"]
    assert [m.name for m in cast.near(3, window=1)] == ["Tom Hale", "Eva Nowak"]
    assert cast.near(99) == ()
    assert cast.mentioned_in(0) == ()


def assert_sound(cast: Cast) -> None:
    text = cast.document.article.text
    for one in cast.members:
        assert one.mentions
        assert cast.resolve(one.name) is one
        canonical = cast.canonical(one.name)
        assert canonical == one.name
        for mention in one.mentions:
            assert text[mention.start : mention.end] == mention.text
            sentence = cast.document.sentence(mention.sentence)
            assert sentence.start <= mention.start < mention.end <= sentence.end
            assert one in cast.mentioned_in(mention.sentence)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem[:3])
def test_cast_of_a_real_article_is_sound(path: Path) -> None:
    cast = build_cast(segment(Article(id="x", text=path.read_text(encoding="utf-8"))))
    assert len(cast.members) > 10
    assert_sound(cast)


_WORDS = st.sampled_from(
    sorted(
        word_set(
            """Ana Diaz Tom Hale President the The of of a A Peruvian Minister minister's office
            Peru U.S. said he and , . “ ” : - al van Ministry official officials Foreign EU May
            May's in Lima Union leaders statement Jr. 7 İ ß’s"""
        )
    )
)


@pytest.mark.parametrize(
    ("text", "name", "canonical"),
    [
        ("He praised the WHO-led plan.", "the WHO", "WHO"),
        ("The US-led plan failed.", "the US", "US"),
        ("The US-led plan failed.", "the us", None),
        ("He praised the one who led.", "the he", None),
    ],
)
def test_short_name_is_told_from_a_pronoun_by_its_capitals(
    text: str, name: str, canonical: str | None
) -> None:
    cast = build_cast(segment(Article(id="x", text=text)))
    assert cast.canonical(name) == canonical


@settings(max_examples=150, deadline=None)
@example(text="The he", name="")  # what is left of a name without its article is a pronoun
@given(st.lists(_WORDS, max_size=40).map(" ".join), st.text(max_size=30))
def test_any_news_like_text_has_a_sound_cast(text: str, name: str) -> None:
    cast = build_cast(segment(Article(id="x", text=text)))
    assert_sound(cast)
    for written in (name, text[:20]):
        canonical = cast.canonical(written, near=1)
        if canonical is not None:
            assert cast.canonical(canonical) == canonical


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_a_sound_cast(text: str) -> None:
    assert_sound(build_cast(segment(Article(id="x", text=text))))


@pytest.mark.parametrize(
    "unit",
    [
        "May ",
        "After ",
        "Mr ",
        "President of ",
        "minister's ",
        "of the ",
        "Ana ",
        "“",
        "A. ",
        "and ",
    ],
)
def test_endless_repetition_is_read_without_fuss(unit: str) -> None:
    cast = build_cast(segment(Article(id="x", text=unit * 2000)))
    cast.canonical(unit * 2000)
    assert_sound(cast)


def test_long_article_takes_seconds_at_most() -> None:
    article = "\n".join(path.read_text(encoding="utf-8") for path in SAMPLES)
    text = article * (100_000 // len(article) + 1)
    segmented = segment(Article(id="x", text=text[:100_000]))
    started = time.perf_counter()
    build_cast(segmented)
    assert time.perf_counter() - started < 5
