"""Who may talk to the page's server: this machine's browser, on this page, with this start's token.

Other programs and pages reach a loopback port too. A page of another origin may send requests, and
by rebinding its name it may even read the replies; other users of the machine may do both. So each
request must name this host, none may come from another origin, and all that touches articles must
bring the token, in a header: a browser sends cookies to all ports of a host, and a header of its
own only with leave, which is never given.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PRIVATE: Final = "/api/"
"""Where the paths begin that need the token."""
_READS: Final = frozenset({"GET", "HEAD"})
_WRITES: Final = frozenset({"PUT"})
_ON_EVERY_REPLY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered.

    Attributes:
        status: HTTP status.
        reason: what is wrong, for the person who sees it.
    """

    status: int
    reason: str


def refusal(
    method: str, path: str, headers: Mapping[str, str], token: str, port: int
) -> Refusal | None:
    """Return why a request must not be answered; None where it may.

    Args:
        method: its HTTP method.
        path: its path.
        headers: its headers, found by names in lower case.
        token: the token of this start.
        port: the port that is listened on.
    """
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    host, origin = headers.get("host", ""), headers.get("origin")
    if host not in hosts:
        return Refusal(403, "this server is not known under that name")
    if origin is not None and origin != f"http://{host}":
        return Refusal(403, "requests from other pages are not answered")
    if method not in _READS | _WRITES:
        return Refusal(405, "there is no such method here")
    if path.startswith(PRIVATE) and not _has_token(headers, token):
        return Refusal(403, "the token is missing or of an earlier start")
    if method in _WRITES:
        if origin is None:
            return Refusal(403, "a change must say which page it comes from")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return Refusal(415, "a change must be JSON")
    return None


class Guard:
    """Answers what may be answered by the app behind it, and refuses the rest."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} is served")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_ON_EVERY_REPLY)
            await send(message)

        headers = Headers(scope=scope)
        refused = refusal(scope["method"], scope["path"], headers, self._token, self._port)
        app = JSONResponse({"error": refused.reason}, refused.status) if refused else self._app
        await app(scope, receive, send_guarded)


def _has_token(headers: Mapping[str, str], token: str) -> bool:
    given = headers.get("authorization", "")
    return hmac.compare_digest(given.encode("utf-8"), f"Bearer {token}".encode())
