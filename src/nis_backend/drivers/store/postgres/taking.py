"""What dispatch asks of the store on PostgreSQL: several processes take runs side by side, and from those that died."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nis_backend.drivers.store.base import Taken
from nis_backend.drivers.store.postgres.link import NOW
from nis_backend.drivers.store.postgres.listener import CHANNEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.postgres.clock import Clock
    from nis_backend.drivers.store.postgres.link import Connection

ROOM = "room as (select * from unnest(%(queues)s::text[], %(most)s::bigint[]) as room (queue, most))"
ONLY = "(%(only)s::text[] is null or id = any(%(only)s::text[]))"
RESTING = "state in ('queued', 'paused', 'waiting')"

# Rows that another process is taking this moment are skipped, not waited for.
TAKE = f"""
with {ROOM}, ready as (
    select one.id from room cross join lateral (
        select id from runs where state = 'queued' and runs.queue = room.queue and not_before <= %(now)s and {ONLY}
        order by priority desc, not_before, id limit greatest(room.most, 0) for update skip locked
    ) as one
), overdue as (
    select one.id from room cross join lateral (
        select id from runs where runs.queue = room.queue and deadline <= %(now)s and {RESTING} and {ONLY}
        for update skip locked
    ) as one
)
update runs set state = 'running', attempt = attempt + 1, holder = %(holder)s, updated = {NOW}
where id in (select id from ready union select id from overdue) returning *"""  # noqa: S608 - the text is ours

NEXT = f"""
with {ROOM} select min(at) as at, {NOW} as now from room cross join lateral (
    (select not_before as at from runs
        where state = 'queued' and runs.queue = room.queue and not_before > %(now)s order by not_before limit 1)
    union all
    (select deadline from runs
        where runs.queue = room.queue and deadline > %(now)s and {RESTING} order by deadline limit 1)
) as one"""  # noqa: S608 - as above

BEAT = f"""
with beaten as (
    insert into holders (id, until) values (%(holder)s, {NOW} + %(stall)s)
    on conflict (id) do update set until = excluded.until
)
select id, owner, attempt, wanted from runs where state = 'running' and holder = %(holder)s"""  # noqa: S608 - as above

# Each holder is judged by its own promise. A run without a holder was under way in a version that named none.
# What rests and is to be cancelled was cut after its release, before it heeded that.
RECOVER = f"""
with silent as (
    delete from holders where until < {NOW} and id <> %(holder)s returning id
), recovered as (
update runs set state = 'queued', holder = null, updated = {NOW}
where state = 'running' and (
    holder is null or holder in (select id from silent)
    or holder <> %(holder)s and not exists (select 1 from holders where holders.id = runs.holder)
) or wanted = 'cancel' and (state = 'paused' or state = 'waiting') returning id)
select id, pg_notify('{CHANNEL}', concat_ws(' ', %(name)s::text, 0, 'queued', id)) from recovered"""  # noqa: S608 - as above


async def take(  # noqa: PLR0913, PLR0917 - the contract's, and what it is asked with
    connection: Connection,
    room: Mapping[str, int],
    holder: str,
    now: float,
    only: Sequence[str] | None,
    clock: Clock,
) -> Taken:
    """See `Store.take`; the clock hears what time it is."""
    given = {
        "queues": [*room],
        "most": [*room.values()],
        "holder": holder,
        "now": now,
        "only": None if only is None else [*only],
    }
    rows = await (await connection.execute(TAKE, given)).fetchall()
    asked = time.monotonic()
    found = await (await connection.execute(NEXT, given)).fetchone()
    if found:
        clock.hear(found["now"], asked)
    # What an update returns is in no order.
    rows.sort(key=lambda row: (-row["priority"], row["not_before"], row["id"]))
    return Taken(rows=rows, next_at=found["at"] if found else None)
