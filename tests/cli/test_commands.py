import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from llm_extract import __version__
from llm_extract.cli import weights
from llm_extract.models.weights import CATALOGUE, EmbeddedModel, ProgressCallback, PullProgress
from llm_extract.schemas import ArticleRecords, Quote
from tests.cli.conftest import Cli

LOCAL = CATALOGUE["local"]


def test_schema_of_a_line(cli: Cli) -> None:
    assert json.loads(cli("schema").out) == ArticleRecords.model_json_schema()


def test_schema_of_a_type(cli: Cli) -> None:
    assert json.loads(cli("schema", "quote").out) == Quote.model_json_schema()


def test_schema_of_an_own_type(cli: Cli) -> None:
    own = json.loads(cli("schema", "tests.batch.test_records:Toll").out)
    assert own["title"] == "Toll"


def test_article_prompt_defines_the_types_asked_for(cli: Cli) -> None:
    everything = cli("prompts", "show", "article").out
    quotes = cli("prompts", "show", "article", "--records", "quote").out
    assert "# meetings" in everything
    assert "# quotes" in quotes
    assert "# meetings" not in quotes


@pytest.mark.parametrize("name", ["meeting", "position", "quote", "tests.batch.test_records:Toll"])
def test_sentence_prompt_is_a_conversation(cli: Cli, name: str) -> None:
    assert cli("prompts", "show", name).out.startswith("[system]\n")


def test_prompt_of_the_users_own_folder(cli: Cli) -> None:
    Path("mine").mkdir()
    Path("mine/quote.toml").write_text('definition = "Words in marks."')
    assert "Words in marks." in cli("prompts", "show", "quote", "--prompts", "mine").out


def test_model_list_names_source_licence_checksum_and_place(cli: Cli) -> None:
    shown = cli("model", "list").out
    for part in (LOCAL.name, LOCAL.file_name, LOCAL.url, LOCAL.licence, LOCAL.sha256, "1,117,320"):
        assert part in shown
    assert "fetch it: llm-extract model pull" in shown


def test_model_path_is_where_the_weights_will_lie(cli: Cli, tmp_path: Path) -> None:
    assert cli("model", "path").out == f"{tmp_path}/cache/models/{LOCAL.file_name}\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models" / LOCAL.file_name


@pytest.fixture
def fetching(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pull(model: EmbeddedModel, progress: ProgressCallback) -> Path:
        for done in range(0, model.size + 1, model.size // 100):
            progress(PullProgress("downloading", place, done, model.size, "hub"))
        progress(PullProgress("verifying", place, model.size, model.size))
        return place

    monkeypatch.setattr("llm_extract.models.weights.pull", pull)


def test_pull_says_size_and_place_and_how_far_it_is(cli: Cli, place: Path, fetching: None) -> None:
    ended = cli("model", "pull")
    assert ended.out == f"{place}\n"
    first, *lines = ended.err.splitlines()
    assert "1.12 GB" in first
    assert str(place) in first
    assert "downloading: 0.57 of 1.12 GB" in lines
    assert lines[-1] == "verifying: 1.12 of 1.12 GB"
    assert len(lines) < 15


def test_pull_draws_a_bar_on_a_terminal(
    cli: Cli, fetching: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=200, color_system=None)
    monkeypatch.setattr(weights, "stderr", lambda: terminal)
    cli("model", "pull")
    assert "verifying" in screen.getvalue()
    assert "1.1/1.1 GB" in screen.getvalue()


def test_pull_says_nothing_where_the_weights_are_there(
    cli: Cli, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.parent.mkdir(parents=True)
    place.write_bytes(b"GGUF")
    monkeypatch.setattr("llm_extract.models.weights.pull", lambda _: place)
    ended = cli("model", "pull")
    assert (ended.out, ended.err) == (f"{place}\n", "")
    assert str(place) in cli("model", "list").out


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"llm-extract {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["model"], ["prompts"]])
def test_command_alone_shows_its_help(cli: Cli, arguments: list[str]) -> None:
    ended = cli(*arguments)
    assert "Usage: llm-extract" in ended.out + ended.err
