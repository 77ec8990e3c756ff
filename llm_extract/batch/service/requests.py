"""Writes the files of requests that a batch service takes."""

import json
import os
from pathlib import Path
from typing import Any, Final

from llm_extract.batch.service.api import ENDPOINT
from llm_extract.batch.service.ledger import Batch, ServiceLedger

MOST_REQUESTS: Final = 50_000  # the service's own limits
MOST_BYTES: Final = 200_000_000


class RequestFile:
    """A file of requests that grows until it is full or closed."""

    def __init__(self, path: Path, most_requests: int, most_bytes: int) -> None:
        """Begin a file.

        Args:
            path: the file; what is there is replaced.
            most_requests: how many it may hold.
            most_bytes: how large it may be.
        """
        self.requests = 0
        self._most_requests = most_requests
        self._room = most_bytes
        self._file = path.open("wb")

    def takes(self, line: bytes) -> bool:
        """Tell whether there is room for a line; the first always has it."""
        fits = self.requests < self._most_requests and len(line) <= self._room
        return fits or not self.requests

    def add(self, line: bytes) -> None:
        """Write a line."""
        self._file.write(line)
        self.requests += 1
        self._room -= len(line)

    def close(self) -> None:
        """Close the file; what was written outlasts a failure of the machine."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def request_line(key: str, request: dict[str, Any]) -> bytes:
    """Return the line of a request.

    Args:
        key: names it; the line of its reply has the same.
        request: its JSON body.
    """
    line = {"custom_id": key, "method": "POST", "url": ENDPOINT, "body": request}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


class Outgoing:
    """Puts requests into batches, one file after the other as they fill up."""

    def __init__(
        self, ledger: ServiceLedger, folder: Path, most_requests: int, most_bytes: int
    ) -> None:
        """Begin with no batch.

        Args:
            ledger: notes what goes into which batch.
            folder: where the files are written.
            most_requests: how many requests a file may hold.
            most_bytes: how large a file may be.
        """
        self._ledger = ledger
        self._folder = folder
        self._limits = (most_requests, most_bytes)
        self._open: tuple[Batch, RequestFile] | None = None

    def add(self, key: str, request: dict[str, Any]) -> bool:
        """Put a request into a batch, unless one carries it; say whether a batch was filled up."""
        if self._ledger.is_under_way(key):
            return False
        line = request_line(key, request)
        is_full = self._open is not None and not self._open[1].takes(line)
        if is_full:
            self.close()
        if self._open is None:
            batch = self._ledger.new_batch()
            self._open = (batch, RequestFile(self._folder / batch.name, *self._limits))
        batch, file = self._open
        self._ledger.put_into(batch, key)
        file.add(line)
        return is_full

    def close(self) -> None:
        """End the last batch: it can be sent."""
        if self._open is not None:
            batch, file = self._open
            self._open = None
            file.close()
            self._ledger.note(batch, "built")

    def abandon(self) -> None:
        """Close the last file only; its batch stays in state `building`."""
        if self._open is not None:
            self._open[1].close()
            self._open = None
