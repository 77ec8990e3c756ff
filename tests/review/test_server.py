"""`llm-extract review` as a process: how it starts and how it ends."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from llm_extract.cli import main
from tests.review.conftest import Launch
from tests.review.support import COMMAND, Found, make_run, serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_run(tmp_path / "out", {"a.txt": Found()})


def refused(*arguments: str) -> tuple[int, str]:
    """Run a command that cannot serve; return its exit code and the one line it says."""
    ended = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30)
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    return ended.returncode, line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_it_is_a_clean_end(folder: Path, number: int, launch: Launch) -> None:
    server = launch(folder)
    assert server.ask("GET", "/api/articles").status == 200
    assert server.stop(number) == 0


def test_stopping_it_as_soon_as_it_has_spoken_is_one_too(folder: Path, launch: Launch) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        assert launch(folder).stop(number) == 0


def test_next_start_has_the_same_port_and_another_token(folder: Path, launch: Launch) -> None:
    first = launch(folder)
    first.kill()
    with serving(folder) as second:
        assert second.port == first.port
        assert second.token != first.token
        assert second.ask("GET", "/api/articles").status == 200
        old = second.ask("GET", "/api/articles", Authorization=f"Bearer {first.token}")
        assert old.status == 403


def test_port_of_the_last_time_that_is_taken_is_given_up(folder: Path, launch: Launch) -> None:
    first = launch(folder)
    first.stop()
    with socket.create_server(("127.0.0.1", first.port)), serving(folder) as second:
        assert second.port != first.port
        assert second.ask("GET", "/api/articles").status == 200


def test_port_that_is_asked_for_and_taken_is_one_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, line = refused(str(folder), "--port", port, "--no-browser")
    assert code == 1
    assert line.startswith(f"error: port {port} cannot be used")


def test_second_review_of_a_folder_is_refused(folder: Path) -> None:
    with serving(folder) as first:
        code, line = refused(str(folder), "--no-browser")
    assert code == 1
    assert f"process {first.process.pid} reviews {folder} already" in line


def test_folder_that_is_no_output_folder_is_one_line(tmp_path: Path) -> None:
    code, line = refused(str(tmp_path), "--no-browser")
    assert code == 2
    assert "name the output folder of a run" in line
    assert list(tmp_path.iterdir()) == []


def test_missing_extra_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.setattr(sys, "argv", ["llm-extract", "review", str(folder)])
    with pytest.raises(SystemExit):
        main()
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install 'llm-extract[review]'" in line
