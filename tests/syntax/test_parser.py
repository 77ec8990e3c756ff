import importlib.util
from collections.abc import Iterator

import pytest

from llm_extract.errors import UsageError
from llm_extract.syntax import parser


@pytest.fixture
def without_spacy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    found = importlib.util.find_spec
    monkeypatch.setattr(parser, "find_spec", lambda name: None if name == "spacy" else found(name))
    parser._pipeline.cache_clear()
    yield
    parser._pipeline.cache_clear()


@pytest.mark.usefixtures("without_spacy")
def test_missing_parser_is_said_with_what_to_install() -> None:
    with pytest.raises(UsageError, match=r"pip install 'llm-extract\[grammar\]'"):
        parser.parse(["Peru left."])


def test_offsets_are_those_of_the_sentence_whatever_its_apostrophes() -> None:
    text = "Peru’s navy didn’t leave ‘Port Aldo’."
    (tree,) = parser.parse([text])
    assert "".join(text[t.idx : t.idx + len(t)] + t.whitespace_ for t in tree) == text
    assert any(token.dep_ == "neg" for token in tree)
