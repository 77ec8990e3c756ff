"""Counts what a model is asked: a loopback server that passes chat completions on to another."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Tally:
    """What was asked since `CountingProxy.begin`.

    Attributes:
        calls: requests, failed ones included.
        prompt_tokens: prompt tokens by the model server's count, cached ones included.
        cached_tokens: those of them that came from its prefix cache.
        completion_tokens: tokens generated.
        late: whether a request was refused or broken off because the time was up.
    """

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    late: bool = False


class CountingProxy:
    """Runs from construction to `close`, in threads of its own; `begin` before asking.

    Attributes:
        base_url: what an OpenAI client takes as its base URL, in place of the model server's.
    """

    def __init__(self, upstream: str) -> None:
        """Start.

        Args:
            upstream: base URL of the model server.
        """
        address = urlsplit(upstream)
        self._upstream = address.netloc
        self._lock = threading.Lock()
        self._tally = Tally()
        self._deadline = 0.0
        self._server = _Server(self)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}{address.path}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def tally(self) -> Tally:
        """What was asked since `begin`."""
        with self._lock:
            return self._tally

    def begin(self, seconds: float) -> None:
        """Count from zero; requests that are not answered in `seconds` from now are refused."""
        with self._lock:
            self._tally = Tally()
            self._deadline = time.monotonic() + seconds

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def forward(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Ask the model server, and return status and body of its reply."""
        with self._lock:
            self._tally = replace(self._tally, calls=self._tally.calls + 1)
            left = self._deadline - time.monotonic()
        if left <= 0:
            return self._refuse()
        connection = http.client.HTTPConnection(self._upstream, timeout=left)
        try:
            connection.request("POST", path, body, headers)
            reply = connection.getresponse()
            status, content = reply.status, reply.read()
        except TimeoutError:
            return self._refuse()
        except (OSError, http.client.HTTPException) as error:
            return 502, _error(f"the model server does not answer: {error}")
        finally:
            connection.close()
        self._count(content)
        return status, content

    def _refuse(self) -> tuple[int, bytes]:
        """Answer with a status that clients do not try again after."""
        with self._lock:
            self._tally = replace(self._tally, late=True)
        return 400, _error("the time for this article is up")

    def _count(self, content: bytes) -> None:
        try:
            usage = json.loads(content).get("usage") or {}
        except (ValueError, AttributeError):
            return
        details = usage.get("prompt_tokens_details") or {}
        with self._lock:
            seen = self._tally
            self._tally = replace(
                seen,
                prompt_tokens=seen.prompt_tokens + usage.get("prompt_tokens", 0),
                cached_tokens=seen.cached_tokens + (details.get("cached_tokens") or 0),
                completion_tokens=seen.completion_tokens + usage.get("completion_tokens", 0),
            )


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: CountingProxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away before its answer is no matter of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Pass on a request with its key."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {
            name: self.headers[name]
            for name in ("Authorization", "Content-Type")
            if name in self.headers
        }
        status, content = self.server.proxy.forward(self.path, headers, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _error(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode()
