"""Whom a pronoun stands for: the person the text spoke of last."""

from collections.abc import Iterator
from itertools import islice

from llm_extract.grounding.frames import Frame, Frames
from llm_extract.grounding.lexicon import DOCUMENT_NOUNS
from llm_extract.grounding.members import CastMember
from llm_extract.grounding.reported_speech import subject_of_sentence
from llm_extract.grounding.subjects import NounPhrase, Reader
from llm_extract.grounding.words import word_set, words_of
from llm_extract.text.article import Document, Sentence

_REACH = 8
_DEFINITE_REACH = 4
_PEOPLE = ("he", "she")
_MALE = word_set("mr sir king prince lord spokesman chairman businessman congressman emir father")
_FEMALE = word_set(
    """mrs ms miss madam queen princess lady spokeswoman chairwoman businesswoman congresswoman
    mother sister actress"""
)


class Referents:
    """Finds whom the pronouns of an article stand for."""

    def __init__(self, document: Document, frames: Frames) -> None:
        self._document = document
        self._frames = frames

    def of(self, frame: Frame, phrase: NounPhrase) -> CastMember | None:
        """Return whom the pronoun that a noun phrase is stands for, or None.

        Args:
            frame: the sentences it is in.
            phrase: the pronoun.
        """
        pronoun = phrase.pronoun or ""
        if pronoun not in ("he", "she", "it", "they"):
            return None
        for its, end in self._backwards(frame, phrase.first):
            if end == len(its.tokens) and _opens_with(its, pronoun):
                continue
            actors = [p for p in _actors(its, end) if self._fits(p.member, pronoun)]
            reader = Reader(its)
            stated = [p for p in actors if self._is_stated(p.member, pronoun)]
            subjects = [p for p in actors if not reader.in_prepositional_phrase(p)]
            if actors:
                return (stated or subjects or actors)[0].member
        return None

    def behind(self, frame: Frame, phrase: NounPhrase) -> CastMember | None:
        """Return whose words "the statement" are, or whom "the diplomat" stands for, or None.

        A document is taken for the words of who spoke or wrote last before it; a person described
        with "the" who was not mentioned before, for the named person who acted last.

        Args:
            frame: the sentences it is in.
            phrase: the description.
        """
        if frame.folded(phrase.first) != "the":
            return None
        is_document = frame.folded(phrase.last) in DOCUMENT_NOUNS
        if not is_document and not _is_new_person(frame, phrase):
            return None
        for its, _ in islice(self._backwards(frame, phrase.first), 1, 1 + _DEFINITE_REACH):
            found, _ = subject_of_sentence(its)
            if found is None:
                continue
            member = self.of(its, found) if found.pronoun else found.member
            if member is None:
                continue
            if is_document or (member.person and not member.described):
                return member if frame.folded(phrase.last) not in member.forms else None
        return None

    def _is_prose(self, sentence: Sentence) -> bool:
        """Say whether a sentence is the article's own, not furniture, headline or caption."""
        text = self._document.text_of(sentence)
        return sentence.kind == "body" or (sentence.kind == "heading" and text.endswith(":"))

    def _backwards(self, frame: Frame, at: int) -> Iterator[tuple[Frame, int]]:
        yield frame, at
        sentences = self._frames.sentences(frame.start, frame.start + 1)
        number = sentences[0].number if sentences else 1
        for earlier in range(number - 1, max(0, number - 1 - _REACH), -1):
            sentence = self._document.sentence(earlier)
            if not self._is_prose(sentence):
                continue
            its = self._frames.of_sentence(sentence)
            yield its, len(its.tokens)

    def _fits(self, member: CastMember | None, pronoun: str) -> bool:
        if member is None:
            return False
        if pronoun in _PEOPLE:
            other = _FEMALE if pronoun == "he" else _MALE
            return member.person and other.isdisjoint(self._words_about(member))
        if pronoun == "it":
            return not member.person
        return not member.person or member.described

    def _is_stated(self, member: CastMember | None, pronoun: str) -> bool:
        """Say whether a title or description tells that the pronoun suits a member."""
        own = {"he": _MALE, "she": _FEMALE}.get(pronoun, frozenset())
        return member is not None and not own.isdisjoint(self._words_about(member))

    def _words_about(self, member: CastMember) -> set[str]:
        """Return the words of a member's titles and descriptions."""
        text = self._document.article.text
        words = {word.folded for form in member.forms for word in words_of(form)}
        words |= {word.folded for word in words_of(member.role or "")}
        for mention in member.mentions:
            before = words_of(text[max(0, mention.start - 12) : mention.start])
            words |= {word.folded for word in before[-1:]}
        return words


def _is_new_person(frame: Frame, phrase: NounPhrase) -> bool:
    member = phrase.member
    if member is None or not (member.person and member.described):
        return False
    return member.mentions[0].start >= frame.tokens[phrase.first].start


def _opens_with(frame: Frame, pronoun: str) -> bool:
    """Say whether the first actor of a sentence is the pronoun itself."""
    first = next((p.first for p in frame.places), len(frame.tokens))
    return any(frame.folded(i) == pronoun for i in range(first))


def _actors(frame: Frame, end: int) -> list[NounPhrase]:
    reader = Reader(frame)
    found = []
    for place in frame.places:
        phrase = reader.phrase_ending(place.last) if place.last < end else None
        if phrase is not None and phrase.member is place.member:
            found.append(phrase)
    return found
