"""The model server of the benchmarks of long runs, in a process of its own.

    with serving(0.2, faults=0.2) as server:
        ...  # ask the server at server.base_url
        print(server.seen().calls)

It answers llm_extract, a bare instructor script and LangExtract, each in its own format, with the
one quotation that an invented article of `batch_runs` holds.
"""

import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the tests' server is no package's

from tests.support.loopback import Answer, Fault, Loopback, Raw, Reply, Reset, Stall

ROOT = Path(__file__).resolve().parents[2]
CHARACTERS_A_TOKEN = 4
SPEAKER = "Ana Petrova"
FOUND: dict[str, Any] = {
    "meetings": [],
    "positions": [],
    "quotes": [{"speaker": SPEAKER, "text": 1, "kind": "full"}],
    "not_quotes": [],
}
_SAID = re.compile("“(We will build bridge number \\d+,)”")
_TIMEOUT = "no reply in time"
_HEALING: dict[str, Answer] = {
    "429": Fault(429, "Slow down"),
    "429 with Retry-After": Fault(429, "Slow down", headers={"Retry-After": "1"}),
    "408": Fault(408),
    "409": Fault(409),
    "500": Fault(500),
    "502": Raw(b"<html>Bad gateway</html>", status=502, content_type="text/html"),
    "503": Fault(503),
    "529": Fault(529, "Overloaded"),
    "reset in mid-body": Reset(mid_body=True),
    _TIMEOUT: Stall(),
    "body that is no JSON": Raw(b'{"choices": [{"mess'),
    "no choices": Raw(b'{"choices": []}'),
}


@dataclass
class Seen:
    """What the server was asked, and what it answered.

    Attributes:
        calls: requests.
        faults: how often it misbehaved in which way.
        prompt_tokens: tokens of the messages that it answered well, 4 characters each.
        completion_tokens: tokens of those answers.
        seconds: from the first request to the last answer.
    """

    calls: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


class Serving:
    """A server that is up.

    Attributes:
        base_url: address of its API.
    """

    def __init__(self, process: "subprocess.Popen[str]", base_url: str) -> None:
        self.base_url = base_url
        self._process = process

    def seen(self) -> Seen:
        """Return what the server was asked so far."""
        asked, told = self._process.stdin, self._process.stdout
        if asked is None or told is None:
            raise AssertionError
        print(file=asked, flush=True)
        values = json.loads(told.readline())
        return Seen(**{**values, "faults": Counter(values["faults"])})


@contextmanager
def serving(
    delay: float, *, faults: float = 0.0, timeouts: bool = True, seed: int = 1
) -> Iterator[Serving]:
    """Run the server for as long as the block lasts.

    Args:
        delay: seconds that a good answer takes.
        faults: share of the requests that it fails, by each healing kind equally often.
        timeouts: whether never to answer is one of the kinds.
        seed: of the choice of those requests.
    """
    command = [sys.executable, __file__, str(delay), str(faults), str(int(timeouts)), str(seed)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    try:
        if process.stdout is None:
            raise AssertionError
        yield Serving(process, process.stdout.readline().strip())
    finally:
        process.kill()
        process.communicate()


class _Model:
    def __init__(self, delay: float, share: float, kinds: list[str], seed: int) -> None:
        self.server: Loopback | None = None
        self._delay = delay
        self._share = share
        self._kinds = kinds
        self._chance = random.Random(seed)
        self._seen = Seen()
        self._first: float | None = None

    def seen(self) -> str:
        return json.dumps(vars(self._seen))

    def answer(self, body: dict[str, Any]) -> Answer:
        """Decide an answer; the server asks for one at a time."""
        if self.server is not None:
            self.server.requests.clear()  # it would keep them all
        seen, now = self._seen, time.monotonic()
        self._first = now if self._first is None else self._first
        seen.calls += 1
        seen.seconds = now + self._delay - self._first
        if self._chance.random() < self._share:
            kind = self._kinds[seen.faults.total() % len(self._kinds)]
            seen.faults[kind] += 1
            return _HEALING[kind]
        content = json.dumps(_content(body))
        characters = sum(len(message["content"]) for message in body["messages"])
        prompt, completion = characters // CHARACTERS_A_TOKEN, len(content) // CHARACTERS_A_TOKEN
        seen.prompt_tokens += prompt
        seen.completion_tokens += completion
        return Reply(content, prompt_tokens=prompt, completion_tokens=completion, delay=self._delay)


def _content(body: dict[str, Any]) -> dict[str, Any]:
    asked = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
    if "quotes" in asked.get("properties", {}):
        return FOUND
    said = _SAID.search(body["messages"][-1]["content"])
    attributes = {"quote_attributes": {"speaker": SPEAKER}}
    return {"extractions": [{"quote": said[1], **attributes}] if said else []}


def _main() -> None:
    delay, share, timeouts, seed = sys.argv[1:]
    kinds = [kind for kind in _HEALING if kind != _TIMEOUT or timeouts == "1"]
    model = _Model(float(delay), float(share), kinds, int(seed))
    with Loopback(answer=model.answer) as server:
        model.server = server
        print(server.base_url, flush=True)
        for _ in sys.stdin:
            print(model.seen(), flush=True)


if __name__ == "__main__":
    _main()
