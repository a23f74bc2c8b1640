"""Workbooks (.xlsx): a page for each sheet, its cells as they were last computed."""

from __future__ import annotations

import datetime as dt
import warnings
from importlib import import_module
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.documents.reading.archives import checked
from nis_backend.capabilities.documents.reading.building import Flow, Whole
from nis_backend.capabilities.documents.reading.faults import broken, too_large
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

openpyxl: Any = import_module("openpyxl")  # Any: openpyxl has no types

MOST_CELLS = 1_000_000
"""Of all sheets, those that are empty not counted."""
MOST_ROWS = 3_000_000
"""Of all sheets, with empty ones and those between rows: Excel's own sheets have 1,048,576 each."""
MOST_PLACES = 200_000_000
"""Rows times columns: a row is as long as its last cell's place says, whatever stands before that."""
MOST_COLUMNS = 1_000
"""Cells of a row; further ones are left out, and that is said."""


def read_workbook(file: BinaryIO, name: str, *, ignore_macros: bool) -> Whole:
    """See the module. A formula that was never computed stands as it is written: `=SUM(A1:A3)`."""
    archive = checked(file, name, ignore_macros=ignore_macros)
    formulas = any(b"<f" in part for part in _sheets(archive))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that are not read, such as drop-down lists
            return _Reading(file, name, formulas=formulas).whole()
    except (NisError, MemoryError):
        raise
    except Exception as error:  # on hostile bytes openpyxl raises whatever it meets: KeyError, ParseError, TypeError
        raise broken(name, f"it is no whole workbook ({type(error).__name__})") from error


def _sheets(archive: Any) -> Iterator[bytes]:  # Any: a ZipFile, whose members are looked at in blocks
    for one in archive.namelist():
        if one.startswith("xl/worksheets/") and one.endswith(".xml"):
            with archive.open(one) as part:
                while block := part.read(2**20):
                    yield block


class _Reading:
    """One workbook; where formulas may lack their values, it is gone through twice at once."""

    def __init__(self, file: BinaryIO, name: str, *, formulas: bool) -> None:
        self._name = name
        self._cells = self._passed = self._places = 0
        self._notes: set[str] = set()
        file.seek(0)
        self._book: Any = openpyxl.load_workbook(file, read_only=True, data_only=True)
        self._written: Any = openpyxl.load_workbook(file, read_only=True) if formulas else None

    def whole(self) -> Whole:
        """Every sheet with cells; charts have none."""
        flow = Flow(self._name)
        sheets = [one for one in self._book.worksheets if one.sheet_state == "visible"]
        if hidden := len(self._book.worksheets) - len(sheets):
            self._notes.add(f"{hidden} hidden sheets were not read.")
        for place, sheet in enumerate(sheets):
            if place:
                flow.turn(sheet.title)
            else:
                flow.name_page(sheet.title)
            flow.add_table(self._rows(sheet))
        title = self._book.properties.title if self._book.properties else None
        return Whole(kind="sheet", pages=flow.done(), title=title or None, notes=sorted(self._notes))

    def _rows(self, sheet: Any) -> Iterator[list[str]]:  # Any: openpyxl has no types
        # What a sheet says of its size may be anything.
        sheet.reset_dimensions()
        written: Any = ()
        if self._written is not None:
            same = self._written[sheet.title]
            same.reset_dimensions()
            written = same.iter_rows(values_only=True)
        for row, formulas in zip_longest(sheet.iter_rows(values_only=True), written, fillvalue=()):
            self._passed += 1
            self._places += len(row)
            if self._passed > MOST_ROWS or self._places > MOST_PLACES:
                raise too_large(
                    self._name,
                    f"has sheets that reach over more than {MOST_ROWS} rows, or {MOST_PLACES} cells with empty ones",
                    "Remove empty rows and columns, or send it in parts.",
                )
            cells = [_told(value) for value in row[:MOST_COLUMNS]]
            for place, formula in enumerate(formulas[: len(cells)]):
                if not cells[place] and formula is not None:
                    cells[place] = _told(formula)
                    self._notes.add("Formulas that the file has no values for stand as they are written.")
            if len(row) > MOST_COLUMNS:
                self._notes.add(f"Of a row {MOST_COLUMNS} cells are read.")
            self._cells += sum(map(bool, cells))
            if self._cells > MOST_CELLS:
                raise too_large(self._name, f"has more than {MOST_CELLS} cells", "Send it in parts.")
            yield cells


def _told(value: Any) -> str:  # Any: what a cell holds
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return f"{value:.15g}"
        case dt.datetime():
            return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
        case _:
            return str(value)
