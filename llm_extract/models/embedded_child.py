"""The child process of an embedded model: `python -m llm_extract.models.embedded_child`.

Protocol with the parent (`embedded`): the first line of standard input is a `ChildConfig` as JSON.
When the server listens, or cannot be had, one JSON line goes to standard output:
`{"address": "http://HOST:PORT"}` or `{"error": "…"}`. Standard input stays open for as long as the
parent lives.
"""

import ctypes
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from llm_extract.errors import EmbeddedServerError

# States of prompts that may come again, kept when a slot takes up another prompt. It makes
# switching between a few shared prompt prefixes nearly free; the library's default is 8 GiB.
_PROMPT_CACHE_MIB = 512


@dataclass(frozen=True)
class ChildConfig:
    """What the parent asks for.

    Attributes:
        weights: Path of a GGUF file.
        api_key: The key that every request must carry.
        context_tokens: Context window of each slot in tokens.
        slots: How many requests are worked on at the same time.
        threads: How many threads compute.
        parent: Identifier of the parent process.
    """

    weights: str
    api_key: str
    context_tokens: int
    slots: int
    threads: int
    parent: int


class Listening(Protocol):
    """A server that listens for as long as the object exists."""

    @property
    def listening_address(self) -> str:
        """The address without a path: `http://HOST:PORT`."""


def run(serve: Callable[[ChildConfig], Listening]) -> None:
    """Start a server, report it to the parent and live until the parent is gone.

    Args:
        serve: Starts the server and returns once it listens. An `EmbeddedServerError` is for the
            user to read; any other error is for the log.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to act on
    reports = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints goes to the log
    config = ChildConfig(**json.loads(sys.stdin.readline()))
    _die_with_parent(config.parent)
    try:
        server = serve(config)
    except EmbeddedServerError as error:
        print(json.dumps({"error": str(error)}), file=reports, flush=True)
        sys.exit(1)
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
    print(json.dumps({"address": server.listening_address}), file=reports, flush=True)
    threading.Event().wait()


def _die_with_parent(parent: int) -> None:
    """Never outlive the parent, however it ends.

    Standard input reaches its end on every system, but this is noticed only after the weights are
    loaded, because loading holds the interpreter lock. Linux also kills the child by itself.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the request was made
            os._exit(1)
    threading.Thread(target=_exit_at_end_of_input, daemon=True).start()


def _exit_at_end_of_input() -> None:
    sys.stdin.read()
    os._exit(0)


def _serve_xllamacpp(config: ChildConfig) -> Listening:
    """Run llama.cpp's OpenAI-compatible server on a free loopback port."""
    # By default threads spin at barriers for long, and on a busy machine take the processor from
    # one another, which can make it many times slower. A short spin is as fast where all is quiet.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    try:
        import xllamacpp
    except ModuleNotFoundError as error:
        raise EmbeddedServerError(
            "the embedded model needs xllamacpp: pip install 'llm-extract[local]'"
        ) from error
    except ImportError as error:
        raise EmbeddedServerError(f"xllamacpp cannot be loaded: {error}") from error
    params = xllamacpp.CommonParams()
    params.model.path = config.weights
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [config.api_key]
    params.ui = False
    params.endpoint_slots = False
    params.n_parallel = config.slots
    params.n_ctx = config.context_tokens * config.slots
    params.cpuparams.n_threads = config.threads
    params.cpuparams_batch.n_threads = config.threads
    params.cache_ram_mib = _PROMPT_CACHE_MIB
    params.verbosity = 1  # errors only
    server: Listening = xllamacpp.Server(params)
    return server


if __name__ == "__main__":
    run(_serve_xllamacpp)
