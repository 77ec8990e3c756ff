"""Long runs at many calls at a time: throughput and CPU time, faults, and LangExtract beside.

    pip install -e '.[dev,peers]'
    python eval/benchmarks/batch_throughput.py throughput
    python eval/benchmarks/batch_throughput.py faults
    python eval/benchmarks/batch_throughput.py langextract

Each runs over invented articles, in processes of their own, against a loopback server with a fixed
latency, in a process too, and prints a Markdown table. It ends with 1 where a bound is missed.
Only Unix can do this.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from batch_runs import Ended, Row, launch, start, table, wait, write_articles
from batch_server import Seen, serving
from batch_work import REPLY_SECONDS, Delivered, write_messages

from llm_extract.batch.records import read_records
from llm_extract.batch.status import read_status

DELAY = 0.2
THROUGHPUT_SHARE = 0.9
CPU_RATIO = 1.25
FAULTS = 0.2
Begin = Callable[[Path, str], "subprocess.Popen[bytes]"]
_WORK = str(Path(__file__).with_name("batch_work.py"))


@dataclass(frozen=True)
class Pace:
    """How fast a process went through its articles.

    Attributes:
        rate: articles a second, from the first request to the last answer.
        cpu: CPU time of an article in seconds, what starting takes left out.
    """

    rate: float
    cpu: float


class Throughput:
    """Measures runs and bare loops over the same articles."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count
        self._runs = 0
        self._many = write_articles(folder / "many.jsonl", count)
        self._one = write_articles(folder / "one.jsonl", 1)
        self._many_asked = write_messages(folder / "many-messages.jsonl", self._many)
        self._one_asked = write_messages(folder / "one-messages.jsonl", self._one)

    def run(self, concurrency: int) -> Pace:
        """Measure `llm-extract run`."""

        def begin(path: Path, base_url: str) -> "subprocess.Popen[bytes]":
            self._runs += 1
            return start(path, self._folder / f"{self._runs}", base_url, concurrency=concurrency)

        return self._pace(begin, self._one, self._many)

    def bare(self, concurrency: int) -> Pace:
        """Measure a loop that makes the same instructor calls and keeps nothing."""

        def begin(path: Path, base_url: str) -> "subprocess.Popen[bytes]":
            return launch(_WORK, "bare", base_url, str(concurrency), str(path))

        return self._pace(begin, self._one_asked, self._many_asked)

    def _pace(self, begin: Begin, one: Path, many: Path) -> Pace:
        with serving(DELAY) as server:
            starting = _succeeded(wait(begin(one, server.base_url)))
        with serving(DELAY) as server:
            ended = _succeeded(wait(begin(many, server.base_url)))
            seen = server.seen()
        if seen.calls != self._count:
            sys.exit(f"error: {seen.calls} calls for {self._count} articles")
        cpu = (ended.cpu_seconds - starting.cpu_seconds) / (self._count - 1)
        return Pace(self._count / seen.seconds, cpu)


def _succeeded(ended: Ended) -> Ended:
    if ended.code:
        sys.exit(f"error: a process ended with {ended.code}")
    return ended


def measure_throughput(folder: Path, count: int, concurrencies: list[int], times: int) -> list[Row]:
    """Measure articles a second and CPU time, several times by turns; medians count."""
    measured = Throughput(folder, count)
    rows = []
    for concurrency in concurrencies:
        pairs = [(measured.bare(concurrency), measured.run(concurrency)) for _ in range(times)]
        rate = median(ours.rate for _, ours in pairs)
        cpu = median(ours.cpu for _, ours in pairs)
        bare_cpu = median(bare.cpu for bare, _ in pairs)
        bare_rate = median(bare.rate for bare, _ in pairs)
        ratio = median(ours.cpu / bare.cpu for bare, ours in pairs)
        ideal = concurrency / DELAY
        allowed = min(ideal, 1 / cpu)
        share = rate / allowed
        rows += [
            Row(
                f"concurrency {concurrency}: articles a second, of an ideal of {ideal:.0f}",
                f"{rate:.0f} ({rate / ideal:.2f}); bare loop {bare_rate:.0f}",
            ),
            Row(
                f"concurrency {concurrency}: share of what the CPU allows ({allowed:.0f})",
                f"{share:.2f}",
                f"at least {THROUGHPUT_SHARE}",
                share >= THROUGHPUT_SHARE,
            ),
            Row(
                f"concurrency {concurrency}: CPU time an article, ours to the bare loop's",
                f"{cpu * 1000:.2f} to {bare_cpu * 1000:.2f} ms, ratio {ratio:.2f}",
                f"at most {CPU_RATIO}",
                ratio <= CPU_RATIO,
            ),
        ]
    return rows


def measure_faults(folder: Path, count: int, concurrency: int, seed: int) -> list[Row]:
    """Run against a server that fails a fifth of the calls in every way that heals."""
    source, out = write_articles(folder / "articles.jsonl", count), folder / "out"
    with serving(DELAY, faults=FAULTS, seed=seed) as server:
        arguments = [server.base_url, str(concurrency), str(source), str(out)]
        ended = wait(launch(_WORK, "hasty", *arguments))
        seen = server.seen()
    done = read_status(out).done
    kinds = ", ".join(f"{kind} {times}" for kind, times in seen.faults.items())
    return [
        Row(f"done of {count}", str(done), str(count), done == count),
        Row("exit code", str(ended.code), "0", ended.code == 0),
        Row("calls", f"{seen.calls}, of which {seen.faults.total()} were failed"),
        Row("failed in which way", kinds),
        Row(f"wall time, where a call is given {REPLY_SECONDS:g} s", f"{ended.seconds:.1f} s"),
    ]


def compare(folder: Path, count: int, concurrency: int, seed: int) -> tuple[str, bool]:
    """Compare with LangExtract; return a table, and whether all our documents were delivered."""
    source = write_articles(folder / "articles.jsonl", count)
    lines = [
        "| system | faults | wall time | calls | prompt / output tokens | delivered |",
        "|---|---|---|---|---|---|",
    ]
    complete = True
    for faults in (0.0, FAULTS):
        for mode, title in (
            ("", "llm_extract, `article`"),
            ("list", "LangExtract, one call with all documents"),
            ("threads", "LangExtract, a call a document in threads"),
        ):
            with serving(DELAY, faults=faults, timeouts=False, seed=seed) as server:
                if mode:
                    ended, got = _langextract(server.base_url, concurrency, source, mode)
                else:
                    out = folder / f"out-{faults}"
                    ended = wait(start(source, out, server.base_url, concurrency=concurrency))
                    got = Delivered(sum(len(found.quotes) == 1 for found in read_records(out)))
                    complete = complete and got.documents == count
                lines.append(_line(title, faults, ended, server.seen(), got, count))
            if got.error:
                print(f"{title}: {got.error}", file=sys.stderr)
    return "\n".join(lines) + "\n", complete


def _langextract(
    base_url: str, concurrency: int, source: Path, mode: str
) -> tuple[Ended, Delivered]:
    report = source.with_name("report.json")
    work = launch(_WORK, "langextract", base_url, str(concurrency), str(source), str(report), mode)
    ended = _succeeded(wait(work))
    return ended, Delivered(**json.loads(report.read_text(encoding="utf-8")))


def _line(title: str, faults: float, ended: Ended, seen: Seen, got: Delivered, count: int) -> str:
    tokens = f"{seen.prompt_tokens:,} / {seen.completion_tokens:,}"
    cells = [title, f"{faults:.0%}", f"{ended.seconds:.1f} s", f"{seen.calls}", tokens]
    return f"| {' | '.join(cells)} | {got.documents} of {count} |"


def main() -> None:
    """Measure, print the table, and exit with 1 where a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    throughput = commands.add_parser("throughput", help="articles a second, and CPU time")
    throughput.add_argument("--articles", type=int, default=2_000)
    throughput.add_argument("--concurrency", type=int, nargs="+", default=[16, 64])
    throughput.add_argument("--times", type=int, default=3)
    faults = commands.add_parser("faults", help="a fifth of the calls failed in every way")
    faults.add_argument("--articles", type=int, default=500)
    langextract = commands.add_parser("langextract", help="side by side with LangExtract")
    langextract.add_argument("--articles", type=int, default=100)
    for command in (faults, langextract):
        command.add_argument("--concurrency", type=int, default=16)
        command.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="llm-extract-batch-throughput-") as name:
        folder = Path(name)
        if options.command == "langextract":
            text, holds = compare(folder, options.articles, options.concurrency, options.seed)
        else:
            if options.command == "throughput":
                rows = measure_throughput(
                    folder, options.articles, options.concurrency, options.times
                )
            else:
                rows = measure_faults(folder, options.articles, options.concurrency, options.seed)
            text, holds = table(rows), all(row.holds for row in rows)
    print(text, end="")
    sys.exit(not holds)


if __name__ == "__main__":
    main()
