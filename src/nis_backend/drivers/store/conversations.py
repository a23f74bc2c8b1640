"""What SQLite keeps for conversations beside their runs: an index of what was said, copies for a branch, forgetting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store.base import FOUND, OPEN
from nis_backend.errors import Conflict

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.base import Row

GONE = "the conversation is gone"
"""What a trigger says of a run that would begin in a conversation that is not there."""

# Messages, answers and titles by their words. Triggers keep it: whoever writes a run, what it said is found.
SAID = """
create table said (
    id integer primary key, owner text not null, conversation_id text not null, run_id text, text text not null
) strict;
create index said_by_run on said (run_id);
create index said_by_conversation on said (conversation_id);
create virtual table said_words using fts5 (
    text, content = 'said', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
create trigger said_added after insert on said begin
    insert into said_words (rowid, text) values (new.id, new.text);
end;
create trigger said_removed after delete on said begin
    insert into said_words (said_words, rowid, text) values ('delete', old.id, old.text);
end;
create trigger said_changed after update of text on said begin
    insert into said_words (said_words, rowid, text) values ('delete', old.id, old.text);
    insert into said_words (rowid, text) values (new.id, new.text);
end;
create view said_in_runs as
    select owner, conversation_id, id as run_id, json_extract(input, '$.message') as text from runs
    union all
    select owner, conversation_id, id as run_id, json_extract(result, '$.response') as text from runs;
insert into said (owner, conversation_id, text) select owner, id, title from conversations;
insert into said (owner, conversation_id, run_id, text) select * from said_in_runs
    where conversation_id is not null and text is not null;
create trigger conversation_begun after insert on conversations begin
    insert into said (owner, conversation_id, text) values (new.owner, new.id, new.title);
end;
create trigger conversation_renamed after update of title on conversations when old.title is not new.title begin
    update said set text = new.title where conversation_id = new.id and run_id is null;
end;
create trigger conversation_removed after delete on conversations begin
    delete from said where conversation_id = old.id;
end;
create trigger run_in_no_conversation before insert on runs when new.conversation_id is not null
    and not exists (select 1 from conversations where id = new.conversation_id and owner = new.owner) begin
    select raise(abort, 'the conversation is gone');
end;
create trigger run_begun after insert on runs when new.conversation_id is not null begin
    insert into said (owner, conversation_id, run_id, text) select * from said_in_runs
        where run_id = new.id and text is not null;
end;
create trigger run_answered after update of result on runs
    when new.conversation_id is not null and old.result is null and new.result is not null begin
    insert into said (owner, conversation_id, run_id, text)
        select new.owner, new.conversation_id, new.id, json_extract(new.result, '$.response')
        where json_extract(new.result, '$.response') is not null;
end;
create trigger run_removed after delete on runs when old.conversation_id is not null begin
    delete from said where run_id = old.id;
end;
"""

SNIPPET = 24
"""Words of a text around those that were found."""


def search(owner: str, words: Sequence[str], limit: int, after: int) -> tuple[str, Sequence[Any]]:
    """See `Store.search`: the query and its parameters."""
    # In quotes a word is only a word: none of the query language's own is read in it.
    query = " ".join(f'"{word}"*' for word in words)
    sql = (
        f"select s.conversation_id, c.title, s.run_id, coalesce(r.created, c.created) as created,"  # noqa: S608 - ours
        f" snippet(said_words, 0, ?, ?, '…', {SNIPPET}) as text"
        " from said_words join said s on s.id = said_words.rowid join conversations c on c.id = s.conversation_id"
        " left join runs r on r.id = s.run_id"
        # A title made from the first message is found with that.
        " where said_words match ? and s.owner = ? and not (s.run_id is null and exists (select 1 from said m"
        " where m.conversation_id = s.conversation_id and m.run_id is not null"
        " and substr(m.text, 1, 40) = substr(s.text, 1, 40)))"
        " order by rank, s.id desc limit ? offset ?"
    )
    return sql, (*FOUND, query, owner, limit, after)


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
        raise Conflict(
            f"Run {active[0]} of conversation {conversation_id} has not ended.",
            field="id",
            value=conversation_id,
            remedy="Cancel the run, or wait for its end.",
        )
    for run_id, _ in runs:
        _forget_run(connection, run_id)
    connection.execute("delete from conversations where id = ? and owner = ?", ours)
    # A removed row's words wait in the index until it is merged; for 50,000 messages that takes a third of a second.
    connection.execute("insert into said_words (said_words) values ('optimize')")
    _forget_replies(connection, owner, [conversation_id, *(run_id for run_id, _ in runs)])
    return True


def _forget_replies(connection: sqlite3.Connection, owner: str, ids: Sequence[str]) -> None:
    """What was kept for callers that repeat a write, where it names one of these."""
    kept = connection.execute("select id, reply from replies where owner = ? and reply is not null", (owner,))
    gone = [(row["id"],) for row in kept if any(one in row["reply"] for one in ids)]
    connection.executemany("delete from replies where id = ?", gone)


def _forget_run(connection: sqlite3.Connection, run_id: str) -> None:
    connection.execute("update conversations set branched_from = null where branched_from = ?", (run_id,))
    connection.execute("delete from feedback where run_id = ?", (run_id,))
    connection.execute("delete from events where run_id = ?", (run_id,))
    connection.execute("delete from runs where id = ?", (run_id,))


def branch(connection: sqlite3.Connection, owner: str, conversation: Row, runs: Mapping[str, str]) -> None:
    """See `Store.branch`: within the caller's transaction."""
    _insert(connection, "conversations", {**conversation, "owner": owner})
    for old, new in runs.items():
        source = connection.execute("select * from runs where id = ? and owner = ?", (old, owner)).fetchone()
        if source is None or source["conversation_id"] is None:
            raise Conflict(f"Run {old} is gone.", field="run_id", value=old, remedy="Branch from another turn.")
        _copy(connection, dict(source), old, new, conversation["id"])


def _insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    connection.execute(
        f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})",  # noqa: S608 - names are ours
        [*row.values()],
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
    _insert(connection, "runs", row)
    connection.executemany(
        "insert into events (run_id, seq, owner, attempt, time, type, body) values (?, ?, ?, ?, ?, ?, ?)",
        [
            (new, one["seq"], one["owner"], one["attempt"], one["time"], one["type"], renamed(one["body"]))
            for one in connection.execute("select * from events where run_id = ? order by seq", (old,))
        ],
    )
