"""Finding the names in an article without a model: capitalised sequences and their titles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llm_extract.grounding.lexicon import (
    ABBREVIATED,
    ARTICLES,
    BODIES,
    DOMAINS,
    FUNCTION_WORDS,
    HONORIFICS,
    LOCATIVES,
    MONTHS,
    NAME_LIKE_MONTHS,
    NON_ACTOR_HEADS,
    OFFICES,
    PRONOUNS,
    REPORTING_VERBS,
    WEEKDAYS,
)
from llm_extract.grounding.places import is_adjective, is_place, place_words
from llm_extract.grounding.titles import is_title, may_precede_title, title_length
from llm_extract.grounding.words import Word, word_set, words_of
from llm_extract.text.article import Document, Sentence

_JOINING_PARTICLES = word_set(
    "al el bin ibn bint ben abu van von der den de del della di da dos das du la le y"
)
_OWNING_BODIES = word_set(
    "people peoples women children workers teachers men students veterans world"
)
_SEATED_BODIES = word_set("embassy consulate mission delegation")
_SENTENCE_BREAKS = frozenset('.!?…:;"“„«‘•|—–·*\n\t>')
_MAX_NAME_WORDS = 12
_MAX_LOOK_BACK = 8
_MAX_APPOSITION = 8
_MAX_DATELINE = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence with its words."""

    text: str
    sentence: Sentence
    words: tuple[Word, ...]

    @property
    def number(self) -> int:
        """Number of the sentence, from 1."""
        return self.sentence.number

    def gap(self, i: int) -> str:
        """Return the characters between word `i - 1`, its "'s" included, and word `i`."""
        before = self.words[i - 1]
        end = before.end + (2 if before.possessive else 0)
        return self.text[end : self.words[i].start]

    def slice(self, start: int, end: int) -> str:
        """Return the text from word `start` up to, not including, word `end`."""
        return self.text[self.words[start].start : self.words[end - 1].end]


@dataclass(frozen=True, slots=True)
class NameMention:
    """A name at one place of the article.

    Attributes:
        words: the words of the name, without titles.
        line: the sentence.
        first: position of the name's first word in the sentence.
        end: position after its last word.
        role: the title before or the apposition after the name, as written.
        affiliation: the country or body that the role is of, as written.
        titled: whether a title or form of address marks it as a person.
        definite: whether "the" precedes.
        initial: whether only the beginning of a sentence explains the first capital.
    """

    words: tuple[Word, ...]
    line: Line
    first: int
    end: int
    role: str | None
    affiliation: str | None
    titled: bool
    definite: bool
    initial: bool

    @property
    def key(self) -> tuple[str, ...]:
        """The folded words of the name."""
        return tuple(word.folded for word in self.words)

    @property
    def text(self) -> str:
        """The name as written."""
        return self.line.slice(self.first, self.end)

    @property
    def reports(self) -> bool:
        """Whether a verb of saying follows."""
        words = self.line.words
        return self.end < len(words) and words[self.end].folded in REPORTING_VERBS

    @property
    def located(self) -> bool:
        """Whether a preposition of place precedes."""
        return self.first > 0 and self.line.words[self.first - 1].folded in LOCATIVES


def lines_of(document: Document) -> list[Line]:
    """Return the document's sentences with their words, site furniture left out."""
    text = document.article.text
    return [
        Line(text, sentence, tuple(words_of(text[sentence.start : sentence.end], sentence.start)))
        for sentence in document.sentences
        if sentence.kind != "furniture"
    ]


def find_names(lines: Sequence[Line]) -> list[NameMention]:
    """Return the names in the sentences, in order.

    In a headline whose words all begin with a capital only names found elsewhere count.
    """
    plain = [line for line in lines if not _in_title_case(line)]
    found = [mention for line in plain for mention in _names_in(line)]
    kept = _without_false_starts(found, plain)
    known = {mention.key for mention in kept}
    for line in lines:
        if _in_title_case(line):
            kept.extend(_known_names_in(line, known))
    return sorted(kept, key=lambda mention: mention.words[0].start)


def begins_sentence(line: Line, i: int) -> bool:
    """Say whether word `i` has its capital, if any, from the beginning of a sentence or quote."""
    if i == 0:
        return True
    if line.gap(i).startswith(".") and _may_end_in_dot(line.words[i - 1]):
        return False
    return not _SENTENCE_BREAKS.isdisjoint(line.gap(i))


def name_follows(line: Line, i: int) -> bool:
    """Say whether a capitalised word that may begin a name follows word `i` directly."""
    return i + 1 < len(line.words) and _joined(line, i + 1) and _may_be_in_name(line, i + 1)


def _in_title_case(line: Line) -> bool:
    long = [word for word in line.words if len(word.text) > 3 and word.text[0].isalpha()]
    capitals = sum(word.capital for word in long)
    if all(word.text.isupper() for word in long):
        return len(long) > 1
    return line.sentence.kind == "heading" and len(long) > 3 and capitals >= 0.8 * len(long)


def _known_names_in(line: Line, known: set[tuple[str, ...]]) -> Iterator[NameMention]:
    i = 0
    while i < len(line.words):
        for end in range(min(len(line.words), i + _MAX_NAME_WORDS), i, -1):
            words = line.words[i:end]
            if tuple(word.folded for word in words) in known and words[0].capital:
                yield NameMention(words, line, i, end, None, None, False, False, False)
                i = end - 1
                break
        i += 1


def _names_in(line: Line) -> Iterator[NameMention]:
    i = _after_dateline(line)
    while i < len(line.words):
        end = _end_of_run(line, i)
        if end == i:
            i += 1
            continue
        yield from _read_run(line, i, end)
        i = end


def _after_dateline(line: Line) -> int:
    """Return the first word after "PARIS, May 3 (Agency) —", 0 where there is no dateline."""
    for i in range(1, len(line.words)):
        word = line.words[i - 1]
        if not (word.capital or word.text[0].isdigit()):
            return 0
        if word.start - line.sentence.start > _MAX_DATELINE:
            return 0
        gap = line.gap(i)
        if gap.strip(" )\u00a0") in ("—", "–", "-", "--") and gap[-1].isspace() and gap != "-":
            return i
    return 0


def _may_end_in_dot(word: Word) -> bool:
    return len(word.text) == 1 or word.folded in ABBREVIATED or word.text.endswith(".")


def _joined(line: Line, i: int) -> bool:
    """Say whether word `i` stands directly after the word before it."""
    if line.words[i - 1].possessive:
        return False
    gap = line.gap(i)
    if gap in (" ", "\u00a0", "-", " & ", "&", "  "):
        return True
    return gap in (". ", ".\u00a0", ".") and _may_end_in_dot(line.words[i - 1])


def _may_be_in_name(line: Line, i: int) -> bool:
    word = line.words[i]
    if not word.capital or word.text[0].isdigit():
        return False
    if word.text.isupper() and len(word.text) > 1:
        return word.folded not in WEEKDAYS | MONTHS and not _shouted(line, i)
    if word.folded in WEEKDAYS or word.folded in PRONOUNS or word.folded in ARTICLES:
        return False
    if word.folded in MONTHS:
        return word.folded in NAME_LIKE_MONTHS and _follows_name(line, i)
    if word.folded in FUNCTION_WORDS:
        return not begins_sentence(line, i) and (
            name_follows(line, i) or (i > 0 and _joined(line, i) and line.words[i - 1].capital)
        )
    return not _is_prefixed(line, i) and not _is_compound_adjective(line, i)


def _follows_name(line: Line, i: int) -> bool:
    return i > 0 and _joined(line, i) and _may_be_in_name(line, i - 1)


def _shouted(line: Line, i: int) -> bool:
    """Say whether word `i` belongs to three or more words in capitals."""
    first = last = i
    while first > 0 and line.words[first - 1].text.isupper() and line.gap(first) == " ":
        first -= 1
    while (
        last + 1 < len(line.words)
        and line.words[last + 1].text.isupper()
        and line.gap(last + 1) == " "
    ):
        last += 1
    return last - first >= 2


def _is_prefixed(line: Line, i: int) -> bool:
    """Say whether word `i` is the adjective in "pro-Western"."""
    if i == 0 or line.gap(i) != "-":
        return False
    before = line.words[i - 1]
    return not before.capital and before.folded not in _JOINING_PARTICLES


def _is_compound_adjective(line: Line, i: int) -> bool:
    """Say whether word `i` is part of an adjective such as "EU-led"."""
    if i + 1 >= len(line.words) or line.gap(i + 1) not in ("-", "–"):
        return False
    after = line.words[i + 1]
    return not after.capital and after.folded not in _JOINING_PARTICLES


def _end_of_run(line: Line, i: int) -> int:
    """Return the position after the capitalised sequence at word `i`, `i` where there is none."""
    if not _may_be_in_name(line, i) and not _particle_opens(line, i):
        return i
    end = i + 1
    while end < len(line.words) and end - i < _MAX_NAME_WORDS:
        further = _continuation(line, i, end)
        if further == end:
            break
        end = further
    return end


def _particle_opens(line: Line, i: int) -> bool:
    return (
        line.words[i].folded in ("al", "el")
        and i + 1 < len(line.words)
        and line.gap(i + 1) == "-"
        and line.words[i + 1].capital
    )


def _continuation(line: Line, first: int, end: int) -> int:
    """Return where a sequence of words `first:end` goes on to, `end` where it stops."""
    last, word = line.words[end - 1], line.words[end]
    if last.possessive:
        return end + 1 if _owns_body(line, first, end) else end
    if not _joined(line, end):
        return end
    if line.gap(end) == "-" and _is_place_word(last) and _is_place_word(word):
        return end
    if _may_be_in_name(line, end):
        return end + 1
    following = end + 1
    if word.folded in _JOINING_PARTICLES:
        while following < len(line.words) and line.words[following].folded in _JOINING_PARTICLES:
            following += 1
        return following + 1 if _capital_at(line, following) else end
    head = last.folded
    if word.folded in ("of", "for") and (head in BODIES or head in OFFICES or head == "friends"):
        if following < len(line.words) and line.words[following].folded == "the":
            following += 1
        return following + 1 if _capital_at(line, following) else end
    if word.folded == "in" and head in _SEATED_BODIES:
        return following + 1 if _capital_at(line, following) else end
    if word.text in ("and", "&") and head in DOMAINS and _capital_at(line, following):
        scoped = any(w.folded in BODIES or is_title(w.folded) for w in line.words[first:end])
        if scoped and line.words[following].folded in DOMAINS:
            return following + 1
    return end


def _capital_at(line: Line, i: int) -> bool:
    return i < len(line.words) and _joined(line, i) and _may_be_in_name(line, i)


def _is_place_word(word: Word) -> bool:
    return word.folded in place_words() or is_adjective(word.folded)


def _owns_body(line: Line, first: int, end: int) -> bool:
    """Say whether "'s" before word `end` is part of a body's name ("Peru's Trade Ministry")."""
    if line.gap(end) != " " or not _may_be_in_name(line, end):
        return False
    owner = line.words[end - 1].folded
    if owner in _OWNING_BODIES:
        return True
    run = " ".join(word.folded for word in line.words[first:end])
    if not (is_title(owner) or is_place(run)):
        return False
    i = end
    while i + 1 < len(line.words) and _capital_at(line, i + 1):
        i += 1
    owned = [word.folded for word in line.words[end : i + 1]]
    return owned[-1] in BODIES and not any(is_title(word) for word in owned)


def _read_run(line: Line, first: int, end: int) -> Iterator[NameMention]:
    """Read a capitalised sequence: the titles off, bare offices out."""
    back = _look_back(line, first)
    titles = title_length(line.words[back:end])
    start = max(back + titles, first)
    if titles == 0:
        split = _after_office_of(line, first, end)
        if split != first:
            if split < end:
                yield from _read_run(line, split, end)
            return
    words = line.words[start:end]
    if not words or _is_no_actor(words) or _all_titles(words):
        return
    titled = start > back and back + titles >= first
    role, affiliation = _title_before(line, back, start) if titled else (None, None)
    if role is None:
        after_role, after_affiliation = _apposition(line, end)
        role, affiliation = after_role, affiliation or after_affiliation
    yield NameMention(
        words=words,
        line=line,
        first=start,
        end=end,
        role=role,
        affiliation=affiliation,
        titled=titled or role is not None,
        definite=start > 0 and line.words[start - 1].folded == "the",
        initial=start == first and begins_sentence(line, first),
    )


def _look_back(line: Line, first: int) -> int:
    """Return where the lower-case titles directly before word `first` begin."""
    i = first
    while i > 0 and first - i < _MAX_LOOK_BACK:
        before = line.words[i - 1]
        gap = line.gap(i)
        closes = gap == ", " and i == first and is_title(before.folded) and not before.capital
        if gap not in (" ", "-", "\u00a0") and not closes:
            break
        if before.possessive and not _is_place_word(before):
            break
        if not (is_title(before.folded) or may_precede_title(before.folded)):
            break
        if before.folded in PRONOUNS:
            break
        i -= 1
    return i


def _after_office_of(line: Line, first: int, end: int) -> int:
    """Return where the body begins in "Speaker of the Senate", `first` without an office."""
    for i in range(first, end - 1):
        if is_title(line.words[i].folded) and line.words[i + 1].folded in ("of", "for"):
            if any(word.folded in BODIES for word in line.words[first:i]):
                return first
            i += 2
            return i + 1 if i < end and line.words[i].folded == "the" else i
    return first


def _is_no_actor(words: Sequence[Word]) -> bool:
    name = " ".join(word.folded for word in words)
    head = words[-1].folded
    if is_place(name):
        return False
    if head in NON_ACTOR_HEADS:
        return True
    if len(words) == 1:
        return len(head) == 1 or (len(words[0].text) > 6 and words[0].text.isupper())
    return False


def _all_titles(words: Sequence[Word]) -> bool:
    """Say whether a sequence is an adjective, or an office that nobody is named for."""
    folded = [word.folded for word in words]
    if is_adjective(" ".join(folded)) or all(is_adjective(word) for word in folded):
        return True
    if is_place(" ".join(folded)):
        return False
    if folded[-1] in HONORIFICS or folded[-1] in OFFICES:
        return True
    return (
        all(
            is_title(word) or may_precede_title(word) or word in ("of", "for", "the", "and")
            for word in folded
        )
        and not any(word in BODIES for word in folded)
        and any(is_title(word) for word in folded)
    )


def _title_before(line: Line, back: int, start: int) -> tuple[str | None, str | None]:
    """Return role and affiliation from the titles in words `back:start`."""
    words = line.words[back:start]
    lead = _leading_place(words)
    affiliation = line.slice(back, back + lead) if lead else None
    body = list(words[lead:])
    while body and body[-1].folded in HONORIFICS:
        body.pop()
    while body and body[0].folded in HONORIFICS and len(body) > 1:
        body.pop(0)
    if not body or all(word.folded == "counterpart" for word in body):
        return None, affiliation
    role_end = len(body)
    for i in range(1, len(body) - 1):
        scope = [word.folded for word in body[i + 1 :] if word.folded != "the"]
        if body[i].folded == "of" and scope and all(w in place_words() for w in scope):
            role_end = i
            affiliation = line.text[body[len(body) - len(scope)].start : body[-1].end]
            break
    return line.text[body[0].start : body[role_end - 1].end], affiliation


def _leading_place(words: Sequence[Word]) -> int:
    for length in range(min(3, len(words) - 1), 0, -1):
        phrase = " ".join(word.folded for word in words[:length])
        if is_place(phrase) or is_adjective(phrase):
            return length
    return 0


def _apposition(line: Line, end: int) -> tuple[str | None, str | None]:
    """Return role and affiliation from ", the head of X" after the name that ends at `end`."""
    if end >= len(line.words) or line.gap(end) != ", ":
        return None, None
    first = end + 1 if line.words[end].folded in ARTICLES else end
    for i in range(first, min(first + _MAX_APPOSITION, len(line.words))):
        word = line.words[i]
        if i > first and line.gap(i) not in (" ", "-", "\u00a0"):
            return None, None
        if is_title(word.folded) and not name_follows(line, i) and not word.possessive:
            return _apposed_role(line, first, i)
        known = may_precede_title(word.folded) or word.capital
        if not known and (word.folded in FUNCTION_WORDS or word.folded in REPORTING_VERBS):
            return None, None
    return None, None


def _apposed_role(line: Line, first: int, office: int) -> tuple[str | None, str | None]:
    if office + 1 < len(line.words) and line.gap(office + 1) == " ":
        following = line.words[office + 1].folded
        if is_title(following) or following in REPORTING_VERBS:
            return None, None
    lead = _leading_place(line.words[first : office + 1])
    affiliation = line.slice(first, first + lead) if lead else None
    role = line.slice(first + lead, office + 1)
    if office + 2 < len(line.words) and line.words[office + 1].folded in (
        "of",
        "at",
        "for",
        "with",
    ):
        start = office + 2
        if line.words[start].folded == "the" and start + 1 < len(line.words):
            start += 1
        end = _end_of_run(line, start)
        if end > start:
            affiliation = line.slice(start, end)
    return role, affiliation


def _without_false_starts(found: list[NameMention], lines: Sequence[Line]) -> list[NameMention]:
    """Leave out words that owe their capital to the beginning of a sentence."""
    lower = {word.folded for line in lines for word in line.words if word.text.islower()}
    inside = {word for mention in found for word in mention.key[mention.initial :]}
    whole = {mention.key for mention in found if not mention.initial}
    kept = []
    for mention in found:
        if not mention.initial:
            kept.append(mention)
        elif len(mention.words) == 1:
            if _stands_alone(mention, lower, inside):
                kept.append(mention)
        elif mention.key[1:] in whole and mention.key[0] in lower:
            kept.append(_shortened(mention))
        elif not (mention.key[0].endswith("ing") and mention.key[0] not in inside):
            kept.append(mention)
        else:
            kept.append(_shortened(mention))
    return kept


def _stands_alone(mention: NameMention, lower: set[str], inside: set[str]) -> bool:
    word = mention.words[0]
    if is_place(word.folded) or (word.text.isupper() and len(word.text) > 1) or mention.titled:
        return True
    if word.folded in inside:
        return True
    return word.folded not in lower and (word.possessive or mention.reports)


def _shortened(mention: NameMention) -> NameMention:
    return NameMention(
        words=mention.words[1:],
        line=mention.line,
        first=mention.first + 1,
        end=mention.end,
        role=mention.role,
        affiliation=mention.affiliation,
        titled=mention.titled,
        definite=False,
        initial=False,
    )
