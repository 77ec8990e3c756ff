"""What a cast consists of: actors and the places where they are mentioned."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where an actor is named or described.

    Attributes:
        start: offset of the first character, in code points.
        end: offset after the last character, in code points.
        text: the characters between the offsets.
        sentence: number of the sentence, from 1.
    """

    start: int
    end: int
    text: str
    sentence: int


@dataclass(frozen=True, slots=True, eq=False)
class CastMember:
    """An actor of an article; members are told apart by identity, within one cast by name too.

    Attributes:
        name: the fullest form of the name that the article uses, without titles; the article's
            description where it gives no name.
        forms: all names and descriptions the article uses for the actor.
        mentions: where, in order; never empty.
        role: title or office, as the article writes it.
        affiliation: country or organisation the actor belongs to, as written.
        person: whether the actor is one person.
        described: whether the article never names the actor.
    """

    name: str
    forms: frozenset[str]
    mentions: tuple[Mention, ...]
    role: str | None = None
    affiliation: str | None = None
    person: bool = False
    described: bool = False
