"""`llm-extract review`: correct records and label articles on a page of this machine."""

import importlib
import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llm_extract.cli.console import note
from llm_extract.errors import UsageError

if TYPE_CHECKING:
    from llm_extract.review.server import Address


def review(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a run.")],
    gold: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the gold to edit: `review/gold` in DIR."),
    ] = None,
    articles: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of its articles: `articles` beside the gold."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=65535, help="Port; that of the last time."),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
) -> None:
    """Correct the records of a run on a local page, and save them as gold."""
    if articles is not None and gold is None:
        raise UsageError("--articles goes with --gold only")
    _require_server()
    from llm_extract.review.files import ReviewFiles
    from llm_extract.review.server import serve

    kept = ReviewFiles(folder, gold).gold

    def on_start(address: "Address") -> None:
        if address.moved is not None:
            note(
                f"port {address.moved} of the last time is taken: work that only the browser has "
                "shows again when it is free"
            )
        typer.echo(address.url)
        note(
            f"{address.saved} of {address.articles} articles are saved in {kept}; Ctrl-C ends the "
            "review, and drafts stay"
        )
        if not no_browser and _has_display():
            webbrowser.open(address.url)

    serve(folder, on_start, gold, articles, port)


def _require_server() -> None:
    """Make sure that the libraries of the page's server are there.

    Raises:
        UsageError: the extra `review` is not installed.
    """
    try:
        for name in ("starlette", "uvicorn"):
            importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"the page needs the extra 'review' ({error}): pip install 'llm-extract[review]'"
        ) from error


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
