"""What PostgreSQL keeps for conversations beside their runs: forgetting them, and copies for a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString, cast

from nis_backend.drivers.store import queries
from nis_backend.drivers.store.base import EFFECT_SECONDS, OPEN
from nis_backend.drivers.store.postgres.link import NOW
from nis_backend.drivers.store.postgres.said import message_in, response_in, vector
from nis_backend.drivers.store.queries import in_psycopg
from nis_backend.drivers.store.refusals import gone, still_open, under_way
from nis_backend.drivers.store.spending import of_each
from nis_backend.run import unknown_run
from nis_backend.within import of_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.postgres.link import Connection
    from nis_backend.drivers.store.queries import Statement

REMOVE_RUNS = (
    "update conversations set branched_from = null where branched_from = any(%(runs)s)",
    "update runs set parent = null, parent_seq = null where parent = any(%(runs)s)",
    "update schedules set last_run_id = null where last_run_id = any(%(runs)s)",
    "delete from feedback where run_id = any(%(runs)s)",
    "delete from push_configs where run_id = any(%(runs)s)",
    "delete from attention where run_id = any(%(runs)s)",
    # Which calls they made is forgotten; what those cost stays counted.
    "update ledger set run_id = null, conversation_id = null where run_id = any(%(runs)s)",
    "delete from events where run_id = any(%(runs)s)",
    "delete from runs where id = any(%(runs)s)",
)
"""What removes runs and all that is about them; what was said in them goes with them."""

CHAINS = "select within from runs where id = any(%s) and within is not null"
THERE: Mapping[str, LiteralString] = {
    "run": "select id from runs where id = any(%s)",
    "conversation": "select id from conversations where id = any(%s)",
}
NAMED: LiteralString = queries.NAMED.format(holds="position('\"' || {subject} || '\"' in within) > 0")
REMOVE_BUDGETS: LiteralString = f"""
with gone as (
    select subject, beginning from unnest(%(subjects)s::text[], %(beginnings)s::text[]) as g (subject, beginning)
    where not {NAMED.format(subject="g.subject")}
), removed as (
    delete from budgets where scope = %(scope)s and subject in (select subject from gone) returning id
)
delete from spending where budget_id in (select id from removed)
    or budget_id in (select id from budgets where scope = %(scope)s and subject = '*')
    and exists (select from gone where starts_with(period, beginning))
"""  # noqa: S608 - the text is ours
ORPHANS: LiteralString = f"""
delete from budgets where id in (
    select b.id from budgets b where b.subject <> '*' and (
        (b.scope = 'run' and not exists (select 1 from runs where id = b.subject))
        or (b.scope = 'conversation' and not exists (select 1 from conversations where id = b.subject))
    ) and not {NAMED.format(subject="b.subject")} limit 500
)"""  # noqa: S608 - as above

EVENTS = 5000
"""Most that one transaction of `tidy` removes."""
ENDED = """
select id from runs where state in ('succeeded', 'failed', 'cancelled') and created < %s and updated < %s
order by created limit 1 for update skip locked
"""
EMPTIED = """
delete from conversations where id in (
    select id from conversations c where updated < %s and not exists (select 1 from runs where conversation_id = c.id)
    limit 200 for update skip locked
)"""

# A key begins with its run's id.
EFFECTS: LiteralString = f"""
delete from effects where key in (
    select key from effects e where created < {NOW} - %s
    and not exists (
        select 1 from runs where id = split_part(e.key, ':', 1)
        and state in ('queued', 'running', 'paused', 'waiting')
    ) limit 2000
)"""  # noqa: S608 - the text is ours

COPY_EVENTS = """
insert into events (run_id, seq, owner, attempt, time, type, body)
select %(new)s, seq, owner, attempt, time, type, replace(replace(body, %(old)s, %(new)s), %(was)s, %(now)s)
from events where run_id = %(old)s
"""


def insert(table: str, row: Row) -> Statement:
    """The statement that adds a row, and answers that it did."""
    sql, given = queries.insert(table, row)
    return in_psycopg(f"{sql} returning 1"), given


def said(owner: str, conversation_id: str, run_id: str | None, text: str) -> Statement:
    """The statement that has a text found by its words."""
    columns = {"owner": owner, "conversation_id": conversation_id, "run_id": run_id, "text": text}
    sql, given = insert("said", {**columns, "words": vector(text)})
    return sql, given


def said_in(table: str, row: Row) -> Iterable[Statement]:
    """What has a new row found by its words: a title, a turn's message and its answer."""
    if table == "conversations":
        yield said(row["owner"], row["id"], None, row["title"])
    elif table == "runs" and row.get("conversation_id") is not None:
        for text in (message_in(row["input"]), response_in(row.get("result"))):
            if text is not None:
                yield said(row["owner"], row["conversation_id"], row["id"], text)


def renamed(owner: str, conversation_id: str, title: str) -> Statement:
    """The statement that has a conversation found by its new title."""
    return (
        "update said set text = %s, words = %s where conversation_id = %s and owner = %s and run_id is null",
        [title, vector(title), conversation_id, owner],
    )


async def forget(connection: Connection, owner: str, conversation_id: str) -> bool:
    """See `Store.forget`: within the caller's transaction."""
    ours = [conversation_id, owner]
    # Its row is locked: a run that would begin in it now waits, and is refused.
    locked = "select 1 from conversations where id = %s and owner = %s for update"
    if not await (await connection.execute(locked, ours)).fetchone():
        return False
    all_runs = "select id, state from runs where conversation_id = %s and owner = %s for update"
    runs = await (await connection.execute(all_runs, ours)).fetchall()
    active = [run["id"] for run in runs if run["state"] in OPEN]
    if active:
        raise under_way(active[0], conversation_id)
    ids = [run["id"] for run in runs]
    await remove_runs(connection, ids)
    await _remove_budgets(connection, "conversation", [conversation_id])
    await connection.execute("delete from conversations where id = %s and owner = %s", ours)
    await _forget_replies(connection, owner, [conversation_id, *ids])
    return True


async def forget_run(connection: Connection, owner: str, run_id: str) -> bool:
    """See `Store.forget_run`: within the caller's transaction."""
    ours = "select state from runs where id = %s and owner = %s for update"
    row = await (await connection.execute(ours, [run_id, owner])).fetchone()
    if row is None:
        return False
    if row["state"] in OPEN:
        raise still_open(run_id, row["state"])
    await remove_runs(connection, [run_id])
    await _forget_replies(connection, owner, [run_id])
    return True


async def remove_runs(connection: Connection, ids: Sequence[str]) -> None:
    """Remove runs that are locked."""
    found = await (await connection.execute(CHAINS, [[*ids]])).fetchall()
    for sql in REMOVE_RUNS:
        await connection.execute(sql, {"runs": [*ids]})
    await _remove_budgets(connection, "run", ids)
    # What these were started in may be gone already, and was counted on for their sake.
    for scope in ("run", "conversation"):
        of = {subject for row in found for kind, subject in of_row(row) if kind == scope}
        there = await connection.execute(THERE[scope], [[*of]]) if of else None
        gone = of - {row["id"] for row in await there.fetchall()} if there else None
        if gone:
            await _remove_budgets(connection, scope, sorted(gone))


async def _remove_budgets(connection: Connection, scope: str, subjects: Sequence[str]) -> None:
    """Remove what these could spend, and what was counted of it, where nothing of them goes on."""
    given = {"scope": scope, "subjects": [*subjects], "beginnings": [*map(of_each, subjects)]}
    await connection.execute(REMOVE_BUDGETS, given)


async def _forget_replies(connection: Connection, owner: str, ids: Sequence[str]) -> None:
    """What was kept for callers that repeat a write, where it names one of these."""
    await connection.execute(
        "delete from replies where owner = %s"
        " and exists (select from unnest(%s::text[]) as gone (id) where position(gone.id in reply) > 0)",
        [owner, [*ids]],
    )


async def _removed(connection: Connection, sql: LiteralString, given: Sequence[object]) -> int:
    """How many rows a statement removes: they are fetched, for in a pipeline a count is not known before."""
    return len(await (await connection.execute(sql + " returning 1", given)).fetchall())


async def tidy(connection: Connection, before: float | None) -> bool:
    """See `Store.tidy`: within the caller's transaction."""
    if before is None:
        found = await _removed(connection, EFFECTS, [EFFECT_SECONDS])
        found += await _removed(connection, ORPHANS, [])
        return found + await _removed(connection, queries.UNOWNED, []) > 0
    run = await (await connection.execute(ENDED, [before, before])).fetchone()
    if run is None:
        if await _removed(connection, EMPTIED, [before]):
            return True
        return await tidy(connection, None)
    # A long log goes from its end on, and what is left with its run.
    longer = "delete from events where run_id = %s and seq > (select max(seq) from events where run_id = %s) - %s"
    if await _removed(connection, longer, [run["id"], run["id"], EVENTS]) < EVENTS:
        await remove_runs(connection, [run["id"]])
    return True


async def branch(connection: Connection, owner: str, conversation: Row, runs: Mapping[str, str]) -> None:
    """See `Store.branch`: within the caller's transaction."""
    await _add(connection, "conversations", {**conversation, "owner": owner})
    for old, new in runs.items():
        select = "select * from runs where id = %s and owner = %s and conversation_id is not null"
        run = await (await connection.execute(select, [old, owner])).fetchone()
        if run is None:
            raise gone(old)
        ids = {"old": old, "new": new, "was": str(run["conversation_id"]), "now": conversation["id"]}
        row = {**run, "id": new, "conversation_id": conversation["id"]}
        row |= {column: _renamed(run[column], ids) for column in ("input", "result", "problem")}
        await _add(connection, "runs", row)
        await connection.execute(COPY_EVENTS, ids)


async def fork(connection: Connection, owner: str, row: Row, upto: int) -> None:
    """See `Store.fork`: within the caller's transaction."""
    ours = "select 1 from runs where id = %s and owner = %s"
    if not await (await connection.execute(ours, [row["parent"], owner])).fetchone():
        raise unknown_run(row["parent"])
    await _add(connection, "runs", {**row, "owner": owner})
    await connection.execute(
        "insert into events (run_id, seq, owner, attempt, time, type, body)"
        " select %s, seq, owner, attempt, time, type, body from events where run_id = %s and seq <= %s",
        [row["id"], row["parent"], upto],
    )


async def _add(connection: Connection, table: str, row: Row) -> None:
    for sql, given in (insert(table, row), *said_in(table, row)):
        await connection.execute(cast("LiteralString", sql), given)


def _renamed(text: str | None, ids: Mapping[str, str]) -> str | None:
    return text and text.replace(ids["old"], ids["new"]).replace(ids["was"], ids["now"])
