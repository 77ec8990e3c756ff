"""Chromium for the tests of pages, from the machine's own packages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_FLAGS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--no-first-run")  # fmt: skip


def chromium_path() -> str | None:
    """Return where Chromium, or Chrome, is installed; None where neither is."""
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, found), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium, headless, for as long as the block lasts.

    Playwright keeps an event loop running in this thread meanwhile, so no asynchronous test may
    run before the block ends.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), chromium_sandbox=False, args=list(_FLAGS)
        )
        try:
            yield browser
        finally:
            browser.close()
