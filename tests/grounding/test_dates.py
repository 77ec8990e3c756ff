"""Finding dating expressions, and resolving them to what they fix."""

import datetime
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.grounding.dates import find_dates, may_coincide, resolve_date
from llm_extract.schemas import EventDate

WEDNESDAY = datetime.date(2024, 3, 13)

ALONE = [
    ("March 10, 2022", "2022-03-10"),
    ("10 March 2022", "2022-03-10"),
    ("22nd of July, 2020", "2020-07-22"),
    ("Sept. 5, 2021", "2021-09-05"),
    ("Thursday, March 10, 2022", "2022-03-10"),
    ("November 2022", "2022-11"),
    ("late February 2022", "2022-02"),
    ("at the beginning of July 2023", "2023-07"),
    ("2023", "2023"),
    ("early 2023", "2023"),
    ("2024-05-06", "2024-05-06"),
    ("25/12/2023", "2023-12-25"),
    ("12/25/2023", "2023-12-25"),
    ("25.12.2023", "2023-12-25"),
    ("05/05/2023", "2023-05-05"),
]


@pytest.mark.parametrize(("words", "iso"), ALONE)
def test_words_with_a_year_are_fixed_without_a_publication_date(words, iso):
    assert resolve_date(words, None) == iso
    assert resolve_date(words, WEDNESDAY) == iso


@pytest.mark.parametrize(
    "words",
    [
        "",
        "day",
        "03/04/2023",
        "2023-02-30",
        "31 April 2023",
        "Friday, March 10, 2022",  # it was a Thursday
        "August 28 to 30, 2023",
        "28-30 August 2023",
        "between March and May 2023",
        "2015 and 2017",
        "before March 2022",
        "since 2014",
        "this week",
        "next week",
        "the weekend",
        "this weekend",
        "Tuesday 2023",
        "less than two weeks",
        "two weeks ago",
        "some days ago",
        "99999999999 days ago",
        "once the budget has passed",
        "may",
        "may 2023",
        "Monday of next week",
        "yesterday morning last month",
        "next 10 March",
        "10 Friday",
    ],
)
def test_what_the_words_do_not_fix_stays_open(words):
    assert resolve_date(words, WEDNESDAY, "past") is None
    assert resolve_date(words, WEDNESDAY) is None


@pytest.mark.parametrize(
    ("words", "iso"),
    [
        ("today", "2024-03-13"),
        ("this morning", "2024-03-13"),
        ("tonight", "2024-03-13"),
        ("yesterday", "2024-03-12"),
        ("Yesterday evening", "2024-03-12"),
        ("last night", "2024-03-12"),
        ("tomorrow", "2024-03-14"),
        ("two days ago", "2024-03-11"),
        ("3 days ago", "2024-03-10"),
        ("the day before yesterday", "2024-03-11"),
        ("the day after tomorrow", "2024-03-15"),
        ("yesterday, Tuesday", "2024-03-12"),
        ("tomorrow, Thursday", "2024-03-14"),
        ("last Friday", "2024-03-08"),
        ("last Wednesday", "2024-03-06"),
        ("next Monday", "2024-03-18"),
        ("10 March", "2024-03-10"),
        ("Feb. 29", "2024-02-29"),
        ("22 December", "2023-12-22"),
        ("Sunday May 12", "2024-05-12"),
        ("10 March last year", "2023-03-10"),
        ("early March", "2024-03"),
        ("late February", "2024-02"),
        ("December", "2023-12"),
        ("May", "2024-05"),
        ("last November", "2023-11"),
        ("last March", "2023-03"),
        ("this March", "2024-03"),
        ("next March", "2025-03"),
        ("December last year", "2023-12"),
        ("last month", "2024-02"),
        ("earlier this month", "2024-03"),
        ("next month", "2024-04"),
        ("last year", "2023"),
        ("earlier this year", "2024"),
    ],
)
def test_publication_date_completes_the_words(words, iso):
    assert resolve_date(words, WEDNESDAY) == iso
    assert resolve_date(words, None) is None


@pytest.mark.parametrize(
    ("words", "past", "future"),
    [
        ("Friday", "2024-03-08", "2024-03-15"),
        ("Tuesday morning", "2024-03-12", "2024-03-19"),
        ("Friday at 3 pm", "2024-03-08", "2024-03-15"),
        ("Friday at 10:30 a.m. local time", "2024-03-08", "2024-03-15"),
        ("14 September", "2023-09-14", "2024-09-14"),
        ("August", "2023-08", "2024-08"),
    ],
)
def test_tense_decides_what_can_lie_on_either_side(words, past, future):
    assert resolve_date(words, WEDNESDAY) is None
    assert resolve_date(words, WEDNESDAY, "past") == past
    assert resolve_date(words, WEDNESDAY, "future") == future


def test_weekday_of_publication_is_that_day_in_either_tense():
    assert resolve_date("Wednesday", WEDNESDAY) == "2024-03-13"
    assert resolve_date("Wednesday", WEDNESDAY, "past") == "2024-03-13"
    assert resolve_date("Wednesday", WEDNESDAY, "future") == "2024-03-13"


def test_next_weekday_within_the_week_is_ambiguous():
    assert resolve_date("next Friday", WEDNESDAY) is None
    assert resolve_date("next Friday", datetime.date(2024, 3, 16)) == "2024-03-22"


@given(st.text(), st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)))
def test_any_text_resolves_to_an_iso_date_or_nothing(words, published):
    iso = resolve_date(words, published)
    assert iso is None or re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", iso)


@given(
    st.lists(
        st.sampled_from(
            ["10", "31", "2022", "March", "May", "Friday", "last", "next", "year", "month", "today"]
        ),
        max_size=4,
    ),
    st.dates(datetime.date(1950, 1, 1), datetime.date(2100, 1, 1)),
    st.sampled_from(["past", "future", None]),
)
def test_resolved_date_lies_on_the_side_of_its_tense(words, published, tense):
    iso = resolve_date(" ".join(words), published, tense)
    plain = not {"2022", "last", "next", "year", "today"} & set(words)
    if iso is None or tense is None or not plain:
        return
    now = published.isoformat()[: len(iso)]
    assert iso <= now if tense == "past" else iso >= now


FOUND = [
    ("They met yesterday, Friday, in Arden.", ["yesterday, Friday"]),
    ("They met on Tuesday morning.", ["Tuesday morning"]),
    ("He spoke late on Thursday.", ["late on Thursday"]),
    ("The talks run from Monday to Wednesday.", ["Monday to Wednesday"]),
    ("They meet on Monday of next week.", ["Monday of next week"]),
    ("He came last Sunday.", ["last Sunday"]),
    ("The pact of March 10, 2022, holds.", ["March 10, 2022"]),
    ("On 22 July they agreed; on 27 July 2020 it began.", ["22 July", "27 July 2020"]),
    ("It is due from August 28 to 30, they say.", ["August 28 to 30"]),
    ("It ran from 28 July to 2 August 2021.", ["28 July to 2 August 2021"]),
    ("Fri 07 Apr 2017 at 0914", ["Fri 07 Apr 2017"]),
    ("The club meets on Sunday May 1.", ["Sunday May 1"]),
    ("ARDEN, Nov 22 — The mayor left.", ["Nov 22"]),
    ("They met at the beginning of July.", ["at the beginning of July"]),
    ("A visit in late February failed.", ["late February"]),
    ("The first since November 2022.", ["November 2022"]),
    ("Named in December last year.", ["December last year"]),
    ("It began in May.", ["May"]),
    ("The November meeting failed.", ["November"]),
    ("Earlier this month he flew home.", ["Earlier this month"]),
    ("A hug last month, a snub this week.", ["last month", "this week"]),
    ("He will host next week's meeting.", ["next week"]),
    ("It comes less than two weeks after a raid.", ["less than two weeks"]),
    ("Two days ago she resigned.", ["Two days ago"]),
    ("In 2023, they refused.", ["2023"]),
    ("Between 2015 and 2017 it grew.", ["2015 and 2017"]),
    ("Today's talks failed. Yesterday they argued.", ["Today", "Yesterday"]),
    ("They talked over the weekend and last night.", ["over the weekend", "last night"]),
    ("On 2024-05-06 and on 06/05/2024.", ["2024-05-06", "06/05/2024"]),
    ("They meet in the coming weeks.", ["in the coming weeks"]),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_dating_words_are_found_at_full_length(text, expected):
    assert [text[start:end] for start, end in find_dates(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "It may rain, and they may march on.",
        "May Hill met April Stone and June Brook.",
        "March on, he told them.",
        "She wrote a letter to May, and heard from April.",
        "Arden Today and USA Today reported it.",
        "They met on the sidelines of the summit.",
        "About 2000 people and 2,022 cars, 25% more.",
        "The talks lasted two weeks.",
        "Room 2023 of the Sunday-school.",
        "",
    ],
)
def test_words_that_date_nothing_are_left_alone(text):
    assert find_dates(text) == []


@given(
    st.lists(
        st.sampled_from(
            ["on", "Friday", "10", "March", "to", "2022", ",", "last", "week", "two", "days", "ago"]
        )
    ).map(" ".join)
    | st.text()
)
def test_found_spans_are_ordered_apart_and_trimmed(text):
    spans = find_dates(text)
    assert all(start < end <= len(text) for start, end in spans)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


def _date(text, iso=None):
    return EventDate(text=text, iso=iso)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (_date("Thursday"), _date("Thursday morning"), True),
        (_date("Thursday"), _date("Friday"), False),
        (_date("Thursday"), _date("today"), True),
        (_date("yesterday"), _date("today"), False),
        (_date("Thursday"), _date("March 10, 2022", "2022-03-10"), True),
        (_date("Wednesday"), _date("March 10, 2022", "2022-03-10"), False),
        (_date("Wednesday"), _date("March 10, 2022"), False),
        (_date("March", "2022-03"), _date("March 10", "2022-03-10"), True),
        (_date("April", "2022-04"), _date("March 10", "2022-03-10"), False),
        (_date("March"), _date("April"), False),
        (_date("2023"), _date("November 2022"), False),
        (_date("last month"), _date("Friday"), False),
        (_date("last week"), _date("next week"), False),
        (_date("last week"), _date("Friday"), True),
        (_date("August 28 to 30"), _date("August 29"), True),
        (_date("August 28 to 30"), _date("July 29"), False),
        (_date("once the budget has passed"), _date("Friday"), True),
    ],
)
def test_dates_coincide_unless_they_contradict(a, b, expected):
    assert may_coincide(a, b) is expected
    assert may_coincide(b, a) is expected
