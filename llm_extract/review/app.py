"""The page's server as an application: its files, and the articles with the work on them."""

import hashlib
from collections.abc import Awaitable, Callable
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llm_extract.errors import LLMExtractError
from llm_extract.evaluation.gold_format import Fault
from llm_extract.review.desk import ChangedError, Desk, Entry, Work
from llm_extract.review.labels import Checked, EditedRecords
from llm_extract.text.article import Document

MAX_BODY_BYTES: Final = 8_000_000
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_KIND_NAMES: Final = {"meetings": "meeting", "positions": "position", "quotes": "quote"}


class _Change(BaseModel):
    """What the page sends: the records as they are now, and the gold that they began from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gold: str | None
    records: EditedRecords


class _DraftChange(_Change):
    version: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")


_Sent = TypeVar("_Sent", bound=BaseModel)


def make_app(desk: Desk) -> Starlette:
    """Return the application; it trusts whoever reaches it, so put a `Guard` before it.

    Args:
        desk: the articles and the work on them.
    """
    pages = _Api(desk)
    return Starlette(
        routes=[
            Route("/api/articles", pages.listing, methods=["GET"]),
            Route("/api/articles/{name}", pages.article, methods=["GET"]),
            Route("/api/articles/{name}/draft", pages.keep_draft, methods=["PUT"]),
            Route("/api/articles/{name}/gold", pages.save, methods=["PUT"]),
            *(Route(path, asset, methods=["GET"]) for path, asset in _assets().items()),
        ],
        exception_handlers={
            HTTPException: _told,
            ChangedError: _conflict,
            LLMExtractError: _unusable,
        },
    )


class _Api:
    """What the page asks for and sends."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        place = str(desk.files.drafts.resolve())
        self._identity = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    async def listing(self, _: Request) -> Response:
        """Return all articles with their states."""
        return JSONResponse(
            {
                "identity": self._identity,
                "folder": self._desk.folder.name or str(self._desk.folder),
                "articles": [
                    {"name": entry.name, "id": entry.ref.id, "title": entry.ref.title,
                        "state": state}
                    for entry, state in self._desk.entries()
                ],
            }
        )  # fmt: skip

    async def article(self, request: Request) -> Response:
        """Return one article with the work on it."""
        entry = self._entry(request)
        work = self._desk.work(entry)
        document = self._desk.document(entry)
        return JSONResponse(
            {
                "name": entry.name,
                **entry.ref.model_dump(mode="json", include={"id", "title", "url", "published"}),
                "sha256": entry.ref.sha256,
                **_text_json(document),
                **_work_json(work),
                **_checked_json(self._desk.check(entry, work.records)),
            }
        )

    async def keep_draft(self, request: Request) -> Response:
        """Keep unsaved work."""
        entry = self._entry(request)
        change = await _body(request, _DraftChange)
        work = self._desk.keep_draft(
            entry, _expected(request), change.version, change.gold, change.records
        )
        return JSONResponse(
            {**_state_json(work), **_checked_json(self._desk.check(entry, change.records))}
        )

    async def save(self, request: Request) -> Response:
        """Save gold."""
        entry = self._entry(request)
        change = await _body(request, _Change)
        work, checked = self._desk.save(entry, _expected(request), change.gold, change.records)
        status = 422 if checked.faults else 200
        return JSONResponse({**_work_json(work), **_checked_json(checked)}, status)

    def _entry(self, request: Request) -> Entry:
        entry = self._desk.entry(request.path_params["name"])
        if entry is None:
            raise HTTPException(404, "there is no such article in this folder")
        return entry


async def _body(request: Request, model: type[_Sent]) -> _Sent:
    """Read and check a request's body, no more of it than may be."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"a change may have {MAX_BODY_BYTES:,} bytes")
    try:
        return model.model_validate_json(bytes(body))
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise HTTPException(400, f"not a change: {place}: {fault['msg']}") from error


def _expected(request: Request) -> str:
    version = request.headers.get("if-match")
    if version is None:
        raise HTTPException(428, "a change must say which version it was made to (If-Match)")
    return version


def _text_json(document: Document) -> dict[str, Any]:
    return {
        "text": document.article.text,
        "sentences": [[s.start, s.end, s.kind] for s in document.sentences],
        "quotations": [[q.start, q.end] for q in document.quotations],
    }


def _state_json(work: Work) -> dict[str, Any]:
    return {
        "version": work.version,
        "gold": work.gold,
        "gold_now": work.gold_now,
        "state": work.state,
    }


def _work_json(work: Work) -> dict[str, Any]:
    records = {"records": work.records.model_dump(), "base": work.base.model_dump()}
    return {**_state_json(work), **records}


def _checked_json(checked: Checked) -> dict[str, Any]:
    return {
        "faults": [_fault_json(fault) for fault in checked.faults],
        "notes": [_fault_json(note) for note in checked.notes],
    }


def _fault_json(fault: Fault) -> dict[str, Any]:
    message = fault.message
    if fault.twin is not None:
        kind, index = fault.twin
        message = f"the same record as {_KIND_NAMES[str(kind)]} {int(index) + 1}; keep one of them"
    return {"path": list(fault.path), "message": message}


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


async def _conflict(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 409)


async def _unusable(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 500)


def _assets() -> dict[str, Callable[[Request], Awaitable[Response]]]:
    """Return what serves each file of the page, by its path; there are no others to reach."""
    folder = resources("llm_extract.review") / "assets"
    served = {f"/{file.name}": _serving(file) for file in folder.iterdir()}
    return served | {"/": served["/index.html"]}


def _serving(file: Traversable) -> Callable[[Request], Awaitable[Response]]:
    content, kind = file.read_bytes(), _TYPES[file.name.rpartition(".")[2]]

    async def serve(_: Request) -> Response:
        return Response(content, headers={"Content-Type": kind})

    return serve
