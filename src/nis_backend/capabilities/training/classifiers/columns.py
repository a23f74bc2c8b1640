"""Rows of a table as numbers: which columns are numbers, which are categories, and how each kind of model sees them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Cell: TypeAlias = float | str | bool | None
Row: TypeAlias = Mapping[str, Cell]

MOST_LEVELS = 200
"""Categories of a column; those that are rarer are one together. Trees take 255 at most."""
FEWEST_OF_LEVEL = 2
"""Rows that have a category of its own."""
ALIKE, FEW_ROWS = 0.5, 40
"""A column of texts of which more than this share are different ones only tells rows apart, in so many rows or more."""


NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column as it was in the rows it was learnt from: its categories, or else the middle and spread of its numbers.

    Codes of categories are their places in `levels`; behind them come rare ones, if any, and missing ones, if any.
    """

    name: str
    levels: tuple[str, ...] = ()
    rare: bool = False
    missing: bool = False
    median: float = 0.0
    mean: float = 0.0
    """With the median where a number is missing."""
    deviation: float = 1.0
    low: float = 0.0
    high: float = 0.0

    @property
    def categorical(self) -> bool:
        """Whether it is of categories."""
        return bool(self.levels or self.rare)

    @property
    def codes(self) -> int:
        """How many codes there are."""
        return len(self.levels) + self.rare + self.missing

    @property
    def width(self) -> int:
        """Numbers that a linear model sees of it."""
        return self.codes if self.categorical else 1 + self.missing

    @cached_property
    def _places(self) -> dict[str, int]:
        return {level: place for place, level in enumerate(self.levels)}

    @property
    def typical(self) -> float:
        """What stands for a value that is not looked at: the median, or the code of the most frequent category."""
        return 0.0 if self.categorical else self.median

    def read(self, cell: Cell) -> float:
        """A cell as a number: a code, or the number itself; NaN where there is none, or one that was never seen.

        true and false are 1 and 0 among numbers: as such a dataset keeps them.
        """
        if not self.categorical:
            return float(cell) if isinstance(cell, int | float) else math.nan
        if cell is None:
            return float(self.codes - 1) if self.missing else math.nan
        place = self._places.get(written(cell))
        return float(place) if place is not None else float(len(self.levels)) if self.rare else math.nan

    def strange(self, cell: Cell) -> str:
        """In what the cell is unlike all that was learnt from; empty where it is not."""
        if cell is None:
            return "" if self.missing else "missing"
        if self.categorical:
            return "" if written(cell) in self._places or self.rare else "unseen"
        if not isinstance(cell, int | float):
            return "no number"
        return "" if self.low <= cell <= self.high else "out of range"

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**named, "levels": list(self.levels)}

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> Column:  # Any: JSON
        """From what `plain` answered."""
        return cls(**dict(saved, levels=tuple(saved["levels"])))


def written(cell: float | str) -> str:
    """A cell as the name of a category."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return repr(int(cell)) if float(cell).is_integer() else repr(float(cell))


def _is_number(cell: Cell) -> TypeGuard[float]:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


class Columns:
    """The columns that count, categories first, each sorted by name."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.categories = sum(column.categorical for column in columns)
        """How many of them are of categories."""

    def numbers(self, rows: Sequence[Row]) -> Array:
        """(rows, columns): codes, and numbers with NaN where there is none; what trees see."""
        cells = [[column.read(row.get(column.name)) for column in self.columns] for row in rows]
        return np.array(cells, np.float64).reshape(len(rows), len(self.columns))

    def spread(self, numbers: Array) -> Array:
        """What linear models see: 0 or 1 for each code; numbers less their mean, by their deviation.

        A number that is missing is the median, with a 1 in a column of its own.
        """
        parts: list[Array] = []
        for place, column in enumerate(self.columns):
            values = numbers[:, place]
            if column.categorical:
                parts.append((values[:, None] == np.arange(column.codes)).astype(np.float64))
                continue
            gone = np.isnan(values)
            parts.append(((np.where(gone, column.median, values) - column.mean) / column.deviation)[:, None])
            if column.missing:
                parts.append(gone.astype(np.float64)[:, None])
        return np.hstack(parts)

    @cached_property
    def named(self) -> dict[str, Column]:
        """Each by its name."""
        return {column.name: column for column in self.columns}


def learnt(rows: Sequence[Row]) -> tuple[Columns, dict[str, str]]:
    """The columns of these rows, and of each that is left out the reason."""
    names = sorted({name for row in rows for name in row})
    left_out: dict[str, str] = {}
    kept: list[Column] = []
    for name in names:
        cells = [row.get(name) for row in rows]
        there = [cell for cell in cells if cell is not None]
        if all(_is_number(cell) for cell in there):
            column, why = _of_numbers(name, there, gone=len(cells) - len(there))
        else:
            column, why = _of_categories(name, [written(cell) for cell in there], missing=len(there) < len(cells))
        if column is None:
            left_out[name] = why
        else:
            kept.append(column)
    kept.sort(key=lambda column: (not column.categorical, column.name))
    return Columns(kept), left_out


def _of_numbers(name: str, cells: Sequence[Any], *, gone: int) -> tuple[Column | None, str]:
    values = np.array(cells, np.float64)
    if not len(values):
        return None, "it is empty"
    low, high, median = float(values.min()), float(values.max()), float(np.median(values))
    if low == high and not gone:
        return None, "it is the same in every row"
    filled = np.append(values, np.full(gone, median))
    mean, deviation = float(filled.mean()), float(filled.std()) or 1.0
    missing = bool(gone)
    return Column(name=name, missing=missing, median=median, mean=mean, deviation=deviation, low=low, high=high), ""


def _of_categories(name: str, texts: Sequence[str], *, missing: bool) -> tuple[Column | None, str]:
    counts = Counter(texts)
    if len(counts) > ALIKE * len(texts) and len(texts) >= FEW_ROWS:
        return None, _why_alone(counts)
    often = sorted(counts, key=lambda text: (-counts[text], text))
    levels = [text for text in often if counts[text] >= FEWEST_OF_LEVEL][:MOST_LEVELS]
    column = Column(name=name, levels=tuple(levels), rare=len(levels) < len(counts), missing=missing)
    if column.codes > 1:
        return column, ""
    return None, "no text of it is there twice" if column.rare else "it is the same in every row"


def _why_alone(texts: Counter[str]) -> str:
    """Of a column whose texts are others in most rows."""
    numbers = sum(bool(NUMBER.fullmatch(text.strip())) for text in texts)
    if numbers > ALIKE * len(texts):
        rest = "" if numbers == len(texts) else f", and {len(texts) - numbers} other texts among them"
        return f"its numbers are written as texts{rest}: give numbers, and null where there is none"
    return "it is another text in most rows"
