"""What sums cannot say of calls and their single rows can: percentiles of their times, and why some were refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store.spending import MOST_ROWS, PERCENTILES
from nis_backend.drivers.store.sums import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.drivers.store.queries import Statement

TIMES = ("first_ms", "total_ms")


def many(owner: str | None, since: str, until: str) -> Statement:
    """How many rows there are, up to one more than are looked at."""
    where, given = _where(owner, since, until)
    # Those under way too: without a look at their state, the index of times is enough.
    return f"select count(*) as found from (select 1 from ledger{where} limit {MOST_ROWS + 1}) as picked", given  # noqa: S608 - ours


def percentiles(owner: str | None, since: str, until: str, by: Sequence[str], day: str) -> Statement:
    """Of each group and each of `TIMES`, as `what`, its percentiles: `p50`, `p95`.

    The nearest rank: of n calls the ceil(p·n/100)th shortest, a time that a call has had. `day` is `created` as a day.
    """
    where, given = _where(owner, since, until)
    cells = ", ".join([*_cells(by, day), *TIMES])
    parted = f"partition by {', '.join(by)} " if by else ""
    grouped = f" group by {', '.join(by)}" if by else ""
    ranked, read = list[str](), list[str]()
    for name in TIMES:
        ranks = f"row_number() over ({parted}order by {name}) as place, count(*) over ({parted}) as calls"
        ranked.append(f"{name}_of as (select {', '.join([*by, name, ranks])} from picked where {name} is not null)")  # noqa: S608 - as above
        ranks_of = {f"p{p}": f"(calls * {p} + 99) / 100" for p in PERCENTILES}
        each = [f"max(case when place = {rank} then {name} end) as {shown}" for shown, rank in ranks_of.items()]
        shown = ", ".join([*by, f"'{name}' as what", *each])
        read.append(f"select {shown} from {name}_of{grouped}")  # noqa: S608 - as above
    some = f"picked as (select {cells} from ledger{where} and state not in ('open', 'refused'))"  # noqa: S608 - as above
    return f"with {', '.join([some, *ranked])} {' union all '.join(read)}", given


def refusals(owner: str | None, since: str, until: str, by: Sequence[str], day: str) -> Statement:
    """Of each group and each `problem`, the calls that were `refused`."""
    where, given = _where(owner, since, until)
    cells, names = [*_cells(by, day), "problem"], [*by, "problem"]
    some = f"select {', '.join(cells)} from ledger{where} and state = 'refused'"  # noqa: S608 - as above
    sql = f"select {', '.join(names)}, count(*) as refused from ({some}) as picked group by {', '.join(names)}"  # noqa: S608 - as above
    return sql, given


def _where(owner: str | None, since: str, until: str) -> tuple[str, list[Any]]:  # Any: see Row
    whose, given = ("", []) if owner is None else (" owner = ? and", [owner])
    moments = (datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() for day in (since, until))
    return f" where{whose} created >= ? and created < ?", [*given, *moments]


def _cells(by: Sequence[str], day: str) -> Iterator[str]:
    for name in by:
        if name not in GROUPS:
            msg = f"no sums are kept by {name}"
            raise ValueError(msg)
        yield {"day": f"{day} as day", "key_id": "coalesce(key_id, '') as key_id"}.get(name, name)
