"""What an actor makes of its node, without Ray; articles are in the tests of all executors."""

import asyncio
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from llm_extract import __version__
from llm_extract.batch.executors import worker as worker_module
from llm_extract.batch.executors.messages import Begin, CallOff, Ended
from llm_extract.batch.executors.worker import Setup, Worker, _on_this_node
from llm_extract.errors import ModelError, WeightsError
from llm_extract.models.spec import ModelSpec
from llm_extract.models.weights import CATALOGUE, EmbeddedModel
from tests.batch.in_process import _Passed
from tests.batch.news import article, job_for
from tests.support.loopback import Loopback


def spec(weights: Path, name: str) -> ModelSpec:
    return ModelSpec(name=name, kind="embedded", model=weights.stem, weights=weights)


async def test_weights_that_can_be_fetched_are_and_lie_where_the_node_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[EmbeddedModel] = []
    monkeypatch.setattr(worker_module, "pull", fetched.append)
    monkeypatch.setenv("LLM_EXTRACT_CACHE", str(tmp_path / "node"))
    found = await _on_this_node(spec(Path("/driver/model.gguf"), "local"))
    assert fetched == [CATALOGUE["local"]]
    assert found.weights is not None
    assert found.weights.is_relative_to(tmp_path / "node")


async def test_file_that_the_node_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"mine\.gguf does not exist: put it on every node"):
        await _on_this_node(spec(tmp_path / "mine.gguf", "mine.gguf"))


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"version": "9.9.9"}, ModelError, f"{__version__} on a Ray node and 9.9.9 here"),
        ({"settings": "other"}, WeightsError, "is another model than the one of that name"),
    ],
)
async def test_node_that_would_extract_otherwise_is_refused(
    change: dict[str, str], error: type[Exception], says: str
) -> None:
    with Loopback() as server:
        job = job_for(server)
        setup = Setup(__version__, pickle.dumps(_Passed(job)), job.settings, 1, False, None)
        refused = await Worker().open(replace(setup, **change))
    assert isinstance(refused, error)
    assert says in str(refused)
    assert str(refused).rpartition(" (on node ")[2]


async def test_article_that_is_called_off_before_it_is_begun_ends_all_the_same() -> None:
    worker = Worker()
    await worker.deliver([Begin(7, article("a")), CallOff(7)])
    assert await asyncio.wait_for(worker.collect(), 5) == [Ended(7, None)]


def test_key_is_in_no_representation() -> None:
    setup = Setup(__version__, b"key-3141592653", "settings", 1, False, None)
    assert "key-3141592653" not in repr(setup)
