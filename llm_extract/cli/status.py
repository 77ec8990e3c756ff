"""`llm-extract status`: how far the runs into a folder are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_extract.cli.console import price_words, stdout
from llm_extract.text.display import plain

if TYPE_CHECKING:
    from llm_extract.batch.status import Status


def status(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a run.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show how far the runs into a folder are, also while one is under way."""
    from llm_extract.batch.status import read_status

    found = read_status(folder)
    if as_json:
        typer.echo(json.dumps(_json(found), ensure_ascii=False, indent=2))
        return
    for line in _lines(found):
        stdout().print(plain(line), markup=False)


def _lines(found: "Status") -> Iterator[str]:
    failed = sum(failures.articles for failures in found.failed)
    pending = "unknown number" if found.pending is None else found.pending
    yield f"{found.done} done, {failed} failed, {pending} pending"
    for failures in found.failed:
        yield (
            f"  {failures.articles} {failures.kind}, one of them {failures.example}: "
            f"{failures.reason}"
        )
    usage = found.usage
    yield (
        f"{usage.calls} calls, {usage.prompt_tokens:,} prompt tokens ({usage.cached_tokens:,} "
        f"cached), {usage.completion_tokens:,} output tokens, {price_words(usage.cost_usd)}"
    )
    rate = found.articles_a_minute
    speed = "no article yet" if rate is None else f"{rate:.3g} articles a minute"
    yield f"newest run: begun {found.started} UTC, {speed}"
    yield f"process {found.running} is at work" if found.running else "no process is at work"


def _json(found: "Status") -> dict[str, Any]:
    from dataclasses import asdict

    shown = asdict(found)
    del shown["usage"]["cached_replies"]  # the ledger does not count them
    return shown
