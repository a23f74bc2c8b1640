"""Parquet, by pyarrow: read a few rows at once, and written so. In a worker alone."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.datasets.dataset import MOST_BYTES, MOST_ROWS
from nis_backend.capabilities.datasets.kinds import PICTURES
from nis_backend.errors import InvalidRequest, TooLarge, Unavailable, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from nis_backend.capabilities.datasets.reading import Raw
    from nis_backend.operation import Json

AT_ONCE, WRITTEN_AT_ONCE = 256, 4096
"""Rows that are read, and written, together."""
MOST_LEAVES = 1000
"""Columns, those within lists and objects counted."""


def arrow(module: str) -> Any:  # Any: pyarrow has no types
    """A module of pyarrow.

    Raises:
        Unavailable: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise Unavailable(
            "Parquet is read and written by pyarrow, which is not installed.",
            remedy="Install nis-backend[datasets], or use lines of JSON.",
        ) from None


def rows_of_parquet(path: Path) -> Iterator[Raw]:
    """The rows of a Parquet file; what its header claims is refused before anything is decoded.

    Raises:
        InvalidRequest: it cannot be read.
        TooLarge: it has too many rows, columns or bytes.
    """
    parquet, lib = arrow("pyarrow.parquet"), arrow("pyarrow.lib")
    try:
        file = parquet.ParquetFile(str(path))
        _refuse(file.metadata)
        _refuse_twice(file.schema_arrow.names)
        number, most = 0, file.metadata.num_rows
        for batch in file.iter_batches(batch_size=AT_ONCE):
            if batch.nbytes > MOST_BYTES:
                raise _large("bytes", batch.nbytes, MOST_BYTES)
            for row in batch.to_pylist():
                number += 1
                yield number, path.stat().st_size * number // max(most, 1), _row(row)
    except lib.ArrowMemoryError:
        # As any other: whoever bounds the memory tells it.
        raise MemoryError from None
    except (lib.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"The Parquet file cannot be read: {shorten(str(error))}.", field="file", remedy="Write it anew."
        ) from None


def _refuse(metadata: Any) -> None:  # Any: pyarrow's
    size = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    for what, found, most in (
        ("rows", metadata.num_rows, MOST_ROWS),
        ("columns", metadata.num_columns, MOST_LEAVES),
        ("bytes when unpacked", size, 2 * MOST_BYTES),
    ):
        if found > most:
            raise _large(what, found, most)


def _refuse_twice(names: list[str]) -> None:
    if twice := [name for name in names if names.count(name) > 1]:
        raise InvalidRequest(
            f"The Parquet file has the column {twice[0]!r} twice.",
            field="file",
            value=twice[0],
            remedy="Name each column once.",
        )


def _row(row: Any) -> Json | str:  # Any: pyarrow's
    try:
        return cast("Json", _plain(row))
    except UnicodeDecodeError:
        return "it has bytes that are neither UTF-8 nor a picture"


def _large(what: str, found: int, most: int) -> TooLarge:
    return TooLarge(
        f"The file has {found} {what}; at most {most} are read.", field="file", value=found, remedy="Send a part of it."
    )


def _plain(value: Any) -> Any:  # Any: what a cell may be
    """A cell as JSON has it; bytes are text, a picture's base64, an image of Hugging Face's its bytes."""
    match value:
        case dict():
            members = cast("Json", value)
            if set(members) == {"bytes", "path"}:
                return _plain(members["bytes"])
            return {name: _plain(one) for name, one in members.items()}
        case list():
            return [_plain(one) for one in cast("list[Any]", value)]
        case bytes():
            return base64.b64encode(value).decode() if value.startswith(PICTURES) else value.decode()
        case dt.date() | dt.time() | dt.timedelta() | decimal.Decimal():
            return str(value)
        case _:
            return value


def write_parquet(rows: Iterable[Json], columns: Mapping[str, set[type]], path: str) -> int:
    """Write flat rows into a Parquet file; answers how many. A column of several types is text."""
    parquet, pyarrow = arrow("pyarrow.parquet"), arrow("pyarrow")
    kinds = {name: _kind(types - {type(None)}) for name, types in columns.items()}
    arrow_kinds = {"int": pyarrow.int64(), "float": pyarrow.float64(), "bool": pyarrow.bool_(), "str": pyarrow.string()}
    schema = pyarrow.schema([(name, arrow_kinds[kind]) for name, kind in kinds.items()])
    count = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        source = iter(rows)
        while some := list(islice(source, WRITTEN_AT_ONCE)):
            told = [{name: _of_kind(row.get(name), kind) for name, kind in kinds.items()} for row in some]
            writer.write_table(pyarrow.Table.from_pylist(told, schema=schema))
            count += len(some)
    return count


def _kind(types: set[type]) -> str:
    if types == {int, float}:
        return "float"
    return next(iter(types)).__name__ if len(types) == 1 else "str"


def _of_kind(value: Any, kind: str) -> Any:  # Any: a cell
    if value is None:
        return None
    if kind == "int" and not -(2**63) <= value < 2**63:
        raise InvalidRequest(
            f"{value} is no number of 64 bits.", field="format", value=value, remedy="Export it as lines of JSON."
        )
    if kind == "float":
        return float(value)
    return value if kind != "str" or isinstance(value, str) else str(value)
