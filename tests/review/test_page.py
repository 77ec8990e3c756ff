"""A person labels articles on the page, in a real browser, from the run to the score."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders import QUOTES, SENTENCES, TEXT, quote
from tests.review.support import Found, hosting, make_run

pytest.importorskip("playwright")

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.review.pages import (
    expect_sync,
    fill,
    gold_in,
    open_page,
    open_record,
    save,
    select,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 800})
    made.set_default_timeout(8000)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_run(
        tmp_path / "out", {"a.txt": Found(), "x/b.txt": Found(TEXT + "\nMore."), "c.txt": Found()}
    )


@pytest.fixture
def page(context: BrowserContext, folder: Path) -> Iterator[Page]:
    with hosting(folder) as server:
        yield open_page(context, server)


def test_from_the_records_of_a_run_to_a_score(
    context: BrowserContext, page: Page, folder: Path
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    assert page.locator("#text").text_content() == TEXT
    expect(page.locator(".in-words").first).to_have_text("The harbour is our future,")

    open_record(page, "positions", 1)
    expect(page.locator("#text .active")).to_have_text(SENTENCES[1])
    fill(page, "positions-1-issue", "the old harbour")
    page.locator("#f-positions-1-stance").select_option("mixed")
    open_record(page, "meetings", 1)
    page.locator("#remove-meetings-1").click()
    select(page, "Haddad called the plan")
    page.keyboard.press("p")
    page.keyboard.type("Omar Haddad")
    fill(page, "positions-2-issue", "the plan")
    page.locator("#f-positions-2-stance").select_option("opposes")
    select(page, "harbour is our")
    page.locator("#add-evidence").click()
    expect_sync(page, "Draft kept")
    save(page)

    written = gold_in(folder)
    assert written["article"] == "a"
    assert [m["location"] for m in written["meetings"]] == ["Velmora"]
    assert written["positions"][1:] == [
        {
            "holder": {"name": "Omar Haddad"},
            "issue": "the old harbour",
            "stance": "mixed",
            "evidence": [SENTENCES[1]],
        },
        {
            "holder": {"name": "Omar Haddad"},
            "issue": "the plan",
            "stance": "opposes",
            "evidence": [SENTENCES[3], SENTENCES[2]],
        },
    ]
    page.keyboard.press("Control+Enter")
    expect(page.locator("#title")).to_have_text("x/b.txt")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#title")).to_have_text("c.txt")
    expect(page.locator("#progress-words")).to_have_text("2 of 3 saved")
    assert errors == []

    review = folder / "review"
    ended = subprocess.run(
        [
            *(sys.executable, "-c", "from llm_extract.cli import main; main()", "eval"),
            *("--gold", review / "gold", "--articles", review / "articles"),
            *("--predictions", folder, "--format", "json"),
        ],
        capture_output=True,
        text=True,
    )
    assert "1 of 3 articles have no gold" in ended.stderr
    scores = json.loads(ended.stdout)["articles"]
    assert len(scores) == 2
    counts = {score["id"][:1]: score["counts"] for score in scores}
    assert counts["a"]["positions"] == {"gold": 3, "predicted": 2, "loose": 2, "strict": 1}
    assert counts["a"]["meetings"] == {"gold": 1, "predicted": 2, "loose": 1, "strict": 1}
    assert counts["x"]["positions"] == {"gold": 2, "predicted": 2, "loose": 2, "strict": 2}


def test_selected_text_becomes_whole_sentences_or_with_shift_itself(
    page: Page, folder: Path
) -> None:
    select(page, "Haddad rejects it.\n“The harbour")
    page.keyboard.press("m")
    page.keyboard.type("Ana Petrova")
    fill(page, "meetings-1-participants-1-name", "Bo Rask")
    select(page, "in Portsey in May")
    page.keyboard.press("Shift+E")
    save(page)
    assert gold_in(folder)["meetings"][1]["evidence"] == [
        SENTENCES[1], SENTENCES[2], "in Portsey in May"
    ]  # fmt: skip


def test_selection_stays_while_a_field_is_mended_and_goes_with_the_article(
    page: Page, folder: Path
) -> None:
    open_record(page, "positions", 0)
    select(page, "gift to smugglers")
    page.locator("#f-positions-0-stance").select_option("mixed")
    page.locator("#add-evidence-positions-0").click()
    expect_sync(page, "Draft kept")
    save(page)
    assert gold_in(folder)["positions"][0]["evidence"] == [SENTENCES[1], SENTENCES[3]]
    select(page, "gift to smugglers")
    page.locator("#next").click()
    expect(page.locator("#title")).to_have_text("x/b.txt")
    page.keyboard.press("m")
    expect(page.locator("#notice-select")).to_contain_text("Select the text")
    expect_sync(page, "Not looked at")


@pytest.mark.parametrize(
    ("part", "keys", "words"),
    [
        ("“The harbour is our future,”", "q", "The harbour is our future,"),
        ("The harbour is our future", "q", "The harbour is our future,"),
        ("harbour is our", "q", "harbour is our"),
        (" “gift to", "q", "gift to"),
        ("“gift to", "Shift+Q", "“gift to"),
    ],
)
def test_quoted_words_are_what_stands_between_the_marks(
    context: BrowserContext, tmp_path: Path, part: str, keys: str, words: str
) -> None:
    folder = make_run(tmp_path / "out", {"a.txt": Found(records=[])})
    with hosting(folder) as server:
        page = open_page(context, server)
        select(page, part)
        page.keyboard.press(keys)
        page.keyboard.type("Lena Brandt")
        save(page)
    (written,) = gold_in(folder)["quotes"]
    assert written["text"] == words
    assert [words in sentence for sentence in written["evidence"]] == [True]


def test_characters_beyond_the_first_plane_shift_nothing(
    context: BrowserContext, tmp_path: Path
) -> None:
    text = "🙂🙂 Ana 𝒜lva spoke.\nShe said: “The 🌉 stays 𝕋here.” All agreed 🙂.\nThe end."
    folder = make_run(tmp_path / "out", {"a.txt": Found(text, [quote(None, "The 🌉", text=text)])})
    with hosting(folder) as server:
        page = open_page(context, server)
        expect(page.locator(".in-words")).to_have_text("The 🌉")
        open_record(page, "quotes", 0)
        select(page, "stays 𝕋here.")
        page.locator("#words-quotes-0").click()
        fill(page, "quotes-0-speaker-name", "Ana 𝒜lva")
        select(page, "The end")
        page.keyboard.press("p")
        page.keyboard.type("Ana 𝒜lva")
        fill(page, "positions-0-issue", "🌉")
        save(page)
    written = gold_in(folder)
    assert written["quotes"][0]["text"] == "stays 𝕋here."
    assert written["quotes"][0]["speaker"] == {"name": "Ana 𝒜lva"}
    assert written["positions"][0]["evidence"] == ["The end."]
    assert written["positions"][0]["issue"] == "🌉"


HOSTILE = (
    "<img src=x onerror=\"window.hit=1\"> met </div><script>window.hit=1</script> on Monday.\n"
    "“<svg onload=window.hit=1>&amp;{{7*7}}${7*7}” said javascript:window.hit=1//.\n"
    "\u202eReversed\u202c and <a href=//evil.example>here</a>."
)  # fmt: skip


def test_nothing_in_a_hostile_article_is_executed_or_fetched(
    context: BrowserContext, tmp_path: Path
) -> None:
    script = "<script>window.hit=1</script>"
    words = "<svg onload=window.hit=1>&amp;{{7*7}}${7*7}"
    records = [quote(f"<img src=x onerror=window.hit=1>{script}", words, text=HOSTILE)]
    ids = {f"x/{script}.txt": Found(HOSTILE, records, title=f"<b>{script}")}
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    with hosting(make_run(tmp_path / "out", ids)) as server:
        page = open_page(context, server)
        assert page.locator("#text").text_content() == HOSTILE
        expect(page.locator("#title")).to_have_text(f"<b>{script}")
        open_record(page, "quotes", 0)
        fill(page, "quotes-0-speaker-name", f"{script}<img src=x onerror=window.hit=1>")
        save(page)
        assert page.evaluate("window.hit") is None
        assert page.locator("#text img, #text script, #text a, #cards img, b").count() == 0
        blocked = page.evaluate(
            "() => { try { document.body.innerHTML = '<b>'; return 'done'; }"
            " catch (error) { return error.name; } }"
        )
        assert blocked == "TypeError"
        assert {url for url in asked if not url.startswith(server.origin)} == set()


def test_what_eval_would_refuse_is_named_at_its_field_and_not_saved(
    page: Page, folder: Path
) -> None:
    open_record(page, "positions", 0)
    fill(page, "positions-0-holder-name", " ")
    fill(page, "positions-0-issue", "")
    page.locator("#save").click()
    expect(page.locator("#f-positions-0-holder-name")).to_be_focused()
    issue = page.locator("#f-positions-0-issue")
    expect(issue).to_have_attribute("aria-invalid", "true")
    described = issue.get_attribute("aria-describedby")
    expect(page.locator(f"#{described}")).to_have_text("this must not be empty")
    expect(page.locator("#faults li")).to_have_text(
        ["position 1, holder: this must not be empty", "position 1, issue: this must not be empty"]
    )
    assert not (folder / "review/gold").exists()
    fill(page, "positions-0-holder-name", "Lena Brandt")
    fill(page, "positions-0-issue", "the quay")
    expect(page.locator("#faults li")).to_have_count(0)
    save(page)
    assert gold_in(folder)["positions"][0]["issue"] == "the quay"


def test_deleting_is_undone_and_done_again(page: Page, folder: Path) -> None:
    lines = page.locator("#cards .line")
    before = lines.all_text_contents()
    open_record(page, "quotes", 0)
    page.keyboard.press("Delete")
    expect(lines).to_have_count(5)
    page.locator("#notice-removed button", has_text="Undo").click()
    expect(lines).to_have_text(before)
    expect_sync(page, "Not looked at")
    page.keyboard.press("Control+Shift+Z")
    expect(lines).to_have_count(5)
    page.keyboard.press("Control+Z")
    save(page)
    assert len(gold_in(folder)["quotes"]) == len(QUOTES)


def test_starting_over_goes_back_to_what_is_saved(page: Page, folder: Path) -> None:
    open_record(page, "positions", 0)
    fill(page, "positions-0-issue", "the saved quay")
    save(page)
    fill(page, "positions-0-issue", "another quay")
    expect_sync(page, "Draft kept")
    page.locator("#start-over").click()
    expect(page.locator("#f-positions-0-issue")).to_have_value("the saved quay")
    expect_sync(page, "Saved as gold")
    assert list((folder / "review/drafts").iterdir()) == []
    page.locator("#undo").click()
    expect(page.locator("#f-positions-0-issue")).to_have_value("another quay")
    expect_sync(page, "Draft kept")


def test_article_in_which_nothing_is_found_is_saved_too(
    context: BrowserContext, tmp_path: Path
) -> None:
    folder = make_run(tmp_path / "out", {"a.txt": Found(records=[])})
    with hosting(folder) as server:
        page = open_page(context, server)
        expect_sync(page, "Not looked at")
        save(page)
        expect(page.locator("#progress-words")).to_have_text("1 of 1 saved")
    assert gold_in(folder) == {"article": "a", "meetings": [], "positions": [], "quotes": []}


def test_everything_can_be_done_with_the_keyboard(page: Page, folder: Path) -> None:
    page.locator("#text").focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("p")
    page.keyboard.type("Omar Haddad")
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.type("the plan")
    page.keyboard.press("Control+S")
    expect_sync(page, "Saved as gold")
    assert gold_in(folder)["positions"][2] == {
        "holder": {"name": "Omar Haddad"},
        "issue": "the plan",
        "stance": "supports",
        "evidence": SENTENCES[3:5],
    }
    page.keyboard.press("Escape")
    page.keyboard.press("]")
    expect(page.locator("#title")).to_have_text("x/b.txt")
    page.keyboard.press("[")
    expect(page.locator("#title")).to_have_text("a.txt")
    page.keyboard.press("j")
    expect(page.locator("#line-meetings-0")).to_have_attribute("aria-expanded", "true")


def test_gold_that_is_there_is_edited_with_a_small_difference(
    context: BrowserContext, tmp_path: Path, folder: Path
) -> None:
    with hosting(folder) as server:
        save(open_page(context, server))
    for name in ("gold", "articles"):
        (folder / "review" / name).rename(tmp_path / name)
    file = tmp_path / "gold" / "a.json"
    before = file.read_text().splitlines()
    run = make_run(tmp_path / "other", {"a.txt": Found(records=[])})
    with hosting(run, tmp_path / "gold") as server:
        page = open_page(context, server)
        expect_sync(page, "Saved as gold")
        open_record(page, "positions", 0)
        fill(page, "positions-0-issue", "the quay")
        expect_sync(page, "Draft kept")
        save(page)
    after = file.read_text().splitlines()
    assert [line for line in after if line not in before] == ['      "issue": "the quay",']
    assert len(after) == len(before)


def test_passage_that_gold_cannot_tell_from_another_is_noted(
    context: BrowserContext, tmp_path: Path
) -> None:
    text = "Rask left.\nPetrova stayed.\nRask left."
    with hosting(make_run(tmp_path / "out", {"a.txt": Found(text, [])})) as server:
        page = open_page(context, server)
        select(page, "Rask left", 20)
        page.keyboard.press("p")
        page.keyboard.type("Rask")
        fill(page, "positions-0-issue", "leaving")
        note = page.locator("#f-positions-0-evidence-0 .fault")
        expect(note).to_contain_text("more than once")
        save(page)
        expect(page.locator("#notice-saved")).to_contain_text("more than once")


def test_article_that_cannot_be_shown_is_told_and_others_can(page: Page, folder: Path) -> None:
    save(page)
    file = folder / "review/gold/a.json"
    broken = file.read_text().replace('"held"', '"hold"')
    file.write_text(broken)
    page.reload()
    page.locator("#article-a").click()
    expect(page.locator("#notice-article")).to_contain_text("meetings[0].status")
    page.locator("#article-c").click()
    expect(page.locator("#title")).to_have_text("c.txt")
    expect(page.locator("#notice-article")).to_have_count(0)
    assert file.read_text() == broken


def test_late_failure_of_another_article_is_not_told(page: Page, folder: Path) -> None:
    held: list[Route] = []
    page.route("**/api/articles/c", lambda route: held.append(route))
    with page.expect_request("**/api/articles/c"):
        page.locator("#article-c").click()
    page.locator("#article-a").click()
    held[0].fulfill(status=422, json={"error": "its gold is damaged"})
    page.wait_for_timeout(200)
    expect(page.locator("#notice-article")).to_have_count(0)


CONTRAST = """() => {
    const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
    const ground = (element) => {
        for (; element; element = element.parentElement) {
            const [r, g, b, a = 1] = rgb(getComputedStyle(element).backgroundColor);
            if (a === 1) return [r, g, b];
        }
    };
    const light = (colour) => {
        const [r, g, b] = colour.map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const poor = [];
    for (const element of document.querySelectorAll('body *')) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own && !element.matches('input, select, textarea')) continue;
        if (!element.checkVisibility() || element.matches(':disabled, option')) continue;
        const ink = rgb(getComputedStyle(element).color).slice(0, 3);
        const [one, other] = [light(ink), light(ground(element))];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (ratio < 4.5) poor.push(`${element.tagName} ${element.className} ${ratio.toFixed(2)}`);
    }
    return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_page_is_readable_and_labelled(
    browser: Browser, folder: Path, scheme: Any, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 700}, color_scheme=scheme)
    with hosting(folder) as server, context:
        page = open_page(context, server)
        open_record(page, "meetings", 0)
        fill(page, "meetings-0-participants-0-name", "")
        page.locator("#save").click()
        expect(page.locator("#faults li")).to_have_count(1)
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        unlabelled = page.evaluate(
            "[...document.querySelectorAll('input, select, textarea, button')]"
            ".filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))"
            ".map((one) => one.id)"
        )
        assert unlabelled == []
        open_record(page, "quotes", 0)
        assert page.evaluate(CONTRAST) == []
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert page.evaluate(CONTRAST) == []
