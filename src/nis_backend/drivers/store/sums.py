"""The ledger's sums by day, in words that both databases take: how rows are counted, and how sums are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store.spending import MOST_SUMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.store.queries import Statement

GROUPS = ("owner", "day", "provider", "model", "route", "key_id", "operation")
"""What a sum is of: one row each."""
WHOLE = {
    "calls": "count(*)",
    "failed": "sum(case when state in ('failed', 'cut', 'lost') then 1 else 0 end)",
    "hits": "sum(case when state = 'cached' then 1 else 0 end)",
    **{name: f"sum({name})" for name in ("input", "cached", "written", "output", "reasoning", "cost", "saved")},
    "unpriced": "sum(1 - priced)",
    "estimated": "sum(case when counted = 'stated' then 0 else 1 end)",
    "heard": "count(first_ms)",
}
"""Sums of whole numbers, which add up to the last one however they are grouped."""
TIMES = {name: f"sum(coalesce({name}, 0))" for name in ("wait_ms", "first_ms", "total_ms")}
"""For means alone: of the calls, and the first word's of those that were `heard`."""
SUMS = WHOLE | TIMES


def add(ledger: str, day: str) -> str:
    """Add rows of the ledger to the sums of their days; `ledger` is what names them, `day` their `created` as a day."""
    cells = {"key_id": "coalesce(key_id, '')", "day": day}
    groups = [cells.get(name, name) for name in GROUPS]
    grown = ", ".join(f"{name} = usage_days.{name} + excluded.{name}" for name in SUMS)
    return (
        f"insert into usage_days ({', '.join((*GROUPS, *SUMS))})"  # noqa: S608 - names are ours
        f" select {', '.join((*groups, *SUMS.values()))} from {ledger}"
        f" group by {', '.join(str(place) for place in range(1, len(GROUPS) + 1))}"
        f" on conflict ({', '.join(GROUPS)}) do update set {grown}"
    )


def read(owner: str | None, since: str, until: str, by: Sequence[str]) -> Statement:
    """See `Spending.usage`."""
    unknown = {*by} - {*GROUPS}
    if unknown:
        msg = f"no sums are kept by {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    given: list[Any] = [since, until]
    whose = ""
    if owner is not None:
        whose = " and owner = ?"
        given.append(owner)
    shown = [*by, *(f"coalesce(sum({name}), 0) as {name}" for name in SUMS)]
    sql = f"select {', '.join(shown)} from usage_days where day >= ? and day < ?{whose}"  # noqa: S608 - as above
    if by:
        sql += f" group by {', '.join(by)} order by {', '.join(by)} limit {MOST_SUMS + 1}"
    return sql, given
