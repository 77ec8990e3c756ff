"""Runs on a Ray cluster: scaling, overhead, what the driver can commit, and a node that is killed.

    pip install -e '.[dev,ray]'
    python eval/benchmarks/ray_runs.py scaling
    python eval/benchmarks/ray_runs.py overhead
    python eval/benchmarks/ray_runs.py commits
    python eval/benchmarks/ray_runs.py node-kill

Each runs `llm-extract run` in processes of its own (`commits`: its driver without Ray, with actors
played by the driver itself), over invented articles, and prints a Markdown table. It ends with 1
where a bound is missed. Only Linux can do this.
"""

import argparse
import asyncio
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self

from batch_runs import MODEL, PROGRAM, Ended, Row, launch, table, wait, write_articles
from batch_runs import model as counting_model
from batch_server import serving

from llm_extract.batch.database import STORE_FILE
from llm_extract.batch.executors.base import Failed
from llm_extract.batch.executors.desk import Shared
from llm_extract.batch.executors.messages import (
    Begin,
    Called,
    FromActor,
    Granted,
    Released,
    Succeeded,
    Taken,
    ToActor,
    Wanted,
)
from llm_extract.batch.executors.messages import (
    Ended as ArticleEnded,
)
from llm_extract.batch.executors.pool import Pool, Size
from llm_extract.batch.executors.slots import Slots
from llm_extract.batch.job import Job
from llm_extract.batch.records import read_records
from llm_extract.batch.runner import Runner
from llm_extract.batch.status import read_status
from llm_extract.batch.store import open_store
from llm_extract.errors import LLMExtractError
from llm_extract.models.cache import ReplyCache
from llm_extract.models.events import CallEvent, Observer
from llm_extract.models.limits import Limits, Throttle
from llm_extract.models.usage import Meter, Usage
from llm_extract.schemas import ArticleRecords, Provenance, Quotation, Quote
from llm_extract.text.article import Article
from llm_extract.text.sources import read_sources
from tests.support.local_ray import nodes

SCALING = 3.6
MEMORY_RATIO = 1.15
SLOWING = 1.2
_SETTLED = (0.25, 0.75)  # of the articles, between which a run is at its pace
_TICKS = os.sysconf("SC_CLK_TCK")
_WATCH_SECONDS = 0.05


# Scaling


def measure_scaling(folder: Path, seconds: float, concurrency: int, delay: float) -> list[Row]:
    """Measure the pace of one actor and of four, against a server that takes a fixed time."""
    paces = {}
    for actors in (1, 4):
        count = int(seconds * actors * concurrency / delay)
        source = write_articles(folder / f"{actors}.jsonl", count)
        log = folder / f"{actors}-calls.jsonl"
        with serving(delay) as server:
            options = ["--actors", str(actors), "--actor-cpus", "0.25", "--log-json", str(log)]
            out = folder / f"out-{actors}"
            _succeeded(wait(_start(source, out, server.base_url, concurrency, *options)))
        paces[actors] = _pace(log)
    ratio = paces[4] / paces[1]
    ideal = concurrency / delay
    return [
        *(
            Row(
                f"articles a second, {actors} actors with {concurrency} calls of {delay:g} s each, "
                f"of an ideal of {actors * ideal:.0f}",
                f"{pace:.1f} ({pace / actors / ideal:.2f})",
            )
            for actors, pace in paces.items()
        ),
        Row("four actors to one", f"{ratio:.2f}", f"at least {SCALING}", ratio >= SCALING),
    ]


def _pace(log: Path) -> float:
    """Return the articles a second once all the actors are at work and before the last go home."""
    ends = []
    with log.open(encoding="utf-8") as lines:
        for call in map(json.loads, lines):
            ends.append(datetime.fromisoformat(call["started"]).timestamp() + call["seconds"])
    ends.sort()
    first, last = (int(len(ends) * share) for share in _SETTLED)
    return (last - first) / (ends[last] - ends[first])


# Overhead


@dataclass(frozen=True)
class Cost:
    """What an article takes beside the model, in seconds.

    Attributes:
        wall: from its beginning to the next one's, one after the other, the reply's time left out.
        process: CPU time in the process of the run.
        others: CPU time in all processes that it started.
    """

    wall: float
    process: float
    others: float


def measure_overhead(folder: Path, count: int, times: int, concurrency: int) -> list[Row]:
    """Measure wall and CPU time of an article by both executors, by turns; medians count.

    Wall time is that of one article at a time; CPU time also that of several, which share what
    messages take.
    """
    few, many = (write_articles(folder / f"{n}.jsonl", n) for n in (50, count))
    rows = []
    for at_once in (1, concurrency):
        found: dict[str, list[Cost]] = {"local": [], "ray": []}
        for turn in range(times):
            for name, costs in found.items():
                options = ["--executor", name, *(["--actors", "1"] if name == "ray" else [])]
                out = folder / f"{at_once}-{turn}-{name}"
                costs.append(_cost(out, few, many, at_once, options))
        local, ray = (_medians(costs) for costs in found.values())
        more = ray.process + ray.others - local.process - local.others
        rows += [
            Row(f"CPU time of an article, {at_once} at a time: local", _ms(local.process)),
            Row("Ray, in the process of the run, and in all others", f"{_both(ray)}"),
            Row("CPU time that Ray adds", _ms(more)),
        ]
        if at_once == 1:
            rows += [
                Row("wall time of an article, the reply left out: local", _ms(local.wall)),
                Row("Ray", _ms(ray.wall)),
                Row("wall time that Ray adds", _ms(ray.wall - local.wall)),
            ]
    return rows


def _both(cost: Cost) -> str:
    return f"{_ms(cost.process)} and {_ms(cost.others)}"


def _cost(folder: Path, few: Path, many: Path, concurrency: int, options: Sequence[str]) -> Cost:
    """Take the difference of a long and a short run, which leaves out what starting takes."""
    seen = []
    for source in (few, many):
        log = folder.with_name(f"{folder.name}-{source.stem}-calls.jsonl")
        with serving(0.0) as server:
            out = folder.with_name(f"{folder.name}-{source.stem}")
            logged = ("--log-json", str(log), *options)
            seen.append(_watch(_start(source, out, server.base_url, concurrency, *logged)))
    articles = int(many.stem) - int(few.stem)
    process, others = ((seen[1][n] - seen[0][n]) / articles for n in (0, 1))
    with log.open(encoding="utf-8") as lines:
        calls = median(json.loads(line)["seconds"] for line in lines)
    return Cost(1 / _pace(log) - calls, process, others)


def _watch(run: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Wait for a run; return the CPU seconds of its process, and of all that it started."""
    used: dict[int, float] = {}
    while run.poll() is None:
        for pid, seconds in _family(run.pid):
            used[pid] = seconds
        time.sleep(_WATCH_SECONDS)
    if run.returncode:
        sys.exit(f"error: a run ended with {run.returncode}")
    own = used.pop(run.pid)
    return own, sum(used.values())


def _family(root: int) -> Iterator[tuple[int, float]]:
    """Return a process and all below it, with the CPU seconds that each has used."""
    below: dict[int, list[int]] = {}
    used = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        below.setdefault(int(fields[1]), []).append(int(entry.name))
        used[int(entry.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        waiting += below.get(pid, [])
        if pid in used:
            yield pid, used[pid]


def _medians(costs: Sequence[Cost]) -> Cost:
    return Cost(*(median(vars(cost)[name] for cost in costs) for name in vars(costs[0])))


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


# Commits


def measure_commits(folder: Path, few: int, many: int) -> list[Row]:
    """Measure how fast the driver takes results in, and its memory, over few and many."""
    seen = {}
    for count in (few, many):
        report = folder / f"{count}.json"
        work = [__file__, "drive", str(count), str(folder / f"out-{count}"), str(report)]
        ended = _succeeded(wait(launch(*work)))
        size = (folder / f"out-{count}" / STORE_FILE).stat().st_size
        seen[count] = ended, json.loads(report.read_text(encoding="utf-8"))
    cpus = seen[many][1]["cpu_seconds"]
    memory = seen[many][0].peak_mib / seen[few][0].peak_mib
    slowing = cpus[-1] / cpus[0]
    return [
        *(
            Row(f"results a second into the ledger, {count:,} of them", f"{told['rate']:.0f}")
            for count, (_, told) in seen.items()
        ),
        Row("CPU time of the driver for each", _ms(sum(cpus) / len(cpus))),
        Row(
            f"last tenth of the {many:,} to the first, CPU time for each",
            f"{_ms(cpus[-1])} to {_ms(cpus[0])}, ratio {slowing:.2f}",
            f"at most {SLOWING}",
            slowing <= SLOWING,
        ),
        Row("bytes in the ledger for each, of 2,000 characters", f"{size / many:,.0f}"),
        Row("bytes written to disk for each", f"{seen[many][1]['written']:,.0f}"),
        *(
            Row(f"peak memory of the driver, {count:,} results", f"{ended.peak_mib:.1f} MiB")
            for count, (ended, _) in seen.items()
        ),
        Row("ratio", f"{memory:.3f}", f"at most {MEMORY_RATIO}", memory <= MEMORY_RATIO),
    ]


class Echo:
    """An actor that has each result at once; what it is told and tells is pickled, as by Ray."""

    def __init__(self) -> None:
        self._messages: deque[FromActor] = deque()
        self._filled = asyncio.Event()
        self._articles: dict[int, Article] = {}

    async def open(self) -> LLMExtractError | None:
        """Be there."""
        return None

    def deliver(self, messages: Sequence[ToActor]) -> None:
        """Answer: an article wants a turn, a turn brings a result."""
        for message in pickle.loads(pickle.dumps(messages)):
            match message:
                case Begin(number, article):
                    self._articles[number] = article
                    self._messages.append(Wanted(number, number, 500))
                case Granted(turn):
                    self._messages.extend(_answer(turn, self._articles.pop(turn)))
        self._filled.set()

    async def collect(self) -> Sequence[FromActor]:
        """Give what there is."""
        await self._filled.wait()
        self._filled.clear()
        messages = pickle.dumps(list(self._messages))
        self._messages.clear()
        found: list[FromActor] = pickle.loads(messages)
        return found

    def kill(self) -> None:
        """End."""


def _answer(number: int, article: Article) -> list[FromActor]:
    usage = Usage(1, 0, 3000, 0, 30, None)
    event = CallEvent(
        article=article.id,
        task="meetings+positions+quotes",
        attempt=1,
        model=MODEL,
        started=datetime.now(UTC),
        seconds=0.2,
        status=200,
        prompt_tokens=3000,
        cached_tokens=0,
        completion_tokens=30,
        cost_usd=None,
        retry_after=None,
        request_id=None,
        error=None,
    )
    return [
        Released(number, Succeeded(3030)),
        Taken(number, usage),
        Called(event),
        ArticleEnded(number, _records(article)),
    ]


def _records(article: Article) -> ArticleRecords:
    end = article.text.index("”")
    quote = Quote(
        speaker=None,
        text=Quotation(start=1, end=end, text=article.text[1:end]),
        kind="full",
        evidence=[article.span(0, end + 1)],
    )
    made = Provenance(
        model=MODEL,
        strategy="article",
        prompt_hash="",
        schema_hash="",
        package_version="0",
        calls=1,
        prompt_tokens=3000,
        cached_tokens=0,
        completion_tokens=30,
        cost_usd=None,
        seconds=0.2,
    )
    return ArticleRecords(article=article.ref(), quotes=[quote], provenance=made)


class EchoExecutor:
    """A pool of four such actors with 16 articles each.

    Attributes:
        slots: as many as they take.
    """

    def __init__(self, job: Job, cache: ReplyCache | None, observer: Observer | None) -> None:
        self.slots = Slots(job.concurrency)
        shared = Shared(Throttle(Limits(4 * job.concurrency)), cache, observer)
        self._pool = Pool(Size(4, 4, job.concurrency), self.slots, Echo, shared)

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def extract(self, article: Article, meter: Meter) -> ArticleRecords | Failed:
        """Extract one article."""
        return await self._pool.extract(article, meter)


def drive(count: int, out: Path, report: Path) -> None:
    """Run with such actors, and report the rate of each tenth of the articles."""
    source = write_articles(out.with_suffix(".jsonl"), count)
    job = Job.of(MODEL, base_url="http://127.0.0.1:1/v1", strategy="article", concurrency=16)
    marks: list[tuple[float, float]] = []

    def mark(_: object) -> None:
        if runner.tally.done % (count // 10) == 0:
            marks.append((time.monotonic(), time.process_time()))

    with open_store(out, job.settings) as store:
        observer = Observer(lambda _: None)
        runner = Runner(job, store, executor=EchoExecutor, on_article=mark, observer=observer)
        mark(None)
        before = _written()
        asyncio.run(runner.run(read_sources([source])))
    walls, cpus = zip(*marks, strict=True)
    tenth = count / 10
    told = {
        "rate": count / (walls[-1] - walls[0]),
        "rates": [tenth / (b - a) for a, b in pairwise(walls)],
        "cpu_seconds": [(b - a) / tenth for a, b in pairwise(cpus)],
        "written": (_written() - before) / count,
    }
    report.write_text(json.dumps(told), encoding="utf-8")


def _written() -> int:
    """Return the bytes that this process has sent to disk."""
    counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counts["write_bytes"])


# A node that is killed


def measure_node_kill(folder: Path, count: int, concurrency: int, delay: float) -> list[Row]:
    """Kill one of two nodes halfway, and compare with a run in one process that nobody disturbs."""
    source, out = write_articles(folder / "articles.jsonl", count), folder / "out"
    with nodes() as cluster, counting_model(delay) as standing:
        second = cluster.add_node(num_cpus=2)
        options = ["--address", cluster.address, "--actors", "4"]
        run = _start(source, out, standing.base_url, concurrency, *options)
        while read_done(out) < count / 2:
            time.sleep(0.1)
        done = read_done(out)
        cluster.remove_node(second, allow_graceful=False)
        ended = wait(run)
        calls = standing.asked.total()
    with counting_model() as standing:
        undisturbed = folder / "undisturbed"
        options = ["--executor", "local"]
        _succeeded(wait(_start(source, undisturbed, standing.base_url, concurrency, *options)))
    expected, found = _lines(undisturbed), _lines(out)
    lost, doubled = len(set(expected) - set(found)), len(found) - len(set(found))
    bound = 4 * concurrency
    return [
        Row(f"done of {count:,} when the node was killed", f"{done:,}"),
        Row("exit code", str(ended.code), "0", ended.code == 0),
        Row("lost", str(lost), "0", lost == 0),
        Row("doubled", str(doubled), "0", doubled == 0),
        Row(
            "records unlike those of an undisturbed run in one process",
            str(sum(a != b for a, b in zip(expected, found, strict=False))),
            "0",
            expected == found,
        ),
        Row("repeated calls", str(calls - count), f"at most {bound}", calls - count <= bound),
        Row("wall time", f"{ended.seconds:.1f} s"),
    ]


def read_done(out: Path) -> int:
    """Return how many articles are done."""
    try:
        return read_status(out).done
    except LLMExtractError:  # nothing is there yet
        return 0


def _lines(out: Path) -> list[str]:
    timeless = {"provenance": {"seconds"}}
    return [records.model_dump_json(exclude=timeless) for records in read_records(out)]


def _start(
    source: Path, out: Path, base_url: str, concurrency: int, *options: str
) -> "subprocess.Popen[bytes]":
    arguments = ["run", str(source), "--out", str(out), "--model", MODEL, "--strategy", "article"]
    arguments += ["--base-url", base_url, "--concurrency", str(concurrency), "--no-cache"]
    chosen = [] if "--executor" in options else ["--executor", "ray"]
    return launch("-c", PROGRAM, *arguments, *chosen, *options)


def _succeeded(ended: Ended) -> Ended:
    if ended.code:
        sys.exit(f"error: a process ended with {ended.code}")
    return ended


def main() -> None:
    """Measure, print the table, and exit with 1 where a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    scaling = commands.add_parser("scaling", help="four actors to one")
    scaling.add_argument("--seconds", type=float, default=40.0, help="for either")
    scaling.add_argument("--concurrency", type=int, default=8)
    scaling.add_argument("--delay", type=float, default=1.0)
    overhead = commands.add_parser("overhead", help="CPU and wall time that Ray adds")
    overhead.add_argument("--articles", type=int, default=1_050)
    overhead.add_argument("--times", type=int, default=3)
    overhead.add_argument("--concurrency", type=int, default=16)
    commits = commands.add_parser("commits", help="what the driver takes in, and its memory")
    commits.add_argument("--few", type=int, default=10_000)
    commits.add_argument("--many", type=int, default=100_000)
    kill = commands.add_parser("node-kill", help="one of two nodes is killed halfway")
    kill.add_argument("--articles", type=int, default=2_000)
    kill.add_argument("--concurrency", type=int, default=4)
    kill.add_argument("--delay", type=float, default=0.3)
    work = commands.add_parser("drive")  # what `commits` runs in processes of its own
    work.add_argument("count", type=int)
    work.add_argument("out", type=Path)
    work.add_argument("report", type=Path)
    options = parser.parse_args()
    if options.command == "drive":
        drive(options.count, options.out, options.report)
        return
    with tempfile.TemporaryDirectory(prefix="llm-extract-ray-runs-") as name:
        folder = Path(name)
        match options.command:
            case "scaling":
                rows = measure_scaling(folder, options.seconds, options.concurrency, options.delay)
            case "overhead":
                rows = measure_overhead(
                    folder, options.articles, options.times, options.concurrency
                )
            case "commits":
                rows = measure_commits(folder, options.few, options.many)
            case _:
                rows = measure_node_kill(
                    folder, options.articles, options.concurrency, options.delay
                )
    print(table(rows), end="")
    sys.exit(not all(row.holds for row in rows))


if __name__ == "__main__":
    main()
