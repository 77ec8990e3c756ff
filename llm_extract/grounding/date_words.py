"""Where a text has dating expressions, each at its full length."""

import re

MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY = rf"(?:{'|'.join(WEEKDAY_NAMES)})"
_WEEKDAY_SHORT = r"(?:Mon|Tues?|Wed|Thu(?:rs)?|Fri|Sat|Sun)\.?"
_MONTH = rf"(?:{'|'.join(MONTH_NAMES)})"
_MONTH_SHORT = rf"(?:{_MONTH}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_PLAIN_MONTH = r"(?:January|February|July|September|October|November|December)"
_YEAR = r"(?:(?:19|20)\d\d(?!\d|[.,]\d|\s?%))"
_DAY = (
    r"(?:(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
    r"(?!\w|[.,:]\d|\s?%|\s+(?:per\s?cent|million|billion)\b))"
)
_TO = r"\s*(?:–|—|-|\bto\b|\bthrough\b|\buntil\b|\band\b)\s*"
_PART = r"(?:\s+(?:morning|afternoon|evening|night))"
_THAT_YEAR = rf"(?:,?\s+(?:of\s+)?{_YEAR}|,?\s+(?:of\s+)?(?:last|this|next)\s+year\b)"
_NUMBER = (
    r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|a\s+few|a\s+couple\s+of|several)"
)
_STAGE = (
    r"(?:(?:(?:at|by|towards?|since|in)\s+)?the\s+(?:beginning|start|middle|end)\s+of"
    r"|(?:early|mid|late)(?:\s+in)?|mid-|(?:earlier|later)\s+in)[\s-]*"
)
_RELATIVE_DAY = r"(?:yesterday|today|tomorrow)"


def _after(*words: str) -> str:
    """Return a pattern that matches between one of the words and what follows it."""
    return "(?:" + "|".join(rf"(?<=\b{word}\s)" for word in words) + ")"


_BEFORE_TIME = ("in", "since", "during", "until", "till")
_BEFORE_ANYTHING = ("of", "by", "from", "before", "after", "to", "between", "for")
_CALENDAR_DAY = (
    rf"(?:{_DAY}(?:{_TO}{_DAY})?\s+(?:of\s+)?{_MONTH_SHORT}"
    rf"|{_MONTH_SHORT}\s+{_DAY}(?:{_TO}{_DAY})?)"
)
_PATTERNS = tuple(
    re.compile(rf"(?<![\w-])(?:{source})(?!\w|-[a-z])")
    for source in (
        # "yesterday, Friday, 10 March 2022", "28 July to 2 August", "August 28 to 30"
        rf"(?:(?i:{_RELATIVE_DAY}),?\s+)?"
        rf"(?:(?:{_WEEKDAY}|{_WEEKDAY_SHORT}){_PART}?,?\s+(?:the\s+)?)?"
        rf"{_CALENDAR_DAY}(?:{_TO}{_CALENDAR_DAY})?{_THAT_YEAR}?",
        # "late February", "at the beginning of July", "last November", "December last year"
        rf"(?i:{_STAGE}|(?:last|this|next)\s+){_MONTH}{_THAT_YEAR}?",
        rf"{_MONTH_SHORT}{_THAT_YEAR}",
        # "in May"; "a letter to May" may go to a person
        rf"{_PLAIN_MONTH}|(?i:{_after(*_BEFORE_TIME)}){_MONTH}",
        # "yesterday, Friday", "last Sunday", "late Tuesday evening", "Monday of next week"
        rf"(?:(?i:{_RELATIVE_DAY}){_PART}?,?\s+|(?i:early|late|earlier|later)\s+(?:on\s+)?"
        rf"|(?i:last|this|next|the\s+following|the\s+previous)\s+)?{_WEEKDAY}{_PART}?"
        rf"(?:{_TO}{_WEEKDAY}{_PART}?)?(?:\s+(?:of\s+)?(?:last|this|next)\s+week)?",
        # "earlier today", "the day before yesterday"; "USA Today" is not one
        rf"(?:(?i:earlier|later|late|early)\s+|the\s+day\s+(?:before|after)\s+)?"
        rf"(?:{_RELATIVE_DAY}|tonight){_PART}?",
        rf"(?:\A|(?<=[.!?:;“\"‘(]\s)|(?<=[“\"‘(]))(?:Yesterday|Today|Tomorrow|Tonight){_PART}?",
        r"(?i:last\s+night|this\s+(?:morning|afternoon|evening))",
        # "earlier this month", "next week", "at the end of the year", "the following day"
        rf"(?i:(?:{_STAGE}|(?:earlier|later)\s+|(?:over|at)\s+)?"
        r"(?:last|this|next)\s+(?:week(?:end)?|month|year|spring|summer|autumn|fall|winter))",
        rf"(?i:{_STAGE}the\s+(?:week|month|year)|(?:over|at)\s+the\s+weekend)",
        r"(?i:the\s+(?:same|following|previous|next|preceding)\s+(?:day|week(?:end)?|month|year))",
        r"(?i:in\s+the\s+(?:coming|next\s+few|next\s+couple\s+of)\s+(?:days|weeks|months))",
        # "two weeks ago", "less than two weeks after"
        rf"(?i:(?:(?:less|more)\s+than|about|around|nearly|almost|over|just)\s+)?(?i:{_NUMBER})\s+"
        r"(?i:days?|weeks?|months?|years?)(?:\s+(?:ago|earlier|later)|(?=\s+(?:after|before)\b))",
        # "in 2023", "between 2015 and 2017", "summer of 2021"
        rf"(?i:{_STAGE}|{_after(*_BEFORE_TIME, *_BEFORE_ANYTHING)}){_YEAR}(?:{_TO}{_YEAR})?",
        rf"(?i:spring|summer|autumn|fall|winter)\s+(?:of\s+)?{_YEAR}",
        r"\d{4}-\d{2}-\d{2}|\d{1,2}([./-])\d{1,2}\1\d{4}",
    )
)


def find_dates(text: str) -> list[tuple[int, int]]:
    """Find the dating expressions of a text, each as long as it goes.

    Prepositions stay outside ("on Thursday" gives "Thursday") unless the expression needs them
    ("at the beginning of July"). Names of months and days that are ordinary words or personal
    names ("May", "March", "April", "Today") count only where their surroundings show a date.

    Args:
        text: a sentence, or any text.

    Returns:
        Start and end offsets in code points, in order, not overlapping.
    """
    spans = {found.span() for pattern in _PATTERNS for found in pattern.finditer(text)}
    chosen: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        if all(end <= other[0] or other[1] <= start for other in chosen):
            chosen.append((start, end))
    return sorted(chosen)
