"""Names the actors that tokens of a sentence stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llm_extract.grounding.cast import Cast
from llm_extract.grounding.frames import Frames
from llm_extract.grounding.lexicon import (
    BODY_NOUNS,
    DOCUMENT_NOUNS,
    GROUP_NOUNS,
    PERSON_NOUNS,
)
from llm_extract.grounding.members import CastMember
from llm_extract.grounding.names import fold
from llm_extract.grounding.phrases import NounPhrase
from llm_extract.grounding.places import country_of, is_country, is_place
from llm_extract.grounding.pronouns import Referents
from llm_extract.grounding.speakers import find_speaker
from llm_extract.grounding.titles import is_title
from llm_extract.grounding.words import word_set
from llm_extract.reading.sentences import Parsed
from llm_extract.syntax.trees import (
    above,
    children,
    coordinated,
    in_order,
    is_verbal,
    objects_of,
    owners,
    root_of,
    subjects,
)
from llm_extract.text.article import Document, QuotedSpan
from llm_extract.text.reporting import SPEECH_NOUNS, reporting_verb

if TYPE_CHECKING:
    from spacy.tokens import Token

_FIRST_PERSON = word_set("i we me us my our myself ourselves")
_THIRD_PERSON = {
    "he": "he", "him": "he", "his": "he", "himself": "he",
    "she": "she", "her": "she", "herself": "she",
    "it": "it", "its": "it", "itself": "it",
    "they": "they", "them": "they", "their": "they", "themselves": "they",
}  # fmt: skip
_ACTOR_NOUNS = PERSON_NOUNS | GROUP_NOUNS | BODY_NOUNS
_NOT_PART_OF_A_NAME = word_set("det punct prep acl relcl case poss cc conj appos")
_PAIRS_OF_PEOPLE = word_set(
    "interlocutors leaders men ministers pair presidents premiers politicians women"
)
_PAIRS_OF_SIDES = word_set("both countries governments nations parties sides states")
_COUNTRIES = word_set("countries nations states")
_PAIR_WORDS = word_set("the two both , of their")
_DETERMINERS = ("poss", "det", "case")
_SENT = word_set("delegates delegations envoys negotiators officials representatives troops")
_REACH = 6
_STATEMENT_NOUNS = SPEECH_NOUNS | {"belief", "position"}
_SPEAKING: tuple[str, ...] = ("clause", "statement")


class Actors:
    """Names tokens of one article's sentences.

    Args:
        document: the article.
        cast: its actors.
        quotations: its quoted spans.
    """

    def __init__(self, document: Document, cast: Cast, quotations: Sequence[QuotedSpan]) -> None:
        self._document = document
        self._cast = cast
        self._quotations = quotations
        self._frames = Frames(document, cast)
        self._referents = Referents(document, self._frames)
        self._speakers: dict[int, str | None] = {}

    def name(self, parsed: Parsed, token: Token) -> str | None:
        """Return the name of the actor that a token stands for, None where it is no actor.

        Args:
            parsed: the sentence.
            token: the head of a noun phrase, or a pronoun.
        """
        if token.lower_ in _FIRST_PERSON and token.text != "US":
            return self.speaker_at(parsed.start_of(token))
        if token.lower_ in _THIRD_PERSON and token.pos_ in ("PRON", "DET"):
            pronoun = _THIRD_PERSON[token.lower_]
            return self._in_clause_above(parsed, token, pronoun) or self._referent(
                parsed, token, pronoun
            )
        if token.lower_ in DOCUMENT_NOUNS:
            return self._author(parsed, token)
        member = self._member(parsed, token)
        if member is None or member.described or not member.person:
            member = self._titled(parsed, token) or member
        if member is not None:
            return member.name
        return self._described(parsed, token)

    def names(self, parsed: Parsed, token: Token) -> list[str]:
        """Return the names of the actors that a token stands for: two for "both leaders".

        Args:
            parsed: the sentence.
            token: the head of a noun phrase, or a pronoun.
        """
        several = self._pair(parsed, token) or self._from_several_sides(parsed, token)
        if several:
            return several
        name = self.name(parsed, token)
        return [name] if name else []

    def is_person(self, name: str) -> bool:
        """Say whether a name is that of one person of the cast."""
        member = self._cast.resolve(name)
        return member is not None and member.person

    def _pair(self, parsed: Parsed, token: Token) -> list[str]:
        """Return the two that "the leaders", "both sides" or "the two countries" refer to."""
        people = token.lower_ in _PAIRS_OF_PEOPLE
        if not people and token.lower_ not in _PAIRS_OF_SIDES:
            return []
        words = {child.lower_ for child in token.children}
        definite = bool(words & {"the", "two", "both"}) or token.head.lower_ == "between"
        if not words <= _PAIR_WORDS or not definite:
            return []
        fits = _is_person if people else _is_country if token.lower_ in _COUNTRIES else _is_side
        at = parsed.start_of(token)
        for number in range(parsed.sentence.number, max(0, parsed.sentence.number - _REACH), -1):
            before = [m for x, m in self._cast.mentions_in(number) if x.start < at]
            fitting = [m.name for m in before if fits(m)]
            two = list(dict.fromkeys(fitting))[:2]
            if len(two) == 2:
                return two
        return []

    def _from_several_sides(self, parsed: Parsed, token: Token) -> list[str]:
        """Return who "the Russian and Ukrainian ministers" or "envoys from both sides" are."""
        if token.tag_ not in ("NNS", "NNPS") or token.lower_ not in _ACTOR_NOUNS:
            return []
        origins = objects_of(token, "from", "of") if token.lower_ in _SENT else []
        sides = [name for each in coordinated(origins) for name in self.names(parsed, each)]
        if len(sides) > 1:
            return sides
        modifiers = [t for t in token.subtree if t.i < token.i]
        if token.dep_ == "conj":  # "Lima and Quito's ministers"
            modifiers = [token.head, *modifiers]
        countries = [t for t in modifiers if country_of(t.lower_)]
        if len(countries) < 2:
            return []
        if token.lower_ in _SENT:
            last = countries[-1].i
            rest = parsed.words([t for t in token.subtree if last < t.i <= token.i])
            return [f"{country.text} {rest}" for country in countries]
        members = [self._only_person_of(country.lower_) for country in countries]
        return [member.name for member in members if member]

    def _only_person_of(self, country: str) -> CastMember | None:
        """Return the one person of the cast who is said to belong to a country."""
        sought = country_of(country)
        people = [m for m in self._cast.members if m.person and not m.described]
        theirs = [
            m
            for m in people
            if any(country_of(w.lower()) == sought for w in f"{m.role} {m.affiliation}".split())
        ]
        return theirs[0] if len(theirs) == 1 else None

    def sayer(self, parsed: Parsed, token: Token) -> str | None:
        """Return who says the clause that a token is in, None where the article just states it."""
        at = parsed.start_of(token)
        if self._quotation_over(at) is not None:
            return self.speaker_at(at)
        clause = token
        for head in above(token):
            reports = _reports(head)
            if clause.dep_ == "ccomp" and reports:
                return self._first_named(parsed, subjects(head))
            if clause.dep_ == "acl" and head.lemma_.lower() in SPEECH_NOUNS | {
                "position",
                "belief",
            }:
                return self._first_named(parsed, owners(head))
            if clause.dep_ in ("relcl", "acl"):
                return None
            clause = head
        return None

    def speaker_at(self, at: int) -> str | None:
        """Return who speaks the quotation around an offset, None where there is none."""
        quoted = self._quotation_over(at)
        if quoted is None:
            return None
        if quoted.number not in self._speakers:
            found = find_speaker(self._document, self._cast, quoted)
            self._speakers[quoted.number] = found.name if found else None
        return self._speakers[quoted.number]

    def in_clauses_above(self, parsed: Parsed, token: Token) -> str | None:
        """Return the nearest subject above a token that is an actor: a parser's slip mended."""
        for head in above(token):
            if head.dep_ in ("relcl", "acl"):
                return None
            if is_verbal(head):
                found = self._first_named(parsed, subjects(head))
                if found:
                    return found
        return None

    def _first_named(self, parsed: Parsed, tokens: Sequence[Token]) -> str | None:
        return next((name for each in tokens if (name := self.name(parsed, each))), None)

    def _quotation_over(self, at: int) -> QuotedSpan | None:
        around = [quoted for quoted in self._quotations if quoted.start <= at < quoted.end]
        return min(around, key=lambda quoted: quoted.end - quoted.start, default=None)

    def _member(self, parsed: Parsed, token: Token) -> CastMember | None:
        start, end = parsed.start_of(token), parsed.start_of(token) + len(token)
        over = [
            member
            for mention, member in self._cast.mentions_in(parsed.sentence.number)
            if mention.start < end and start < mention.end
        ]
        return min(over, key=lambda member: member.described, default=None)

    def _titled(self, parsed: Parsed, token: Token) -> CastMember | None:
        """Return the person named beside a title or description."""
        near = children(token, "appos", "compound", "flat")
        if is_title(token.lower_):  # "President of Peru Ana Diaz" may be read as "of (Ana Diaz)"
            nouns = objects_of(token, "of", "for")
            near += [*nouns, *(inner for noun in nouns for inner in noun.children)]
        members = [self._member(parsed, each) for each in near]
        return next((m for m in members if m and m.person and not m.described), None)

    def _author(self, parsed: Parsed, token: Token) -> str | None:
        """Return whose a document is."""
        return self._first_named(parsed, children(token, "poss")) or self._referent(parsed, token)

    def _described(self, parsed: Parsed, token: Token) -> str | None:
        """Return the name of an actor that is only described."""
        if not _ACTOR_NOUNS.isdisjoint((token.lower_, token.lemma_.lower())):
            definite = token.i > 0 and any(c.lower_ == "the" for c in children(token, "det"))
            known = self._referent(parsed, token) if definite else None
            if known:
                return known
            if token.lemma_.lower() == "counterpart":
                return self._counterpart(parsed, token)
            own = [t for t in token.children if t.dep_ not in _NOT_PART_OF_A_NAME]
            owning = [t for t in children(token, "poss") if t.pos_ != "PRON"]
            own += [token, *(t for each in owning for t in each.subtree)]
            own = in_order(own)
            text = parsed.words(own)
            member = self._cast.resolve(text, parsed.sentence.number)
            return member.name if member else text or None
        if token.pos_ == "PROPN" and token.dep_ not in ("compound", "nmod", "amod"):
            own = [t for t in token.subtree if t.i == token.i or t.dep_ == "compound"]
            text = parsed.words(own)
            return self._cast.canonical(text, parsed.sentence.number)
        return None

    def _counterpart(self, parsed: Parsed, token: Token) -> str | None:
        """Return who "his Peruvian counterpart" is."""
        own = [t for t in token.subtree if t.i <= token.i and t.dep_ not in _DETERMINERS]
        text = parsed.words(own)
        member = self._cast.resolve(text, parsed.sentence.number)
        return member.name if member else text

    def _referent(self, parsed: Parsed, token: Token, pronoun: str | None = None) -> str | None:
        frame = self._frames.of_sentence(parsed.sentence)
        at = parsed.start_of(token)
        last = next((i for i, t in enumerate(frame.tokens) if t.start <= at < t.end), None)
        if last is None:
            return None
        first = last - 1 if pronoun is None and frame.folded(last - 1) == "the" else last
        actor = self._referents.actor(frame, NounPhrase(first, last, None, pronoun, token.text))
        return actor.member.name if actor and actor.member else None

    def _in_clause_above(self, parsed: Parsed, token: Token, pronoun: str) -> str | None:
        """Return X of "X confirmed that it is ready"."""
        clause = token.head
        for head in above(token.head):
            if clause.dep_ == "advcl" and clause.tag_ == "VBG" and _reports(clause):
                subject = children(root_of(clause), "nsubj")
                return self._first_named(parsed, [s for s in subject if s.i != token.i])
            if clause.dep_ in ("ccomp", "advcl"):
                for other in children(head, "nsubj"):
                    member = self._member(parsed, other)
                    if other.i != token.i and member and _suits(member, pronoun):
                        return member.name
            if clause.dep_ not in ("ccomp", "advcl", "xcomp", "conj", "acomp", "relcl"):
                return None
            clause = head
        return None


def _reports(token: Token) -> bool:
    """Say whether a token is a verb of saying or thinking."""
    verb = reporting_verb(token.lemma_.lower())
    return verb is not None and verb.reach in _SPEAKING


def _is_person(member: CastMember) -> bool:
    return member.person


def _is_country(member: CastMember) -> bool:
    return is_country(fold(member.name))


def _is_side(member: CastMember) -> bool:
    return is_place(fold(member.name))


def _suits(member: CastMember, pronoun: str) -> bool:
    return pronoun == "they" or member.person == (pronoun in ("he", "she"))
