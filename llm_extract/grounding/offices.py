"""Who holds which office in an article, to read "the Peruvian minister" with."""

from collections import defaultdict
from collections.abc import Iterable

from llm_extract.grounding.descriptions import normal_head, normal_words
from llm_extract.grounding.members import CastMember
from llm_extract.grounding.words import words_of

_LEADERS = ("president", "minister", "chancellor", "king", "queen", "leader")


class Offices:
    """The offices of an article's named people.

    Args:
        members: the actors; those with a role hold an office.
    """

    def __init__(self, members: Iterable[CastMember]) -> None:
        self._by_head: dict[str, list[tuple[frozenset[str], str | None, CastMember]]] = defaultdict(
            list
        )
        for member in members:
            if member.role and member.person and not member.described:
                words = [*words_of(member.affiliation or ""), *words_of(member.role)]
                content, country = normal_words(words)
                for word in sorted(content):
                    self._by_head[normal_head(word)].append((content, country, member))

    def holders(
        self, head: str, content: frozenset[str], country: str | None
    ) -> tuple[list[CastMember], list[CastMember]]:
        """Return the people whom a description fits.

        Args:
            head: the description's noun, folded.
            content: its telling words, `head` included, as `normal_words` gives them.
            country: the country it names, folded.

        Returns:
            Those whose office is stated to be of that country (or all, where the description names
            none), and those whose country the article does not state.
        """
        if head == "leader" and country and content == {"leader"}:
            fitting = [entry for h in _LEADERS for entry in self._by_head.get(h, ())]
        else:
            entries = self._by_head.get(normal_head(head), ())
            fitting = [entry for entry in entries if content <= entry[0]]
        if country is None:
            return _distinct(member for *_, member in fitting), []
        return (
            _distinct(member for _, its, member in fitting if its == country),
            _distinct(member for _, its, member in fitting if its is None),
        )


def _distinct(members: Iterable[CastMember]) -> list[CastMember]:
    return list({id(member): member for member in members}.values())
