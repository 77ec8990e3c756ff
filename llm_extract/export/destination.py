"""Putting an export in place: all of it or nothing, and over nothing but an older export."""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from llm_extract import __version__
from llm_extract.batch.lock import FolderLock, holder
from llm_extract.errors import StoreError, UsageError

MANIFEST: Final = "manifest.json"
_WRITTEN_BY: Final = "llm-extract export"
_CONTENT: Final = "content"
_REPLACED: Final = "replaced"

Refusal = Callable[[Path], str | None]


@contextmanager
def replacing(output: Path, refusal: Refusal) -> Iterator[Path]:
    """Give a place to write an export to; put it in place of `output` where that succeeded.

    Until then it is in the folder `.NAME.unfinished` beside it. A killed export leaves that folder,
    and the next one clears it away.

    Args:
        output: where the export belongs, a file or a folder; its parents are made.
        refusal: says why what is there must not be replaced; None where it may be.

    Raises:
        UsageError: what is there is no export.
        StoreError: nothing can be written there, or another export does it now.
    """
    try:
        _check(output, refusal)
        with _workplace(output) as work:
            yield work / _CONTENT
            _sync(work / _CONTENT)
            _check(output, refusal)
            _replace(work, output)
    except OSError as error:
        raise StoreError(f"cannot write {output}: {error.strerror or error}") from error


def write_manifest(folder: Path, format_: str, rows: Mapping[str, int]) -> None:
    """Note in a folder what an export wrote into it.

    Args:
        folder: the folder.
        format_: name of the format.
        rows: number of rows by table.
    """
    noted = {
        "written_by": _WRITTEN_BY,
        "version": __version__,
        "format": format_,
        "files": sorted(path.name for path in folder.iterdir()),
        "rows": dict(rows),
    }
    text = json.dumps(noted, indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def folder_refusal(folder: Path, format_: str) -> str | None:
    """Say why a folder must not be replaced.

    Args:
        folder: the folder.
        format_: name of the format to be written.

    Returns:
        None where it holds an export in this format and nothing else.
    """
    try:
        noted = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        written_by, format_there = noted["written_by"], noted["format"]
        ours = {MANIFEST, *noted["files"]}
    except (OSError, ValueError, TypeError, KeyError):
        written_by = None
    if written_by != _WRITTEN_BY:
        return "is no folder that an export wrote"
    if format_there != format_:
        return f"holds an export as {format_there}"
    others = sorted({path.name for path in folder.iterdir()} - ours)
    return f"holds {others[0]}, which no export wrote" if others else None


def _check(output: Path, refusal: Refusal) -> None:
    if not output.exists():
        return
    try:
        reason = refusal(output)
    except IsADirectoryError:
        reason = "is a folder"
    if reason:
        raise UsageError(f"{output} {reason}: move it, or name another output")


@contextmanager
def _workplace(output: Path) -> Iterator[Path]:
    """Give an empty folder beside the output that no other process uses."""
    work = output.with_name(f".{output.name}.unfinished")
    work.mkdir(parents=True, exist_ok=True)
    try:
        lock = FolderLock(work)
    except StoreError as error:
        pid = holder(work)
        raise StoreError(
            f"process {pid} is exporting to {output}" if pid else str(error)
        ) from error
    try:
        _clear(work, output)
        yield work
    finally:
        _clear(work, output)
        lock.release()
        with contextlib.suppress(OSError):
            shutil.rmtree(work)


def _clear(work: Path, output: Path) -> None:
    """Empty the folder; an older export that stepped aside for one that did not come goes back."""
    if (work / _REPLACED).exists() and not output.exists():
        (work / _REPLACED).replace(output)
    for name in (_CONTENT, _REPLACED):
        path = work / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _sync(content: Path) -> None:
    """Have the content on disk before it gets its name."""
    for path in [*content.iterdir()] if content.is_dir() else [content]:
        with path.open("r+b") as file:
            os.fsync(file.fileno())


def _replace(work: Path, output: Path) -> None:
    """Give the content its name. A folder cannot replace one: the old one steps aside for it."""
    content = work / _CONTENT
    if content.is_dir() and output.exists():
        output.replace(work / _REPLACED)
    content.replace(output)
