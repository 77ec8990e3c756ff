"""Parquet files for the tests."""

from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

WORDS = "The mayor met the builders."


def write_table(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    """Write columns, each a list of values or an Arrow array, as a Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), path, **options)
    return path


def write_articles(path: Path, ids: list[str], **options: Any) -> Path:
    return write_table(path, {"id": ids, "text": [WORDS] * len(ids)}, **options)
