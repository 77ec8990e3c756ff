"""Writes the results of a run as shards, of which only those are new whose articles are."""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from llm_extract import __version__
from llm_extract.batch.database import STORE_FILE
from llm_extract.batch.results import Results
from llm_extract.batch.shards.columns import CONTENT_KEY, arrow_schema, require_pyarrow, to_batch
from llm_extract.batch.shards.folders import ShardFolder, open_folder
from llm_extract.batch.shards.manifest import (
    MANIFEST_FILE,
    Manifest,
    RunSettings,
    Shard,
    is_shard_name,
    read_manifest,
    shard_name,
)
from llm_extract.batch.store import count_records
from llm_extract.errors import UsageError
from llm_extract.schemas import ArticleRecords
from llm_extract.text.locations import Location

UNFINISHED_FILE: Final = "unfinished.json"
_ROWS_A_GROUP: Final = 2_000
_ROWS_AT_ONCE: Final = 100  # as Python objects, which take far more memory than columns


@dataclass(frozen=True)
class Written:
    """What `write_shards` left.

    Attributes:
        manifest: the manifest that is in the folder now.
        new: how many of its shards had to be written.
    """

    manifest: Manifest
    new: int


def write_shards(
    results: Results,
    place: Location,
    rows: int,
    on_shard: Callable[[Shard], None] = lambda _: None,
) -> Written:
    """Write the results of a run as Parquet shards with a manifest; works during a run, too.

    The manifest is replaced when all shards are there; until then a reader has those of the one
    before. Shards whose articles and records are unchanged stay as they are, also those that a
    writer left that was killed; what no manifest lists is deleted at the end.

    Args:
        results: the results, of one moment.
        place: folder or URL for the shards; one process at a time may write there.
        rows: articles a shard.
        on_shard: called with each shard that was written.

    Raises:
        UsageError: pyarrow is missing, `rows` is below 1, or the folder cannot be used.
        StoreError: the results cannot be read, or the shards not be written.
    """
    _check(place, rows)
    folder = open_folder(place)
    with folder.locked():
        writer = _Writer(folder, results)
        for number, (content, count) in enumerate(_chunks(results.lines(), rows)):
            if shard := writer.add(number, content, count):
                on_shard(shard)
        return writer.finish()


def _check(place: Location, rows: int) -> None:
    require_pyarrow()
    if rows < 1:
        raise UsageError(f"{rows} articles a shard are too few: use 1 or more")
    if isinstance(place, Path) and (place / STORE_FILE).exists():
        raise UsageError(f"{place} is the output folder of a run: name another for its shards")


class _Writer:
    """Takes the shards of one manifest, number by number, and writes those that are new."""

    def __init__(self, folder: ShardFolder, results: Results) -> None:
        self._folder = folder
        self._lines = results.lines()
        self._known = _known(folder)
        self._shards: list[Shard] = []
        self._new = 0
        self._settings = _settings_of(results)
        self._complete = results.complete
        self._failed = sum(1 for _ in results.failures())

    def add(self, number: int, content: str, count: int) -> Shard | None:
        """Take the next articles of the results; return their shard if it had to be written."""
        name = shard_name(number, content)
        lines = islice(self._lines, count)
        if known := self._known.get(name):
            deque(lines, maxlen=0)
            self._shards.append(known)
            return None
        shard = _write(self._folder, name, content, lines)
        self._shards.append(shard)
        self._new += 1
        self._save(UNFINISHED_FILE)
        return shard

    def finish(self) -> Written:
        """Let readers have the shards, and delete what they do not need."""
        manifest = self._save(MANIFEST_FILE)
        listed = {shard.name for shard in manifest.shards}
        for name in self._folder.files():
            if name == UNFINISHED_FILE or (is_shard_name(name) and name not in listed):
                self._folder.delete(name)
        return Written(manifest, self._new)

    def _save(self, name: str) -> Manifest:
        manifest = Manifest(
            package_version=__version__,
            written=datetime.now(UTC).isoformat(timespec="seconds"),
            settings=self._settings,
            complete=self._complete,
            failed=self._failed,
            shards=self._shards,
        )
        with self._folder.filling(name) as path:
            path.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return manifest


def _known(folder: ShardFolder) -> dict[str, Shard]:
    """Return, by name, the shards of the writers before that are there as they left them."""
    manifests = [read_manifest(folder, name) for name in (MANIFEST_FILE, UNFINISHED_FILE)]
    files = folder.files()
    return {
        shard.name: shard
        for manifest in manifests
        for shard in (manifest.shards if manifest else ())
        if files.get(shard.name) == shard.bytes
    }


def _settings_of(results: Results) -> RunSettings:
    line = next(results.lines(), None)
    if line is None:
        return RunSettings(digest=results.settings)
    made = ArticleRecords.model_validate_json(line).provenance
    return RunSettings(
        digest=results.settings,
        model=made.model,
        strategy=made.strategy,
        record_types=made.record_types,
        prompt_hash=made.prompt_hash,
        schema_hash=made.schema_hash,
    )


def _chunks(lines: Iterator[str], rows: int) -> Iterator[tuple[str, int]]:
    """Yield, for each shard, the digest of its articles and their number."""
    columns = "".join(f"{field.name} {field.type}\n" for field in arrow_schema())
    while True:
        digest, count = hashlib.sha256(columns.encode()), 0
        for line in islice(lines, rows):
            digest.update(line.encode() + b"\n")
            count += 1
        if not count:
            return
        yield digest.hexdigest(), count


def _write(folder: ShardFolder, name: str, content: str, lines: Iterable[str]) -> Shard:
    counts: Counter[str] = Counter()
    with folder.filling(name) as path:
        rows = _write_table(path, content, lines, counts)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = path.stat().st_size
    return Shard(
        name=name, rows=rows, records=dict(counts), bytes=size, sha256=sha256, content=content
    )


def _write_table(path: Path, content: str, lines: Iterable[str], counts: Counter[str]) -> int:
    """Write one file; add its records to the counts, and return the number of rows."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    schema = arrow_schema().with_metadata({CONTENT_KEY: content.encode()})
    rows = 0
    batches = _batches(lines, schema, counts)
    with ParquetWriter(path, schema, compression="zstd", write_page_checksum=True) as writer:
        while group := list(islice(batches, _ROWS_A_GROUP // _ROWS_AT_ONCE)):
            table = pyarrow.Table.from_batches(group, schema)
            writer.write_table(table, row_group_size=_ROWS_A_GROUP)
            rows += table.num_rows
    return rows


def _batches(lines: Iterable[str], schema: Any, counts: Counter[str]) -> Iterator[Any]:
    lines = iter(lines)
    while some := [
        ArticleRecords.model_validate_json(line) for line in islice(lines, _ROWS_AT_ONCE)
    ]:
        for records in some:
            counts.update(count_records(records))
        yield to_batch(some, schema)
