"""The README keeps up with the command line."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from typer.main import get_command

from llm_extract.cli import app

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(command: click.Command, path: str = "llm-extract") -> Iterator[tuple[str, list[str]]]:
    yield path, [name for param in command.params for name in param.opts if name.startswith("--")]
    for name, sub in getattr(command, "commands", {}).items():
        yield from commands(sub, f"{path} {name}")


SURFACE = list(commands(get_command(app)))


@pytest.mark.parametrize("path", [path for path, _ in SURFACE])
def test_readme_names_every_command(path: str) -> None:
    assert path in README


@pytest.mark.parametrize(
    ("path", "option"), [(path, option) for path, options in SURFACE for option in options]
)
def test_readme_names_every_option(path: str, option: str) -> None:
    assert re.search(rf"{option}(?![\w-])", README), f"{path} {option} is missing"


def test_readme_names_no_option_that_is_not_there() -> None:
    known = {option for _, options in SURFACE for option in options} | {"--help"}
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    assert shown - known == set()


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)", README))
def test_links_of_the_readme_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
