"""`llm-extract actors`: the actors of a run under one name each, and how well they are linked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llm_extract.cli.console import stdout
from llm_extract.cli.options import AliasFile
from llm_extract.errors import UsageError
from llm_extract.text.display import plain

if TYPE_CHECKING:
    from llm_extract.evaluation.clusters import BCubed, ClusterScores, Confusion, GoldMention
    from llm_extract.linking.actors import ActorIndex, Form, LinkedActor
    from llm_extract.linking.aliases import Aliases

_SHOWN = 3
_INDENT = "  "
_Lines = Iterator[tuple[int, str]]


def actors(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Output folder of a run, or records.jsonl."),
    ] = None,
    aliases: AliasFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    gold: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Score the linking against labelled names; without DIR, of those names.",
        ),
    ] = None,
) -> None:
    """List the actors of a run, each under one name, with the reason for every other name."""
    from llm_extract.linking.aliases import NO_ALIASES, read_aliases

    known = read_aliases(aliases) if aliases else NO_ALIASES
    if gold is not None:
        scores, missing = _scored(folder, known, gold)
        if as_json:
            typer.echo(scores.model_dump_json(indent=2))
        else:
            _print(_score_lines(scores, missing))
        return
    if folder is None:
        raise UsageError("name the output folder of a run, or labelled names with --gold FILE")
    index = _linked(folder, known)
    if as_json:
        typer.echo(json.dumps(_json(index), ensure_ascii=False, indent=2))
    else:
        _print(_lines(index))


def _linked(folder: Path, aliases: "Aliases") -> "ActorIndex":
    from llm_extract.batch.records import read_records
    from llm_extract.linking.actors import link_actors, mentions_of

    mentions = (m for records in read_records(folder) for m in mentions_of(records))
    return link_actors(mentions, aliases)


def _scored(
    folder: Path | None, aliases: "Aliases", gold: Path
) -> "tuple[ClusterScores, list[GoldMention]]":
    """Return the scores, and the labelled names that the run does not have."""
    from llm_extract.evaluation.clusters import read_gold_mentions, score_linking
    from llm_extract.linking.actors import link_actors

    labelled = read_gold_mentions(gold)
    if folder is None:
        index = link_actors((mention.mention() for mention in labelled), aliases)
        return score_linking(labelled, index), []
    index = _linked(folder, aliases)
    there = [mention for mention in labelled if index.has(*mention.item)]
    missing = [mention for mention in labelled if not index.has(*mention.item)]
    return score_linking(there, index), missing


def _print(lines: _Lines) -> None:
    for level, line in lines:
        stdout().print(_INDENT * level + plain(line), markup=False)


def _lines(index: "ActorIndex") -> _Lines:
    names = {actor.id: actor.name for actor in index.actors}
    order = sorted(index.actors, key=lambda actor: -len(actor.articles))
    yield 0, f"{len(order)} actors"
    for actor in order:
        yield 0, f"{actor.name} [{actor.id}, {_count(len(actor.articles), 'article')}]"
        if len(actor.forms) > 1 or actor.forms[0].name != actor.name:
            for form in actor.forms:
                yield 1, _form(form)
        for relation in actor.related:
            yield 1, f"related: {names[relation.actor]} – {relation.reason}"


def _form(form: "Form") -> str:
    reason = form.reason if form.like == form.name else f"{form.reason}, like {form.like}"
    shown = ", ".join(form.articles[:_SHOWN]) + (", …" if len(form.articles) > _SHOWN else "")
    return f"{form.name}: {reason} ({_count(len(form.articles), 'article')}: {shown})"


def _json(index: "ActorIndex") -> list[dict[str, object]]:
    return [_actor(actor) for actor in index.actors]


def _actor(actor: "LinkedActor") -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(actor), "articles": len(actor.articles)}


def _score_lines(scores: "ClusterScores", missing: "list[GoldMention]") -> _Lines:
    yield 0, _row("B-cubed, all names", scores.all)
    yield 0, _row("B-cubed, actors of two or more articles", scores.across)
    if missing:
        yield 0, f"{len(missing)} labelled names are not in the run and do not count"
    yield from _confusions("wrongly made one", scores.merged)
    yield from _confusions("wrongly left apart", scores.split)


def _row(label: str, scores: "BCubed") -> str:
    return (
        f"{label}: {scores.items} names, precision {scores.precision:.3f}, "
        f"recall {scores.recall:.3f}, F1 {scores.f1:.3f}"
    )


def _confusions(label: str, found: "tuple[Confusion, ...]") -> _Lines:
    for confusion in found:
        yield 0, f"{label}:"
        for actor, items in zip(confusion.actors, confusion.items, strict=True):
            named = "; ".join(f"{name} ({article})" for article, name in items)
            yield 1, f"{actor}: {named}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
