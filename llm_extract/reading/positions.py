"""Reads the positions that an article's sentences state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_extract.grounding.issues import content_words, positively_worded
from llm_extract.grounding.names import same_actor
from llm_extract.grounding.words import word_set
from llm_extract.reading.actors import Actors
from llm_extract.reading.sentences import Parsed
from llm_extract.reading.stance_words import IMPUTABLE
from llm_extract.reading.stances import StanceFound, find_stances
from llm_extract.schemas import Stance
from llm_extract.syntax.trees import above, children, phrase

if TYPE_CHECKING:
    from spacy.tokens import Token

_SHORTEST = 2
_RELATIVES = word_set("that which who whom")
_DEFINITE = word_set("the this that these those such")
_DEMONSTRATIVES = word_set("it them this that these those which what so")


@dataclass(frozen=True)
class PositionRead:
    """A position as one sentence states it.

    Attributes:
        holder: name of the actor.
        issue: what the stance is on, worded positively.
        stance: for or against.
        sentence: number of the sentence, from 1.
    """

    holder: str
    issue: str
    stance: Stance
    sentence: int


def read_positions(sentences: Sequence[Parsed], actors: Actors) -> list[PositionRead]:
    """Return the positions that sentences state, in their order.

    Args:
        sentences: the sentences of an article, in order.
        actors: names the actors in them.
    """
    found: list[PositionRead] = []
    issues = _Issues()
    for parsed in sentences:
        for statement in find_stances(parsed.tree):
            issue = issues.of(parsed, statement)
            if issue is None:
                continue
            worded, stance = positively_worded(issue, statement.stance)
            found += [
                PositionRead(holder, worded, stance, parsed.sentence.number)
                for holder in _holders(parsed, statement, actors)
                if not same_actor(holder, worded)
            ]
        issues.remember(parsed)
    return found


def _holders(parsed: Parsed, statement: StanceFound, actors: Actors) -> list[str]:
    if not statement.holders:
        sayer = actors.sayer(parsed, statement.trigger) if _is_said(statement) else None
        return [sayer] if sayer else []
    names = [name for holder in statement.holders for name in actors.names(parsed, holder)]
    known = list(dict.fromkeys(names))
    if statement.trigger.lemma_.lower() in IMPUTABLE:
        sayer = actors.sayer(parsed, statement.trigger)
        known = [n for n in known if not sayer or same_actor(n, sayer) or not actors.is_person(n)]
    if not known and statement.trigger.dep_ in ("conj", "pobj"):
        above_it = actors.in_clauses_above(parsed, statement.trigger)
        known = [above_it] if above_it else []
    return known


def _is_said(statement: StanceFound) -> bool:
    return statement.trigger.pos_ in ("VERB", "AUX")


class _Issues:
    """Words issues; remembers what an article's noun phrases were so far."""

    def __init__(self) -> None:
        self._before: Parsed | None = None
        self._fullest: dict[str, str] = {}

    def of(self, parsed: Parsed, statement: StanceFound) -> str | None:
        """Return what a stance is on, in words that can be understood alone; None without any."""
        head = statement.head
        if len(statement.issue) > _SHORTEST or head.lower_ not in _DEMONSTRATIVES:
            words = _with_antecedent(parsed, head) or parsed.words(statement.issue, head)
            return self._fuller(head, words) or words or None
        antecedent = _antecedent(statement.trigger, head)
        if antecedent:
            return parsed.words(phrase(antecedent)) or None
        return self._topic_before()

    def remember(self, parsed: Parsed) -> None:
        """Take in a sentence, after its own issues were worded."""
        self._before = parsed
        for token in parsed.tree:
            if token.pos_ == "NOUN":
                words = parsed.words(phrase(token))
                known = self._fullest.get(token.lemma_, "")
                if len(content_words(words)) > len(content_words(known)):
                    self._fullest[token.lemma_] = words

    def _fuller(self, head: Token, words: str) -> str | None:
        """Return the fuller wording of "the plan" that an earlier sentence has."""
        definite = any(c.lower_ in _DEFINITE for c in children(head, "det"))
        if head.pos_ != "NOUN" or not definite or len(content_words(words)) > 1:
            return None
        return self._fullest.get(head.lemma_)

    def _topic_before(self) -> str | None:
        """Return what the sentence before is about: its first object, else first complement."""
        if self._before is None:
            return None
        tree = self._before.tree
        objects = [t for t in tree if t.dep_ == "dobj" and t.pos_ in ("NOUN", "PROPN")]
        others = [t for t in tree if t.dep_ in ("pobj", "attr") and t.pos_ == "NOUN"]
        found = objects or others
        return self._before.words(phrase(found[0])) if found else None


def _with_antecedent(parsed: Parsed, verb: Token) -> str | None:
    """Return "isolating a country" of "a country that they seek to isolate"."""
    relative = [o for o in children(verb, "dobj") if o.lower_ in _RELATIVES]
    noun = _antecedent(verb, relative[0]) if relative else None
    if noun is None:
        return None
    before = [token for token in phrase(noun) if token.i < relative[0].i]
    return f"{parsed.words([verb], verb)} {parsed.words(before)}"


def _antecedent(trigger: Token, pronoun: Token) -> Token | None:
    """Return what a relative pronoun, or "it" after a noun of its sentence, stands for."""
    if pronoun.lower_ in _RELATIVES:
        for clause in (trigger, *above(trigger)):
            if clause.dep_ == "relcl":
                noun = clause.head
                return noun.head if noun.dep_ == "appos" else noun
    if pronoun.lower_ == "it":
        for token in trigger.doc[: trigger.i]:
            if token.pos_ == "NOUN" and token.dep_ in ("dobj", "nsubjpass", "pobj"):
                return token
    return None
