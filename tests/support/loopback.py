"""A real HTTP server on a loopback port that speaks the chat-completions protocol from a script.

    with Loopback(Fault(503), Reply({"answer": 1})) as server:
        ...  # ask the server at server.base_url
        assert len(server.requests) == 2

Scripted answers go out in order; when they are used up, `answer` (a function of the request's
JSON body) decides, and without it the last scripted one is repeated.
"""

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import log
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Reply:
    """A completion; a `content` that is not a string goes out as JSON."""

    content: Any = ""
    finish_reason: str = "stop"
    refusal: str | None = None
    prompt_tokens: int = 100
    cached_tokens: int = 0
    completion_tokens: int = 10
    first_token: dict[str, float] | None = None  # token -> probability
    request_id: str | None = None
    delay: float = 0.0  # seconds


@dataclass(frozen=True)
class Fault:
    """An error reply as OpenAI words them."""

    status: int
    message: str = "scripted fault"
    code: str | None = None
    type: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True)
class Raw:
    """Any bytes at all."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    delay: float = 0.0


@dataclass(frozen=True)
class Reset:
    """Breaks the connection, after half of a body where `mid_body`."""

    mid_body: bool = False
    delay: float = 0.0


@dataclass(frozen=True)
class Stall:
    """Begins a body and never ends it; sends a byte now and then where `every` (seconds) is set."""

    every: float | None = None
    delay: float = 0.0


Answer = Reply | Fault | Raw | Reset | Stall


@dataclass(frozen=True)
class Received:
    """A request as it arrived; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Loopback:
    """The server, running in threads of its own from construction or `with` to `close`."""

    def __init__(
        self,
        *script: Answer,
        answer: Callable[[dict[str, Any]], Answer] | None = None,
        port: int = 0,
    ) -> None:
        self.requests: list[Received] = []
        self.most_at_once = 0
        self._at_once = 0
        self._script = deque(script)
        self._last: Answer = script[-1] if script else Reply()
        self._answer = answer
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.loopback = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [request.body for request in self.requests]

    def script(self, *answers: Answer) -> None:
        """Adds answers to the script."""
        with self._lock:
            self._script.extend(answers)

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> "Loopback":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def take(self, request: Received) -> Answer:
        """Records a request and decides the answer."""
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            if self._script:
                answer = self._script.popleft()
            elif self._answer is not None:
                answer = self._answer(request.body)
            else:
                answer = self._last
        if answer.delay:
            self.closing.wait(answer.delay)
        with self._lock:
            self._at_once -= 1
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    loopback: Loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Received(self.path, headers, json.loads(body))
        match self.server.loopback.take(request):
            case Reply() as reply:
                named = {"x-request-id": reply.request_id} if reply.request_id else {}
                self._send(200, json.dumps(completion(reply, request.body)).encode(), named)
            case Fault() as fault:
                error = {
                    "message": fault.message,
                    "code": fault.code,
                    "type": fault.type,
                    "param": fault.param,
                }
                self._send(fault.status, json.dumps({"error": error}).encode(), fault.headers)
            case Raw() as raw:
                self._send(raw.status, raw.body, {"Content-Type": raw.content_type})
            case Reset(mid_body=mid_body):
                self._reset(mid_body)
            case Stall(every=every):
                self._stall(every)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        sent = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (sent | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _reset(self, mid_body: bool) -> None:
        if mid_body:
            self._begin()
        abort = struct.pack("ii", 1, 0)  # closing sends RST
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abort)
        self.close_connection = True

    def _stall(self, every: float | None) -> None:
        self._begin()
        closing = self.server.loopback.closing
        while not closing.wait(every) and every is not None:
            self.wfile.write(b" ")

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"choices": [')

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def completion(reply: Reply, request: dict[str, Any]) -> dict[str, Any]:
    """The body of a reply to a request."""
    content = reply.content
    if content is not None and not isinstance(content, str):
        content = json.dumps(content)
    choice: dict[str, Any] = {
        "index": 0,
        "finish_reason": reply.finish_reason,
        "message": {"role": "assistant", "content": content, "refusal": reply.refusal},
    }
    if reply.first_token is not None and request.get("logprobs"):
        tops = [
            {"token": token, "logprob": log(probability), "bytes": None}
            for token, probability in reply.first_token.items()
        ]
        choice["logprobs"] = {"content": [{**tops[0], "top_logprobs": tops}]}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": request["model"],
        "choices": [choice],
        "usage": {
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.completion_tokens,
            "total_tokens": reply.prompt_tokens + reply.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
        },
    }


@contextmanager
def silent_url() -> Iterator[str]:
    """The URL of a server that accepts connections, and neither reads nor answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}/v1"


def refused_url() -> str:
    """The URL of a server that is not there: connections to it are refused."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"
