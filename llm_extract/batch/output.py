"""The output folder of a run, and the file of records in it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from llm_extract.errors import UsageError
from llm_extract.text.locations import Location
from llm_extract.text.urls import was_url

RECORDS_FILE: Final = "records.jsonl"


def check_output(folder: Path, sources: Sequence[Location]) -> None:
    """Refuse an output folder that cannot serve, before anything is started.

    Args:
        folder: the output folder; need not exist.
        sources: files, folders and URLs of articles.

    Raises:
        UsageError: it is a URL or a file, or lies in a source folder.
    """
    if was_url(str(folder)):
        url = str(folder).replace(":/", "://", 1)
        raise UsageError(
            f"the output {url} is a URL: name a folder of this machine; `llm-extract shards` "
            "copies its records to a URL"
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"the output {folder} is a file: name a folder")
    for source in sources:
        if (
            isinstance(source, Path)
            and source.is_dir()
            and folder.resolve().is_relative_to(source.resolve())
        ):
            raise UsageError(
                f"the output folder {folder} lies in the source {source}, so its {RECORDS_FILE} "
                "would be read as articles: choose one outside"
            )


def make_writable(folder: Path) -> None:
    """Make the output folder where missing.

    Raises:
        UsageError: it is a file, or cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"the output {folder} is a file: name a folder") from None
    except OSError as error:
        raise UsageError(f"cannot make the output folder {folder}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"the output folder {folder} cannot be written: change its permissions")


def write_lines(path: Path, lines: Iterator[str]) -> int:
    """Write a file under another name and rename it; return the number of lines."""
    unfinished = path.with_name(f"{path.name}.tmp")
    count = 0
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                file.write(line)
                count += 1
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return count
