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
AliasFile = Annotated[
    Path | None,
    typer.Option(
        "--aliases",
        metavar="FILE",
        help="TOML file of names that are one actor's, or are not.",
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
        help="Articles and calls at a time, at most, of each actor with --executor ray; an "
        "embedded model takes 1.",
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
Service = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="batch: send the run through the provider's Batch API (OpenAI's protocol; about "
        "half the price, replies within a day); strategy article only.",
    ),
]
Executor = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="local (the default): this process extracts; ray: actors of a Ray cluster do.",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="The Ray cluster: auto, HOST:PORT or ray://HOST:PORT; without it, one is started "
        "on this machine for the run.",
    ),
]
Actors = Annotated[
    str | None,
    typer.Option(
        metavar="N|MIN-MAX",
        help="Ray actors; with two numbers, as many as there is work and room for (1-16).",
    ),
]
ActorCpus = Annotated[
    float | None,
    typer.Option(metavar="N", help="CPUs of a Ray actor (1); an embedded model uses them all."),
]
ActorGpus = Annotated[float | None, typer.Option(metavar="N", help="GPUs of a Ray actor (0).")]
RetryFailed = Annotated[
    bool,
    typer.Option(
        "--retry-failed",
        help="Take articles again that failed in earlier runs for a reason of their own.",
    ),
]
Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh", help="Discard what earlier runs left in the output folder; asks before."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Answer yes to what --fresh asks.")]
MaxCost = Annotated[
    float | None,
    typer.Option(metavar="USD", min=0, help="Stop the run before its calls cost more."),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=0, help="Stop before it takes more prompt and output tokens together."
    ),
]
MaxArticles = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="Stop when a model was asked about N articles."),
]
Deadline = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Stop when that time has passed: 90s, 30m, 2h, 1d."),
]


def make_working_folder_importable() -> None:
    """Let record types be named that live in the folder where the command is run."""
    if "" not in sys.path:
        sys.path.insert(0, "")
