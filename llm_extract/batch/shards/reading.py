"""Reads the shards that a manifest lists."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic import ValidationError

from llm_extract.batch.shards.columns import CONTENT_KEY, from_row, require_pyarrow
from llm_extract.batch.shards.folders import ShardFolder, open_folder
from llm_extract.batch.shards.manifest import MANIFEST_FILE, Manifest, Shard, read_manifest
from llm_extract.errors import SourceError, StoreError, UsageError
from llm_extract.schemas import SCHEMA_VERSION, ArticleRecords
from llm_extract.text.locations import Location

_ROWS_AT_ONCE: Final = 64
_REMEDY: Final = "write the shards again with `llm-extract shards`"


def read_shards(place: Location) -> Iterator[ArticleRecords]:
    """Return the results in a folder of shards, each read when it is asked for.

    Only what the manifest lists is read, so nothing of a writer that is at work or was killed.

    Args:
        place: folder or URL that `write_shards` wrote to.

    Returns:
        An iterator in the order of `records.jsonl`.

    Raises:
        UsageError: there is no manifest, or pyarrow is missing; from this call.
        StoreError: the manifest is damaged or of another version, from this call; a shard is
            missing or damaged, from the iterator, which names it.
    """
    require_pyarrow()
    folder = open_folder(place)
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"no {MANIFEST_FILE} in {folder.name}: name a folder of shards")
    if manifest.schema_version != SCHEMA_VERSION:
        raise StoreError(
            f"{folder.name} has records of schema version {manifest.schema_version}, and this "
            f"llm-extract reads {SCHEMA_VERSION}: {_REMEDY}"
        )
    return _read_all(folder, manifest)


def _read_all(folder: ShardFolder, manifest: Manifest) -> Iterator[ArticleRecords]:
    for shard in manifest.shards:
        yield from _read(folder, shard)


def _read(folder: ShardFolder, shard: Shard) -> Iterator[ArticleRecords]:
    from pyarrow import ArrowException

    place = f"{folder.name}/{shard.name}"
    stream = folder.open(shard.name)
    if stream is None:
        raise StoreError(
            f"{place} is missing, though {MANIFEST_FILE} lists it: read again if a new manifest "
            f"was just written, else {_REMEDY}"
        )
    rows = 0
    try:
        with stream:
            for row in _rows(stream, shard):
                yield from_row(row)
                rows += 1
    except (ArrowException, SourceError, ValidationError, KeyError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        raise StoreError(f"{place} is damaged ({reason}): {_REMEDY}") from error
    if rows != shard.rows:
        raise StoreError(
            f"{place} has {rows} rows, and {MANIFEST_FILE} says {shard.rows}: {_REMEDY}"
        )


def _rows(stream: Any, shard: Shard) -> Iterator[dict[str, Any]]:
    from pyarrow.parquet import ParquetFile

    with ParquetFile(
        stream, pre_buffer=False, buffer_size=1 << 20, page_checksum_verification=True
    ) as file:
        content = (file.schema_arrow.metadata or {}).get(CONTENT_KEY, b"").decode()
        if content != shard.content:
            raise ValueError("it is another than the manifest lists")
        for batch in file.iter_batches(_ROWS_AT_ONCE, use_threads=False):
            yield from batch.to_pylist()
