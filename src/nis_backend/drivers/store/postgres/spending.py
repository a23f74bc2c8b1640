"""What may be spent, and what was, on PostgreSQL: one statement each, one after the other over all processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nis_backend.drivers.store import sums
from nis_backend.drivers.store.postgres.link import NOW
from nis_backend.drivers.store.spending import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.queries import Statement
    from nis_backend.drivers.store.spending import Cap, Closed

MONEY = 4_205_771
"""The lock that whoever changes sums of money holds until it has committed: no two of them see the same sum."""
GRACE_SECONDS = 120.0
"""A process has said by then that it lives, if it does."""

DAY = "to_char(to_timestamp(created) at time zone 'UTC', 'YYYY-MM-DD')"
RESERVE = """
with wanted as (
    select * from unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]) as w (budget_id, period, owner, cap)
),
over as (
    select w.budget_id, w.period, coalesce(s.used, 0) as used, w.cap from wanted w
    left join spending s on s.budget_id = w.budget_id and s.period = w.period where coalesce(s.used, 0) + %s > w.cap
),
opened as (
    insert into ledger select one.* from json_populate_record(null::ledger, %s::json) as one
    where not exists (select from over)
),
counted as (
    insert into spending (budget_id, period, owner, used)
    select budget_id, period, owner, %s from wanted where not exists (select from over)
    on conflict (budget_id, period) do update set used = spending.used + excluded.used
)
select budget_id, period, used, cap as "limit", (
    select coalesce(sum(ledger.worst), 0)::bigint from ledger, json_array_elements(ledger.caps::json) as c
    where ledger.state = 'open' and c ->> 0 = over.budget_id and c ->> 1 = over.period
) as reserved from over
"""
ADD = f"""
with added as (
    insert into ledger select one.* from json_array_elements(%s::json) as given, lateral json_populate_record(
        null::ledger, case when given ->> 'run_id' is null or exists (select from runs where id = given ->> 'run_id')
        then given else (given::jsonb || '{{"run_id": null, "conversation_id": null}}')::json end
    ) as one on conflict (id) do nothing returning *
), summed as ({sums.add("added where state <> 'refused'", DAY)})
select 1 from added limit 1
"""  # noqa: S608 - the text is ours
CLOSE = f"""
with ended as (update ledger set {{changes}} where id = %s and state = 'open' returning *),
counted as (
    select c ->> 0 as budget_id, c ->> 1 as period, ended.cost - ended.worst as more,
        (select cap from budgets where id = c ->> 0) as cap
    from ended, json_array_elements(ended.caps::json) as c
), settled as (
    update spending set used = spending.used + more,
        warned = case when (spending.used + more) * 5 >= cap * 4 then greatest(warned, cap) else warned end
    from counted where spending.budget_id = counted.budget_id and spending.period = counted.period
    returning spending.budget_id, spending.period, spending.used, spending.warned
), summed as ({sums.add("ended", DAY)})
select budget_id, period, settled.used, settled.warned as "limit"
from settled join spending as before using (budget_id, period) where before.warned < settled.warned
"""  # noqa: S608 - as above
ABANDONED = f"""
with ended as (
    update ledger set state = 'lost', counted = 'worst'
    where state = 'open' and holder <> %s and created < {NOW} - {GRACE_SECONDS}
    and not exists (select from holders where holders.id = ledger.holder and until > {NOW}) returning *
), summed as ({sums.add("ended", DAY)})
select count(*) as lost from ended
"""  # noqa: S608 - as above


FORGET = """
delete from ledger where id in (
    select id from ledger where created < %s and state <> 'open' order by created limit 500 for update skip locked
) returning 1
"""


def reserve(row: Row, caps: Sequence[Cap]) -> Statement:
    """See `Spending.reserve`: the caps that would be crossed are answered."""
    wanted = [[getattr(cap, name) for cap in caps] for name in ("budget_id", "period", "owner", "limit")]
    return RESERVE, [*wanted, row["worst"], json.dumps(opened(row, caps)), row["worst"]]


def add(rows: Sequence[Row]) -> Statement:
    """The statement that adds rows that are closed."""
    return ADD, [json.dumps([*rows])]


def close(closed: Closed) -> Statement:
    """The statement that ends an open row; one that is not open any more stays as it is."""
    changes = ", ".join(f"{column} = %s" for column in closed.changes)
    return CLOSE.format(changes=changes), [*closed.changes.values(), closed.id]
