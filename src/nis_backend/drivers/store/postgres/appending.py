"""Events are appended to a run's log on PostgreSQL by one statement, where its row lets them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.store.limits import ends, size
from nis_backend.drivers.store.postgres.link import NOW
from nis_backend.drivers.store.postgres.listener import NOTIFY
from nis_backend.drivers.store.postgres.said import response_in, vector
from nis_backend.drivers.store.postgres.statements import stored

if TYPE_CHECKING:
    from nis_backend.drivers.store.base import Append
    from nis_backend.drivers.store.limits import Limits
    from nis_backend.drivers.store.queries import Statement

KEPT = ", kept as (insert into outbox (owner, run_id, seq) select * from logged order by seq)"


def append_statement(append: Append, limits: Limits, name: str, command: str | None, *, outbox: bool) -> Statement:
    """One statement: no row comes back when the run's row does not let the events in, and nothing has happened.

    `name` is the appending process's, which hears of it already.
    """
    changes, events, length = stored(append.changes), append.events, size(append)
    changes.pop("updated", None)
    fits, within = "", []
    if not ends(append):
        fits = "and last_seq + %s <= %s and log_bytes + %s <= %s"
        within = [len(events), limits.events, length, limits.log_bytes]
    answer = response_in(changes.get("result"))
    found, words = "", []
    if answer is not None:
        found = (
            ", found as (insert into said (owner, conversation_id, run_id, text, words)"
            " select owner, conversation_id, id, %s, %s::tsvector from grown where conversation_id is not null)"
        )
        words = [answer, vector(answer)]
    sql = (
        f"with grown as (update runs set last_seq = last_seq + %s, log_bytes = log_bytes + %s,"  # noqa: S608 - ours
        f" {', '.join([*(f'{column} = %s' for column in changes), f'updated = {NOW}'])}"
        f" where id = %s and owner = %s and state = any(%s) and attempt = coalesce(%s, attempt) {fits}"
        " returning id, owner, conversation_id, last_seq, attempt, updated), logged as ("
        "insert into events (run_id, seq, owner, attempt, time, type, body)"
        " select grown.id, grown.last_seq - %s + n, grown.owner, grown.attempt, grown.updated, e.type, e.body"
        " from grown, unnest(%s::text[], %s::text[]) with ordinality as e (type, body, n)"
        f" returning owner, run_id, seq){KEPT if outbox else ''}{found}"
        f" select last_seq, updated, {NOTIFY} from grown"
    )
    where = [append.run_id, append.owner, [*append.only_in], append.attempt, *within]
    logged = [len(events), [event.type for event in events], [event.body for event in events]]
    return sql, [len(events), length, *changes.values(), *where, *logged, *words, name, command or "-"]
