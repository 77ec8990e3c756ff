"""Finds in a sentence's tree what somebody is for or against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_extract.reading.stance_words import (
    ADJECTIVES,
    AFFIRMING_VERBS,
    AIMS,
    BAD,
    DESERVING_VERBS,
    DRAWING_VERBS,
    DUTY_AUXILIARIES,
    GIVING_VERBS,
    GOOD,
    HAVING_TO,
    JUDGING_VERBS,
    NOUNS,
    OPPOSES,
    PARTICLE_VERBS,
    PERSON_NOUNS_OF_STANCE,
    REVERSIBLE,
    SUPPORTS,
    TELLING_TRIGGERS,
    TIMES,
    VERBS,
    VERBS_OF_TELLING,
    WORTH_NOUNS,
    StanceWord,
)
from llm_extract.schemas import Stance
from llm_extract.syntax.trees import (
    agents,
    children,
    conjuncts,
    coordinated,
    in_order,
    is_hypothetical,
    is_infinitive,
    is_negated,
    is_passive,
    is_verbal,
    objects_of,
    owners,
    phrase,
    subjects,
)

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_FLIPPED: dict[Stance, Stance] = {"supports": "opposes", "opposes": "supports", "mixed": "mixed"}


@dataclass(frozen=True)
class StanceFound:
    """A stance as a sentence states it.

    Attributes:
        trigger: the word that states it.
        holders: who holds it; empty where it is whoever says the sentence.
        stance: for or against.
        head: the head of what it is on.
        issue: the tokens of what it is on, in order.
    """

    trigger: Token
    holders: tuple[Token, ...]
    stance: Stance
    head: Token
    issue: tuple[Token, ...]


@dataclass(frozen=True)
class _Complement:
    """What a stance is on: its head, and the object that is its subject ("urged Lima to …")."""

    head: Token
    raised: Token | None = None


def find_stances(tree: Doc) -> list[StanceFound]:
    """Return the stances that a sentence states, in its order.

    A stance inside what another one is on is not stated ("wants Lima to reject the offer"), nor is
    one that is only supposed ("if Lima rejects it"), nor the opposite of opposition.

    Args:
        tree: the sentence.
    """
    found: list[StanceFound] = []
    inside: set[int] = set()
    for token in tree:
        if token.i in inside:
            continue
        for statement in _stated_by(token):
            inside.update(t.i for t in statement.issue if t.i != token.i)
            found.append(statement)
    return found


def _stated_by(token: Token) -> list[StanceFound]:
    if is_hypothetical(token):
        return []
    for reading in (_by_verb, _by_adjective, _by_preposition, _by_noun, _by_verdict, _by_duty):
        found = list(reading(token))
        if found:
            return found
    return []


def _by_verb(verb: Token) -> Iterator[StanceFound]:
    """Read "X backs Y", "X urged Y to …", "X ruled out Y", "X stressed the need for Y"."""
    if not is_verbal(verb):
        return
    lemma = verb.lemma_.lower()
    words: Sequence[StanceWord] = VERBS.get(lemma, ())
    for particle in children(verb, "prt", "advmod", "prep"):
        if (lemma, particle.lower_) in PARTICLE_VERBS:
            words = (PARTICLE_VERBS[lemma, particle.lower_],)
            break
    if lemma in AFFIRMING_VERBS:
        worth = [o for each in children(verb, "dobj") for o in conjuncts(each)]
        needed = [o for o in worth if o.lemma_ in WORTH_NOUNS]
        stressed = [
            _Complement(each)
            for noun in needed
            for each in (_joined(objects_of(noun, "of", "for")) or [noun])
        ]
        yield from _statements(verb, SUPPORTS, stressed, subjects(verb), is_negated(verb))
    for word in words:
        complements = _complements(verb, word.opens)
        yield from _statements(verb, word.stance, complements, subjects(verb), is_negated(verb))


def _by_adjective(adjective: Token) -> Iterator[StanceFound]:
    """Read "X is ready to …", "X, opposed to Y, …"."""
    if adjective.pos_ not in ("ADJ", "VERB") or adjective.lower_ not in ADJECTIVES:
        return
    if adjective.dep_ in ("acl", "amod"):
        holders = coordinated([adjective.head])
    else:
        passive = children(adjective, "nsubjpass")
        holders = coordinated(passive) if passive else subjects(adjective)
    negated = is_negated(adjective) or is_negated(adjective.head)
    for word in ADJECTIVES[adjective.lower_]:
        complements = _complements(adjective, word.opens)
        if not complements and adjective.dep_ == "acomp":
            complements = _complements(adjective.head, word.opens - {"clause", "infinitive"})
        yield from _statements(adjective, word.stance, complements, holders, negated)


def _by_preposition(preposition: Token) -> Iterator[StanceFound]:
    """Read "X is against Y", "X is in favour of Y", "in support of Y"."""
    head = preposition.head
    if preposition.lower_ == "against" and head.lemma_ == "be":
        against = [_Complement(o) for o in _joined(children(preposition, "pobj", "pcomp"))]
        yield from _statements(preposition, OPPOSES, against, subjects(head), is_negated(head))
    if preposition.lower_ == "in":
        for noun in children(preposition, "pobj"):
            if noun.lower_ in ("favor", "favour", "support", "defence", "defense"):
                holders = subjects(head) if is_verbal(head) else coordinated([head])
                behind = [_Complement(o) for o in _joined(objects_of(noun, "of"))]
                yield from _statements(noun, SUPPORTS, behind, holders, is_negated(head))


def _by_noun(noun: Token) -> Iterator[StanceFound]:
    """Read "X's call for Y", "X voiced support for Y"."""
    if noun.pos_ != "NOUN":
        return
    lemma = noun.lemma_.lower()
    if lemma in PERSON_NOUNS_OF_STANCE and noun.dep_ in ("attr", "appos"):
        holders = coordinated([noun.head]) if noun.dep_ == "appos" else subjects(noun.head)
        for word in PERSON_NOUNS_OF_STANCE[lemma]:
            complements = _complements(noun, word.opens)
            yield from _statements(noun, word.stance, complements, holders, is_negated(noun.head))
    taken_back = noun.dep_ == "dobj" and (
        is_negated(noun.head) or noun.head.lemma_ in ("withdraw", "lack", "deny")
    )
    for word in NOUNS.get(lemma, ()):
        complements = _complements(noun, word.opens)
        if not complements and noun.dep_ == "dobj":
            complements = _complements_of_governing_verb(noun, word.opens)
        negated = taken_back or is_negated(noun)
        holders = owners(noun)
        if noun.dep_ == "dobj" and noun.head.lemma_.lower() in DRAWING_VERBS:
            holders = _drawn_from(noun)
        yield from _statements(noun, word.stance, complements, holders, negated)


def _complements_of_governing_verb(noun: Token, opens: frozenset[str]) -> list[_Complement]:
    """Return Y of "threw their support behind Y" and of "Y drew criticism from X"."""
    verb = noun.head
    if verb.lemma_.lower() in GIVING_VERBS:
        return _complements(verb, opens - {"infinitive", "clause", "object"})
    if verb.lemma_.lower() in DRAWING_VERBS and _drawn_from(noun):
        return [_Complement(each) for each in children(verb, "nsubj")]
    return []


def _drawn_from(noun: Token) -> list[Token]:
    """Return X of "drew criticism from X"."""
    sources = ("from", "by", "among")
    return coordinated(objects_of(noun, *sources) or objects_of(noun.head, *sources))


def _by_verdict(verb: Token) -> Iterator[StanceFound]:
    """Read "X called Y a mistake"; "Y is a mistake", said by somebody."""
    lemma = verb.lemma_.lower()
    if verb.pos_ == "VERB" and lemma in JUDGING_VERBS and not is_negated(verb):
        for judgement in _judgements(verb):
            stance = _verdict(judgement)
            judged = children(verb, "dobj", "nsubjpass") + children(judgement, "nsubj")
            if stance and judged:
                holders = agents(verb) if is_passive(verb) else subjects(verb)
                on = [_Complement(o) for o in conjuncts(judged[0])]
                yield from _statements(verb, stance, on, holders, negated=False)
                return
    if lemma == "be":
        yield from _by_predicate(verb)


def _judgements(verb: Token) -> Iterator[Token]:
    yield from children(verb, "oprd", "acomp", "xcomp", "ccomp")
    for preposition in children(verb, "prep"):
        if preposition.lower_ == "as":
            yield from children(preposition, "amod", "pobj", "pcomp")


def _by_predicate(verb: Token) -> Iterator[StanceFound]:
    subject = children(verb, "nsubj")
    if subject and subject[0].lemma_.lower() in AIMS and not is_negated(verb):
        aimed = [c for c in children(verb, "xcomp", "ccomp") if c.i > verb.i]
        on = [_Complement(each) for clause in aimed for each in conjuncts(clause)]
        yield from _statements(verb, SUPPORTS, on, owners(subject[0]), negated=False)
    for predicate in children(verb, "acomp", "attr"):
        stance = _verdict(predicate)
        subject = children(verb, "nsubj", "csubj")
        if stance is None or not subject:
            continue
        judged = subject
        if subject[0].lower_ == "it":
            judged = _clauses_of(predicate)
        on = [_Complement(each) for each in judged[:1] or subject[:1]]
        yield from _statements(
            verb, _FLIPPED[stance] if is_negated(verb) else stance, on, (), False
        )


def _clauses_of(predicate: Token) -> list[Token]:
    """Return the clauses that stand for "it" in "it is wrong to …", "it is time that …"."""
    clauses = children(predicate.head, "xcomp", "ccomp", "advcl", "csubj")
    clauses += children(predicate, "xcomp", "ccomp", "advcl", "acl", "relcl")
    return [clause for clause in clauses if clause.i > predicate.i and is_verbal(clause)]


def _verdict(judgement: Token) -> Stance | None:
    words = [judgement, *children(judgement, "amod", "compound")]
    if any(word.lower_ in BAD or word.lemma_.lower() in BAD for word in words):
        return OPPOSES
    if judgement.lower_ == "time":  # "it is time to leave"
        return SUPPORTS if any(is_infinitive(c) for c in _clauses_of(judgement)) else None
    good = judgement.lower_ in GOOD or judgement.lemma_.lower() in GOOD
    return SUPPORTS if good else None


def _by_duty(verb: Token) -> Iterator[StanceFound]:
    """Read "Y must …", "Y cannot …", "let Y …", said by somebody."""
    if not is_verbal(verb):
        return
    if verb.lemma_.lower() == "let" and not children(verb, "nsubj"):
        wished = [_Complement(each) for each in children(verb, "ccomp")]
        yield from _statements(verb, SUPPORTS, wished, (), is_negated(verb))
        return
    if verb.lemma_.lower() in DESERVING_VERBS:
        yield StanceFound(verb, (), SUPPORTS, verb, tuple(phrase(verb)))
        return
    if verb.dep_ == "xcomp" and is_infinitive(verb) and verb.head.lemma_ in HAVING_TO:
        if not is_negated(verb.head):
            actor = [t for each in children(verb.head, "nsubj") for t in phrase(each)]
            yield StanceFound(verb, (), SUPPORTS, verb, tuple(in_order([*actor, *phrase(verb)])))
        return
    auxiliaries = [child.lower_ for child in children(verb, "aux")]
    if DUTY_AUXILIARIES.intersection(auxiliaries):
        stance = OPPOSES if is_negated(verb) else SUPPORTS
    elif is_negated(verb) and {"can", "ca"}.intersection(auxiliaries):
        stance = OPPOSES
    else:
        return
    yield StanceFound(verb, (), stance, verb, tuple(phrase(verb)))


def _joined(tokens: Iterable[Token]) -> list[Token]:
    return [each for token in tokens for each in conjuncts(token)]


def _complements(word: Token, opens: frozenset[str]) -> list[_Complement]:
    """Return what a stance word is on, by the forms that it opens."""
    found: list[_Complement] = []
    for child in word.children:
        if is_infinitive(child) and child.dep_ in ("xcomp", "ccomp", "advcl", "acl"):
            found += _infinitives(word, child, opens)
        elif child.dep_ in ("ccomp", "acl") and "clause" in opens and _is_that_clause(word, child):
            found += [_Complement(each) for each in conjuncts(child)]
        elif child.dep_ in ("xcomp", "pcomp", "ccomp") and child.tag_ == "VBG":
            found += [_Complement(each) for each in conjuncts(child) if "gerund" in opens]
        elif child.dep_ == "dobj" or (child.dep_ == "nsubjpass" and is_passive(word)):
            rest = any(is_infinitive(c) for c in children(word, "xcomp", "ccomp"))
            if "object" in opens and not (rest and "raised" in opens):
                found += [_Complement(each) for each in conjuncts(child)]
    return found + _behind_prepositions(word, opens)


def _is_that_clause(word: Token, clause: Token) -> bool:
    """Say whether a clause says what a word is about: "hope (that) …", not "hope fading …"."""
    that = any(child.lower_ == "that" for child in children(clause, "mark"))
    return clause.i > word.i and (that or clause.dep_ == "ccomp")


def _behind_prepositions(word: Token, opens: frozenset[str]) -> list[_Complement]:
    """Return Y of "calls for Y", and of "accused X of Y" with X."""
    found: list[_Complement] = []
    takes_object = "object" in opens
    accused = next(iter(children(word, "dobj")), None) if not takes_object else None
    used: set[str] = set()
    for child in children(word, "prep", "dative", "agent"):
        name = child.lower_
        addressed = name in ("on", "to") and bool(children(word, "xcomp", "ccomp"))
        if name not in opens or name in used or addressed:
            continue
        used.add(name)
        about = accused if name in ("of", "for") else None
        joined = _joined(children(child, "pobj", "pcomp"))
        found += [_Complement(o, about) for o in joined if o.lemma_.lower() not in TIMES]
    if not found and accused is not None and "of" in opens:  # the parser gave "of" to the object
        done = [o for o in objects_of(accused, "of") if is_verbal(o)]
        found += [_Complement(each, accused) for each in _joined(done)]
    return found


def _infinitives(word: Token, infinitive: Token, opens: frozenset[str]) -> list[_Complement]:
    inner = children(infinitive, "nsubj", "nsubjpass")
    raised = [] if inner else children(word, "dobj")
    if not raised and not inner:
        raised = [
            o
            for p in children(word, "prep")
            for o in children(p, "pobj")
            if p.lower_ in ("on", "to")
        ]
    form = "raised" if raised or inner else "infinitive"
    if form not in opens:
        return []
    if infinitive.lemma_ == "see" and not raised:  # "wants to see an end to it"
        return [_Complement(each) for each in _joined(children(infinitive, "dobj"))]
    return [_Complement(each, raised[0] if raised else None) for each in conjuncts(infinitive)]


def _statements(
    trigger: Token,
    stance: Stance,
    complements: Sequence[_Complement],
    holders: Sequence[Token],
    negated: bool,
) -> Iterator[StanceFound]:
    """Yield a statement for each complement; who does not oppose something need not support it."""
    lemma = trigger.lemma_.lower()
    if negated and lemma != "rule" and (stance == OPPOSES or lemma not in REVERSIBLE):
        return
    for complement in complements:
        head = complement.head
        if lemma in TELLING_TRIGGERS and head.lemma_.lower() in VERBS_OF_TELLING:
            continue
        if complement.raised is not None and complement.raised.lower_ in ("anybody", "anyone"):
            continue
        flips = negated != (is_verbal(head) and is_negated(head))
        tokens = phrase(head)
        if complement.raised is not None:
            tokens = in_order([*phrase(complement.raised), *tokens])
        yield StanceFound(
            trigger, tuple(holders), _FLIPPED[stance] if flips else stance, head, tuple(tokens)
        )
