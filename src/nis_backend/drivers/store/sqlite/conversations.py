"""What SQLite keeps for conversations beside their runs: an index of what was said, copies for a branch, forgetting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store import queries
from nis_backend.drivers.store.base import FOUND, OPEN
from nis_backend.drivers.store.queries import insert
from nis_backend.drivers.store.refusals import gone, still_open, under_way
from nis_backend.drivers.store.spending import of_each
from nis_backend.run import unknown_run
from nis_backend.within import of_row

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.base import Row

GONE = "the conversation is gone"
"""What a trigger says of a run that would begin in a conversation that is not there."""

INDEXED, INDEXED_SIZE = 256, 2**17
"""Texts, and characters of all but the last of them, that one transaction indexes: a few milliseconds' worth."""
UNINDEXED = "select id, length(text) as size from said where id > (select upto from said_words_mark) order by id"
# The texts stay in the database: one with half a surrogate pair could not be read from it.
INDEX = """
insert into said_words (rowid, text)
    select id, text from said where id > (select upto from said_words_mark) and id <= ?"""

SNIPPET = 24
"""Words of a text around those that were found."""


def search(owner: str, words: Sequence[str], limit: int, after: int) -> tuple[str, Sequence[Any]]:
    """See `Store.search`: the query and its parameters."""
    # In quotes a word is only a word: none of the query language's own is read in it.
    query = " ".join(f'"{word}"*' for word in words)
    sql = (
        f"select s.conversation_id, c.title, s.run_id, coalesce(r.created, c.created) as created,"  # noqa: S608 - ours
        # Bytes, for SQLite makes of an escaped half of a surrogate pair what is no UTF-8.
        f" cast(snippet(said_words, 0, ?, ?, '…', {SNIPPET}) as blob) as text"
        " from said_words join said s on s.id = said_words.rowid join conversations c on c.id = s.conversation_id"
        " left join runs r on r.id = s.run_id"
        # A title made from the first message is found with that.
        " where said_words match ? and s.owner = ? and not (s.run_id is null and exists (select 1 from said m"
        " where m.conversation_id = s.conversation_id and m.run_id is not null"
        " and substr(m.text, 1, 40) = substr(s.text, 1, 40)))"
        " order by rank, s.id desc limit ? offset ?"
    )
    return sql, (*FOUND, query, owner, limit, after)


def index_said(connection: sqlite3.Connection) -> bool:
    """Index a little of what was said since, within the caller's transaction; False when nothing is left."""
    last, count, size, more = 0, 0, 0, False
    for row in connection.execute(UNINDEXED):
        more = size > INDEXED_SIZE or count == INDEXED
        if more:
            break
        last, count, size = row["id"], count + 1, size + row["size"]
    if last:
        connection.execute(INDEX, (last,))
        connection.execute("update said_words_mark set upto = ?", (last,))
    return more


def forget(connection: sqlite3.Connection, owner: str, conversation_id: str) -> bool:
    """See `Store.forget`: within the caller's transaction."""
    ours = (conversation_id, owner)
    if connection.execute("select 1 from conversations where id = ? and owner = ?", ours).fetchone() is None:
        return False
    runs = [
        (row["id"], row["state"])
        for row in connection.execute("select id, state from runs where conversation_id = ? and owner = ?", ours)
    ]
    active = [run_id for run_id, state in runs if state in OPEN]
    if active:
        raise under_way(active[0], conversation_id)
    for run_id, _ in runs:
        remove_run(connection, run_id)
    remove_budgets(connection, "conversation", conversation_id)
    connection.execute("delete from conversations where id = ? and owner = ?", ours)
    # A removed row's words wait in the index until it is merged; for 50,000 messages that takes a third of a second.
    connection.execute("insert into said_words (said_words) values ('optimize')")
    _forget_replies(connection, owner, [conversation_id, *(run_id for run_id, _ in runs)])
    return True


def forget_run(connection: sqlite3.Connection, owner: str, run_id: str) -> bool:
    """See `Store.forget_run`: within the caller's transaction."""
    row = connection.execute(
        "select state, conversation_id from runs where id = ? and owner = ?", (run_id, owner)
    ).fetchone()
    if row is None:
        return False
    if row["state"] in OPEN:
        raise still_open(run_id, row["state"])
    remove_run(connection, run_id)
    if row["conversation_id"] is not None:
        connection.execute("insert into said_words (said_words) values ('optimize')")
    _forget_replies(connection, owner, [run_id])
    return True


def _forget_replies(connection: sqlite3.Connection, owner: str, ids: Sequence[str]) -> None:
    """What was kept for callers that repeat a write, where it names one of these."""
    kept = connection.execute("select id, reply from replies where owner = ? and reply is not null", (owner,))
    gone = [(row["id"],) for row in kept if any(one in row["reply"] for one in ids)]
    connection.executemany("delete from replies where id = ?", gone)


def remove_run(connection: sqlite3.Connection, run_id: str) -> None:
    """Remove a run that has ended, and all that is about it."""
    connection.execute("update conversations set branched_from = null where branched_from = ?", (run_id,))
    connection.execute("update runs set parent = null, parent_seq = null where parent = ?", (run_id,))
    connection.execute("update schedules set last_run_id = null where last_run_id = ?", (run_id,))
    connection.execute("delete from feedback where run_id = ?", (run_id,))
    connection.execute("delete from push_configs where run_id = ?", (run_id,))
    connection.execute("delete from attention where run_id = ?", (run_id,))
    # Which calls it made is forgotten; what they cost stays counted.
    connection.execute("update ledger set run_id = null, conversation_id = null where run_id = ?", (run_id,))
    row = connection.execute("select within from runs where id = ?", (run_id,)).fetchone()
    connection.execute("delete from events where run_id = ?", (run_id,))
    connection.execute("delete from runs where id = ?", (run_id,))
    remove_budgets(connection, "run", run_id)
    # What this one was started in may be gone already, and was counted on for its sake.
    for scope, subject in () if row is None else of_row(dict(row)):
        if connection.execute(f"select 1 from {scope}s where id = ?", (subject,)).fetchone() is None:  # noqa: S608 - ours
            remove_budgets(connection, scope, subject)


NAMED = queries.NAMED.format(holds="instr(within, '\"' || {subject} || '\"') > 0")
NAMES = f"select {NAMED.format(subject='?1')}"
OWN = "select id from budgets where scope = ? and subject = ?"
SUM_OF_EACH = """
delete from spending where budget_id in (select id from budgets where scope = ? and subject = '*')
    and substr(period, 1, ?) = ?
"""
ORPHANS = f"""
delete from budgets where id in (
    select b.id from budgets b where b.subject <> '*' and (
        (b.scope = 'run' and not exists (select 1 from runs where id = b.subject))
        or (b.scope = 'conversation' and not exists (select 1 from conversations where id = b.subject))
    ) and not {NAMED.format(subject="b.subject")} limit 500
)
"""  # noqa: S608 - the text is ours


def remove_budgets(connection: sqlite3.Connection, scope: str, subject: str) -> None:
    """Remove what a run or conversation could spend, and what was counted of it, where nothing of it goes on."""
    if connection.execute(NAMES, (subject,)).fetchone()[0]:
        return
    connection.execute(f"delete from spending where budget_id in ({OWN})", (scope, subject))  # noqa: S608 - ours
    connection.execute(f"delete from budgets where id in ({OWN})", (scope, subject))  # noqa: S608 - ours
    key = of_each(subject)
    connection.execute(SUM_OF_EACH, (scope, len(key), key))


def remove_orphans(connection: sqlite3.Connection) -> bool:
    """Remove a few budgets whose run or conversation is gone, with all that went on of it; False when none are left."""
    found = connection.execute(ORPHANS).rowcount
    return found + connection.execute(queries.UNOWNED).rowcount > 0


def branch(connection: sqlite3.Connection, owner: str, conversation: Row, runs: Mapping[str, str]) -> None:
    """See `Store.branch`: within the caller's transaction."""
    connection.execute(*insert("conversations", {**conversation, "owner": owner}))
    for old, new in runs.items():
        source = connection.execute("select * from runs where id = ? and owner = ?", (old, owner)).fetchone()
        if source is None or source["conversation_id"] is None:
            raise gone(old)
        _copy(connection, dict(source), old, new, conversation["id"])


def fork(connection: sqlite3.Connection, owner: str, row: Row, upto: int) -> None:
    """See `Store.fork`: within the caller's transaction."""
    if connection.execute("select 1 from runs where id = ? and owner = ?", (row["parent"], owner)).fetchone() is None:
        raise unknown_run(row["parent"])
    connection.execute(*insert("runs", {**row, "owner": owner}))
    connection.execute(
        "insert into events (run_id, seq, owner, attempt, time, type, body)"
        " select ?, seq, owner, attempt, time, type, body from events where run_id = ? and seq <= ?",
        (row["id"], row["parent"], upto),
    )


def _copy(connection: sqlite3.Connection, run: Row, old: str, new: str, conversation_id: str) -> None:
    """The run and its log under the new ids, which also stand in the texts that named the old ones."""
    ids = {old: new, str(run["conversation_id"]): conversation_id}

    def renamed(text: str | None) -> str | None:
        for was, now in ids.items():
            text = text and text.replace(was, now)
        return text

    row = {**run, "id": new, "conversation_id": conversation_id}
    row |= {column: renamed(run[column]) for column in ("input", "result", "problem")}
    connection.execute(*insert("runs", row))
    connection.executemany(
        "insert into events (run_id, seq, owner, attempt, time, type, body) values (?, ?, ?, ?, ?, ?, ?)",
        [
            (new, one["seq"], one["owner"], one["attempt"], one["time"], one["type"], renamed(one["body"]))
            for one in connection.execute("select * from events where run_id = ? order by seq", (old,))
        ],
    )
