"""A real HTTP server on a loopback port that implements OpenAI's files and batches endpoints.

    with BatchServer(answer=reader()) as server:
        ...  # send batches to server.base_url
        assert len(server.batches) == 1

`answer` decides the reply to each request of a batch from the request's JSON body, as it does for
`Loopback`; `Expired` and `Broken` are replies that only batches have.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.support.loopback import Fault, Reply, completion


@dataclass(frozen=True)
class Expired:
    """The batch does not come to the request in time."""


@dataclass(frozen=True)
class Broken:
    """The file of replies has these bytes in place of the request's line."""

    line: bytes


LineAnswer = Reply | Fault | Expired | Broken
Answerer = Callable[[dict[str, Any]], LineAnswer]


@dataclass
class StoredFile:
    """A file as it was uploaded, or as the server made it."""

    id: str
    name: str
    content: bytes


@dataclass
class StoredBatch:
    """A batch, with the polls until it ends."""

    id: str
    input_file_id: str
    requests: list[dict[str, Any]]
    status: str
    polls_left: int
    output: str | None = None
    errors: str | None = None
    answers: list[LineAnswer] = field(default_factory=list)


class BatchServer:
    """The server; `batches` and `files` tell what it got.

    Attributes:
        answer: decides the reply to a request.
        status: how batches end.
        refusal: what the server says of batches that it refuses.
        most_under_way: how many batches may be under way before the next is refused.
        fail_next: statuses with which the next calls are refused, by `METHOD /path` beginnings.
        lose_next: the same calls that are carried out, but of which the reply is lost.
    """

    def __init__(self, answer: Answerer, *, polls: int = 1) -> None:
        self.answer = answer
        self.polls = polls
        self.status = "completed"
        self.files: dict[str, StoredFile] = {}
        self.batches: dict[str, StoredBatch] = {}
        self.calls: list[str] = []
        self.fail_next: dict[str, list[int]] = {}
        self.lose_next: list[str] = []
        self.refusal: str | None = None
        self.most_under_way = 10**6
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.batch_server = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def uploads(self) -> list[StoredFile]:
        return [file for file in self.files.values() if file.id.startswith("file-in")]

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The bodies of all requests of all batches."""
        return [line["body"] for batch in self.batches.values() for line in batch.requests]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> "BatchServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def store(self, name: str, content: bytes, kind: str = "in") -> StoredFile:
        file = StoredFile(f"file-{kind}-{len(self.files)}", name, content)
        self.files[file.id] = file
        return file

    def create(self, input_file_id: str) -> StoredBatch:
        lines = self.files[input_file_id].content.splitlines()
        requests = [json.loads(line) for line in lines]
        assert len({line["custom_id"] for line in requests}) == len(requests)
        assert {(line["method"], line["url"]) for line in requests} == {
            ("POST", "/v1/chat/completions")
        }
        under_way = [b for b in self.batches.values() if b.status in ("validating", "in_progress")]
        polls = self.polls if len(under_way) < self.most_under_way else -1
        batch = StoredBatch(
            f"batch_{len(self.batches)}", input_file_id, requests, "validating", polls
        )
        self.batches[batch.id] = batch
        return batch

    def poll(self, batch: StoredBatch) -> None:
        """Bring a batch one step on."""
        if batch.polls_left < 0:
            batch.status = "failed"
        elif batch.polls_left > 0:
            batch.polls_left -= 1
            batch.status = "in_progress"
        elif batch.status == "in_progress" or batch.status == "validating":
            batch.status = self.status
            if self.status != "failed":
                self._answer_all(batch)

    def _answer_all(self, batch: StoredBatch) -> None:
        output, errors = [], []
        for line in batch.requests:
            answer = self.answer(line["body"])
            batch.answers.append(answer)
            match answer:
                case Reply() as reply:
                    output.append(_reply_line(line, 200, completion(reply, line["body"])))
                case Fault() as fault:
                    body = {"error": {"message": fault.message, "code": fault.code}}
                    body["error"]["param"] = fault.param
                    errors.append(_reply_line(line, fault.status, body))
                case Expired():
                    errors.append(_expired_line(line))
                case Broken(line=raw):
                    output.append(raw)
        if output:
            batch.output = self.store("output.jsonl", b"\n".join(output) + b"\n", "out").id
        if errors:
            batch.errors = self.store("errors.jsonl", b"\n".join(errors) + b"\n", "out").id


def _reply_line(line: dict[str, Any], status: int, body: Any) -> bytes:
    response = {"status_code": status, "request_id": "r", "body": body}
    values = {"id": "b", "custom_id": line["custom_id"], "response": response, "error": None}
    return json.dumps(values).encode()


def _expired_line(line: dict[str, Any]) -> bytes:
    error = {"code": "batch_expired", "message": "This request could not be executed in time."}
    values = {"id": "b", "custom_id": line["custom_id"], "response": None, "error": error}
    return json.dumps(values).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    batch_server: BatchServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _serve(self, body: bytes) -> None:
        server = self.server.batch_server
        call = f"{self.command} {urlsplit(self.path).path.removeprefix('/v1')}"
        with server.lock:
            server.calls.append(call)
            for beginning, statuses in server.fail_next.items():
                if call.startswith(beginning) and statuses:
                    self._send(statuses.pop(0), {"error": {"message": "scripted fault"}})
                    return
            status, answer = self._route(server, call, body)
            if call in server.lose_next:
                server.lose_next.remove(call)
                self.close_connection = True
                return
        self._send(status, answer)

    def _route(self, server: BatchServer, call: str, body: bytes) -> tuple[int, Any]:
        match call.split("/")[1:]:
            case ["files"] if call.startswith("POST"):
                return 200, _file(server.store(*_uploaded(self.headers["Content-Type"], body)))
            case ["files"]:
                return 200, _listed([_file(file) for file in reversed(server.files.values())])
            case ["files", id_, "content"]:
                return 200, server.files[id_].content
            case ["batches"] if call.startswith("POST"):
                asked = json.loads(body)
                assert asked["endpoint"] == "/v1/chat/completions"
                assert asked["completion_window"] == "24h"
                return 200, _batch(server, server.create(asked["input_file_id"]))
            case ["batches"]:
                made = reversed(server.batches.values())
                return 200, _listed([_batch(server, batch) for batch in made])
            case ["batches", id_] if id_ in server.batches:
                server.poll(server.batches[id_])
                return 200, _batch(server, server.batches[id_])
        return 404, {"error": {"message": f"no {call}"}}

    def _send(self, status: int, answer: Any) -> None:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def _uploaded(content_type: str, body: bytes) -> tuple[str, bytes]:
    """Takes name and content of the file out of a form."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    content, purpose, name = b"", "", ""
    for part in BytesParser().parsebytes(head + body).get_payload():
        assert not isinstance(part, str)
        if part.get_filename():
            name, content = part.get_filename() or "", part.get_payload(decode=True)  # type: ignore[assignment]
        else:
            purpose = part.get_payload()  # type: ignore[assignment]
    assert purpose == "batch"
    return name, content


def _file(file: StoredFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "object": "file",
        "bytes": len(file.content),
        "created_at": 1,
        "filename": file.name,
        "purpose": "batch",
        "status": "processed",
    }


def _batch(server: BatchServer, batch: StoredBatch) -> dict[str, Any]:
    completed = sum(isinstance(answer, Reply) for answer in batch.answers)
    refused = [{"code": "c", "message": server.refusal}] if server.refusal else []
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "input_file_id": batch.input_file_id,
        "completion_window": "24h",
        "created_at": 1,
        "status": batch.status,
        "output_file_id": batch.output,
        "error_file_id": batch.errors,
        "errors": {"object": "list", "data": refused},
        "request_counts": {
            "total": len(batch.requests),
            "completed": completed,
            "failed": len(batch.answers) - completed,
        },
    }


def _listed(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": items, "has_more": False}
