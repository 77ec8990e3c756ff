"""`--executor ray`: its options, and what becomes of a run on a cluster that is not there."""

import sys

import pytest

from llm_extract.batch.executors.ray import RayCluster
from llm_extract.cli.cluster import chosen_cluster
from llm_extract.errors import UsageError
from tests.cli.conftest import Cli, by
from tests.support.loopback import Loopback, refused_url

RUN = ("run", "news", "--out", "out", "--executor", "ray")


@pytest.fixture
def _ray_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_extract.batch.executors.ray._import_ray", lambda: None)


@pytest.mark.usefixtures("_ray_is_installed")
@pytest.mark.parametrize(
    ("actors", "least", "most"), [(None, 1, 16), ("4", 4, 4), ("2-16", 2, 16), (" 3 ", 3, 3)]
)
def test_number_of_actors_is_read(actors: str | None, least: int, most: int) -> None:
    assert chosen_cluster("ray", "auto", actors, None, None) == RayCluster("auto", least, most)


@pytest.mark.usefixtures("_ray_is_installed")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"actors": "many"}, "--actors 'many' is no number of actors: give 4, or 2-16"),
        ({"actors": "0"}, "0-0 actors make no sense"),
        ({"actors": "4-2"}, "4-2 actors make no sense"),
        ({"actor_cpus": 0.0}, "an actor needs more than 0 CPUs"),
        ({"actor_cpus": float("nan")}, "an actor needs more than 0 CPUs"),
        ({"actor_gpus": -1.0}, "and 0 or more GPUs"),
        ({"executor": "spark"}, "unknown executor 'spark': there are local and ray"),
        ({"executor": None, "actors": "4"}, "--actors goes with --executor ray only"),
        ({"executor": "local", "actor_gpus": 1.0}, "--actor-gpus goes with --executor ray only"),
    ],
)
def test_option_that_makes_no_sense_is_refused(options: dict[str, object], message: str) -> None:
    given = {"address": None, "actors": None, "actor_cpus": None, "actor_gpus": None}
    with pytest.raises(UsageError, match=message):
        chosen_cluster(**{"executor": "ray", **given, **options})


def test_this_process_extracts_unless_told_otherwise() -> None:
    assert chosen_cluster(None, None, None, None, None) is None


def test_missing_ray_is_named_before_anything_is_made(
    cli: Cli, server: Loopback, articles: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    ended = cli(*RUN, *by(server))
    assert ended.code == 2
    assert ended.err == "error: Ray is not installed here: pip install 'llm-extract[ray]'\n"


@pytest.mark.usefixtures("_ray_is_installed")
def test_batch_service_and_cluster_do_not_go_together(
    cli: Cli, server: Loopback, articles: object
) -> None:
    ended = cli(*RUN, *by(server), "--service", "batch")
    assert (ended.code, server.requests) == (2, [])
    assert "--service batch and --executor ray do not go together" in ended.err


class Unconnected:
    """Ray before it is connected."""

    def is_initialized(self) -> bool:
        return False


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_cluster_that_is_not_there_ends_the_run_in_one_line(
    cli: Cli,
    server: Loopback,
    articles: object,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    monkeypatch.setattr("llm_extract.batch.executors.ray._import_ray", Unconnected)
    address = scheme + refused_url().removeprefix("http://").removesuffix("/v1")
    ended = cli(*RUN, *by(server), "--address", address)
    assert (ended.code, server.requests) == (1, [])
    assert ended.err.startswith(f"error: no Ray cluster at {address}: ")
    assert len(ended.err.splitlines()) == 1
