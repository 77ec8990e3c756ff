"""The columns of a shard: one row an article, with everything that `ArticleRecords` has.

The fields of the article come first, then its records as lists of structs, as the schemas name
them. Records of users' own types are JSON, since each shard has the same columns.
"""

import datetime
import json
import types
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from llm_extract.errors import UsageError
from llm_extract.schemas import ArticleRecords, ArticleRef

CONTENT_KEY: Final = b"llm_extract.content"  # in the metadata of a file: digest of its content
_AS_JSON: Final = "custom"
_PLAIN: Final = {str: "string", int: "int64", float: "float64", datetime.date: "date32"}


def require_pyarrow() -> None:
    """Make sure that shards can be written and read.

    Raises:
        UsageError: pyarrow is not installed.
    """
    try:
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise UsageError("shards need pyarrow: pip install 'llm-extract[export]'") from error


def arrow_schema() -> Any:
    """Return the `pyarrow.Schema` of a shard."""
    import pyarrow

    fields = [*_fields(ArticleRef), *_fields(ArticleRecords, without=("article", _AS_JSON))]
    return pyarrow.schema([*fields, pyarrow.field(_AS_JSON, pyarrow.string(), nullable=False)])


def to_batch(listed: Sequence[ArticleRecords], schema: Any) -> Any:
    """Return articles as a `pyarrow.RecordBatch` with the columns of a schema."""
    import pyarrow

    return pyarrow.RecordBatch.from_pylist([_row(records) for records in listed], schema)


def from_row(row: dict[str, Any]) -> ArticleRecords:
    """Return the article of a row; raises `ValidationError` or `ValueError` where it holds none."""
    article = {name: row.pop(name) for name in ArticleRef.model_fields}
    return ArticleRecords.model_validate(
        row | {"article": article, _AS_JSON: json.loads(row[_AS_JSON])}
    )


def _row(records: ArticleRecords) -> dict[str, Any]:
    row = records.model_dump(exclude={_AS_JSON})
    article: dict[str, Any] = row.pop("article")
    own = records.model_dump(mode="json", include={_AS_JSON})[_AS_JSON]
    return article | row | {_AS_JSON: json.dumps(own, ensure_ascii=False)}


def _fields(model: type[BaseModel], without: Sequence[str] = ()) -> list[Any]:
    import pyarrow

    return [
        pyarrow.field(name, _arrow_type(field.annotation), nullable=_optional(field.annotation))
        for name, field in model.model_fields.items()
        if name not in without
    ]


def _arrow_type(annotation: Any) -> Any:
    """Return the type of a column, or of a part of one, for a field of a schema."""
    import pyarrow

    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        (given,) = (argument for argument in arguments if argument is not types.NoneType)
        return _arrow_type(given)
    if origin is Annotated:
        return _arrow_type(arguments[0])
    if origin is Literal:
        return pyarrow.string()
    if origin is list:
        return pyarrow.list_(_arrow_type(arguments[0]))
    if issubclass(annotation, BaseModel):
        return pyarrow.struct(_fields(annotation))
    return pyarrow.type_for_alias(_PLAIN[annotation])


def _optional(annotation: Any) -> bool:
    return types.NoneType in get_args(annotation)
