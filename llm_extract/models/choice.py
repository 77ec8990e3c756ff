"""Reads which of a few options a model prefers from the first token of its reply."""

import math
from collections.abc import Iterable


def option_weights(
    tokens: Iterable[tuple[str, float]], options: tuple[str, ...]
) -> dict[str, float] | None:
    """Adds up what the first token says about each option.

    A token speaks for an option if one is a prefix of the other, blanks and case aside; a token
    that fits several options speaks for none.

    Args:
        tokens: candidates for the first token with their natural log-probabilities.
        options: the options; none may be a prefix of another.

    Returns:
        A probability for each option, 1 in sum, or None where no token speaks for any.
    """
    weights = dict.fromkeys(options, 0.0)
    for token, logprob in tokens:
        option = matching_option(token, options)
        if option is not None:
            weights[option] += math.exp(logprob)
    total = math.fsum(weights.values())
    return {option: weight / total for option, weight in weights.items()} if total > 0 else None


def matching_option(text: str, options: tuple[str, ...]) -> str | None:
    """Finds the one option that a text begins, or that begins the text; None if not exactly one."""
    text = text.strip().casefold()
    if not text:
        return None
    matches = [
        option
        for option in options
        if text.startswith(option.casefold()) or option.casefold().startswith(text)
    ]
    return matches[0] if len(matches) == 1 else None
