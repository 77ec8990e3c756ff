"""Runs on Ray clusters that come to harm, each run a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llm_extract.batch.records import read_records
from tests.batch.news import EMPTY, asked_about, write_articles
from tests.cli.conftest import Cli, by
from tests.models.waiting import eventually
from tests.support.local_ray import client_server, nodes
from tests.support.loopback import Loopback, Reply, refused_url

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

pytestmark = pytest.mark.ray
NAMES = [f"n{number:02}" for number in range(60)]
PROGRAM = "from llm_extract.cli import main; main()"
TOLL = '''
from llm_extract import Actor, Record


class Toll(Record):
    """A charge for the use of a bridge."""

    payer: Actor
'''
# Stands for the library that runs embedded models.
XLLAMACPP = """
from tests.batch.news import EMPTY
from tests.support import loopback

loopback._Handler.do_GET = lambda handler: handler._send(200, b"{}")


class CommonParams:
    def __init__(self):
        self.model = self.cpuparams = self.cpuparams_batch = Part()


class Part:
    pass


class Server:
    def __init__(self, params):
        self._server = loopback.Loopback(loopback.Reply(EMPTY, delay=0.1))
        self.listening_address = self._server.base_url.removesuffix("/v1")
"""


@contextmanager
def running(*options: str, path: str = "") -> "Iterator[subprocess.Popen[str]]":
    """A run of the articles in `news` into `out` on Ray, in a process of its own."""
    command = [sys.executable, "-c", PROGRAM, "run", "news", "--out", "out"]
    process = subprocess.Popen(
        [*command, "--executor", "ray", "--no-cache", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{path}:{Path(__file__).parents[2]}"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def started(server: Loopback, *options: str) -> "AbstractContextManager[subprocess.Popen[str]]":
    return running(*by(server), *options)


@pytest.fixture
def slow() -> Iterator[Loopback]:
    with Loopback(answer=lambda _: Reply(EMPTY, delay=0.1)) as server:
        yield server


@pytest.fixture(scope="module")
def cluster() -> "Iterator[Cluster]":
    with nodes() as running:
        yield running


def timeless(folder: str) -> list[dict[str, Any]]:
    return [
        records.model_dump(exclude={"provenance": {"seconds"}})
        for records in read_records(Path(folder))
    ]


def repeated(server: Loopback) -> int:
    """How many calls were made about articles that a call was made about before."""
    asked = Counter(name for body in server.bodies for name in NAMES if asked_about(body, name))
    assert set(asked) == set(NAMES)
    return sum(asked.values()) - len(NAMES)


def undisturbed(cli: Cli, server: Loopback) -> list[dict[str, Any]]:
    assert cli("run", "news", "--out", "undisturbed", *by(server), "--no-cache").code == 0
    return timeless("undisturbed")


def test_run_whose_driver_is_killed_is_continued_and_its_actors_die(
    cli: Cli, workplace: Path, slow: Loopback
) -> None:
    write_articles(workplace / "news", *NAMES)
    options = ("--actors", "2", "--concurrency", "2")
    with started(slow, *options) as process:
        eventually(lambda: len(slow.requests) >= 20, seconds=60)
        process.send_signal(signal.SIGKILL)
        process.wait()
    eventually(lambda: _quiet(slow), seconds=30)
    with started(slow, *options) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert "60 extracted" not in out
    assert repeated(slow) <= 4
    assert timeless("out") == undisturbed(cli, slow)


def _quiet(server: Loopback) -> bool:
    """Whether nobody asks any more."""
    before = len(server.requests)
    time.sleep(1)
    return len(server.requests) == before


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_run_that_is_stopped_keeps_what_is_finished_and_says_so(
    cli: Cli, workplace: Path, slow: Loopback, stop: signal.Signals
) -> None:
    write_articles(workplace / "news", *NAMES)
    with started(slow, "--actors", "1", "--concurrency", "2") as process:
        eventually(lambda: len(slow.requests) >= 10, seconds=60)
        process.send_signal(stop)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + stop
    assert err == "stopped; the same command goes on from here\n"
    assert len(timeless("out")) >= 8


def test_run_on_a_cluster_goes_on_when_a_node_dies(
    cli: Cli, workplace: Path, slow: Loopback, cluster: "Cluster"
) -> None:
    write_articles(workplace / "news", *NAMES)
    second = cluster.add_node(num_cpus=1)
    options = ("--address", cluster.address, "--actors", "2", "--concurrency", "2")
    with started(slow, *options) as process:
        eventually(lambda: slow.most_at_once == 4, seconds=60)  # both nodes are at work
        cluster.remove_node(second, allow_graceful=False)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out.splitlines()[0]) == (0, "60 extracted, 0 unchanged, 0 failed")
    assert "a Ray actor died with 2 articles in work" in err
    assert repeated(slow) <= 2
    assert timeless("out") == undisturbed(cli, slow)


def test_run_through_ray_client_is_like_any_other(
    cli: Cli, workplace: Path, slow: Loopback, cluster: "Cluster"
) -> None:
    write_articles(workplace / "news", *NAMES)
    port = refused_url().rpartition(":")[2].removesuffix("/v1")
    with client_server(cluster.address, port):
        options = ("--address", f"ray://127.0.0.1:{port}", "--actors", "2")
        with started(slow, *options) as process:
            out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("60 extracted, 0 unchanged, 0 failed")
    assert timeless("out") == undisturbed(cli, slow)


def test_record_type_of_the_working_folder_reaches_the_actors(
    workplace: Path, cluster: "Cluster"
) -> None:
    write_articles(workplace / "news", *NAMES[:3])
    (workplace / "tolls.py").write_text(TOLL)
    tolls = {"tolls": [{"payer": "Ana Petrova", "evidence": [1]}]}
    with Loopback(Reply(tolls)) as server:
        options = ("--address", cluster.address, "--actors", "1", "--records", "tolls:Toll")
        with started(server, *options) as process:
            out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert "3 tolls" in out


def embedded_servers() -> dict[int, int]:
    """The processes that run an embedded model, each with its parent."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command, stat = (entry / "cmdline").read_bytes(), (entry / "stat").read_text()
        except OSError:
            continue
        if b"llm_extract.models.embedded_child" in command:
            found[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return found


def test_embedded_model_lives_and_dies_with_its_actor(workplace: Path) -> None:
    write_articles(workplace / "news", *NAMES)
    (workplace / "fake").mkdir()
    (workplace / "fake/xllamacpp.py").write_text(XLLAMACPP)
    (workplace / "m.gguf").write_bytes(b"GGUF")
    before = embedded_servers()

    def servers() -> dict[int, int]:
        return {pid: of for pid, of in embedded_servers().items() if pid not in before}

    options = ("--model", "m.gguf", "--strategy", "article", "--actors", "2")
    with running(*options, path=str(workplace / "fake")) as process:
        eventually(lambda: len(servers()) == 2, seconds=60)
        (child, actor), (_, other) = servers().items()
        assert actor != other
        os.kill(actor, signal.SIGKILL)
        eventually(lambda: child not in servers(), seconds=10)
        out, _ = process.communicate(timeout=120)
    assert (process.returncode, out.splitlines()[0]) == (0, "60 extracted, 0 unchanged, 0 failed")
    eventually(lambda: servers() == {}, seconds=10)
