import datetime
import gzip
import io
import json
import os
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from llm_extract.errors import SourceError, UsageError
from llm_extract.text import sources
from llm_extract.text.article import Article
from llm_extract.text.sources import (
    SourceFailure,
    check_sources,
    count_sources,
    read_sources,
    read_text,
)

WORDS = "The mayor met the builders."


def write(path: Path, content: str | bytes = WORDS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def write_rows(path: Path, *rows: Any) -> Path:
    return write(path, "".join(f"{json.dumps(row)}\n" for row in rows))


def read(*paths: Path) -> list[Article | SourceFailure]:
    return list(read_sources(paths))


def ids(*paths: Path) -> list[str]:
    return [item.id for item in read(*paths)]


def failures_of(*paths: Path) -> list[SourceFailure]:
    return [item for item in read(*paths) if isinstance(item, SourceFailure)]


def only_failure(*paths: Path) -> SourceFailure:
    failures = failures_of(*paths)
    assert len(failures) == 1
    assert "\n" not in str(failures[0].error)
    return failures[0]


class TestFolders:
    def test_articles_come_sorted_with_relative_ids(self, tmp_path: Path) -> None:
        for name in ("b.txt", "a/z.md", "a/b/c.TXT", "a.txt", "Z.txt"):
            write(tmp_path / name, name)
        articles = read(tmp_path)
        assert [item.id for item in articles] == ["Z.txt", "a.txt", "a/b/c.TXT", "a/z.md", "b.txt"]
        assert [getattr(item, "text", None) for item in articles] == [a.id for a in articles]
        assert [item.source for item in articles] == [str(tmp_path / a.id) for a in articles]

    def test_hidden_and_other_files_are_passed_over(self, tmp_path: Path) -> None:
        for name in (".a.txt", ".git/a.txt", "a.pdf", "README", "a.txt~", "a.txt"):
            write(tmp_path / name)
        assert ids(tmp_path) == ["a.txt"]

    def test_folder_named_like_an_article_is_walked_into(self, tmp_path: Path) -> None:
        write(tmp_path / "x.txt" / "y.txt")
        assert ids(tmp_path) == ["x.txt/y.txt"]

    def test_links_in_a_circle_end(self, tmp_path: Path) -> None:
        write(tmp_path / "a" / "x.txt")
        (tmp_path / "a" / "up").symlink_to(tmp_path)
        (tmp_path / "self").symlink_to("self")
        assert ids(tmp_path) == ["a/x.txt"]

    def test_linked_folder_is_read(self, tmp_path: Path) -> None:
        write(tmp_path / "data" / "x.txt")
        (tmp_path / "source").mkdir()
        (tmp_path / "source" / "link").symlink_to(tmp_path / "data")
        assert ids(tmp_path / "source") == ["link/x.txt"]

    def test_articles_are_read_when_asked_for(self, tmp_path: Path) -> None:
        write(tmp_path / "a.txt")
        items = read_sources([tmp_path, write(tmp_path / "late" / "b.txt")])
        next(items)
        write(tmp_path / "late" / "b.txt", "Changed since.")
        late = next(items)
        assert isinstance(late, Article)
        assert late.text == "Changed since."

    def test_folder_that_cannot_be_listed_fails_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path / "a.txt")
        write(tmp_path / "closed" / "b.txt")
        scandir = os.scandir

        def guarded(folder: Path) -> Any:
            if folder.name == "closed":
                raise PermissionError(13, "Permission denied")
            return scandir(folder)

        monkeypatch.setattr(os, "scandir", guarded)
        failure = only_failure(tmp_path)
        assert failure.id == "closed"
        assert "closed: the folder cannot be read (Permission denied)" in str(failure.error)
        assert "a.txt" in ids(tmp_path)

    @pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
    def test_name_that_is_not_utf8_is_spelt_out(self, tmp_path: Path) -> None:
        Path(os.fsdecode(os.fsencode(tmp_path / "caf") + b"\xe9.txt")).write_text(WORDS)
        assert ids(tmp_path) == [r"caf\xe9.txt"]


class TestFiles:
    def test_file_given_is_named_by_its_name(self, tmp_path: Path) -> None:
        (article,) = read(write(tmp_path / "deep" / "x.txt", b"\xef\xbb\xbfOne\r\ntwo\r\n"))
        assert article == Article("x.txt", "One\r\ntwo\r\n", source=str(tmp_path / "deep/x.txt"))

    def test_markdown_stays_as_it_is(self, tmp_path: Path) -> None:
        text = "---\ntitle: A\ndate: 2024-05-01\n---\n# Bridge\n\n*Opened* [today](x)\n"
        (article,) = read(write(tmp_path / "x.md", text))
        assert article == Article("x.md", text, source=str(tmp_path / "x.md"))

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is empty: nothing to extract"),
            (b" \r\n\t\n", "is empty: nothing to extract"),
            (b"\x89PNG\0\0\0", "is binary data"),
            (b"x" * 101, "has 101 bytes, more than the 100 an article may have: split it"),
        ],
    )
    @pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
    def test_unusable_file_fails_alone(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        content: bytes,
        message: str,
        suffix: str,
    ) -> None:
        monkeypatch.setattr(sources, "MAX_ARTICLE_BYTES", 100)
        bad = write(tmp_path / f"bad{suffix}", content)
        write(tmp_path / "good.txt")
        failure = only_failure(tmp_path)
        assert (failure.id, failure.source) == (bad.name, str(bad))
        assert str(failure.error).startswith(f"{bad}: {message}")
        assert "good.txt" in ids(tmp_path)

    def test_file_of_other_blanks_is_empty(self, tmp_path: Path) -> None:
        path = write(tmp_path / "x.txt", "\ufeff\u00a0\u2003\n")
        assert "is empty: nothing to extract" in str(only_failure(path).error)

    def test_article_of_the_limit_is_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sources, "MAX_ARTICLE_BYTES", 100)
        (article,) = read(write(tmp_path / "x.txt", b"x" * 100))
        assert isinstance(article, Article)

    def test_huge_file_is_refused_unread(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        huge = write(tmp_path / "huge.txt")
        os.truncate(huge, 20_000_000)
        monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("was opened"))
        assert "has 20,000,000 bytes, more than the 10,000,000" in str(only_failure(huge).error)

    def test_dangling_link_fails(self, tmp_path: Path) -> None:
        (tmp_path / "x.txt").symlink_to("gone.txt")
        assert "a link to a file that does not exist" in str(only_failure(tmp_path).error)

    def test_pipe_fails_without_waiting(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "x.txt")
        os.mkfifo(tmp_path / "y.jsonl")
        told = ["not a regular file" in str(item.error) for item in failures_of(tmp_path)]
        assert told == [True, True]

    @pytest.mark.parametrize(
        ("fault", "message"),
        [
            (PermissionError(13, "Permission denied"), "no permission; change its permissions"),
            (OSError(5, "Input/output error"), "Input/output error"),
        ],
    )
    def test_unreadable_file_fails_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: OSError, message: str
    ) -> None:
        write(tmp_path / "a.txt")
        write(tmp_path / "b.txt")
        opened = Path.open

        def guarded(path: Path, *args: Any, **kwargs: Any) -> Any:
            if path.name == "a.txt":
                raise fault
            return opened(path, *args, **kwargs)

        monkeypatch.setattr(Path, "open", guarded)
        failure = only_failure(tmp_path)
        assert str(failure.error).startswith(f"{tmp_path / 'a.txt'}: cannot be read: {message}")


class TestUsage:
    def test_source_must_exist_before_anything_is_read(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"nowhere: there is no such file or folder"):
            read_sources([write(tmp_path / "a.txt"), tmp_path / "nowhere"])

    def test_file_of_another_kind_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"a\.pdf: not a kind of file.*\.txt, \.md"):
            check_sources([write(tmp_path / "a.pdf")])

    def test_folder_without_articles_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path / "sub" / "a.pdf")
        with pytest.raises(UsageError, match=r"no article in this folder; .*\.jsonl files"):
            check_sources([tmp_path])

    def test_source_given_twice_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path / "a.txt")
        with pytest.raises(UsageError, match="given twice"):
            check_sources([tmp_path, tmp_path / ".." / tmp_path.name])

    def test_no_source_is_refused(self) -> None:
        with pytest.raises(UsageError, match="no source is given"):
            check_sources([])


class TestJsonLines:
    def test_each_line_is_an_article(self, tmp_path: Path) -> None:
        path = write_rows(
            tmp_path / "news.jsonl",
            {"id": "a", "text": "One.\r\nTwo…"},
            {
                "id": "b",
                "text": WORDS,
                "title": "Bridge",
                "published": "2024-05-01",
                "url": "https://example.org/b",
                "more": [1],
            },
            {"id": 3, "text": WORDS, "title": None, "published": "", "url": ""},
        )
        source = str(path)
        assert read(path) == [
            Article("a", "One.\r\nTwo…", source=source),
            Article(
                "b",
                WORDS,
                "Bridge",
                datetime.date(2024, 5, 1),
                "https://example.org/b",
                source,
            ),
            Article("3", WORDS, source=source),
        ]

    @pytest.mark.parametrize(
        "published", ["2024-05-01", "2024-05-01T23:30:00", "2024-05-01T23:30:00-07:00", "20240501"]
    )
    def test_published_is_the_day_as_written(self, tmp_path: Path, published: str) -> None:
        row = {"id": "a", "text": WORDS, "published": published}
        (article,) = read(write_rows(tmp_path / "x.jsonl", row))
        assert isinstance(article, Article)
        assert article.published == datetime.date(2024, 5, 1)
        assert type(article.published) is datetime.date

    @pytest.mark.parametrize(
        ("line", "id_", "message"),
        [
            (b"{'id': 1}", "n.jsonl:3", "is not valid JSON: .* at column 2"),
            (b"[1, 2]", "n.jsonl:3", "is not a JSON object"),
            (b'{"text": "x"}', "n.jsonl:3", 'has no "id"'),
            (b'{"id": true, "text": "x"}', "n.jsonl:3", 'has no "id"'),
            (b'{"id": " ", "text": "x"}', "n.jsonl:3", 'has no "id"'),
            (b'{"id": "\\ud800", "text": "x"}', "n.jsonl:3", "lone surrogate.* in its .id"),
            (b'{"id": "a"}', "a", 'has no "text"'),
            (b'{"id": "a", "text": 5}', "a", 'has no "text"'),
            (b'{"id": "a", "text": " \\n"}', "a", "is empty: nothing to extract"),
            (b'{"id": "a", "text": "x\\ud83d"}', "a", "lone surrogate.* at offset 1"),
            (b'{"id": "a", "text": "x\\u0000"}', "a", "NUL character"),
            (b'{"id": "a", "text": "x", "title": 1}', "a", '"title" that is not a string'),
            (b'{"id": "a", "text": "x", "url": []}', "a", '"url" that is not a string'),
            (b'{"id": "a", "text": "x", "url": "\\udfff"}', "a", "lone surrogate"),
            (b'{"id": "a", "text": "x", "published": 2024}', "a", '"published" that is not a st'),
            (b'{"id": "a", "text": "x", "published": "May 1"}', "a", "not an ISO date.*'May 1'"),
            (b'{"id": "a", "text": "caf\xe9"}', "n.jsonl:3", "is not UTF-8 at byte 25"),
            (b"[" * 100_000, "n.jsonl:3", "is JSON that cannot be read"),
            (b'{"id": ' + b"1" * 5_000 + b"}", "n.jsonl:3", "is JSON that cannot be read"),
        ],
    )
    def test_bad_line_fails_alone(
        self, tmp_path: Path, line: bytes, id_: str, message: str
    ) -> None:
        good = b'{"id": "%d", "text": "Words."}\n'
        path = write(tmp_path / "n.jsonl", good % 1 + b"\n" + line + b"\n" + good % 4)
        assert ids(path) == ["1", id_, "4"]
        failure = only_failure(path)
        place, _, reason = str(failure.error).partition(", line 3: ")
        assert (place, failure.source) == (str(path), str(path))
        with pytest.raises(SourceError, match=message):
            raise SourceError(reason)

    def test_byte_order_mark_and_missing_last_line_end(self, tmp_path: Path) -> None:
        lines = '\ufeff{"id": "a", "text": "One."}\r\n{"id": "b", "text": "Two."}'
        path = write(tmp_path / "x.jsonl", lines)
        assert ids(path) == ["a", "b"]
        assert failures_of(path) == []

    @pytest.mark.parametrize(("size", "reads"), [(100, True), (101, False), (202, False)])
    @pytest.mark.parametrize("end", [b"\n", b"\r\n"])
    def test_line_has_the_limit_of_an_article(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, reads: bool, end: bytes
    ) -> None:
        monkeypatch.setattr(sources, "MAX_ARTICLE_BYTES", 100)
        line = b'{"id": "a", "text": "%s"}' % (b"x" * (size - 23))
        assert len(line) == size
        path = write(tmp_path / "x.jsonl", line + end + b'{"id": "b", "text": "x"}' + end)
        assert ids(path) == (["a"] if reads else ["x.jsonl:1"]) + ["b"]
        if not reads:
            assert "line 1: is longer than the 100 bytes" in str(only_failure(path).error)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is empty: nothing to extract"),
            (b"\n \n", "is empty: nothing to extract"),
            ('{"id": "a"}\n{"id": "b"}\n'.encode("utf-16"), "is not JSON Lines in UTF-8"),
        ],
    )
    def test_unusable_file_is_one_failure(
        self, tmp_path: Path, content: bytes, message: str
    ) -> None:
        failure = only_failure(write(tmp_path / "x.jsonl", content))
        assert failure.id == "x.jsonl"
        assert message in str(failure.error)


class TestSameId:
    def test_same_path_in_two_folders(self, tmp_path: Path) -> None:
        first = write(tmp_path / "a" / "s" / "x.txt")
        second = write(tmp_path / "b" / "s" / "x.txt")
        failure = only_failure(tmp_path / "a", tmp_path / "b")
        assert failure.id == f"s/x.txt ({second})"
        assert str(failure.error) == (
            f"{second}: the id 's/x.txt' is taken by {first}: "
            "give the common parent folder as the source"
        )

    def test_same_id_in_two_lines(self, tmp_path: Path) -> None:
        row = {"id": "a", "text": WORDS}
        path = write_rows(tmp_path / "x.jsonl", row, {"id": "b", "text": WORDS}, row, row)
        assert ids(path) == ["a", "b", f"a ({path}, line 3)", f"a ({path}, line 4)"]
        assert str(failures_of(path)[0].error) == (
            f"{path}, line 3: the id 'a' is taken by {path}, line 1: "
            "give each article an id of its own"
        )

    def test_same_id_in_line_and_file(self, tmp_path: Path) -> None:
        write(tmp_path / "a.txt")
        rows = write_rows(tmp_path / "b.jsonl", {"id": "a.txt", "text": WORDS})
        error = str(only_failure(tmp_path).error)
        assert error == (
            f"{rows}, line 1: the id 'a.txt' is taken by {tmp_path / 'a.txt'}: "
            "give each article an id of its own"
        )

    def test_failures_take_ids_too(self, tmp_path: Path) -> None:
        write(tmp_path / "a" / "x.txt", b"")
        write(tmp_path / "b" / "x.txt")
        items = read(tmp_path / "a", tmp_path / "b")
        assert all(isinstance(item, SourceFailure) for item in items)
        assert len({item.id for item in items}) == 2


PAGE = """<html><head><meta charset="{charset}"><title>{title}</title>{head}</head><body>
<nav><a href="/">Home</a> <a href="/x">All the news</a></nav><article><h1>Bridge opens</h1>
<p>The mayor of Northvale met the builders on 5 May 2020 in the café. “We are proud,” she said.</p>
<p>The bridge across the river had cost four million and two years, on 2019-01-02 it began.</p>
</article><footer>Copyright 2018</footer></body></html>"""


class TestWebPages:
    def page(self, path: Path, charset: str = "utf-8", head: str = "") -> Article:
        content = PAGE.format(charset=charset, head=head, title="Bridge of 2017-03-04")
        (item,) = read(write(path, content.encode(charset)))
        assert isinstance(item, Article), item
        return item

    @pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
    def test_text_title_and_address(self, tmp_path: Path, charset: str) -> None:
        head = '<link rel="canonical" href="https://example.org/bridge">'
        article = self.page(tmp_path / "x.html", charset, head)
        assert article.id == "x.html"
        assert "in the café. “We are proud,” she said.\nThe bridge" in article.text
        assert "All the news" not in article.text
        assert article.title
        assert article.url == "https://example.org/bridge"
        assert article.source == str(tmp_path / "x.html")

    def test_declared_encoding_is_used(self, tmp_path: Path) -> None:
        content = PAGE.format(charset="iso-8859-2", head="", title="Bridge")
        content = content.replace("café", "Źródło").replace("“", '"').replace("”", '"')
        (article,) = read(write(tmp_path / "x.html", content.encode("iso-8859-2")))
        assert isinstance(article, Article)
        assert 'in the Źródło. "We are proud," she said.' in article.text

    @pytest.mark.parametrize(
        ("head", "published"),
        [
            ("", None),
            (
                '<meta property="article:published_time" content="2020-05-06T01:00:00Z">',
                "2020-05-06",
            ),
            ('<meta name="date" content="2020-05-06">', "2020-05-06"),
            (
                '<script type="application/ld+json">{"@type": "NewsArticle", "dateModified": '
                '"2021-01-01", "datePublished": "2020-05-06T01:00:00Z"}</script>',
                "2020-05-06",
            ),
            ('<meta property="article:modified_time" content="2020-05-06">', None),
            ('<meta property="og:image" content="https://example.org/2020/05/06/a.jpg">', None),
            ('<link rel="canonical" href="https://example.org/2020/05/06/a">', None),
        ],
    )
    def test_published_is_declared_never_guessed(
        self, tmp_path: Path, head: str, published: str | None
    ) -> None:
        article = self.page(tmp_path / "x.htm", head=head)
        assert article.published == (datetime.date.fromisoformat(published) if published else None)

    @pytest.mark.parametrize("content", ["<html><body><script>x()</script></body></html>", "words"])
    def test_page_without_article_fails(self, tmp_path: Path, content: str) -> None:
        page = write(tmp_path / "x.html", content)
        assert "x.html: is a page without an article" in str(only_failure(page).error)

    def test_missing_extra_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "trafilatura", None)
        write(tmp_path / "a.txt")
        write(tmp_path / "x.html", PAGE)
        assert "pip install 'llm-extract[html]'" in str(only_failure(tmp_path).error)

    def test_fault_of_the_parser_fails_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fault(*_: Any, **__: Any) -> None:
            raise RecursionError("maximum\ndepth")

        monkeypatch.setattr("trafilatura.bare_extraction", fault)
        write(tmp_path / "a.txt")
        write(tmp_path / "x.html", PAGE)
        assert "cannot parse (maximum depth)" in str(only_failure(tmp_path).error)


class TestText:
    def test_text_is_kept(self) -> None:
        moment = datetime.datetime(2024, 5, 1, 12, 30)
        article = read_text(" a\r\n", "x", title="T", published=moment, url="u", source="s")
        assert article == Article(
            "x", " a\r\n", title="T", published=datetime.date(2024, 5, 1), url="u", source="s"
        )
        assert type(article.published) is datetime.date

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "text: is empty"),
            (" \n", "text: is empty"),
            ("a\ud800", "text: has a lone surrogate.* at offset 1"),
            ("a\0", "text: has a NUL character"),
            ("é" * 51, "text: has 102 bytes, more than the 100"),
        ],
    )
    def test_unusable_text_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, text: str, message: str
    ) -> None:
        monkeypatch.setattr(sources, "MAX_ARTICLE_BYTES", 100)
        with pytest.raises(SourceError, match=message):
            read_text(text)


def test_count_is_that_of_what_will_be_read(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.txt").write_text("One.")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "picture.png").write_text("")
    (tmp_path / "lines.jsonl").write_text(
        '{"id": 1, "text": "a"}\n\nbroken\n{"id": 2, "text": "b"}'
    )
    (tmp_path / "none.jsonl").write_text("")
    assert count_sources([tmp_path]) == len(list(read_sources([tmp_path]))) == 6


def test_count_takes_no_longer_than_it_may(tmp_path: Path) -> None:
    write_rows(tmp_path / "x.jsonl", *({"id": n, "text": WORDS} for n in range(2500)))
    assert count_sources([tmp_path]) == 2500
    assert count_sources([tmp_path], seconds=0) is None


def test_count_of_a_damaged_file_is_that_of_what_will_be_read(tmp_path: Path) -> None:
    rows = b"".join(b'{"id": %d, "text": "x"}\n' % n for n in range(20_000))
    write(tmp_path / "x.jsonl.gz", gzip.compress(rows)[:-20_000])
    write(tmp_path / "y.jsonl.gz", rows)
    items = read(tmp_path)
    assert count_sources([tmp_path]) == len(items) > 1000
    assert [item.id for item in items[-2:]] == ["x.jsonl.gz", "y.jsonl.gz"]


class TestPacked:
    def test_packed_files_are_read_like_others(self, tmp_path: Path) -> None:
        write(tmp_path / "a.txt.gz", gzip.compress("“Yes,” she said.".encode()))
        write(tmp_path / "b.jsonl.GZ", gzip.compress(b'{"id": "n", "text": "One."}\n'))
        write(tmp_path / "c.gz", gzip.compress(b"what?"))
        first, second = read(tmp_path)
        assert first == Article("a.txt.gz", "“Yes,” she said.", source=str(tmp_path / "a.txt.gz"))
        assert second == Article("n", "One.", source=str(tmp_path / "b.jsonl.GZ"))

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (WORDS.encode(), "is damaged, or not packed with gzip"),
            (gzip.compress(WORDS.encode())[:-9], "is damaged, or not packed with gzip"),
            (gzip.compress(b""), "is empty: nothing to extract"),
            (gzip.compress(b"x" * 20_000_000), "more than the 10,000,000 an article may have"),
        ],
    )
    def test_unusable_file_fails_alone(self, tmp_path: Path, content: bytes, message: str) -> None:
        write(tmp_path / "good.txt")
        bad = write(tmp_path / "bad.txt.gz", content)
        failure = only_failure(tmp_path)
        assert str(failure.error).startswith(f"{bad}: ")
        assert message in str(failure.error)

    def test_lines_before_the_damage_are_read(self, tmp_path: Path) -> None:
        rows = b"".join(b'{"id": %d, "text": "%d"}\n' % (n, n * 7919) for n in range(20_000))
        path = write(tmp_path / "x.jsonl.gz", gzip.compress(rows)[:-1000])
        *good, bad = read(path)
        assert len(good) > 10_000
        assert isinstance(bad, SourceFailure)
        assert bad.id == "x.jsonl.gz"
        assert "is damaged" in str(bad.error)


class TestStdin:
    @pytest.fixture
    def given(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        def give(content: bytes) -> list[Article | SourceFailure]:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
            assert count_sources([Path("-")]) is None
            return read(Path("-"))

        return give

    @pytest.mark.parametrize("before", ["", "\ufeff", "\n \n"])
    def test_lines_of_json_are_articles(self, given: Any, before: str) -> None:
        content = before + '{"id": "a", "text": "One."}\nbroken\n{"id": "b", "text": "Two."}'
        first, broken, second = given(content.encode())
        assert first == Article("a", "One.", source="stdin")
        assert second == Article("b", "Two.", source="stdin")
        line = 2 + before.count("\n")
        assert broken.id == f"stdin:{line}"
        assert str(broken.error).startswith(f"stdin, line {line}: is not valid JSON")

    def test_anything_else_is_one_article_kept_as_it_is(self, given: Any) -> None:
        text = "\n\n  The mayor met\r\nthe builders {twice}.\n"
        assert given(text.encode()) == [Article("stdin", text, source="stdin")]

    @pytest.mark.parametrize("content", [b"", b" \n \n"])
    def test_nothing_is_a_failure(self, given: Any, content: bytes) -> None:
        (failure,) = given(content)
        assert str(failure.error) == "stdin: is empty: nothing to extract"

    def test_blanks_without_end_are_a_failure(
        self, given: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sources, "MAX_ARTICLE_BYTES", 100)
        (failure,) = given(b"\n" * 1000)
        assert "more than the 100 an article may have" in str(failure.error)

    def test_given_twice_is_refused(self) -> None:
        with pytest.raises(UsageError, match=r"- \(stdin\): this source is given twice"):
            check_sources([Path("-"), Path("-")])


def peak_of_reading(*paths: Path) -> int:
    """Bytes in use at most while sources are read one article after the other."""
    tracemalloc.start()
    try:
        for item in read_sources(paths):
            assert isinstance(item, Article)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_lines(tmp_path: Path) -> None:
    few = write_rows(tmp_path / "few.jsonl", *({"id": n, "text": WORDS} for n in range(1000)))
    many = write_rows(tmp_path / "many.jsonl", *({"id": n, "text": WORDS} for n in range(20_000)))
    peak_of_reading(few)  # what is set up once
    assert peak_of_reading(many) < peak_of_reading(few) + 20_000


def test_memory_holds_the_names_of_one_folder_at_a_time(tmp_path: Path) -> None:
    for number in range(20):
        folder = tmp_path / "many" / f"{number:03}"
        folder.mkdir(parents=True)
        for name in range(100):
            (folder / f"{name}.txt").write_bytes(b"x")
    one = peak_of_reading(tmp_path / "many" / "000")
    assert peak_of_reading(tmp_path / "many") < one + 20_000
