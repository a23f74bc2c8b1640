"""Rows as the rest of the store has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from nis_backend.drivers.store.base import Row


def row_of(found: sqlite3.Row) -> Row:
    """A row by its columns; not by `dict(found)`, which looks for each of them by its name among all."""
    return dict(zip(found.keys(), found, strict=True))
