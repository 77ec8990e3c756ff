"""Quotation marks: which characters are marks, and whether they can open or close a quotation."""

import re
from dataclasses import dataclass
from typing import Literal

from llm_extract.text.lines import is_blank

Family = Literal["double", "single", "guillemet", "angle", "corner", "white corner"]
Role = Literal["open", "close", "either"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A quotation mark.

    Attributes:
        start: offset of its first character, in code points.
        end: offset after its last character (doubled marks have two).
        family: marks of one family may open and close each other.
        role: what the glyph and its neighbours allow.
        soft: a closing mark that is an apostrophe or a unit of length if a firmer one follows.
    """

    start: int
    end: int
    family: Family
    role: Role
    soft: bool = False


_GLYPHS: dict[str, tuple[Family, Role]] = {
    '"': ("double", "either"),
    '""': ("double", "either"),
    "＂": ("double", "either"),
    "“": ("double", "open"),
    "”": ("double", "close"),
    "„": ("double", "open"),
    "‟": ("double", "open"),
    "〝": ("double", "open"),
    "〞": ("double", "close"),
    "``": ("double", "open"),
    "''": ("double", "either"),
    ",,": ("double", "open"),
    "‚‚": ("double", "open"),
    "‘‘": ("double", "open"),
    "’’": ("double", "close"),
    "'": ("single", "either"),
    "＇": ("single", "either"),
    "‘": ("single", "open"),
    "’": ("single", "close"),
    "‚": ("single", "open"),
    "‛": ("single", "open"),
    "`": ("single", "open"),
    "´": ("single", "close"),
    "«": ("guillemet", "open"),
    "»": ("guillemet", "close"),
    "‹": ("angle", "open"),
    "›": ("angle", "close"),
    "「": ("corner", "open"),
    "」": ("corner", "close"),
    "『": ("white corner", "open"),
    "』": ("white corner", "close"),
}
_EMPTY = frozenset({'""', "''"})
_UPRIGHT: frozenset[Family] = frozenset({"corner", "white corner"})

_SINGLES = "".join(glyph for glyph in _GLYPHS if len(glyph) == 1)
_RUN = re.compile(f"(?:,,|[{_SINGLES}])+")
_MARK = re.compile("``|''|,,|‚‚|‘‘|’’|\"\"|.")
_MARK_BETWEEN_WORDS = re.compile("``|''|,,|‚‚|‘‘|’’|.")
_FEET_AND_INCHES = re.compile(r"\d\s?['’‘´]\s?\d{1,2}(?:\.\d+)?\s?(?:''|’’|[\"”“])")
_ELISION = re.compile(
    r"(?:\d\ds|s|t|re|ve|ll|d|m|n|em|til|tis|twas|twere|twill|cos|cuz|neath|gainst|nuff)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\d\d\b")
_WORD_FOLLOWS = re.compile(r"\s\w")
_BEFORE_OPENING = frozenset("([{<—–-‐‑−/|*_~=>•:")
_AFTER_CLOSING = frozenset(".,;:!?)]}<—–-‐‑−/|*_~=…%")
_NOT_AFTER_OPENING = frozenset(".,;:!?)]}")


def find_marks(text: str, start: int, end: int) -> list[Mark]:
    """Return the quotation marks of `text[start:end]`, apostrophes and inch signs left out."""
    lengths = {
        offset
        for measure in _FEET_AND_INCHES.finditer(text, start, end)
        for offset in range(*measure.span())
    }
    marks: list[Mark] = []
    for run in _RUN.finditer(text, start, end):
        before = text[run.start() - 1] if run.start() > start else " "
        after = text[run.end() : min(run.end() + 2, end)] or " "
        for glyph in _split(run.group(), before, after):
            first = run.start() + glyph.start()
            last = run.start() + glyph.end()
            if first in lengths:
                continue
            mark = _mark(text, first, last, before, after)
            if mark is not None:
                marks.append(mark)
    return marks


def _split(run: str, before: str, after: str) -> list[re.Match[str]]:
    """Divide adjacent marks; `""` between two words closes one quotation and opens the next."""
    at_edge = is_blank(before) or is_blank(after[0]) or not after[0].isalnum()
    return list((_MARK if at_edge else _MARK_BETWEEN_WORDS).finditer(run))


def _mark(text: str, start: int, end: int, before: str, after: str) -> Mark | None:
    """Judge one mark; `before` and `after` are the characters around its run of marks."""
    family, role = _GLYPHS[text[start:end]]
    if family in _UPRIGHT:
        return Mark(start, end, family, role)
    if _is_apostrophe(text, start, end, family, before, after[0]):
        return None
    if text[start:end] in _EMPTY and _starts_word(before) and not after[0].isalnum():
        return None
    context = _context(before, after)
    if context != "either" and context != role:
        role = context if role == "either" else "either"
    return Mark(start, end, family, role, soft=_is_soft(text, end, family, before, after))


def _context(before: str, after: str) -> Role:
    ellipsis = after.startswith(("…", ".."))
    opens = _starts_word(before) and not (
        is_blank(after[0]) or (after[0] in _NOT_AFTER_OPENING and not ellipsis)
    )
    closes = not is_blank(before) and (is_blank(after[0]) or after[0] in _AFTER_CLOSING)
    if opens == closes:
        return "either"
    return "open" if opens else "close"


def _starts_word(before: str) -> bool:
    return is_blank(before) or before in _BEFORE_OPENING


def _is_apostrophe(
    text: str, start: int, end: int, family: Family, before: str, after: str
) -> bool:
    if family != "single":
        return end - start == 2 and text[start] in "'’" and before.isalnum() and after.isalnum()
    if before.isalnum() and after.isalnum():
        return True
    if text[start] == "`" and not _starts_word(before):
        return True
    if text[start] == "‚" and before.isalnum():
        return True
    if before.isalnum():
        return False
    after_word = start > 1 and text[start - 2].isalpha()
    year = text[start] != "‘" and after_word and _YEAR.match(text, end) is not None
    return year or _ELISION.match(text, end) is not None


def _is_soft(text: str, end: int, family: Family, before: str, after: str) -> bool:
    """Tell a possessive ("the ministers' plan"), "goin' home" and inches from a firm close."""
    if not (is_blank(after[0]) and _WORD_FOLLOWS.match(text, end)):
        return False
    if before.isdigit():
        return True
    return family == "single" and (before in "sSxz" or text[end - 3 : end - 1] == "in")
