"""Quoted spans: the words between quotation marks, however sloppily these are set."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from llm_extract.text.article import QuotedSpan
from llm_extract.text.attribution import evident_end, is_attribution
from llm_extract.text.lines import Bounds, is_blank, trim
from llm_extract.text.marks import Family, Mark, find_marks

_DEEPEST = 4
_NEAR = 12
_INTERCHANGEABLE: frozenset[Family] = frozenset({"double", "guillemet"})
_SENTENCE_END = frozenset(".!?…")


@dataclass(frozen=True, slots=True)
class Quotations:
    """The quoted spans of a text and the marks around them.

    Attributes:
        spans: in order of their start, numbered from 1; any two are nested or disjoint.
        opening: offsets of the characters that open a span.
        closing: offsets of the characters that close a span.
    """

    spans: tuple[QuotedSpan, ...]
    opening: frozenset[int]
    closing: frozenset[int]


def find_quotations(text: str, paragraphs: Sequence[Bounds]) -> Quotations:
    """Find the quoted spans of a text, nested ones included.

    Apostrophes, possessives, feet and inches are no quotation marks. A quotation never leaves its
    paragraph: where the closing mark is missing it ends before the attribution ("he said"), at the
    next opening mark or with the paragraph, and the next paragraph may carry it on.

    Args:
        text: the article.
        paragraphs: the paragraphs to search, in order, as offsets in code points.

    Returns:
        The spans and their marks.
    """
    marks = [find_marks(text, *paragraph) for paragraph in paragraphs]
    drafts: list[_Draft] = []
    unfinished: _Draft | None = None
    for number, bounds in enumerate(paragraphs):
        follows = number + 1 < len(paragraphs) and _opens(marks[number + 1], paragraphs[number + 1])
        pairing = _Pairing(text, bounds, marks[number], unfinished, follows)
        drafts += pairing.run()
        unfinished = pairing.unfinished
    return Quotations(
        spans=_numbered(text, drafts),
        opening=frozenset(i for draft in drafts for i in range(*draft.opening)),
        closing=frozenset(i for draft in drafts for i in range(*draft.closing)),
    )


@dataclass(eq=False, slots=True)
class _Draft:
    """A quoted span before it is numbered, with the bounds of its marks."""

    start: int
    end: int
    opening: Bounds
    closing: Bounds
    continues: "_Draft | None"

    @property
    def closed(self) -> bool:
        return self.closing[0] < self.closing[1]


@dataclass(slots=True)
class _Open:
    mark: Mark
    continues: _Draft | None = None


def _opens(marks: Sequence[Mark], paragraph: Bounds) -> bool:
    """Tell whether a paragraph begins with an opening mark."""
    return bool(marks) and marks[0].start == paragraph[0] and marks[0].role != "close"


@dataclass(slots=True)
class _Pairing:
    """Pairs the marks of one paragraph.

    Attributes:
        text: the article.
        bounds: the paragraph, in code points.
        marks: its marks, in order.
        carried: the quotation that the paragraph before left open.
        followed: whether the next paragraph begins with an opening mark.
        unfinished: after `run`, the quotation that this paragraph leaves open.
    """

    text: str
    bounds: Bounds
    marks: Sequence[Mark]
    carried: _Draft | None
    followed: bool
    unfinished: _Draft | None = None
    _open: list[_Open] = field(default_factory=list)
    _drafts: list[_Draft] = field(default_factory=list)
    _settled: int = 0

    def run(self) -> list[_Draft]:
        closings_ahead = _closings_ahead(self.marks)
        self._settled = self.bounds[0]
        self._resume()
        for index, mark in enumerate(self.marks):
            if self._role(mark) == "close":
                self._close(index)
            else:
                self._start(mark, nestable=closings_ahead[index] >= 2)
        self._end_open(0, self.bounds[1], continued=self.followed)
        return self._drafts

    def _resume(self) -> None:
        """Open at the paragraph's start if its first mark closes what the last one left open."""
        if self.carried and self.marks and self.marks[0].role == "close":
            first = self.marks[0]
            if first.family != "single" and not first.soft:
                at_start = Mark(self.bounds[0], self.bounds[0], first.family, "open")
                self._open.append(_Open(at_start, self.carried))

    def _role(self, mark: Mark) -> str:
        is_open = any(item.mark.family == mark.family for item in self._open)
        if mark.role == "either":
            return "close" if is_open else "open"
        if mark.role == "open" and is_open and is_attribution(self.text, mark.end, self.bounds[1]):
            return "close"
        return mark.role

    def _start(self, mark: Mark, *, nestable: bool) -> None:
        """Open a quotation; one of the same family that is open still has lost its closing mark."""
        continues = None
        depth = next(
            (i for i, item in enumerate(self._open) if item.mark.family == mark.family), None
        )
        after_sentence = self._last_inked(mark.start) in _SENTENCE_END
        if len(self._open) >= _DEEPEST:
            depth = 0
        elif depth is not None and nestable and not after_sentence and mark.family != "single":
            depth = None
        if depth is not None:
            last = self._end_open(depth, mark.start, continued=after_sentence)
            continues = last if after_sentence else None
        elif mark.start == self.bounds[0]:
            continues = self.carried
        self._open.append(_Open(mark, continues))

    def _close(self, index: int) -> None:
        mark = self.marks[index]
        depth = self._partner(mark)
        if depth is None:
            if self._is_misplaced_opening(index):
                self._open.append(_Open(mark))
            return
        if mark.soft and self._firmer_follows(index):
            return
        self._end_open(depth + 1, mark.start, continued=False)
        opened = self._open.pop()
        self._add(opened, mark.start, mark.end)
        self._settled = mark.end

    def _partner(self, mark: Mark) -> int | None:
        """Return the position of the open quotation that a closing mark closes."""
        if mark.family == "single":
            is_top = bool(self._open) and self._open[-1].mark.family == "single"
            return len(self._open) - 1 if is_top else None
        families = [item.mark.family for item in self._open]
        for depth in reversed(range(len(families))):
            if families[depth] == mark.family:
                return depth
        if mark.family in _INTERCHANGEABLE:
            for depth in reversed(range(len(families))):
                if families[depth] in _INTERCHANGEABLE:
                    return depth
        return None

    def _firmer_follows(self, index: int) -> bool:
        """Tell whether a firm closing mark follows before the next opening one."""
        family = self.marks[index].family
        near = self.marks[index + 1 : index + 1 + _NEAR]
        following = (m for m in near if m.family == family and not m.soft)
        return next((mark.role == "close" for mark in following), False)

    def _is_misplaced_opening(self, index: int) -> bool:
        """Tell whether a mark like that in `he said" We will."` opens though it looks closing."""
        mark = self.marks[index]
        following = self._next_of_family(index)
        after = self.text[mark.end : mark.end + 2].lstrip()
        return (
            mark.family == "double"
            and not mark.soft
            and after[:1].isupper()
            and self.text[mark.start : mark.end] in {'"', '""'}
            and following is not None
            and following.role == "close"
        )

    def _next_of_family(self, index: int) -> Mark | None:
        family = self.marks[index].family
        near = self.marks[index + 1 : index + 1 + _NEAR]
        return next((mark for mark in near if mark.family == family), None)

    def _end_open(self, depth: int, limit: int, *, continued: bool) -> _Draft | None:
        """End the open quotations from `depth` on, which have no closing mark, before `limit`.

        Returns:
            The outermost of them if it runs on up to `limit`.
        """
        runs_on = None
        ending, self._open[depth:] = self._open[depth:], []
        for opened in ending:
            if opened.mark.family == "single" and not self._leads(opened.mark, continued):
                continue
            searched = max(self._settled, opened.mark.end)
            end = evident_end(self.text, searched, limit, continued=continued)
            draft = self._add(opened, end, end)
            if end == limit and runs_on is None:
                runs_on = draft
            limit = min(limit, end)
        self._settled = max(self._settled, limit)
        if limit == self.bounds[1]:
            self.unfinished = runs_on
        return runs_on

    def _leads(self, mark: Mark, continued: bool) -> bool:
        """Tell an unclosed single quotation mark from an apostrophe: it opens direct speech."""
        before = self._last_inked(mark.start)
        opens_speech = before in ("", ",", ":") or (continued and before in _SENTENCE_END)
        return opens_speech and self.text[mark.end : mark.end + 1].isupper()

    def _last_inked(self, offset: int) -> str:
        """Return the last character before `offset` that is not blank, '' at paragraph start."""
        while offset > self.bounds[0] and is_blank(self.text[offset - 1]):
            offset -= 1
        return self.text[offset - 1] if offset > self.bounds[0] else ""

    def _add(self, opened: _Open, end: int, mark_end: int) -> _Draft:
        mark = opened.mark
        start, last = trim(self.text, mark.end, end)
        draft = _Draft(start, last, (mark.start, mark.end), (end, mark_end), opened.continues)
        self._drafts.append(draft)
        return draft


def _closings_ahead(marks: Sequence[Mark]) -> list[int]:
    """Return for each mark how far closing marks of its family will outnumber opening ones."""
    value = {"open": 1, "close": -1, "either": 0}
    lowest: dict[Family, int] = {}
    ahead = [0] * len(marks)
    for index in reversed(range(len(marks))):
        mark = marks[index]
        low = lowest.get(mark.family, 0)
        ahead[index] = -low
        lowest[mark.family] = min(0, low + value[mark.role])
    return ahead


def _numbered(text: str, drafts: list[_Draft]) -> tuple[QuotedSpan, ...]:
    """Sort, number and nest the drafts; single letters and mere punctuation are no quotations."""
    kept = [d for d in drafts if _says_something(text[d.start : d.end])]
    kept.sort(key=lambda draft: (draft.start, -draft.end))
    numbers = {id(draft): number for number, draft in enumerate(kept, start=1)}
    around: list[_Draft] = []
    spans: list[QuotedSpan] = []
    for draft in kept:
        while around and around[-1].end < draft.end:
            around.pop()
        spans.append(
            QuotedSpan(
                number=numbers[id(draft)],
                start=draft.start,
                end=draft.end,
                closed=draft.closed,
                parent=numbers[id(around[-1])] if around else None,
                continues=numbers.get(id(draft.continues)),
            )
        )
        around.append(draft)
    return tuple(spans)


def _says_something(words: str) -> bool:
    """Tell whether there is more than one letter or digit in a stretch of text."""
    return len(list(islice(filter(str.isalnum, words), 2))) == 2
