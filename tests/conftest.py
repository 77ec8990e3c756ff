"""What all tests share: which of them this machine can run."""

import importlib.util

import pytest

from llm_extract.models.weights import CATALOGUE, weights_path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that need the embedded model where its weights are not in the cache."""
    weights = weights_path(CATALOGUE["local"])
    if not weights.is_file():
        reason = f"the embedded model's weights are not at {weights}"
    elif importlib.util.find_spec("xllamacpp") is None:
        reason = "xllamacpp is not installed"
    else:
        return
    for item in items:
        if "embedded" in item.keywords:
            item.add_marker(pytest.mark.skip(reason=reason))
