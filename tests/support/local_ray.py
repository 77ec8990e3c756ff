"""Ray on this machine: for the tests of a session, and as a cluster that nodes can be taken from.

Ray is imported where it is used: most tests run without it.
"""

import os
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.models.waiting import eventually

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster


@contextmanager
def local_ray() -> Iterator[None]:
    """Runs Ray for as long as the block lasts; executors without an address use it."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray

        ray.init(
            address="local",
            num_cpus=16,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
        )
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def nodes() -> "Iterator[Cluster]":
    """Runs a cluster of one node with two CPUs, to which others can be added."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 2, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, connect=False, head_node_args=head)
    try:
        yield cluster
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cluster.shutdown()


@contextmanager
def client_server(address: str, port: str) -> Iterator[None]:
    """Runs what answers `ray://` for a cluster."""
    command = [sys.executable, "-m", "ray.util.client.server", "--address", address]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", port],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(port))) == 0

    try:
        eventually(answers, seconds=30)
        yield
    finally:
        process.kill()
        process.wait()
