"""The command line: `llm-extract`, one module a command."""

import sys
from typing import Annotated

import typer

from llm_extract import __version__
from llm_extract.cli import (
    actors,
    export,
    model,
    prompts,
    report,
    review,
    run,
    schema,
    shards,
    show,
    status,
)
from llm_extract.cli.compare import compare
from llm_extract.cli.console import print_error
from llm_extract.cli.eval import evaluate
from llm_extract.errors import LLMExtractError, PromptError, UsageError

_BROKE, _WRONG_USAGE = 1, 2

app = typer.Typer(
    name="llm-extract",
    help="Meetings, positions and quotes from news articles, every claim tied to the characters "
    "that support it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("show")(show.show)
app.command("status")(status.status)
app.command("actors")(actors.actors)
app.command("export")(export.export)
app.command("report")(report.report)
app.command("review")(review.review)
app.command("shards")(shards.shards)
app.command("eval")(evaluate)
app.command("compare")(compare)
app.command("schema")(schema.schema)
app.add_typer(model.app, name="model")
app.add_typer(prompts.app, name="prompts")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"llm-extract {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take the options that belong to no command."""


def main() -> None:
    """Run the command line; a user's mistake ends in one line, never in a traceback."""
    try:
        app(prog_name="llm-extract")
    except LLMExtractError as error:
        print_error(str(error))
        sys.exit(_WRONG_USAGE if isinstance(error, UsageError | PromptError) else _BROKE)
