import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from llm_extract.errors import StoreError, UsageError
from llm_extract.report import write_report
from llm_extract.report.data import read_report
from llm_extract.report.page import as_script_data, page_scripts, page_styles, render
from tests.support.stories import Story, write_run

ASSETS = Path(__file__).parents[2] / "llm_extract" / "report" / "assets"
VENDOR = ASSETS / "vendor"


class Elements(HTMLParser):
    """The tags of a page, and what is in its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data


def test_data_holds_no_markup_and_says_the_same(tmp_path: Path) -> None:
    words = "</script><script>alert(1)</script> & <!-- \u2028 \u2029 ]]> ünï 🎉"
    story = Story("a.txt", title="<script>")
    story.position(words, "</script>", "<img src=x onerror=alert(1)>", "supports")
    write_run(tmp_path, [story])
    given = as_script_data(read_report(tmp_path))
    assert not re.search("[<>&\u2028\u2029]", given)
    (article,) = json.loads(given)["articles"]
    assert article["text"].rstrip() == words
    assert article["positions"][0]["holder"]["name"] == "</script>"


def test_page_has_its_own_elements_only(tmp_path: Path) -> None:
    story = Story("a.txt", title="</title><script>alert(1)</script>")
    story.position("</script><script>alert(1)</script>", "<b>", "<i>", "opposes")
    folder = write_run(tmp_path / '"><script>', [story])
    page = render(read_report(folder))
    found = Elements(page)
    assert len(found.scripts) == 1 + len(page_scripts())
    assert not [value for _, attrs in found.tags for name, value in attrs.items() if name == "src"]
    assert not [name for _, attrs in found.tags for name in attrs if name.startswith("on")]


def test_policy_allows_the_scripts_by_their_hashes_and_nothing_else(run_folder: Path) -> None:
    page = render(read_report(run_folder))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    assert re.fullmatch(r"('sha256-[\w+/=]{44}' ?){5}", rules["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/=]{44}'", rules["style-src"])
    assert "unsafe" not in policy


def test_sources_neither_parse_html_nor_reach_out() -> None:
    own = page_scripts()[-1]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", own)
    assert not re.search(r"\bfetch\(|XMLHttpRequest|import\(|new Function", own)
    assert "</script" not in "".join(page_scripts()).lower()
    assert not re.search(r"url\(|@import|</style", page_styles())


def test_modules_are_joined_each_after_those_it_needs() -> None:
    own = page_scripts()[-1]
    order = re.findall(r"^const (\w+)_js = ", own, re.M)
    assert sorted(order) == sorted(path.stem for path in ASSETS.glob("*.js"))
    assert order[-1] == "main"
    for path in ASSETS.glob("*.js"):
        for needed in re.findall(r'from "\./(\w+)\.js"', path.read_text(encoding="utf-8")):
            assert order.index(needed) < order.index(path.stem)
    assert not re.search(r"^(import|export) ", own, re.M)


@pytest.mark.parametrize("library", sorted(path.name for path in VENDOR.glob("*.js")))
def test_vendored_library_is_named_and_has_its_licence_beside_it(library: str) -> None:
    import hashlib

    name = library.removesuffix(".min.js")
    text = (VENDOR / library).read_bytes()
    notes = (VENDOR / "README.md").read_text(encoding="utf-8")
    version = re.findall(rb"v([\d.]+) Copyright", text)[0].decode()
    assert f"[{name}](https://github.com/d3/{name}) | {version} | ISC |" in notes
    assert hashlib.sha256(text).hexdigest() in notes
    assert "Permission to use" in (VENDOR / f"{name}.LICENSE").read_text(encoding="utf-8")


def test_page_is_written_where_it_is_wanted(run_folder: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "mine.html"
    assert write_report(run_folder, wanted).path == wanted
    first = wanted.read_text(encoding="utf-8")
    assert first.startswith("<!doctype html>")
    write_report(run_folder, wanted)  # replaces its like
    assert [path.name for path in tmp_path.iterdir()] == ["mine.html"]


def test_file_that_is_no_page_is_not_lost(run_folder: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="no HTML page and would be lost"):
        write_report(run_folder, notes)
    assert notes.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("output", ["", "missing/report.html"])
def test_place_that_cannot_take_a_file_is_refused(
    run_folder: Path, tmp_path: Path, output: str
) -> None:
    with pytest.raises(UsageError, match="name a file in a folder that exists"):
        write_report(run_folder, tmp_path / output)


def test_nothing_is_left_of_a_page_that_cannot_be_written(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    wanted = tmp_path / "report.html"
    wanted.write_text("<!doctype html>old", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        write_report(run_folder, wanted)
    assert wanted.read_text(encoding="utf-8") == "<!doctype html>old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", (ASSETS / "base.css").read_text("utf-8")
    )
}
KINDS = ("meeting", "position", "quote", "own", "unquoted")
TEXT = [
    *[(ink, ground) for ink in ("ink", "soft", "link") for ground in ("bg", "surface", "sunk")],
    *[(kind, ground) for kind in KINDS for ground in ("bg", "surface", f"{kind}-tint")],
    *[("on-fill", kind) for kind in KINDS],
    *[("ink", f"{kind}-tint") for kind in KINDS],
    *[(stance, "surface") for stance in ("supports", "opposes", "mixed")],
    *[(stance, "bg") for stance in ("supports", "opposes", "mixed")],
    *[("on-fill", stance) for stance in ("supports", "opposes", "mixed")],
    *[(ink, "chosen") for ink in ("ink", "supports", "opposes", "mixed", *KINDS)],
    ("bg", "ink"),
]
SIGNS = [
    *[("edge", ground) for ground in ("bg", "surface", "sunk")],
    *[("focus", ground) for ground in ("bg", "surface", "sunk")],
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_guidelines_define_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_words_stand_out_from_what_is_behind_them(ink: str, ground: str, theme: int) -> None:
    assert contrast(COLOURS[ink][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("sign", "ground"), SIGNS)
def test_lines_and_signs_stand_out_from_what_is_behind_them(
    sign: str, ground: str, theme: int
) -> None:
    assert contrast(COLOURS[sign][theme], COLOURS[ground][theme]) >= 3
