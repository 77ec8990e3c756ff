"""Merging drafts: what is one encounter, position or quotation, and what the merged record says."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.grounding.merging import (
    merge,
    merge_evidence,
    merge_meetings,
    merge_positions,
    merge_quotes,
    merge_repeated_meetings,
)
from llm_extract.schemas import Actor, EventDate, Meeting, Position, Quotation, Quote, Span

SENTENCES = (
    "Ruritanian Foreign Minister Jan Novak met Freedonia's President Eva Klein in Arden.",
    "The ministers had talks on Thursday.",
    "Novak said they spoke about grain.",
    "Delegations from Ruritania and Freedonia met in Arden on Thursday.",
    "Klein called the meeting useful.",
)


def spans():
    start = 0
    for text in SENTENCES:
        yield Span(start=start, end=start + len(text), text=text)
        start += len(text) + 1


SPANS = tuple(spans())


def meeting(*names, evidence=0, date=None, iso=None, topics=(), **fields):
    return Meeting(
        participants=[Actor(name=name) for name in names],
        status=fields.pop("status", "held"),
        date=EventDate(text=date, iso=iso) if date else None,
        topics=list(topics),
        evidence=[SPANS[evidence]],
        **fields,
    )


def position(holder, issue, stance="supports", evidence=0):
    return Position(
        holder=Actor(name=holder), issue=issue, stance=stance, evidence=[SPANS[evidence]]
    )


def quote(start, text, speaker="Jan Novak", evidence=0):
    return Quote(
        speaker=Actor(name=speaker) if speaker else None,
        text=Quotation(start=start, end=start + len(text), text=text),
        kind="full",
        evidence=[SPANS[evidence]],
    )


def names(record):
    return [actor.name for actor in record.participants]


# --- the general parts


def test_merge_keeps_the_order_of_first_parts():
    merged = merge([3, 10, 4, 11, 20], lambda a, b: a // 10 == b // 10, max)
    assert merged == [4, 11, 20]


def test_merge_goes_on_until_combined_records_no_longer_match():
    # 1 and 5 are too far apart until 3 has joined 1.
    assert merge([1, 5, 3], lambda a, b: abs(a - b) <= 2, max) == [5]


def test_evidence_has_the_best_sentence_first_then_text_order():
    assert merge_evidence([SPANS[3], SPANS[4]], [SPANS[2], SPANS[4], SPANS[0]]) == [
        SPANS[3],
        SPANS[0],
        SPANS[2],
        SPANS[4],
    ]


@pytest.mark.parametrize("merge_all", [merge_meetings, merge_positions, merge_quotes])
def test_nothing_merges_to_nothing(merge_all):
    assert merge_all([]) == []


# --- meetings: what is one encounter

PAIR = ("Jan Novak", "Eva Klein")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (meeting(*PAIR), meeting(*PAIR)),
        (meeting(*PAIR), meeting("Klein", "Novak")),
        (meeting(*PAIR), meeting("Novak")),
        (meeting(*PAIR), meeting(*PAIR, "Olga Brandt")),
        (meeting(*PAIR, date="Thursday"), meeting(*PAIR)),
        (meeting(*PAIR, date="Thursday"), meeting(*PAIR, date="Thursday morning")),
        (
            meeting(*PAIR, date="March", iso="2022-03"),
            meeting(*PAIR, date="Thursday", iso="2022-03-10"),
        ),
        (meeting(*PAIR, location="Arden"), meeting(*PAIR, location="Arden, Freedonia")),
        (meeting(*PAIR, status="held"), meeting(*PAIR, status="ongoing")),
        (meeting(*PAIR, mode="call"), meeting(*PAIR)),
        (
            meeting(*PAIR, status="planned", date="Thursday"),
            meeting(*PAIR, status="held", date="Thursday"),
        ),
        (
            meeting(*PAIR, date="Thursday", location="Arden"),
            meeting(*PAIR, date="Thursday", location="Freedonia"),
        ),
        (
            meeting(*PAIR, "Olga Brandt", date="Thursday"),
            meeting(*PAIR, "Ivo Stein", date="Thursday"),
        ),
    ],
)
def test_drafts_that_nothing_contradicts_are_one_meeting(a, b):
    assert len(merge_meetings([a, b])) == 1
    assert len(merge_meetings([b, a])) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (meeting("Jan Novak", "Eva Klein"), meeting("Jan Novak", "Ivo Stein")),
        (
            meeting("Jan Novak", "Eva Klein", date="Thursday", location="Arden"),
            meeting("Jan Novak", "Ivo Stein", date="Thursday", location="Arden"),
        ),
        (meeting(*PAIR, date="Thursday"), meeting(*PAIR, date="Monday")),
        (
            meeting(*PAIR, date="Thursday", iso="2022-03-10"),
            meeting(*PAIR, date="March", iso="2023-03"),
        ),
        (meeting(*PAIR, location="Arden"), meeting(*PAIR, location="Belmont")),
        (meeting(*PAIR, mode="call"), meeting(*PAIR, mode="in_person")),
        (meeting(*PAIR, status="held"), meeting(*PAIR, status="planned")),
        (
            meeting(*PAIR, status="held", location="Arden"),
            meeting(*PAIR, status="planned", location="Arden", date="next month"),
        ),
        (
            meeting(*PAIR, status="held", date="Thursday"),
            meeting(*PAIR, status="planned", date="next Thursday"),
        ),
        (meeting(*PAIR, status="planned"), meeting(*PAIR, status="proposed")),
        (
            meeting(*PAIR, status="held", date="Thursday"),
            meeting(*PAIR, status="declined", date="Thursday"),
        ),
        (meeting(*PAIR), meeting(*PAIR, "Olga Brandt", "Ivo Stein", "Per Lund")),
        (meeting(*PAIR, "Olga Brandt"), meeting(*PAIR, "Ivo Stein")),
        (meeting("Ruritania", "Freedonia", evidence=1), meeting("Jan Novak", "Per Lund")),
    ],
)
def test_drafts_that_contradict_or_share_too_little_stay_apart(a, b):
    assert merge_meetings([a, b]) == [a, b]
    assert merge_meetings([b, a]) == [b, a]


def test_undated_draft_does_not_join_two_dates():
    dated = meeting(*PAIR, date="Thursday"), meeting(*PAIR, date="Monday")
    merged = merge_meetings([dated[0], meeting(*PAIR, evidence=1), dated[1]])
    assert [record.date.text for record in merged] == ["Thursday", "Monday"]


def test_meetings_told_apart_stay_apart_where_somebody_more_took_part():
    bilateral = meeting("Jan Novak", "Eva Klein", date="Thursday", location="Arden")
    larger = meeting(
        "Jan Novak", "Eva Klein", "Rosa Lind", evidence=1, date="Thursday", location="Arden"
    )
    assert len(merge_meetings([bilateral, larger])) == 1
    assert merge_repeated_meetings([bilateral, larger]) == [bilateral, larger]


def test_meeting_told_twice_is_one_even_where_meetings_are_told_apart():
    first = meeting("Jan Novak", "Eva Klein", location="Arden")
    again = meeting("Klein", "Novak", evidence=3, date="Thursday", location="Arden")
    [merged] = merge_repeated_meetings([first, again])
    assert names(merged) == ["Jan Novak", "Eva Klein"]
    assert merged.evidence == [SPANS[0], SPANS[3]]


def test_countries_stand_for_the_people_whose_titles_name_them():
    people = meeting("Jan Novak", "Eva Klein", evidence=0, location="Arden")
    bodies = meeting("Slovakia", "Polish delegation", evidence=3, location="Arden")
    sentence = "Slovak Foreign Minister Jan Novak met Poland's President Eva Klein in Arden."
    evidence = [Span(start=0, end=len(sentence), text=sentence)]
    people = people.model_copy(update={"evidence": evidence})
    for drafts in ([people, bodies], [bodies, people]):
        [merged] = merge_meetings(drafts)
        assert names(merged) == ["Jan Novak", "Eva Klein"]


def test_country_stands_for_a_person_of_that_affiliation():
    people = Meeting(
        participants=[Actor(name="Jan Novak", affiliation="Slovakia"), Actor(name="Eva Klein")],
        status="held",
        evidence=[SPANS[2]],
    )
    [merged] = merge_meetings([people, meeting("Slovakia", "Eva Klein", evidence=1)])
    assert names(merged) == ["Jan Novak", "Eva Klein"]


def test_another_country_does_not_stand_for_a_person():
    people = Meeting(
        participants=[Actor(name="Jan Novak", affiliation="Slovakia"), Actor(name="Eva Klein")],
        status="held",
        evidence=[SPANS[2]],
    )
    bodies = meeting("Poland", "Eva Klein", evidence=1)
    assert merge_meetings([people, bodies]) == [people, bodies]


def test_countries_alone_are_no_proof_without_a_common_date_or_place():
    people = Meeting(
        participants=[
            Actor(name="Jan Novak", affiliation="Slovakia"),
            Actor(name="Eva Klein", affiliation="Poland"),
        ],
        status="held",
        evidence=[SPANS[2]],
    )
    bodies = meeting("Slovakia", "Poland", evidence=1)
    assert merge_meetings([people, bodies]) == [people, bodies]


# --- meetings: what the merged record says


def test_merged_meeting_unites_what_its_drafts_know():
    [merged] = merge_meetings(
        [
            meeting("Novak", "Klein", evidence=1, date="Thursday", topics=["grain", "ports"]),
            meeting("Novak", "Eva Klein", evidence=0, location="Arden", topics=["Grain", "fish"]),
            meeting(
                *("Jan Novak", "Klein", "Olga Brandt"),
                evidence=2,
                date="March 10",
                iso="2022-03-10",
                location="Arden, Freedonia",
                mode="in_person",
            ),
        ]
    )
    assert names(merged) == ["Jan Novak", "Eva Klein", "Olga Brandt"]
    assert merged.date == EventDate(text="March 10", iso="2022-03-10")
    assert merged.location == "Arden, Freedonia"
    assert merged.mode == "in_person"
    assert merged.topics == ["grain", "ports", "fish"]
    assert merged.evidence == [SPANS[1], SPANS[0], SPANS[2]]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("ongoing", "held"), "held"),
        (("planned", "held"), "held"),
        (("planned", "ongoing"), "ongoing"),
    ],
)
def test_status_that_goes_furthest_stands(statuses, expected):
    drafts = [meeting(*PAIR, status=status, date="today") for status in statuses]
    assert [record.status for record in merge_meetings(drafts)] == [expected]
    assert [record.status for record in merge_meetings(drafts[::-1])] == [expected]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (("Arden", "Arden, Freedonia"), "Arden, Freedonia"),
        (("Arden, Freedonia", "Arden"), "Arden, Freedonia"),
        (("Arden", "Freedonia"), "Arden"),
        ((None, "Arden"), "Arden"),
        (("Arden", None), "Arden"),
    ],
)
def test_most_specific_place_stands_else_the_first(places, expected):
    drafts = [meeting(*PAIR, date="Thursday", location=place) for place in places]
    assert [record.location for record in merge_meetings(drafts)] == [expected]


def test_merged_actor_keeps_role_and_affiliation_of_either_draft():
    drafts = [
        Meeting(participants=[actor], status="held", evidence=[SPANS[2]])
        for actor in (
            Actor(name="Novak", role="minister"),
            Actor(name="Jan Novak", affiliation="Ruritania"),
        )
    ]
    for order in (drafts, drafts[::-1]):
        [merged] = merge_meetings(order)
        assert merged.participants == [
            Actor(name="Jan Novak", role="minister", affiliation="Ruritania")
        ]


# --- positions


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (position("Jan Novak", "grain tax"), position("Novak", "the grain tax")),
        (position("Novak", "sending foreign troops"), position("Novak", "foreign troops")),
        (position("Novak", "troop deployment"), position("Novak", "deploying troops abroad")),
        (position("Novak", "it"), position("Novak", "It")),
    ],
)
def test_one_holders_stance_on_one_issue_is_one_position(a, b):
    assert len(merge_positions([a, b])) == 1
    assert len(merge_positions([b, a])) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (position("Jan Novak", "grain tax"), position("Eva Klein", "grain tax")),
        (position("Novak", "grain tax"), position("Novak", "port reform")),
        (position("Novak", "peace"), position("Novak", "role in bringing peace to Ruritania")),
        (
            position("Novak", "grain tax", evidence=0),
            position("Novak", "grain tax", "opposes", evidence=1),
        ),
        (position("Novak", "military aid"), position("Novak", "ending military aid", "opposes")),
        (position("Novak", "it"), position("Novak", "them")),
    ],
)
def test_other_holder_issue_or_stance_is_another_position(a, b):
    assert merge_positions([a, b]) == [a, b]


def test_merged_position_has_the_fuller_issue_and_holder_and_all_evidence():
    [merged] = merge_positions(
        [
            position("Novak", "grain tax", evidence=2),
            position("Jan Novak", "the grain tax of Ruritania", evidence=0),
            position("Novak", "grain tax", evidence=2),
        ]
    )
    assert merged.holder.name == "Jan Novak"
    assert merged.issue == "the grain tax of Ruritania"
    assert merged.evidence == [SPANS[2], SPANS[0]]


def test_first_of_two_stances_that_one_sentence_contradicts_stands():
    [merged] = merge_positions(
        [position("Novak", "the grain tax", "opposes"), position("Novak", "grain tax", "supports")]
    )
    assert merged.stance == "opposes"


# --- quotes


def test_quotes_of_one_span_are_one_and_keep_the_known_speaker():
    [merged] = merge_quotes(
        [quote(4, "a fine day", speaker=None, evidence=1), quote(4, "a fine day", evidence=0)]
    )
    assert merged.speaker == Actor(name="Jan Novak")
    assert merged.evidence == [SPANS[1], SPANS[0]]


def test_same_words_quoted_elsewhere_are_another_quote():
    quotes = [quote(4, "a fine day"), quote(40, "a fine day")]
    assert merge_quotes(quotes) == quotes


# --- what holds for any records

evidences = st.lists(st.sampled_from(SPANS), min_size=1, max_size=3, unique=True)
actors = st.builds(
    Actor,
    name=st.sampled_from(
        [
            "Jan Novak",
            "Novak",
            "Eva Klein",
            "Klein",
            "Olga Brandt",
            "Slovakia",
            "Poland",
            "Slovak delegation",
        ]
    ),
    affiliation=st.sampled_from([None, "Slovakia", "Poland"]),
)
meetings = st.builds(
    Meeting,
    participants=st.lists(actors, min_size=1, max_size=4),
    status=st.sampled_from(["held", "ongoing", "planned", "proposed", "declined"]),
    mode=st.sampled_from([None, "call", "in_person"]),
    date=st.sampled_from(
        [
            None,
            EventDate(text="Thursday"),
            EventDate(text="March 10", iso="2022-03-10"),
            EventDate(text="next week"),
        ]
    ),
    location=st.sampled_from([None, "Arden", "Arden, Freedonia", "Belmont"]),
    topics=st.lists(st.sampled_from(["grain", "Grain", "fish"]), max_size=2),
    evidence=evidences,
)
positions = st.builds(
    Position,
    holder=actors,
    issue=st.sampled_from(["grain tax", "the new grain tax", "port tax", "it"]),
    stance=st.sampled_from(["supports", "opposes", "mixed"]),
    evidence=evidences,
)
quotes = st.builds(
    lambda start, speaker, evidence: quote(start, "fine", speaker).model_copy(
        update={"evidence": evidence}
    ),
    st.integers(0, 2),
    st.sampled_from([None, "Jan Novak"]),
    evidences,
)
KINDS = st.sampled_from(
    [(merge_meetings, meetings), (merge_positions, positions), (merge_quotes, quotes)]
)
MERGERS = KINDS.flatmap(lambda kind: st.tuples(st.just(kind[0]), st.lists(kind[1], max_size=6)))


def evidence_of(records):
    return {(span.start, span.end) for record in records for span in record.evidence}


@given(MERGERS)
def test_merging_twice_is_merging_once(case):
    merge_all, records = case
    merged = merge_all(records)
    assert merge_all(merged) == merged


@given(MERGERS)
def test_evidence_is_neither_invented_lost_nor_repeated(case):
    merge_all, records = case
    merged = merge_all(records)
    assert evidence_of(merged) == evidence_of(records)
    for record in merged:
        assert max(Counter((span.start, span.end) for span in record.evidence).values()) == 1


@given(MERGERS)
def test_a_record_on_its_own_is_unchanged(case):
    merge_all, records = case
    assert all(merge_all([record]) == [record] for record in records)


@given(st.lists(st.integers(0, 4)))
def test_groups_stand_where_their_first_record_stood(keys):
    records = list(enumerate(keys))
    merged = merge(records, lambda a, b: a[1] == b[1], lambda a, _: a)
    assert merged == [(keys.index(key), key) for key in dict.fromkeys(keys)]


@given(st.lists(meetings, max_size=6))
def test_merged_meetings_name_nobody_new(records):
    known = {actor.name for record in records for actor in record.participants}
    assert {name for record in merge_meetings(records) for name in names(record)} <= known
