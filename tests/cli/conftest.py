"""How the tests run a command, and what it must not see of this machine."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from llm_extract.cli import main
from tests.batch.news import reader, write_articles
from tests.support.batch_api import BatchServer
from tests.support.loopback import Loopback


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ended]


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, an empty cache, no settings."""
    for name in list(os.environ):
        if name.startswith(("LLM_EXTRACT_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LLM_EXTRACT_CACHE", str(tmp_path / "cache"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return work


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["llm-extract", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        assert isinstance(code, int)
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(answer=reader()) as running:
        yield running


@pytest.fixture
def articles(workplace: Path) -> Path:
    return write_articles(workplace / "news", "a", "b", "c")


def by(server: Loopback | BatchServer) -> tuple[str, ...]:
    """The options that name a loopback server as the model."""
    return ("--model", "big-model", "--base-url", server.base_url)
