"""Runs the page's server: on the loopback interface, at the same address as last time."""

import contextlib
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

from llm_extract.batch.lock import FolderLock, holder
from llm_extract.batch.output import make_writable, write_lines
from llm_extract.errors import StoreError, UsageError
from llm_extract.review.desk import Desk
from llm_extract.review.files import FOLDER, ReviewFiles

if TYPE_CHECKING:
    import uvicorn

HOST: Final = "127.0.0.1"
_PORT_FILE: Final = "port"
_GRACE_SECONDS: Final = 2


@dataclass(frozen=True)
class Address:
    """Where the page is.

    Attributes:
        port: the port on the loopback interface.
        token: what requests of this start must bring.
        moved: the port of the last start, where that is taken now; None otherwise.
        articles: how many articles there are.
        saved: how many of them have gold.
    """

    port: int
    token: str
    moved: int | None = None
    articles: int = 0
    saved: int = 0

    @property
    def url(self) -> str:
        """The page's address, with the token where no server and no other page sees it."""
        return f"http://{HOST}:{self.port}/#token={self.token}"


def serve(
    folder: Path,
    on_start: Callable[[Address], None],
    gold: Path | None = None,
    articles: Path | None = None,
    port: int | None = None,
) -> None:
    """Serve the page until Ctrl-C or a request to terminate.

    Args:
        folder: the output folder of a run.
        on_start: told where the page is, once it is there.
        gold: folder of the gold to edit; by default in the output folder.
        articles: folder of its articles; by default beside the gold.
        port: the port; by default that of the last start, else any.

    Raises:
        UsageError: this is no output folder, or it cannot be written.
        StoreError: it cannot be read, another process reviews it, or the port is taken.
    """
    desk = Desk(folder, ReviewFiles(folder, gold, articles))
    own = folder / FOLDER
    make_writable(own)
    with _lock(own), contextlib.closing(socket.socket()) as listening:
        moved = _bind(listening, port, _last_port(own))
        states = [state for _, state in desk.entries()]
        address = Address(
            port=listening.getsockname()[1],
            token=secrets.token_urlsafe(32),
            moved=moved,
            articles=len(states),
            saved=states.count("saved"),
        )
        _keep_port(own, address.port)
        listening.listen()  # a browser that comes before the server is up waits
        server = make_server(desk, address)
        with _ending_quietly(server):
            on_start(address)
            server.run(sockets=[listening])


def make_server(desk: Desk, address: Address) -> "uvicorn.Server":
    """Return the server of the page, to be run on a socket that is bound to the address.

    Args:
        desk: the articles and the work on them.
        address: where the page is.
    """
    import uvicorn

    from llm_extract.review.app import make_app
    from llm_extract.review.security import Guard

    config = uvicorn.Config(
        Guard(make_app(desk), address.token, address.port),
        access_log=False,
        log_config=None,
        lifespan="off",
        ws="none",
        http="h11",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def _bind(listening: socket.socket, port: int | None, last: int | None) -> int | None:
    """Bind a socket to a port; return that of the last start where it is wanted and taken.

    The page keeps what it could not send in the browser, under its address: at the same port it
    finds it again.
    """
    if sys.platform != "win32":  # there it would share a port that is in use
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port or last or 0))
    except OSError as error:
        if port is not None:
            raise StoreError(
                f"port {port} cannot be used ({error.strerror}): name another"
            ) from error
        listening.bind((HOST, 0))
        return last
    return None


def _last_port(own: Path) -> int | None:
    try:
        port = int((own / _PORT_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return port if 1024 <= port <= 65535 else None


def _keep_port(own: Path, port: int) -> None:
    try:
        write_lines(own / _PORT_FILE, iter([f"{port}\n"]))
    except OSError as error:
        raise UsageError(f"{own} cannot be written: {error.strerror or error}") from error


def _lock(own: Path) -> FolderLock:
    try:
        return FolderLock(own)
    except StoreError:
        pid = holder(own)
        if pid is None:
            raise
        raise StoreError(
            f"process {pid} reviews {own.parent} already: open the address that it printed, or "
            "stop it"
        ) from None


@contextlib.contextmanager
def _ending_quietly(server: "uvicorn.Server") -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the server and nothing else, from before it runs.

    While it runs it handles them itself, and when it has ended it raises them again for whoever
    handled them before.
    """

    def end(_: int, __: FrameType | None) -> None:
        server.should_exit = True

    before = {name: signal.signal(name, end) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
