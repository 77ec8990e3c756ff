"""Decides which predicted record stands for which gold record.

A pair may match only if it passes its kind's gate. Among the one-to-one assignments of gated pairs
the best is the one with, in this order, the most strict matches, the most matches and the highest
sum of similarities. One assignment gives both figures: its pairs are the loose matches, those that
also hold the kind's conditions the strict ones. Strict comes first because it is the headline; a
strict match is thus never given up for two loose ones.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from llm_extract.grounding.issues import issue_similarity
from llm_extract.grounding.names import same_actor
from llm_extract.schemas import Actor, EventDate, Meeting, Position, Quote, Span

Kind = Literal["meetings", "positions", "quotes"]
KINDS: tuple[Kind, ...] = ("meetings", "positions", "quotes")

QUOTE_IOU = 0.8
MEETING_GATE_F1 = 0.8
MEETING_STRICT_F1 = 0.6
ISSUE_SIMILARITY = 1 / 3

AnyRecord = Meeting | Position | Quote


@dataclass(frozen=True)
class Judgement:
    """What a gated pair has in common.

    Attributes:
        similarity: 0 to 1; decides among candidates, never enters a score.
        wrong: names of the fields that keep the match from being strict; empty where it is.
        beside: agreement of single fields, 0 to 1, reported beside the scores.
    """

    similarity: float
    wrong: tuple[str, ...] = ()
    beside: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """A matched pair.

    Attributes:
        gold: index of the gold record.
        predicted: index of the predicted record.
        judgement: what the two have in common.
    """

    gold: int
    predicted: int
    judgement: Judgement

    @property
    def strict(self) -> bool:
        """Whether the match also holds the strict conditions."""
        return not self.judgement.wrong


def match_records(
    kind: Kind, gold: Sequence[AnyRecord], predicted: Sequence[AnyRecord]
) -> list[Match]:
    """Return the optimal one-to-one assignment, in the order of the gold records.

    Args:
        kind: what the records are.
        gold: the gold records of one article.
        predicted: the predicted records of the same article.
    """
    judge = _JUDGES[kind]
    judgements = {
        (g, p): judgement
        for g, gold_record in enumerate(gold)
        for p, predicted_record in enumerate(predicted)
        if (judgement := judge(gold_record, predicted_record)) is not None
    }
    # The sum of similarities is at most `most`, and so is the number of matches: with these weights
    # no gain in what ranks lower makes up for a loss in what ranks higher.
    most = min(len(gold), len(predicted))
    match_weight = most + 1
    strict_weight = match_weight * (most + 1)
    weights = {
        pair: judgement.similarity + match_weight + (0 if judgement.wrong else strict_weight)
        for pair, judgement in judgements.items()
    }
    return [Match(g, p, judgements[g, p]) for g, p in _assign(weights, len(gold), len(predicted))]


def judge_quote(gold: Quote, predicted: Quote) -> Judgement | None:
    """Compare two quotes; None where they are not about the same words."""
    overlap = span_iou(gold.text, predicted.text)
    if overlap < QUOTE_IOU:
        return None
    same_speaker = _same_speaker(gold.speaker, predicted.speaker)
    return Judgement(
        similarity=overlap,
        wrong=() if same_speaker else ("speaker",),
        beside={"speaker": float(same_speaker), "kind": float(gold.kind == predicted.kind)},
    )


def judge_meeting(gold: Meeting, predicted: Meeting) -> Judgement | None:
    """Compare two meetings; None where they cannot be the same encounter."""
    people = participants_f1(gold.participants, predicted.participants)
    overlap = evidence_iou(gold.evidence, predicted.evidence)
    if overlap == 0 and people < MEETING_GATE_F1:
        return None
    same_status = _status_class(gold) == _status_class(predicted)
    wrong = {"participants": people < MEETING_STRICT_F1, "status": not same_status}
    return Judgement(
        similarity=(people + overlap + same_status) / 3,
        wrong=tuple(name for name, is_wrong in wrong.items() if is_wrong),
        beside={
            "participants": people,
            "status": float(same_status),
            "date": float(_same_words(_date_words(gold.date), _date_words(predicted.date))),
            "location": float(_same_words(gold.location, predicted.location)),
        },
    )


def judge_position(gold: Position, predicted: Position) -> Judgement | None:
    """Compare two positions; None where holder or evidence differ."""
    overlap = evidence_iou(gold.evidence, predicted.evidence)
    if overlap == 0 or not same_actor(gold.holder.name, predicted.holder.name):
        return None
    same_stance = gold.stance == predicted.stance
    issue = issue_similarity(gold.issue, predicted.issue)
    wrong = {"stance": not same_stance, "issue": issue < ISSUE_SIMILARITY}
    return Judgement(
        similarity=(issue + overlap + same_stance) / 3,
        wrong=tuple(name for name, is_wrong in wrong.items() if is_wrong),
        beside={"stance": float(same_stance), "issue": issue},
    )


_JUDGES: Mapping[Kind, Callable[[Any, Any], Judgement | None]] = {
    "meetings": judge_meeting,
    "positions": judge_position,
    "quotes": judge_quote,
}


def span_iou(first: Span, second: Span) -> float:
    """Return shared over all characters of two spans, marks and edge punctuation aside."""
    return _iou([first], [second])


def evidence_iou(first: Sequence[Span], second: Sequence[Span]) -> float:
    """Return shared over all characters of two lists of evidence; 0 where they do not overlap."""
    return _iou(first, second)


def participants_f1(first: Sequence[Actor], second: Sequence[Actor]) -> float:
    """Return the F1 of a one-to-one assignment of the same actors, 0 to 1."""
    same = {
        (i, j): 1.0
        for i, one in enumerate(first)
        for j, other in enumerate(second)
        if same_actor(one.name, other.name)
    }
    return 2 * len(_assign(same, len(first), len(second))) / (len(first) + len(second))


def _assign(
    weights: Mapping[tuple[int, int], float], rows: int, columns: int
) -> list[tuple[int, int]]:
    """Return the one-to-one pairs among those with a weight whose weights sum to the most."""
    if not weights:
        return []
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    matrix = np.zeros((rows, columns))
    for pair, weight in weights.items():
        matrix[pair] = weight
    assignment = zip(*linear_sum_assignment(matrix, maximize=True), strict=True)
    return [(int(i), int(j)) for i, j in assignment if (i, j) in weights]


def _iou(first: Sequence[Span], second: Sequence[Span]) -> float:
    if not any(
        one.start < other.end and other.start < one.end for one in first for other in second
    ):
        return 0.0
    one, other = _core(first), _core(second)
    return len(one & other) / len(one | other)


def _core(spans: Sequence[Span]) -> set[int]:
    """Return the offsets that spans cover, without marks, blanks and punctuation at their edges."""
    covered: set[int] = set()
    for span in spans:
        solid = [i for i, character in enumerate(span.text) if _is_word_part(character)]
        # Words that are nothing but signs ("?!") are compared as they are.
        first, last = (solid[0], solid[-1]) if solid else (0, len(span.text) - 1)
        covered.update(range(span.start + first, span.start + last + 1))
    return covered


def _is_word_part(character: str) -> bool:
    """Return whether a character counts at the edge of a span: letters, marks, digits, signs."""
    return unicodedata.category(character)[0] in "LMNS" and character not in "`´"


def _same_speaker(first: Actor | None, second: Actor | None) -> bool:
    if first is None or second is None:
        return first is second
    return same_actor(first.name, second.name)


def _status_class(meeting: Meeting) -> str:
    return "held" if meeting.status == "ongoing" else meeting.status


def _date_words(date: EventDate | None) -> str | None:
    return date.text if date else None


def _same_words(first: str | None, second: str | None) -> bool:
    """Return whether two dates or places agree: both absent, or one's words within the other's."""
    if first is None or second is None:
        return first is second
    one, other = (set(re.findall(r"\w+", words.casefold())) for words in (first, second))
    return bool(one and other) and (one <= other or other <= one)
