"""Search, filters and addresses, in every view."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from llm_extract.report import write_report
from tests.report.conftest import Open, go
from tests.support.stories import Story, write_run

pytestmark = pytest.mark.browser


def found(page: Page) -> list[str]:
    """The records in the list of all records, as `a meeting-1`."""
    expect(page.locator("main.view-records")).to_be_attached()
    return page.locator("main .card").evaluate_all(
        "all => all.map(c => `${c.dataset.article.slice(5, 6)} ${c.dataset.record}`)"
    )


EVERYTHING = ["a meeting-1", "a position-1", "a position-2", "a quote-1", "b meeting-1",
    "b position-1", "b quote-1", "b quote-2", "b sanctions-1", "c meeting-1"]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "records"),
    [
        ("", EVERYTHING),
        ("q=toll", ["b position-1"]),
        ("q=DUARTE+cafe", ["b quote-1"]),  # case, accents, words in any order
        ("q=%22the+bridge%22+petrova", ["a meeting-1", "a position-1", "a quote-1"]),
        ("q=%22bridge+the%22", []),
        ("q=norwick", ["b sanctions-1"]),
        ("q=port+amara", ["a meeting-1"]),  # a place that only the record has
        ("q=mayor", ["a meeting-1"]),
        ("kind=quote", ["a quote-1", "b quote-1", "b quote-2"]),
        ("kind=sanctions", ["b sanctions-1"]),
        ("status=planned", ["b meeting-1"]),
        ("stance=opposes", ["a position-2"]),
        ("stance=mixed", ["b position-1"]),
        ("actor=okafor", ["a meeting-1", "a position-2", "c meeting-1"]),
        ("actor=boris-okafor", ["a meeting-1", "a position-2", "c meeting-1"]),
        ("actor=Ana+PETROVA&kind=meeting", ["a meeting-1", "b meeting-1", "c meeting-1"]),
        ("article=looking", ["c meeting-1"]),
        ("article=news%2Fb.txt&kind=meeting", ["b meeting-1"]),
        ("from=2031-05-01", ["a meeting-1", "a position-1", "a position-2", "a quote-1"]),
        ("from=2031-05-02", ["a position-1", "a position-2", "a quote-1"]),
        ("to=2031-05-01", ["a meeting-1", "c meeting-1"]),
        ("from=2019-06-01&to=2019-07-01", ["c meeting-1"]),  # within its year, perhaps
        ("from=2020-01-01&to=2030-01-01", []),
    ],
)
def test_filters_let_through_what_they_say(
    shared_page: Page, query: str, records: list[str]
) -> None:
    go(shared_page, f"#/records?{query}")
    assert found(shared_page) == records


def test_actor_of_just_that_name_goes_before_those_whose_names_hold_it(
    open_page: Open, tmp_path: Path
) -> None:
    story = Story("a.txt")
    for holder in ("Norwick", "Norwick Port Authority"):
        story.position(f"{holder} is for the toll.", holder, "toll", "supports")
    page = open_page(path=write_report(write_run(tmp_path, [story])).path)
    for actor, number in (("norwick", 1), ("norw", 2), ("port authority", 1)):
        go(page, f"#/records?actor={actor}")
        expect(page.locator("main .card")).to_have_count(number)


def test_search_box_finds_records_and_texts(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Search everything").fill("lanterns")
    expect(page.locator(".texts")).to_contain_text("In the text of 1 article")
    expect(page.locator("main .empty")).to_be_visible()
    page.get_by_label("Search everything").fill("torn toll")
    expect(page.locator("main .card")).to_have_count(1)
    expect(page.get_by_label("Search everything")).to_be_focused()
    expect(page.locator("#said")).to_have_text("1 record with these filters")
    assert "q=torn+toll" in page.url


def test_searched_words_are_marked_where_they_stand(open_page: Open) -> None:
    page = open_page("#/records?q=CAFE+never")
    marked = page.evaluate(
        "[...CSS.highlights.get('found')].map(r => "
        "r.startContainer.data.slice(r.startOffset, r.endOffset))"
    )
    assert set(marked) == {"Never", "Café"}
    go(page, "#/records")
    assert page.evaluate("CSS.highlights.has('found')") is False


def test_fields_of_the_filters_set_and_show_the_address(open_page: Open) -> None:
    page = open_page("#/records")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Kind").select_option("meeting")
    page.get_by_label("Status of a meeting").select_option("held")
    page.get_by_label("Actor").fill("petro")
    expect(page).to_have_url(re.compile("actor=petro"))
    options = page.locator("#actor-names option").evaluate_all("all => all.map(o => o.value)")
    assert options == ["Ana Petrova"]
    page.get_by_label("From").fill("2031-01-01")
    page.get_by_label("Article", exact=True).fill("bridge")
    expect(page).to_have_url(re.compile("article=bridge"))
    assert found(page) == ["a meeting-1"]
    page.reload()
    assert page.get_by_label("Status of a meeting").input_value() == "held"
    assert page.locator(".chip").count() == 5
    page.get_by_role("link", name="Remove the filter article: bridge").click()
    expect(page.locator(".chip")).to_have_count(4)
    page.locator(".chips").get_by_text("Clear all").click()
    expect(page.locator("main .card")).to_have_count(10)
    assert page.get_by_label("Search everything").input_value() == ""


@pytest.mark.parametrize(
    ("view", "selector", "number"),
    [
        ("meetings", ".node", 2),
        ("meetings", ".timeline .time", 2),
        ("positions", ".cell", 1),
        ("quotes", ".said", 0),
        ("actors", "tbody tr", 1),
        ("articles", ".articles > li", 2),
    ],
)
def test_filters_hold_in_every_view(
    shared_page: Page, view: str, selector: str, number: int
) -> None:
    page = shared_page
    go(page, f"#/{view}?actor=okafor")
    expect(page.locator(".found")).to_have_text("3 records")
    if number:
        expect(page.locator(selector)).to_have_count(number)
    else:
        expect(page.locator(".empty")).to_be_visible()
    page.locator(".views").get_by_text("All records").click()
    expect(page).to_have_url(re.compile(r"#/records\?actor=okafor$"))


def test_filters_make_the_other_records_of_an_article_pale(open_page: Open) -> None:
    page = open_page("#/article/news%2Fa.txt?stance=opposes")
    expect(page.locator(".notice")).to_contain_text("1 record of 4")
    expect(page.locator(".card.pale")).to_have_count(3)
    page.locator(".notice a").click()
    expect(page.locator(".card.pale")).to_have_count(0)


def test_search_is_one_step_back(open_page: Open) -> None:
    page = open_page("#/quotes")
    page.locator(".views").get_by_text("All records").click()
    page.get_by_label("Search everything").press_sequentially("bridge", delay=1)
    expect(page).to_have_url(re.compile("q=bridge"))
    page.go_back()
    expect(page.locator("h1")).to_have_text("Who said what")


def test_address_of_a_record_holds_after_reload_and_going_back(open_page: Open) -> None:
    page = open_page("#/article/news%2Fb.txt/position-1")
    expect(page.locator(".card.on")).to_have_attribute("data-record", "position-1")
    expect(page.locator(".piece.on").first).to_be_in_viewport()
    page.reload()
    expect(page.locator(".card.on")).to_have_attribute("data-record", "position-1")
    page.locator(".card[data-record=quote-1] .evidence").click()
    expect(page.locator(".card.on")).to_have_attribute("data-record", "quote-1")
    page.get_by_role("navigation", name="Views").get_by_text("Positions").click()
    page.locator(".cell").first.click()
    expect(page.locator("#panel")).to_be_visible()
    page.go_back()
    expect(page.locator("#panel")).to_be_hidden()
    page.go_back()
    expect(page.locator(".card.on")).to_have_attribute("data-record", "quote-1")
    page.go_back()
    expect(page.locator(".card.on")).to_have_attribute("data-record", "position-1")


@pytest.mark.parametrize(
    ("hash_", "selector", "words"),
    [
        ("#/positions/cell/boris-okafor/bridge", "#panel h2", "Boris Okafor on harbour bridge"),
        ("#/meetings/pair/ana-petrova/boris-okafor", "#panel h2", "Ana Petrova and Boris Okafor"),
        ("#/actor/carla-tessari", "h1", "Carla Tessari"),
        ("#/actor/nobody", "h1", "No such actor"),
        ("#/nowhere", "h1", "Nothing is here"),
        ("#/article/%E0%A4%A/x", "h1", "No such article"),
        ("#/positions/cell/nobody/nothing", "h1", "Who stands where"),
    ],
)
def test_every_address_leads_somewhere(
    shared_page: Page, hash_: str, selector: str, words: str
) -> None:
    go(shared_page, hash_)
    expect(shared_page.locator(selector).first).to_have_text(words)
