"""Views as Markdown, for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.impact.forms.words import plain
from nis_backend.told import table
from nis_backend.view import Form, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.view import View


def markdown(views: Sequence[View]) -> str:
    """The whole document."""
    return "\n\n".join(part for part in (_part(view) for view in views) if part) + "\n"


def _part(view: View) -> str:
    match view:
        case Text():
            return view.text.strip()
        case Table():
            return _table(view)
        case Form():
            return ""
        case _:
            return _table(table(view))


def _table(view: Table) -> str:
    rows = [view.columns, ["---"] * len(view.columns), *view.rows]
    return "\n".join([f"**{plain(view.title)}**", "", *("| " + " | ".join(map(_cell, row)) + " |" for row in rows)])


def _cell(cell: str | float) -> str:
    return plain(cell).replace("|", "\\|") if isinstance(cell, str) else f"{cell:.10g}"
