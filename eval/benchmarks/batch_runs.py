"""Long runs: memory, a run with nothing to do, and what kills cost.

    pip install -e '.[dev]'
    python eval/benchmarks/batch_runs.py memory          # about 20 minutes
    python eval/benchmarks/batch_runs.py nothing-to-do
    python eval/benchmarks/batch_runs.py kills

Each runs `llm-extract run --strategy article` in processes of its own, over invented articles,
against a loopback server that answers at once or after a fixed time, and prints a Markdown table.
It ends with 1 where a bound is missed. Only Unix can do this.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch_server import FOUND, ROOT

from llm_extract.batch.database import STORE_FILE
from llm_extract.batch.job import Job
from llm_extract.batch.records import read_records
from llm_extract.batch.status import read_status
from llm_extract.batch.store import open_store
from llm_extract.errors import LLMExtractError
from llm_extract.schemas import ArticleRecords, Provenance
from llm_extract.text.article import Article
from llm_extract.text.sources import read_sources
from tests.support.loopback import Answer, Loopback, Reply

MODEL = "big-model"
PROGRAM = "from llm_extract.cli import main; main()"
MEMORY_RATIO = 1.15
SECONDS_FOR_NOTHING = 5.0
_DELAY = 0.2  # seconds for a reply where runs are killed
_KILLED_EARLY = 0.25  # share of the kills that come before a run's first call
_PATIENCE = 60.0
_NUMBER = re.compile(r"bridge number (\d+)")
_FILLING = "The harbour lay still while the council went through its papers for the day. "


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        code: exit code; minus the signal where one killed it.
        seconds: from its start to its end.
        peak_mib: most memory it held at a time (resident set), in MiB.
        cpu_seconds: CPU time that it took.
    """

    code: int
    seconds: float
    peak_mib: float
    cpu_seconds: float


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        measured: the figure, in words.
        bound: what it may be, in words; empty where it has no bound.
        holds: whether it is within.
    """

    what: str
    measured: str
    bound: str = ""
    holds: bool = True


class Model:
    """A stand-in for a large model, which counts how often it is asked about which article.

    Attributes:
        asked: calls by the number of the article.
        base_url: address of its API.
    """

    def __init__(self, server: Loopback) -> None:
        self.asked: Counter[int] = Counter()
        self.base_url = server.base_url
        self._server = server

    def count(self, body: dict[str, Any]) -> None:
        """Count a call, and forget the request: the server would keep them all."""
        found = _NUMBER.search(body["messages"][-1]["content"])
        self.asked[int(found[1]) if found else -1] += 1
        self._server.requests.clear()


@contextmanager
def model(delay: float = 0.0) -> Iterator[Model]:
    """Run the model for as long as the block lasts.

    Args:
        delay: seconds that it takes for a reply.
    """

    def answer(body: dict[str, Any]) -> Answer:
        standing.count(body)
        return Reply(FOUND, delay=delay)

    with Loopback(answer=answer) as server:
        standing = Model(server)
        yield standing


def write_articles(path: Path, count: int) -> Path:
    """Write invented articles of about 2,000 characters, no two alike, as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            said = f"“We will build bridge number {number},” said Ana Petrova.\n"
            file.write(json.dumps({"id": f"a{number:07}", "text": said + _FILLING * 25}) + "\n")
    return path


def start(
    source: Path, out: Path, base_url: str, *, concurrency: int = 8
) -> "subprocess.Popen[bytes]":
    """Start a run of the articles in `source` into `out`, with no replies kept."""
    arguments = ["run", str(source), "--out", str(out), "--model", MODEL, "--strategy", "article"]
    arguments += ["--base-url", base_url, "--concurrency", str(concurrency), "--no-cache"]
    return launch("-c", PROGRAM, *arguments)


def launch(*arguments: str) -> "subprocess.Popen[bytes]":
    """Start Python with some arguments and nothing to read or write to."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def wait(process: "subprocess.Popen[bytes]") -> Ended:
    """Wait for a process to end that was just started."""
    started = time.monotonic()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    scale = 2**20 if sys.platform == "darwin" else 2**10
    seconds, cpu_seconds = time.monotonic() - started, usage.ru_utime + usage.ru_stime
    return Ended(process.returncode, seconds, usage.ru_maxrss / scale, cpu_seconds)


def measure_memory(folder: Path, few: int, many: int) -> list[Row]:
    """Measure the peak memory of runs over few and over many articles."""
    ended = {}
    for count in (few, many):
        source = write_articles(folder / f"{count}.jsonl", count)
        with model() as standing:
            ended[count] = wait(start(source, folder / f"out-{count}", standing.base_url))
        if ended[count].code:
            sys.exit(f"error: the run over {count} articles ended with {ended[count].code}")
    ratio = ended[many].peak_mib / ended[few].peak_mib
    return [
        *(
            Row(
                f"peak memory, {count:,} articles",
                f"{end.peak_mib:.1f} MiB ({count / end.seconds:.0f} articles a second)",
            )
            for count, end in ended.items()
        ),
        Row("ratio", f"{ratio:.3f}", f"at most {MEMORY_RATIO}", ratio <= MEMORY_RATIO),
    ]


def measure_nothing_to_do(folder: Path, count: int) -> list[Row]:
    """Measure a run over articles that are all finished."""
    source, out = write_articles(folder / "articles.jsonl", count), folder / "out"
    with model() as standing:
        job = Job.of(MODEL, base_url=standing.base_url, strategy="article")
        with open_store(out, job.settings) as store:
            store.begin_run()
            for article in read_sources([source]):
                if isinstance(article, Article):
                    store.list_article(article)
                    store.finish(article, _records(article))
        ended = wait(start(source, out, standing.base_url))
        calls = standing.asked.total()
    written = sum(1 for _ in read_records(out))
    seconds = ended.seconds
    return [
        Row(
            f"run over {count:,} finished articles, from start to exit",
            f"{seconds:.2f} s",
            f"under {SECONDS_FOR_NOTHING:g} s",
            seconds < SECONDS_FOR_NOTHING and ended.code == 0,
        ),
        Row("calls", str(calls), "0", calls == 0),
        Row("articles in records.jsonl", f"{written:,}", f"{count:,}", written == count),
    ]


def measure_kills(folder: Path, count: int, kills: int, concurrency: int, seed: int) -> list[Row]:
    """Kill a run at random moments, let it end, and compare it with one that nobody disturbed."""
    chance = random.Random(seed)
    source = write_articles(folder / "articles.jsonl", count)
    with model() as standing:
        undisturbed = start(source, folder / "undisturbed", standing.base_url)
        first_call = _seconds_to_first_call(standing)
        wait(undisturbed)
    span = 1.5 * _DELAY * count / concurrency / kills  # on average half of the articles get done
    shrunk = killed = at_work = 0
    done = 0
    with model(_DELAY) as standing:
        while killed < kills:
            asked = standing.asked.total()
            process = start(source, folder / "out", standing.base_url, concurrency=concurrency)
            if chance.random() < _KILLED_EARLY:
                time.sleep(chance.uniform(0, first_call))
            else:
                _seconds_to_first_call(standing, asked)
                time.sleep(chance.uniform(0, span))
            process.kill()
            if wait(process).code != -signal.SIGKILL:
                sys.exit("error: the run ended before it was killed: take more articles")
            killed += 1
            at_work += standing.asked.total() > asked
            now = _done(folder / "out")
            shrunk += now < done
            done = now
        last = wait(start(source, folder / "out", standing.base_url, concurrency=concurrency))
        repeated = sum(times - 1 for times in standing.asked.values())
    expected, found = _lines(folder / "undisturbed"), _lines(folder / "out")
    lost = len(set(expected) - set(found))
    doubled = len(found) - len(set(found))
    bound = kills * concurrency
    return [
        Row("kills", f"{killed}, {at_work} of them while articles were in flight"),
        Row("runs after which fewer articles were finished", str(shrunk), "0", shrunk == 0),
        Row("exit code of the last run", str(last.code), "0", last.code == 0),
        Row(f"lost of {count} articles", str(lost), "0", lost == 0),
        Row("doubled", str(doubled), "0", doubled == 0),
        Row(
            "records unlike those of an undisturbed run",
            str(sum(a != b for a, b in zip(expected, found, strict=False))),
            "0",
            expected == found,
        ),
        Row("repeated calls", str(repeated), f"at most {bound}", repeated <= bound),
    ]


def _seconds_to_first_call(standing: Model, before: int = 0) -> float:
    """Wait for a call beyond those before."""
    started = time.monotonic()
    while standing.asked.total() == before:
        if time.monotonic() - started > _PATIENCE:
            sys.exit(f"error: no call in {_PATIENCE:g} s")
        time.sleep(0.01)
    return time.monotonic() - started


def _done(out: Path) -> int:
    if not (out / STORE_FILE).is_file():
        return 0
    try:
        return read_status(out).done
    except LLMExtractError:  # killed before its first transaction
        return 0


def _lines(out: Path) -> list[str]:
    """Return the records of a run as text, without what differs from one run to the next."""
    timeless = {"provenance": {"seconds"}}
    return [records.model_dump_json(exclude=timeless) for records in read_records(out)]


def _records(article: Article) -> ArticleRecords:
    made = Provenance(
        model=MODEL,
        strategy="article",
        prompt_hash="",
        schema_hash="",
        package_version="0",
        calls=1,
        prompt_tokens=100,
        cached_tokens=0,
        completion_tokens=10,
        cost_usd=None,
        seconds=0.1,
    )
    return ArticleRecords(article=article.ref(), provenance=made)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| measured | figure | bound |", "|---|---|---|"]
    for row in rows:
        missed = "" if row.holds else " **missed**"
        lines.append(f"| {row.what} | {row.measured}{missed} | {row.bound} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print the table, and exit with 1 where a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    memory = commands.add_parser("memory", help="peak memory over few and over many articles")
    memory.add_argument("--few", type=int, default=3_000)
    memory.add_argument("--many", type=int, default=30_000)
    nothing = commands.add_parser("nothing-to-do", help="a run over finished articles")
    nothing.add_argument("--articles", type=int, default=30_000)
    kills = commands.add_parser("kills", help="SIGKILLs at random moments")
    kills.add_argument("--articles", type=int, default=500)
    kills.add_argument("--kills", type=int, default=20)
    kills.add_argument("--concurrency", type=int, default=8)
    kills.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="llm-extract-batch-runs-") as name:
        folder = Path(name)
        if options.command == "memory":
            rows = measure_memory(folder, options.few, options.many)
        elif options.command == "nothing-to-do":
            rows = measure_nothing_to_do(folder, options.articles)
        else:
            rows = measure_kills(
                folder, options.articles, options.kills, options.concurrency, options.seed
            )
    print(table(rows), end="")
    sys.exit(not all(row.holds for row in rows))


if __name__ == "__main__":
    main()
