"""Which gold file belongs to which article: ids of all sources, in one folder of files."""

import hashlib
import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from typing import Final

_PLAIN: Final = re.compile(r"\w[\w .,()+-]*(?<![ .])")
_NOT_IN_NAMES: Final = re.compile(r"[^\w.-]+")
_ENDING: Final = ".txt"
_MOST_BYTES: Final = 100
_DIGITS: Final = 12


def gold_name(id_: str) -> str:
    """Return the name under which new gold of an article is kept, without ending.

    That is its file name without `.txt`, as in a folder of articles; where the id is none of a text
    file in no folder, its letters and digits with a hash of the whole. No two ids get one name, and
    no name leads out of a folder.

    Args:
        id_: the article's id.
    """
    stem = id_.removesuffix(_ENDING)
    fits = len(stem.encode("utf-8")) <= _MOST_BYTES
    if stem != id_ and fits and _PLAIN.fullmatch(stem):
        return stem
    readable = _NOT_IN_NAMES.sub("-", stem).strip("-.")
    short = readable.encode("utf-8")[:_MOST_BYTES].decode("utf-8", errors="ignore")
    digest = hashlib.sha256(id_.encode("utf-8")).hexdigest()
    return f"{short or 'article'}~{digest[:_DIGITS]}"


def find_gold(ids: Iterable[str], names: Collection[str]) -> dict[str, str]:
    """Return which gold belongs to which article.

    Gold under an article's own `gold_name` is its alone. Else gold is an article's where it is
    named by the id, with or without folder and ending.

    Args:
        ids: ids of articles.
        names: names of gold files, without ending.

    Returns:
        The name by id; ids without gold are left out.
    """
    ids = list(ids)
    own = {id_: name for id_ in ids if (name := gold_name(id_)) in names}
    taken = set(own.values())
    found = dict(own)
    for id_ in ids:
        path = PurePosixPath(id_)
        for name in (id_, path.name, path.stem):
            if id_ not in found and name in names and name not in taken:
                found[id_] = name
    return found
