import pytest

from llm_extract.text.display import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\tand  blanks", "two lines and blanks"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("abc\u202edef", "abcdef"),
        ("\ufeffstart", "start"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
    ],
)
def test_text_of_any_origin_is_shown_on_one_line_without_controls(text: str, shown: str) -> None:
    assert plain(text) == shown
