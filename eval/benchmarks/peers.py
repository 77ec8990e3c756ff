"""Other tools beside this one: the same articles, the same embedded model, the same scorer.

    pip install -e '.[local,peers]'
    python eval/benchmarks/peers.py [--systems NAME,...] [--limit N] [--out DIR]

One embedded model serves all systems, one after another, through a loopback proxy that counts calls
and tokens. Each answer is kept in OUT/NAME.answers.jsonl as it arrives; the same command goes on
from there, and a line that is deleted is asked again (needed after a change of code, which is not
noticed as one of prompts or versions is). From the answers come OUT/NAME.jsonl, the
predictions as `llm-extract eval --predictions` takes them, and OUT/table.md.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from counting_proxy import CountingProxy
from peer_claims import Converted
from peer_systems import SYSTEMS, Endpoint, System
from pydantic import BaseModel

from llm_extract import __version__
from llm_extract.errors import LLMExtractError
from llm_extract.evaluation.gold import GoldArticle, load_gold
from llm_extract.evaluation.matching import KINDS
from llm_extract.evaluation.scores import evaluate
from llm_extract.evaluation.summary import summarise
from llm_extract.schemas import ArticleRecords, Provenance, Quote
from llm_extract.text.article import Article

EVAL = Path(__file__).parents[1]
SECONDS = 600.0
"""What a system may take for one article before that article counts as failed."""
_LONGEST_REASON = 300


class Answer(BaseModel):
    """What a system made of one article, and what that took.

    Attributes:
        article: id of the article.
        sha256: of its text.
        settings: hash of what decided the answer beside article and model.
        seconds: wall time.
        calls: requests to the model.
        prompt_tokens: prompt tokens, cached ones included.
        cached_tokens: prompt tokens served from a prefix cache.
        completion_tokens: tokens the model wrote.
        failure: why there is no answer; None where there is one.
        answer: what the system returned, as JSON values.
    """

    article: str
    sha256: str
    settings: str
    seconds: float
    calls: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    failure: str | None
    answer: Any


def ask(
    system: System, article: GoldArticle, endpoint: Endpoint, proxy: CountingProxy, seconds: float
) -> Answer:
    """Ask a system about an article; whatever goes wrong in it becomes a failure."""
    proxy.begin(seconds)
    started = time.monotonic()
    answer, failure = None, None
    try:
        answer = system.ask(Article(id=article.id, text=article.text), endpoint)
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        failure = reason[:_LONGEST_REASON]
    took, tally = time.monotonic() - started, proxy.tally
    if tally.late or took > seconds:
        answer, failure = None, f"not done after {seconds:.0f} s"
    return Answer(
        article=article.id,
        sha256=article.sha256,
        settings=system.settings(),
        seconds=round(took, 1),
        calls=tally.calls,
        prompt_tokens=tally.prompt_tokens,
        cached_tokens=tally.cached_tokens,
        completion_tokens=tally.completion_tokens,
        failure=failure,
        answer=answer,
    )


def read_answers(file: Path, system: System, gold: Sequence[GoldArticle]) -> dict[str, Answer]:
    """Return the kept answers, by article; those for another text or other settings are left out.

    A last line that a killed run left unfinished is none either.
    """
    texts, settings = {article.id: article.sha256 for article in gold}, system.settings()
    lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
    answers = [Answer.model_validate_json(line) for line in lines if line]
    return {
        answer.article: answer
        for answer in answers
        if texts.get(answer.article) == answer.sha256 and answer.settings == settings
    }


def append(file: Path, answer: Answer) -> None:
    """Keep an answer, after cutting off what a killed run left unfinished."""
    kept = file.read_bytes() if file.exists() else b""
    whole = kept.rfind(b"\n") + 1
    with file.open("r+b" if file.exists() else "wb") as stream:
        stream.truncate(whole)
        stream.seek(whole)
        stream.write(f"{answer.model_dump_json()}\n".encode())


def prediction(system: System, article: GoldArticle, answer: Answer) -> ArticleRecords:
    """Make the prediction that is scored; that of a failed article has no records."""
    source = Article(id=article.id, text=article.text)
    found = Converted() if answer.failure else system.convert(source, answer.answer)
    return ArticleRecords(
        article=source.ref(),
        meetings=found.meetings,
        positions=found.positions,
        quotes=found.quotes,
        provenance=Provenance(
            model=system.name,
            strategy="sentence" if system.name == "llm-extract" else "article",
            prompt_hash=answer.settings,
            schema_hash="",
            package_version=__version__,
            calls=answer.calls,
            prompt_tokens=answer.prompt_tokens,
            cached_tokens=answer.cached_tokens,
            completion_tokens=answer.completion_tokens,
            cost_usd=0.0,
            seconds=answer.seconds,
            dropped=found.dropped,
        ),
    )


HEADER = (
    "system",
    *(f"{kind}: strict / loose F1" for kind in KINDS),
    "macro strict F1 [95 %]",
    "grounded records",
    "unusable",
    "calls",
    "prompt tokens (cached)",
    "completion tokens",
    "s an article, median",
    "s, all",
    "failed articles",
)


def row(
    system: System,
    gold: Sequence[GoldArticle],
    predictions: Sequence[ArticleRecords],
    failures: int,
) -> tuple[str, ...]:
    """Return a system's line of the table."""
    evaluation = evaluate(predictions, gold)
    *kinds, macro = summarise(evaluation).rows
    cost = evaluation.cost
    interval = f" [{macro.interval.low:.2f}, {macro.interval.high:.2f}]" if macro.interval else ""
    grounded, records = grounding(predictions, gold)
    return (
        system.title,
        *(f"{_figure(kind.f1)} / {_figure(kind.loose_f1)}" for kind in kinds),
        _figure(macro.f1) + interval,
        f"{grounded} of {records}" + (f" ({grounded / records:.0%})" if records else ""),
        str(sum(len(p.provenance.dropped) for p in predictions)),
        str(cost.calls),
        f"{cost.prompt_tokens} ({cost.cached_tokens})",
        str(cost.completion_tokens),
        f"{statistics.median(p.provenance.seconds for p in predictions):.0f}",
        f"{cost.seconds:.0f}",
        str(failures),
    )


def grounding(
    predictions: Sequence[ArticleRecords], gold: Sequence[GoldArticle]
) -> tuple[int, int]:
    """Return how many records have all their spans in their article, and how many there are."""
    texts = {article.id: article.text for article in gold}
    verdicts = [
        all(
            texts[result.article.id][span.start : span.end] == span.text
            for span in [*record.evidence, *([record.text] if isinstance(record, Quote) else [])]
        )
        for result in predictions
        for record in (*result.meetings, *result.positions, *result.quotes)
    ]
    return sum(verdicts), len(verdicts)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return the table in Markdown."""
    lines = [HEADER, ("---",) * len(HEADER), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


@dataclass(frozen=True)
class Served:
    """A running model.

    Attributes:
        endpoint: where to ask it.
        proxy: what counts.
        check_alive: raises an error if the model's server died.
    """

    endpoint: Endpoint
    proxy: CountingProxy
    check_alive: Callable[[], None]


@contextmanager
def served() -> Iterator[Served]:
    """Run the embedded model behind a counting proxy."""
    from llm_extract.cli.weights import pull_visibly
    from llm_extract.models.client import EMBEDDED_CONTEXT_TOKENS
    from llm_extract.models.embedded import start_embedded
    from llm_extract.models.weights import CATALOGUE

    # The clients of the peers would ask a proxy of the environment for this machine's servers.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    weights = pull_visibly(CATALOGUE["local"])
    with (
        start_embedded(weights, context_tokens=EMBEDDED_CONTEXT_TOKENS, slots=1) as server,
        CountingProxy(server.base_url) as proxy,
    ):
        endpoint = Endpoint(proxy.base_url, server.api_key, weights.stem)
        yield Served(endpoint, proxy, server.check_alive)


def run(systems: Sequence[System], gold: Sequence[GoldArticle], out: Path) -> str:
    """Ask for what is missing, write predictions, and return the table with the failures."""
    out.mkdir(parents=True, exist_ok=True)
    files = {system: out / f"{system.name}.answers.jsonl" for system in systems}
    open_ = [
        (system, article)
        for system in systems
        for kept in [read_answers(files[system], system, gold)]
        for article in gold
        if article.id not in kept
    ]
    _say(f"{len(open_)} of {len(systems) * len(gold)} answers to ask for")
    if open_:
        with served() as model:
            for system, article in open_:
                answer = ask(system, article, model.endpoint, model.proxy, SECONDS)
                model.check_alive()
                append(files[system], answer)
                _say(f"{system.name} {article.id}: {answer.failure or 'done'}, {answer.seconds} s")
    rows, failures = [], []
    for system in systems:
        answers = read_answers(files[system], system, gold)
        predictions = [prediction(system, article, answers[article.id]) for article in gold]
        lines = "".join(f"{predicted.model_dump_json()}\n" for predicted in predictions)
        (out / f"{system.name}.jsonl").write_text(lines, encoding="utf-8")
        failed = [answer for answer in answers.values() if answer.failure]
        failures += [f"- {system.title}, {answer.article}: {answer.failure}\n" for answer in failed]
        rows.append(row(system, gold, predictions, len(failed)))
    return table(rows) + ("\nFailed:\n\n" + "".join(failures) if failures else "")


def main() -> None:
    """Print the table and write it beside the predictions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [system.name for system in SYSTEMS]
    parser.add_argument("--articles", type=Path, default=EVAL / "articles")
    parser.add_argument("--gold", type=Path, default=EVAL / "gold")
    parser.add_argument("--limit", type=int, help="take the first N articles only")
    parser.add_argument("--systems", default=",".join(names), help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=EVAL / "benchmarks/results/peers")
    options = parser.parse_args()
    wanted = options.systems.split(",")
    if unknown := sorted(set(wanted) - set(names)):
        parser.error(f"unknown system {unknown[0]!r}: use {', '.join(names)}")
    systems = [system for system in SYSTEMS if system.name in wanted]
    if missing := [system.package for system in systems if find_spec(system.package) is None]:
        parser.error(f"{missing[0]} is not installed: pip install -e '.[local,peers]'")
    try:
        gold = load_gold(options.gold, options.articles)[: options.limit]
        result = run(systems, gold, options.out)
    except LLMExtractError as error:
        sys.exit(f"error: {error}")
    (options.out / "table.md").write_text(result, encoding="utf-8")
    print(result, end="")


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
