"""Where, how, when and about what actors meet, read from the words of a sentence."""

import re
from typing import Final

from llm_extract.grounding.dates import find_dates
from llm_extract.grounding.names import fold
from llm_extract.grounding.places import is_place

_PLACE: Final = re.compile(
    r"\b(?:in|at|near)\s+(?:the\s+)?((?:[^\W\d_a-z][\w’'-]*)(?:\s+[^\W\d_a-z][\w’'-]*)*"
    r"(?:,\s+[^\W\d_a-z][\w’'-]*(?:\s+[^\W\d_a-z][\w’'-]*)*(?=[\s,.]|$))?)"
)
_POSSESSIVE: Final = re.compile(r"['’]s?$")
_TOPIC: Final = re.compile(
    r"\b(?:discuss(?:ed|es|ing)?|talk(?:s|ed|ing)? (?:about|on|over)|negotiat\w+ (?:on|over)"
    r"|discussions? (?:on|about|of)|(?:meeting|call|summit|conversation) (?:on|about|over))\s+"
    r"(?:the possibilit(?:y|ies) of\s+)?(?:the\s+|a\s+|an\s+)?([^,.;:“”\"()]{3,80})"
)
_TOPIC_END: Final = re.compile(
    r"\s+(?:with|but|while|which|that|who|when|after|before|during|at|as|in a|on (?:[A-Z]|the side"
    r"|the margin)|said|says)\b.*",
    re.S,
)


def find_locations(text: str) -> list[tuple[int, int]]:
    """Return where a sentence names places after "in", "at" or "near".

    Args:
        text: the sentence.

    Returns:
        Offsets into `text`, in code points, in order.
    """
    dates = [start for start, _ in find_dates(text)]
    places = []
    for match in _PLACE.finditer(text):
        start, end = match.span(1)
        end = min([end, *(date for date in dates if date >= start)])
        words = _POSSESSIVE.sub("", text[start:end].rstrip(" ,"))
        inner, _, outer = words.partition(",")
        place = words if is_place(fold(outer)) else inner
        if place:
            places.append((start, start + len(place)))
    return places


def find_topics(text: str) -> list[str]:
    """Return what a sentence says was or will be talked about.

    Args:
        text: the sentence.
    """
    found = (_TOPIC_END.sub("", match[1]).strip() for match in _TOPIC.finditer(text))
    return list(dict.fromkeys(topic for topic in found if topic))
