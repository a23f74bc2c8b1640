"""Calls and sums as a table of comma-separated values, whose money adds up to the last digit."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING

from nis_backend.drivers.gateway.periods import DOLLAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.drivers.store.base import Row

MONEY = frozenset({"cost", "saved"})
MOMENTS = frozenset({"created"})
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would carry out."""


class Sheet:
    """A table as it grows; money is in dollars with all nine decimals, times in ISO 8601."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._text = io.StringIO()
        self._out = csv.writer(self._text, lineterminator="\r\n")
        self._out.writerow(columns)

    def put(self, rows: Iterable[Row]) -> None:
        """Add the columns of these rows."""
        self._out.writerows([_cell(name, row[name]) for name in self._columns] for row in rows)

    @property
    def data(self) -> bytes:
        """All of it."""
        return self._text.getvalue().encode()


def _cell(name: str, cell: object) -> object:
    if name in MONEY and isinstance(cell, int):
        sign, nano = "-" if cell < 0 else "", abs(cell)
        return f"{sign}{nano // DOLLAR}.{nano % DOLLAR:09d}"
    if name in MOMENTS and isinstance(cell, float):
        return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(cell))}.{int(cell % 1 * 1000):03d}Z"
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return cell
