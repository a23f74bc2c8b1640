"""A classifier of rows of tables as it is applied: numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nis_backend.capabilities.training.classifiers.columns import Column, Columns
from nis_backend.capabilities.training.classifiers.scoring import Linear, Trees, chances

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nis_backend.capabilities.training.classifiers.columns import Row
    from nis_backend.drivers.compute.base import Json

    Array = NDArray[np.float64]

Way = Literal["linear", "trees"]


@dataclass(frozen=True, kw_only=True)
class TableModel:
    """Columns, and what scores them."""

    way: Way
    columns: Columns
    scorer: Linear | Trees
    labels: tuple[str, ...]
    """Empty where a number is told."""

    def scores(self, numbers: Array) -> Array:
        """Probabilities (rows, labels) before they are calibrated, or numbers (rows, 1), of `columns.numbers`."""
        raw = self.scorer.raw(self.columns.spread(numbers) if self.way == "linear" else numbers)
        return chances(raw) if self.labels else raw

    def said(self, rows: Sequence[Row]) -> Array:
        """The scores of rows as they come."""
        return self.scores(self.columns.numbers(rows))

    def heaviest(self, count: int) -> list[int]:
        """Places of the columns that have the greatest weight, or are in the most splits; so many, in their order."""
        if isinstance(self.scorer, Linear):
            each = np.abs(self.scorer.weight).max(axis=0)
            starts = np.cumsum([0, *(column.width for column in self.columns.columns)])[:-1]
            heavy = np.maximum.reduceat(each, starts)
        else:
            asked = self.scorer.column[self.scorer.left >= 0]
            heavy = np.bincount(asked, minlength=len(self.columns.columns))
        return sorted(np.argsort(-heavy, kind="stable")[:count].tolist())

    def plain(self) -> Json:
        """All but its arrays, as JSON has it."""
        columns = [column.plain() for column in self.columns.columns]
        return {"way": self.way, "labels": list(self.labels), "columns": columns}

    @classmethod
    def read(cls, card: Json, arrays: Mapping[str, NDArray[Any]]) -> TableModel:  # Any: of several kinds
        """From what `plain` and the scorer's `arrays` answered."""
        kind = Linear if card["way"] == "linear" else Trees
        return cls(
            way=card["way"],
            columns=Columns([Column.of(one) for one in card["columns"]]),
            scorer=kind.read(arrays),
            labels=tuple(card["labels"]),
        )
