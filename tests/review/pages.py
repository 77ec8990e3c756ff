"""What the tests do on the page, as a person would."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.review.support import Server

SELECT = """([part, from]) => {
    const root = document.getElementById('text');
    const at = root.textContent.indexOf(part, from);
    const point = (offset) => {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        for (let node; (node = walker.nextNode()); offset -= node.length)
            if (offset <= node.length) return [node, offset];
    };
    const range = document.createRange();
    range.setStart(...point(at));
    range.setEnd(...point(at + part.length));
    range.startContainer.parentElement.scrollIntoView({block: 'center'});
    const boxes = range.getClientRects();
    const [first, last] = [boxes[0], boxes[boxes.length - 1]];
    return [first.left, first.top + first.height / 2, last.right, last.top + last.height / 2];
}"""


def open_page(context: BrowserContext, server: Server) -> Page:
    """Open the address that the server printed, and wait for an article."""
    page = context.new_page()
    page.goto(server.url)
    expect(page.locator("#text span").first).to_be_attached()
    return page


def select(page: Page, part: str, start: int = 0) -> None:
    """Select a part of the text with the mouse."""
    left, top, right, bottom = page.evaluate(SELECT, [part, start])
    page.mouse.move(left + 0.5, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2)
    page.mouse.move(right - 0.5, bottom)
    page.mouse.up()


def open_record(page: Page, kind: str, index: int) -> None:
    page.locator(f"#line-{kind}-{index}").click()


def fill(page: Page, field: str, value: str) -> None:
    page.locator(f"#f-{field}").fill(value)


def change_issue(page: Page, value: str, index: int = 0) -> None:
    """Write an issue into a position, which is opened for it."""
    if not page.locator(f"#f-positions-{index}-issue").is_visible():
        open_record(page, "positions", index)
    fill(page, f"positions-{index}-issue", value)


def expect_sync(page: Page, words: str) -> None:
    expect(page.locator("#sync")).to_have_text(words)


def save(page: Page) -> None:
    page.locator("#save").click()
    expect_sync(page, "Saved as gold")


def gold_in(folder: Path, name: str = "a") -> Any:
    return json.loads((folder / f"review/gold/{name}.json").read_text(encoding="utf-8"))


def draft_issues(folder: Path) -> list[str]:
    """Return the issues in the one draft on the disk."""
    (file,) = (folder / "review/drafts").glob("*.json")
    return [p["issue"] for p in json.loads(file.read_text())["records"]["positions"]]
