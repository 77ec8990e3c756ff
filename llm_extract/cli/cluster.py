"""`--executor ray`: what it and the options that go with it mean."""

import re
from typing import TYPE_CHECKING, Final

from llm_extract.errors import UsageError

if TYPE_CHECKING:
    from llm_extract.batch.executors.ray import RayCluster

_ACTORS = re.compile(r"(\d+)(?:-(\d+))?", re.ASCII)
_DEFAULT_ACTORS: Final = "1-16"


def chosen_cluster(
    executor: str | None,
    address: str | None,
    actors: str | None,
    actor_cpus: float | None,
    actor_gpus: float | None,
) -> "RayCluster | None":
    """Return the cluster to extract on; None where this process extracts.

    Raises:
        UsageError: an option is wrong, or goes with --executor ray only; or Ray is not installed.
    """
    if executor == "ray":
        from llm_extract.batch.executors.ray import RayCluster

        least, most = _parse_actors(actors or _DEFAULT_ACTORS)
        cpus = 1.0 if actor_cpus is None else actor_cpus
        cluster = RayCluster(address, least, most, cpus, actor_gpus or 0.0)
        cluster.check()
        return cluster
    if executor not in (None, "local"):
        raise UsageError(f"unknown executor {executor!r}: there are local and ray")
    given = {
        "--address": address,
        "--actors": actors,
        "--actor-cpus": actor_cpus,
        "--actor-gpus": actor_gpus,
    }
    if alone := [name for name, value in given.items() if value is not None]:
        raise UsageError(f"{alone[0]} goes with --executor ray only")
    return None


def _parse_actors(words: str) -> tuple[int, int]:
    """Return the least and the most actors that `4` or `2-16` means."""
    found = _ACTORS.fullmatch(words.strip())
    if found is None:
        raise UsageError(f"--actors {words!r} is no number of actors: give 4, or 2-16")
    return int(found[1]), int(found[2] or found[1])
