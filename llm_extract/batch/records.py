"""Reads the records that a run wrote."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from llm_extract.batch.output import RECORDS_FILE
from llm_extract.errors import StoreError, UsageError
from llm_extract.schemas import ArticleRecords


def read_records(path: Path | str) -> Iterator[ArticleRecords]:
    """Return the results of a run, each read when it is asked for.

    Args:
        path: an output folder, or a file with one `ArticleRecords` a line.

    Returns:
        An iterator in the order of the file. Records of users' own types come as `CustomRecord`.

    Raises:
        UsageError: there is no such file, from this call and not from the iterator.
        StoreError: a line is not an `ArticleRecords`, from the iterator; names the line.
    """
    path = Path(path)
    file = path / RECORDS_FILE if path.is_dir() else path
    if not file.is_file():
        where = f"no {RECORDS_FILE} in {path}" if path.is_dir() else f"{path} does not exist"
        raise UsageError(f"{where}: name the output folder of a run, or its {RECORDS_FILE}")
    return _read(file)


def _read(file: Path) -> Iterator[ArticleRecords]:
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _record(line, f"{file}:{number}")
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}") from error
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
