"""Who speaks a quotation: the grammar of reported speech in news English."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_extract.grounding.cast import build_cast
from llm_extract.grounding.speakers import Attribution, find_speaker, is_nobodys
from llm_extract.text.article import Article, Document
from llm_extract.text.segmentation import segment

SAMPLES = sorted((Path(__file__).parents[2] / "eval" / "articles").glob("*.txt"))


def document(text: str) -> Document:
    return segment(Article(id="x", text=text))


def attribution(text: str, words: str) -> Attribution | None:
    """The attribution of the quotation that begins with `words`."""
    read = document(text)
    quoted = next(q for q in read.quotations if read.text_of(q).startswith(words))
    return find_speaker(read, build_cast(read), quoted)


def speaker(text: str, words: str) -> str | None:
    found = attribution(text, words)
    return found.name if found else None


AFTER = [
    ("“The port is closed,” said Ana Diaz.", "The port", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz said.", "The port", "Ana Diaz"),
    ("“The port is closed”, said Ana Diaz.", "The port", "Ana Diaz"),
    ("'The port is closed,' Ana Diaz told reporters in Lima.", "The port", "Ana Diaz"),
    ("«The port is closed», declared Ana Diaz on Monday.", "The port", "Ana Diaz"),
    ("„The port is closed“, Ana Diaz emphasized.", "The port", "Ana Diaz"),
    ("“The port is closed” - Ana Diaz noted in the evening.", "The port", "Ana Diaz"),
    ("“Is the port closed?” Ana Diaz asked.", "Is the port", "Ana Diaz"),
    ("“Close the port!” shouted Ana Diaz.", "Close", "Ana Diaz"),
    ("“Close the port!”, Ana Diaz urged.", "Close", "Ana Diaz"),
    ("“The port is closed,” said Peruvian trade minister Ana Diaz.", "The port", "Ana Diaz"),
    ("“The port is closed,” said the trade minister of Peru, Ana Diaz.", "The port", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz, the trade minister, said.", "The port", "Ana Diaz"),
    (
        "“The port is closed,” Ana Diaz, who has led the ministry since May, told the paper.",
        "The port",
        "Ana Diaz",
    ),
    ("“The port is closed,” the trade minister, Ana Diaz, said.", "The port", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz of the Green Party said.", "The port", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz also said on Monday.", "The port", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz on Monday told journalists.", "The port", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz, 51, said.", "The port", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz (Green Party) said.", "The port", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz has said.", "The port", "Ana Diaz"),
    ("“The port is closed,” according to Ana Diaz.", "The port", "Ana Diaz"),
    ("“The port is closed,” according to a statement from Ana Diaz.", "The port", "Ana Diaz"),
    ("The port is “closed for good”, Ana Diaz warned.", "closed", "Ana Diaz"),
    ("The port is “closed” for now, Ana Diaz told Metro on Friday.", "closed", "Ana Diaz"),
    ("The port is “closed” for now, said Ana Diaz.", "closed", "Ana Diaz"),
    ("The port was called “a ruin” by Ana Diaz.", "a ruin", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz said. “It stays closed.”", "It stays", "Ana Diaz"),
    ("“The port,” said Ana Diaz, “is closed.”", "is closed", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz wrote on X, adding: “Go away.”", "Go away", "Ana Diaz"),
    ("“The port is closed.” Ana Diaz said on Monday.", "The port", "Ana Diaz"),
    ("“The port is closed,” residents told Metro.", "The port", "residents"),
    ("“The port is closed,” the Peruvian Trade Ministry said.", "The port", "Peruvian Trade Min"),
    ("“The port is closed,” NATO said in a statement.", "The port", "NATO"),
]

BEFORE = [
    ("Ana Diaz said: “The port is closed.”", "The port", "Ana Diaz"),
    ("Ana Diaz said, “The port is closed.”", "The port", "Ana Diaz"),
    ("Ana Diaz: “The port is closed.”", "The port", "Ana Diaz"),
    ("In a speech to Chile's parliament, Ana Diaz said: “The port is closed.”", "The", "Ana Diaz"),
    ("After talks with Tom Hale, Ana Diaz said the port was “closed”.", "closed", "Ana Diaz"),
    ("Speaking beside Tom Hale, Ana Diaz called the port “a ruin”.", "a ruin", "Ana Diaz"),
    ("Ana Diaz said that Chile was “an old friend” of Peru.", "an old", "Ana Diaz"),
    ("Ana Diaz told Tom Hale that Chile was “an old friend”.", "an old", "Ana Diaz"),
    ("Ana Diaz met Tom Hale in Oslo and called the talks “useful”.", "useful", "Ana Diaz"),
    ("Ana Diaz met Tom Hale in Oslo, calling the talks “useful”.", "useful", "Ana Diaz"),
    ("Ana Diaz praised the deal, saying it was “long overdue”.", "long", "Ana Diaz"),
    ("Ana Diaz accused Tom Hale of “telling lies”.", "telling", "Ana Diaz"),
    ("Ana Diaz dismissed the report as “gossip”.", "gossip", "Ana Diaz"),
    ("Ana Diaz has repeatedly described Chile as an “old friend”.", "old", "Ana Diaz"),
    ("Ana Diaz reaffirmed Peru's “firm support” for Chile.", "firm", "Ana Diaz"),
    ("Ana Diaz vowed to “fight to the end”.", "fight", "Ana Diaz"),
    ("Ana Diaz warned of “grave consequences” for Chile.", "grave", "Ana Diaz"),
    ("Ana Diaz, the trade minister of Peru, branded the plan “a farce”.", "a farce", "Ana Diaz"),
    ("Ana Diaz, who met Tom Hale last week, labelled the plan “a farce”.", "a farce", "Ana Diaz"),
    ("Tom Hale described what Ana Diaz called “a farce”.", "a farce", "Ana Diaz"),
    ("The plan, described by Ana Diaz as “a farce”, was dropped.", "a farce", "Ana Diaz"),
    ("Ana Diaz was quoted as saying the plan was “a farce”.", "a farce", "Ana Diaz"),
    ("Ana Diaz was quoted by Metro as saying: “It is a farce.”", "It is", "Ana Diaz"),
    ("Metro quoted Ana Diaz as saying the plan was “a farce”.", "a farce", "Ana Diaz"),
    ("According to Ana Diaz, the plan is “a farce”.", "a farce", "Ana Diaz"),
    ("Tom Hale said Chile had called the plan “a farce”.", "a farce", "Chile"),
    ("Ana Diaz's claim that the plan was “a farce” angered Chile.", "a farce", "Ana Diaz"),
    ("Moscow calls the war a “special operation”.", "special", "Moscow"),
    ("Ana Diaz refused to call the plan “a success”.", "a success", "Ana Diaz"),
    ("Critics say the plan is “a farce”.", "a farce", "Critics"),
    ("A spokesman for Ana Diaz said: “She is well.”", "She is", "a spokesman for Ana Diaz"),
    ("Ana Diaz's office said she was “well”.", "well", "Ana Diaz's office"),
    ("Ana Diaz's spokeswoman told Metro that she was “well”.", "well", "Ana Diaz's spokeswoman"),
    ("The statement said Peru would “never” yield.", "never", "statement"),
    ("Ana Diaz said Chile was “a friend” and Peru “a neighbour”.", "a neighbour", "Ana Diaz"),
    ("Ana Diaz, in Oslo for talks, hailed “a new era”.", "a new", "Ana Diaz"),
    ("Ana Diaz said in a joint interview with Tom Hale: “It works.”", "It works", "Ana Diaz"),
    ("Calling the plan “a farce”, Ana Diaz left the hall.", "a farce", "Ana Diaz"),
    ("As Ana Diaz put it, the plan is “a farce”.", "a farce", "Ana Diaz"),
    ("In the words of Ana Diaz, the plan is “a farce”.", "a farce", "Ana Diaz"),
    ("Ana Diaz, however, argued that the plan was “a farce”.", "a farce", "Ana Diaz"),
    ("“It works,” said Tom Hale, but Ana Diaz called it “a farce”.", "a farce", "Ana Diaz"),
    ("“It works,” said Tom Hale, while Ana Diaz said it was “a farce”.", "It works", "Tom Hale"),
]

AROUND = [
    ("Ana Diaz said:\n“The port is closed.”", "The port", "Ana Diaz"),
    ("Ana Diaz told reporters in Lima on Monday:\n\n“The port is closed.”", "The port", "Ana Diaz"),
    ("“The port is closed,” Ana Diaz said.\n“It will not open.”", "It will", "Ana Diaz"),
    ("Ana Diaz criticised Chile. “It broke its word.”", "It broke", "Ana Diaz"),
    ("“It is over.” “We are going home,” Ana Diaz said.", "We are", "Ana Diaz"),
    (
        "Ana Diaz said: “The port is closed.\n\n“It will not open.”\n\nTom Hale left.",
        "It will",
        "Ana Diaz",
    ),
    ("Ana Diaz arrived in Oslo. “The port is closed,” she said.", "The port", "Ana Diaz"),
    (
        "Tom Hale praised Ana Diaz in Lima on Monday. “She is brave,” he said.",
        "She is",
        "Tom Hale",
    ),
    (
        "Tom Hale met Chile's spokeswoman Ana Diaz. “It went well,” she said.",
        "It went",
        "Ana Diaz",
    ),
    (
        "Tom Hale met Ana Diaz. “It went well,” said Diaz. “I liked it.” She called him “kind”.",
        "kind",
        "Ana Diaz",
    ),
    ("When Ana Diaz arrived, she said the port was “closed”.", "closed", "Ana Diaz"),
    ("Ana Diaz said she was “tired”.", "tired", "Ana Diaz"),
    ("“Tom told me ‘never’ twice,” said Ana Diaz.", "never", "Tom"),
    (
        "“The Chilean president said ‘never’ twice,” said Ana Diaz.",
        "never",
        "Chilean president",
    ),
    ("“I call it ‘a farce’,” said Ana Diaz.", "a farce", "Ana Diaz"),
    ("The Green Party met. It called the plan “a farce”.", "a farce", "Green Party"),
]


VARIOUS = [
    (
        "“We will not move an inch,” insisted Lena Krause, the mayor of Bremen, on Tuesday.",
        "We will",
        "Lena Krause",
    ),
    (
        "Mayor Lena Krause of Bremen on Tuesday insisted the city would “not move an inch”.",
        "not move",
        "Lena Krause",
    ),
    (
        "“We were never asked,” said one resident, who declined to be named.",
        "We were",
        "one resident",
    ),
    (
        "Lena Krause took to social media to denounce the strike as “madness”.",
        "madness",
        "Lena Krause",
    ),
    ("In a post on X, Lena Krause wrote: “Madness.”", "Madness", "Lena Krause"),
    ("Asked whether she would resign, Lena Krause replied: “Never.”", "Never", "Lena Krause"),
    ("Asked about the strike, Lena Krause said only that it was “over”.", "over", "Lena Krause"),
    (
        "Lena Krause, whose party lost the vote, conceded that the campaign had been “poor”.",
        "poor",
        "Lena Krause",
    ),
    ("“It is what it is,” sighs Lena Krause, pouring tea.", "It is", "Lena Krause"),
    (
        "“It is what it is”, Krause says. Lena Krause has run the shop since 1990.",
        "It is",
        "Lena Krause",
    ),
    (
        "The mayor and her deputy, Omar Sayed, clashed. Sayed said it was “lost”.",
        "lost",
        "Omar Sayed",
    ),
    (
        "A report by Amnesty International described the prison as “hell on earth”.",
        "hell",
        "Amnesty International",
    ),
    (
        "The United Nations said it was “deeply concerned” by the arrests.",
        "deeply",
        "United Nations",
    ),
    ("Beijing has repeatedly urged Manila to “stop its provocations”.", "stop", "Beijing"),
    (
        "Beijing's foreign ministry spokesman Li Wen told a briefing that the move was “illegal”.",
        "illegal",
        "Li Wen",
    ),
    (
        "China's foreign ministry said the move was “illegal and void”.",
        "illegal",
        "China's foreign ministry",
    ),
    (
        "The European Commission, in a letter seen by Reuters, warned of “serious harm”.",
        "serious",
        "European Commission",
    ),
    (
        "In a letter seen by Reuters, the European Commission warned of “serious harm”.",
        "serious",
        "European Commission",
    ),
    (
        "“Serious harm is likely,” the commission said in the letter, which was seen by Reuters.",
        "Serious",
        "commission",
    ),
    (
        "Lena Krause said all was “asleep”, while Omar Sayed spoke of a “coup”.",
        "coup",
        "Omar Sayed",
    ),
    (
        "Lena Krause said all was “asleep”, while Omar Sayed spoke of a “coup”.",
        "asleep",
        "Lena Krause",
    ),
    (
        "Omar Sayed, Krause's rival, promised voters “a clean break” with the past.",
        "a clean",
        "Omar Sayed",
    ),
    ("Omar Sayed won the vote with what analysts called “a miracle”.", "a miracle", "analysts"),
    (
        "Lena Krause thanked voters for their “trust” and said she would “serve everyone”.",
        "trust",
        "Lena Krause",
    ),
    (
        "Lena Krause thanked voters for their “trust” and said she would “serve everyone”.",
        "serve",
        "Lena Krause",
    ),
    (
        "The talks were “frank”, Krause said after meeting Omar Sayed. Lena Krause then left.",
        "frank",
        "Lena Krause",
    ),
    ("The talks were described as “frank” by Omar Sayed.", "frank", "Omar Sayed"),
    (
        "“The talks were frank”, the minister's spokesperson Ida Berg has told AFP.",
        "The talks",
        "Ida Berg",
    ),
    ("Ida Berg, speaking for the minister, said that “nothing is agreed”.", "nothing", "Ida Berg"),
    (
        "Ida Berg, a ministry spokeswoman, confirmed it but refused to comment on “rumours”.",
        "rumours",
        "Ida Berg",
    ),
    (
        "It was “a good day for Denmark”, according to Ida Berg, a spokeswoman.",
        "a good",
        "Ida Berg",
    ),
    ("Denmark's Ida Berg: “We are ready”.", "We are", "Ida Berg"),
    ("“This,” Ida Berg told parliament, “is the end of the road.”", "is the end", "Ida Berg"),
    ("“This,” Ida Berg told parliament, “is the end of the road.”", "This", "Ida Berg"),
    (
        "“We lost. We will win next time,” Ida Berg posted on Instagram. “Thank you all.”",
        "Thank",
        "Ida Berg",
    ),
    (
        "Ida Berg came alone. Her brother Nils Berg stayed away. “He is ill,” Ida Berg said.",
        "He is",
        "Ida Berg",
    ),
    (
        "Nils Berg resigned on Friday. In a brief statement, he cited “family reasons”.",
        "family",
        "Nils Berg",
    ),
    ("Nils Berg resigned on Friday, citing “family reasons”.", "family", "Nils Berg"),
    ("Nils Berg resigned on Friday after the paper accused him of “theft”.", "theft", "paper"),
    ("The indictment says Nils Berg ran “a criminal network”.", "a criminal", "indictment"),
    ("Nils Berg has denied running “a criminal network”.", "a criminal", "Nils Berg"),
    ("Nils Berg's lawyer, Eva Holm, called the charges “absurd”.", "absurd", "Eva Holm"),
    ("His lawyer Eva Holm called the charges against Nils Berg “absurd”.", "absurd", "Eva Holm"),
    (
        "Eva Holm, his lawyer, said after the hearing that the charges were “absurd”.",
        "absurd",
        "Eva Holm",
    ),
    ("“Absurd!” was how Eva Holm described the charges.", "Absurd", "Eva Holm"),
    ("Eva Holm said the judge had told her client: “You are free to go.”", "You are", "judge"),
    (
        "During the meeting the President of Ghana Kofi Adu noted that “the friendship is strong”.",
        "the friendship",
        "Kofi Adu",
    ),
    ("As Kofi Adu stressed, “the friendship is strong”.", "the friendship", "Kofi Adu"),
    ("“The friendship is strong,” - stressed in his turn Kofi Adu.", "The friendship", "Kofi Adu"),
    (
        "“The friendship is strong,” the head of state underlined. Kofi Adu then flew home.",
        "The friendship",
        "head of state",
    ),
    ("Kofi Adu added that Ghana “highly values” the ties with Togo.", "highly", "Kofi Adu"),
    ("Kofi Adu expressed his “deep gratitude” to the people of Togo.", "deep", "Kofi Adu"),
    ("Kofi Adu condemned in the strongest terms the “barbaric” attack.", "barbaric", "Kofi Adu"),
    ("Kofi Adu hailed Togo as a “brother nation” and pledged help.", "brother", "Kofi Adu"),
    ("Kofi Adu likened the sanctions to “a siege”.", "a siege", "Kofi Adu"),
    (
        "Ghana and Togo agreed to “deepen ties”, a joint statement said.",
        "deepen",
        "a joint statement",
    ),
    ("The two leaders agreed to “deepen ties”, according to the readout.", "deepen", "readout"),
    ("“Go,” the crowd chanted as Kofi Adu spoke.", "Go", "crowd"),
    (
        "Kofi Adu spoke to reporters.\n“I am tired,” he said.\n“I want out.”\nHis wife agreed.",
        "I want",
        "Kofi Adu",
    ),
    (
        "Kofi Adu spoke to reporters.\n“I am tired.\n“I want to go home,” he said.",
        "I am",
        "Kofi Adu",
    ),
    ("Kofi Adu said he was tired.\n“I want to go home.”", "I want", "Kofi Adu"),
    (
        "Kofi Adu met Eva Holm. Holm said the talks were “good”. She praised his “patience”.",
        "patience",
        "Eva Holm",
    ),
    (
        "Ms Holm met Mr Adu in Accra. She said the talks were “good”. Eva Holm flew home.",
        "good",
        "Eva Holm",
    ),
    (
        "“We are friends,” Kofi Adu said, quoting his mother. Eva Holm called this “sweet”.",
        "sweet",
        "Eva Holm",
    ),
    (
        "Kofi Adu had earlier said that the plan, which critics call “theft”, would help farmers.",
        "theft",
        "critics",
    ),
    ("The plan, which Kofi Adu says is “fair”, would help farmers.", "fair", "Kofi Adu"),
    ("Kofi Adu is seeking what he calls “fair prices”.", "fair", "Kofi Adu"),
    (
        "Kofi Adu told lawmakers he had “no plans” to quit, according to two aides.",
        "no plans",
        "Kofi Adu",
    ),
    ("Local media reported that Kofi Adu had “no plans” to quit.", "no plans", "Local media"),
    ("‘We had no choice,’ says Kofi Adu, 62, who runs the farm.", "We had", "Kofi Adu"),
    (
        "“I'm done,” Kofi Adu told CNN's Ann Wu in an interview that aired Sunday.",
        "I'm done",
        "Kofi Adu",
    ),
    ("“Why now?” asked Eva Holm. “Because we can,” replied Kofi Adu.", "Because", "Kofi Adu"),
    ("“Why now?” asked Eva Holm. “Because we can,” replied Kofi Adu.", "Why", "Eva Holm"),
    ("Kofi Adu did not mince words. “This is theft,” he declared.", "This is", "Kofi Adu"),
    ("Eva Holm believes the verdict is “a stain on the court”.", "a stain", "Eva Holm"),
    (
        "Israel's defence minister, Dan Lev, said on Sunday the army would “finish the job”.",
        "finish",
        "Dan Lev",
    ),
    (
        "The army said in a statement on Sunday that it had struck “terror targets” near Tyre.",
        "terror",
        "army",
    ),
    ("The army said it struck what it described as “terror targets” near Tyre.", "terror", "army"),
    (
        "Dan Lev said that he and his French counterpart, Luc Roy, had held “warm” talks.",
        "warm",
        "Dan Lev",
    ),
    ("Luc Roy, for his part, said the talks were “cold”.", "cold", "Luc Roy"),
    (
        "Earlier in the day, Luc Roy had told France Inter radio that Paris would “not give in”.",
        "not give",
        "Luc Roy",
    ),
    (
        "Paris would “not give in”, Luc Roy had earlier told France Inter radio.",
        "not give",
        "Luc Roy",
    ),
    ("“No”, the spokesman answered when asked if Luc Roy would quit.", "No", "spokesman"),
    ("Prosecutors allege that Nils Berg ran “a criminal network”.", "a criminal", "prosecutors"),
    ("A letter signed by Nils Berg said the plan was “a farce”.", "a farce", "Nils Berg"),
    ("Nils Berg criticised Peru in a statement. “It lied,” the statement said.", "It", "Nils Berg"),
    (
        "A news release said the talks were “good”. The release called them “vital”.",
        "vital",
        "a news",
    ),
    ("Nils Berg left the hall. The tired minister called it “hell”.", "hell", "Nils Berg"),
    (
        "If Peru had not rejected “our offer,” Nils Berg stated, it would be over.",
        "our",
        "Nils Berg",
    ),
    (
        "Nils Berg said Peru wants to continue talks and that Togo would discuss “all”.",
        "all",
        "Nils",
    ),
    ("Peru said both Chile and Togo had asked for it, adding it was “free”.", "free", "Peru"),
    ("Peru criticised Berg's comments as “wild”. Nils Berg laughed.", "wild", "Peru"),
    ("“It went well” and “we won”, Nils Berg told Metro.", "It went", "Nils Berg"),
]


@pytest.mark.parametrize(("text", "words", "expected"), [*AFTER, *BEFORE, *AROUND, *VARIOUS])
def test_speaker_is_found(text: str, words: str, expected: str) -> None:
    found = attribution(text, words)
    assert found is not None
    assert found.name.startswith(expected)
    assert found.sure


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The film “The Long Night” opened on Friday.", "The Long"),
        ("Tom “Bear” Hale met Ana Diaz.", "Bear"),
        ("Ana Diaz wrote a book titled “The Long Night”.", "The Long"),
        ("Ana Diaz left the so-called “green zone” in May.", "green"),
    ],
)
def test_titles_and_nicknames_are_nobodys(text: str, words: str) -> None:
    read = document(text)
    quoted = next(q for q in read.quotations if read.text_of(q).startswith(words))
    assert is_nobodys(read, build_cast(read), quoted)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ana Diaz wrote a report titled “Harm”, calling it “a warning”.", "a warning"),
        ("The minister called the film “a scandal”.", "a scandal"),
        ("NATO “Will Not Yield”, said Ana Diaz.", "Will Not"),
    ],
)
def test_words_that_somebody_says_are_not_nobodys(text: str, words: str) -> None:
    read = document(text)
    quoted = next(q for q in read.quotations if read.text_of(q).startswith(words))
    assert not is_nobodys(read, build_cast(read), quoted)


def test_subject_without_a_verb_of_saying_is_a_guess() -> None:
    found = attribution("Ana Diaz has “no time” for it.", "no time")
    assert found is not None
    assert (found.name, found.sure) == ("Ana Diaz", False)


def test_actor_outside_the_cast_keeps_the_articles_words() -> None:
    found = attribution("The old abbey's gardener said it was “dry”.", "dry")
    assert found is not None
    assert (found.speaker, found.name) == (None, "old abbey's gardener")


@pytest.mark.parametrize("text", ["“Nobody is near.”", "It rains. “I am here.”"])
def test_no_speaker_is_found_where_nobody_is_named(text: str) -> None:
    read = document(text)
    assert find_speaker(read, build_cast(read), read.quotations[0]) is None


def test_headline_verbs_do_not_cross_into_the_body() -> None:
    text = "Diaz warns Chile\n\n“Bring it on,” Tom Hale replied in Santiago."
    assert speaker(text, "Bring") == "Tom Hale"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_quotation_of_the_samples_is_read(path: Path) -> None:
    read = document(path.read_text(encoding="utf-8"))
    cast = build_cast(read)
    for quoted in read.quotations:
        found = find_speaker(read, cast, quoted)
        assert found is None or found.speaker is None or found.speaker in cast.members
        is_nobodys(read, cast, quoted)


@given(st.lists(st.sampled_from([*"“”‘’\"',.:;—\n", "he", "said", "Ana", "the", " "]), max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_arrangement_of_marks_is_read(parts: list[str]) -> None:
    read = document(" ".join(parts))
    cast = build_cast(read)
    for quoted in read.quotations:
        find_speaker(read, cast, quoted)
        is_nobodys(read, cast, quoted)


def test_sentence_of_a_thousand_quotations_is_read_quickly() -> None:
    read = document("Ana Diaz said " + ", ".join(f"“word {i}”" for i in range(1000)) + ".")
    cast = build_cast(read)
    started = time.perf_counter()
    for quoted in read.quotations[::50]:
        find_speaker(read, cast, quoted)
    assert time.perf_counter() - started < 5
