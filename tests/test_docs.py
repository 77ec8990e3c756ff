"""The README and the docs keep up with the code."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from typer.main import get_command

from llm_extract.cli import app
from llm_extract.extraction.builtin import BUILTIN
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.drafts import NOT_QUOTES
from llm_extract.extraction.prompts import Prompts
from llm_extract.extraction.strategies.article import ArticleStrategy
from llm_extract.text.article import Article

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


ARTICLE_STRATEGY = (ROOT / "docs/article-strategy.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def strategy() -> ArticleStrategy:
    return ArticleStrategy.of(BUILTIN, Prompts())


def test_prompt_in_the_docs_is_the_one_that_is_sent(strategy: ArticleStrategy) -> None:
    # `llm-extract prompts show article` prints what has to stand there.
    path = ROOT / re.findall(r"Of `(eval/articles/.*)`:", ARTICLE_STRATEGY)[0]
    article = Article(id=path.name, text=path.read_text(encoding="utf-8"))
    sent = [m["content"] for m in strategy.messages(ArticleContext.of(article))]
    assert re.findall(r"^````text\n(.*?)\n````$", ARTICLE_STRATEGY, re.M | re.S) == sent


def test_docs_name_every_list_and_field_that_a_model_answers_with(
    strategy: ArticleStrategy,
) -> None:
    shown = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", ARTICLE_STRATEGY, re.M))
    for kind, draft in zip(BUILTIN, strategy.drafts, strict=True):
        assert re.findall(r"`(\w+)`", shown[kind.plural]) == list(draft.model_fields)
    assert NOT_QUOTES in shown


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)", ARTICLE_STRATEGY))
def test_links_of_the_docs_lead_somewhere(target: str) -> None:
    assert (ROOT / "docs" / target).exists()


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)", README))
def test_links_of_the_readme_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
