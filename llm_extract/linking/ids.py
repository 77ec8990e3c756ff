"""Ids that are made of names."""

from collections import Counter
from collections.abc import Sequence

from llm_extract.grounding.words import words_of

_LONGEST_ID = 80
_NAMELESS = "unnamed"


def ids_of(names: Sequence[str]) -> list[str]:
    """Return an id for each name: its words in plain letters, joined by dashes.

    Args:
        names: names; those that give the same id get numbers, in this order.

    Returns:
        Ids that differ from each other and are fit for an address.
    """
    slugs = [_slug(name) for name in names]
    taken = set(slugs)
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    ids = []
    for slug in slugs:
        id_ = slug
        while id_ in seen or (id_ != slug and id_ in taken):
            counts[slug] += 1
            id_ = f"{slug}-{counts[slug] + 1}"
        seen.add(id_)
        ids.append(id_)
    return ids


def _slug(name: str) -> str:
    words = (
        "".join(c for c in word.folded if c.isascii() and c.isalnum()) for word in words_of(name)
    )
    slug = "-".join(word for word in words if word)
    return slug[:_LONGEST_ID].strip("-") or _NAMELESS
