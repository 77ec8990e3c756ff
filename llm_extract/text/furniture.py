"""Which paragraphs are the story, which are headings, and which are the furniture of a web page.

Evidence in furniture is never shown to a model, so a paragraph is called furniture only on clear
signs: words that pages use and articles do not, or a place in a list of other stories.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from llm_extract.text import furniture_words as words
from llm_extract.text.article import UnitKind
from llm_extract.text.lines import Bounds

_QUOTE_MARK = re.compile(r"[\"“”„«»]|(?<!\w)[‘'](?=\w)")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"”’'»)\]」』 ]*$")
_FULL_STOP = re.compile(r"\.[\"”’'»)\]」』 ]*$")
_STATEMENT = re.compile(r"(?:\S+ ){7,40}\S*[a-z0-9)\]]{2}(?<! vs)[\"”’»]?[.!][\"”’»)]*(?: |$)")
_UNFINISHED = re.compile(r"[,;][\"”’»' ]*$")
_GLUED_MENU = re.compile(r"(?:[A-Z][a-z]{2,}){2,}")
_CREDIT_EDGE = " ()[]—–-."
_LONGEST_FURNITURE = 300
_LONGEST_HEADING = 160
_LONGEST_SUBHEADING_WORDS = 8
_LONGEST_LEAD_IN_WORDS = 20
_LONG_LINE_WORDS = 30
_STORY_HEADINGS = 2


@dataclass(frozen=True)
class _Line:
    """A paragraph as the rules see it, with single blanks between words."""

    text: str

    @cached_property
    def word_count(self) -> int:
        return sum(
            word[:1].isalnum() or any(char.isalnum() for char in word)
            for word in self.text.split(" ")
        )

    @cached_property
    def ends_sentence(self) -> bool:
        return _SENTENCE_END.search(self.text[-20:]) is not None

    @cached_property
    def is_prose(self) -> bool:
        """Whether this can only be body text: it makes a statement, or is long."""
        return self.word_count > _LONG_LINE_WORDS or _STATEMENT.match(self.text) is not None

    @cached_property
    def is_statement(self) -> bool:
        """Whether this is prose or a short sentence; headlines do not end in a full stop."""
        return self.is_prose or (
            self.word_count >= 4 and _FULL_STOP.search(self.text[-20:]) is not None
        )

    @cached_property
    def is_title_case(self) -> bool:
        long_words = [
            word for word in (w.strip("\"'“‘«([") for w in self.text.split(" ")) if len(word) > 3
        ]
        upper = sum(word[0].isupper() for word in long_words)
        return len(long_words) >= 4 and upper >= 0.8 * len(long_words)


def is_credit(text: str) -> bool:
    """Tell whether a sentence unit is only a picture or agency credit."""
    return len(text) <= _LONGEST_HEADING and (
        words.CREDIT.fullmatch(_single_blanks(text).strip(_CREDIT_EDGE)) is not None
    )


def classify_paragraphs(text: str, paragraphs: Sequence[Bounds]) -> list[UnitKind]:
    """Say of each paragraph whether it is body text, a heading or site furniture.

    Args:
        text: the article.
        paragraphs: its paragraphs in order, as offsets in code points.

    Returns:
        One kind for each paragraph.
    """
    lines = [_Line(_single_blanks(text[start:end])) for start, end in paragraphs]
    kinds: list[UnitKind] = []
    story = len(lines)
    for index, line in enumerate(lines):
        if _is_furniture(line):
            kinds.append("furniture")
            continue
        kinds.append(_kind(line, in_story=story < index))
        if line.is_prose:
            story = min(story, index)
    _mark_bylines(lines, kinds)
    _mark_opening_menu(lines[:story], kinds)
    _mark_lists(lines, kinds, story)
    _mark_trailing_headlines(lines, kinds, story)
    return kinds


def _single_blanks(text: str) -> str:
    return " ".join(text.split())


def _is_furniture(line: _Line) -> bool:
    """Tell furniture by its words alone."""
    text = line.text
    if len(text) < 2 or not any(char.isalnum() for char in text):
        return True
    if len(text) > _LONGEST_FURNITURE or _QUOTE_MARK.search(text):
        return False
    whole_line = (words.WHOLE_LINE, words.BYLINE_HEAD, words.BYLINE, words.POSTED_BY)
    return (
        any(pattern.fullmatch(text) for pattern in whole_line)
        or words.TELLTALE.search(text) is not None
        or is_credit(text)
    )


def _kind(line: _Line, *, in_story: bool) -> UnitKind:
    """Tell a headline, caption, subheading or lead-in ("She said:") from body text."""
    if len(line.text) > _LONGEST_HEADING or _UNFINISHED.search(line.text[-20:]):
        return "body"
    if line.is_title_case and not line.text.endswith("."):
        return "heading"
    if line.ends_sentence or line.is_prose or (in_story and _QUOTE_MARK.match(line.text)):
        return "body"
    longest = _LONGEST_LEAD_IN_WORDS if line.text.endswith(":") else _LONGEST_SUBHEADING_WORDS
    return "body" if in_story and line.word_count > longest else "heading"


def _mark_bylines(lines: Sequence[_Line], kinds: list[UnitKind]) -> None:
    """Mark the names after "By" on a line of its own, and an "and" between them."""
    expected = ""
    for index, line in enumerate(lines):
        if words.BYLINE_HEAD.fullmatch(line.text):
            expected = "name"
        elif expected == "name" and words.NAME.fullmatch(line.text):
            kinds[index] = "furniture"
            expected = "and"
        elif expected == "and" and line.text in ("and", "&"):
            kinds[index] = "furniture"
            expected = "name"
        else:
            expected = ""


def _mark_opening_menu(lines: Sequence[_Line], kinds: list[UnitKind]) -> None:
    """Mark the site's name and the section names above the story."""
    for index, line in enumerate(lines):
        glued = _GLUED_MENU.fullmatch(line.text) is not None
        has_more = index + 1 < len(lines)
        site_name = index == 0 and has_more and line.word_count <= 3
        menu_follows = has_more and (
            kinds[1] == "furniture" or _GLUED_MENU.fullmatch(lines[1].text) is not None
        )
        if glued or (has_more and line.word_count == 1) or (site_name and menu_follows):
            kinds[index] = "furniture"


def _mark_lists(lines: Sequence[_Line], kinds: list[UnitKind], story: int) -> None:
    """Mark the items under "Related Posts", "Most read" and the like, and comment forms.

    A list ends where statements resume. Above the story, the last headings before it may be its
    own and are left alone.
    """
    index = 0
    while index < len(lines):
        text = lines[index].text
        end = index + 1
        if words.LIST_HEAD.fullmatch(text) or words.FORM_HEAD.fullmatch(text):
            while end < len(lines) and (kinds[end] == "furniture" or not lines[end].is_statement):
                end += 1
            keep = _STORY_HEADINGS if end == story else 0
            _mark_items(kinds, index, end, keep)
        index = end


def _mark_items(kinds: list[UnitKind], head: int, end: int, keep: int) -> None:
    """Mark a list from its head to `end`, except for the last `keep` lines not yet furniture."""
    if end == head + 1 and end < len(kinds):
        return
    for index in reversed(range(head, end)):
        if keep and kinds[index] != "furniture":
            keep -= 1
        else:
            kinds[index] = "furniture"


def _mark_trailing_headlines(lines: Sequence[_Line], kinds: list[UnitKind], story: int) -> None:
    """Mark title-case lines below the last body text: headlines of other stories."""
    for index in reversed(range(story + 1, len(lines))):
        if kinds[index] == "body":
            return
        if lines[index].is_title_case:
            kinds[index] = "furniture"
