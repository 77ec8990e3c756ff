"""What all commands print with: consoles and one-line errors."""

from functools import cache

from rich.console import Console
from rich.text import Text

from llm_extract.text.display import plain


@cache
def stdout() -> Console:
    """The console for results; plain text where it is no terminal."""
    return Console(highlight=False, soft_wrap=True)


@cache
def stderr() -> Console:
    """The console for progress and messages."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_error(message: str) -> None:
    """Print an error as one line."""
    stderr().print(Text.assemble(("error:", "bold red"), f" {plain(message)}"))


def note(message: str) -> None:
    """Print a message beside the results as one line."""
    stderr().print(Text(plain(message)))


def price_words(usd: float | None) -> str:
    """Word a price in USD; None is one that is not known."""
    return "unknown cost" if usd is None else f"${usd:.4f}" if usd else "no cost"
