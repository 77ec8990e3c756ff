"""Showing text of any origin where it can disturb nothing."""

import re
import unicodedata

# Marks that reorder or hide what follows them; joiners stay, as scripts and emoji need them.
_REORDERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    """Make text of any origin harmless to a terminal: one line, no control or reordering marks."""
    shown = _REORDERING.sub("", " ".join(text.split()))
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in shown)
