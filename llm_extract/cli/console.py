"""What all commands print with: consoles, one-line errors, text that cannot disturb a terminal."""

import re
import unicodedata
from functools import cache

from rich.console import Console
from rich.text import Text

# Marks that reorder or hide what follows them; joiners stay, as scripts and emoji need them.
_REORDERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@cache
def stdout() -> Console:
    """The console for results; plain text where it is no terminal."""
    return Console(highlight=False, soft_wrap=True)


@cache
def stderr() -> Console:
    """The console for progress and messages."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def plain(text: str) -> str:
    """Make text of any origin harmless to a terminal: one line, no control or reordering marks."""
    shown = _REORDERING.sub("", " ".join(text.split()))
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in shown)


def print_error(message: str) -> None:
    """Print an error as one line."""
    stderr().print(Text.assemble(("error:", "bold red"), f" {plain(message)}"))


def note(message: str) -> None:
    """Print a message beside the results as one line."""
    stderr().print(Text(plain(message)))
