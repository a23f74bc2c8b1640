"""The contract of the store's part that counts money: caps that are never crossed, and a ledger that adds up."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Protocol

from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.base import Row, Table


MOST_SUMS = 10_000
"""Sums that a report may have."""
MOST_ROWS = 100_000
"""Single calls that are looked at for one: 2.9 seconds of one reader on SQLite, on busy cores."""
PERCENTILES = (50, 95)
"""Of their times."""


@record
class Cap:
    """What may be spent at most in one period of one budget, in billionths of a dollar."""

    budget_id: str
    period: str
    owner: str
    limit: int


@record
class Over:
    """A cap that would be crossed."""

    budget_id: str
    period: str
    used: int
    limit: int
    reserved: int = 0
    """What of `used` is reserved by calls under way: some of it comes back when they end."""


@record
class Crossed:
    """A cap of which most is spent or reserved: told once for a period, and again when the cap was raised."""

    budget_id: str
    period: str
    used: int
    limit: int


@record
class Closed:
    """How an open row of the ledger ends: `state`, `cost`, counts, times. It is closed once."""

    id: str
    changes: Mapping[str, Any]  # Any: see Row


@record
class Singly:
    """What single calls tell that sums do not, each with the cells of its group."""

    times: Sequence[Row]
    """The percentiles `p50` and `p95` of `what`: `first_ms` or `total_ms`."""
    refused: Sequence[Row]
    """How many were `refused` with a `problem`."""


class Spending(Protocol):
    """What may be spent, and what was; money in billionths of a dollar."""

    async def reserve(self, row: Row, caps: Sequence[Cap]) -> list[Over]:
        """Open a row of the ledger, and count its `worst` in these caps' periods, together.

        Where a cap would be crossed nothing happens, and those that would are answered.
        """
        ...

    async def record(self, rows: Sequence[Row], closed: Sequence[Closed]) -> list[Crossed]:
        """Add rows to the ledger that are closed, and close open ones, in one transaction.

        What an open row had reserved becomes what it cost, and the sums by day grow by all of them. A row that is
        there, or closed, already stays as it is: what may have been written can be written again. Where the first of
        those that are closed leaves little of a cap, that is answered, once.
        """
        ...

    async def spent(self, periods: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """What is counted in these `(budget_id, period)`, reservations included; those with nothing are left out."""
        ...

    async def usage(self, owner: str | None, since: str, until: str, by: Sequence[str]) -> list[Row]:
        """Sums of the days from `since` up to and without `until`, written as 2026-11-25; None is every owner's.

        By some of `day provider model route key_id operation`; of more than `MOST_SUMS`, one more is answered.
        """
        ...

    async def singly(self, owner: str | None, since: str, until: str, by: Sequence[str]) -> Singly | None:
        """The same days by the same groups, from the rows that there still are; None where those are too many."""
        ...

    async def configured(self, table: Table, where: Mapping[str, Any]) -> list[Row]:  # Any: see Row
        """Every owner's rows of `providers`, `routes`, `prices`, `budgets` or `conversations`; a list: one of it.

        For the gateway alone.
        """
        ...

    async def narrow(self) -> bool:
        """Whether there is a budget of a single run or conversation. For the gateway alone."""
        ...

    async def abandoned(self, holder: str) -> int:
        """Close the open rows of the ledger whose holder is dead as `lost`, at their worst; answers how many.

        A data folder has one process: there every other holder is dead. For the gateway alone.
        """
        ...

    async def forget_calls(self, before: float) -> bool:
        """Remove a few rows of the ledger that were sent before this time and have ended; False when none are left.

        The sums by day stay, and what was counted of budgets. For the process alone.
        """
        ...


def of_each(subject: str) -> str:
    """How the name of a period begins in which each run, conversation, key or user has a sum of its own.

    It stays in the ledger when a run is deleted, which its id does not.
    """
    return f"{hashlib.sha256(subject.encode()).hexdigest()[:24]} "


def opened(row: Row, caps: Sequence[Cap]) -> Row:
    """A row as the ledger holds it while its call is under way: at its worst, and in which periods that is counted."""
    counted = json.dumps([[cap.budget_id, cap.period] for cap in caps])
    return {**row, "state": "open", "priced": 1, "cost": row["worst"], "caps": counted}
