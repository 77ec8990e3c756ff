"""Who speaks a quotation, found by the grammar of reported speech, without a model."""

from collections.abc import Iterator
from dataclasses import dataclass

from llm_extract.grounding.cast import Cast
from llm_extract.grounding.frames import Frame, Frames
from llm_extract.grounding.members import CastMember
from llm_extract.grounding.phrases import NounPhrase
from llm_extract.grounding.pronouns import Referents
from llm_extract.grounding.reported_speech import (
    agent_behind,
    bare_attribution,
    source_behind,
    speaker_before,
    speaker_behind,
    subject_of_sentence,
)
from llm_extract.grounding.subjects import Reader
from llm_extract.grounding.words import word_set, words_of
from llm_extract.text.article import Document, QuotedSpan, Sentence
from llm_extract.text.reporting import Reach

_SAID: tuple[Reach, ...] = ("clause", "statement", "phrase")
_OBJECT: tuple[Reach, ...] = ("object",)
_MAX_LINKS = 30
_LOOK_BACK = 3


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose words a quotation is.

    Attributes:
        speaker: the cast member; None where the words name an actor that is none.
        name: the member's name, or the article's words for the actor.
        sure: whether the text attributes the words explicitly; a guess otherwise.
    """

    speaker: CastMember | None
    name: str
    sure: bool


def find_speaker(document: Document, cast: Cast, quoted: QuotedSpan) -> Attribution | None:
    """Find who speaks a quotation.

    Args:
        document: the segmented article.
        cast: its actors.
        quoted: one of its quotations.

    Returns:
        The speaker; None where grammar shows none.
    """
    return _Finder(document, cast).find(quoted)


class _Finder:
    def __init__(self, document: Document, cast: Cast) -> None:
        self._document = document
        self._frames = Frames(document, cast)
        self._referents = Referents(document, self._frames)

    def find(self, quoted: QuotedSpan) -> Attribution | None:
        """Return the speaker of a quotation: its own attribution's, or its context's."""
        sure = True
        for _ in range(_MAX_LINKS):
            frame = self._frames.around(quoted)
            found = self._governing(frame, quoted)
            if found is not None and found.pronoun not in ("i", "we"):
                return self._attribution(frame, found, sure)
            if quoted.parent is not None:
                quoted = self._document.quotation(quoted.parent)
                continue
            step = self._from_context(frame, quoted)
            if not isinstance(step, tuple):
                return step if step is None or sure else _doubted(step)
            quoted, certain = step
            sure = sure and certain
        return None

    def _governing(self, frame: Frame, quoted: QuotedSpan) -> NounPhrase | None:
        at = frame.index_of(quoted)
        return (
            speaker_before(frame, at, _SAID)
            or speaker_behind(frame, at)
            or source_behind(frame, at)
            or agent_behind(frame, at)
            or speaker_before(frame, at, _OBJECT)
        )

    def _attribution(self, frame: Frame, phrase: NounPhrase, sure: bool) -> Attribution | None:
        actor = self._referents.actor(frame, phrase)
        if actor is None:
            return None
        return Attribution(actor.member, actor.text, sure)

    def _from_context(
        self, frame: Frame, quoted: QuotedSpan
    ) -> "Attribution | tuple[QuotedSpan, bool] | None":
        """Return the speaker that the sentences around a quotation show, or whose words it repeats.

        Returns:
            An attribution, or a quotation of the same speaker with whether that is certain.
        """
        at = frame.index_of(quoted)
        reader = Reader(frame)
        alone = not any(t.word for t in frame.tokens)
        if not alone:
            subject = reader.shared_subject(at)
            if subject is not None:
                return self._attribution(frame, subject, sure=frame.folded(at - 1) == ":")
        if quoted.continues is not None:
            return self._document.quotation(quoted.continues), True
        following = self._bare_attribution(frame)
        if following is not None:
            return following
        return self._from_before(frame, quoted)

    def _bare_attribution(self, frame: Frame) -> Attribution | None:
        """Return the speaker that a following "Novak said." of its own names."""
        sentences = self._frames.sentences(frame.end - 1, frame.end)
        if not sentences:
            return None
        following = self._sentence(sentences[-1].number + 1)
        if following is None or following.paragraph > sentences[-1].paragraph + 1:
            return None
        its = self._frames.of_sentence(following)
        phrase = bare_attribution(its)
        return self._attribution(its, phrase, sure=True) if phrase is not None else None

    def _from_before(
        self, frame: Frame, quoted: QuotedSpan
    ) -> "Attribution | tuple[QuotedSpan, bool] | None":
        own = self._frames.sentences(frame.start, frame.end)
        earlier = self._frames.before(quoted)
        for sentence in self._sentences_before(own[0].number if own else 1):
            distance = own[0].paragraph - sentence.paragraph
            if distance > 2:
                return None
            if earlier is not None and earlier.end > sentence.start:
                same = distance == 0 or (distance == 1 and sentence.number == own[0].number - 1)
                return earlier, same
            its = self._frames.of_sentence(sentence)
            phrase, reports = subject_of_sentence(its)
            if phrase is not None:
                sure = reports and sentence.number == own[0].number - 1
                found = self._attribution(its, phrase, sure)
                if found is not None:
                    return found
        return None

    def _sentences_before(self, number: int) -> Iterator[Sentence]:
        for earlier in range(number - 1, max(0, number - 1 - _LOOK_BACK), -1):
            sentence = self._document.sentence(earlier)
            if sentence.kind == "furniture":
                return
            yield sentence

    def _sentence(self, number: int) -> Sentence | None:
        sentences = self._document.sentences
        return sentences[number - 1] if 1 <= number <= len(sentences) else None


_WORKS = word_set(
    """album anthem article ballad blog book booklet campaign cartoon chapter column comedy
    documentary drama editorial essay exhibition film game hit hymn magazine memoir movie musical
    newspaper novel opera operation painting paper play podcast poem programme program project
    series show single song story thriller titled entitled nicknamed subtitled"""
)
_LONGEST_NICKNAME = 3


def is_nobodys(document: Document, cast: Cast, quoted: QuotedSpan) -> bool:
    """Say whether a quotation is by its form nobody's words: a title or a nickname.

    "so-called" words, the title of a work behind its kind ("the film “…”") and a nickname between
    a first and a last name are told; what needs understanding is not.

    Args:
        document: the segmented article.
        cast: its actors.
        quoted: one of its quotations.
    """
    frame = Frames(document, cast).around(quoted)
    at = frame.index_of(quoted)
    words = words_of(document.text_of(quoted))
    if not words:
        return False
    if frame.folded(at - 1) == "called" and frame.folded(at - 2) == "so":
        return True
    titled = words[0].capital and words[-1].capital
    if titled and frame.folded(at - 1) in _WORKS:
        return True
    between = frame.capital(at - 1) and frame.capital(at + 1)
    return titled and between and len(words) <= _LONGEST_NICKNAME


def _doubted(found: Attribution) -> Attribution:
    return Attribution(found.speaker, found.name, sure=False)
