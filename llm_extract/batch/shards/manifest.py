"""The manifest of a folder of shards: which files belong to it, whole and in which order."""

import re
from collections import Counter
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError, computed_field

from llm_extract.batch.shards.folders import ShardFolder
from llm_extract.errors import StoreError
from llm_extract.schemas import SCHEMA_VERSION

MANIFEST_FILE: Final = "manifest.json"
_FORMAT: Final = "llm-extract shards"
_NAME: Final = re.compile(r"part-\d{5,}-[0-9a-f]{16}\.parquet")
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Shard(_Part):
    """One Parquet file; its name tells its place and content, so that it is never changed."""

    name: Annotated[str, Field(pattern=f"^{_NAME.pattern}$")]
    rows: NonNegativeInt = Field(description="articles in it, one a row")
    records: dict[str, int] = Field(description="records in it, by the name of their list")
    bytes: NonNegativeInt
    sha256: _Sha256 = Field(description="SHA-256 of the file")
    content: _Sha256 = Field(description="SHA-256 of its lines of records.jsonl and its columns")


class RunSettings(_Part):
    """What the records of all shards were made with."""

    digest: str = Field(description="names everything that decides an article's records")
    model: str | None = None
    strategy: str | None = None
    record_types: list[str] = Field(default_factory=list)
    prompt_hash: str | None = None
    schema_hash: str | None = None


class Manifest(_Part):
    """The results of a run at one moment, and the shards that hold them, in source order."""

    format: Literal["llm-extract shards"] = _FORMAT
    version: Literal[1] = 1
    schema_version: str = SCHEMA_VERSION
    package_version: str
    written: str = Field(description="time in UTC, ISO 8601")
    settings: RunSettings
    complete: bool = Field(description="whether the run had met all its articles")
    failed: NonNegativeInt = Field(description="articles without records, which no shard has")
    shards: list[Shard]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def articles(self) -> int:
        """How many articles all shards have."""
        return sum(shard.rows for shard in self.shards)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def records(self) -> dict[str, int]:
        """How many records all shards have, by the name of their list."""
        return dict(sum((Counter(shard.records) for shard in self.shards), Counter()))


def shard_name(number: int, content: str) -> str:
    """Name a shard by its number, from 0, and the digest of its content."""
    return f"part-{number:05}-{content[:16]}.parquet"


def is_shard_name(name: str) -> bool:
    """Tell whether a file has a name as `shard_name` gives it."""
    return bool(_NAME.fullmatch(name))


def read_manifest(folder: ShardFolder, name: str = MANIFEST_FILE) -> Manifest | None:
    """Return the manifest in a folder; None where there is none.

    Raises:
        StoreError: it cannot be read, is damaged, or is that of something else.
    """
    content = folder.read(name)
    if content is None:
        return None
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, fault["loc"]))
        reason = f"{where}: {fault['msg']}" if where else fault["msg"]
        raise StoreError(
            f"{folder.name}/{name} is no manifest of shards, or a damaged one ({reason}): delete "
            "it, or use another folder"
        ) from error
