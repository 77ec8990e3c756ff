"""What was written and not saved is there again, and no tab overwrites what another one wrote."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_extract.review.files import draft_name
from tests.evaluation.builders import TEXT
from tests.review.conftest import Launch
from tests.review.support import Found, Server, hosting, make_run, serving

pytest.importorskip("playwright")

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.review.pages import (
    change_issue,
    draft_issues,
    expect_sync,
    gold_in,
    open_page,
    open_record,
    save,
    select,
)

pytestmark = pytest.mark.browser

ISSUE = "#f-positions-0-issue"
WRITES = "**/api/articles/*/*"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 800})
    made.set_default_timeout(8000)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_run(tmp_path / "out", {"a.txt": Found(), "b.txt": Found()})


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with hosting(folder) as running:
        yield running


def silence(page: Page) -> None:
    """Keep what a page sends from arriving."""
    page.route(WRITES, lambda route: route.abort())


def hear(page: Page) -> None:
    page.unroute(WRITES)
    page.evaluate("dispatchEvent(new Event('online'))")  # does not wait for its next try


def kept_in_browser(page: Page) -> list[str]:
    keys = page.evaluate("Object.keys(localStorage)")
    return [key for key in keys if "/a/" in key]


def test_reload_while_typing_loses_nothing(context: BrowserContext, server: Server) -> None:
    page = open_page(context, server)
    change_issue(page, "typed just now")
    page.reload()
    expect(page.locator("#line-positions-0")).to_contain_text("typed just now")
    expect_sync(page, "Draft kept")
    assert kept_in_browser(page) == []


def test_reload_with_work_that_never_arrived_brings_it_back(
    context: BrowserContext, server: Server, folder: Path
) -> None:
    page = open_page(context, server)
    silence(page)
    change_issue(page, "never arrived")
    expect_sync(page, "Not reachable")
    assert not (folder / "review/drafts").exists()
    page.reload()
    expect(page.locator("#notice-restored")).to_contain_text("had not reached the server")
    expect(page.locator("#line-positions-0")).to_contain_text("never arrived")
    hear(page)
    expect_sync(page, "Draft kept")
    assert draft_issues(folder)[0] == "never arrived"
    page.locator("#notice-restored button", has_text="Drop it").click()
    expect_sync(page, "Not looked at")


def test_killed_server_loses_nothing_of_before_or_after(
    context: BrowserContext, folder: Path, launch: Launch
) -> None:
    server = launch(folder)
    page = open_page(context, server)
    change_issue(page, "before the end")
    expect_sync(page, "Draft kept")
    change_issue(page, "in the last moment")
    server.kill()
    change_issue(page, "while it was away", 1)
    expect_sync(page, "Not reachable")
    expect(page.locator("#notice-sync")).to_contain_text("start `llm-extract review` again")
    select(page, "Haddad called the plan")
    page.keyboard.press("m")
    page.keyboard.type("Omar Haddad")
    page.locator("#save").click()
    expect_sync(page, "Not reachable")
    page.close()
    with serving(folder) as again:
        assert again.port == server.port
        page = open_page(context, again)
        lines = page.locator("#cards .line")
        expect(lines).to_have_count(7)
        expect(lines.nth(1)).to_contain_text("Omar Haddad · …")
        expect(page.locator("#line-positions-0")).to_contain_text("in the last moment")
        expect(page.locator("#line-positions-1")).to_contain_text("while it was away")
        expect_sync(page, "Draft kept")
        assert draft_issues(folder) == ["in the last moment", "while it was away"]
        open_record(page, "meetings", 1)
        page.locator("#f-meetings-1-participants-1-name").fill("Lena Brandt")
        save(page)
    assert len(gold_in(folder)["meetings"]) == 3


def test_tab_that_stayed_open_goes_on_when_the_new_address_is_opened(
    context: BrowserContext, folder: Path, launch: Launch
) -> None:
    server = launch(folder)
    page = open_page(context, server)
    server.kill()
    change_issue(page, "while it was away")
    expect_sync(page, "Not reachable")
    with serving(folder) as again:
        expect_sync(page, "Server started anew")
        other = open_page(context, again)
        expect_sync(page, "Draft kept")
        expect(other.locator("#line-positions-0")).to_contain_text("while it was away")
        assert draft_issues(folder)[0] == "while it was away"
        assert not other.locator("dialog[open]").count()


def test_new_address_can_be_opened_in_the_same_tab(
    context: BrowserContext, folder: Path, launch: Launch
) -> None:
    server = launch(folder)
    page = open_page(context, server)
    server.kill()
    change_issue(page, "while it was away")
    expect_sync(page, "Not reachable")
    with serving(folder) as again:
        page.goto(again.url)
        expect_sync(page, "Draft kept")
        assert draft_issues(folder)[0] == "while it was away"
        assert "token" not in page.url


def test_page_without_the_token_shows_no_article(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    page.goto(server.origin)
    expect(page.locator("#notice-server")).to_contain_text("Open the address")
    expect(page.locator("#text")).to_be_empty()


def test_article_that_is_left_is_kept_too(
    context: BrowserContext, server: Server, folder: Path
) -> None:
    page = open_page(context, server)
    change_issue(page, "left at once")
    page.keyboard.press("Escape")
    page.keyboard.press("]")
    expect(page.locator("#title")).to_have_text("b.txt")
    expect(page.locator("#article-a .entry-state")).to_have_text("draft")
    assert draft_issues(folder)[0] == "left at once"


def test_tab_shows_what_another_one_changed(context: BrowserContext, server: Server) -> None:
    one, other = open_page(context, server), open_page(context, server)
    expect(one.locator("#notice-others")).to_contain_text("open in another tab")
    expect(other.locator("#notice-others")).to_contain_text("open in another tab")
    change_issue(one, "from one")
    expect(other.locator("#line-positions-0")).to_contain_text("from one")
    expect(other.locator("#article-a .entry-state")).to_have_text("draft")
    change_issue(other, "from the other")
    expect(one.locator(ISSUE)).to_have_value("from the other")
    assert not one.locator("dialog[open]").count() + other.locator("dialog[open]").count()
    other.close()
    expect(one.locator("#notice-others")).to_have_count(0)


@pytest.fixture
def apart(context: BrowserContext, server: Server, folder: Path) -> tuple[Page, Page]:
    """Two tabs, each with a version of its own; the second one's is refused."""
    one, other = open_page(context, server), open_page(context, server)
    silence(other)
    change_issue(other, "from the other")
    expect_sync(other, "Not reachable")
    change_issue(one, "from one")
    expect_sync(one, "Draft kept")
    hear(other)
    expect_sync(other, "Two versions")
    assert draft_issues(folder)[0] == "from one"
    return one, other


def test_slower_tab_is_asked_and_keeps_its_version(apart: tuple[Page, Page], folder: Path) -> None:
    one, other = apart
    columns = other.locator("#conflict section")
    expect(columns.first).to_contain_text("from the other")
    expect(columns.last).to_contain_text("from one")
    other.locator("#conflict-mine").click()
    expect_sync(other, "Draft kept")
    assert draft_issues(folder)[0] == "from the other"
    expect(one.locator(ISSUE)).to_have_value("from the other")
    one.locator("#undo").click()
    expect(one.locator(ISSUE)).to_have_value("from one")


def test_slower_tab_is_asked_and_takes_the_other_version(
    apart: tuple[Page, Page], folder: Path
) -> None:
    _, other = apart
    other.locator("#conflict-theirs").click()
    expect(other.locator(ISSUE)).to_have_value("from one")
    expect_sync(other, "Draft kept")
    assert draft_issues(folder)[0] == "from one"
    other.locator("#undo").click()
    expect(other.locator(ISSUE)).to_have_value("from the other")


def test_nothing_is_overwritten_before_the_choice_however_it_is_put_off(
    apart: tuple[Page, Page], folder: Path
) -> None:
    _, other = apart
    other.locator("#conflict-later").click()
    change_issue(other, "still from the other")
    other.keyboard.press("Control+S")
    expect(other.locator("#save")).to_be_disabled()
    for _ in range(2):
        other.reload()
        expect_sync(other, "Two versions")
        expect(other.locator("#conflict section").first).to_contain_text("still from the other")
    assert draft_issues(folder)[0] == "from one"
    assert not (folder / "review/gold").exists()
    other.locator("#conflict-mine").click()
    expect_sync(other, "Draft kept")
    assert draft_issues(folder)[0] == "still from the other"


def test_tab_that_was_duplicated_keeps_its_own_work(
    context: BrowserContext, server: Server, folder: Path
) -> None:
    page = open_page(context, server)
    with context.expect_page() as opened:
        page.evaluate("window.open(location.href)")
    twin = opened.value
    twin.bring_to_front()
    expect(twin.locator("#text span").first).to_be_attached()
    ids = {one.evaluate("sessionStorage['llm-extract-review/tab']") for one in (page, twin)}
    assert len(ids) == 2
    silence(page)
    silence(twin)
    change_issue(page, "from the first")
    change_issue(twin, "from the twin")
    assert len(kept_in_browser(page)) == 2
    page.reload()
    expect(page.locator("#line-positions-0")).to_contain_text("from the first")
    twin.reload()
    expect(twin.locator("#line-positions-0")).to_contain_text("from the twin")


def test_save_is_refused_where_another_tab_has_saved(
    context: BrowserContext, server: Server, folder: Path
) -> None:
    one, other = open_page(context, server), open_page(context, server)
    silence(other)
    change_issue(other, "from the other")
    expect_sync(other, "Not reachable")
    save(one)
    saved = gold_in(folder)
    hear(other)
    other.keyboard.press("Control+S")
    expect(other.locator("#conflict")).to_contain_text("gold file has another version")
    assert gold_in(folder) == saved
    other.locator("#conflict-mine").click()
    expect_sync(other, "Draft kept")
    save(other)
    assert gold_in(folder)["positions"][0]["issue"] == "from the other"


def test_tab_that_was_cut_off_with_nothing_to_send_shows_what_it_missed(
    context: BrowserContext, server: Server, folder: Path
) -> None:
    one, other = open_page(context, server), open_page(context, server)
    silence(other)
    other.locator("#save").click()
    expect_sync(other, "Not reachable")
    change_issue(one, "from one")
    expect_sync(one, "Draft kept")
    hear(other)
    expect(other.locator("#line-positions-0")).to_contain_text("from one")
    expect_sync(other, "Draft kept")
    assert draft_issues(folder)[0] == "from one"


def test_gold_that_something_else_changed_is_asked_about(
    context: BrowserContext, server: Server, folder: Path
) -> None:
    page = open_page(context, server)
    save(page)
    change_issue(page, "of the draft")
    expect_sync(page, "Draft kept")
    file = folder / "review/gold/a.json"
    changed = json.loads(file.read_text())
    changed["positions"][0]["issue"] = "of the file"
    file.write_text(json.dumps(changed))
    page.locator("#save").click()
    expect(page.locator("#conflict section").last).to_contain_text("of the file")
    assert gold_in(folder) == changed
    page.reload()
    expect(page.locator("#conflict section").last).to_contain_text("of the file")
    page.locator("#conflict-theirs").click()
    expect_sync(page, "Saved as gold")
    expect(page.locator("#line-positions-0")).to_contain_text("of the file")


def test_reply_that_was_lost_makes_no_conflict(
    context: BrowserContext, server: Server, folder: Path
) -> None:
    page = open_page(context, server)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(WRITES, lose)
    change_issue(page, "arrived")
    expect_sync(page, "Not reachable")
    change_issue(page, "arrived, and more")
    page.reload()
    expect(page.locator("#line-positions-0")).to_contain_text("arrived, and more")
    hear(page)
    expect_sync(page, "Draft kept")
    assert draft_issues(folder)[0] == "arrived, and more"
    page.route(WRITES, lose)
    page.locator("#save").click()
    expect_sync(page, "Not reachable")
    hear(page)
    expect_sync(page, "Saved as gold")
    assert gold_in(folder)["positions"][0]["issue"] == "arrived, and more"
    assert not page.locator("dialog[open]").count()


def test_draft_that_cannot_be_written_is_told_and_kept_in_the_browser(
    context: BrowserContext, server: Server, folder: Path
) -> None:
    page = open_page(context, server)
    sha256 = hashlib.sha256(TEXT.encode()).hexdigest()
    in_the_way = folder / "review/drafts" / f"{draft_name('a', sha256)}.json.tmp"
    in_the_way.mkdir(parents=True)
    change_issue(page, "not on the disk")
    expect_sync(page, "Not kept")
    expect(page.locator("#notice-sync")).to_contain_text("cannot be written")
    assert len(kept_in_browser(page)) == 1
    in_the_way.rmdir()
    expect_sync(page, "Draft kept")
    assert draft_issues(folder)[0] == "not on the disk"
