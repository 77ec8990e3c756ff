"""Sentence units inside one line, with exact offsets."""

import re
from collections.abc import Set
from functools import cache

from nupunkt import PunktSentenceTokenizer, load

from llm_extract.text.lines import INVISIBLE, Bounds, is_blank, trim

_INSIDE_WORDS = frozenset("\u00ad\u200c\u200d")
_WIDE_BLANKS = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
)
_PLAIN = {ord(char): " " for char in (*(INVISIBLE - _INSIDE_WORDS), *_WIDE_BLANKS)}
_TITLE_END = re.compile(
    r"\b(?:Lt|Cmdr|Reps|Profs|Mx|Revd|Msgr|Cdr|Ald|Cllr|Archbp|Bp|Engr|Secy)\.\s+$"
)
_OMISSION = re.compile(r"\w[,;]?\s(?:…|\.\.\.)\s+$")
_EXCLAMATION = re.compile(r"[!?…][\"”’»']+\s+$")
_SPEAKER_FOLLOWS = re.compile(
    r"(?:[A-Z][\w’'.-]*\s+){1,4}(?:said|says|asked|asks|added|told|wrote|replied|exclaimed)\b"
)
_MISSING_BLANK = re.compile(
    r"(?<=[^\W\d_A-Z]{3})[.!?](?:[\"“”‘’«»](?=[A-Z])|(?=[A-Z][^\W\d_]+[\s,’']))"
)
_DOMAIN = re.compile(r"(?:Com|Org|Net|Gov|Edu|Info|News)\b")
_WIDE_END = re.compile(r"[。！？｡]+")
_REACH = 40


@cache
def _tokenizer() -> PunktSentenceTokenizer:
    return load("default")


def sentence_bounds(
    text: str, line: Bounds, opening: Set[int] = frozenset(), closing: Set[int] = frozenset()
) -> list[Bounds]:
    """Divide one line into sentence units.

    Args:
        text: the article.
        line: start and end of the line, in code points.
        opening: offsets of the characters that open quotations; these stay with the sentence that
            follows.
        closing: offsets of the characters that close quotations; these stay with the sentence that
            they close.

    Returns:
        The units in order, without blanks at their edges. Together they cover every non-blank
        character of the line once.
    """
    start, end = line
    plain = text[start:end].translate(_PLAIN)
    cuts = {
        _settle(text, line, start + cut, opening, closing)
        for cut in _cuts(plain)
        if not _is_inside_sentence(plain, cut)
    }
    edges = [start, *sorted(cuts - {start, end}), end]
    pieces = [trim(text, *piece) for piece in zip(edges, edges[1:], strict=False)]
    return _joined(text, [piece for piece in pieces if piece[0] < piece[1]])


def _cuts(line: str) -> set[int]:
    """Return the offsets in the line at which a sentence may begin."""
    cuts = {start for start, _ in _tokenizer().span_tokenize(line)}
    cuts.update(
        missing.end()
        for missing in _MISSING_BLANK.finditer(line)
        if not _DOMAIN.match(line, missing.end())
    )
    cuts.update(end.end() for end in _WIDE_END.finditer(line))
    return cuts


def _is_inside_sentence(line: str, cut: int) -> bool:
    """Tell whether what stands before a cut does not end a sentence after all."""
    before = line[max(0, cut - _REACH) : cut]
    if _TITLE_END.search(before) or _OMISSION.search(before):
        return True
    return bool(_EXCLAMATION.search(before)) and _SPEAKER_FOLLOWS.match(line, cut) is not None


def _settle(text: str, line: Bounds, cut: int, opening: Set[int], closing: Set[int]) -> int:
    """Move a cut so that quotation marks stay with the words that they enclose."""
    start, end = line
    ahead = cut
    while ahead < end and (ahead in closing or is_blank(text[ahead])):
        ahead += 1
        cut = ahead if ahead - 1 in closing else cut
    back = cut
    while back > start and (back - 1 in opening or is_blank(text[back - 1])):
        back -= 1
        cut = back if back in opening else cut
    return cut


def _joined(text: str, pieces: list[Bounds]) -> list[Bounds]:
    """Join pieces without any letter or digit to their neighbours: the next one, else the last."""
    units: list[Bounds] = []
    wordless: int | None = None
    for start, end in pieces:
        if any(char.isalnum() for char in text[start:end]):
            units.append((start if wordless is None else wordless, end))
            wordless = None
        elif wordless is None:
            wordless = start
    if wordless is not None:
        first = units.pop()[0] if units else wordless
        units.append((first, pieces[-1][1]))
    return units
