"""What reaches the page's server from whom; asked of the real one, over sockets."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_extract.review.app import MAX_BODY_BYTES
from llm_extract.review.security import refusal
from tests.review.support import Found, Server, hosting, make_run

ARTICLE = "/api/articles/a"
DRAFT = f"{ARTICLE}/draft"
EMPTY: dict[str, list[object]] = {"meetings": [], "positions": [], "quotes": []}
CHANGE = {"version": "version-1", "gold": None, "records": EMPTY}
EVIL = "http://evil.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = make_run(tmp_path_factory.mktemp("run") / "out", {"a.txt": Found()})
    with hosting(folder) as running:
        yield running


@pytest.fixture
def unchanged(server: Server) -> Iterator[None]:
    """Checks that a test has changed nothing."""
    before = server.ask("GET", ARTICLE).body
    yield
    assert server.ask("GET", ARTICLE).body == before


READS: dict[str, dict[str, str | None]] = {
    "no token": {"Authorization": None},
    "another token": {"Authorization": "Bearer " + "x" * 43},
    "token of another kind": {"Authorization": "Basic x"},
    "token that is no ASCII": {"Authorization": "Bearer \xe9"},
    "foreign host": {"Host": "evil.example"},
    "host rebound to this port": {
        "Host": "evil.example:{port}",
        "Origin": "http://evil.example:{port}",
    },
    "host rebound, as for a plain reading": {"Host": "evil.example:{port}", "Origin": None},
    "host of another port": {"Host": "127.0.0.1:1"},
    "host without port": {"Host": "127.0.0.1"},
    "host like this one": {"Host": "127.0.0.1:{port}.evil.example"},
    "foreign origin": {"Origin": EVIL},
    "opaque origin": {"Origin": "null"},
    "origin of another port": {"Origin": "http://127.0.0.1:1"},
    "origin of another scheme": {"Origin": "https://127.0.0.1:{port}"},
    "origin of this machine by another name": {"Origin": "http://localhost:{port}"},
}


def fill(headers: dict[str, str | None], port: int) -> dict[str, str | None]:
    return {name: value and value.replace("{port}", str(port)) for name, value in headers.items()}


@pytest.mark.parametrize("case", READS)
def test_no_article_is_read_from_elsewhere(server: Server, case: str) -> None:
    headers = fill(READS[case], server.port)
    for path in ("/api/articles", ARTICLE, "/api/nothing"):
        answer = server.ask("GET", path, **headers)
        assert answer.status == 403
        assert b"Brandt" not in answer.body


@pytest.mark.parametrize("case", [*READS, "no origin"])
@pytest.mark.usefixtures("unchanged")
def test_nothing_is_written_from_elsewhere(server: Server, case: str) -> None:
    headers = fill((READS | {"no origin": {"Origin": None}})[case], server.port)
    for path in (DRAFT, f"{ARTICLE}/gold"):
        assert server.put(path, "run", CHANGE, **headers).status == 403


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
@pytest.mark.usefixtures("unchanged")
def test_contents_that_any_page_may_send_are_no_changes(server: Server, kind: str | None) -> None:
    assert server.put(DRAFT, "run", CHANGE, Content_Type=kind).status == 415


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "DELETE", "PATCH", "TRACE", "X"])
@pytest.mark.usefixtures("unchanged")
def test_other_methods_are_refused(server: Server, method: str) -> None:
    assert server.ask(method, DRAFT).status == 405


def test_no_other_origin_is_given_leave(server: Server) -> None:
    asked = server.ask(
        "OPTIONS", DRAFT, Origin=EVIL,
        Access_Control_Request_Method="PUT", Access_Control_Request_Headers="authorization",
    )  # fmt: skip
    answers = [asked, server.ask("GET", ARTICLE), server.ask("GET", "/"), server.ask("GET", "/x")]
    assert not [h for a in answers for h in a.headers if h.startswith("access-control")]
    for answer in answers:
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert asked.status == 403


@pytest.mark.parametrize(
    "path",
    ["/../pyproject.toml", "/%2e%2e/server.py", "/app.py", "/assets/main.js", "//etc/passwd"],
)
def test_only_the_files_of_the_page_are_served(server: Server, path: str) -> None:
    assert server.ask("GET", path).status == 404


@pytest.mark.parametrize("name", ["b", "..", "%2e%2e", "a.json", "..%2fa", "a%00"])
def test_only_articles_of_the_run_are_reached(server: Server, name: str) -> None:
    for answer in (
        server.ask("GET", f"/api/articles/{name}"),
        server.put(f"/api/articles/{name}/draft", "run", CHANGE),
    ):
        assert answer.status == 404


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b"[]", 400),
        (b'{"version": "version-1", "gold": null, "records": {}}', 400),
        (b'{"version": "../../x/y", "gold": null, "records": {}}', 400),
        (b"[" * 100_000, 400),
        (b'"' + b"x" * MAX_BODY_BYTES + b'"', 413),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_content_that_is_no_change_is_refused(server: Server, content: bytes, status: int) -> None:
    answer = server.ask("PUT", DRAFT, content, If_Match="run")
    assert answer.status == status
    assert answer.json["error"]


@pytest.mark.usefixtures("unchanged")
def test_change_without_a_version_or_to_another_one_is_refused(server: Server) -> None:
    assert server.put(DRAFT, "run", CHANGE, If_Match=None).status == 428
    assert server.put(DRAFT, "version-0", CHANGE).status == 409
    gold = {"gold": None, "records": EMPTY}
    assert server.put(f"{ARTICLE}/gold", "version-0", gold).status == 409


def test_other_interfaces_are_not_listened_on(server: Server) -> None:
    sockets = Path("/proc/net/tcp")
    if not sockets.exists():
        pytest.skip("no list of sockets on this system")
    lines = [line.split() for line in sockets.read_text().splitlines()[1:]]
    listening = [local for _, local, _, state, *_ in lines if state == "0A"]
    ours = [local for local in listening if local.endswith(f":{server.port:04X}")]
    assert ours == [f"0100007F:{server.port:04X}"]


def test_page_itself_is_served_without_the_token_and_holds_nothing_private(server: Server) -> None:
    answer = server.ask("GET", "/", Authorization=None)
    assert answer.status == 200
    assert server.token.encode() not in answer.body
    assert b"Brandt" not in answer.body


def test_requests_of_the_page_are_answered() -> None:
    headers = {"host": "127.0.0.1:80", "authorization": "Bearer t"}
    assert refusal("GET", "/api/articles", headers, "t", 80) is None
    write = {**headers, "origin": "http://127.0.0.1:80", "content-type": "application/json"}
    assert refusal("PUT", "/api/articles/a/draft", write, "t", 80) is None
    local = {"host": "localhost:80", "origin": "http://localhost:80"}
    assert refusal("PUT", "/api/x", write | local, "t", 80) is None
