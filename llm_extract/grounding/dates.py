"""Dating words: which day, month or year they fix, and when two of them contradict each other.

General date parsers fill in what the words leave open (a bare "May" becomes today's day in May), so
the words are read here and dateutil only does the calendar arithmetic. Whatever the words do not
fix stays open: an expression with one word that is not understood is not resolved at all.
"""

import datetime
import re
from dataclasses import dataclass
from typing import Literal, get_args

from dateutil.relativedelta import relativedelta, weekday

from llm_extract.grounding.date_words import MONTH_NAMES, WEEKDAY_NAMES, find_dates
from llm_extract.schemas import EventDate

__all__ = ["Tense", "find_dates", "may_coincide", "resolve_date"]

Tense = Literal["past", "future"]
Direction = Literal["last", "this", "next"]
Unit = Literal["week", "weekend", "month", "year"]

_MONTHS = {name.lower(): number for number, name in enumerate(MONTH_NAMES, 1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_WEEKDAYS = {name.lower(): number for number, name in enumerate(WEEKDAY_NAMES)}
_WEEKDAYS |= {name[:3]: number for name, number in _WEEKDAYS.items()} | {"tues": 1, "thurs": 3}
_DAY_OFFSETS = {"today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1}
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_PARTS_OF_DAY = frozenset(("morning", "afternoon", "evening", "night", "noon", "midday"))
_NO_MATTER = frozenset(
    {*("on", "in", "at", "the", "of", "early", "mid", "late", "earlier", "later")}
    | {*("beginning", "start", "middle", "end", "local", "time")}
)
_NEARER_BY_MONTHS = 4  # the other candidate is then at least twice as far away
_NEARER_BY_DAYS = 150


@dataclass
class _Reading:
    """What the words of one dating expression say; None where they say nothing."""

    weekday: int | None = None
    day: int | None = None
    month: int | None = None
    year: int | None = None
    offset: int | None = None  # days from the publication date
    direction: Direction | None = None
    unit: Unit | None = None
    part: str | None = None
    vague: bool = False  # has a word that is not understood, or one part twice

    @property
    def near(self) -> bool:
        """Whether the words name a day by its place around the publication."""
        named_month = self.month is not None or self.year is not None
        return not named_month and (self.weekday is not None or self.offset is not None)

    @property
    def far(self) -> bool:
        """Whether the words name another month or year than that of the publication."""
        return self.unit in ("month", "year") and self.direction in ("last", "next")


def resolve_date(
    words: str, published: datetime.date | None, tense: Tense | None = None
) -> str | None:
    """Return the day, month or year that dating words fix.

    Args:
        words: the dating words of an article ("last Friday", "March 10, 2022").
        published: the article's publication date, if known.
        tense: whether the dated event lies before or after publication; decides plain weekdays,
            days and months ("on Friday", "10 March").

    Returns:
        `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; None where the words do not fix it, alone or together
        with the publication date, where they name a range or a week, or contradict themselves.
    """
    numeric = _numeric_date(words)
    if numeric is not None:
        return numeric.isoformat()
    reading = _read(words)
    if reading.vague or reading.unit in ("week", "weekend"):
        return None
    if reading.year is None and reading.unit == "year" and published and reading.direction:
        reading.year = published.year + _step(reading.direction)
    if reading.month is not None:
        return _in_month(reading.month, reading, published, tense)
    if reading.day is not None:
        return None
    if reading.year is not None:
        return f"{reading.year:04}" if reading.weekday is None and reading.part is None else None
    if published is None:
        return None
    return _relative(reading, published, tense)


def may_coincide(a: EventDate, b: EventDate) -> bool:
    """Return whether two dates can belong to one event.

    Args:
        a: a date of the article.
        b: another date of the same article.

    Returns:
        False where they contradict one another: different days, months or years as far as both are
        fixed, different weekdays, "yesterday" and "today", or "last month" and "Friday" (which is
        one of the days around the publication).
    """
    if a.iso and b.iso:
        return a.iso.startswith(b.iso) or b.iso.startswith(a.iso)
    first, second = _with_iso(a), _with_iso(b)
    if (first.far and second.near) or (first.near and second.far):
        return False
    compared = ["year", "month", "offset"]
    if not (first.vague or second.vague):
        compared += ["day", "weekday"]
    if first.unit == second.unit:
        compared.append("direction")
    pairs = ((getattr(first, part), getattr(second, part)) for part in compared)
    return all(None in pair or pair[0] == pair[1] for pair in pairs)


def _with_iso(date: EventDate) -> _Reading:
    """Return the reading of a date's words, completed by its ISO form."""
    reading = _read(date.text)
    if date.iso:
        numbers = [int(part) for part in date.iso.split("-")]
        reading.year, reading.month, reading.day = (*numbers, None, None)[:3]
        if len(numbers) == 3:
            reading.weekday = datetime.date(*numbers).weekday()
    elif reading.year and reading.month and reading.day and reading.weekday is None:
        day = _day_of(reading.year, reading.month, reading.day)
        reading.weekday = day.weekday() if day else None
    return reading


# --- reading the words

_TIME = re.compile(
    r"\b(?:at\s+)?(?:\d{1,2}[:.]\d{2}(?:\s*[ap]\.?m\b\.?)?|\d{1,2}\s*[ap]\.?m\b\.?)"
    r"(?:\s+(?:GMT|UTC|CET|CEST|EST|EDT))?",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s.,]")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_AGO = re.compile(r"(\d{1,2}|[a-z]+)\s+days?\s+ago", re.IGNORECASE)
_NUMERIC = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{1,2})([./-])(\d{1,2})\5(\d{4})")


def _read(words: str) -> _Reading:
    """Read dating words; `vague` is set by any word not understood or said twice."""
    reading = _Reading()
    if ago := _AGO.fullmatch(words.strip()):
        count = _COUNTS.get(ago[1].lower()) or (int(ago[1]) if ago[1].isdecimal() else None)
        reading.offset, reading.vague = (-count if count else None), not count
        return reading
    text = words.replace("the day before yesterday", "").replace("the day after tomorrow", "")
    if text != words:
        reading.offset = -2 if "yesterday" in words else 2
    for token in _TOKEN.findall(_ORDINAL.sub("", _TIME.sub(" ", text))):
        _read_token(token, reading)
    return reading


def _read_token(token: str, reading: _Reading) -> None:
    """Take one word or number into a reading."""
    word = token.lower()
    if word in _NO_MATTER or token == "-":
        return
    if word in _MONTHS and token not in ("may", "march"):
        _take(reading, "month", _MONTHS[word])
    elif word in _WEEKDAYS:
        _take(reading, "weekday", _WEEKDAYS[word])
    elif word in _DAY_OFFSETS:
        _take(reading, "offset", _DAY_OFFSETS[word])
        if word == "tonight":
            _take(reading, "part", "night")
    elif word in _PARTS_OF_DAY:
        _take(reading, "part", word)
    elif word in get_args(Direction):
        _take(reading, "direction", word)
    elif word in get_args(Unit):
        _take(reading, "unit", word)
    elif word.isdecimal() and len(word) == 4 and 1800 <= int(word) <= 2199:
        _take(reading, "year", int(word))
    elif word.isdecimal() and len(word) <= 2 and 1 <= int(word) <= 31:
        _take(reading, "day", int(word))
    else:
        reading.vague = True


def _take(reading: _Reading, part: str, value: int | str) -> None:
    """Set a part of a reading; a part said twice makes it vague (a range, two dates)."""
    if getattr(reading, part) is not None:
        reading.vague = True
    else:
        setattr(reading, part, value)


# --- resolving a reading


def _step(direction: Direction) -> int:
    return {"last": -1, "this": 0, "next": 1}[direction]


def _day_of(year: int, month: int, day: int) -> datetime.date | None:
    """Return the date, or None where the calendar has no such day."""
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def _numeric_date(words: str) -> datetime.date | None:
    """Return the day of an ISO date, or of another numeric one that can be read one way only."""
    found = _NUMERIC.fullmatch(words.strip().rstrip("."))
    if found is None:
        return None
    if found[1]:
        return _day_of(int(found[1]), int(found[2]), int(found[3]))
    first, second, year = int(found[4]), int(found[6]), int(found[7])
    readings = {_day_of(year, second, first), _day_of(year, first, second)} - {None}
    return readings.pop() if len(readings) == 1 else None


def _in_month(
    month: int, reading: _Reading, published: datetime.date | None, tense: Tense | None
) -> str | None:
    """Resolve words that name a month."""
    if reading.offset is not None or reading.unit == "month":
        return None
    if reading.day is not None:
        day = _calendar_day(month, reading.day, reading, published, tense)
        return day.isoformat() if day else None
    if reading.weekday is not None or reading.part is not None:
        return None
    year = reading.year
    if year is None and published is not None:
        year = _year_of_month(month, reading.direction, published, tense)
    return None if year is None else f"{year:04}-{month:02}"


def _calendar_day(
    month: int, number: int, reading: _Reading, published: datetime.date | None, tense: Tense | None
) -> datetime.date | None:
    """Return the day that a month and a day of the month name, if that is one day."""
    if reading.year is not None:
        day = _day_of(reading.year, month, number)
        agrees = day is not None and reading.weekday in (None, day.weekday())
        return day if agrees else None
    if published is None or reading.direction is not None:
        return None
    days = (_day_of(published.year + step, month, number) for step in (-1, 0, 1))
    candidates = [
        day for day in days if day is not None and reading.weekday in (None, day.weekday())
    ]
    if tense == "past":
        return max((day for day in candidates if day <= published), default=None)
    if tense == "future":
        return min((day for day in candidates if day >= published), default=None)
    near = [day for day in candidates if abs((day - published).days) <= _NEARER_BY_DAYS]
    return near[0] if len(near) == 1 else None


def _year_of_month(
    month: int, direction: Direction | None, published: datetime.date, tense: Tense | None
) -> int | None:
    """Return the year of a month named without one, as seen from the publication date."""
    ahead = (month - published.month) % 12  # months until it comes round; 0: this month
    if direction == "this":
        return published.year
    if direction == "last":
        return _shifted(published, months=ahead - 12).year
    if direction == "next":
        return _shifted(published, months=ahead or 12).year
    if tense == "past":
        return _shifted(published, months=ahead - 12 if ahead else 0).year
    if tense == "future" or ahead <= _NEARER_BY_MONTHS:
        return _shifted(published, months=ahead).year
    if 12 - ahead <= _NEARER_BY_MONTHS:
        return _shifted(published, months=ahead - 12).year
    return None


def _relative(reading: _Reading, published: datetime.date, tense: Tense | None) -> str | None:
    """Resolve words that name neither a month nor a year."""
    if reading.weekday is not None:
        day = _weekday(reading.weekday, reading, published, tense)
        return day.isoformat() if day else None
    if reading.offset is not None and reading.direction is None and reading.unit is None:
        return _shifted(published, days=reading.offset).isoformat()
    if reading.direction is None or reading.offset is not None:
        return None
    if reading.unit == "month" and reading.part is None:
        return f"{_shifted(published, months=_step(reading.direction)):%Y-%m}"
    if reading.unit is None and reading.part is not None:
        if reading.direction == "last" and reading.part == "night":
            return _shifted(published, days=-1).isoformat()
        return published.isoformat() if reading.direction == "this" else None
    return None


def _weekday(
    number: int, reading: _Reading, published: datetime.date, tense: Tense | None
) -> datetime.date | None:
    """Return the day that a weekday means, if the words around it or the tense say which."""
    if reading.unit is not None:
        return None
    latest = published + relativedelta(weekday=weekday(number, -1))
    coming = published + relativedelta(weekday=weekday(number, +1))
    if reading.offset is not None:
        return latest if reading.offset <= 0 else coming
    if reading.direction == "last":
        return latest if latest < published else latest - datetime.timedelta(weeks=1)
    if reading.direction == "next":
        # "Next Friday" is the coming one to some and that of next week to others.
        next_week = published + relativedelta(days=7 - published.weekday() + number)
        return next_week if next_week == coming else None
    if latest == coming or tense == "past":
        return latest
    return coming if tense == "future" else None


def _shifted(day: datetime.date, *, days: int = 0, months: int = 0) -> datetime.date:
    """Return the day so many days and months later; the last of the month where it is shorter."""
    return day + relativedelta(days=days, months=months)
