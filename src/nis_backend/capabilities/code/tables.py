"""What a table is analysed with, what is said of it, and how that looks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.operation import Model
from nis_backend.view import Axis, Series, Table, Text, View, verbatim

Format = Literal["auto", "csv", "json", "jsonl", "xlsx"]
Kind = Literal["number", "word", "truth", "date", "empty"]


class AnalyseTable(Model):
    """A table."""

    table: Blob = Field(
        description="CSV (any common separator), JSON, lines of JSON, or an Excel sheet; 32 MB at most."
    )
    format: Format = Field(default="auto", description="Told by the bytes and the name, unless it is said.")
    sheet: int = Field(default=1, ge=1, le=200, description="Of an Excel file, counted from 1.")


class Bin(Model):
    """A stretch of numbers, and how many lie in it; the last one's end belongs to it."""

    begin: float
    end: float
    count: int


class Word(Model):
    """A value that is often there."""

    value: str
    count: int


class Column(Model):
    """What is in a column. Figures of a spread are null for what are not numbers."""

    name: str
    kind: Kind
    count: int = Field(description="Values that are there.")
    missing: int
    distinct: int
    least: float | None = None
    most: float | None = None
    mean: float | None = None
    deviation: float | None = Field(default=None, description="The sample's standard deviation; null for one value.")
    quartiles: list[float] = Field(default_factory=list[float], description="The first, the median, the third.")
    first: str = Field(default="", description="Of dates, the earliest.")
    last: str = Field(default="", description="Of dates, the latest.")
    bins: list[Bin] = Field(default_factory=list[Bin], description="Ten equal stretches of numbers.")
    often: list[Word] = Field(default_factory=list[Word], description="The ten most frequent values of words.")


class Pair(Model):
    """Two columns of numbers, and how they go together over the rows that have both."""

    first: str
    second: str
    rows: int
    pearson: float
    spearman: float


class Analysed(Model):
    """What is in a table."""

    rows: int
    columns: list[Column]
    repeated: int = Field(description="Rows that are the same as an earlier one in every column.")
    pairs: list[Pair] = Field(description="The strongest first, by the larger of both; 50 at most.")
    notes: list[str] = Field(description="What was left out, or looks odd.")


def draw_analysis(_request: AnalyseTable, found: Analysed) -> list[View]:
    """Each column in a line, what goes together, and the first numbers as bars."""
    missing = sum(one.missing for one in found.columns)
    said = f"{found.rows} rows of {len(found.columns)} columns; {missing} values are missing."
    if found.repeated:
        said += f" {found.repeated} rows repeat an earlier one."
    views: list[View] = [Text(text="\n\n".join([said, *found.notes]))]
    rows: list[list[str | float]] = [
        [one.name, one.kind, one.count, one.missing, one.distinct, *_spread(one)] for one in found.columns
    ]
    names = ["column", "kind", "values", "missing", "distinct", "least", "median", "most", "often"]
    views.append(Table(title="Columns", columns=names, rows=rows))
    if found.pairs:
        together: list[list[str | float]] = [
            [one.first, one.second, round(one.pearson, 3), round(one.spearman, 3), one.rows] for one in found.pairs[:10]
        ]
        views.append(Table(title="Together", columns=["one", "other", "Pearson", "Spearman", "rows"], rows=together))
    views += [_bars(one) for one in found.columns if one.bins][:3]
    return views


def _spread(column: Column) -> list[str | float]:
    often = ", ".join(f"{verbatim(one.value)} {one.count}" for one in column.often[:3])
    if column.least is None or column.most is None:
        return [column.first, "", column.last, often]
    return [column.least, column.quartiles[1], column.most, often]


def _bars(column: Column) -> View:
    edges = [*(one.begin for one in column.bins), column.bins[-1].end]
    return Series(
        title=column.name,
        x=Axis(label=column.name, values=[(one.begin + one.end) / 2 for one in column.bins], edges=edges),
        lines=[Axis(label="rows", values=[one.count for one in column.bins], mark="bars")],
    )
