import datetime
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.errors import UsageError
from llm_extract.text import sources
from llm_extract.text.article import Article
from llm_extract.text.sources import SourceFailure, check_sources, count_sources, read_sources
from tests.text.tables import WORDS, write_articles, write_table

UTC_MINUS_7 = datetime.timezone(datetime.timedelta(hours=-7))


def read(*paths: Path) -> list[Article | SourceFailure]:
    return list(read_sources(paths))


def ids(*paths: Path) -> list[str]:
    return [item.id for item in read(*paths)]


def only_failure(*paths: Path) -> SourceFailure:
    (failure,) = [item for item in read(*paths) if isinstance(item, SourceFailure)]
    assert "\n" not in str(failure.error)
    return failure


class TestRows:
    def test_each_row_is_an_article(self, tmp_path: Path) -> None:
        path = write_table(
            tmp_path / "news.parquet",
            {
                "more": [{"a": 1}, None],
                "url": ["https://example.org/a", ""],
                "published": [datetime.date(2024, 5, 1), None],
                "title": ["Bridge", None],
                "text": ["One.\r\nTwo…", WORDS],
                "id": ["a", "b"],
            },
        )
        first = Article(
            "a", "One.\r\nTwo…", "Bridge", datetime.date(2024, 5, 1), "https://example.org/a"
        )
        assert read(path) == [
            Article(**vars(first) | {"source": str(path)}),
            Article("b", WORDS, source=str(path)),
        ]

    @pytest.mark.parametrize(
        ("published", "day"),
        [
            (pa.array(["2024-05-01T23:30:00-07:00"]), "2024-05-01"),
            (pa.array([datetime.date(2024, 5, 1)], pa.date32()), "2024-05-01"),
            (pa.array([datetime.date(2024, 5, 1)], pa.date64()), "2024-05-01"),
            (pa.array([datetime.datetime(2024, 5, 1, 23, 30)], pa.timestamp("s")), "2024-05-01"),
            (pa.array([1714606200123456789], pa.timestamp("ns")), "2024-05-01"),
            (
                pa.array(
                    [datetime.datetime(2024, 5, 1, 23, 30, tzinfo=UTC_MINUS_7)],
                    pa.timestamp("us", "-07:00"),
                ),
                "2024-05-01",
            ),
            (pa.array(["2024-05-01"]).dictionary_encode(), "2024-05-01"),
            (pa.array([None], pa.timestamp("us")), None),
            (pa.array([None], pa.null()), None),
        ],
    )
    def test_published_is_the_day_as_stored(
        self, tmp_path: Path, published: Any, day: str | None
    ) -> None:
        columns = {"id": ["a"], "text": [WORDS], "published": published}
        (article,) = read(write_table(tmp_path / "x.parquet", columns))
        assert isinstance(article, Article)
        assert article.published == (datetime.date.fromisoformat(day) if day else None)
        assert type(article.published) is (datetime.date if day else type(None))

    @pytest.mark.parametrize(
        ("type_", "value"),
        [
            (pa.string(), "é"),
            (pa.large_string(), "é"),
            (pa.binary(), "é".encode()),
            (pa.large_binary(), "é".encode()),
            (pa.dictionary(pa.int32(), pa.string()), "é"),
        ],
    )
    def test_text_of_any_kind_is_read(self, tmp_path: Path, type_: Any, value: Any) -> None:
        columns = {"id": pa.array([7, 8]), "text": pa.array([value, value], type_)}
        path = write_table(tmp_path / "x.parquet", columns)
        assert read(path) == [Article(i, "é", source=str(path)) for i in ("7", "8")]

    @pytest.mark.parametrize(
        ("row", "id_", "message"),
        [
            ({"id": None}, "n.parquet:2", 'has no "id"'),
            ({"id": " "}, "n.parquet:2", 'has no "id"'),
            ({"text": None}, "b", 'has no "text"'),
            ({"text": b" \n"}, "b", "is empty: nothing to extract"),
            ({"text": b"x\0"}, "b", "NUL character"),
            ({"text": b"caf\xe9"}, "n.parquet:2", '"text" that is not UTF-8'),
            ({"text": b"x" * 101}, "b", "is longer than the 100 bytes an article may have"),
            ({"published": "May 1"}, "b", "not an ISO date"),
        ],
    )
    def test_bad_row_fails_alone(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        row: dict[str, Any],
        id_: str,
        message: str,
    ) -> None:
        monkeypatch.setattr(sources, "MAX_ARTICLE_BYTES", 100)
        rows = [
            {"id": "a", "text": b"x", "published": None},
            {"id": "b", "text": b"x", "published": None} | row,
            {"id": "c", "text": b"x" * 100, "published": "2024-05-01"},
        ]
        columns = {name: [r[name] for r in rows] for name in rows[0]}
        path = write_table(tmp_path / "n.parquet", columns)
        assert ids(path) == ["a", id_, "c"]
        failure = only_failure(path)
        assert failure.source == str(path)
        assert str(failure.error).startswith(f"{path}, row 2: ")
        assert message in str(failure.error)

    def test_date_that_no_calendar_has_fails_alone(self, tmp_path: Path) -> None:
        days = pa.array([1, 2**31 - 1], pa.int32()).view(pa.date32())
        columns = {"id": ["a", "b"], "text": [WORDS] * 2, "published": days}
        path = write_table(tmp_path / "x.parquet", columns)
        assert ids(path)[0] == "a"
        assert 'row 2: has a "published" that cannot be read' in str(only_failure(path).error)

    def test_same_id_in_two_rows(self, tmp_path: Path) -> None:
        path = write_articles(tmp_path / "x.parquet", ["a", "b", "a"])
        assert str(only_failure(path).error) == (
            f"{path}, row 3: the id 'a' is taken by {path}, row 1: "
            "give each article an id of its own"
        )


class TestFiles:
    def test_shards_of_both_kinds_are_read_in_order_of_their_names(self, tmp_path: Path) -> None:
        write_articles(tmp_path / "part-00001.parquet", ["c", "d"])
        rows = [json.dumps({"id": i, "text": WORDS}) for i in "ab"]
        (tmp_path / "part-00000.jsonl").write_text("\n".join(rows))
        write_articles(tmp_path / "part-00002.PARQUET", ["e"])
        (tmp_path / "_SUCCESS").touch()
        write_articles(tmp_path / ".part-00003.parquet", ["f"])
        assert ids(tmp_path) == list("abcde")
        assert count_sources([tmp_path]) == 5

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"id": ["a"], "body": ["b"]}, 'has no column "text": its columns are id, body'),
            ({"text": ["a"]}, 'has no column "id"'),
            ({"id": ["a"], "text": [5]}, 'has a column "text" of type int64: make it strings'),
            ({"id": [1.5], "text": ["x"]}, 'column "id" of type double'),
            ({"id": ["a"], "text": [["x"]]}, 'column "text" of type list'),
            ({"id": ["a"], "text": ["x"], "title": [1]}, 'column "title" of type int64'),
            ({"id": ["a"], "text": ["x"], "published": [1]}, 'column "published" of type int64'),
            ({"id": pa.array([], pa.string()), "text": pa.array([], pa.string())}, "is empty"),
        ],
    )
    def test_unusable_columns_are_one_failure(
        self, tmp_path: Path, columns: dict[str, Any], message: str
    ) -> None:
        path = write_table(tmp_path / "x.parquet", columns)
        failure = only_failure(path)
        assert (failure.id, failure.source) == ("x.parquet", str(path))
        assert str(failure.error).startswith(f"{path}: ")
        assert message in str(failure.error)

    @pytest.mark.parametrize("damage", [b"", b"PAR1", b"no parquet at all", None])
    def test_damaged_file_fails_alone(self, tmp_path: Path, damage: bytes | None) -> None:
        path = write_articles(tmp_path / "b.parquet", ["b"])
        path.write_bytes(path.read_bytes()[:-20] if damage is None else damage)
        write_articles(tmp_path / "a.parquet", ["a"])
        write_articles(tmp_path / "c.parquet", ["c"])
        assert ids(tmp_path) == ["a", "b.parquet", "c"]
        assert f"{path}: is damaged, or not Parquet" in str(only_failure(tmp_path).error)
        assert count_sources([tmp_path]) == 3

    def test_damage_anywhere_fails_no_other_file(self, tmp_path: Path) -> None:
        path = write_articles(tmp_path / "a.parquet", ["a"], write_page_checksum=True)
        write_articles(tmp_path / "b.parquet", ["b"])
        content = path.read_bytes()
        for position in range(len(content)):
            path.write_bytes(content[:position] + b"\xff" + content[position + 1 :])
            assert ids(tmp_path)[-1] == "b"
            assert count_sources([path]) is not None

    def test_changed_text_is_found_where_pages_have_checksums(self, tmp_path: Path) -> None:
        path = write_articles(
            tmp_path / "x.parquet", ["a"], write_page_checksum=True, compression="none"
        )
        path.write_bytes(path.read_bytes().replace(b"mayor", b"major", 1))
        assert "is damaged, or not Parquet" in str(only_failure(path).error)

    def test_rows_before_the_damage_are_read(self, tmp_path: Path) -> None:
        path = tmp_path / "x.parquet"
        texts = [f"{number * 7919} {WORDS}" for number in range(20_000)]
        write_table(
            path,
            {"id": list(map(str, range(20_000))), "text": texts},
            row_group_size=2_000,
            write_page_checksum=True,
            use_dictionary=False,
        )
        content = bytearray(path.read_bytes())
        content[len(content) * 3 // 4] ^= 0xFF
        path.write_bytes(content)
        *good, bad = read(path)
        assert 10_000 < len(good) < 20_000
        assert all(isinstance(item, Article) for item in good)
        assert bad.id == "x.parquet"
        assert "is damaged" in str(only_failure(path).error)

    def test_packed_parquet_is_of_no_kind(self, tmp_path: Path) -> None:
        path = write_articles(tmp_path / "x.parquet.gz", ["a"])
        with pytest.raises(UsageError, match="not a kind of file that is read"):
            check_sources([path])

    def test_missing_extra_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = write_articles(tmp_path / "x.parquet", ["a"])
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
        assert "pip install 'llm-extract[export]'" in str(only_failure(path).error)
        assert count_sources([path]) == 1


def test_nanoseconds_need_no_pandas(tmp_path: Path) -> None:
    published = pa.array([1714606200123456789], pa.timestamp("ns"))
    columns = {"id": ["a"], "text": [WORDS], "published": published}
    path = write_table(tmp_path / "x.parquet", columns)
    code = (
        "import pathlib, sys\n"
        "sys.modules['pandas'] = None\n"
        "from llm_extract.text.sources import read_sources\n"
        "print(*(item.published for item in read_sources([pathlib.Path(sys.argv[1])])))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    assert run.stdout == "2024-05-01\n"


@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(0, 99).map(str)),
            st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=9)),
            st.one_of(st.none(), st.dates(datetime.date(1900, 1, 1))),
        ),
        min_size=1,
        max_size=99,
    )
)
def test_a_table_is_read_alike_from_json_lines_and_parquet(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    columns = {
        "id": pa.array([row[0] for row in rows], pa.string()),
        "text": pa.array([row[1] for row in rows], pa.string()),
        "published": pa.array([row[2] for row in rows], pa.date32()),
    }
    path = write_table(folder / "x.parquet", columns, row_group_size=7)
    objects = [{"id": i, "text": text, "published": day and str(day)} for i, text, day in rows]
    lines = "".join(f"{json.dumps(row)}\n" for row in objects)
    (folder / "x.jsonl").write_text(lines)

    def seen(path: Path) -> list[Any]:
        return [
            (item.id, item.text, item.published)
            if isinstance(item, Article)
            else str(item.error).replace("row ", "line ").replace(".parquet", ".jsonl")
            for item in read(path)
        ]

    assert seen(path) == seen(folder / "x.jsonl")
    assert count_sources([path]) == len(rows)


def peak_of_reading(path: Path) -> int:
    pool = pa.default_memory_pool()
    tracemalloc.start()
    peak = 0
    try:
        for _ in read_sources([path]):
            peak = max(peak, pool.bytes_allocated())
        return peak + tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows_of_a_group(tmp_path: Path) -> None:
    def write(count: int) -> Path:
        texts = [f"{number} {WORDS}" * 50 for number in range(count)]
        columns = {"id": list(map(str, range(count))), "text": texts}
        path = tmp_path / f"{count}.parquet"
        return write_table(path, columns, row_group_size=count, compression="none")

    few, many = write(3_000), write(15_000)
    assert many.stat().st_size > 20_000_000
    peak_of_reading(few)  # what is set up once
    assert peak_of_reading(many) < peak_of_reading(few) + 5_000_000
