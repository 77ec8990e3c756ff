"""Sentence units inside one line, with exact offsets."""

import re
from collections.abc import Iterator, Set
from functools import cache
from itertools import pairwise

from nupunkt import PunktSentenceTokenizer, load

from llm_extract.text.lines import INVISIBLE, Bounds, is_blank, trim

_INSIDE_WORDS = frozenset("\u00ad\u200c\u200d")
_WIDE_BLANKS = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
)
_PLAIN = {ord(char): " " for char in (*(INVISIBLE - _INSIDE_WORDS), *_WIDE_BLANKS)}

_NEVER_LAST = re.compile(
    r"Mr|Mrs|Ms|Mx|Messrs|Drs?|Profs?|Rev|Revd|Hon|Govs?|Sens?|Reps?|Gen|Col|Lt|Maj|Capt|Cmdr|Cdr"
    r"|Adm|Sgt|Cpl|Pvt|Pte|Brig|Amb|Pres|Supt|Insp|Det|Atty|Cllr|Ald|Msgr|Archbp|Engr|Secy|Asst|Fr"
    r"|vs"
)
_MAY_BE_LAST = re.compile(
    r"Inc|Corp|Cos?|Ltd|Llc|Plc|Bros|Dept|Univ|Assn|Assoc|Govt|Jr|Sr|Esq|etc|al|Ave|Blvd|Rd|Sq|Ste?"
    r"|Mt|Ft|Nos?|Art|Sec|Vol|Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Md|Mass"
    r"|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Vt|Va|Wash|Wis|Wyo"
)
_WORD_END = re.compile(
    r"(?<![\w.])([^\W\d_]{2,})(?:[.!?…]|\.{2,4})[\"”’»)\]]*\s+(?=[\"“‘«„(\[]*\s?(\w))"
)
_WORD_BEFORE = re.compile(r"(?<![\w.])([^\W\d_]{2,})\.\s+$")
_OMISSION = re.compile(r"\w[,;]?\s(?:…|\.\.\.)\s+$")
_EXCLAMATION = re.compile(r"[!?…][\"”’»']+\s+$")
_SPEAKER_FOLLOWS = re.compile(
    r"(?:[A-Z][\w’'.-]*\s+){1,4}(?:said|says|asked|asks|added|told|wrote|replied|exclaimed)\b"
)
_LEADING_ELLIPSIS = re.compile(r"(?<=[.!?])[\"”’»]*\s+((?:…|\.\.\.)\s+)$")
_MISSING_BLANK = re.compile(
    r"(?<=[^\W\d_A-Z]{3})[.!?](?=[A-Z][^\W\d_]+[\s,’'])"
    r"|(?<=[^\W\d_A-Z]{2})[.!?][\"“”‘’«»](?=[A-Z])"
)
_DOMAIN = re.compile(r"(?:Com|Org|Net|Gov|Edu|Info|News)\b")
_SIGN_OFF = re.compile(r"(?<=[.!?\"”])\s?(?=[-–—]\s?(?:[A-Z]{2,}|Reuters)\W*$)")
_WIDE_END = re.compile(r"[。！？｡؟۔।]+")
_LONG_TOKEN = re.compile(r"\S{200,}")
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
        _settle(text, line, start + _before_ellipsis(plain, cut), opening, closing)
        for cut in set(_cuts(plain))
        if not _is_inside_sentence(plain, cut)
    }
    edges = [start, *sorted(cuts - {start, end}), end]
    pieces = [trim(text, *piece) for piece in pairwise(edges)]
    return _joined(text, [piece for piece in pieces if piece[0] < piece[1]])


def _cuts(line: str) -> Iterator[int]:
    """Yield the offsets in the line at which a sentence may begin.

    The tokenizer takes many common words for abbreviations and never cuts after them; that is put
    right here. It is slow on long stretches without a blank, which hold nothing for it.
    """
    for start, _ in _tokenizer().span_tokenize(_LONG_TOKEN.sub(_masked, line)):
        yield start
    for end in _WORD_END.finditer(line):
        word, first = end.groups()
        if first.isupper() and not (_NEVER_LAST.fullmatch(word) or _MAY_BE_LAST.fullmatch(word)):
            yield end.end()
    for missing in _MISSING_BLANK.finditer(line):
        if not _DOMAIN.match(line, missing.end()):
            yield missing.end()
    for end in (*_WIDE_END.finditer(line), *_SIGN_OFF.finditer(line)):
        yield end.end()


def _masked(token: re.Match[str]) -> str:
    return "x" * len(token.group())


def _is_inside_sentence(line: str, cut: int) -> bool:
    """Tell whether what stands before a cut does not end a sentence after all."""
    before = line[max(0, cut - _REACH) : cut]
    word = _WORD_BEFORE.search(before)
    if (word and _NEVER_LAST.fullmatch(word.group(1))) or _OMISSION.search(before):
        return True
    return bool(_EXCLAMATION.search(before)) and _SPEAKER_FOLLOWS.match(line, cut) is not None


def _before_ellipsis(line: str, cut: int) -> int:
    """Move a cut in front of an ellipsis that stands for words left out between two sentences."""
    first = max(0, cut - _REACH)
    ellipsis = _LEADING_ELLIPSIS.search(line[first:cut])
    return first + ellipsis.start(1) if ellipsis else cut


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
