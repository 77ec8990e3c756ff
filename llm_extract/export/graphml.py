"""An export as a graph: the actors, and between them the meetings that they had together."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from llm_extract.export.sqlite import write_sqlite
from llm_extract.export.tables import Row

_HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<!-- An export of llm-extract. -->
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
"""
_TAIL: Final = "</graph>\n</graphml>\n"
_NODE_KEYS: Final = {
    "label": "string",
    "articles": "int",
    "meetings": "int",
    "positions": "int",
    "quotes": "int",
}
_EDGE_KEYS: Final = {
    "weight": "double",
    "held": "int",
    "statuses": "string",
    "dates": "string",
    "meeting_ids": "string",
    "article_ids": "string",
}
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HELD: Final = ("held", "ongoing")
_NODES: Final = """
SELECT actor_id, actor, actors_by_articles.articles, meetings, positions, quotes
FROM actors JOIN actors_by_articles USING (actor_id) ORDER BY actors.rowid
"""
_MEETINGS: Final = """
SELECT DISTINCT one.actor_id, other.actor_id, meetings.status,
    coalesce(meetings.date_iso, meetings.date_text), meetings.meeting_id, meetings.article_id
FROM meetings
JOIN meeting_participants AS one USING (meeting_id)
JOIN meeting_participants AS other
    ON other.meeting_id = meetings.meeting_id AND one.actor_id < other.actor_id
ORDER BY 1, 2, meetings.rowid
"""


def write_graphml(rows: Iterable[Row], path: Path) -> None:
    """Write the graph of who met whom as GraphML.

    The rows go through an SQLite file beside it, which gathers the meetings of each pair on disk.

    Args:
        rows: the rows of all tables.
        path: the file.

    Raises:
        StoreError: the SQLite file cannot be written.
    """
    tables = path.with_name(f"{path.name}.sqlite")
    write_sqlite(rows, tables)
    with (
        closing(sqlite3.connect(tables)) as db,
        path.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.write(_HEAD)
        file.writelines(_keys("node", _NODE_KEYS))
        file.writelines(_keys("edge", _EDGE_KEYS))
        file.write('<graph edgedefault="undirected">\n')
        for id_, *values in db.execute(_NODES):
            file.write(f"<node id={_attribute(id_)}>{_data('node', _NODE_KEYS, values)}</node>\n")
        for (one, other), meetings in groupby(db.execute(_MEETINGS), lambda row: row[:2]):
            between = f"source={_attribute(one)} target={_attribute(other)}"
            values = _edge([row[2:] for row in meetings])
            file.write(f"<edge {between}>{_data('edge', _EDGE_KEYS, values)}</edge>\n")
        file.write(_TAIL)
    tables.unlink()


def graphml_refusal(path: Path) -> str | None:
    """Say why a file must not be replaced; None where an export wrote it."""
    head = _HEAD.encode()
    with path.open("rb") as file:
        return None if file.read(len(head)) == head else "is no GraphML file that an export wrote"


def _edge(meetings: Sequence[tuple[str, str | None, str, str]]) -> list[object]:
    """Return the values of an edge, in the order of their keys."""
    statuses, dates, meeting_ids, article_ids = zip(*meetings, strict=True)
    counted = Counter(statuses)
    return [
        len(meetings),
        sum(counted[status] for status in _HELD),
        "; ".join(f"{status} {count}" for status, count in sorted(counted.items())),
        "; ".join(dict.fromkeys(date for date in dates if date)),
        "; ".join(meeting_ids),
        "; ".join(dict.fromkeys(article_ids)),
    ]


def _keys(for_: str, keys: dict[str, str]) -> Iterator[str]:
    for name, type_ in keys.items():
        yield f'<key id="{for_}_{name}" for="{for_}" attr.name="{name}" attr.type="{type_}"/>\n'


def _data(for_: str, keys: dict[str, str], values: Sequence[object]) -> str:
    return "".join(
        f'<data key="{for_}_{name}">{_content(str(value))}</data>'
        for name, value in zip(keys, values, strict=True)
    )


def _content(text: str) -> str:
    return escape(_characters(text), {"\r": "&#13;"})


def _attribute(text: str) -> str:
    return quoteattr(_characters(text))


def _characters(text: str) -> str:
    """Replace what XML cannot hold, whichever way it is written."""
    return _NOT_IN_XML.sub("\ufffd", text)
