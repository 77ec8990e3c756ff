"""Each view shows what it should, and leads to the sentence that proves it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.report.conftest import Open

pytestmark = pytest.mark.browser
SENTENCE = "Ana Petrova met Boris Okafor on 1 May and said “we need the bridge” to all."


def texts(page: Page, selector: str) -> list[str]:
    """What stands in elements, once they are painted: till then, some have no text."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


def shown_in_article(page: Page, record: str) -> str:
    """The words that are marked as chosen in the article view."""
    expect(page).to_have_url(re.compile(rf"#/article/[^/]+/{record}"))
    expect(page.locator(".card.on")).to_have_attribute("data-record", record)
    return "".join(page.locator(".piece.on").all_text_contents())


def test_overview_shows_counts_model_cost_failures_and_dropped_drafts(open_page: Open) -> None:
    page = open_page()
    figures = dict(reversed(text.split(" ", 1)) for text in texts(page, ".figures li"))
    figures = {re.sub(r"^\W+ ?", "", name): number for name, number in figures.items()}
    assert figures == {"articles": "3", "meetings": "3", "positions": "3", "quotes": "3",
        "sanctions": "1", "actors": "4", "failed": "1"}  # fmt: skip
    facts = dict(
        zip(texts(page, ".facts dt"), texts(page, ".facts dd"), strict=True),
    )
    assert facts["Model"] == "stand-in"
    assert facts["Cost"] == "$0.0036"
    assert facts["Articles"] == "3 done, 1 failed, 0 pending" or "unknown" in facts["Articles"]
    failed = page.locator("section", has=page.locator("#failed-title"))
    expect(failed).to_contain_text("news/lost.txt")
    expect(failed).to_contain_text("the model declined <b>to answer</b>")
    dropped = page.locator("section", has=page.locator("#dropped-title"))
    expect(dropped).to_contain_text("the model does not confirm it")
    expect(dropped).to_contain_text("holder: Nobody")
    dropped.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text("Talks about the bridge")


def test_graph_has_an_actor_for_each_and_a_line_for_each_pair(open_page: Open) -> None:
    page = open_page("#/meetings")
    names = page.locator(".node").evaluate_all("all => all.map(n => n.getAttribute('aria-label'))")
    assert sorted(names) == ["Ana Petrova: 3 meetings", "Boris Okafor: 2 meetings",
        "Carla Tessari: 1 meeting"]  # fmt: skip
    sizes = page.locator(".node circle").evaluate_all("all => all.map(c => +c.getAttribute('r'))")
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[1] > sizes[2]
    lines = page.locator(".edge").evaluate_all(
        "all => all.map(e => [e.getAttribute('aria-label'), e.getAttribute('class')])"
    )
    assert sorted(lines) == [
        ["Ana Petrova and Boris Okafor: 2 meetings", "edge held"],
        ["Ana Petrova and Carla Tessari: 1 meeting", "edge open"],
    ]


def test_line_of_the_graph_opens_the_meetings_behind_it(open_page: Open) -> None:
    page = open_page("#/meetings")
    line = page.locator(".edge").first
    x, y = line.locator("line.reach").evaluate(
        "l => (b => [b.x + b.width / 2, b.y + b.height / 2])(l.getBoundingClientRect())"
    )
    page.mouse.click(x, y)
    panel = page.locator("#panel")
    expect(panel.locator("h2")).to_have_text("Ana Petrova and Boris Okafor")
    expect(panel.locator(".card")).to_have_count(2)
    expect(line).to_have_class(re.compile(r"\bon\b"))
    panel.get_by_role("link", name=SENTENCE).click()
    assert shown_in_article(page, "meeting-1") == SENTENCE
    expect(panel).to_be_hidden()


def test_circle_and_pair_open_their_meetings_too(open_page: Open) -> None:
    page = open_page("#/meetings")
    page.locator(".node", has_text="Carla Tessari").click()
    expect(page.locator("#panel .card")).to_have_count(1)
    page.locator(".pair", has_text="Boris Okafor").click()
    expect(page.locator("#panel .card")).to_have_count(2)
    page.get_by_role("button", name="Close the details").click()
    expect(page.locator("#panel")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"#/meetings$"))


def test_timeline_has_dated_meetings_in_order_and_the_others_apart(open_page: Open) -> None:
    page = open_page("#/meetings")
    assert texts(page, ".timeline .year") == ["2019", "2031"]
    times = page.locator(".timeline time").evaluate_all("all => all.map(t => t.dateTime)")
    assert times == ["2019", "2031-05-01"]
    assert "declined" in texts(page, ".timeline .time")[0]
    undated = page.locator(".undated")
    expect(undated.locator(".card")).to_have_count(1)
    expect(undated).to_contain_text("“Thursday”")
    page.locator(".timeline .evidence").last.click()
    assert shown_in_article(page, "meeting-1") == SENTENCE


def test_matrix_shows_stances_and_a_cell_opens_its_evidence(open_page: Open) -> None:
    page = open_page("#/positions")
    cells = page.locator(".cell").evaluate_all("all => all.map(c => c.getAttribute('aria-label'))")
    assert cells == [
        "Ana Petrova supports harbour bridge: 1 position",
        "Boris Okafor opposes harbour bridge: 1 position",
        "Carla Tessari is of two minds about bridge toll: 1 position",
    ]
    assert texts(page, ".cell") == ["+", "−", "±"]
    assert texts(page, ".rank") == ["Actors differ", "One actor"]
    page.locator(".cell.opposes").click()
    panel = page.locator("#panel")
    expect(panel.locator("h2")).to_have_text("Boris Okafor on harbour bridge")
    expect(page.locator(".cell.opposes")).to_have_class(re.compile(r"\bon\b"))
    panel.locator(".evidence").click()
    assert shown_in_article(page, "position-2") == "Boris Okafor is against the bridge."


def test_wordings_of_an_issue_are_shown_together(open_page: Open) -> None:
    page = open_page("#/positions")
    row = page.locator("tr", has=page.get_by_role("link", name="harbour bridge", exact=True))
    expect(row.get_by_text("building the bridge over the harbour")).to_be_visible()
    expect(page.locator(".lead")).to_contain_text("1 issue in several wordings")
    row.get_by_role("link", name="harbour bridge", exact=True).click()
    expect(page.locator("#panel .card")).to_have_count(2)


def test_quotes_stand_under_their_speakers(open_page: Open) -> None:
    page = open_page("#/quotes")
    assert texts(page, ".speaker h2") == ["Ana Petrova 1", "Émile Duarte 1", "Speaker not known 1"]
    first = page.locator(".said").first
    expect(first.locator("blockquote")).to_have_text("we need the bridge")
    first.get_by_text("sentence", exact=True).click()
    expect(first.locator(".evidence")).to_have_text(SENTENCE)
    page.get_by_role("navigation", name="Speakers").get_by_text("Émile Duarte").click()
    expect(page.locator(".said")).to_have_count(1)
    page.locator(".said blockquote a").click()
    assert shown_in_article(page, "quote-1") == "Never,"


def test_actor_has_its_names_with_reasons_its_relations_and_its_records(open_page: Open) -> None:
    page = open_page("#/actors")
    row = page.locator("tr", has=page.get_by_role("link", name="Ana Petrova"))
    assert row.locator("td").all_inner_texts() == ["3", "1", "1", "3"]
    expect(row).to_contain_text("also Ana PETROVA")
    row.get_by_role("link").click()
    names = page.locator("section", has=page.locator("#names-title"))
    expect(names).to_contain_text("2 names, taken as one actor")
    expect(names).to_contain_text("case or title: like Ana Petrova")
    expect(names).to_contain_text("Described as mayor")
    expect(page.locator("main .card")).to_have_count(5)
    page.get_by_role("link", name="Boris Okafor").first.click()
    related = page.locator("section", has=page.locator("#related-title"))
    expect(related).to_contain_text("deputy of Carla Tessari")
    related.get_by_role("link", name="Carla Tessari").click()
    expect(page.locator("h1")).to_have_text("Carla Tessari")


def test_own_records_have_their_place(open_page: Open) -> None:
    page = open_page()
    page.locator(".figures").get_by_role("link", name="sanctions").click()
    card = page.locator("main .card")
    expect(card).to_have_count(1)
    expect(page.locator(".fields dt")).to_have_text(["imposed by", "lifted"])
    expect(page.locator(".fields dd")).to_have_text(["Norwick", "no"])
    card.locator(".evidence").click()
    marked = shown_in_article(page, "sanctions-1")
    assert marked == "Norwick froze the assets of Baltara Shipping."


def test_list_of_articles_counts_their_records(open_page: Open) -> None:
    page = open_page("#/articles")
    assert texts(page, ".articles .title") == ["Talks about the bridge", "A letter from the north.",
        "Looking back"]  # fmt: skip
    assert "2 quotes" in texts(page, ".articles > li")[1]
    assert "1 other" in texts(page, ".articles > li")[1]
    page.get_by_role("link", name="Looking back").click()
    expect(page.locator("h1")).to_have_text("Looking back")
