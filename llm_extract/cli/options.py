"""Options that several commands share."""

import sys
from pathlib import Path
from typing import Annotated

import typer

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


def make_working_folder_importable() -> None:
    """Let record types be named that live in the folder where the command is run."""
    if "" not in sys.path:
        sys.path.insert(0, "")
