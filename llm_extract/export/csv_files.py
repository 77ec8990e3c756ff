"""An export as CSV files that spreadsheets open with accents intact, and run nothing of."""

import csv
import re
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from llm_extract.export.tables import TABLES, Row, Value, batches

# What spreadsheets pass over before a formula; marks among it, which they may take off.
_PASSED_OVER: Final = (
    r"[ \x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    r"\u3000\ufeff'\"`´‘-‟«»‹›]"
)
_SIGNS: Final = "-=+@＝＋－＠﹢﹣﹦﹫−"
# A cell may also begin where a spreadsheet breaks lines or fields otherwise than commas do.
_DANGER: Final = re.compile(
    rf"\A(?={_PASSED_OVER}*[{_SIGNS}\t\r\n])|(?<=[;\t\r\n])(?={_PASSED_OVER}*[{_SIGNS}])"
)


def write_csv(rows: Iterable[Row], folder: Path) -> None:
    """Write a CSV file a table: RFC 4180, UTF-8 with a byte order mark, formulas defused.

    Args:
        rows: the rows of all tables.
        folder: where to; must exist.
    """
    with ExitStack() as files:
        writers = {}
        for table in TABLES:
            path = folder / f"{table.name}.csv"
            file = files.enter_context(path.open("w", encoding="utf-8-sig", newline=""))
            writers[table.name] = csv.writer(file)
            writers[table.name].writerow([column.name for column in table.columns])
        for table, some in batches(rows):
            writers[table.name].writerows(map(_cells, some))


def defuse(text: str) -> str:
    """Put an apostrophe before what a spreadsheet could take for a formula.

    It goes to the beginning of a text that begins with `=`, `+`, `-`, `@`, a tab or a line break,
    after spaces, quotation marks or invisible characters too; and behind a semicolon, a tab or a
    line break that one of the four signs follows: a spreadsheet that separates fields otherwise
    begins a cell there. No two texts become the same.
    """
    return _DANGER.sub("'", text)


def _cells(row: Row) -> list[Value]:
    return [defuse(value) if isinstance(value, str) else value for value in row]
