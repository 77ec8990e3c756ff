"""Keyboard, names for those who cannot see, dark and light, phones, paper."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.report.conftest import Open, go

pytestmark = pytest.mark.browser
VIEWS = ["overview", "articles", "article/news%2Fa.txt/meeting-1", "meetings", "positions",
    "quotes", "actors", "actor/ana-petrova", "records"]  # fmt: skip
PHONE = {"width": 375, "height": 740}


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page: Page) -> str:
    return page.evaluate(
        "(e => e.getAttribute('aria-label') || e.textContent.trim())(document.activeElement)"
    )


def test_skip_link_comes_first_and_leads_to_the_content(open_page: Open) -> None:
    page = open_page("#/quotes")
    press(page, "Tab")
    assert focused(page) == "Skip to the content"
    press(page, "Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.url.endswith("#/quotes")


def test_everything_is_done_with_the_keyboard(open_page: Open) -> None:
    page = open_page("#/meetings")
    page.locator(".node").first.focus()
    assert focused(page) == "Ana Petrova: 3 meetings"
    press(page, "ArrowRight")
    assert focused(page) == "Boris Okafor: 2 meetings"
    press(page, "Enter")
    expect(page.locator("#panel h2")).to_be_focused()
    press(page, "Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert focused(page) == "Boris Okafor: 2 meetings"
    page.locator(".pair").first.focus()
    press(page, "Enter")
    expect(page.locator("#panel .card")).to_have_count(2)
    press(page, "Tab", "Tab", "Tab")  # two names, the button
    assert focused(page) == "Close the details"
    page.locator("#panel .evidence").first.focus()
    press(page, "Enter")
    expect(page.locator(".mark.on")).to_be_focused()
    press(page, "Enter")
    expect(page.locator(".card.on a").first).to_be_focused()


def test_arrow_keys_go_from_cell_to_cell(open_page: Open) -> None:
    page = open_page("#/positions")
    page.locator(".cell").first.focus()
    press(page, "ArrowRight")
    assert focused(page).startswith("Boris Okafor opposes")
    press(page, "ArrowLeft", "Enter")
    expect(page.locator("#panel h2")).to_have_text("Ana Petrova on harbour bridge")
    press(page, "Escape")
    assert focused(page).startswith("Ana Petrova supports")


def test_keys_search_step_and_turn(open_page: Open) -> None:
    page = open_page("#/article/news%2Fa.txt")
    for record in ("meeting-1", "position-1"):
        press(page, "n")
        expect(page.locator(".card.on")).to_have_attribute("data-record", record)
    press(page, "p")
    expect(page.locator(".card.on")).to_have_attribute("data-record", "meeting-1")
    press(page, "]")
    expect(page.locator("h1")).to_have_text("A letter from the north.")
    press(page, "[")
    expect(page.locator("h1")).to_have_text("Talks about the bridge")
    press(page, "/")
    expect(page.get_by_label("Search everything")).to_be_focused()
    page.keyboard.type("n/p")
    expect(page.get_by_label("Search everything")).to_have_value("n/p")


def test_single_keys_can_be_turned_off(open_page: Open) -> None:
    page = open_page("#/article/news%2Fa.txt")
    press(page, "?")
    page.get_by_label("Single letters and signs are keys").uncheck()
    press(page, "Escape", "/")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_label("Search everything")).not_to_be_focused()
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("view", VIEWS)
def test_view_has_landmarks_names_and_one_heading(shared_page: Page, view: str) -> None:
    page = shared_page
    go(page, f"#/{view}")
    for landmark in ("banner", "main", "search"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    expect(page.locator("h1")).to_have_count(1)
    assert page.title().endswith(" · results")
    nameless = page.evaluate("""() => [...document.querySelectorAll(
        'a, button, input, select, table, summary, nav, section.text, svg[role]')].filter(e =>
            !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.title
              || e.labels?.length || e.textContent.trim())).map(e => e.outerHTML)""")
    assert nameless == []
    headless = page.evaluate("""() => [...document.querySelectorAll('table')].filter(t =>
        !t.querySelector('thead th[scope=col]') || !t.querySelector('tbody th[scope]')).length""")
    assert headless == 0
    twice = page.evaluate("""() => [...document.querySelectorAll('[id]')].map(e => e.id)
        .filter((id, i, all) => all.indexOf(id) !== i)""")
    assert twice == []


def test_views_are_announced_by_their_heading(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("navigation", name="Views").get_by_text("Quotes").click()
    expect(page.locator("h1")).to_be_focused()
    current = page.locator(".views [aria-current=page]")
    expect(current).to_have_text(re.compile("Quotes"))


def ground(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_colours_follow_the_system_and_the_button(open_page: Open) -> None:
    light = ground(open_page())
    page = open_page(color_scheme="dark")
    dark = ground(page)
    assert dark != light
    page.get_by_role("button", name="Colours as the system has them").click()
    assert ground(page) == light
    page.get_by_role("button", name="Light colours").click()
    assert ground(page) == dark
    page.reload()
    expect(page.get_by_role("button", name="Dark colours")).to_be_visible()


def test_phone_shows_every_view_without_scrolling_sideways(open_page: Open) -> None:
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    for view in [*VIEWS, "positions/cell/boris-okafor/bridge"]:
        go(page, f"#/{view}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], view
    expect(page.locator("#panel")).to_be_in_viewport()


def test_phone_shows_text_and_record_together(open_page: Open) -> None:
    page = open_page("#/article/news%2Fa.txt/position-2", viewport=PHONE)
    expect(page.locator(".piece.on").first).to_be_in_viewport()
    expect(page.locator(".card.on .claim")).to_be_in_viewport()


def test_paper_shows_the_view_alone_and_light(open_page: Open) -> None:
    page = open_page("#/article/news%2Fa.txt", color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator(".skip")).to_be_hidden()
    expect(page.locator(".marked")).to_be_visible()
    expect(page.locator(".card").last).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    overflow = page.locator(".beside").evaluate("b => getComputedStyle(b).overflowY")
    assert overflow == "visible"


def test_nothing_moves_where_that_is_not_wanted(open_page: Open) -> None:
    page = open_page("#/positions/cell/boris-okafor/bridge", reduced_motion="reduce")
    name = page.locator("#panel").evaluate("p => getComputedStyle(p).animationName")
    assert name == "none"
