"""The article view: exact marks, overlaps, from text to record and back."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.report.conftest import Open, go, stories

pytestmark = pytest.mark.browser
ARTICLE = "#/article/news%2Fa.txt"


def chosen(page: Page) -> str | None:
    expect(page.locator(".card.on")).to_have_count(1)
    return page.locator(".card.on").get_attribute("data-record")


def marked(page: Page) -> str:
    expect(page.locator(".card.on")).to_have_count(1)
    return "".join(page.locator(".piece.on").all_text_contents())


def around(page: Page) -> str:
    """All that is marked for a quote: its words, and the sentence they stand in."""
    return "".join(page.locator(".piece.on, .piece.near").all_text_contents())


def piece(page: Page, words: str) -> Locator:
    return page.locator(".piece", has_text=words).first


def test_marks_are_exact_behind_characters_outside_the_basic_plane(open_page: Open) -> None:
    page = open_page()
    for story, name in zip(stories(), "abc", strict=True):
        records = story.records
        wanted = {
            f"{kind}-{number}": "".join(span.text for span in record.evidence)
            for kind, listed in (("meeting", records.meetings), ("position", records.positions))
            for number, record in enumerate(listed, start=1)
        } | {f"quote-{number}": q.text.text for number, q in enumerate(records.quotes, start=1)}
        for record, words in wanted.items():
            go(page, f"#/article/news%2F{name}.txt/{record}")
            expect(page.locator(".card.on")).to_have_attribute("data-record", record)
            assert marked(page) == words


def test_sentence_of_a_quote_is_marked_around_its_words(open_page: Open) -> None:
    page = open_page(f"{ARTICLE}/quote-1")
    assert marked(page) == "we need the bridge"
    assert around(page) == stories()[0].records.quotes[0].evidence[0].text
    line = page.locator(".piece.near .lane.kind-quote").first
    assert line.evaluate("l => getComputedStyle(l).textDecorationStyle") == "dotted"


def test_text_is_whole(open_page: Open) -> None:
    page = open_page(ARTICLE)
    shown = page.locator(".marked").evaluate(
        "m => { m.querySelectorAll('.mark').forEach(x => x.remove()); return m.textContent }"
    )
    assert "".join(shown.split()) == "".join(stories()[0].article.text.split())


def test_click_on_a_record_leads_to_its_sentence(open_page: Open) -> None:
    page = open_page(ARTICLE, viewport={"width": 1280, "height": 420})
    page.locator(".card[data-record=position-2] .evidence").click()
    assert marked(page) == "Boris Okafor is against the bridge."
    expect(piece(page, "against the bridge")).to_be_in_viewport()
    expect(page.locator(".mark.on")).to_be_focused()


def test_click_on_the_text_leads_to_its_record(open_page: Open) -> None:
    page = open_page(ARTICLE, viewport={"width": 1280, "height": 420})
    piece(page, "against the bridge").click()
    assert chosen(page) == "position-2"
    expect(page.locator(".card.on")).to_be_in_viewport()
    expect(page).to_have_url(re.compile("position-2$"))


def test_clicks_go_through_the_records_that_share_a_sentence(open_page: Open) -> None:
    page = open_page(ARTICLE)
    found = []
    for _ in range(4):
        piece(page, "we need the bridge").click()
        page.wait_for_function("before => location.hash !== before", arg=found[-1:] and found[-1])
        found.append(page.evaluate("location.hash"))
    ids = [hash_.rsplit("/", 1)[1] for hash_ in found]
    assert sorted(ids[:3]) == ["meeting-1", "position-1", "quote-1"]
    assert ids[0] == "quote-1"  # the narrowest first
    assert ids[3] == ids[0]


def test_overlapping_kinds_have_lanes_and_styles_of_their_own(open_page: Open) -> None:
    page = open_page(ARTICLE)
    lanes = piece(page, "we need the bridge").locator(".lane")
    styles = lanes.evaluate_all(
        "all => all.map(l => { const s = getComputedStyle(l); "
        "return [s.textDecorationStyle, s.textUnderlineOffset] })"
    )
    assert len(styles) == 3
    assert len({style for style, _ in styles}) == 3
    assert len({offset for _, offset in styles}) == 3
    assert page.locator(".mark").all_inner_texts()[:3] == ["M1", "P1", "Q1"]


def test_label_in_the_text_leads_to_its_record(open_page: Open) -> None:
    page = open_page(ARTICLE)
    page.get_by_role("link", name="position 1", exact=True).click()
    assert chosen(page) == "position-1"
    expect(page.locator(".card.on").get_by_role("link").first).to_be_focused()


def test_quotations_judged_not_to_be_quotes_are_shown_as_such(open_page: Open) -> None:
    page = open_page(ARTICLE)
    lane = page.locator(".lane.kind-unquoted")
    expect(lane).to_have_text("ghost bridge")
    assert lane.evaluate("l => getComputedStyle(l).borderTopStyle") == "dotted"
    expect(page.get_by_role("heading", name="Judged not to be quotes 1")).to_be_visible()
    page.locator(".card.kind-unquoted .evidence").click()
    assert marked(page) == "ghost bridge"
    expect(page).to_have_url(re.compile("unquoted-1$"))


def test_a_kind_can_be_taken_out_of_the_text(open_page: Open) -> None:
    page = open_page(ARTICLE)
    page.get_by_role("checkbox", name="meetings").uncheck()
    line = page.locator(".lane.kind-meeting").first
    assert line.evaluate("l => getComputedStyle(l).textDecorationLine") == "none"
    expect(page.locator(".mark.kind-meeting")).to_be_hidden()
    page.get_by_role("checkbox", name="meetings").check()
    assert line.evaluate("l => getComputedStyle(l).textDecorationLine") == "underline"


def test_address_of_the_source_is_a_link_that_tells_nobody(open_page: Open) -> None:
    page = open_page(ARTICLE)
    link = page.get_by_role("link", name="a.example")
    expect(link).to_have_attribute("href", "https://a.example/1")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_article_that_is_not_there_is_said_so(open_page: Open) -> None:
    page = open_page("#/article/nowhere.txt")
    expect(page.locator("h1")).to_have_text("No such article")
