"""Reads which of a few options a model prefers from the first token of its reply."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openai.types.chat.chat_completion import Choice


def preferences(choice: "Choice", options: tuple[str, ...]) -> dict[str, float] | None:
    """Adds up what the first token says about each option.

    A token speaks for an option if one is a prefix of the other, blanks and case aside; a token
    that fits several options speaks for none.

    Args:
        choice: a reply; where it has no log-probabilities, its text counts as certain.
        options: words of which none is a prefix of another.

    Returns:
        A probability for each option, 1 in sum, or None where nothing speaks for any.
    """
    weights = dict.fromkeys(options, 0.0)
    for token, logprob in _first_tokens(choice):
        option = _matching_option(token, options)
        if option is not None:
            weights[option] += math.exp(logprob)
    total = math.fsum(weights.values())
    return {option: weight / total for option, weight in weights.items()} if total > 0 else None


def _first_tokens(choice: "Choice") -> list[tuple[str, float]]:
    """Lists the candidates for the first token with their natural log-probabilities."""
    if choice.logprobs is None or not choice.logprobs.content:
        return [(choice.message.content or "", 0.0)]
    first = choice.logprobs.content[0]
    if not first.top_logprobs:
        return [(first.token, first.logprob)]
    return [(top.token, top.logprob) for top in first.top_logprobs]


def _matching_option(text: str, options: tuple[str, ...]) -> str | None:
    text = text.strip().casefold()
    if not text:
        return None
    matches = [
        option
        for option in options
        if text.startswith(option.casefold()) or option.casefold().startswith(text)
    ]
    return matches[0] if len(matches) == 1 else None
