"""`--log-json`: a file with one JSON object for each call to the model."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llm_extract.cli.console import print_error
from llm_extract.errors import UsageError

if TYPE_CHECKING:
    from io import FileIO

    from llm_extract.models.events import CallEvent, Observer
    from llm_extract.text.locations import Location

_BODIES: Final = ("request", "reply")


@contextmanager
def call_log(
    path: Path | None, bodies: bool, sources: "Sequence[Location]"
) -> "Iterator[Observer | None]":
    """Open a log of calls for as long as the block lasts.

    Args:
        path: the file, to which lines are added; None for no log.
        bodies: whether to log requests and replies too; they hold the articles' text.
        sources: files, folders and URLs of articles, in which the log may not lie.

    Yields:
        What writes the log; None without one.

    Raises:
        UsageError: the options contradict each other, or the file cannot be written.
    """
    from llm_extract.models.events import Observer

    if path is None:
        if bodies:
            raise UsageError("--log-bodies goes with --log-json only")
        yield None
        return
    local = [source for source in sources if isinstance(source, Path)]
    if any(path.resolve().is_relative_to(source.resolve()) for source in local):
        raise UsageError(f"--log-json {path} lies in a source: choose a file outside")
    try:
        # Unbuffered: a line is there as soon as its call has ended, and in one piece where several
        # runs share the file.
        file = path.open("ab", buffering=0)
    except OSError as error:
        raise UsageError(f"--log-json {path}: {error.strerror}") from None
    with file:
        yield Observer(_Writer(file, path, bodies), bodies)


class _Writer:
    def __init__(self, file: "FileIO", path: Path, bodies: bool) -> None:
        self._file = file
        self._path = path
        self._bodies = bodies
        self._broken = False

    def __call__(self, event: "CallEvent") -> None:
        if self._broken:
            return
        try:
            line = log_line(event, self._bodies)
            # Names of files may hold what UTF-8 cannot: escaped, it is valid JSON.
            self._file.write(line.encode("utf-8", "backslashreplace"))
        except OSError as error:
            self._broken = True
            print_error(f"--log-json {self._path}: {error.strerror}; the log ends here")


def log_line(event: "CallEvent", bodies: bool) -> str:
    """Return an event as a line of JSON, `started` in ISO format.

    Args:
        event: the event.
        bodies: whether the line has the bodies of request and reply.
    """
    fields = asdict(event) | {
        "started": event.started.isoformat(timespec="milliseconds"),
        "seconds": round(event.seconds, 3),
    }
    kept = {name: value for name, value in fields.items() if bodies or name not in _BODIES}
    return json.dumps(kept, ensure_ascii=False) + "\n"
