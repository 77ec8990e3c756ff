"""An embedded model: an OpenAI-compatible server in a child process of this one.

The child (`embedded_child`) listens on a free loopback port, answers only requests that carry a
random key, and ends when it is stopped, when this process exits and when this process is killed.
"""

import atexit
import contextlib
import http.client
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from llm_extract.errors import EmbeddedServerError, WeightsError
from llm_extract.models.cores import usable_cores
from llm_extract.models.embedded_child import ChildConfig

# -P: a file of the working folder must not shadow a module.
_COMMAND: Final = (sys.executable, "-P", "-m", "llm_extract.models.embedded_child")
_START_SECONDS: Final = 300.0
_HEALTH_POLL_SECONDS: Final = 0.05
_LOG_TAIL_BYTES: Final = 2000
_LOG_TAIL_LINES: Final = 4


class EmbeddedServer:
    """A running server, as `start_embedded` returns it; as a context manager it stops at the end.

    Attributes:
        base_url: What an OpenAI client takes as its base URL.
        api_key: The key that the client must send.
    """

    def __init__(self, child: "_Child", base_url: str, api_key: str) -> None:
        self.base_url = base_url
        self.api_key = api_key
        self._child = child
        atexit.register(self.stop)

    def check_alive(self) -> None:
        """Tell a dead server from one that is busy.

        Raises:
            EmbeddedServerError: The server died by itself; the line says how.
        """
        self._child.check_alive("died")

    def stop(self) -> None:
        """End the child process; does nothing the second time."""
        atexit.unregister(self.stop)
        self._child.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def start_embedded(
    weights: Path,
    *,
    context_tokens: int,
    slots: int,
    threads: int | None = None,
    command: Sequence[str] = _COMMAND,
    timeout: float = _START_SECONDS,
) -> EmbeddedServer:
    """Start the server of an embedded model and wait until it is healthy.

    Args:
        weights: A GGUF file, already verified.
        context_tokens: Context window of each slot in tokens.
        slots: How many requests the server works on at the same time.
        threads: How many threads compute; as many as there are usable cores when None.
        command: What the child process runs.
        timeout: Seconds after which a server that is not ready is given up.

    Returns:
        The running server; stop it with `stop()` or use it as a context manager.

    Raises:
        WeightsError: The file is missing, unreadable or no GGUF file.
        EmbeddedServerError: The server cannot be started, died or was not ready in time.
    """
    _check_is_gguf(weights)
    config = ChildConfig(
        weights=str(weights),
        api_key=secrets.token_urlsafe(32),
        context_tokens=context_tokens,
        slots=slots,
        threads=threads or usable_cores(),
        parent=os.getpid(),
    )
    child = _Child(command)
    try:
        address = child.await_ready(config, timeout)
    except BaseException:
        child.kill()
        raise
    return EmbeddedServer(child, f"{address}/v1", config.api_key)


class _Child:
    """The child process, its pipes and its log."""

    def __init__(self, command: Sequence[str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._log_tail = ""
        self._reports: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        started: Future[subprocess.Popen[bytes]] = Future()
        self._keeper = threading.Thread(target=self._keep, args=(command, started), daemon=True)
        self._keeper.start()
        try:
            self._process = started.result()
        except OSError as error:
            self._log.close()
            raise EmbeddedServerError(f"cannot start {command[0]}: {error.strerror}") from error

    def await_ready(self, config: ChildConfig, timeout: float) -> str:
        """Hand over the configuration; return the address once the server answers there."""
        deadline = time.monotonic() + timeout
        self._send(json.dumps(asdict(config)))
        try:
            line = self._reports.get(timeout=timeout)
        except queue.Empty:
            raise self._failure(f"was not ready after {timeout:.0f} s") from None
        if not line:
            self._process.wait()
            self.check_alive(f"could not load {config.weights}")
        report = json.loads(line)
        if "error" in report:
            raise EmbeddedServerError(report["error"])
        address: str = report["address"]
        while not _is_healthy(address):
            self.check_alive("died")
            if time.monotonic() > deadline:
                raise self._failure(f"was not healthy after {timeout:.0f} s")
            time.sleep(_HEALTH_POLL_SECONDS)
        return address

    def check_alive(self, event: str) -> None:
        """Raise an error that begins with `event` if the process ended by itself."""
        status = self._process.poll()
        if status is not None:
            how = f"exit status {status}" if status >= 0 else signal.Signals(-status).name
            raise self._failure(f"{event} ({how})")

    def kill(self) -> None:
        """End the process at once: it has nothing to save."""
        if self._log.closed:
            return
        self._process.kill()
        self._process.wait()
        self._keeper.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - _LOG_TAIL_BYTES))
        lines = self._log.read().decode(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        self._log_tail = " | ".join(" ".join(line.split()) for line in lines if line.strip())
        self._log.close()

    def _send(self, line: str) -> None:
        """Write a line to the process; whether it could be read, the report tells."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(f"{line}\n".encode())
                self._process.stdin.flush()

    def _keep(self, command: Sequence[str], started: "Future[subprocess.Popen[bytes]]") -> None:
        """Start the process, pass on its first line of output, and stay until it ends.

        Linux kills the child at the death of the *thread* that started it, so that thread must
        live as long as the child; the caller's may not.
        """
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._log)
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(process)
        if process.stdout is not None:
            self._reports.put(process.stdout.readline())  # an empty line: the process ended
        process.wait()

    def _failure(self, event: str) -> EmbeddedServerError:
        """End the process and tell what happened, with the end of its log."""
        self.kill()
        log = f"; its log ends: {self._log_tail}" if self._log_tail else ""
        return EmbeddedServerError(f"the embedded model server {event}{log}")


def _check_is_gguf(weights: Path) -> None:
    try:
        with weights.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise WeightsError(f"cannot read the weights {weights}: {error.strerror}") from error
    if magic != b"GGUF":
        raise WeightsError(f"{weights} is not a GGUF file: name a model in GGUF format")


def _is_healthy(address: str) -> bool:
    """Ask the server itself, past any proxy that the environment names."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
