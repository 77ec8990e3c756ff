"""What all tests share: which of them this machine can run, a browser, and Ray."""

import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from llm_extract.models.weights import CATALOGUE, weights_path

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that need what this machine does not have."""
    for marker, missing in (
        ("embedded", _without_model()),
        ("ray", _without_ray()),
        ("browser", _without_browser()),
    ):
        if missing:
            for item in items:
                if item.get_closest_marker(marker):
                    item.add_marker(pytest.mark.skip(reason=missing))


def _without_model() -> str | None:
    weights = weights_path(CATALOGUE["local"])
    if not weights.is_file():
        return f"the embedded model's weights are not at {weights}"
    if importlib.util.find_spec("xllamacpp") is None:
        return "xllamacpp is not installed"
    return None


def _without_ray() -> str | None:
    return None if importlib.util.find_spec("ray") else "Ray is not installed"


def _without_browser() -> str | None:
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed"
    from tests.support.browser import chromium_path

    return None if chromium_path() else "Chromium is not installed"


@pytest.fixture(scope="session")
def ray_here() -> Iterator[None]:
    """Ray on this machine, for all tests of the session: see `tests.support.local_ray`."""
    from tests.support.local_ray import local_ray

    with local_ray():
        yield


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Chromium, for the tests of one module: see `tests.support.browser.chromium`."""
    from tests.support.browser import chromium

    with chromium() as started:
        yield started
