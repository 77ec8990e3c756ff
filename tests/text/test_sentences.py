import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.text.lines import is_blank, line_bounds, paragraph_bounds
from llm_extract.text.sentences import sentence_bounds


def units(line: str) -> list[str]:
    return [line[start:end] for start, end in sentence_bounds(line, (0, len(line)))]


@pytest.mark.parametrize(
    "expected",
    [
        ["The talks failed.", "Then the envoys left."],
        ["He met Lt. Col. Dana Frost, Cllr. Ed Moss and Mr. Hale.", "They agreed."],
        ["Acme Inc. sued the U.S. Army on Friday.", "It lost."],
        ["J. K. Marlowe met George W. Tanner.", "They spoke."],
        ["Prices rose by 3.5 per cent to $4.20.", "Wages fell."],
        ["It is No. 10 on the list.", "He voted no.", "Then he left."],
        ["They wanted to end the war.", "Sanctions remain."],
        ["He made the call.", "Nobody in the West.", "Then came the day."],
        ["Élan waned.", "Čapek left.", "Örebro stayed."],
        ["It was over…", "Nobody moved...", "I saw it."],
        ["Who came?", "Nobody!", "Why?"],
        ["“Never!” Ann Marlowe said.", "“Never!”", "It was over."],
        ["He left.", "(She stayed.)", "They met."],
        ["He said it ended.", "(Reuters)"],
        ["He told state TV.", "-AFP"],
        ["第一。", "第二！", "第三"],
        ["كيف حالك؟", "هذا نص."],
    ],
)
def test_line_is_divided_into_sentences(expected: list[str]) -> None:
    joined = " ".join(expected)
    assert units(joined) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("The vote was lost.Then he left.", ["The vote was lost.", "Then he left."]),
        ("He said no.”Then he left.", ["He said no.”", "Then he left."]),
        ("Write to news@example.Com or visit example.Org today.", None),
        ("He runs Node.js on v2.Beta today.", None),
        ("state TV.-REUTERS", ["state TV.", "-REUTERS"]),
    ],
)
def test_missing_blank_after_full_stop(line: str, expected: list[str] | None) -> None:
    assert units(line) == (expected or [line])


@pytest.mark.parametrize(
    "line",
    [
        "They met in the capital … the envoy stayed … President Lind left.",
        "He called Mr. “Big” Moss a friend.",
        "“Is that so?” asked Gov. Dana Frost.",
    ],
)
def test_sentence_is_not_divided(line: str) -> None:
    assert units(line) == [line]


@pytest.mark.parametrize("blank", ["\u00a0", "\u2009", "\u200b ", " \u200f", "\ufeff ", "\u202f"])
def test_unusual_blanks_separate_sentences(blank: str) -> None:
    assert units(f"He left.{blank}She stayed.") == ["He left.", "She stayed."]


def test_soft_hyphens_ligatures_and_emoji_stay_where_they_are() -> None:
    line = "The gov\u00adern\u00adment \ufb01nally fell 👩🏽‍🚀. Nobody wept 🇺🇳."
    assert units(line) == [
        "The gov\u00adern\u00adment \ufb01nally fell 👩🏽‍🚀.",
        "Nobody wept 🇺🇳.",
    ]


def test_ellipsis_between_sentences_belongs_to_the_second() -> None:
    assert units("It is so. … The rest follows.") == ["It is so.", "… The rest follows."]


def test_closing_mark_stays_with_its_sentence_and_opening_mark_with_the_next() -> None:
    line = "It is over. » Then he left. “ We go."
    opening, closing = frozenset({line.index("“")}), frozenset({line.index("»")})
    bounds = sentence_bounds(line, (0, len(line)), opening, closing)
    assert [line[a:b] for a, b in bounds] == ["It is over. »", "Then he left.", "“ We go."]


def test_punctuation_alone_is_joined_to_a_neighbour() -> None:
    assert units("— He left. ***") == ["— He left. ***"]
    assert units("***") == ["***"]


def test_offsets_refer_to_the_whole_text() -> None:
    text = "Heading\nOne here. Two here."
    assert sentence_bounds(text, (8, len(text))) == [(8, 17), (18, 27)]


@given(st.text(alphabet=st.sampled_from("aB. !?…“”\"'»\u200b\u00a0\u00ad。1-("), max_size=80))
def test_units_cover_every_inked_character_once(line: str) -> None:
    for start, end in line_bounds(line, 0, len(line)):
        bounds = sentence_bounds(line, (start, end))
        covered = [i for a, b in bounds for i in range(a, b)]
        assert covered == sorted(set(covered))
        inked = {i for i in range(start, end) if not is_blank(line[i])}
        assert inked <= set(covered)
        assert not any(is_blank(line[a]) or is_blank(line[b - 1]) for a, b in bounds)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\f", "\x85"])
def test_every_kind_of_line_break_ends_a_line(line_break: str) -> None:
    text = f"One{line_break}two{line_break}{line_break}  Three "
    assert [text[a:b] for a, b in line_bounds(text, 0, len(text))] == ["One", "two", "Three"]


def test_paragraphs_are_lines() -> None:
    text = "One line.\nAnother line.\n\nand a third"
    assert [text[a:b] for a, b in paragraph_bounds(text)] == [
        "One line.",
        "Another line.",
        "and a third",
    ]


def test_paragraphs_of_text_wrapped_at_a_fixed_width_are_blocks() -> None:
    text = (
        "The envoys met in\nthe old town and\nagreed to meet\nagain.\n\nThey then left for\nhome."
    )
    assert len(paragraph_bounds(text)) == 2


def test_line_of_invisible_characters_is_blank() -> None:
    assert paragraph_bounds("\ufeff\u200b\n \u00ad\n") == []
