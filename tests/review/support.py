"""A run's output folder made without a model, and the page's server for it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from llm_extract.batch.store import open_store
from llm_extract.evaluation.matching import AnyRecord
from llm_extract.review.desk import Desk
from llm_extract.review.files import ReviewFiles
from llm_extract.review.server import Address, make_server
from llm_extract.schemas import ArticleRecords, Meeting, Position, Quote
from llm_extract.text.article import Article
from tests.evaluation.builders import RECORDS, TEXT, provenance

COMMAND = [sys.executable, "-c", "from llm_extract.cli import main; main()", "review"]


@dataclass(frozen=True)
class Found:
    """An article as a run finds it."""

    text: str = TEXT
    records: Sequence[AnyRecord] = RECORDS
    title: str | None = None


def make_run(folder: Path, articles: Mapping[str, Found]) -> Path:
    """Write the ledger and the records of a run over articles, by their ids."""
    with open_store(folder, "settings") as store:
        store.begin_run()
        for id_, found in articles.items():
            article = Article(id_, found.text, title=found.title)
            records = ArticleRecords(
                article=article.ref(),
                meetings=[r for r in found.records if isinstance(r, Meeting)],
                positions=[r for r in found.records if isinstance(r, Position)],
                quotes=[r for r in found.records if isinstance(r, Quote)],
                provenance=provenance(),
            )
            store.list_article(article)
            store.finish(article, records)
        store.export(complete=True)
    return folder


@dataclass
class Answer:
    """What the server replied; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    """A running server of the page."""

    url: str
    port: int = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        address, _, self.token = self.url.partition("/#token=")
        self.port = int(address.rpartition(":")[2])

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | None = None, /, **headers: str | None
    ) -> Answer:
        """Send a request as the page would, but for the headers given; None leaves one out."""
        usual = {
            "Host": f"127.0.0.1:{self.port}",
            "Authorization": f"Bearer {self.token}",
            "Origin": self.origin,
            "Content-Type": "application/json" if body is not None else None,
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in (usual | given).items():
                if value is not None:
                    connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            reply = connection.getresponse()
            names = {name.lower(): value for name, value in reply.getheaders()}
            return Answer(reply.status, names, reply.read())
        finally:
            connection.close()

    def put(self, path: str, version: str, content: Any, **headers: str | None) -> Answer:
        """Send a change."""
        usual: dict[str, str | None] = {"If_Match": version}
        return self.ask("PUT", path, json.dumps(content).encode(), **usual | headers)


@dataclass
class Process(Server):
    """A running `llm-extract review`."""

    process: subprocess.Popen[str]

    def kill(self) -> None:
        """End it as a power cut would; it may have ended before."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(10)


def launch(folder: Path, *options: str) -> Process:
    """Start the server and wait until it has printed its address."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*COMMAND, str(folder), "--no-browser", *options],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        return Process(process.stdout.readline().strip(), process)


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Process]:
    """A process for as long as the block lasts."""
    server = launch(folder, *options)
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def hosting(folder: Path, gold: Path | None = None) -> Iterator[Server]:
    """The same server in a thread, for tests that start and stop nothing."""
    desk = Desk(folder, ReviewFiles(folder, gold))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = Address(listening.getsockname()[1], "token-of-the-tests")
        server = make_server(desk, address)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Server(address.url)
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)
