import io

import pytest
from rich.console import Console

from llm_extract.batch.runner import Outcome, Tally
from llm_extract.cli import console, progress
from llm_extract.models.usage import Usage

HALF = Tally(
    done=2,
    reused=1,
    failed=1,
    usage=Usage(prompt_tokens=3000, completion_tokens=500, cost_usd=0.5),
)


@pytest.fixture(params=[True, False], ids=["terminal", "file"])
def screen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    file = io.StringIO()
    shown = Console(file=file, force_terminal=request.param, width=200, color_system=None)
    for module in (console, progress):
        monkeypatch.setattr(module, "stderr", lambda: shown)
    return file


def test_progress_shows_articles_rate_tokens_and_time_to_go(
    screen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(progress, "monotonic", lambda: now)
    with progress.display(8) as shown:
        now += 60
        shown.show(Outcome("d.txt", "done"), HALF)
    shown_line = (
        "2 done · 1 unchanged · 1 failed · 4 pending · 2 a minute · 3,500 tokens · $0.5000 · "
        "ETA 0:02:00"
    )
    assert shown_line in screen.getvalue()


def test_progress_without_a_total_shows_what_is_known(
    screen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(progress, "monotonic", lambda: now)
    with progress.display(None) as shown:
        now += 60
        shown.show(Outcome("d.txt", "done"), HALF)
    assert "2 done · 1 unchanged · 1 failed · 2 a minute · 3,500 tokens" in screen.getvalue()
    assert "ETA" not in screen.getvalue()


@pytest.mark.parametrize("screen", [False], indirect=True)
def test_lines_come_now_and_then_only(screen: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(progress, "monotonic", lambda: now)
    with progress.display(1000) as shown:
        for _ in range(100):
            now += 1
            shown.show(Outcome("a.txt", "done"), HALF)
    assert len(screen.getvalue().splitlines()) == 3


def test_failure_is_told_at_once_and_cannot_disturb_the_terminal(
    screen: io.StringIO,
) -> None:
    with progress.display(8) as shown:
        shown.show(Outcome("[red]\u202ex.txt", "failed", "is\nempty"), HALF)
    assert "failed: [red]x.txt: is empty\n" in screen.getvalue()


def test_failures_of_earlier_runs_are_not_told_again(screen: io.StringIO) -> None:
    with progress.display(8) as shown:
        shown.show(Outcome("x.txt", "failed", "refused", earlier=True), HALF)
    assert "x.txt" not in screen.getvalue()


def test_rate_and_time_to_go_wait_for_the_first_article(
    screen: io.StringIO,
) -> None:
    with progress.display(8) as shown:
        shown.show(Outcome("a.txt", "failed", "empty"), Tally(failed=1))
    assert "ETA" not in screen.getvalue()
