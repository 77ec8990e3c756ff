"""`llm-extract prompts`: what a model is told, without the article."""

from typing import TYPE_CHECKING, Annotated

import typer

from llm_extract.cli.options import PromptsFolder, Records, make_working_folder_importable
from llm_extract.cli.settings import load_settings

if TYPE_CHECKING:
    from llm_extract.extraction.prompts import Prompts

app = typer.Typer(help="The prompts.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `show` a subcommand: typer makes a single command the whole program."""


@app.command("show")
def show(
    name: Annotated[
        str,
        typer.Argument(
            help="article: the instructions of the article strategy; or a record type: the "
            "conversation that opens each question of the sentence strategy."
        ),
    ],
    prompts: PromptsFolder = None,
    records: Records = None,
) -> None:
    """Print a prompt exactly as a model gets it, without the article."""
    from llm_extract.extraction.prompts import Prompts

    make_working_folder_importable()
    settings = load_settings(prompts=prompts, records=records)
    texts = Prompts(settings.prompts)
    typer.echo(_article(settings.records, texts) if name == "article" else _focus(name, texts))


def _article(records: tuple[str, ...], prompts: "Prompts") -> str:
    from llm_extract.extraction.builtin import choose_record_types
    from llm_extract.extraction.strategies.article import ArticleStrategy

    return ArticleStrategy.of(choose_record_types(records), prompts).system


def _focus(name: str, prompts: "Prompts") -> str:
    from llm_extract.extraction.builtin import choose_record_types
    from llm_extract.extraction.strategies.sentence import Focus

    (kind,) = choose_record_types([name])
    messages = Focus.on(kind, prompts).prefix
    return "\n\n".join(f"[{message['role']}]\n{message['content']}" for message in messages)
