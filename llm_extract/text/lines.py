"""Blanks, lines and paragraphs: where a text is divided before anybody looks at its words."""

import re
from itertools import pairwise

Bounds = tuple[int, int]
"""Start and end of a stretch of text, in code points."""

INVISIBLE = frozenset(
    "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
"""Characters that leave no ink: soft hyphen, zero-width blanks, direction marks."""

_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_LINE = re.compile(f"[^{_BREAKS}]+")
_LINE_BREAK = re.compile(f"\r\n|[{_BREAKS}]")
_MID_SENTENCE = re.compile(r"[^.!?:;…\"”’»)\]]")


def is_blank(char: str) -> bool:
    """Tell whether a character leaves no ink on its own."""
    return char.isspace() or char in INVISIBLE


def trim(text: str, start: int, end: int) -> Bounds:
    """Return `start:end` without the blanks at its edges (an empty stretch where all is blank)."""
    while start < end and is_blank(text[start]):
        start += 1
    while end > start and is_blank(text[end - 1]):
        end -= 1
    return start, end


def line_bounds(text: str, start: int, end: int) -> list[Bounds]:
    """Return the non-blank lines of `text[start:end]`, trimmed, in order."""
    lines = (trim(text, *line.span()) for line in _LINE.finditer(text, start, end))
    return [(first, last) for first, last in lines if first < last]


def paragraph_bounds(text: str) -> list[Bounds]:
    """Return the paragraphs of a text, trimmed, in order.

    A paragraph is a line; in a text that is wrapped at a fixed width it is a block of lines between
    blank lines.
    """
    lines = line_bounds(text, 0, len(text))
    if not _is_wrapped(text, lines):
        return lines
    blocks = lines[:1]
    for start, end in lines[1:]:
        if _adjacent(text, blocks[-1][1], start):
            blocks[-1] = (blocks[-1][0], end)
        else:
            blocks.append((start, end))
    return blocks


def _adjacent(text: str, end: int, start: int) -> bool:
    return len(_LINE_BREAK.findall(text, end, start)) == 1


def _is_wrapped(text: str, lines: list[Bounds]) -> bool:
    """Tell whether most line breaks interrupt a sentence."""
    pairs = [
        (end, start) for (_, end), (start, _) in pairwise(lines) if _adjacent(text, end, start)
    ]
    interrupted = sum(
        text[start].islower() and _MID_SENTENCE.match(text[end - 1]) is not None
        for end, start in pairs
    )
    return interrupted >= 3 and 2 * interrupted >= len(pairs)
