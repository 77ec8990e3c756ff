"""Sources on file systems other than that of this machine."""

import gzip
import io
import json
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from pyarrow import parquet

from llm_extract.errors import SourceError, UsageError
from llm_extract.text import sources
from llm_extract.text.article import Article
from llm_extract.text.locations import full_name, identity, locate
from llm_extract.text.sources import SourceFailure, check_sources, count_sources, read_sources
from llm_extract.text.urls import Url

fsspec = pytest.importorskip("fsspec")
from fsspec.implementations.memory import MemoryFileSystem  # noqa: E402

WORDS = "The mayor met the builders."


class Faulty(MemoryFileSystem):
    """A file system in memory that misbehaves at the paths that tests name."""

    protocol = "faulty"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    listing: ClassVar[dict[str, Exception]] = {}
    reading: ClassVar[dict[str, Exception]] = {}

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("faulty://", "memory://")))

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        if fault := self.listing.get(self._strip_protocol(path)):
            raise fault
        return super().ls(path, detail, **options)

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        file = super()._open(path, mode, **options)
        fault = self.reading.get(path)
        return _Breaking(file.getvalue(), fault) if fault and mode == "rb" else file


class _Breaking(io.BytesIO):
    """A file that breaks off after half of it."""

    def __init__(self, content: bytes, fault: Exception) -> None:
        super().__init__(content)
        self._fault, self._left = fault, len(content) // 2

    def read(self, size: int | None = -1, /) -> bytes:
        if self._left <= 0:
            raise self._fault
        data = super().read(min(size or 0, self._left))
        self._left -= len(data)
        return data


@pytest.fixture
def files() -> Iterator[Callable[..., str]]:
    """Writes files into an empty file system, and returns the URL of the last."""
    fsspec.register_implementation("faulty", Faulty, clobber=True)

    def write(*paths: str, content: str | bytes = WORDS) -> str:
        for path in paths:
            data = content.encode() if isinstance(content, str) else content
            fsspec.filesystem("faulty").pipe_file(f"/{path}", data)
        return f"faulty://{paths[-1]}"

    yield write
    Faulty.store.clear()
    Faulty.pseudo_dirs[:] = [""]
    Faulty.listing.clear()
    Faulty.reading.clear()


def read(*given: str) -> list[Article | SourceFailure]:
    return list(read_sources([locate(place) for place in given]))


def ids(*given: str) -> list[str]:
    return [item.id for item in read(*given)]


def failures_of(*given: str) -> list[SourceFailure]:
    failures = [item for item in read(*given) if isinstance(item, SourceFailure)]
    assert all("\n" not in str(failure.error) for failure in failures)
    return failures


def only_failure(*given: str) -> SourceFailure:
    (failure,) = failures_of(*given)
    return failure


def count(*given: str) -> int | None:
    return count_sources([locate(place) for place in given])


def lines(*names: Any) -> bytes:
    return b"".join(json.dumps({"id": name, "text": WORDS}).encode() + b"\n" for name in names)


def table(*names: str) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(pa.table({"id": list(names), "text": [WORDS] * len(names)}), stream)
    return stream.getvalue()


class TestFolders:
    def test_articles_come_sorted_with_relative_ids(self, files: Callable[..., str]) -> None:
        files("n/b.txt", "n/a/z.md", "n/a/b/c.TXT", "n/a.txt", "n/Z.txt", "m/other.txt")
        articles = read("faulty://n")
        assert [item.id for item in articles] == ["Z.txt", "a.txt", "a/b/c.TXT", "a/z.md", "b.txt"]
        assert [item.source for item in articles] == [f"faulty://n/{a.id}" for a in articles]
        assert articles == read("faulty://n/")
        assert count("faulty://n") == 5

    def test_whole_file_system_is_a_folder(self, files: Callable[..., str]) -> None:
        files("b.txt", "a/c.txt")
        assert ids("faulty://") == ["a/c.txt", "b.txt"]

    def test_hidden_and_other_files_are_passed_over(self, files: Callable[..., str]) -> None:
        files("n/.a.txt", "n/.git/a.txt", "n/a.pdf", "n/_SUCCESS", "n/a.txt")
        assert ids("faulty://n") == ["a.txt"]

    def test_kinds_are_read_as_on_this_machine(self, files: Callable[..., str]) -> None:
        files("n/a.txt.gz", content=gzip.compress(WORDS.encode()))
        files("n/b.jsonl", content=lines("b1", "b2"))
        files("n/c.jsonl.gz", content=gzip.compress(lines("c1")))
        files("n/d.parquet", content=table("d1", "d2"))
        articles = read("faulty://n")
        assert [item.id for item in articles] == ["a.txt.gz", "b1", "b2", "c1", "d1", "d2"]
        assert all(isinstance(item, Article) and item.text == WORDS for item in articles)

    def test_folder_that_cannot_be_listed_fails_alone(self, files: Callable[..., str]) -> None:
        files("n/a.txt", "n/closed/b.txt", "n/z.txt")
        Faulty.listing["/n/closed"] = PermissionError("Access Denied")
        assert ids("faulty://n") == ["a.txt", "closed", "z.txt"]
        assert str(only_failure("faulty://n").error) == (
            "faulty://n/closed/: the folder cannot be read "
            "(access is denied (Access Denied): check the credentials)"
        )


class TestFiles:
    def test_file_given_is_named_by_its_name(self, files: Callable[..., str]) -> None:
        (article,) = read(files("deep/down/x.txt"))
        assert article == Article("x.txt", WORDS, source="faulty://deep/down/x.txt")

    def test_same_id_names_both_places(self, files: Callable[..., str]) -> None:
        first, second = files("a/x.txt"), files("b/x.txt")
        assert str(only_failure(first, second).error) == (
            f"{second}: the id 'x.txt' is taken by {first}: "
            "give the common parent folder as the source"
        )

    def test_rows_are_named(self, files: Callable[..., str]) -> None:
        place = files("x.jsonl", content=lines("a", 1.5))
        assert str(only_failure(place).error).startswith(f"{place}, line 2: has no")

    @pytest.mark.parametrize("suffix", ["txt", "html"])
    def test_too_large_file_fails_alone(
        self, files: Callable[..., str], monkeypatch: pytest.MonkeyPatch, suffix: str
    ) -> None:
        monkeypatch.setattr(sources, "MAX_ARTICLE_BYTES", 100)
        files("n/a.txt")
        files(f"n/b.{suffix}", content="x" * 101)
        assert "more than the 100 an article may have" in str(only_failure("faulty://n").error)


class TestPatterns:
    @pytest.fixture(autouse=True)
    def tree(self, files: Callable[..., str]) -> None:
        files("n/2030-12/a.txt", "n/2031-01/a.txt", "n/2031-02/b/c.txt", "n/2031.pdf", "n/y.txt")

    @pytest.mark.parametrize(
        ("pattern", "found"),
        [
            ("n/2031-*", ["2031-01/a.txt", "2031-02/b/c.txt"]),
            ("n/2031-*/", ["2031-01/a.txt", "2031-02/b/c.txt"]),
            ("n/*/a.txt", ["2030-12/a.txt", "2031-01/a.txt"]),
            ("n/**", ["2030-12/a.txt", "2031-01/a.txt", "2031-02/b/c.txt", "y.txt"]),
            ("n/203[12]-0?/a.txt", ["2031-01/a.txt"]),
            ("n/*.txt", ["y.txt"]),
        ],
    )
    def test_ids_begin_where_the_pattern_does(self, pattern: str, found: list[str]) -> None:
        articles = read(f"faulty://{pattern}")
        assert [item.id for item in articles] == found
        assert [item.source for item in articles] == [f"faulty://n/{i}" for i in found]
        assert count(f"faulty://{pattern}") == len(found)

    @pytest.mark.parametrize("pattern", ["n/*.jsonl", "n/*.pdf", "nowhere/*"])
    def test_pattern_that_nothing_matches_is_refused(self, pattern: str) -> None:
        with pytest.raises(UsageError, match="no article in this folder"):
            read(f"faulty://{pattern}")


class TestUsage:
    def test_source_must_exist(self, files: Callable[..., str]) -> None:
        files("n/a.txt")
        with pytest.raises(UsageError, match=r"faulty://n/b.txt: there is no such file or folder"):
            read("faulty://n", "faulty://n/b.txt")

    def test_file_of_another_kind_is_refused(self, files: Callable[..., str]) -> None:
        with pytest.raises(UsageError, match=r"faulty://n/a.pdf: not a kind of file"):
            read(files("n/a.pdf"))

    def test_source_given_twice_is_refused(self, files: Callable[..., str]) -> None:
        files("n/a.txt")
        with pytest.raises(UsageError, match="given twice"):
            read("faulty://n", "faulty://n/")

    def test_denied_folder_is_told_before_anything_is_read(self, files: Callable[..., str]) -> None:
        files("n/a.txt")
        Faulty.listing["/n"] = PermissionError("Forbidden")
        with pytest.raises(SourceError, match=r"^faulty://n: access is denied \(Forbidden\)"):
            read("faulty://n")

    def test_unknown_file_system_is_refused(self) -> None:
        with pytest.raises(UsageError, match="nosuch:// is no file system that can be used"):
            locate("nosuch://a/b")

    def test_missing_package_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from fsspec.registry import _registry

        monkeypatch.setitem(sys.modules, "s3fs", None)
        monkeypatch.delitem(_registry, "s3", raising=False)
        with pytest.raises(UsageError, match=r"Install s3fs.*: pip install 'llm-extract\[remote\]"):
            locate("s3://bucket/news")
        monkeypatch.setitem(sys.modules, "gcsfs", None)
        with pytest.raises(UsageError, match=r"install gcsfs.*: with pip"):
            locate("gs://bucket/news")
        monkeypatch.setitem(sys.modules, "fsspec.core", None)
        with pytest.raises(
            UsageError, match=r"^s3:// URLs need fsspec: pip install 'llm-extract\[remote"
        ):
            locate("s3://bucket/news")

    def test_url_as_a_path_is_explained(self) -> None:
        with pytest.raises(UsageError, match="give a URL as a string, not as a Path"):
            check_sources([Path("s3://bucket/news")])


class TestFaults:
    """Files that break off in the middle."""

    @pytest.mark.parametrize(
        ("fault", "message"),
        [
            (PermissionError("Forbidden"), "access is denied (Forbidden): check the credentials"),
            (FileNotFoundError("gone"), "there is no such file, folder or bucket"),
            (ConnectionResetError(104, "reset"), "cannot be reached ([Errno 104] reset): check"),
            (RuntimeError("what\never"), "cannot be reached (what ever): check address"),
            (RuntimeError("Unable to locate credentials"), "no usable credentials (Unable"),
            (TimeoutError(), "cannot be reached (TimeoutError): check"),
        ],
    )
    @pytest.mark.parametrize("name", ["b.txt", "b.jsonl", "b.jsonl.gz", "b.parquet"])
    def test_file_that_breaks_off_fails_alone(
        self, files: Callable[..., str], name: str, fault: Exception, message: str
    ) -> None:
        files("n/a.txt", "n/c.txt")
        contents = {
            "b.txt": WORDS.encode(),
            "b.jsonl": lines(),
            "b.jsonl.gz": gzip.compress(lines("b")),
            "b.parquet": table("b"),
        }
        place = files(f"n/{name}", content=contents[name] or lines("b")[:-1])
        Faulty.reading[f"/n/{name}"] = fault
        assert ids("faulty://n") == ["a.txt", name, "c.txt"]
        failure = only_failure("faulty://n")
        assert (failure.source, failure.id) == (place, name)
        assert str(failure.error).startswith(f"{place}: {message}")

    @pytest.mark.parametrize("name", ["x.jsonl", "x.parquet"])
    def test_articles_before_the_break_are_read(self, files: Callable[..., str], name: str) -> None:
        names = [str(number) for number in range(200_000)]
        content = lines(*names[:100_000]) if name == "x.jsonl" else table(*names)
        place = files(name, content=content)
        Faulty.reading[f"/{name}"] = ConnectionResetError("reset")
        *good, bad = read(place)
        assert len(good) > 20_000 or name == "x.parquet"
        assert all(isinstance(item, Article) for item in good)
        assert bad.id == name

    def test_folder_that_is_gone_is_a_failure(self, files: Callable[..., str]) -> None:
        files("n/a.txt")
        items = read_sources([locate("faulty://n/a.txt"), locate("faulty://n")])
        assert next(items).id == "a.txt"
        Faulty.store.clear()
        assert "there is no such file, folder" in str(next(items).error)  # type: ignore[union-attr]


class TestCounting:
    def test_lines_are_not_fetched_twice(self, files: Callable[..., str]) -> None:
        files("n/a.txt")
        files("n/b.parquet", content=table("a", "b", "c"))
        assert count("faulty://n") == 4
        files("n/c.jsonl", content=lines("d"))
        assert count("faulty://n") is None


class TestNames:
    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            ("https://ann:secret@example.org/n/a.txt?X-Sig=1", "https://example.org/n/a.txt"),
            ("memory://ann:secret@host/n/a.txt", "memory://host/n/a.txt"),
            ("memory://n/a@b.txt", "memory://n/a@b.txt"),
        ],
    )
    def test_secrets_are_not_shown(self, given: str, shown: str) -> None:
        place = locate(given)
        assert str(place) == full_name(place) == shown
        assert place.name == shown.rpartition("/")[2]

    def test_secrets_are_in_no_error(self, files: Callable[..., str]) -> None:
        place = files("ann:secret@host/a.txt")
        Faulty.reading["/ann:secret@host/a.txt"] = OSError(f"cannot read {place}")
        assert str(only_failure(place).error) == (
            "faulty://host/a.txt: cannot be reached (cannot read faulty://host/a.txt): "
            "check address and network"
        )

    @pytest.mark.parametrize(
        ("given", "path"),
        [
            ("file:///n/a%20b.txt", "/n/a b.txt"),
            ("file://localhost/n/a.txt", "/n/a.txt"),
            ("n/a.txt", "n/a.txt"),
            ("-", "-"),
            ("c:/n/a.txt", "c:/n/a.txt"),
        ],
    )
    def test_local_places_are_paths(self, given: str, path: str) -> None:
        assert locate(given) == Path(path)

    def test_path_stays_what_it_is(self, tmp_path: Path) -> None:
        assert locate(tmp_path) == locate(str(tmp_path)) == tmp_path
        assert identity(tmp_path / ".." / tmp_path.name) == str(tmp_path.resolve())


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; with `ranges`, also parts of files."""

    ranges = False

    def log_message(self, *_: Any) -> None:
        pass

    def send_head(self) -> Any:
        if "denied" in self.path:
            self.send_error(403)
            return None
        return super().send_head()

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        path = Path(self.translate_path(self.path))
        if not (self.ranges and wanted and path.is_file()):
            super().do_GET()
            return
        first, last = wanted.removeprefix("bytes=").split("-")
        data = path.read_bytes()[int(first) : int(last) + 1]
        self.send_response(206)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture(params=[True, False], ids=["with ranges", "without ranges"])
def web(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on this machine, and the folder it serves."""
    pytest.importorskip("aiohttp")
    kind = type("Kind", (Handler,), {"ranges": request.param})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(kind, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", tmp_path
        server.shutdown()
        thread.join()


class TestWeb:
    def test_files_are_read(self, web: tuple[str, Path]) -> None:
        address, folder = web
        names = [str(number) for number in range(100_000)]
        (folder / "a.jsonl").write_bytes(lines(*names))  # more than one part
        (folder / "b.parquet").write_bytes(table("x", "y"))
        (folder / "c.txt").write_text(WORDS)
        found = read(f"{address}/a.jsonl?key=1", f"{address}/b.parquet", f"{address}/c.txt")
        assert [item.id for item in found] == [*names, "x", "y", "c.txt"]
        assert found[0].source == f"{address}/a.jsonl"

    def test_folder_is_what_its_page_links_to(self, web: tuple[str, Path]) -> None:
        address, folder = web
        (folder / "n" / "deep").mkdir(parents=True)
        (folder / "n" / "deep" / "a.txt").write_text(WORDS)
        (folder / "n" / "b.txt").write_text(WORDS)
        (folder / "other.txt").write_text(WORDS)
        assert ids(f"{address}/n/") == ["b.txt", "deep/a.txt"]

    def test_links_to_elsewhere_are_not_followed(self, web: tuple[str, Path]) -> None:
        address, folder = web
        (folder / "n").mkdir()
        for name in ("other.txt", "n/b.txt"):
            (folder / name).write_text(WORDS)
        links = (
            "b.txt",
            "../other.txt",
            "/other.txt",
            "/",
            "./",
            "..",
            "https://example.org/c.txt",
        )
        page = "".join(f'<a href="{link}">x</a>\n' for link in links)
        (folder / "n" / "index.html").write_text(page)
        assert ids(f"{address}/n/") == ["b.txt"]

    def test_missing_file_is_refused(self, web: tuple[str, Path]) -> None:
        with pytest.raises(UsageError, match=r"a.txt: there is no such file or folder"):
            read(f"{web[0]}/a.txt")

    def test_server_that_is_down_is_told(self) -> None:
        pytest.importorskip("aiohttp")
        with pytest.raises(SourceError, match=r"^http://127.0.0.1:9/a.txt: cannot be reached"):
            read("http://127.0.0.1:9/a.txt")

    def test_denied_file_is_told_without_its_signature(self, web: tuple[str, Path]) -> None:
        (web[1] / "denied.txt").write_text(WORDS)
        with pytest.raises(SourceError) as caught:
            read(f"{web[0]}/denied.txt?X-Sig=secret")
        assert str(caught.value) == (
            f"{web[0]}/denied.txt: access is denied (403 Forbidden): check the credentials"
        )


def test_memory_does_not_grow_with_the_lines(files: Callable[..., str]) -> None:
    def peak(place: str) -> int:
        tracemalloc.start()
        try:
            for item in read_sources([locate(place)]):
                assert isinstance(item, Article)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few = files("few.jsonl.gz", content=gzip.compress(lines(*range(10_000))))
    many = files("many.jsonl.gz", content=gzip.compress(lines(*range(30_000))))
    assert isinstance(locate(many), Url)
    peak(few)  # what is set up once
    assert peak(many) < peak(few) + 500_000


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of an S3 server on this machine."""
    pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    from tests.support.s3 import s3_server

    with s3_server(monkeypatch) as url:
        yield url


@pytest.mark.s3
class TestS3:
    def test_bucket_is_read_in_parts(self, bucket: str) -> None:
        system = fsspec.filesystem("s3")
        names = [f"a{number}" for number in range(150_000)]
        assert len(lines(*names)) > system.default_block_size / 10
        files = {
            "n/a.jsonl": lines(*names),
            "n/b.jsonl.gz": gzip.compress(lines("b")),
            "n/c/d.parquet": table("d", "e"),
            "n/f.txt": WORDS.encode(),
            "m/other.txt": WORDS.encode(),
        }
        for path, content in files.items():
            system.pipe_file(f"{bucket}/{path}", content)
        items = read(f"{bucket}/n/")
        assert [item.id for item in items] == [*names, "b", "d", "e", "f.txt"]
        assert all(isinstance(item, Article) for item in items)
        assert ids(f"{bucket}/n/*.txt", f"{bucket}/m") == ["f.txt", "other.txt"]
        assert count(f"{bucket}/n/c", f"{bucket}/m/other.txt") == 3

    def test_what_is_not_there_is_refused(self, bucket: str) -> None:
        for place in (f"{bucket}/n/a.txt", f"{bucket}/n/", "s3://nowhere/a.txt"):
            with pytest.raises(UsageError, match=f"{place}: there is no such file or folder"):
                read(place)

    def test_object_that_goes_meanwhile_fails_alone(self, bucket: str) -> None:
        system = fsspec.filesystem("s3")
        for name in "abc":
            system.pipe_file(f"{bucket}/n/{name}.parquet", table(name))
        items = read_sources([locate(f"{bucket}/n")])
        assert next(items).id == "a"
        system.rm_file(f"{bucket}/n/b.parquet")
        gone, last = items
        assert isinstance(gone, SourceFailure)
        assert str(gone.error) == (f"{bucket}/n/b.parquet: there is no such file, folder or bucket")
        assert last.id == "c"

    def test_server_that_is_down_is_told(
        self, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options = {
            "endpoint_url": "http://127.0.0.1:9",
            "config_kwargs": {"retries": {"max_attempts": 0}},
        }
        monkeypatch.setitem(fsspec.config.conf, "s3", options)
        monkeypatch.setattr("s3fs.core.S3FileSystem.retries", 1)
        with pytest.raises(SourceError, match=rf"^{bucket}/n: cannot be reached \("):
            read(f"{bucket}/n")
