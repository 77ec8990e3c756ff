"""Reads the records that a run wrote."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from llm_extract.batch.output import RECORDS_FILE
from llm_extract.batch.shards.manifest import MANIFEST_FILE
from llm_extract.batch.shards.reading import read_shards
from llm_extract.errors import SourceError, StoreError, UsageError
from llm_extract.schemas import ArticleRecords
from llm_extract.text.locations import Location, locate
from llm_extract.text.streams import open_file
from llm_extract.text.urls import Url


def read_records(path: Path | str) -> Iterator[ArticleRecords]:
    """Return the results of a run, each read when it is asked for.

    Args:
        path: an output folder, a folder of shards that `llm-extract shards` wrote, a file with
            one `ArticleRecords` a line, or as `str` the URL of one of the latter two.

    Returns:
        An iterator in the order of the file. Records of users' own types come as `CustomRecord`.

    Raises:
        UsageError: there is no such file, from this call and not from the iterator.
        StoreError: a line or shard is damaged, from the iterator; names it.
    """
    place = locate(path)
    if isinstance(place, Url):
        is_file = place.name.removesuffix(".gz").endswith(".jsonl")
        return _read(place) if is_file else read_shards(place)
    if place.is_dir() and not (place / RECORDS_FILE).exists() and (place / MANIFEST_FILE).exists():
        return read_shards(place)
    file = place / RECORDS_FILE if place.is_dir() else place
    if not file.is_file():
        where = f"no {RECORDS_FILE} in {path}" if place.is_dir() else f"{path} does not exist"
        raise UsageError(f"{where}: name the output folder of a run, or its {RECORDS_FILE}")
    return _read(file)


def _read(file: Location) -> Iterator[ArticleRecords]:
    try:
        with open_file(file) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _record(line.decode("utf-8"), f"{file}:{number}")
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}") from error
    except SourceError as error:
        raise StoreError(f"{file}: {error}") from error
    except UnicodeDecodeError as error:
        raise StoreError(f"{file} is not a file of records: it is not UTF-8 text") from error


def _record(line: str, where: str) -> ArticleRecords:
    try:
        return ArticleRecords.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, fault["loc"]))
        reason = f"{place}: {fault['msg']}" if place else fault["msg"]
        raise StoreError(f"{where}: not a line of records: {reason}") from error
