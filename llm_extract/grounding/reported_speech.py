"""The grammar of reported speech: whom a sentence names as the speaker of a quotation in it."""

from collections.abc import Collection

from llm_extract.grounding.frames import BREAK, QUOTE, Frame
from llm_extract.grounding.phrases import (
    OWNERS,
    PREPOSITIONS,
    RELATIVES,
    TIMES,
    NounPhrase,
)
from llm_extract.grounding.subjects import Reader
from llm_extract.grounding.words import word_set
from llm_extract.text.reporting import (
    BE_FORMS,
    SPEECH_NOUNS,
    Reach,
    ReportingVerb,
    reporting_verb,
)

_SEPARATORS = frozenset(",—–-…?!.")
_CLAUSE_ENDS = frozenset(",.;:—–)!?") | {BREAK, QUOTE}
_LATEST_SUBJECT = 7
_DIRECT: tuple[Reach, ...] = ("clause", "statement")
_AFTER_ATTRIBUTION = word_set(
    """in on at to during after before as when while through via from by with following for
    reporters journalists later earlier"""
)


def speaker_before(frame: Frame, at: int, reaches: Collection[Reach]) -> NounPhrase | None:
    """Return the speaker named before a quotation by the verb that governs it."""
    reader = Reader(frame)
    start = reader.sentence_start(at)
    if frame.folded(at - 1) == ":":
        phrase = reader.phrase_ending(at - 2)
        if phrase is not None and phrase.first == start:
            return phrase
    for i in range(at - 1, start - 1, -1):
        if frame.folded(i) == "according" and frame.folded(i + 1) == "to":
            return reader.phrase_starting(i + 2)
        phrase = _speaker_by_noun(reader, i, at) or _speaker_by_verb(reader, i, at, reaches)
        if phrase is not None:
            return phrase
    return None


def _speaker_by_verb(
    reader: Reader, i: int, at: int, reaches: Collection[Reach]
) -> NounPhrase | None:
    """Return the speaker if the word at `i` is a verb that governs the quotation at `at`."""
    frame = reader.frame
    if (frame.folded(i), frame.folded(i + 1)) in _IDIOMS:
        return reader.subject_of(i)
    verb = _verb_at(reader, i)
    if verb is None or verb.reach not in reaches:
        return None
    if verb.form == "participle" and i == reader.sentence_start(i):
        return _subject_after_participle(reader, at)
    if frame.folded(i) == "saying" and frame.folded(i - 1) == "as":
        return _quoted_as_saying(reader, i)
    if frame.folded(i + 1) == "by" and verb.form == "past":
        phrase = reader.phrase_starting(i + 2)
        return phrase if phrase and not _has_clause(reader, phrase.last + 1, at) else None
    if verb.form == "past" and _is_passive(frame, i):
        return None
    if verb.reach != "clause" and _has_clause(reader, i + 1, _end_of_object(frame, i, at, verb)):
        return None
    if verb.form == "participle":
        return _participle_subject(reader, i)
    if frame.folded(i - 1) in (QUOTE, ",") and verb.reach in _DIRECT:
        phrase = reader.phrase_starting(i + 1)
        if phrase and (frame.folded(i - 1) == QUOTE or frame.folded(phrase.last + 1) == ","):
            return phrase
    return reader.subject_of(i)


_IDIOMS = {(verb, "it") for verb in ("put", "puts", "made", "makes")} | {("made", "clear")}


def _participle_subject(reader: Reader, i: int) -> NounPhrase | None:
    """Return the subject of "…, adding": that of the verb of saying before, else the clause's.

    "Adding" carries on the sentence's main verb of saying, others the nearest one.
    """
    frame = reader.frame
    found = None
    for j in range(i - 1, reader.sentence_start(i) - 1, -1):
        if found is not None and frame.folded(j) in _CONTRASTS:
            break
        verb = _verb_at(reader, j)
        if verb is not None and verb.form != "participle" and not _is_passive(frame, j):
            phrase = reader.subject_of(j) if frame.folded(j + 1) != "by" else None
            found = phrase or found
            if found is not None and frame.folded(i) != "adding":
                break
    return found or reader.shared_subject(i)


_CONTRASTS = word_set("while but whereas although though") | {";"}


def _subject_after_participle(reader: Reader, at: int) -> NounPhrase | None:
    """Return X of "Calling it “…”, X left"."""
    for i in range(at + 1, len(reader.frame.tokens)):
        if reader.frame.folded(i) == BREAK:
            return None
        if (
            reader.frame.folded(i) == ","
            or reader.frame.text[reader.frame.tokens[i].start - 2] == ","
        ):
            return reader.phrase_starting(i + (reader.frame.folded(i) == ","))
    return None


def _end_of_object(frame: Frame, i: int, at: int, verb: ReportingVerb) -> int:
    """Return where the object of the verb at `i` ends: at "that", at the latest before `at`."""
    if verb.reach != "statement":
        return at
    that = next((j for j in range(i + 1, at) if frame.folded(j) == "that"), at)
    return at if frame.folded(that - 1) == "and" else that


def _verb_at(reader: Reader, i: int) -> ReportingVerb | None:
    frame = reader.frame
    word = frame.word(i)
    verb = reporting_verb(word.folded) if word else None
    if word is None or verb is None or (word.capital and verb.form != "participle"):
        return None
    if word.folded == "went" and frame.folded(i + 1) not in ("on", "further"):
        return None
    before = frame.folded(i - 1)
    if before in ("a", "an", "the", "of", "no", "this", *OWNERS) or frame.possessive(i - 1):
        return None
    if verb.form == "base":
        helped = before in _BASE_HELPERS or before.endswith("ly")
        return verb if helped or _plural_subject(reader, i - 1) else None
    if verb.form == "present":
        phrase = reader.phrase_ending(i - 1)
        adverb = before.endswith("ly") or before in ("also", "who", "which", "and", "now", "still")
        opens = before == QUOTE or (before == "," and frame.folded(i - 2) == QUOTE)
        return verb if phrase is not None or adverb or opens or before == "," else None
    return verb


_BASE_HELPERS = word_set(
    """to would will could can should may might must did does do not didn't don't doesn't won't
    wouldn't cannot can't also they we i you"""
)


_NEVER_NOUNS = word_set("say argue insist believe think describe deny tell maintain contend allege")


def _plural_subject(reader: Reader, i: int) -> bool:
    """Say whether a plural that the verb behind it suits ends at token `i`."""
    phrase = reader.phrase_ending(i)
    if phrase is None or not reader.frame.folded(i).endswith("s"):
        return False
    opens = reader.frame.folded(phrase.first - 1) in RELATIVES | {"what", ",", BREAK}
    return opens or phrase.member is not None or reader.frame.folded(i + 1) in _NEVER_NOUNS


def _is_passive(frame: Frame, i: int) -> bool:
    """Say whether a form of "be" stands before the participle at `i`."""
    j = i - 1
    while frame.folded(j).endswith("ly") or frame.folded(j) in ("not", "also", "widely", "often"):
        j -= 1
    return frame.folded(j) in BE_FORMS


_QUOTED = word_set("quoted cited reported quoting citing quotes")


def _quoted_as_saying(reader: Reader, saying: int) -> NounPhrase | None:
    """Return the speaker in "X was quoted as saying" and "it quoted X as saying"."""
    frame = reader.frame
    for i in range(saying - 2, reader.sentence_start(saying) - 1, -1):
        if frame.folded(i) in _QUOTED:
            if _is_passive(frame, i):
                return reader.subject_of(i)
            return reader.phrase_starting(i + 1)
    return reader.phrase_ending(saying - 2)


def _has_clause(reader: Reader, first: int, end: int) -> bool:
    """Say whether tokens `first` to before `end` hold a finite verb or relative pronoun."""
    return any(
        reader.frame.folded(i) in ("who", "which", ";") or _is_plainly_finite(reader, i)
        for i in range(first, end)
    )


def _is_plainly_finite(reader: Reader, i: int) -> bool:
    word = reader.frame.word(i)
    if word is None or not reader.is_finite(i):
        return False
    verb = reporting_verb(word.folded)
    return verb is None or _verb_at(reader, i) is not None


def _speaker_by_noun(reader: Reader, i: int, at: int) -> NounPhrase | None:
    """Return X if the word at `i` is the noun in "X's claim that “…”" or "a statement by X"."""
    frame = reader.frame
    if frame.folded(i) not in SPEECH_NOUNS:
        return None
    if frame.folded(i) == "words" and frame.folded(i + 1) == "of":
        return reader.phrase_starting(i + 2)
    if frame.folded(i + 1) not in _AFTER_SPEECH_NOUN:
        return None
    if frame.folded(i + 1) != "that" and _has_clause(reader, i + 1, at):
        return None
    if frame.folded(i + 1) in ("by", "from") and frame.word(i + 2) is not None:
        return reader.phrase_starting(i + 2)
    for j in range(i - 1, max(reader.low, i - 4) - 1, -1):
        if frame.word(j) is None:
            return None
        if frame.possessive(j):
            owner = frame.place_ending(j)
            return NounPhrase(j, j, owner.member, None, owner.member.name) if owner else None
        if frame.folded(j) in OWNERS:
            return NounPhrase(j, j, None, _SUBJECT_FORM.get(frame.folded(j), "it"), "")
    return None


_AFTER_SPEECH_NOUN = word_set("that of for to about against on by from") | {QUOTE, ":"}
_SUBJECT_FORM = {"his": "he", "her": "she", "their": "they", "its": "it", "my": "i", "our": "we"}


def speaker_behind(frame: Frame, at: int) -> NounPhrase | None:
    """Return the speaker named behind a quotation: "“…,” said X", "“…” and “…,” X said"."""
    if frame.folded(at + 1) in BE_FORMS and frame.folded(at + 2) == "how":
        return Reader(frame).phrase_starting(at + 3)
    quotations = [i for i in range(at, len(frame.tokens)) if frame.folded(i) in (QUOTE, BREAK, ";")]
    for i in quotations:
        if frame.folded(i) != QUOTE:
            return None
        phrase = _speaker_right_behind(frame, i)
        if phrase is not None:
            return phrase
    return None


def _speaker_right_behind(frame: Frame, at: int) -> NounPhrase | None:
    """Return the speaker named between the quotation at `at` and the next one."""
    first = at + 1
    while frame.folded(first) in _SEPARATORS:
        first += 1
    parted = first > at + 1 or frame.text[frame.tokens[at].end - 1] in ",.?!…—–-"
    reader = Reader(frame, at + 1)
    for i in range(first, len(frame.tokens)):
        if frame.folded(i) in (BREAK, QUOTE, ";"):
            return None
        verb = _verb_at(reader, i)
        if verb is None or verb.form in ("base", "participle"):
            continue
        if verb.reach not in _DIRECT:
            if frame.folded(i) in _QUOTED:
                passive = _is_passive(frame, i)
                return reader.subject_of(i) if passive else reader.phrase_starting(i + 1)
            continue
        phrase = reader.subject_of(i) if i > first else None
        if phrase and phrase.first == first and (parted or phrase.pronoun or _is_named(phrase)):
            return phrase
        if phrase and frame.folded(phrase.first - 1) == "," and _closes(reader, i + 1):
            return phrase
        if i == first or frame.folded(i - 1) in (",", "—", "–"):
            phrase = _inverted_subject(reader, i)
            if phrase is not None:
                return phrase
    return None


def _inverted_subject(reader: Reader, verb: int) -> NounPhrase | None:
    """Return X of "said X"."""
    if reader.frame.folded(verb + 1) in ("that", "it", "they", "by"):
        return None
    return reader.phrase_starting(verb + 1) or _late_subject(reader.frame, verb)


def _late_subject(frame: Frame, verb: int) -> NounPhrase | None:
    """Return X of "stressed in his turn X"."""
    for place in frame.places:
        if verb + 1 < place.first <= verb + _LATEST_SUBJECT and place.member.person:
            between = range(verb + 1, place.first)
            plain = all(frame.word(i) and not reporting_verb(frame.folded(i)) for i in between)
            closes = frame.folded(place.last + 1) in _CLAUSE_ENDS
            if plain and closes and frame.folded(place.first - 1) not in PREPOSITIONS:
                return Reader(frame).phrase_ending(place.last)
    return None


def _is_named(phrase: NounPhrase) -> bool:
    return phrase.member is not None and not phrase.member.described


def _closes(reader: Reader, i: int) -> bool:
    """Say whether an attribution whose verb is before token `i` needs nothing more."""
    if reader.frame.folded(i - 1) in ("told", "tells", "informed"):
        audience = reader.phrase_starting(i)
        i = audience.last + 1 if audience else i + 1
    folded = reader.frame.folded(i)
    return folded in _CLAUSE_ENDS or folded in _AFTER_ATTRIBUTION or folded in TIMES


def source_behind(frame: Frame, at: int) -> NounPhrase | None:
    """Return X of "according to X" in the sentence behind a quotation."""
    reader = Reader(frame)
    for i in range(at + 1, len(frame.tokens)):
        if frame.folded(i) == BREAK:
            return None
        if (frame.folded(i), frame.folded(i + 1)) in (("according", "to"), ("words", "of")):
            return reader.phrase_starting(i + 2)
    return None


def agent_behind(frame: Frame, at: int) -> NounPhrase | None:
    """Return X of "was called “…” by X"."""
    if frame.folded(at + 1) != "by":
        return None
    for i in range(at - 1, -1, -1):
        if frame.folded(i) == BREAK:
            return None
        verb = reporting_verb(frame.folded(i))
        if verb is not None and verb.form == "past":
            return Reader(frame).phrase_starting(at + 2)
    return None


def bare_attribution(frame: Frame) -> NounPhrase | None:
    """Return X if a sentence says no more than "X said" and when or where."""
    if any(token.quoted for token in frame.tokens):
        return None
    reader = Reader(frame)
    for i in range(len(frame.tokens)):
        verb = _verb_at(reader, i)
        if verb is None or verb.form not in ("past", "present") or verb.reach not in _DIRECT:
            continue
        phrase = reader.subject_of(i)
        short = len(frame.tokens) - i < 12
        closing = frame.folded(i + 1)
        if phrase is not None and phrase.first <= 1 and short and _closes(reader, i + 1):
            return phrase if closing != ":" else None
        return None
    return None


def subject_of_sentence(frame: Frame) -> tuple[NounPhrase | None, bool]:
    """Return the subject of a sentence's last verb of saying, else its first; and which it is."""
    reader = Reader(frame)
    for i in range(len(frame.tokens) - 1, -1, -1):
        verb = _verb_at(reader, i)
        if verb is not None and verb.form in ("past", "present") and not _is_passive(frame, i):
            phrase = reader.subject_of(i)
            if phrase is not None:
                return phrase, True
    return reader.shared_subject(len(frame.tokens)), False
