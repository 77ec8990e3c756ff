"""Where, how, when and about what actors meet, read from the words of a sentence."""

import re
from typing import Final

from llm_extract.grounding.dates import find_dates
from llm_extract.schemas import MeetingMode

_CUES: Final = re.compile(
    r"""\b(?:
        meets? | (?<!\bbe\s)(?<!been\s)met | meetings? | talks? | talked | talking | negotiat\w*
      | summits? | summon\w* | calls?\ (?:with|between) | (?:phone|telephone|video)\ calls?
      | teleconference | telephon\w* | phone[ds]? | conversations? | spoke
      | speak(?:s|ing)?\ (?:with|to|by) | discuss\w* | dialogues? | visit\w* | host(?:s|ed|ing)?
      | mediat\w* | receiv(?:e|es|ed|ing) | consult\w* | invit\w* | s[ai]t(?:ting)?\ down
      | rounds?\ of | bilateral\w* | conven\w* | gather(?:ed|ing) | audience\ with
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
_REFERENCE: Final = re.compile(
    r"""\b(?:the|their|this|these|those|that|his|her|its|our|all|such
      |(?:to|yester|mon|tues|wednes|thurs|fri|satur|sun)day['’]s)\s+(?:[\w-]+\s+)??
    (?:meetings?|talks|discussions?|calls?|conversations?|negotiations?|summit|visit|dialogue)\b
    (?!\s+(?:between|of|with|took))""",
    re.VERBOSE | re.IGNORECASE,
)


def reports_encounter(text: str) -> bool:
    """Say whether a sentence has a word with which English reports an encounter.

    Words that only refer back to one ("after the talks") do not count.

    Args:
        text: the sentence.
    """
    return _CUES.search(_REFERENCE.sub(" ", text)) is not None


_SAYING: Final = re.compile(
    r"\b(?:said|says|told|tells?|announced|stated|declared|added|wrote|tweeted|reported)\b", re.I
)
_CALL: Final = re.compile(
    r"\b(?:phone[ds]?|telephon\w*|teleconference|video\s?(?:call|conference)"
    r"|calls? (?:with|between)|(?:their|the|first|a) call|spoke by)\b",
    re.I,
)
_IN_PERSON: Final = re.compile(
    r"\b(?:in[- ]person|face[- ]to[- ]face|visit\w*|sat down|sitting|summit|sidelines)\b", re.I
)
_PLACE: Final = re.compile(
    r"\b(?:in|at|near)\s+(?:the\s+)?((?:[^\W\d_a-z][\w’'-]*)(?:\s+[^\W\d_a-z][\w’'-]*)*"
    r"(?:,\s+[^\W\d_a-z][\w’'-]*(?:\s+[^\W\d_a-z][\w’'-]*)*(?=[\s,.]|$))?)"
)
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


def find_mode(text: str) -> MeetingMode | None:
    """Say whether a sentence reports a call or an encounter in person; None if it does not say.

    Args:
        text: the sentence.
    """
    if _CALL.search(text):
        return "call"
    return "in_person" if _IN_PERSON.search(text) else None


def find_location(text: str) -> str | None:
    """Return the first place a sentence names after "in", "at" or "near", or None.

    Args:
        text: the sentence.
    """
    dated = find_dates(text)
    for match in _PLACE.finditer(text):
        start, end = match.span(1)
        if not any(s < end and start < e for s, e in dated):
            return re.sub(r"['’]s?$", "", match[1])
    return None


def find_topics(text: str) -> list[str]:
    """Return what a sentence says was or will be talked about.

    Args:
        text: the sentence.
    """
    found = (_TOPIC_END.sub("", match[1]).strip() for match in _TOPIC.finditer(text))
    return list(dict.fromkeys(topic for topic in found if topic))


def find_meeting_date(text: str) -> tuple[int, int] | None:
    """Return where a sentence dates the encounter it reports, or None.

    A date that follows a verb of saying more closely than a word for the encounter dates the
    statement, not the encounter.

    Args:
        text: the sentence.

    Returns:
        Offsets into `text`, in code points.
    """
    cues = [match.start() for match in _CUES.finditer(text)]
    sayings = [match.start() for match in _SAYING.finditer(text)]
    for start, end in find_dates(text):
        cue = max((at for at in cues if at < start), default=-1)
        saying = max((at for at in sayings if at < start), default=-1)
        if cue >= saying:
            return start, end
    return None
