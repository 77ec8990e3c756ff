import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llm_extract import extract_folder
from llm_extract.batch.records import read_records
from tests.batch.news import ids_in, text
from tests.cli.conftest import Cli, by
from tests.support.loopback import Loopback
from tests.text.tables import write_table

OUT = ("--out", "out")
RECORDS = Path("out/records.jsonl")


@pytest.fixture
def memory() -> Iterator[Any]:
    """An empty file system in memory, of fsspec."""
    system = pytest.importorskip("fsspec").filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def put_articles(system: Any, folder: str, *names: str) -> None:
    for name in names:
        system.pipe_file(f"/{folder}/{name}.txt", text(name).encode())


def test_run_reads_parquet(cli: Cli, server: Loopback) -> None:
    write_table(Path("news/part-0.parquet"), {"id": ["a", "b"], "text": [text("a"), text("b")]})
    write_table(Path("news/part-1.parquet"), {"id": ["c"]})
    ended = cli("run", "news", *OUT, *by(server))
    assert ended.code == 3
    assert ids_in(RECORDS) == ["a", "b"]
    assert 'news/part-1.parquet: has no column "text"' in " ".join(ended.err.split())


def test_run_reads_urls_and_goes_on_with_them(cli: Cli, server: Loopback, memory: Any) -> None:
    put_articles(memory, "news", "a", "b")
    assert cli("run", "memory://news", *OUT, *by(server)).code == 0
    put_articles(memory, "news", "c")
    ended = cli("run", "memory://news", *OUT, *by(server))
    assert "1 extracted, 2 unchanged" in ended.out
    assert ids_in(RECORDS) == ["a.txt", "b.txt", "c.txt"]
    status = json.loads(cli("status", "out", "--json").out)
    assert (status["done"], status["pending"]) == (3, 0)


def test_python_reads_urls_too(server: Loopback, memory: Any) -> None:
    put_articles(memory, "news", "a")
    tally = extract_folder("memory://news", "out", "big-model", base_url=server.base_url)
    assert (tally.done, ids_in(RECORDS)) == (1, ["a.txt"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "nosuch://a", *OUT), "nosuch:// is no file system"),
        (("run", "memory://nowhere", *OUT), "memory://nowhere: there is no such file or folder"),
        (("run", "news", "--out", "s3://b/out"), "the output s3://b/out is a URL: name a folder"),
        (("shards", "news"), "no llm_extract.db in news"),
    ],
)
def test_wrong_place_is_one_line(
    cli: Cli, articles: Path, arguments: tuple[str, ...], message: str
) -> None:
    pytest.importorskip("fsspec")
    ended = cli(*arguments)
    assert ended.code == 2
    assert message in " ".join(ended.err.split())
    assert ended.err.count("\n") == 1
    assert not Path("out").exists()
    assert not Path("s3:").exists()


def test_shards_are_written_below_the_run(cli: Cli, server: Loopback, articles: Path) -> None:
    cli("run", "news", *OUT, *by(server))
    ended = cli("shards", "out", "--rows", "2")
    assert ended.code == 0
    assert ended.out == (
        "3 articles in 2 shards, 2 of them new\nlisted in out/shards/manifest.json\n"
    )
    assert [line.split(": ")[1] for line in ended.err.splitlines()] == ["2 articles", "1 articles"]
    assert list(read_records("out/shards")) == list(read_records("out"))
    assert cli("show", "out/shards").out == cli("show", "out").out
    again = cli("shards", "out", "--rows", "2")
    assert (again.out.splitlines()[0], again.err) == ("3 articles in 2 shards, 0 of them new", "")


def test_shards_go_to_a_url(cli: Cli, server: Loopback, articles: Path, memory: Any) -> None:
    cli("run", "news", *OUT, *by(server))
    ended = cli("shards", "out", "--out", "memory://bucket/shards/")
    assert (ended.code, ended.out.splitlines()[1]) == (
        0,
        "listed in memory://bucket/shards/manifest.json",
    )
    assert list(read_records("memory://bucket/shards")) == list(read_records("out"))
    assert cli("show", "memory://bucket/shards").out == cli("show", "out").out


def test_unfinished_run_says_so(cli: Cli, server: Loopback, articles: Path) -> None:
    cli("run", "news", *OUT, *by(server), "--max-articles", "1")
    ended = cli("shards", "out")
    assert ended.code == 0
    assert "the run has not met all its articles yet; the same command adds the rest" in ended.out


def test_damaged_shards_are_one_line(cli: Cli, server: Loopback, articles: Path) -> None:
    cli("run", "news", *OUT, *by(server))
    cli("shards", "out")
    (shard,) = Path("out/shards").glob("part-*")
    shutil.copy("out/records.jsonl", shard)
    ended = cli("show", "out/shards")
    assert ended.code == 1
    assert f"out/shards/{shard.name} is damaged" in " ".join(ended.err.split())
    assert ended.err.count("\n") == 1
