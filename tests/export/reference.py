"""The reference of tables and views in docs/export.md.

    python -m tests.export.reference

prints what has to stand there.
"""

from collections.abc import Iterator

from llm_extract.export.tables import TABLES, Column, key_of
from llm_extract.export.views import VIEWS


def tables() -> str:
    """The tables with their columns."""
    return "\n".join(_tables())


def views() -> str:
    """The views."""
    return "\n".join(
        ["| view | one row is |", "|---|---|", *(f"| `{v.name}` | {v.about} |" for v in VIEWS)]
    )


def _tables() -> Iterator[str]:
    for table in TABLES:
        yield f"### {table.name}"
        yield f"\n{table.about}\n"
        yield "| column | type | holds |"
        yield "|---|---|---|"
        for column in table.columns:
            yield f"| `{column.name}` | {_type(column)} | {_holds(column)} |"
        yield ""


def _type(column: Column) -> str:
    return f"{column.type}, or none" if column.optional else column.type


def _holds(column: Column) -> str:
    about = column.about
    to = f"; refers to `{about.to}.{key_of(about.to)}`" if about.to else ""
    return f"{'**key**: ' if about.key else ''}{about.text}{to}"


if __name__ == "__main__":
    print(f"{tables()}\n{views()}")
