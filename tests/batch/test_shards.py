"""Results as Parquet shards: equal to the originals, whole or not listed, whatever happens."""

import datetime
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from llm_extract.batch.records import read_records
from llm_extract.batch.results import open_results
from llm_extract.batch.shards import writing
from llm_extract.batch.shards.columns import arrow_schema, from_row, to_batch
from llm_extract.batch.shards.manifest import Manifest
from llm_extract.batch.shards.reading import read_shards
from llm_extract.batch.shards.writing import Written, write_shards
from llm_extract.batch.store import open_store
from llm_extract.errors import SourceError, StoreError, UsageError
from llm_extract.schemas import (
    Actor,
    ArticleRecords,
    ArticleRef,
    CustomRecord,
    DroppedDraft,
    EventDate,
    Meeting,
    Position,
    Provenance,
    Quotation,
    Quote,
    Span,
)
from llm_extract.text.locations import Location, locate
from llm_extract.text.sources import SourceFailure
from tests.batch.news import article, finish, records_of

NAMES = ["north", "east", "south", "west", "top", "low", "near"]


def ledger(folder: Path, names: Sequence[str] = NAMES, *, complete: bool = True) -> Path:
    with open_store(folder, "s") as store:
        store.begin_run()
        finish(store, names)
        store.export(complete=complete)
    return folder


def write(run: Path, place: Location, rows: int = 3) -> Written:
    with open_results(run) as results:
        return write_shards(results, place, rows)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "llm_extract.lock")


def ids(place: Location) -> list[str]:
    return [records.article.id.removesuffix(".txt") for records in read_shards(place)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return ledger(tmp_path / "run")


@pytest.fixture(params=["folder", "url"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """An empty place for shards: on this machine, and on a file system of fsspec."""
    if request.param == "folder":
        yield tmp_path / "shards"
        return
    memory = pytest.importorskip("fsspec").filesystem("memory")
    yield locate("memory://bucket/shards")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


class TestContents:
    def test_shards_hold_what_records_jsonl_holds(self, run: Path, place: Location) -> None:
        written = write(run, place)
        assert list(read_shards(place)) == list(read_records(run))
        assert [shard.rows for shard in written.manifest.shards] == [3, 3, 1]
        assert written.new == 3

    def test_manifest_describes_the_shards_and_the_run(self, tmp_path: Path) -> None:
        with open_store(tmp_path / "run", "settings of the run") as store:
            store.begin_run()
            finish(store, NAMES)
            store.list_failure(SourceFailure("empty.txt", "empty.txt", SourceError("is empty")))
            store.export(complete=True)
        folder = tmp_path / "shards"
        written = write(tmp_path / "run", folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        assert Manifest.model_validate(manifest) == written.manifest
        assert (manifest["articles"], manifest["records"]) == (7, {"quotes": 7})
        assert (manifest["complete"], manifest["failed"]) == (True, 1)
        assert manifest["settings"]["digest"] == "settings of the run"
        assert manifest["settings"]["model"] == "m"
        assert names_in(folder) == ["manifest.json", *(s["name"] for s in manifest["shards"])]
        for shard in manifest["shards"]:
            content = (folder / shard["name"]).read_bytes()
            assert shard["bytes"] == len(content)
            assert shard["sha256"] == hashlib.sha256(content).hexdigest()
            assert parquet.read_metadata(folder / shard["name"]).num_rows == shard["rows"]

    def test_columns_are_typed(self, run: Path, tmp_path: Path) -> None:
        written = write(run, tmp_path / "shards")
        table = parquet.read_table(tmp_path / "shards" / written.manifest.shards[0].name)
        assert table.column_names[:6] == ["id", "sha256", "title", "published", "url", "source"]
        assert table.schema.field("published").type == pa.date32()
        speaker = table["quotes"].type.value_type.field("speaker").type
        assert [field.name for field in speaker] == list(Actor.model_fields)

    def test_row_groups_bound_what_is_in_memory(
        self, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writing, "_ROWS_A_GROUP", 2)
        monkeypatch.setattr(writing, "_ROWS_AT_ONCE", 1)
        (shard,) = write(run, tmp_path / "shards", 7).manifest.shards
        assert parquet.read_metadata(tmp_path / "shards" / shard.name).num_row_groups == 4
        assert list(read_shards(tmp_path / "shards")) == list(read_records(run))

    def test_no_articles_are_a_manifest_without_shards(
        self, tmp_path: Path, place: Location
    ) -> None:
        run = ledger(tmp_path / "empty", [])
        assert write(run, place).manifest.shards == []
        assert list(read_shards(place)) == []

    def test_unfinished_run_gives_what_it_has(self, tmp_path: Path, place: Location) -> None:
        run = ledger(tmp_path / "run", NAMES[:2], complete=False)
        written = write(run, place)
        assert not written.manifest.complete
        assert ids(place) == NAMES[:2]


class TestReading:
    def test_folder_of_shards_is_read_like_other_records(self, run: Path, place: Location) -> None:
        write(run, place)
        given = place if isinstance(place, Path) else place.address
        assert list(read_records(given)) == list(read_records(run))

    def test_records_file_is_read_from_a_url(self, run: Path) -> None:
        memory = pytest.importorskip("fsspec").filesystem("memory")
        memory.pipe_file("/out/records.jsonl", (run / "records.jsonl").read_bytes())
        assert list(read_records("memory://out/records.jsonl")) == list(read_records(run))

    def test_articles_are_read_when_asked_for(self, run: Path, tmp_path: Path) -> None:
        shards = write(run, tmp_path / "shards").manifest.shards
        (tmp_path / "shards" / shards[2].name).unlink()
        read = read_shards(tmp_path / "shards")
        assert [next(read).article.id for _ in range(6)] == [f"{name}.txt" for name in NAMES[:6]]
        with pytest.raises(StoreError, match=rf"{shards[2].name} is missing, though manifest"):
            next(read)

    def test_missing_manifest_is_a_wrong_argument(self, tmp_path: Path, place: Location) -> None:
        with pytest.raises(UsageError, match=r"no manifest.json in .*shards"):
            read_shards(place)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"format": "other"}, "is no manifest of shards, or a damaged one"),
            ({"version": 2}, "is no manifest of shards, or a damaged one"),
            ({"shards": [{"name": "../x.parquet"}]}, "is no manifest of shards, or a damaged one"),
            ({"schema_version": "0"}, "has records of schema version 0, and this .* reads 1"),
            (None, "is no manifest of shards, or a damaged one"),
        ],
    )
    def test_manifest_that_is_none_is_refused(
        self, run: Path, tmp_path: Path, change: dict[str, Any] | None, message: str
    ) -> None:
        write(run, tmp_path / "shards")
        file = tmp_path / "shards" / "manifest.json"
        content = file.read_text()
        file.write_text(
            content[:99] if change is None else json.dumps(json.loads(content) | change)
        )
        with pytest.raises(StoreError, match=message):
            read_shards(tmp_path / "shards")

    @pytest.mark.parametrize("damage", ["middle", "end", "short", "empty", "other"])
    def test_damaged_shard_is_named(self, run: Path, tmp_path: Path, damage: str) -> None:
        shards = write(run, tmp_path / "shards").manifest.shards
        file = tmp_path / "shards" / shards[1].name
        content = bytearray(file.read_bytes())
        flipped = {"middle": len(content) // 4, "end": -1}
        if damage in flipped:
            content[flipped[damage]] ^= 0xFF
        elif damage == "other":
            content = bytearray((tmp_path / "shards" / shards[0].name).read_bytes())
        else:
            del content[{"short": -9, "empty": 0}[damage] :]
        file.write_bytes(content)
        with pytest.raises(StoreError, match=rf"{shards[1].name} is damaged \(.*: write the") as e:
            list(read_shards(tmp_path / "shards"))
        assert "\n" not in str(e.value)

    def test_no_damage_goes_unnoticed(self, run: Path, tmp_path: Path) -> None:
        (shard,) = write(run, tmp_path / "shards", 7).manifest.shards
        file = tmp_path / "shards" / shard.name
        content, found = file.read_bytes(), 0
        for position in range(4, len(content), 251):
            file.write_bytes(
                content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]
            )
            try:
                assert list(read_shards(tmp_path / "shards")) == list(read_records(run))
            except StoreError:
                found += 1
        assert found > len(content) / 251 / 2

    def test_other_number_of_rows_is_told(self, run: Path, tmp_path: Path) -> None:
        write(run, tmp_path / "shards")
        file = tmp_path / "shards" / "manifest.json"
        file.write_text(file.read_text().replace('"rows": 3', '"rows": 4', 1))
        with pytest.raises(StoreError, match=r"part-00000.* has 3 rows, and manifest.json says 4"):
            list(read_shards(tmp_path / "shards"))


class TestWritingAgain:
    def test_unchanged_shards_stay(self, run: Path, place: Location) -> None:
        first = write(run, place)
        again = write(run, place)
        assert again.new == 0
        assert again.manifest.shards == first.manifest.shards

    def test_more_articles_change_the_last_shard_only(
        self, tmp_path: Path, place: Location
    ) -> None:
        run = ledger(tmp_path / "run", NAMES[:4])
        first = write(run, place)
        with open_store(run, "s") as store:
            store.begin_run()
            finish(store, NAMES)
            store.export(complete=True)
        second = write(run, place)
        assert second.new == 2
        assert second.manifest.shards[0] == first.manifest.shards[0]
        assert ids(place) == NAMES

    def test_what_is_not_listed_any_more_is_deleted(self, run: Path, tmp_path: Path) -> None:
        folder = tmp_path / "shards"
        write(run, folder)
        (folder / "part-00000.parquet").write_text("somebody else's")
        (folder / "notes.txt").write_text("somebody else's")
        (folder / ".part-00009-0123456789abcdef.parquet.tmp").write_text("of a killed writer")
        written = write(run, folder, rows=5)
        kept = ["manifest.json", "notes.txt", "part-00000.parquet"]
        assert names_in(folder) == sorted([*kept, *(s.name for s in written.manifest.shards)])

    def test_reader_keeps_the_results_of_before_until_all_are_there(
        self, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "shards"
        write(run, folder)
        seen = []
        with open_results(run) as results:
            write_shards(results, folder, 2, lambda _: seen.append(ids(folder)))
        assert seen == [NAMES] * 4

    @pytest.mark.parametrize("damage", ["gone", "short"])
    def test_lost_shard_is_written_again(self, run: Path, tmp_path: Path, damage: str) -> None:
        folder = tmp_path / "shards"
        shards = write(run, folder).manifest.shards
        file = folder / shards[1].name
        if damage == "gone":
            file.unlink()
        else:
            os.truncate(file, 9)
        assert write(run, folder).new == 1
        assert ids(folder) == NAMES

    def test_manifest_of_something_else_is_left_alone(self, run: Path, tmp_path: Path) -> None:
        folder = tmp_path / "shards"
        folder.mkdir()
        (folder / "manifest.json").write_text('{"name": "a web page"}')
        with pytest.raises(StoreError, match=r"no manifest of shards.*: delete it, or use another"):
            write(run, folder)
        assert names_in(folder) == ["manifest.json"]

    def test_second_writer_is_refused(self, run: Path, tmp_path: Path) -> None:
        refused = []

        def meanwhile(_: object) -> None:
            with pytest.raises(StoreError, match="is working on"):
                write(run, tmp_path / "shards")
            refused.append(True)

        with open_results(run) as results:
            write_shards(results, tmp_path / "shards", 5, meanwhile)
        assert refused == [True, True]


class TestUsage:
    @pytest.mark.parametrize("rows", [0, -1])
    def test_shards_without_articles_are_refused(
        self, run: Path, tmp_path: Path, rows: int
    ) -> None:
        with pytest.raises(UsageError, match="too few"):
            write(run, tmp_path / "shards", rows)

    def test_output_folder_of_a_run_is_refused(self, run: Path) -> None:
        with pytest.raises(UsageError, match="is the output folder of a run"):
            write(run, run)

    def test_file_is_refused(self, run: Path, tmp_path: Path) -> None:
        (tmp_path / "shards").touch()
        with pytest.raises(UsageError, match="is a file: name a folder"):
            write(run, tmp_path / "shards")

    def test_web_server_is_refused(self, run: Path) -> None:
        pytest.importorskip("aiohttp")
        pytest.importorskip("fsspec")
        with pytest.raises(UsageError, match="is on a web server"):
            write(run, locate("https://example.org/shards"))

    def test_missing_extra_is_named(
        self, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
        for use in (lambda: write(run, tmp_path), lambda: read_shards(tmp_path)):
            with pytest.raises(UsageError, match=r"pip install 'llm-extract\[export\]'"):
                use()


KILLED = """
import os, pathlib, signal, sys
from llm_extract.batch.results import open_results
from llm_extract.batch.shards import writing

run, place, module, name, nth = sys.argv[1:]
module = {"os": os, "Path": pathlib.Path, "writing": writing}[module]
original, calls = getattr(module, name), []

def fatal(*arguments, **options):
    calls.append(name)
    if len(calls) == int(nth):
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **options)

setattr(module, name, fatal)
with open_results(pathlib.Path(run)) as results:
    writing.write_shards(results, pathlib.Path(place), 2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
@pytest.mark.parametrize("before", [False, True], ids=["new folder", "older shards"])
@pytest.mark.parametrize(
    ("place", "nth"),
    [
        ("writing.to_batch", 1),  # in the first shard
        ("writing.to_batch", 3),  # in the third
        ("os.fsync", 3),  # before the second is on the disk
        ("Path.replace", 3),  # before it has its name
        ("Path.replace", 4),  # it has, but nothing lists it yet
        ("Path.replace", 9),  # before the manifest is there
        ("Path.unlink", 9),  # after that, and before what is left over is deleted
    ],
)
def test_killed_writer_leaves_nothing_half(
    tmp_path: Path, place: str, nth: int, before: bool
) -> None:
    run, folder = ledger(tmp_path / "run"), tmp_path / "shards"
    if before:
        write(run, folder, 4)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, run, folder, *place.split("."), str(nth)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert ended.returncode == -signal.SIGKILL
    if before or (folder / "manifest.json").exists():
        assert ids(folder) == NAMES
    finished = sum(1 for name in names_in(folder) if name.startswith("part-"))
    listed = write(run, folder, 2).manifest.shards
    assert ids(folder) == NAMES
    assert names_in(folder) == ["manifest.json", *(shard.name for shard in listed)]
    assert finished <= len(listed) + 2 * before


def test_writer_goes_on_where_one_was_killed(tmp_path: Path) -> None:
    run, folder = ledger(tmp_path / "run"), tmp_path / "shards"
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, run, folder, "writing", "to_batch", "3"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert ended.returncode == -signal.SIGKILL
    written = write(run, folder, 2)
    assert (len(written.manifest.shards), written.new) == (4, 2)


NAME = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip)
TEXT = st.text(st.characters(codec="utf-8"))
MAYBE = st.one_of(st.none(), TEXT)
COUNT = st.integers(0, 2**53)
FRACTION = st.floats(0, allow_infinity=False)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=5,
)


def spans(kind: type[Span]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda start, text: kind(start=start, end=start + len(text), text=text), COUNT, TEXT
    )


EVIDENCE = st.lists(spans(Span), min_size=1, max_size=3)
ACTOR = st.builds(Actor, name=NAME, role=MAYBE, affiliation=MAYBE)
DATE = st.builds(
    EventDate, text=NAME, iso=st.one_of(st.none(), st.sampled_from(["2031", "2031-05-01"]))
)
OWN = st.builds(
    lambda evidence, extra: CustomRecord.model_validate(extra | {"evidence": evidence}),
    EVIDENCE,
    st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), JSON, max_size=3),
)
RECORDS = st.builds(
    ArticleRecords,
    article=st.builds(
        ArticleRef,
        id=TEXT,
        sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
        title=MAYBE,
        published=st.one_of(st.none(), st.dates(datetime.date(1000, 1, 1))),
        url=MAYBE,
        source=MAYBE,
    ),
    meetings=st.lists(
        st.builds(
            Meeting,
            participants=st.lists(ACTOR, min_size=1, max_size=3),
            mode=st.sampled_from([None, "in_person", "call"]),
            date=st.one_of(st.none(), DATE),
            location=MAYBE,
            topics=st.lists(TEXT, max_size=2),
            evidence=EVIDENCE,
        ),
        max_size=2,
    ),
    positions=st.lists(
        st.builds(Position, holder=ACTOR, issue=NAME, evidence=EVIDENCE), max_size=2
    ),
    quotes=st.lists(
        st.builds(
            Quote, speaker=st.one_of(st.none(), ACTOR), text=spans(Quotation), evidence=EVIDENCE
        ),
        max_size=2,
    ),
    custom=st.dictionaries(TEXT, st.lists(OWN, max_size=2), max_size=2),
    provenance=st.builds(
        Provenance,
        model=TEXT,
        record_types=st.lists(TEXT, max_size=2),
        calls=COUNT,
        cached_replies=COUNT,
        prompt_tokens=COUNT,
        cached_tokens=COUNT,
        completion_tokens=COUNT,
        cost_usd=st.one_of(st.none(), FRACTION),
        seconds=FRACTION,
        dropped=st.lists(st.builds(DroppedDraft), max_size=2),
    ),
)


@given(st.lists(RECORDS, max_size=4))
@settings(deadline=None, max_examples=60)
def test_articles_come_back_as_they_were(listed: list[ArticleRecords]) -> None:
    schema, stream = arrow_schema(), io.BytesIO()
    parquet.write_table(pa.Table.from_batches([to_batch(listed, schema)], schema), stream)
    assert [from_row(row) for row in parquet.read_table(stream).to_pylist()] == listed


def test_memory_does_not_grow_with_the_articles(tmp_path: Path) -> None:
    def make(count: int) -> Path:
        folder = tmp_path / f"run-{count}"
        with open_store(folder, "s") as store:
            store.begin_run()
            for number in range(count):
                given = article(str(number))
                store.list_article(given)
                store.finish(given, records_of(str(number)))
            store.export(complete=True)
        return folder

    def results_in(run: Path) -> int:
        with open_results(run) as results:
            return results.count()

    def peak(run: Path, place: Path) -> int:
        pool = pa.default_memory_pool()
        tracemalloc.start()
        most = 0
        try:
            with open_store(run, "s") as store:
                store.begin_run()
                assert store.export(complete=False).articles == results_in(run)
            write(run, place, 10_000)  # one shard, which is not held whole either
            for _ in zip(read_shards(place), read_records(run), strict=True):
                most = max(most, pool.bytes_allocated())
            return most + tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = make(600), make(3000)
    peak(few, tmp_path / "a")  # what is set up once
    # All 3,000 together take 15 MB; pydantic keeps up to 16,384 short strings, which take 1.1 MB.
    assert peak(many, tmp_path / "b") < peak(few, tmp_path / "c") + 1_200_000


@pytest.mark.s3
class TestS3:
    @pytest.fixture
    def bucket(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """A bucket of an S3 server on this machine."""
        pytest.importorskip("moto.server")
        pytest.importorskip("s3fs")
        from tests.support.s3 import s3_server

        with s3_server(monkeypatch) as url:
            yield url

    def test_shards_are_written_read_and_replaced(self, run: Path, bucket: str) -> None:
        place = locate(f"{bucket}/deep/shards/")
        first = write(run, place)
        assert list(read_shards(place)) == list(read_records(run))
        assert write(run, place).new == 0
        second = write(run, place, 4)
        assert (first.new, second.new) == (3, 2)
        assert list(read_records(f"{bucket}/deep/shards")) == list(read_records(run))
        import s3fs

        names = [path.rpartition("/")[2] for path in s3fs.S3FileSystem().ls(place.address)]
        assert sorted(names) == ["manifest.json", *(s.name for s in second.manifest.shards)]

    def test_missing_bucket_is_told(self, run: Path, bucket: str) -> None:
        with pytest.raises(StoreError, match=r"^s3://nowhere/shards/part-.*: there is no such"):
            write(run, locate("s3://nowhere/shards"))
        with pytest.raises(UsageError, match=r"no manifest\.json in s3://nowhere/shards"):
            read_shards(locate("s3://nowhere/shards"))
