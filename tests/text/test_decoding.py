import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.errors import SourceError
from llm_extract.text.decoding import check_characters, decode

ENGLISH = "“We won’t wait,” the mayor of Northvale said on Monday – and left for the town hall."
FRENCH = "Le maire a déclaré que l'été serait chaud et que les forêts étaient menacées."
RUSSIAN = "Мэр города сказал в понедельник, что переговоры продолжатся на следующей неделе."
JAPANESE = "市長は月曜日に「私たちは待たない」と述べ、会議を終えた。参加者は約四十人だった。"

encodable = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co"), include_characters="\r\n\t")
)


@given(encodable.filter(lambda text: not text.startswith("\ufeff") and "\ufffd" not in text))
def test_utf8_comes_back_unaltered(text: str) -> None:
    assert decode(text.encode("utf-8")) == text


@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "cp1252", "utf-16", "utf-7", "x"]))
def test_any_bytes_give_storable_text_or_an_error(data: bytes, declared: str | None) -> None:
    with contextlib.suppress(SourceError):
        check_characters(decode(data, declared))


@pytest.mark.parametrize(
    "text",
    [
        "one\r\ntwo\rthree\n",
        "co\u00adoperate",
        "ten\u00a0million",
        "oﬃce ﬂat",
        "smile 😀 and 👩‍👩‍👧",
        "\u200fשלום\u200e and مرحبا",
        "e\u0301 stays decomposed",
        "\u2028\u2029\v\f\x85 line ends of all kinds",
        " blanks at the edges \n\n",
        "a \ufeff mark in the middle",
    ],
)
def test_nothing_is_normalised(text: str) -> None:
    assert decode(text.encode("utf-8")) == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_byte_order_mark_decides_and_goes(mark: bytes, encoding: str) -> None:
    assert decode(mark + ENGLISH.encode(encoding), declared="koi8-r") == ENGLISH


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ENGLISH, "cp1252"),
        ("“No,” he said: “it’s for the town.”", "cp1252"),
        ("It cost £3m or €4m", "cp1252"),
        ("It’s over. The committee met again in the town hall and talked about it.", "cp1252"),
        ("The firm paid £3m for it.", "latin-1"),
        ("The café in Zürich was closed. Mayor José Núñez said so on Monday.", "latin-1"),
        ("“¿Qué?” asked José – who’d paid €5" + " for the tickets to the town hall" * 9, "cp1252"),
        (FRENCH, "latin-1"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc-jp"),
        ("Привет, мир.", "shift_jis"),
    ],
)
def test_other_encoding_is_detected(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("Привет.", "cp1251", "windows-1251"),
        ("Привет.", "koi8-r", "KOI8-R"),
        ("Źródło żółte", "iso8859-2", "ISO-8859-2"),
        ("“No”", "cp1252", "iso-8859-1"),
        ("“No”", "cp1252", "us-ascii"),
        ("①会議", "cp932", "Shift_JIS"),
        ("Plain words", "utf-16-le", "utf-16-le"),
    ],
)
def test_declared_encoding_is_used(text: str, encoding: str, declared: str) -> None:
    assert decode(text.encode(encoding), declared) == text


@pytest.mark.parametrize(
    "declared", ["no-such-encoding", "", "base64", "unicode_escape", "utf-7", "utf-16", "a\0b"]
)
def test_declaration_that_cannot_be_right_is_ignored(declared: str) -> None:
    text = r"Déjà vu in C:\temp +AGE- today"
    assert decode(text.encode("cp1252"), declared) == text


def test_utf8_wins_over_a_wrong_declaration() -> None:
    assert decode(ENGLISH.encode("utf-8"), "windows-1252") == ENGLISH


def test_damaged_byte_in_utf8_costs_one_character() -> None:
    data = ENGLISH.encode("utf-8").replace(b"mayor", b"may\xf3r")
    assert decode(data, "windows-1252") == ENGLISH.replace("mayor", "may\ufffdr")


def test_replacement_character_in_the_file_is_no_damage() -> None:
    text = "\ufffd was here already, and so was the rest"
    assert decode(text.encode("utf-8"), "windows-1252") == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"words and a NUL\0 byte",
        "plain words".encode("utf-16-le"),
        bytes(range(1, 32)) * 10,
        bytes(range(255, 0, -1)) * 4,
        b"\xff\xfe" + bytes(range(0x80, 0x100)) * 8,
        b"\xff\xfea\0\0\0b\0",
    ],
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match="binary data"):
        decode(data)


def test_few_control_characters_are_kept() -> None:
    text = "A page\x0c and a bell\x07 in an article that is otherwise quite an ordinary one."
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [("ab\ud83dc", "lone surrogate.* at offset 2"), ("abc\0", "NUL character at offset 3")],
)
def test_text_that_cannot_be_stored_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        check_characters(text)
