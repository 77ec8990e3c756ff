"""Which paragraphs are the story, which are headings, and which are the furniture of a web page.

Evidence in furniture is never shown to a model, so a paragraph is called furniture only on clear
signs: words that pages use and articles do not, or a place in a list of other stories.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llm_extract.text.article import UnitKind
from llm_extract.text.lines import Bounds

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DATE = (
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+)?"
    rf"(?:{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH},?\s+\d{{4}}"
    r"|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{4}-\d{2}-\d{2})"
)
_TIME = r"(?:[,|·•–-]?\s*(?:at\s+)?\d{1,2}[:.]\d{2}\s*(?:[ap]\.?m\.?)?\s*(?:[A-Z]{2,5})?)"
_AGO = r"\d+\s*(?:sec(?:ond)?s?|min(?:ute)?s?|h(?:ou)?rs?|h|m|d|days?|weeks?|months?|years?)\s+ago"
_PERSON = r"[A-Z][\w’'.-]+(?:\s+(?:[A-Z][\w’'.-]*|de|van|von|der|bin|al|el|la)){1,4}"

_WHOLE_LINE = re.compile(
    rf"""(?:
    share(?:\s+(?:this|on|via|now|the)\b.{{0,40}})? | facebook | twitter | x | linked\s?in | whats\s?app
    | e-?mail | telegram | reddit | pinterest | instagram | youtube | tumblr | print | copy\s+link | tweet
    | (?:like|follow)\s+(?:us|me)\b.{{0,60}} | follow\s+.{{1,40}}\s+on\s+(?:google\s+news|facebook|twitter|x
      |instagram|telegram|whatsapp|linkedin|youtube) | connect\s+with\s+us | join\s+(?:us|our)\b.{{0,60}}
    | menu | search | close | home | skip\s+to\s+.{{1,30}} | (?:log|sign)\s?-?(?:in|out|up)\b.{{0,30}}
    | register(?:\s+now)? | subscribe\b.{{0,60}} | donate(?:\s+(?:now|today))? | listen\s+live | watch\s+live
    | (?:my\s+)?account | next | previous | back\s+to\s+top | load\s+more | (?:show|see|view)\s+(?:more|all)
    | (?:continue\s+|keep\s+)?reading(?:\s+below)? | read\s+more | loading\W* | enter\s+a\s+word
    | (?:[-–—~*\s]*)(?:advert|ad|advertisement|sponsored(?:\s+content)?|promoted(?:\s+content)?)s?
      (?:\s*[~|:–—-].{{0,60}})?(?:[-–—~*\s]*) | (?:story\s+|article\s+)?continues\s+(?:below|after)\b.{{0,40}}
    | scroll\s+to\s+continue | never\s+miss\s+(?:a|an|our)\b.{{0,40}} | newsletters?
    | (?:daily|weekly|morning|evening)\s+(?:newsletter|briefing)
    | (?:click\s+to\s+|leave\s+a\s+|post\s+a\s+|add\s+a\s+|be\s+the\s+first\s+to\s+)comment\b.{{0,30}}
    | leave\s+a\s+reply\b.{{0,30}} | cancel\s+reply | comments?(?:\s*\(?\d+\)?)? | \d+\s+(?:comments?|shares?|views?)
    | (?:comment|name|e-?mail(?:\s+address)?|website|save\s+my\s+name.{{0,100}})\s*\*? | start\s+the\s+discussion\W*
    | (?:required\s+fields|your\s+e-?mail\s+address)\b.{{0,120}} | this\s+site\s+uses\s+(?:akismet|cookies)\b.*
    | (?:accept|manage|reject)(?:\s+all)?\s+cookies | cookie\s+(?:policy|settings|notice)
    | privacy\s+(?:policy|notice|settings) | terms\s+(?:of|and)\s+(?:use|service|conditions)
    | about\s+us | contact(?:\s+us)? | advertise(?:\s+with\s+us)? | careers | site\s?map
    | (?:best|kind|warm)?\s*regards,? | (?:tags?|topics?|filed\s+under|categor(?:y|ies)|in\s+this\s+article)\s*:.{{0,150}}
    | (?:also\s+read|read\s+(?:also|more|next)|see\s+also|related|more\s+on\s+this|watch(?:\s+also)?|listen)
      \s*[:|–—-]\s.{{0,160}}
    | (?:published|posted|updated|last\s+updated|modified|created|first\s+published)\b\s*(?:on|at|:)?\s*
      (?:{_DATE}|{_AGO})?.{{0,40}}
    | {_DATE}{_TIME}?(?:\s*[|/–—-].{{0,40}})? | {_TIME} | (?:.{{1,30}}[|/·•–—-]\s*)?{_AGO}
    | \d+\s*(?:min(?:ute)?s?)\s+read | (?:reading\s+time|read\s+time|est\w*\s+reading)\b.{{0,30}}
    | (?:\#\w+[\s,]*)+ | \S+@\S+\.\w+ | (?:https?://|www\.)\S+ | \d{{1,6}}
    | home\s*[/>»›|]\s*.{{1,200}}
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_APPEAL = re.compile(
    r"""(?:©|\(c\)\s*\d{4}|\bcopyright\s+(?:©|\d{4})|\ball\s+rights\s+reserved\b
    |\bterms\s+of\s+(?:use|service)\b|\bprivacy\s+policy\b|\b(?:we|site|website)\s+uses?\s+cookies\b
    |\bsubmitting\s+your\s+(?:information|e-?mail)|\bsign\s+up\s+(?:for|to|and)\b.*\b(?:news|newsletter|inbox|free)\b
    |\bsubscribe\s+(?:to|now|for)\b.*\b(?:newsletter|channel|news|updates|inbox)\b|\bread\s+our\s+e-?paper\b
    |\b(?:make|with)\s+your\s+(?:contribution|donation)\b|\brely\s+on\s+your\s+support\b
    |\bfunded\s+by\s+(?:sponsors|readers|members|donations)\b|\bdonate\s+(?:today|now)\b
    |\bfollow\s+us\s+on\b|\bdownload\s+(?:our|the)\s+app\b|\bwith\s+(?:the\s+)?(?:promo\s+)?code\s+[A-Z0-9]{4,}\b
    |\bclick\s+here\s+(?:to|for)\b|\bpowered\s+by\s+\w+\.?$)""",
    re.IGNORECASE | re.VERBOSE,
)
_LIST_HEAD = re.compile(
    r"(?:related(?:\s+(?:posts|articles|stories|news|content|topics|coverage|links|reading))?"
    r"|most\s+(?:read|popular|viewed|shared|recent|commented)(?:\s+\w+)?|trending(?:\s+\w+)?|popular(?:\s+\w+)?"
    r"|recommended(?:\s+(?:for\s+you|stories|articles|posts|reading))?|you\s+(?:may|might)\s+(?:also\s+)?"
    r"(?:like|be\s+interested\s+in)|more\s+(?:from|on|in)\s+.{1,40}|more\s+(?:stories|news|articles|headlines)"
    r"|latest(?:\s+(?:news|stories|posts|articles|headlines|videos?))?|recent\s+(?:posts|news|articles|stories)"
    r"|read\s+(?:next|also)|also\s+read|see\s+also|top\s+stories|editor[’']?s[’']?\s+(?:picks?|choice)"
    r"|don[’']t\s+miss|up\s+next|what\s+to\s+read\s+next|must\s+read|in\s+other\s+news|around\s+the\s+web"
    r"|from\s+our\s+partners|sponsored\s+(?:links|stories))\s*[:>»]?",
    re.IGNORECASE,
)
_FORM_HEAD = re.compile(
    r"(?:leave\s+a\s+(?:reply|comment)|post\s+a\s+comment|click\s+to\s+comment|comments?)\b.{0,20}",
    re.IGNORECASE,
)
_BYLINE_HEAD = re.compile(
    r"(?:-\s*)?(?:by|article\s+by|written\s+by|reported\s+by|story\s+by|author:?|edited\s+by|and)",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    rf"(?:[-–—]\s*)?(?:(?:[Bb]y|BY|(?:Written|Reported|Edited|Article|Story|Reporting|Editing)\s+by)\s+{_PERSON}"
    rf"|by\s+{_PERSON})(?:(?:,|\s+and|\s+&|\s+in|\s+for|\s*[|–—/])\s+[\w’'.]+(?:\s+[A-Z][\w’'.]*)*)*"
    rf"(?:\s*[,|–—/]?\s*{_DATE}{_TIME}?)?"
)
_AGENCY = re.compile(
    r"[(\[—–-]*\s*(?:Source:\s*)?(?:with\s+(?:reporting|files|inputs)\s+(?:by|from)\s+)?"
    r"(?:(?:Reuters|AFP|AP|Associated\s+Press|Agence\s+France-Presse|DPA|ANSA|EFE|PTI|ANI|IANS|UPI|TASS|Interfax"
    r"|Xinhua|Bernama|Anadolu(?:\s+Agency)?|Bloomberg|CNN|BBC)(?:\s+News(?:\s+(?:Service|Agency))?)?|(?:\w+\s+){0,3}"
    r"(?:News\s+(?:Service|Agency|Desk)|Staff(?:\s+(?:Reporter|Writer))?|Newsroom|Web\s+Desk))\s*[)\]]*\.?",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"[(\[—–-]*\s*(?:(?:Photo|Image|Picture|File\s+photo|Pic|Video|Photograph)s?(?:\s+credits?)?\s*(?:by|:|courtesy)\s*"
    r".{2,60}|[\w’'.&\s-]{2,50}/(?:\s?(?:Getty\s+Images|AFP|AP|Reuters|EPA|Handout|Pool|Shutterstock|Bloomberg"
    r"|Cuartoscuro|TASS|Anadolu|Xinhua|Unsplash)).{0,50}|[\w’'.&\s-]{2,40}\svia\s(?:Reuters|AP|AFP|Getty\s+Images))"
    r"\s*[)\]]*\.?",
    re.IGNORECASE,
)
_POSTED_BY = re.compile(r"[—–-]\s.{1,60}\(@\w+\).{0,40}")
_GLUED_MENU = re.compile(r"(?:[A-Z][a-z]{2,}){2,}")
_QUOTE_MARK = re.compile(r"[\"“”„«»]|(?<!\w)[‘'](?=\w)")
_ENDS_SENTENCE = re.compile(r"[.!?…。！？][\s\"”’'»)\]」』]*$")
_SENTENCE_INSIDE = re.compile(r"[a-z0-9)][.!?][\"”’»]*\s+[\"“‘«]?[A-Z]")
_LONGEST_HEADING = 160
_LONGEST_FURNITURE = 300
_WORDS_OF_SENTENCE = 8


@dataclass(frozen=True, slots=True)
class _Line:
    """What the rules look at in a paragraph."""

    text: str

    @property
    def words(self) -> list[str]:
        return [word for word in self.text.split() if any(c.isalnum() for c in word)]

    @property
    def ends_sentence(self) -> bool:
        return _ENDS_SENTENCE.search(self.text) is not None

    @property
    def is_prose(self) -> bool:
        """Whether this can only be body text: a full sentence, or a long line of words."""
        words = len(self.words)
        return (self.ends_sentence and words >= _WORDS_OF_SENTENCE) or words > 30

    @property
    def is_heading(self) -> bool:
        if len(self.text) > _LONGEST_HEADING or _SENTENCE_INSIDE.search(self.text):
            return False
        return not self.ends_sentence

    @property
    def is_title_case(self) -> bool:
        long_words = [word.lstrip("\"'“‘«([") for word in self.words if len(word) > 3]
        upper = sum(word[:1].isupper() for word in long_words)
        return len(long_words) >= 4 and upper >= 0.8 * len(long_words)


def is_credit(text: str) -> bool:
    """Tell whether a sentence unit is only a picture or agency credit."""
    return bool(_CREDIT.fullmatch(text) or _AGENCY.fullmatch(text))


def classify_paragraphs(text: str, paragraphs: Sequence[Bounds]) -> list[UnitKind]:
    """Say of each paragraph whether it is body text, a heading or site furniture.

    Args:
        text: the article.
        paragraphs: its paragraphs in order, as offsets in code points.

    Returns:
        One kind for each paragraph.
    """
    lines = [_Line(text[start:end]) for start, end in paragraphs]
    kinds = [_kind_by_words(line) for line in lines]
    _mark_bylines(lines, kinds)
    _mark_opening_menu(lines, kinds)
    _mark_lists(lines, kinds)
    _mark_trailing_headlines(lines, kinds)
    return kinds


def _kind_by_words(line: _Line) -> UnitKind:
    text = line.text
    if not any(char.isalnum() for char in text) or len(text) == 1:
        return "furniture"
    if len(text) <= _LONGEST_FURNITURE and not _QUOTE_MARK.search(text):
        if _WHOLE_LINE.fullmatch(text) or _APPEAL.search(text) or _POSTED_BY.fullmatch(text):
            return "furniture"
        if _LIST_HEAD.fullmatch(text) or _BYLINE.fullmatch(text) or is_credit(text):
            return "furniture"
    return "heading" if line.is_heading else "body"


def _mark_bylines(lines: Sequence[_Line], kinds: list[UnitKind]) -> None:
    """Mark "By" on a line of its own, the names after it, and names joined by "and"."""
    expects_name = False
    for index, line in enumerate(lines):
        starts = _BYLINE_HEAD.fullmatch(line.text) and (
            line.text.casefold() != "and" or (index > 0 and kinds[index - 1] == "furniture")
        )
        named = expects_name and re.fullmatch(_PERSON, line.text) is not None
        if starts or named:
            kinds[index] = "furniture"
        expects_name = bool(starts)


def _first_prose(lines: Sequence[_Line], kinds: Sequence[UnitKind]) -> int:
    return next(
        (i for i, line in enumerate(lines) if line.is_prose and kinds[i] == "body"), len(lines)
    )


def _mark_opening_menu(lines: Sequence[_Line], kinds: list[UnitKind]) -> None:
    """Mark the site's name and section names above the story."""
    first = _first_prose(lines, kinds)
    if first == len(lines):
        return
    for index in range(first):
        words = len(lines[index].words)
        followed_by_more = index + 1 < first
        glued = _GLUED_MENU.fullmatch(lines[index].text) is not None
        menu_next = followed_by_more and (
            kinds[index + 1] == "furniture" or _GLUED_MENU.fullmatch(lines[index + 1].text)
        )
        if glued or (words == 1 and followed_by_more) or (index == 0 and words <= 3 and menu_next):
            kinds[index] = "furniture"


def _mark_lists(lines: Sequence[_Line], kinds: list[UnitKind]) -> None:
    """Mark the items under "Related Posts", "Most read" and the like, and comment forms.

    A list ends where body text resumes; the heading right above that text is the story's.
    """
    index = 0
    while index < len(lines):
        text = lines[index].text
        if not (_LIST_HEAD.fullmatch(text) or _FORM_HEAD.fullmatch(text)):
            index += 1
            continue
        end = index + 1
        while end < len(lines) and not (kinds[end] == "body" and lines[end].is_prose):
            end += 1
        last = end
        if end < len(lines):
            while last > index + 1 and kinds[last - 1] == "furniture":
                last -= 1
            last -= 1
        kinds[index:last] = ["furniture"] * max(0, last - index)
        index = end


def _mark_trailing_headlines(lines: Sequence[_Line], kinds: list[UnitKind]) -> None:
    """Mark title-case lines below the last body text: headlines of other stories."""
    for index in reversed(range(len(lines))):
        if kinds[index] == "body":
            return
        if lines[index].is_title_case:
            kinds[index] = "furniture"
