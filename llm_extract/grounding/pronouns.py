"""Whom a pronoun stands for: the person the text spoke of last."""

from collections.abc import Iterator
from itertools import islice

from llm_extract.grounding.frames import Frame, Frames
from llm_extract.grounding.lexicon import DOCUMENT_NOUNS, PERSON_NOUNS
from llm_extract.grounding.members import CastMember
from llm_extract.grounding.phrases import NounPhrase
from llm_extract.grounding.reported_speech import subject_of_sentence
from llm_extract.grounding.subjects import Reader
from llm_extract.grounding.words import word_set, words_of
from llm_extract.text.article import Document, Sentence

_REACH = 8
_FARTHEST = 40
_DEFINITE_REACH = 4
_PEOPLE = ("he", "she")
_MALE = word_set("mr sir king prince lord spokesman chairman businessman congressman emir father")
_FEMALE = word_set(
    """mrs ms miss madam queen princess lady spokeswoman chairwoman businesswoman congresswoman
    mother sister actress"""
)
_ISSUED = word_set("signed written sent issued published released posted drafted backed")


class Referents:
    """Finds whom the pronouns of an article stand for."""

    def __init__(self, document: Document, frames: Frames) -> None:
        self._document = document
        self._frames = frames

    def actor(self, frame: Frame, phrase: NounPhrase) -> NounPhrase | None:
        """Return the actor a noun phrase stands for, None for a pronoun of nobody known.

        Args:
            frame: the sentences it is in.
            phrase: a pronoun, which stands for whom the text spoke of last; "the statement", which
                stands for who spoke or wrote last before it; "the diplomat", mentioned for the
                first time, who is the named person that acted last; anything else is itself.
        """
        if phrase.pronoun is not None:
            return self._behind_pronoun(frame, phrase)
        return self._behind_description(frame, phrase) or phrase

    def _behind_pronoun(self, frame: Frame, phrase: NounPhrase) -> NounPhrase | None:
        pronoun = phrase.pronoun or ""
        if pronoun not in ("he", "she", "it", "they"):
            return None
        for its, end in self._backwards(frame, phrase.first):
            if its is not frame and _opens_with(its, pronoun):
                continue
            actors = [p for p in _actors(its, end) if self._fits(p.member, pronoun)]
            reader = Reader(its)
            stated = [p for p in actors if self._is_stated(p.member, pronoun)]
            subjects = [p for p in actors if not reader.in_prepositional_phrase(p)]
            found = stated or subjects or (actors if its is not frame else [])
            if found:
                return self._behind_description(its, found[0]) or found[0]
        return None

    def _behind_description(self, frame: Frame, phrase: NounPhrase) -> NounPhrase | None:
        is_document = frame.folded(phrase.last) in DOCUMENT_NOUNS
        author = _author(frame, phrase.last + 1) if is_document else None
        if author is not None or frame.folded(phrase.first) != "the":
            return author
        if is_document and phrase.member and phrase.member.name.startswith(("a ", "an ")):
            return None
        if not is_document and not _is_new_person(frame, phrase):
            return None
        for its, _ in islice(self._backwards(frame, phrase.first), 1, 1 + _DEFINITE_REACH):
            found, _ = subject_of_sentence(its)
            if found is not None and found.pronoun is not None:
                found = self._behind_pronoun(its, found)
            if found is None or found.member is None:
                continue
            if is_document or (found.member.person and not found.member.described):
                return found if found.member is not phrase.member else None
        return None

    def _is_prose(self, sentence: Sentence) -> bool:
        """Say whether a sentence is the article's own, not furniture, headline or caption."""
        text = self._document.text_of(sentence)
        return sentence.kind == "body" or (sentence.kind == "heading" and text.endswith(":"))

    def _backwards(self, frame: Frame, at: int) -> Iterator[tuple[Frame, int]]:
        """Yield the frame up to `at`, then the sentences before it that are not all quotation."""
        yield frame, at
        sentences = self._frames.sentences(frame.start, frame.start + 1)
        number = sentences[0].number if sentences else 1
        left = _REACH
        for earlier in range(number - 1, max(0, number - 1 - _FARTHEST), -1):
            sentence = self._document.sentence(earlier)
            its = self._frames.of_sentence(sentence)
            if not self._is_prose(sentence) or not any(token.word for token in its.tokens):
                continue
            yield its, len(its.tokens)
            left -= 1
            if left == 0:
                return

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


def _author(frame: Frame, i: int) -> NounPhrase | None:
    """Return X of "a letter signed by X" for the words at `i` behind the document."""
    i += frame.folded(i) in _ISSUED
    return Reader(frame).phrase_starting(i + 1) if frame.folded(i) in ("by", "from") else None


def _is_new_person(frame: Frame, phrase: NounPhrase) -> bool:
    """Say whether a description is of a person of whom it is the first mention."""
    member = phrase.member
    if member is None:
        return frame.folded(phrase.last) in PERSON_NOUNS
    if not (member.person and member.described):
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
