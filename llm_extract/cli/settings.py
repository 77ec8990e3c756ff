"""Settings: the options of the command line, else the environment, else `llm-extract.toml`."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from llm_extract.batch.job import DEFAULT_CONCURRENCY, DEFAULT_RECORDS, StrategyChoice
from llm_extract.errors import UsageError

_PREFIX = "LLM_EXTRACT_"
_FILE = "llm-extract.toml"


class Settings(BaseSettings):
    """What a run can be told by option, by `LLM_EXTRACT_NAME` or in `llm-extract.toml`."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix=_PREFIX, toml_file=_FILE, extra="forbid", env_ignore_empty=True
    )

    model: str = "local"
    base_url: str | None = None
    strategy: StrategyChoice = "auto"
    records: Annotated[tuple[str, ...], NoDecode] = DEFAULT_RECORDS
    prompts: Path | None = None
    concurrency: int = Field(default=DEFAULT_CONCURRENCY, ge=1)
    rpm: int | None = Field(default=None, ge=1)
    tpm: int | None = Field(default=None, ge=1)

    @field_validator("records", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options win over the environment, the environment over the file."""
        file = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, file_secret_settings, file


def load_settings(**options: Any) -> Settings:
    """Put the settings together.

    Args:
        options: what the command line says; None where it says nothing.

    Raises:
        UsageError: a setting is unknown or has a wrong value, or the file is not TOML.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{_FILE} is not valid TOML: {error}") from None
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        name = str(fault["loc"][0])
        if fault["type"] == "extra_forbidden":
            known = ", ".join(Settings.model_fields)
            raise UsageError(f"{_FILE}: there is no setting {name!r}; there are {known}") from None
        raise UsageError(f"{_origin(name, given)}: {fault['msg']}") from None


def _origin(name: str, given: dict[str, Any]) -> str:
    option = f"--{name.replace('_', '-')}"
    return option if name in given else f"{_PREFIX}{name.upper()} or {name} in {_FILE}"
