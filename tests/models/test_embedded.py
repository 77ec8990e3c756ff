"""The life of the embedded model's child process, and of the real server where it can run."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from llm_extract.errors import EmbeddedServerError, WeightsError
from llm_extract.models import embedded_child
from llm_extract.models.cores import usable_cores
from llm_extract.models.embedded import EmbeddedServer, start_embedded
from llm_extract.models.weights import CATALOGUE, weights_path
from tests.models.waiting import eventually

# A parent of its own: starts a server, says where, and then does as its argument says.
PARENT = """
import os, sys, threading, time
from pathlib import Path
from llm_extract.models.embedded import start_embedded

def start():
    command = sys.argv[3:]
    more = {"command": command} if command else {}
    server = start_embedded(Path(sys.argv[2]), context_tokens=512, slots=1, threads=1, **more)
    print(server.base_url, flush=True)
    servers.append(server)

servers = []
if sys.argv[1] != "in-main":
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
else:
    start()
if sys.argv[1] == "returns":
    if os.fork() == 0:  # a worker, say, that inherits the pipe to the server
        time.sleep(5)
        os._exit(0)
else:
    time.sleep(60)
"""


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "some.gguf"
    path.write_bytes(b"GGUF and so on")
    return path


def stand_in(behaviour: str = "serves") -> tuple[str, ...]:
    return (sys.executable, "-m", "tests.models.stand_in_child", behaviour)


def start_stand_in(weights: Path, behaviour: str, timeout: float = 20) -> EmbeddedServer:
    return start_embedded(
        weights, context_tokens=512, slots=1, command=stand_in(behaviour), timeout=timeout
    )


def status(base_url: str, path: str, key: str | None) -> int:
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=5)
    try:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def is_listening(base_url: str) -> bool:
    host, _, port = urlsplit(base_url).netloc.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def parent(behaviour: str, weights: Path, *command: str) -> tuple[subprocess.Popen[str], str]:
    """Start a parent process; return it and the address of its server."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, behaviour, str(weights), *command],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


# --- start and stop


def test_server_is_healthy_when_started_and_gone_when_stopped(weights: Path) -> None:
    with start_stand_in(weights, "serves") as server:
        assert status(server.base_url, "/health", None) == 200
        server.check_alive()
    assert not is_listening(server.base_url)
    server.stop()


def test_child_gets_the_key_by_standard_input_only(weights: Path) -> None:
    with start_stand_in(weights, "serves") as server:
        assert status(server.base_url, "/v1/models", server.api_key) == 200
        assert status(server.base_url, "/v1/models", None) == 401
        if sys.platform == "linux":
            pid = server._child._process.pid
            for shown in ("cmdline", "environ"):
                assert server.api_key.encode() not in Path(f"/proc/{pid}/{shown}").read_bytes()


def test_every_server_has_its_own_key(weights: Path) -> None:
    with start_stand_in(weights, "serves") as one, start_stand_in(weights, "serves") as other:
        assert status(one.base_url, "/v1/models", other.api_key) == 401


def test_proxy_of_the_environment_is_passed_by(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with start_stand_in(weights, "serves") as server:
        server.check_alive()


# --- failures


@pytest.mark.parametrize(
    ("behaviour", "line"),
    [
        ("refuses", "a line for the user"),
        (
            "fails",
            "the embedded model server could not load {weights} (exit status 1); its log ends: "
            "noise on standard output | E loader: invalid magic | RuntimeError: cannot be loaded",
        ),
        (
            "dies",
            "the embedded model server could not load {weights} (SIGKILL); its log ends: "
            "noise on standard output",
        ),
    ],
)
def test_failed_start_is_one_clear_line(weights: Path, behaviour: str, line: str) -> None:
    with pytest.raises(EmbeddedServerError) as raised:
        start_stand_in(weights, behaviour)
    assert str(raised.value) == line.format(weights=weights)


def test_start_that_hangs_is_given_up_at_the_deadline(weights: Path) -> None:
    with pytest.raises(EmbeddedServerError, match=r"was not ready after 2 s; .*still at it"):
        start_stand_in(weights, "hangs", timeout=2)


def test_server_that_dies_later_is_noticed(weights: Path) -> None:
    with start_stand_in(weights, "serves") as server:
        os.kill(server._child._process.pid, signal.SIGKILL)
        server._child._process.wait()
        for _ in range(2):
            with pytest.raises(EmbeddedServerError, match=r"died \(SIGKILL\)"):
                server.check_alive()


def test_command_that_does_not_exist_is_named(weights: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="cannot start /no/such/python: No such file"):
        start_embedded(weights, context_tokens=512, slots=1, command=["/no/such/python"])


def test_missing_xllamacpp_says_what_to_install(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ModuleNotFoundError(name='xllamacpp')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    working_folder = tmp_path / "here"
    working_folder.mkdir()
    (working_folder / "json.py").write_text("raise SystemExit('a file of the user, not json')")
    monkeypatch.chdir(working_folder)
    with pytest.raises(EmbeddedServerError) as raised:
        start_embedded(weights, context_tokens=512, slots=1)
    expected = "the embedded model needs xllamacpp: pip install 'llm-extract[local]'"
    assert str(raised.value) == expected


@pytest.mark.parametrize(
    ("content", "line"),
    [(None, "cannot read the weights .*No such file"), (b"PK\3\4", "is not a GGUF file")],
)
def test_file_that_is_no_weights_is_refused(
    tmp_path: Path, content: bytes | None, line: str
) -> None:
    path = tmp_path / "x.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=line):
        start_stand_in(path, "serves")


# --- the child never outlives its parent


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("behaviour", ["in-main", "in-thread"])
@pytest.mark.parametrize("killed_by", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_child_dies_with_its_parent(weights: Path, behaviour: str, killed_by: str) -> None:
    process, base_url = parent(behaviour, weights, *stand_in())
    with process:
        assert is_listening(base_url)
        process.send_signal(signal.Signals[killed_by])
        process.wait()
        eventually(lambda: not is_listening(base_url))


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_child_is_stopped_when_its_parent_returns(weights: Path) -> None:
    process, base_url = parent("returns", weights, *stand_in())
    with process:
        assert process.wait() == 0
        assert not is_listening(base_url)


def test_end_of_input_alone_ends_the_child(weights: Path) -> None:
    server = start_stand_in(weights, "serves")
    process = server._child._process
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(20) == 0
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
@pytest.mark.parametrize("behaviour", ["in-main", "in-thread"])
def test_linux_kills_a_child_that_cannot_notice(
    weights: Path, tmp_path: Path, behaviour: str
) -> None:
    pid_file = tmp_path / "pid"
    hang = f"""
import os, pathlib, sys, threading, time
from llm_extract.models import embedded_child
def serve(config):
    pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))
    time.sleep(60)
threading.Thread.start = lambda thread: None  # as if the interpreter lock were never released
embedded_child.run(serve)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, behaviour, str(weights), sys.executable, "-c", hang]
    )
    eventually(lambda: pid_file.exists() and pid_file.read_text() != "")
    pid = int(pid_file.read_text())
    process.kill()
    process.wait()
    eventually(lambda: not is_running(pid))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_is_left_to_the_parent(weights: Path) -> None:
    with start_stand_in(weights, "serves") as server:
        os.kill(server._child._process.pid, signal.SIGINT)
        time.sleep(0.1)
        server.check_alive()
        assert status(server.base_url, "/health", None) == 200


def test_child_started_by_a_thread_survives_the_thread(weights: Path) -> None:
    servers: list[EmbeddedServer] = []
    thread = threading.Thread(target=lambda: servers.append(start_stand_in(weights, "serves")))
    thread.start()
    thread.join()
    with servers[0] as server:
        time.sleep(0.1)
        server.check_alive()


# --- cores


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's sysfs")
@pytest.mark.parametrize(
    ("siblings", "quota", "cores"),
    [
        (["0", "1", "2", "3"], "max 100000", 4),
        (["0,2", "1,3", "0,2", "1,3"], "max 100000", 2),
        (["0", "1", "2", "3"], "200000 100000", 2),
        (["0", "1", "2", "3"], "50000 100000", 1),
        (["0", "1", "2", "3"], None, 4),
        ([], None, 4),
    ],
    ids=["cores", "hyper-threads", "quota", "half-a-cpu", "no-cgroup", "no-sysfs"],
)
def test_cores(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    siblings: list[str],
    quota: str | None,
    cores: int,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    for cpu, listed in enumerate(siblings):
        topology = tmp_path / f"devices/system/cpu/cpu{cpu}/topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(f"{listed}\n")
    if quota:
        (tmp_path / "fs/cgroup").mkdir(parents=True)
        (tmp_path / "fs/cgroup/cpu.max").write_text(f"{quota}\n")
    assert usable_cores(tmp_path) == cores


# --- the real server


def test_child_module_imports_nothing_heavy() -> None:
    code = f"import sys, {embedded_child.__name__}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert embedded_child.__name__ in loaded.split()
    assert not {"openai", "instructor", "typer", "rich"} & set(loaded.split())


@pytest.mark.embedded
def test_real_server_answers_only_with_its_key() -> None:
    weights = weights_path(CATALOGUE["local"])
    with start_embedded(weights, context_tokens=512, slots=2) as server:
        body = {
            "messages": [{"role": "user", "content": "Say yes."}],
            "max_tokens": 1,
            "temperature": 0,
            "grammar": 'root ::= "yes"',
        }
        replies = []
        for key in (server.api_key, "another", None):
            connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=120)
            headers = {"Content-Type": "application/json"}
            if key:
                headers["Authorization"] = f"Bearer {key}"
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
            response = connection.getresponse()
            replies.append((response.status, json.loads(response.read())))
            connection.close()
        assert replies[0][1]["choices"][0]["message"]["content"] == "yes"
        assert [code for code, _ in replies] == [200, 401, 401]
        assert urlsplit(server.base_url).hostname == "127.0.0.1"
        assert not is_listening_elsewhere(server.base_url)
    assert not is_listening(server.base_url)


def is_listening_elsewhere(base_url: str) -> bool:
    """Whether the server's port is open at another of this machine's addresses."""
    return is_listening(f"http://127.0.0.2:{urlsplit(base_url).port}")


@pytest.mark.embedded
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_real_server_dies_with_its_parent() -> None:
    process, base_url = parent("in-main", weights_path(CATALOGUE["local"]))
    with process:
        assert is_listening(base_url)
        process.kill()
        process.wait()
        eventually(lambda: not is_listening(base_url))


@pytest.mark.embedded
def test_real_server_says_why_it_cannot_load(weights: Path) -> None:
    with pytest.raises(EmbeddedServerError, match=r"could not load .*some\.gguf.*its log ends: .+"):
        start_embedded(weights, context_tokens=512, slots=1)
