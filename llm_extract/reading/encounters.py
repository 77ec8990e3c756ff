"""Finds in a sentence's tree who meets or talks with whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_extract.reading.encounter_words import (
    ARRIVING_VERBS,
    CALL_KINDS,
    CALL_WORDS,
    CLEAR_RECEIVING_VERBS,
    COMING,
    DECLINING,
    ENCOUNTERS,
    FUTURE_AUXILIARIES,
    HOLDING_VERBS,
    IN_PERSON_WORDS,
    JOINING_VERBS,
    PLANNING,
    POSSIBILITIES,
    POSSIBLE_AUXILIARIES,
    PROPOSING,
    RECEIVED,
    RECEIVING_VERBS,
    SERIES,
    TALKING_VERBS,
)
from llm_extract.schemas import MeetingMode, MeetingStatus
from llm_extract.syntax.trees import (
    above,
    children,
    coordinated,
    in_order,
    is_hypothetical,
    is_infinitive,
    is_negated,
    is_passive,
    is_verbal,
    objects_of,
    subjects,
)
from llm_extract.text.reporting import reporting_verb

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_GOING_ON = ("continue", "resume")  # to want more of the same is a position
_CLAUSES = ("acl", "relcl", "ccomp", "advcl")
_WHERE_OR_WHEN = ("at", "by", "during", "in", "on", "over", "about")


@dataclass(frozen=True)
class EncounterFound:
    """An encounter as a sentence reports it.

    Attributes:
        trigger: the word that reports it.
        participants: those who take part, in order.
        status: whether it has been held, is planned and so on.
        mode: whether it is a call or in person; None where the sentence does not say.
    """

    trigger: Token
    participants: tuple[Token, ...]
    status: MeetingStatus
    mode: MeetingMode | None


def find_encounters(tree: Doc) -> list[EncounterFound]:
    """Return the encounters that a sentence reports, in its order.

    Encounters that are only supposed or that are said not to have been are left out.

    Args:
        tree: the sentence.
    """
    found = []
    for token in tree:
        if is_hypothetical(token):
            continue
        status = _status(token) if token.pos_ in ("VERB", "NOUN", "PROPN") else None
        if status is None or (status == "proposed" and token.head.lemma_ in _GOING_ON):
            continue
        for participants in _participants(token):
            if participants:
                found.append(
                    EncounterFound(token, tuple(in_order(participants)), status, _mode(token))
                )
    return found


def _participants(token: Token) -> Iterator[list[Token]]:
    """Yield the participants of each encounter that a token reports."""
    lemma = token.lemma_.lower()
    if token.pos_ == "VERB":
        if lemma == "meet":
            yield from _met(token)
        elif lemma in TALKING_VERBS or lemma == "discuss":
            yield _talked(token)
        elif lemma == "sit" and any(c.lower_ == "down" for c in children(token, "prt", "advmod")):
            yield subjects(token) + _with(token, "with")
        elif lemma in RECEIVING_VERBS:
            yield _received(token)
    elif lemma in ENCOUNTERS and token.dep_ != "compound":
        yield _in_talks(token)


def _met(verb: Token) -> Iterator[list[Token]]:
    """Read "X met Y", "X and Y met", "meeting X in A and Y in B"."""
    those = subjects(verb)
    first = children(verb, "nsubjpass" if is_passive(verb) else "dobj")[:1]
    listed = [each for token in first + _strays(verb) for each in _chain(token)]
    if len(listed) > 1 and all(_placed(each) for each in listed[1:]):
        for each in listed:
            yield [*those, each]
        return
    yield those + coordinated(first) + _with(verb, "with")


def _strays(verb: Token) -> list[Token]:
    """Return the names in a list of objects that the parser joined to the verb itself."""
    return [child for child in children(verb, "conj") if child.pos_ == "PROPN"]


def _chain(token: Token) -> Iterator[Token]:
    yield token
    for child in children(token, "conj")[:1]:
        yield from _chain(child)


def _placed(token: Token) -> bool:
    return any(child.lower_ in ("in", "at") for child in children(token, "prep"))


def _talked(verb: Token) -> list[Token]:
    discusses = verb.lemma_ == "discuss"
    others = _with(verb, "with") if discusses else _with(verb, "with", "to")
    if discusses:
        others += [o for each in children(verb, "dobj") for o in objects_of(each, "with")]
    if verb.lemma_ == "consult":
        others += coordinated(children(verb, "dobj"))
    those = subjects(verb)
    if verb.lemma_ == "speak" and not others and len(those) < 2:
        return []
    return those + others


def _received(verb: Token) -> list[Token]:
    received = children(verb, "nsubjpass" if is_passive(verb) else "dobj")
    clear = verb.lemma_.lower() in CLEAR_RECEIVING_VERBS
    fits = any(r.pos_ == "PROPN" or r.lemma_.lower() in RECEIVED for r in received)
    return subjects(verb) + coordinated(received) if received and (clear or fits) else []


def _in_talks(noun: Token) -> list[Token]:
    """Read "talks between X and Y", "X's call with Y", "X held talks with Y", "the X-Y summit"."""
    members = _with(noun, "of")
    if members:
        return members
    sides = _with(noun, "between", "with", "among")
    lemma = noun.lemma_.lower()
    if lemma == "call" and not sides and not any(c.lower_ in CALL_KINDS for c in noun.children):
        return []
    named = [
        each
        for child in children(noun, "compound", "nmod", "amod")
        for each in (child, *children(child, "compound", "nmod", "amod", "conj", "npadvmod"))
        if each.text[:1].isupper()
    ]
    if noun.dep_ == "nsubjpass" and noun.head.lemma_ in HOLDING_VERBS:
        sides += _with(noun.head, "between", "with", "among")
    those = coordinated(children(noun, "poss")) + _holding(noun) + sides + named
    return those or _sides_of_sentence(noun)


def _holding(noun: Token) -> list[Token]:
    """Return who holds, joins or is at the encounter that a noun names."""
    two_sided = bool(objects_of(noun, "with"))
    noun = _whole(noun)
    head = noun.head
    if noun.dep_ in ("dobj", "nsubjpass") and is_verbal(head):
        return subjects(head) if head.lemma_ in HOLDING_VERBS or two_sided else []
    if noun.dep_ == "pobj" and is_verbal(head.head):
        verb = head.head
        arrives = head.lower_ == "for" and verb.lemma_ in ARRIVING_VERBS
        if verb.lemma_ in JOINING_VERBS or two_sided or arrives:
            return coordinated(children(verb, "nsubjpass")) + subjects(verb)
    if noun.dep_ == "pobj" and head.head.lemma_ == "part" and is_verbal(head.head.head):
        return subjects(head.head.head)
    return []


def _whole(noun: Token) -> Token:
    """Return "rounds" of "three rounds of talks", else the noun itself."""
    outer = noun.head.head
    return outer if noun.dep_ == "pobj" and outer.lemma_.lower() in SERIES else noun


def _sides_of_sentence(noun: Token) -> list[Token]:
    """Return the sides of a conflict that its sentence names, for talks that are called for."""
    called_for = any(token.lemma_.lower() in PROPOSING for token in above(noun))
    pairs = [objects_of(t, "between") for t in noun.doc if t.pos_ == "NOUN"] if called_for else []
    return next((coordinated(pair) for pair in pairs if pair), [])


def _with(word: Token, *prepositions: str) -> list[Token]:
    """Return what prepositions join to a word, through a place or time between them too."""
    found = objects_of(word, *prepositions)
    for child in children(word, "prep"):
        if child.lower_ in _WHERE_OR_WHEN and child.lower_ not in prepositions:
            for place in children(child, "pobj"):
                found += objects_of(place, "with") if "with" in prepositions else []
    return coordinated(found)


def _mode(trigger: Token) -> MeetingMode | None:
    """Return how they meet by the word for it and what belongs to that: "spoke by phone"."""
    own = [trigger, *trigger.children, *objects_of(trigger, "by", "over", "on", "in")]
    words = {token.lemma_.lower() for token in own}
    if words & CALL_WORDS:
        return "call"
    return "in_person" if words & IN_PERSON_WORDS else None


def belongs_to(token: Token, trigger: Token) -> bool:
    """Say whether a time or place in a sentence is that of an encounter reported in it.

    Args:
        token: the head of the words for the time or place.
        trigger: the word that reports the encounter.
    """
    verb = next((t for t in (trigger, *above(trigger)) if is_verbal(t)), trigger)
    for each in (token, *above(token)):
        if each.i in (trigger.i, verb.i):
            return True
        if each.dep_ in _CLAUSES or (each.dep_ == "conj" and is_verbal(each)):
            return False
    return False


def _status(trigger: Token) -> MeetingStatus | None:
    """Return how far an encounter has come by what stands above it; None for one that was not."""
    if trigger.dep_ == "pobj" and trigger.head.lower_ in ("after", "during", "following", "since"):
        return "held"
    status: MeetingStatus = "held"
    below: Token | None = None
    for token in (trigger, *above(trigger)):
        lemma = token.lemma_.lower()
        if below is not None and lemma in DECLINING:
            return "declined"
        if is_verbal(token) and is_negated(token):
            return "proposed" if lemma == "rule" else None
        if below is not None and lemma in POSSIBILITIES:
            return None
        if status == "held":
            status = _by_auxiliaries(token) if is_verbal(token) else status
        if status != "proposed" and _is_proposed(token, below):
            status = "proposed"
        elif status == "held" and _is_planned(token, below):
            status = "planned"
        if _closes(token):
            break
        below = token
    return status


def _is_proposed(token: Token, below: Token | None) -> bool:
    if any(child.lower_ == "proposed" for child in children(token, "amod")):
        return True
    if below is None or token.lemma_.lower() not in PROPOSING:
        return False
    if is_verbal(token) or token.pos_ == "ADJ":
        return True
    return below.lower_ in ("for", "to", "of") or below.dep_ in ("acl", "relcl")


def _is_planned(token: Token, below: Token | None) -> bool:
    words = [child.lower_ for child in children(token, "amod", "acl")]
    if COMING.intersection(words):
        return True
    predicates = [child.lower_ for child in children(token, "acomp")]
    named = {token.lemma_.lower(), token.lower_, *predicates}
    return below is not None and bool(PLANNING & named)


def _by_auxiliaries(verb: Token) -> MeetingStatus:
    auxiliaries = {child.lower_ for child in children(verb, "aux")}
    if auxiliaries & FUTURE_AUXILIARIES:
        return "planned"
    if auxiliaries & POSSIBLE_AUXILIARIES:
        return "proposed"
    if "to" in auxiliaries and verb.dep_ == "xcomp" and verb.head.lemma_ == "be":
        return "planned"
    if verb.tag_ == "VBG" and auxiliaries & {"is", "are", "'s"}:
        return "planned"
    return "held"


def _closes(token: Token) -> bool:
    """Say whether what stands above a token says nothing about it any more."""
    if token.dep_ == "ccomp":
        verb = reporting_verb(token.head.lemma_.lower())
        return (
            verb is not None
            and verb.reach in ("clause", "statement")
            and (token.head.lemma_.lower() not in PROPOSING)
        )
    if token.dep_ in ("advcl", "parataxis"):
        return token.tag_ not in ("VBG", "VB")
    return token.dep_ == "relcl" and not is_infinitive(token)
