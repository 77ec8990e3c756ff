from pathlib import Path

import pytest

from llm_extract.cli.settings import Settings, load_settings
from llm_extract.errors import UsageError

FILE = Path("llm-extract.toml")


def test_defaults() -> None:
    settings = load_settings(model=None)
    assert (settings.model, settings.strategy, settings.concurrency) == ("local", "auto", 8)
    assert settings.records == ("meeting", "position", "quote")


def test_option_wins_over_environment_over_file(monkeypatch: pytest.MonkeyPatch) -> None:
    FILE.write_text('model = "file"\nstrategy = "sentence"\nconcurrency = 3\n')
    monkeypatch.setenv("LLM_EXTRACT_MODEL", "environment")
    monkeypatch.setenv("LLM_EXTRACT_CONCURRENCY", "4")
    settings = load_settings(model=None, concurrency=5)
    assert (settings.model, settings.strategy, settings.concurrency) == (
        "environment",
        "sentence",
        5,
    )


@pytest.mark.parametrize("origin", ["option", "environment", "file"])
def test_record_types_are_split_at_commas(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = "meeting, tolls:Toll"
    if origin == "environment":
        monkeypatch.setenv("LLM_EXTRACT_RECORDS", value)
    elif origin == "file":
        FILE.write_text('records = ["meeting", "tolls:Toll"]')
    settings = load_settings(records=value) if origin == "option" else load_settings()
    assert settings.records == ("meeting", "tolls:Toll")


def test_limits_of_a_minute_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    FILE.write_text("rpm = 500\ntpm = 200000\n")
    monkeypatch.setenv("LLM_EXTRACT_RPM", "60")
    settings = load_settings(rpm=None, tpm=None)
    assert (settings.rpm, settings.tpm) == (60, 200_000)


def test_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_EXTRACT_BASE_URL", "")
    assert load_settings().base_url is None


def test_other_variables_of_the_package_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_EXTRACT_API_KEY", "key")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("model = ", r"llm-extract\.toml is not valid TOML"),
        ('modell = "x"', r"llm-extract\.toml: there is no setting 'modell'; there are model, "),
        ("concurrency = 0", r"LLM_EXTRACT_CONCURRENCY or concurrency in llm-extract\.toml: "),
    ],
)
def test_broken_file_is_one_clear_line(content: str, message: str) -> None:
    FILE.write_text(content)
    with pytest.raises(UsageError, match=message):
        load_settings()


def test_wrong_option_is_named() -> None:
    with pytest.raises(UsageError, match=r"^--strategy: "):
        load_settings(strategy="wise")
