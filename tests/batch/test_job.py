from pathlib import Path
from typing import Any

import pytest

from llm_extract.batch.job import Job, choose_strategy
from llm_extract.errors import UsageError
from llm_extract.models.spec import ModelSpec
from llm_extract.schemas import Record

URL = "http://127.0.0.1:1/v1"


class Toll(Record):
    """A charge for the use of a road or bridge."""

    amount: str


@pytest.mark.parametrize(
    ("name", "strategy"),
    [
        ("qwen2.5:1.5b", "sentence"),
        ("Llama-3.2-3B-Instruct", "sentence"),
        ("gemma-4b", "sentence"),
        ("qwen2.5:7b", "article"),
        ("gpt-oss:20b", "article"),
        ("mixtral-8x7b", "article"),
        ("some-30b-a3b", "article"),
        ("gpt-5-mini", "article"),
        ("model-4bit", "article"),
    ],
)
def test_auto_asks_small_hosted_models_by_sentence(name: str, strategy: str) -> None:
    spec = ModelSpec(name=name, kind="hosted", model=name, base_url=URL)
    assert choose_strategy(spec) == strategy


def test_auto_asks_embedded_models_by_sentence_one_at_a_time(tmp_path: Path) -> None:
    weights = tmp_path / "giant-70b.gguf"
    weights.write_bytes(b"GGUF")
    job = Job.of(str(weights), concurrency=9)
    assert job.extractor.strategy_name == "sentence"
    assert job.concurrency == 1


def test_stated_strategy_wins_over_auto() -> None:
    assert Job.of("big", base_url=URL, strategy="sentence").extractor.strategy_name == "sentence"


def test_settings_change_with_all_that_decides_the_records(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    (prompts / "quote.toml").write_text('definition = "Words in marks."')
    jobs = [
        Job.of("big", base_url=URL),
        Job.of("bigger", base_url=URL),
        Job.of("big", base_url=URL.replace(":1/", ":2/")),
        Job.of("big", base_url=URL, strategy="sentence"),
        Job.of("big", base_url=URL, records=["quote"]),
        Job.of("big", base_url=URL, strategy="sentence", prompts=prompts),
    ]
    assert len({job.settings for job in jobs}) == len(jobs)
    assert Job.of("big", base_url=URL, concurrency=3, rpm=2, tpm=9).settings == jobs[0].settings


def test_record_classes_are_taken_like_their_references() -> None:
    by_class = Job.of("big", base_url=URL, records=[Toll])
    by_name = Job.of("big", base_url=URL, records=["tests.batch.test_job:Toll"])
    assert by_class.settings == by_name.settings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "clever"}, "unknown strategy 'clever'"),
        ({"concurrency": 0}, "concurrency of 0"),
        ({"rpm": 0}, "a limit rpm of 0"),
        ({"tpm": -1}, "a limit tpm of -1"),
        ({"prompts": Path("nowhere")}, "prompts folder nowhere does not exist"),
        ({"records": []}, "at least one record type"),
        ({"records": ["meetings"]}, "unknown record type 'meetings'"),
    ],
)
def test_wrong_argument_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Job.of("big", base_url=URL, **options)
