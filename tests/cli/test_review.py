"""What `llm-extract review` says and opens; the server itself is tested in `tests/review`."""

import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_extract.review import server
from llm_extract.review.server import Address
from tests.cli.conftest import Cli

ADDRESS = Address(port=4000, token="secret", articles=3, saved=1)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the browser is asked to open; no server runs."""

    def serve(folder: Path, on_start: Callable[[Address], None], *_: object) -> None:
        on_start(ADDRESS)

    addresses: list[str] = []
    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    return addresses


def test_address_is_printed_and_opened(cli: Cli, opened: list[str]) -> None:
    ended = cli("review", "out")
    assert ended.out == "http://127.0.0.1:4000/#token=secret\n"
    assert "1 of 3 articles are saved in out/review/gold" in ended.err
    assert "secret" not in ended.err
    assert opened == [ADDRESS.url]


def test_nothing_is_opened_where_that_is_not_wanted(cli: Cli, opened: list[str]) -> None:
    assert cli("review", "out", "--no-browser").code == 0
    assert opened == []


def test_nothing_is_opened_where_there_is_no_display(
    cli: Cli, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY")
    assert cli("review", "out").code == 0
    assert opened == []


def test_articles_without_gold_are_refused(cli: Cli, opened: list[str]) -> None:
    ended = cli("review", "out", "--articles", "articles")
    assert (ended.code, ended.err) == (2, "error: --articles goes with --gold only\n")
