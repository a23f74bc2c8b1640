"""A part of a version written into a file: lines of JSON, a table, Parquet or words."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from nis_backend.capabilities.datasets.dataset import Splits
from nis_backend.capabilities.datasets.kinds import GROUPED, Kind, line_of, words_of
from nis_backend.capabilities.datasets.parting import key_of, part_of
from nis_backend.capabilities.datasets.work import POOL, writing
from nis_backend.capabilities.datasets.writing import lines_in
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Json, Model, operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.drivers.compute.base import WorkerContext


class WritePart(Model):
    """Which rows of a version's file, into which file, and as what."""

    kind: Kind
    path: str
    out: str
    split: Literal["all", "train", "validation", "test"] = "all"
    splits: Splits | None = None
    groups: dict[str, str] | None = None
    format: Literal["jsonl", "csv", "parquet", "text"] = "jsonl"
    keep_group: bool = False


class PartWritten(Model):
    """How much was written."""

    rows: int


@operation("datasets.write_part", effect="reads", pool=POOL, time_limit=600.0)
def write_part(request: WritePart, ctx: WorkerContext) -> PartWritten:
    """Write a part of a version into a file."""
    with writing():
        return PartWritten(rows=_write(request, ctx))


def _write(request: WritePart, ctx: WorkerContext) -> int:
    match request.format:
        case "jsonl":
            return _write_lines(request, ctx)
        case "text":
            return _write_words(request)
        case "csv":
            return _write_table(request)
        case "parquet":
            from nis_backend.capabilities.datasets.columnar import write_parquet  # noqa: PLC0415 - where it is wanted

            return write_parquet(_flat_rows(request), _columns(request), request.out)


def _lines(request: WritePart) -> Iterator[bytes]:
    """The lines of the part, in the version's order."""
    for line in lines_in(request.path):
        splits = request.splits
        if request.split != "all" and splits is not None:
            key = key_of(line, splits.by, request.groups)
            if part_of(key, splits) != request.split:
                continue
        yield line if request.keep_group or GROUPED not in line else _without_group(line)


def _without_group(line: bytes) -> bytes:
    row: Json = json.loads(line)
    row.pop("group", None)
    return line_of(row)


def _write_lines(request: WritePart, ctx: WorkerContext) -> int:
    count = 0
    with Path(request.out).open("wb") as file:
        for line in _lines(request):
            file.write(line)
            count += 1
            if count % 10_000 == 0:
                ctx.progress(0.5, f"{count} rows")
    return count


def _write_words(request: WritePart) -> int:
    count = 0
    with Path(request.out).open("w", encoding="utf-8", newline="\n") as file:
        for line in _lines(request):
            file.write(f"{words_of(request.kind, json.loads(line))}\n\n")
            count += 1
    return count


def _flat(row: Json) -> Json:
    """A row as a table has it: features are columns of their own, what is nested is JSON."""
    features: Any = row.pop("features", None)
    if isinstance(features, dict):
        if taken := cast("Json", features).keys() & row.keys():
            raise InvalidRequest(
                f"A table has one column {min(taken)!r}, and rows have a feature and a member of that name.",
                field="format",
                value=min(taken),
                remedy="Export lines of JSON: format jsonl.",
            )
        row = {**cast("Json", features), **row}
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: Any) -> Any:  # Any: JSON
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _flat_rows(request: WritePart) -> Iterator[Json]:
    return (_flat(json.loads(line)) for line in _lines(request))


def _columns(request: WritePart) -> dict[str, set[type]]:
    """Every column that a row has, in the order in which they come, with the types of its values: read once before."""
    columns: dict[str, set[type]] = {}
    for row in _flat_rows(request):
        for name, value in row.items():
            kind: type = type(value)  # pyright: ignore[reportUnknownVariableType] - of JSON
            columns.setdefault(name, set()).add(kind)
    return columns


def _write_table(request: WritePart) -> int:
    count = 0
    columns = _columns(request)
    with Path(request.out).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in _flat_rows(request):
            writer.writerow(row)
            count += 1
    return count
