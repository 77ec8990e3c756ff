import pytest

from tests.reading.support import context_of, meetings_in

ANA_AND_JUAN = ("Ana Petrova", "Juan Soto")


@pytest.mark.parametrize(
    ("sentence", "participants", "status", "mode", "date", "place"),
    [
        (
            "Ana Petrova met Juan Soto in Lima on Monday.",
            ANA_AND_JUAN,
            "held",
            None,
            "Monday",
            "Lima",
        ),
        ("Ana Petrova and Juan Soto met in Lima.", ANA_AND_JUAN, "held", None, None, "Lima"),
        ("Ana Petrova held talks with Juan Soto.", ANA_AND_JUAN, "held", None, None, None),
        (
            "Ana Petrova and Juan Soto held their first talks today.",
            ANA_AND_JUAN,
            "held",
            None,
            "today",
            None,
        ),
        (
            "Ana Petrova spoke with Juan Soto by phone on Tuesday.",
            ANA_AND_JUAN,
            "held",
            "call",
            "Tuesday",
            None,
        ),
        ("Ana Petrova phoned Juan Soto.", ANA_AND_JUAN, "held", "call", None, None),
        (
            "Ana Petrova will meet Juan Soto next week.",
            ANA_AND_JUAN,
            "planned",
            None,
            "next week",
            None,
        ),
        ("Ana Petrova is due to meet Juan Soto.", ANA_AND_JUAN, "planned", None, None, None),
        ("Ana Petrova refused to meet Juan Soto.", ANA_AND_JUAN, "declined", None, None, None),
        (
            "Peru called for talks between Chile and Bolivia.",
            ("Chile", "Bolivia"),
            "proposed",
            None,
            None,
            None,
        ),
        (
            "Peru offered to host talks between Chile and Bolivia.",
            ("Chile", "Bolivia"),
            "proposed",
            None,
            None,
            None,
        ),
        (
            "A meeting between Ana Petrova and Juan Soto is planned for May.",
            ANA_AND_JUAN,
            "planned",
            None,
            None,
            None,
        ),
        (
            "Peru's talks with Chile ended on Friday.",
            ("Peru", "Chile"),
            "held",
            None,
            "Friday",
            None,
        ),
        (
            "The Peruvian and Chilean ministers, Ana Petrova and Juan Soto, met on Friday.",
            ANA_AND_JUAN,
            "held",
            None,
            "Friday",
            None,
        ),
        (
            "Officials from Peru and Chile held three rounds of talks.",
            ("Peru", "Chile"),
            "held",
            None,
            None,
            None,
        ),
        ("Ana Petrova discussed the dam with Juan Soto.", ANA_AND_JUAN, "held", None, None, None),
        (
            "LIMA, May 3 (Agency) - Ana Petrova met Juan Soto.",
            ANA_AND_JUAN,
            "held",
            None,
            None,
            None,
        ),
        (
            "During a call with Juan Soto, Ana Petrova urged calm.",
            ("Juan Soto", "Ana Petrova"),
            "held",
            "call",
            None,
            None,
        ),
        ("Peru summoned Juan Soto over the dam.", ("Peru", "Juan Soto"), "held", None, None, None),
        (
            "Ana Petrova, meeting Juan Soto in Lima, praised the truce signed in May.",
            ANA_AND_JUAN,
            "held",
            None,
            None,
            "Lima",
        ),
        (
            "Talks were held between Ana Petrova and Juan Soto.",
            ANA_AND_JUAN,
            "held",
            None,
            None,
            None,
        ),
    ],
)
def test_encounters_that_a_sentence_reports(
    sentence: str,
    participants: tuple[str, ...],
    status: str,
    mode: str | None,
    date: str | None,
    place: str | None,
) -> None:
    (meeting,) = meetings_in(sentence)
    assert meeting.participants == participants
    assert (meeting.status, meeting.mode) == (status, mode)
    text = context_of(sentence).article.text
    assert (text[slice(*meeting.date)] if meeting.date else None) == date
    assert (text[slice(*meeting.place)] if meeting.place else None) == place


@pytest.mark.parametrize(
    "sentence",
    [
        "Ana Petrova did not meet Juan Soto.",
        "If Ana Petrova meets Juan Soto, prices will fall.",
        "Ana Petrova spoke to reporters in Lima.",
        "Ana Petrova visited Lima.",
        "The demand was met.",
        "Peru wants to continue talks with Chile.",
    ],
)
def test_sentences_that_report_no_encounter(sentence: str) -> None:
    assert meetings_in(sentence) == []


def test_encounters_at_several_places_are_told_apart() -> None:
    read = meetings_in(
        "Ana Petrova met Juan Soto in Lima, Tom Hale in Quito and Eva Nowak in La Paz."
    )
    assert [meeting.participants for meeting in read] == [
        ("Ana Petrova", "Juan Soto"),
        ("Ana Petrova", "Tom Hale"),
    ]
