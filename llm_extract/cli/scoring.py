"""What the commands share that score: gold folders, what is scored, where the result goes."""

import importlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console, RenderableType

from llm_extract.cli.console import stdout
from llm_extract.errors import EvaluationError, UsageError

if TYPE_CHECKING:
    from llm_extract.evaluation.gold import GoldArticle
    from llm_extract.evaluation.scores import Evaluation

GOLD: Final = Path("eval/gold")
ARTICLES: Final = Path("eval/articles")
_WIDE: Final = 10_000

GoldFolder = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder of hand-labelled records, NAME.json.")
]
ArticlesFolder = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder of the labelled articles, NAME.txt.")
]
Output = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write the result to FILE in that format; the table is still shown."
    ),
]


def require_scoring() -> None:
    """Make sure that the libraries are there that scoring needs.

    Raises:
        EvaluationError: the extra `eval` is not installed.
    """
    try:
        for name in ("numpy", "scipy.optimize"):
            importlib.import_module(name)
    except ImportError as error:
        raise EvaluationError(
            f"scoring needs the extra 'eval' ({error}): pip install 'llm-extract[eval]'"
        ) from error


def check_writable(output: Path | None) -> None:
    """Refuse a file that cannot be written, before anything is started.

    Raises:
        UsageError: it is a folder, or its folder does not exist.
    """
    if output is not None and (output.is_dir() or not output.parent.is_dir()):
        raise UsageError(f"--output {output}: name a file in a folder that exists")


def read_scored(path: Path, gold: "Callable[[], list[GoldArticle]]") -> "Evaluation":
    """Read a saved evaluation, or score predictions.

    Args:
        path: an evaluation saved as JSON, a file of predictions, or the output folder of a run.
        gold: gives the gold; called only where predictions have to be scored.

    Raises:
        EvaluationError: the file cannot be read, or does not belong to the gold.
    """
    from llm_extract.evaluation.files import read_evaluation, read_predictions
    from llm_extract.evaluation.scores import evaluate

    keys = set() if path.is_dir() else _keys(path)
    if "git_revision" in keys:
        raise EvaluationError(
            f"{path} is a baseline, which holds no single records: `llm-extract eval --baseline` "
            "compares with it"
        )
    if "articles" in keys:
        return read_evaluation(path)
    return evaluate(read_predictions(path), gold())


def _keys(path: Path) -> set[str]:
    """Return the keys of a file that is one JSON object; none for anything else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return set(content) if isinstance(content, dict) else set()


def show(table: RenderableType) -> None:
    """Print a table; on a terminal it is folded to fit, elsewhere no line is."""
    if stdout().is_terminal:
        stdout().print(table, soft_wrap=False)
    else:
        typer.echo(_plain(table), nl=False)


def deliver(table: RenderableType, document: str | None, output: Path | None) -> None:
    """Print a result, or write it to a file and print it as a table.

    Args:
        table: the result for a terminal.
        document: the result in the format asked for; None for the table.
        output: the file; None for standard output.

    Raises:
        EvaluationError: the file cannot be written.
    """
    if document is None or output is not None:
        show(table)
    else:
        typer.echo(document, nl=False)
    if output is None:
        return
    try:
        output.write_text(_plain(table) if document is None else document, encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{output} cannot be written: {error.strerror}") from error


def _plain(table: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=_WIDE)
    with console.capture() as captured:
        console.print(table)
    return captured.get()
