"""Who speaks a quotation: the grammar of reported speech in news English."""

from pathlib import Path

import pytest

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
    ("“The port is closed,” according to a statement from Ana Diaz.", "The port", "a statement"),
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


@pytest.mark.parametrize(("text", "words", "expected"), [*AFTER, *BEFORE, *AROUND])
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
