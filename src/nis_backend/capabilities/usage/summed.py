"""Sums of the ledger as they are asked for, and beside them what its single calls tell: percentiles, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.gateway.periods import DOLLAR
from nis_backend.drivers.store.spending import MOST_SUMS, PERCENTILES
from nis_backend.errors import InvalidRequest, TooLarge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import date

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.spending import Singly

    Usage = Callable[[str, str, Sequence[str]], Awaitable[list[Row]]]
    Singles = Callable[[str, str, Sequence[str]], Awaitable[Singly | None]]

EVERY = "*"
"""Every owner, in a report for who administers the server."""
SUMS = ("calls", "failed", "hits", "input", "cached", "written", "output", "reasoning", "unpriced", "estimated")
SUMMED = (*SUMS, "cost", "saved", "heard", "wait_ms", "first_ms", "total_ms")
"""What a sum holds: rows of sums add up to the sum of all."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Sums of which days, by what, and whose."""

    since: date
    until: date
    by: Sequence[str]
    owner: str | None

    @property
    def days(self) -> tuple[str, str]:
        """The first, and the one after the last."""
        return self.since.isoformat(), self.until.isoformat()

    @property
    def columns(self) -> list[str]:
        """What the ledger calls what it is by."""
        return ["key_id" if name == "key" else name for name in self.by]


async def sums(wanted: Wanted, ctx: Context) -> list[Row]:
    """Sums by what they are asked for by, each under the name that callers use.

    Raises:
        Forbidden: they are another owner's.
        InvalidRequest: something is asked for twice.
        TooLarge: there are too many.
    """
    by = wanted.by
    if len({*by}) != len(by):
        raise InvalidRequest("by names something twice.", field="by", value=by, remedy="Name each once.")
    await ctx.gateway.settled()
    rows = await _of(wanted.owner, ctx)[0](*wanted.days, wanted.columns)
    if len(rows) > MOST_SUMS:
        raise TooLarge(
            f"These are more than {MOST_SUMS} sums.",
            field="by",
            value=by,
            remedy="Ask by less, or for fewer days.",
        )
    return [_named(row) for row in rows]


async def with_singles(rows: Sequence[Row], wanted: Wanted, ctx: Context) -> list[Row]:
    """The sums and, under `singly`, what their single calls tell; with groups of which there are nothing but refusals.

    Where single calls are too many to be looked at, there is None.
    """
    found = await _of(wanted.owner, ctx)[1](*wanted.days, wanted.columns)
    if found is None:
        return [{**row, "singly": None} for row in rows]
    by = wanted.by
    told: dict[tuple[str, ...], Row] = {}
    for row in map(_named, found.times):
        for percentile in PERCENTILES:
            _told(told, row, by)[f"{row['what']}_p{percentile}"] = row[f"p{percentile}"]
    for row in map(_named, found.refused):
        _told(told, row, by)["refused"][row["problem"]] = row["refused"]
    known = {_group(row, by): row for row in rows}
    nothing = dict.fromkeys(SUMMED, 0)
    groups = sorted({*known, *(group for group, one in told.items() if one["refused"])})
    return [
        {
            **known.get(group, nothing | dict(zip(by, group, strict=True))),
            "singly": told.get(group, {"refused": {}}),
        }
        for group in groups
    ]


def added(rows: Sequence[Row]) -> Row:
    """The sum of all."""
    return {name: sum(row[name] for row in rows) for name in SUMMED}


def is_any(row: Row) -> bool:
    """Whether there is anything in it."""
    singly: Row = row["singly"] or {}
    return bool(row["calls"] or singly.get("refused"))


def used(row: Row) -> dict[str, Any]:  # Any: a model's fields
    """A sum, and what its single calls tell, as callers see it."""
    calls, heard = row["calls"], row["heard"]
    return {
        **{name: row[name] for name in SUMS},
        "cost": row["cost"] / DOLLAR,
        "saved": row["saved"] / DOLLAR,
        "wait_ms": row["wait_ms"] / calls if calls else None,
        "first_ms": row["first_ms"] / heard if heard else None,
        "total_ms": row["total_ms"] / calls if calls else None,
        **(row["singly"] or {}),
    }


def _of(owner: str | None, ctx: Context) -> tuple[Usage, Singles]:
    """What reads an owner's sums, and its single calls.

    Raises:
        Forbidden: they are another owner's.
    """
    if owner == EVERY:
        ctx.refuse_others()
        store = ctx.drivers.store
        return partial(store.usage, None), partial(store.singly, None)
    one = ctx.store if owner in {None, ctx.caller.owner} else ctx.administered(str(owner))
    return one.usage, one.singly


def _named(row: Row) -> Row:
    return {**row, "key": row.get("key_id")}


def _group(row: Row, by: Sequence[str]) -> tuple[str, ...]:
    return tuple(row[name] for name in by)


def _told(told: dict[tuple[str, ...], Row], row: Row, by: Sequence[str]) -> Row:
    return told.setdefault(_group(row, by), {"refused": dict[str, int]()})
