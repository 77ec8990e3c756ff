"""Words in a sentence that let suspect a stance, whatever its grammar."""

import re
from typing import Final

_STEMS: Final = """
    support back favour favor urge demand want offer commit prais promis oppos reject refus criticis
    criticiz condemn warn dismiss seek sought hop aim agree disagree welcom approv endors insist
    plead vow pledg prefer appeal propos defend accus blam slam denounc lambast blast deplor regret
    disgrac sham concern worr protest object den resist boycott veto vot advocat champion encourag
    recommend request ask intend reaffirm reiterat stress underscor emphasi commend thank appreciat
    congratulat accept declin halt stop prevent rebut complain resent fear caution ban ridicul
    threat abandon sanction determin dedicat respect try work claim attack label brand mock
"""
_WORDS: Final = """
    against ready willing keen should must need needs needed cannot can't never won't absurd wrong
    important necessary unnecessary priority interested unacceptable unwavering mistake displeasure
    responsible irresponsible irresponsibly conform happy proud excessive illogical unjustified
    illegal stance position deserve deserves critical commitment committed
"""
_PHRASES: Final = (
    r"call(?:s|ed|ing)? (?:for|on|it|this|the)",
    r"rul(?:e|es|ed|ing) out",
    r"open to",
    r"(?:plan|plans|planned) to",
    r"let us|have to|has to|would like|would not|red line",
)
_ENDINGS: Final = (
    r"(?:e|es|ed|ing|s|d|y|ies|ied|ting|ning|ling|ment|al|ation|ive|ful|t|ism|er|ers)?"
)

_CUES: Final = re.compile(
    rf"\b(?:(?:{'|'.join(_STEMS.split())}){_ENDINGS}|{'|'.join(_WORDS.split())}"
    rf"|{'|'.join(_PHRASES)})\b",
    re.IGNORECASE,
)


def may_state_stance(text: str) -> bool:
    """Say whether a sentence has a word with which English may state a stance.

    Args:
        text: the sentence.
    """
    return _CUES.search(text) is not None
