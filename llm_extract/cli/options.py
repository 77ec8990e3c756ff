"""Options that several commands share."""

import sys
from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="local (the default), FILE.gguf, openai/NAME, ollama/NAME, or any name with "
        "--base-url.",
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Address of an OpenAI-compatible API, with its /v1."),
]
Strategy = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="article (one call an article), sentence (many small calls, for small models) "
        "or auto (the default).",
    ),
]
Records = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Record types, separated by commas: meeting, position, quote, or "
        "package.module:Class for a type of your own.",
    ),
]
PromptsFolder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder whose files are used in place of shipped prompts."),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Articles and calls at a time, at most; an embedded model takes 1.",
    ),
]
Rpm = Annotated[int | None, typer.Option(metavar="N", min=1, help="Calls a minute, at most.")]
Tpm = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Tokens a minute, at most, prompts and replies."),
]
LogJson = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Add a JSON line for each call: time, tokens, cost, error."),
]
LogBodies = Annotated[
    bool,
    typer.Option(
        "--log-bodies", help="Log requests and replies too; they hold the articles' text."
    ),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Neither use nor keep replies of earlier runs.")
]


def make_working_folder_importable() -> None:
    """Let record types be named that live in the folder where the command is run."""
    if "" not in sys.path:
        sys.path.insert(0, "")
