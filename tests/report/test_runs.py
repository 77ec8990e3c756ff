"""Reports of unusual runs: hostile articles, none, failures alone, several pages, one under way."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import expect

from llm_extract.report import data, write_report
from tests.report.conftest import Open, failures, go, stories
from tests.support.stories import Story, invented_stories, write_run

pytestmark = pytest.mark.browser
SCRIPT = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
REVERSED = "\u202egnirts desrever\u202c \u2067isolated"
LONG = "w" * 5000


def hostile() -> Story:
    story = Story(
        f"{SCRIPT}/{LONG[:300]}.txt", title=f"{SCRIPT} {REVERSED} {LONG}", url="javascript:alert(3)"
    )
    story.say(f"{SCRIPT} {{{{7*7}}}} {LONG}", end="\n\n")
    name = f"<svg onload=alert(4)> {REVERSED}"
    story.meeting(f"{name} met {LONG}.", name, LONG, date=(SCRIPT, "2031-01-01"), location=SCRIPT,
        topics=[SCRIPT])  # fmt: skip
    story.position(f"{name} likes {SCRIPT}.", name, f"{SCRIPT} {LONG}", "supports")
    story.quote(f"“{SCRIPT} {LONG}” said {name}.", f"{SCRIPT} {LONG}", name)
    story.own("notes", f"Noted: {REVERSED}.", what=SCRIPT, more={"<b>": [SCRIPT]})
    story.drop("position", SCRIPT, f'{{"issue": "{LONG}"}}')
    story.say("__proto__ constructor", end="\n")
    story.position("__proto__ is against it.", "__proto__", "constructor", "opposes")
    return story


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lost = Story("\u202e<script>lost")
    lost.say("x")
    folder = tmp_path_factory.mktemp("hostile") / "<i>out"
    write_run(folder, [hostile()], [(lost, "ReplyError", SCRIPT)])
    return write_report(folder, folder.parent / "report.html").path


@pytest.mark.parametrize("width", [375, 1280])
def test_hostile_article_runs_nothing_and_breaks_no_view(
    open_page: Open, hostile_report: Path, width: int
) -> None:
    page = open_page(path=hostile_report, viewport={"width": width, "height": 800})
    views = ["overview", "articles", "meetings", "positions", "quotes", "actors", "records"]
    links = page.evaluate(
        """() => { const d = JSON.parse(document.getElementById("data").textContent);
        const part = encodeURIComponent;
        return [`article/${part(d.articles[0].id)}/position-1`,
            ...d.actors.map(a => `actor/${part(a.id)}`),
            `meetings/actor/${part(d.actors[0].id)}`,
            `positions/issue/${part(d.issues[0].id)}`] }"""
    )
    for view in [*views, *links]:
        go(page, f"#/{view}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        strays = page.evaluate(
            "document.querySelectorAll('main img, main script, main svg[onload], main i').length"
        )
        assert strays == 0
    # The console, the dialogs and the requests are checked when the page is closed.


def test_hostile_address_is_no_link(open_page: Open, hostile_report: Path) -> None:
    page = open_page("#/articles", path=hostile_report)
    page.locator(".articles .title").click()
    expect(page.locator(".marked")).to_contain_text("</script><script>alert(1)</script>")
    schemes = page.locator("a").evaluate_all("all => [...new Set(all.map(a => a.protocol))]")
    assert schemes == ["file:"]


def test_marks_that_reorder_text_are_shown_and_do_nothing(
    open_page: Open, hostile_report: Path
) -> None:
    page = open_page("#/records?kind=notes", path=hostile_report)
    expect(page.locator(".evidence")).to_have_text(
        "Noted: [U+202E]gnirts desrever[U+202C] [U+2067]isolated."
    )
    go(page, "#/actors")
    left = page.evaluate(r"/[\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText)")
    assert left is False
    apart = page.locator("tbody bdi").first.evaluate("b => getComputedStyle(b).unicodeBidi")
    assert apart == "isolate"


def test_run_without_results_is_shown(open_page: Open, tmp_path: Path) -> None:
    page = open_page(path=write_report(write_run(tmp_path, [])).path)
    expect(page.locator(".figures")).to_contain_text("0 articles")
    for view in ("articles", "meetings", "positions", "quotes", "actors", "records"):
        go(page, f"#/{view}")
        expect(page.locator(".empty")).to_be_visible()


def test_run_of_failures_alone_is_shown(open_page: Open, tmp_path: Path) -> None:
    page = open_page(path=write_report(write_run(tmp_path, [], failures())).path)
    expect(page.locator(".figures")).to_contain_text("1 failed")
    expect(page.locator(".reasons")).to_contain_text("the model declined <b>to answer</b>")


def test_page_says_which_articles_it_holds_and_how_to_get_the_others(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = data.read_report
    monkeypatch.setattr(data, "read_report", partial(read, size=2))
    folder = write_run(tmp_path / "results", stories())
    first, second = write_report(folder), write_report(folder, page=2)
    assert [first.path.name, second.path.name] == ["report.html", "report-2.html"]
    page = open_page(path=first.path)
    expect(page.locator(".brand")).to_contain_text("articles 1–2 of 3")
    expect(page.locator(".notice")).to_contain_text("This page holds articles 1–2 of 3")
    expect(page.locator(".notice code")).to_have_text("llm-extract report results --page 2")
    page = open_page("#/article/news%2Fa.txt", path=second.path)
    expect(page.locator(".brand")).to_contain_text("articles 3–3 of 3")
    expect(page.locator("main")).to_contain_text("It may be on another page")


def test_run_under_way_is_shown_as_such(
    open_page: Open, tmp_path: Path, hold: Callable[[Path], object]
) -> None:
    folder = write_run(tmp_path, stories()[:1], complete=False)
    hold(folder)
    page = open_page(path=write_report(folder).path)
    expect(page.locator(".notice")).to_contain_text("A run is under way.")
    expect(page.locator(".figures")).to_contain_text("1 article")


@pytest.fixture
def hold(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    """Take an output folder as a run does."""
    from llm_extract.batch.lock import FolderLock

    def take(folder: Path) -> None:
        request.addfinalizer(FolderLock(folder).release)

    return take


@pytest.fixture(scope="module")
def large_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(write_run(tmp_path_factory.mktemp("large"), invented_stories(150))).path


@pytest.mark.parametrize(
    ("view", "words", "selector"),
    [
        ("articles", "Show 50 more of 100 articles", ".articles > li"),
        ("meetings", "Draw 40 more", ".node"),
        ("positions", "more actors", ".matrix thead th"),
        ("positions", "Show 40 more issues", ".matrix tbody tr:not(.rank)"),
        ("quotes", "more of", ".speakers li"),
        ("actors", "Show more of", "tbody tr"),
        ("records", "Show 50 more of", "main .card"),
    ],
)
def test_large_view_shows_a_part_says_so_and_shows_more(
    open_page: Open, large_report: Path, view: str, words: str, selector: str
) -> None:
    page = open_page(f"#/{view}", path=large_report)
    assert page.evaluate("document.querySelectorAll('*').length") < 5000
    before = page.locator(selector).count()
    page.get_by_role("button", name=words).first.click()
    expect(page.locator(selector).nth(before)).to_be_attached()
    if view in ("meetings", "positions"):
        expect(page.locator("main")).to_contain_text(
            "with most" if view == "meetings" else "Shown:"
        )
