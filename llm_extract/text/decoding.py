"""From the bytes of a file to its text: encodings, and the refusal of what is not text."""

import codecs
import unicodedata
from collections import Counter

from llm_extract.errors import SourceError

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# What pages declare, and the larger encoding that browsers read for it: a page that says latin-1
# means the curly quotes of Windows.
_READ_AS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
# Codecs of Python that are no encodings of files.
_NOT_OF_FILES = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "utf-7"}

_TEXT_CONTROLS = frozenset("\t\n\v\f\r\x85")
_MAX_NOISE = 0.05  # share of characters that do not occur in text
_MAX_ACCENTS = 0.02  # share of letters beyond ASCII in English
_MAX_TYPOGRAPHY = 0.2  # share of quotes, dashes and currency signs, high in a short text
_VALID_PER_DAMAGED = 4  # valid UTF-8 characters for each damaged byte, at least


def decode(data: bytes, declared: str | None = None) -> str:
    """Return the text of `data`; nothing but a byte order mark is taken away.

    In this order: a byte order mark decides; then UTF-8, of which single damaged bytes become
    U+FFFD, since no other encoding resembles it; then the declared encoding; then Windows-1252
    where nearly all is ASCII; then detection.

    Args:
        data: the content of a file.
        declared: name of the encoding that the file states, as in `<meta charset>`; ignored where
            the bytes contradict it or no such encoding is known.

    Returns:
        Text that can be encoded as UTF-8, so without lone surrogates.

    Raises:
        SourceError: the data is binary, or in no encoding that can be told.
    """
    text = _marked(data)
    if text is None:
        text = _declared(data, declared, wide=True) if b"\0" in data else _unmarked(data, declared)
    if text is None and b"\0" not in data:
        raise SourceError("is binary data, or text in an unknown encoding: save it as UTF-8")
    if text is None or "\0" in text:
        raise SourceError("is binary data, not text (UTF-16 text needs a byte order mark)")
    if _noise(text) > _MAX_NOISE:
        raise SourceError("is binary data, not text (many control or unreadable characters)")
    return text


def check_characters(text: str) -> None:
    """Refuse a text that cannot be stored and sent as UTF-8 text.

    Raises:
        SourceError: the text holds a lone surrogate or a NUL character.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise SourceError(
            f"has a lone surrogate, half of a character, at offset {error.start}: decode it anew"
        ) from error
    if "\0" in text:
        raise SourceError(f"has a NUL character at offset {text.index(chr(0))}: remove it")


def _marked(data: bytes) -> str | None:
    """Decode data that begins with a byte order mark; None where there is none."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    return None


def _unmarked(data: bytes, declared: str | None) -> str | None:
    """Decode data without mark and NUL bytes, by the first way that fits it."""
    text = _utf8(data)
    if text is None:
        text = _declared(data, declared, wide=False)
    if text is None:
        text = _mostly_ascii(data)
    return _detected(data) if text is None else text


def _utf8(data: bytes) -> str | None:
    """Decode UTF-8 in which at most a few bytes are damaged."""
    text = data.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd") - data.count("\ufffd".encode())
    valid = len(text) - len(text.encode("ascii", errors="ignore")) - damaged
    return text if damaged * _VALID_PER_DAMAGED <= valid else None


def _declared(data: bytes, declared: str | None, *, wide: bool) -> str | None:
    """Decode by the declared encoding; `wide` says whether it must be UTF-16 or UTF-32."""
    try:
        name = codecs.lookup(declared or "").name
        if name in _NOT_OF_FILES or name.startswith(("utf-16", "utf-32")) != wide:
            return None
        return data.decode(_READ_AS.get(name, name))
    except (LookupError, ValueError):  # no such codec, none of text, or not the right one
        return None


def _mostly_ascii(data: bytes) -> str | None:
    """Decode ASCII with the quotes, dashes and rare accents of Windows, as English has them.

    So few bytes tell statistics nothing, and languages that need another encoding have far more
    letters beyond ASCII.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    special = {c: count for c, count in Counter(text).items() if not c.isascii()}
    letters = sum(count for c, count in special.items() if c.isalpha())
    others = sum(special.values()) - letters
    few = letters <= _MAX_ACCENTS * len(text) and others <= _MAX_TYPOGRAPHY * len(text)
    return text if few else None


def _detected(data: bytes) -> str | None:
    """Decode by the statistics of the bytes; Western European wherever it is as likely."""
    import charset_normalizer

    matches = charset_normalizer.from_bytes(data)
    best = matches.best()
    if best is None:
        return None
    likeliest = [match for match in matches if match.chaos <= best.chaos]
    western = [match for match in likeliest if "cp1252" in match.could_be_from_charset]
    return str(western[0] if western else best)


def _noise(text: str) -> float:
    """Return the share of characters that speak against text, 0.0 to 1.0."""
    noise = sum(count for c, count in Counter(text).items() if _is_noise(c))
    return noise / max(len(text), 1)


def _is_noise(character: str) -> bool:
    """Tell controls other than blanks, private use and the sign for what could not be decoded."""
    if character in _TEXT_CONTROLS:
        return False
    return character == "\ufffd" or unicodedata.category(character) in ("Cc", "Co")
