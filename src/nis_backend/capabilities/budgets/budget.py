"""What a budget is, as callers see it, and which of them a caller may see."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.caller import SERVER, SERVER_ADMIN
from nis_backend.drivers.gateway.periods import DOLLAR, EACH, Length, counted_as, period_of
from nis_backend.drivers.store.base import cursor_of, place_of
from nis_backend.found import unknown
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

Scope = Literal["run", "conversation", "key", "user", "server"]
Action = Literal["refuse", "ladder"]

OWN: tuple[Scope, ...] = ("run", "conversation")
"""Whose budgets their owner sets; the others' are set by who administers the server: else a key could raise its cap."""


class Budget(Model):
    """What may be spent at most, on whose calls of models, in which time."""

    id: str
    name: str
    owner: str = Field(description="Whom it is about; `server` where that is everybody.")
    scope: Scope = Field(description="Whether it is a run's, a conversation's, a key's, a user's or the server's.")
    subject: str = Field(description="The run, conversation, key or user; `*`: each has as much for itself.")
    period: Length = Field(description="How long it counts before it begins anew, by the calendar, UTC.")
    limit: float = Field(description="Dollars that may be spent in one period.")
    model: str = Field(description="Which models it counts, as in openai:gpt-*; empty: all.")
    action: Action = Field(
        description="What is done with a call that it does not allow: refuse it, or go down its route's ladder."
    )
    enabled: bool
    used: float | None = Field(
        description="Dollars that are spent or reserved in this period; null where each subject has its own sum."
    )
    left: float | None = Field(description="Dollars that are left in this period; null as above.")
    share: float | None = Field(
        description="The part of the limit that is used, 0 to 1; null as above. A run is warned from 0.8 on, once."
    )
    period_started: str | None = Field(description="When this period began, ISO 8601; null: it has no beginning.")
    resets_at: str | None = Field(description="When the next period begins, ISO 8601; null: never.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


async def shown(rows: Sequence[Row], ctx: Context) -> list[Budget]:
    """Budgets with what is spent of them now."""
    now = ctx.now()
    keys = [(row["id"], counted_as(row["period"], now)) for row in rows if row["subject"] != EACH]
    await ctx.gateway.settled()
    spent = await ctx.drivers.store.spent(keys) if keys else {}
    return [_shown(row, spent.get((row["id"], counted_as(row["period"], now)), 0), now) for row in rows]


def _shown(row: Row, used: int, now: float) -> Budget:
    period = period_of(row["period"], now)
    given = {name: row[name] for name in Budget.model_fields if name in row}
    given |= {"enabled": bool(row["enabled"]), "owner": "server" if row["owner"] == SERVER else row["owner"]}
    one = row["subject"] != EACH
    return Budget.model_validate(
        {
            **given,
            "limit": row["cap"] / DOLLAR,
            "used": used / DOLLAR if one else None,
            "left": max(0, row["cap"] - used) / DOLLAR if one else None,
            "share": (min(1.0, used / row["cap"]) if row["cap"] else 1.0) if one else None,
            "period_started": _moment(period.start),
            "resets_at": _moment(period.end),
        }
    )


def _moment(at: float | None) -> str | None:
    return None if at is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


async def find(budget_id: str, ctx: Context) -> Row:
    """A budget that the caller may see: its own, or any where it administers the server.

    Raises:
        NotFound: there is none.
    """
    row = await ctx.store.get("budgets", budget_id)
    if row is None and not ctx.caller.lacks([SERVER_ADMIN]):
        row = next(iter(await ctx.drivers.store.configured("budgets", {"id": budget_id})), None)
    if row is None:
        raise unknown("budget", budget_id)
    return row


async def page(where: Row, cursor: str | None, limit: int, ctx: Context) -> tuple[list[Row], str | None]:
    """A page of the budgets that the caller may see, the newest first, and the cursor of the next one.

    Raises:
        InvalidRequest: the cursor is not one of this list.
    """
    if ctx.caller.lacks([SERVER_ADMIN]):
        if where.pop("owner", ctx.caller.owner) != ctx.caller.owner:
            return [], None
        return await ctx.store.page("budgets", where=where, cursor=cursor, limit=limit)
    before = None if cursor is None else place_of(cursor)
    rows = sorted(await ctx.drivers.store.configured("budgets", where), key=_place, reverse=True)
    following = [row for row in rows if before is None or _place(row) < before]
    shown_now = following[:limit]
    return shown_now, cursor_of(*_place(shown_now[-1])) if len(following) > limit else None


def _place(row: Row) -> tuple[float, str]:
    return row["created"], row["id"]
