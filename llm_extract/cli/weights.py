"""Fetches the weights of an embedded model, visibly."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from llm_extract.cli.console import note, stderr

if TYPE_CHECKING:
    from llm_extract.models.weights import EmbeddedModel, PullProgress

_LINES = 10


def pull_visibly(model: "EmbeddedModel") -> Path:
    """Fetch and verify weights, saying what is fetched and where to, with progress on stderr.

    Args:
        model: the model; nothing is said where its verified weights are there already.

    Returns:
        The file.

    Raises:
        WeightsError: as `pull` does.
    """
    from llm_extract.models.weights import pull, weights_path

    path = weights_path(model)
    if path.exists():
        return pull(model)
    note(
        f"Fetching the model '{model.name}' once: {model.file_name}, {model.size / 1e9:.2f} GB, "
        f"{model.licence}, to {path}"
    )
    if stderr().is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=stderr()) as bar:
            task = bar.add_task("starting", total=model.size)

            def report(progress: "PullProgress") -> None:
                bar.update(task, description=progress.stage, completed=progress.done_bytes)

            return pull(model, report)
    return pull(model, _Lines())


class _Lines:
    """Prints a line at each change of stage and each tenth of a download."""

    def __init__(self) -> None:
        self._printed = ("", -1)

    def __call__(self, progress: "PullProgress") -> None:
        step = (progress.stage, progress.done_bytes * _LINES // progress.total_bytes)
        if step != self._printed:
            self._printed = step
            done, total = progress.done_bytes / 1e9, progress.total_bytes / 1e9
            note(f"{progress.stage}: {done:.2f} of {total:.2f} GB")
