import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.evaluation.json_lines import JsonLines

TEXT = """
{
  "a": 1,
  "b": [
    {"x": "}]", "y":
      null},
    [], {}
  ],
  "c": "last"
}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("a",), 3),
        (("b",), 4),
        (("b", 0), 5),
        (("b", 0, "y"), 5),
        (("b", 1), 7),
        (("b", 2), 7),
        (("c",), 9),
    ],
)
def test_value_is_found_on_its_line(path, line):
    assert JsonLines(TEXT).line(path) == line


def test_missing_value_is_on_the_line_of_what_should_hold_it():
    assert JsonLines(TEXT).line(("b", 1, "evidence", 3)) == 7


def test_invalid_json_is_refused():
    with pytest.raises(json.JSONDecodeError):
        JsonLines('{"a": 1,}')


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.lists(JSON_VALUES, min_size=1, max_size=5), st.sampled_from([None, 0, 2]))
def test_every_element_is_found_whatever_stands_before_it(values, indent):
    # One element a line, each written on a line of its own or over several lines.
    written = [json.dumps(value, indent=indent, ensure_ascii=False) for value in values]
    lines = JsonLines("[\n" + ",\n".join(written) + "\n]")
    expected = 2
    for number, part in enumerate(written):
        assert lines.line((number,)) == expected
        expected += part.count("\n") + 1
