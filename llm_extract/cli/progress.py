"""Shows how far a run is: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import Final, Protocol

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from llm_extract.batch.runner import Outcome, Tally
from llm_extract.cli.console import note, stderr

_LINE_SECONDS: Final = 30.0


class Display(Protocol):
    """Takes in each outcome."""

    def show(self, outcome: Outcome, tally: Tally) -> None:
        """Show that one more article is through."""
        ...


class _Bar:
    def __init__(self, progress: Progress, total: int | None) -> None:
        self._progress = progress
        self._total = total
        self._started = monotonic()
        self._task = progress.add_task("", total=total, state=_state(Tally(), total, 0))

    def show(self, outcome: Outcome, tally: Tally) -> None:
        _note_failure(outcome)
        elapsed = monotonic() - self._started
        state = _state(tally, self._total, elapsed)
        self._progress.update(self._task, completed=tally.articles, state=state)


class _Lines:
    def __init__(self, total: int | None) -> None:
        self._total = total
        self._started = self._shown = monotonic()

    def show(self, outcome: Outcome, tally: Tally) -> None:
        _note_failure(outcome)
        now = monotonic()
        if now - self._shown >= _LINE_SECONDS:
            self._shown = now
            note(_state(tally, self._total, now - self._started))


@contextmanager
def display(total: int | None) -> Iterator[Display]:
    """Show the progress of a run on stderr for as long as the block lasts.

    Args:
        total: how many articles there are; None where that is not known.
    """
    if not stderr().is_terminal:
        yield _Lines(total)
        return
    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[state]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr()) as progress:
        yield _Bar(progress, total)


def _note_failure(outcome: Outcome) -> None:
    if outcome.status == "failed":
        note(f"failed: {outcome.id}: {outcome.reason}")


def _state(tally: Tally, total: int | None, elapsed: float) -> str:
    """Say articles, rate, tokens and the time to go; the rate is that of extracted articles."""
    of = "" if total is None else f"/{total}"
    parts = [f"{tally.articles}{of} articles"]
    if tally.failed:
        parts.append(f"{tally.failed} failed")
    if tally.done and elapsed > 0:
        tokens = tally.usage.prompt_tokens + tally.usage.completion_tokens
        parts.append(f"{tally.done / elapsed * 60:.3g} a minute")
        parts.append(f"{tokens:,} tokens")
        if total is not None:
            to_go = max(0, total - tally.articles) * elapsed / tally.done
            parts.append(f"ETA {timedelta(seconds=round(to_go))}")
    return " · ".join(parts)
