"""Reads a sentence's tree: who does something, what it is about, in which words.

The names of dependencies are those of spaCy's English pipelines (ClearNLP style).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Token


_DEPTH = 8
_DROPPED_OF_VERBS = frozenset(
    ["advcl", "cc", "conj", "mark", "preconj", "punct", "parataxis", "neg", "dep"]
)
_DROPPED_OF_NOUNS = frozenset(["conj", "cc", "preconj", "relcl", "appos", "punct", "neg"])
_ADVERBIAL_FORMS = frozenset(("VBG", "VBN", "VB"))


def is_verbal(token: Token) -> bool:
    """Say whether a token is a verb or auxiliary."""
    return token.pos_ in ("VERB", "AUX")


def is_infinitive(token: Token) -> bool:
    """Say whether a token is a verb with "to"."""
    return is_verbal(token) and any(child.tag_ == "TO" for child in token.children)


def children(token: Token, *dependencies: str) -> list[Token]:
    """Return the direct dependents of a token that depend on it in one of some ways."""
    return [child for child in token.children if child.dep_ in dependencies]


def objects_of(token: Token, *prepositions: str) -> list[Token]:
    """Return what some prepositions join to a token, of a pair such as "from A to B" too."""
    found = []
    for child in children(token, "prep", "dative", "agent"):
        if child.lower_ in prepositions:
            found += children(child, "pobj", "pcomp")
            found += [each for inner in children(child, "prep") for each in children(inner, "pobj")]
    return found


def root_of(token: Token) -> Token:
    """Return the token that a token's sentence hangs on."""
    while token.head.i != token.i:
        token = token.head
    return token


def above(token: Token) -> Iterator[Token]:
    """Yield the tokens that a token hangs on, the nearest first."""
    for _ in range(_DEPTH):
        if token.head.i == token.i:
            return
        token = token.head
        yield token


def is_passive(verb: Token) -> bool:
    """Say whether a verb tells what is done to its subject."""
    if children(verb, "auxpass", "nsubjpass"):
        return True
    return verb.tag_ == "VBN" and (verb.dep_ == "acl" or bool(children(verb, "agent")))


def is_negated(token: Token) -> bool:
    """Say whether "not", "never" or "no" belongs to a token."""
    return any(
        child.dep_ == "neg"
        or (child.lower_ in ("never", "no") and child.dep_ in ("advmod", "det", "preconj"))
        for child in token.children
    )


def is_hypothetical(token: Token) -> bool:
    """Say whether a token's clause only supposes something ("if …", "unless …", "whether …")."""
    for each in (token, *above(token)):
        if any(child.lower_ in ("if", "unless", "whether") for child in children(each, "mark")):
            return True
        if each.dep_ not in ("conj", "xcomp", "dobj", "pobj", "prep", "acomp", "attr"):
            return False
    return False


def coordinated(tokens: Iterable[Token]) -> list[Token]:
    """Return nouns with what "and" joins to them, and the names that explain a common noun."""
    found = []
    for token in tokens:
        named = [each for each in children(token, "appos") if each.pos_ == "PROPN"]
        for own in named if named and token.pos_ == "NOUN" and token.tag_ == "NNS" else [token]:
            found.append(own)
            joined = [c for c in children(own, "conj") if c.pos_ in ("NOUN", "PROPN", "PRON")]
            found += coordinated(joined)
    return found


def conjuncts(token: Token) -> list[Token]:
    """Return a token and what "and" joins to it that is a verb if it is one, else is none."""
    joined = [c for c in children(token, "conj") if is_verbal(c) == is_verbal(token)]
    return [token, *(each for child in joined for each in conjuncts(child))]


def agents(verb: Token) -> list[Token]:
    """Return by whom something is done, in the passive."""
    holders = [verb, *children(verb, "oprd", "acomp", "dobj", "prt", "advmod")]
    by = [c for h in holders for c in children(h, "agent", "prep") if c.lower_ == "by"]
    return coordinated(each for child in by for each in children(child, "pobj"))


def subjects(verb: Token, depth: int = _DEPTH) -> list[Token]:
    """Return who does what a verb, or is what a predicate, says.

    Args:
        verb: a verb, or an adjective or noun in a predicate.
        depth: how many clauses up a shared subject is looked for.

    Returns:
        The heads of the noun phrases; empty where the sentence does not say.
    """
    if depth == 0:
        return []
    if is_passive(verb):
        return agents(verb)
    own = children(verb, "nsubj", "csubj") or _loose_subject(verb)
    if own:
        subject = own[-1]
        if is_verbal(subject):
            return []
        if len(own) > 1 and children(own[0], "cc"):  # "X and Y", not seen as joined
            return coordinated(own)
        relative = verb.dep_ == "relcl" and subject.lower_ in ("who", "which", "that")
        return coordinated([verb.head if relative else subject])
    return _shared_subjects(verb, depth - 1)


def _loose_subject(verb: Token) -> list[Token]:
    """Return the list before a verb that the parser took for an adverbial."""
    return [
        child
        for child in children(verb, "npadvmod")
        if child.tag_ == "NNS" and child.i < verb.i and children(child, "appos")
    ]


def _shared_subjects(verb: Token, depth: int) -> list[Token]:
    """Return the subject that a verb without one takes from what it hangs on."""
    head, dependency = verb.head, verb.dep_
    if dependency == "xcomp":
        raised = children(head, "dobj")
        if raised and head.lemma_ not in ("promise", "vow", "threaten"):
            return coordinated(raised)
        passive = children(head, "nsubjpass")
        return coordinated(passive) if passive else subjects(head, depth)
    if dependency == "advcl":
        takes = verb.tag_ in _ADVERBIAL_FORMS or verb.pos_ == "ADJ"
        return subjects(head, depth) if takes else []
    if dependency == "pcomp":
        outer = head.head
        return subjects(outer, depth) if is_verbal(outer) else owners(outer, depth)
    if dependency == "acl":
        return coordinated([head]) if verb.tag_ == "VBG" else owners(head, depth)
    shares = dependency in ("acomp", "attr", "oprd", "conj") or (
        dependency == "ccomp" and verb.tag_ == "VBG"
    )
    return subjects(head, depth) if shares else []


def owners(noun: Token, depth: int = _DEPTH) -> list[Token]:
    """Return whose something is: "Lima's call", "a call from Lima", "Lima made a call"."""
    if depth == 0:
        return []
    own = children(noun, "poss") or objects_of(noun, "from", "by", "among")
    if own:
        return coordinated(own)
    head = noun.head
    if noun.dep_ == "conj" and head.pos_ == "NOUN":
        return owners(head, depth - 1)
    if noun.dep_ in ("dobj", "attr") and is_verbal(head):
        return subjects(head, depth - 1)
    if noun.dep_ == "pobj":
        outer = head.head
        return subjects(outer, depth - 1) if is_verbal(outer) else owners(outer, depth - 1)
    named = [c for c in children(noun, "compound", "nmod", "amod") if c.pos_ == "PROPN"]
    return named[-1:]


def phrase(head: Token) -> list[Token]:
    """Return the tokens of a complement in order, without what is only joined to it.

    Auxiliaries, negations, relative clauses and a pronoun as its subject are left out.
    """
    verbal = is_verbal(head)
    dropped = _DROPPED_OF_VERBS if verbal else _DROPPED_OF_NOUNS
    kept = [head]
    for child in head.children:
        left_out = verbal and (
            child.dep_ == "aux" or (child.dep_ == "nsubj" and child.pos_ == "PRON")
        )
        if (child.dep_ not in dropped and not left_out) or _restricts(child):
            kept += child.subtree
    return sorted(kept, key=_position)


def _restricts(clause: Token) -> bool:
    """Say whether a relative clause tells which one is meant: no comma parts it from its noun."""
    first = min(token.i for token in clause.subtree)
    return clause.dep_ == "relcl" and first > 0 and clause.doc[first - 1].pos_ != "PUNCT"


def in_order(tokens: Sequence[Token]) -> list[Token]:
    """Return tokens as they stand in the sentence, each once."""
    return sorted({token.i: token for token in tokens}.values(), key=_position)


def _position(token: Token) -> int:
    return token.i
