"""Who has changed what of the server's configuration: the row that is written beside each change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.caller import SERVER

if TYPE_CHECKING:
    from nis_backend.context import Context

Row = dict[str, Any]  # Any: a cell's type is its column's
Subject = Literal["provider", "route", "price", "budget", "cache"]

OBJECTS = ("targets", "policy", "rates")
"""Cells that are JSON themselves."""


def noted(
    ctx: Context, subject: Subject, action: str, *, before: Row | None, after: Row | None
) -> list[tuple[Literal["changes"], Row]]:
    """What is written down with a change, in its transaction: both are there, or neither."""
    now = ctx.now()
    what = after or before or {}
    row = {
        "id": ctx.new_id("change"),
        "owner": SERVER,
        "by_owner": ctx.caller.owner,
        "by_key": ctx.caller.key,
        "subject": subject,
        "subject_id": what["id"],
        "action": action,
        "before": None if before is None else json.dumps(_told(before)),
        "after": None if after is None else json.dumps(_told(after)),
        "created": now,
        "updated": now,
    }
    return [("changes", row)]


def _told(row: Row) -> Row:
    shown = {name: cell for name, cell in row.items() if name not in {"owner", "created", "updated"}}
    return {name: json.loads(cell) if name in OBJECTS and cell else cell for name, cell in shown.items()}
