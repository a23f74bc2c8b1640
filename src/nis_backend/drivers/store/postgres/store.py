"""The store on PostgreSQL, for several processes: writes are committed in groups, growth is heard everywhere."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any, LiteralString, cast

import psycopg
from typing_extensions import override

from nis_backend.drivers.store import queries
from nis_backend.drivers.store.base import NOTHING, Age, Append, Growth, Measures, Row, Table, Taken
from nis_backend.drivers.store.growing import Growing
from nis_backend.drivers.store.measures import COUNTS, DURATIONS, TIMES, bounds, tokens
from nis_backend.drivers.store.postgres.appending import append_statement
from nis_backend.drivers.store.postgres.batches import Batches, wrong_value
from nis_backend.drivers.store.postgres.conversations import (
    branch,
    forget,
    forget_run,
    fork,
    insert,
    renamed,
    said_in,
    tidy,
)
from nis_backend.drivers.store.postgres.entries import KeepingEntries
from nis_backend.drivers.store.postgres.forgetting import ForgettingUser
from nis_backend.drivers.store.postgres.graphs import Graphs
from nis_backend.drivers.store.postgres.keeping import KeepingItems
from nis_backend.drivers.store.postgres.link import NOW, Link
from nis_backend.drivers.store.postgres.listener import QUEUED, Listener
from nis_backend.drivers.store.postgres.roles import Roles
from nis_backend.drivers.store.postgres.said import SEARCH, query, snippet
from nis_backend.drivers.store.postgres.spending import ABANDONED, DAY, FORGET, MONEY, add, close, reserve
from nis_backend.drivers.store.postgres.statements import json_field, json_number, ours, stored, telling
from nis_backend.drivers.store.postgres.taking import BEAT, RECOVER, take
from nis_backend.drivers.store.queries import in_psycopg
from nis_backend.drivers.store.reading import Reading, whole
from nis_backend.drivers.store.refusals import check_cells, clash, refused_append, taken
from nis_backend.drivers.store.spending import Crossed, Over
from nis_backend.run import unknown_conversation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.limits import Limits
    from nis_backend.drivers.store.postgres.link import Connection
    from nis_backend.drivers.store.queries import Statement
    from nis_backend.drivers.store.spending import Cap, Closed

NOTED = f"insert into effects (key, owner, answer, created) values (%s, %s, %s, {NOW})"  # noqa: S608 - ours


class PostgresStore(KeepingItems, KeepingEntries, ForgettingUser, Reading, Growing):
    """One database, shared with every process that is given its address. Opened behind the start.

    Raises:
        InvalidRequest: the address is none.
    """

    day = DAY
    by_code_point = 'collate "C"'

    def __init__(self, url: str, *, limits: Limits | None = None, outbox: bool = False) -> None:
        super().__init__(limits)
        self._outbox = outbox
        self._link = Link(url)
        self._batches = Batches(self._link)
        self._money = Batches(self._link, MONEY)
        self._roles = Roles(self._link)
        self.graphs = Graphs(self._link)
        self._name = secrets.token_hex(8)
        self._listener = Listener(self._link, self._name, self._hear)

    @override
    async def _ask(self, statement: Statement) -> list[Row]:
        return await self._link.read(*ours(statement))

    # -- rows ---------------------------------------------------------------------------------------------------------

    @override
    async def insert(
        self,
        table: Table,
        owner: str,
        row: Row,
        once: str | None = None,
        beside: Sequence[tuple[Table, Row]] = (),
        first: Append | None = None,
    ) -> None:
        if first is not None:
            self._check(first)
        statements: list[Statement] = []
        rows: list[tuple[Table, Row]] = [*beside, (table, {**row, "owner": owner})]
        for name, given in rows:
            check_cells(given)
            cells = {"owner": owner, **stored(given)}
            statements += [insert(name, cells), *said_in(name, cells)]
        if table == "runs" and row["state"] == "queued":
            statements.append((QUEUED, [self._name, row["id"]]))
        try:
            await self._change(owner, row["id"], statements, once, first)
        except psycopg.errors.UniqueViolation:
            raise taken(table, row) from None
        except psycopg.errors.ForeignKeyViolation:
            raise unknown_conversation(row["conversation_id"]) from None
        self._hear_first(row, first)

    @override
    async def update(
        self,
        table: Table,
        owner: str,
        id: str,
        changes: Mapping[str, Any],
        once: str | None = None,
        beside: Sequence[tuple[Table, Row]] = (),
        only_if: Mapping[str, Any] = NOTHING,
    ) -> bool:
        check_cells(changes)
        statements = [telling(queries.update(table, owner, id, changes, only_if), owner, beside)]
        if table == "conversations" and "title" in changes:
            statements.append(renamed(owner, id, changes["title"]))
        return await self._alter(table, owner, id, statements, once)

    @override
    async def delete(
        self,
        table: Table,
        owner: str,
        id: str,
        once: str | None = None,
        beside: Sequence[tuple[Table, Row]] = (),
    ) -> bool:
        statements = [telling(queries.delete(table, owner, id), owner, beside)]
        if table == "budgets":
            statements.append(ours((queries.UNSPENT, [id, id])))
        return await self._alter(table, owner, id, statements, once)

    async def _alter(
        self,
        table: Table,
        owner: str,
        id: str,  # noqa: A002 - the column's name
        statements: Sequence[Statement],
        once: str | None,
    ) -> bool:
        try:
            return await self._change(owner, id, statements, once)
        except psycopg.errors.UniqueViolation:
            raise clash(table, id) from None

    async def _change(
        self, owner: str, locks: str, statements: Sequence[Statement], once: str | None, first: Append | None = None
    ) -> bool:
        """Whether the first of the statements found its row."""

        async def execute(connection: Connection) -> bool:
            cursors = [await connection.execute(cast("LiteralString", sql), given) for sql, given in statements]
            answer = await cursors[0].fetchone() is not None
            if first is not None:
                await self._append_first(connection, first)
            return answer

        async def change(connection: Connection) -> bool:
            if once is None:
                return await execute(connection)
            # Two that use a key at the same time take turns.
            await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [once])
            known = await (await connection.execute("select answer from effects where key = %s", [once])).fetchone()
            if known is not None:
                return bool(known["answer"])
            answer = await execute(connection)
            await connection.execute(NOTED, [once, owner, int(answer)])
            return answer

        try:
            if once is None and first is None:
                return bool(await self._batches.write(locks, *statements))
            return await self._link.transact(change)
        except (psycopg.DataError, psycopg.errors.NotNullViolation) as error:
            raise wrong_value(error) from None

    # -- conversations ------------------------------------------------------------------------------------------------

    @override
    async def search(self, owner: str, words: Sequence[str], limit: int, after: int = 0) -> list[Row]:
        given = {"owner": owner, "query": query(words), "limit": limit, "after": after}
        return [{**row, "text": snippet(row["text"], words)} for row in await self._link.read(SEARCH, given)]

    @override
    async def forget(self, owner: str, conversation_id: str) -> bool:
        return await self._link.transact(partial(forget, owner=owner, conversation_id=conversation_id))

    @override
    async def forget_run(self, owner: str, run_id: str) -> bool:
        return await self._link.transact(partial(forget_run, owner=owner, run_id=run_id))

    @override
    async def measure(self, owner: str, since: float, until: float, most: int) -> Measures:
        given = bounds(owner, since, until, most)
        counts, durations, used, times = [
            whole(await self._link.read(in_psycopg(sql), given))
            for sql in (COUNTS, DURATIONS, tokens(json_field, json_number), TIMES)
        ]
        return Measures(counts=counts, durations=durations, tokens=used, times=times)

    @override
    async def fork(self, owner: str, row: Row, upto: int, first: Append) -> None:
        check_cells(row)
        self._check(first)

        async def begin(connection: Connection) -> None:
            await fork(connection, owner, stored(row), upto)
            await self._append_first(connection, first)

        try:
            await self._link.transact(begin)
        except psycopg.errors.UniqueViolation:
            raise taken("runs", row) from None
        self._hear_first(row, first)

    @override
    async def branch(self, owner: str, conversation: Row, runs: Mapping[str, str]) -> None:
        check_cells(conversation)
        try:
            await self._link.transact(partial(branch, owner=owner, conversation=stored(conversation), runs=runs))
        except psycopg.errors.UniqueViolation:
            raise taken("conversations", conversation) from None

    @override
    async def expire(self, table: Table, before: float, column: Age = "updated") -> list[Row]:
        return await self._batches.write("", ours(queries.expire(table, before, column)))

    @override
    async def expire_unheld(self, purpose: str) -> list[Row]:
        return await self._batches.write("", ours(queries.expire_unheld(purpose)))

    @override
    async def known(self, table: Table, ids: Sequence[str]) -> set[str]:
        sql = f"select id from {table} where id = any(%s)"  # noqa: S608 - names are ours
        return {row["id"] for row in await self._link.read(sql, [[*ids]])}

    @override
    async def tidy(self, before: float | None) -> bool:
        # The server gives space back by itself.
        return await self._link.transact(partial(tidy, before=before))

    # -- logs ---------------------------------------------------------------------------------------------------------

    @override
    async def append(self, append: Append) -> tuple[int, float]:
        self._check(append)

        def tell(rows: list[Row]) -> None:
            if rows:
                self._hear(Growth(run_id=append.run_id, last_seq=rows[0]["last_seq"], command=append.command))

        statements = [self._appended(append, append.command)]
        if append.changes.get("state") == "queued":
            statements.append((QUEUED, [self._name, append.run_id]))
        try:
            rows = await self._batches.write(append.run_id, *statements, then=tell)
        except psycopg.DataError as error:
            raise wrong_value(error) from None
        if not rows:
            raise await self._refusal(append)
        return rows[0]["last_seq"], rows[0]["updated"]

    async def _append_first(self, connection: Connection, first: Append) -> None:
        """Append to a run that the same transaction adds."""
        sql, given = self._appended(first, None)
        if await (await connection.execute(cast("LiteralString", sql), given)).fetchone() is None:
            of = [first.run_id, first.owner]
            run = await (await connection.execute(cast("LiteralString", in_psycopg(queries.REFUSING)), of)).fetchone()
            raise refused_append(first, run, self._limits)
        if first.changes.get("state") == "queued":
            await connection.execute(QUEUED, [self._name, first.run_id])

    def _appended(self, append: Append, command: str | None) -> Statement:
        return append_statement(append, self._limits, self._name, command, outbox=self._outbox)

    async def _refusal(self, append: Append) -> Exception:
        row = await self._ask((queries.REFUSING, [append.run_id, append.owner]))
        return refused_append(append, row[0] if row else None, self._limits)

    @override
    async def take(self, room: Mapping[str, int], holder: str, now: float, only: Sequence[str] | None = None) -> Taken:
        return await self._link.transact(
            partial(take, room=room, holder=holder, now=now, only=only, clock=self._link.clock)
        )

    @override
    async def move(self, schedule_id: str, due: float, next_at: float) -> bool:
        statement = telling((queries.MOVE, [next_at, schedule_id, due]))
        return bool(await self._batches.write(schedule_id, statement))

    @override
    async def beat(self, holder: str, stall: float) -> list[Row]:
        return await self._link.read(BEAT, {"holder": holder, "stall": stall})

    @override
    async def recover(self, holder: str) -> list[str]:
        rows = await self._link.read(RECOVER, {"holder": holder, "name": self._name})
        return sorted(row["id"] for row in rows)

    # -- money --------------------------------------------------------------------------------------------------------

    @override
    async def reserve(self, row: Row, caps: Sequence[Cap]) -> list[Over]:
        check_cells(row)
        return [Over(**over) for over in await self._money.write("", reserve(stored(row), caps))]

    @override
    async def record(self, rows: Sequence[Row], closed: Sequence[Closed]) -> list[Crossed]:
        for cells in (*rows, *(one.changes for one in closed)):
            check_cells(cells)
        statements = [*map(close, closed), *([add([stored(row) for row in rows])] if rows else ())]
        found = await self._money.write("", *statements) if statements else []
        return [Crossed(**one) for one in found] if closed else []

    @override
    async def abandoned(self, holder: str) -> int:
        return int((await self._money.write("", (ABANDONED, [holder])))[0]["lost"])

    @override
    async def forget_calls(self, before: float) -> bool:
        return bool(await self._link.read(FORGET, [before]))

    # -- the bus ------------------------------------------------------------------------------------------------------

    @override
    async def sent(self, ids: Sequence[int]) -> None:
        await self._batches.write("", ("delete from outbox where id = any(%s) returning 1", [[*ids]]))

    @override
    async def leads(self, role: str) -> bool:
        return await self._roles.leads(role)

    @property
    @override
    def closed(self) -> bool:
        return self._link.closed

    @override
    def now(self) -> float:
        return self._link.clock.now()

    async def listening(self) -> None:
        """Wait until what other processes append is heard at once."""
        await self._listener.listening.wait()

    @override
    async def check(self) -> str:
        rows = await self._link.read("select current_setting('server_version') as version")
        return f"PostgreSQL {rows[0]['version'].partition(' ')[0]} answers"

    @override
    async def close(self) -> None:
        await self._batches.close()
        await self._money.close()
        await self._listener.close()
        await self._roles.close()
        await self.graphs.close()
        await self._link.close()
