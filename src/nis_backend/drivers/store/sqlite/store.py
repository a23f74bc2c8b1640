"""The store on SQLite: one writer, and a pool of readers."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from typing_extensions import override

from nis_backend.drivers.store import queries
from nis_backend.drivers.store.base import NOTHING, Age, Append, Growth, Measures, Row, Table, Taken
from nis_backend.drivers.store.growing import Growing
from nis_backend.drivers.store.measures import COUNTS, DURATIONS, TIMES, bounds, tokens
from nis_backend.drivers.store.reading import Reading
from nis_backend.drivers.store.refusals import check_cells, clash, taken
from nis_backend.drivers.store.sqlite.appending import append_to
from nis_backend.drivers.store.sqlite.conversations import GONE, branch, forget, forget_run, fork, index_said, search
from nis_backend.drivers.store.sqlite.entries import KeepingEntries
from nis_backend.drivers.store.sqlite.forgetting import ForgettingUser
from nis_backend.drivers.store.sqlite.items import merge_words
from nis_backend.drivers.store.sqlite.keeping import KeepingItems
from nis_backend.drivers.store.sqlite.opening import connect, prepare
from nis_backend.drivers.store.sqlite.recent import Recent
from nis_backend.drivers.store.sqlite.retention import tidy
from nis_backend.drivers.store.sqlite.rows import row_of
from nis_backend.drivers.store.sqlite.spending import DAY, FORGET, abandoned, record, reserve
from nis_backend.drivers.store.sqlite.taking import recover, take
from nis_backend.drivers.store.sqlite.writer import Writer, refused, usable
from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.run import unknown_conversation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from nis_backend.drivers.store.limits import Limits
    from nis_backend.drivers.store.queries import Statement
    from nis_backend.drivers.store.spending import Cap, Closed, Crossed, Over

T = TypeVar("T")

READERS = 4


class SqliteStore(KeepingItems, KeepingEntries, ForgettingUser, Reading, Growing):
    """One database file.

    Raises:
        Unavailable: the file cannot be opened, or a newer version of nis has written it.
    """

    day = DAY
    by_code_point = ""

    def __init__(
        self,
        path: Path,
        durability: Literal["process", "power"] = "process",
        *,
        limits: Limits | None = None,
        outbox: bool = False,
    ) -> None:
        super().__init__(limits)
        self._path = path
        self._outbox = outbox
        self._synchronous = "full" if durability == "power" else "normal"
        self._recent = Recent()
        with usable():
            connection = connect(path, self._synchronous)
            prepare(connection, path)
        self._writer = Writer(connection, later=lambda writing: index_said(writing) or merge_words(writing))
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="nis-reader")
        self._closed = False

    # -- writing ------------------------------------------------------------------------------------------------------

    @override
    async def _write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None) -> T:
        """Have it committed. Without `then`, which says what it has changed, any run may have been.

        Raises:
            Unavailable: the store is closed.
        """
        self._refuse_closed()
        return await self._writer.write(work, then or (lambda _: self._recent.clear()))

    @override
    async def _alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._refuse_closed()
        return await self._writer.alone(work)

    # -- reading: in a reader's thread --------------------------------------------------------------------------------

    @override
    async def _read(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        def read() -> list[Row]:
            connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = connect(self._path, self._synchronous)
                self._connections.append(connection)
            return [row_of(row) for row in connection.execute(sql, parameters)]

        self._refuse_closed()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, read)
        except sqlite3.Error as error:
            raise refused("read", error) from None

    @override
    async def _ask(self, statement: Statement) -> list[Row]:
        return await self._read(*statement)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise Unavailable("The database is closed: the process is ending.", remedy="Ask again in a moment.")

    # -- the contract -------------------------------------------------------------------------------------------------

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
        rows: list[tuple[Table, Row]] = [*beside, (table, {**row, "owner": owner})]
        statements = [_insert(name, owner, given) for name, given in rows]
        if first is not None:
            self._check(first)
        try:
            if table == "runs" and once is None and first is None:
                await self._begin(statements)
            else:
                await self._change(table, owner, statements, once, first=first)
        except sqlite3.IntegrityError as error:
            if GONE in str(error):
                raise unknown_conversation(row["conversation_id"]) from None
            if "UNIQUE" in str(error):
                raise taken(table, row) from None
            raise _wrong(error) from None
        self._hear_first(row, first)

    async def _begin(self, statements: Sequence[Statement]) -> None:
        def begin(connection: sqlite3.Connection) -> Row:
            *before, (sql, parameters) = statements
            for one in before:
                connection.execute(*one)
            return row_of(connection.execute(f"{sql} returning *", parameters).fetchone())

        await self._write(begin, lambda row: self._recent.grown(row, ()))

    @override
    async def get(self, table: Table, owner: str, id: str) -> Row | None:
        if table == "runs" and (row := self._recent.row(owner, id)) is not None:
            return row
        return await super().get(table, owner, id)

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
        return await self._alter(table, owner, id, queries.update(table, owner, id, changes, only_if), once, beside)

    @override
    async def delete(
        self,
        table: Table,
        owner: str,
        id: str,
        once: str | None = None,
        beside: Sequence[tuple[Table, Row]] = (),
    ) -> bool:
        also: list[Statement] = [(queries.UNSPENT, [id, id])] if table == "budgets" else []
        return await self._alter(table, owner, id, queries.delete(table, owner, id), once, beside, also)

    async def _alter(  # noqa: PLR0913, PLR0917 - what is changed, and what goes with it
        self,
        table: Table,
        owner: str,
        id: str,  # noqa: A002 - the column's name
        statement: Statement,
        once: str | None,
        beside: Sequence[tuple[Table, Row]],
        also: Sequence[Statement] = (),
    ) -> bool:
        after = [*also, *(_insert(name, owner, row) for name, row in beside)]
        try:
            return await self._change(table, owner, [statement], once, after)
        except sqlite3.IntegrityError as error:
            raise clash(table, id) if "UNIQUE" in str(error) else _wrong(error) from None

    async def _change(  # noqa: PLR0913, PLR0917 - what is changed, and what goes with it
        self,
        table: Table,
        owner: str,
        statements: Sequence[Statement],
        once: str | None,
        after: Sequence[Statement] = (),
        first: Append | None = None,
    ) -> bool:
        """Whether the last of the statements has changed a row; `after` are carried out where it has."""

        def execute(connection: sqlite3.Connection) -> bool:
            answer = _last_changed(connection, statements, after)
            if first is not None:
                append_to(connection, first, self._limits, self._outbox)
            return answer

        def change(connection: sqlite3.Connection) -> bool:
            if once is None:
                return execute(connection)
            known = connection.execute("select answer from effects where key = ?", (once,)).fetchone()
            if known is not None:
                return bool(known["answer"])
            answer = execute(connection)
            connection.execute("insert into effects values (?, ?, ?, ?)", (once, owner, answer, time.time()))
            return answer

        return await self._write(change, None if table == "runs" else lambda _: None)

    @override
    async def search(self, owner: str, words: Sequence[str], limit: int, after: int = 0) -> list[Row]:
        # What was said until now is found, also where its turn to be indexed has not come.
        while await self._write(index_said, lambda _: None):
            continue
        rows = await self._read(*search(owner, words, limit, after))
        return [{**row, "text": row["text"].decode("utf-8", "replace")} for row in rows]

    @override
    async def forget(self, owner: str, conversation_id: str) -> bool:
        return await self._write(lambda connection: forget(connection, owner, conversation_id))

    @override
    async def forget_run(self, owner: str, run_id: str) -> bool:
        return await self._write(lambda connection: forget_run(connection, owner, run_id))

    @override
    async def measure(self, owner: str, since: float, until: float, most: int) -> Measures:
        given = bounds(owner, since, until, most)
        counts, durations, used, times = [
            await self._read(sql, given) for sql in (COUNTS, DURATIONS, tokens(_field, _field), TIMES)
        ]
        return Measures(counts=counts, durations=durations, tokens=used, times=times)

    @override
    async def fork(self, owner: str, row: Row, upto: int, first: Append) -> None:
        check_cells(row)
        self._check(first)

        def begin(connection: sqlite3.Connection) -> None:
            fork(connection, owner, row, upto)
            append_to(connection, first, self._limits, self._outbox)

        try:
            await self._write(begin)
        except sqlite3.IntegrityError:
            raise taken("runs", row) from None
        self._hear_first(row, first)

    @override
    async def branch(self, owner: str, conversation: Row, runs: Mapping[str, str]) -> None:
        check_cells(conversation)
        await self._write(lambda connection: branch(connection, owner, conversation, runs))

    @override
    async def expire(self, table: Table, before: float, column: Age = "updated") -> list[Row]:
        statement = queries.expire(table, before, column)
        return await self._write(lambda connection: [dict(row) for row in connection.execute(*statement)])

    @override
    async def expire_unheld(self, purpose: str) -> list[Row]:
        statement = queries.expire_unheld(purpose)
        return await self._write(lambda connection: [dict(row) for row in connection.execute(*statement)])

    @override
    async def known(self, table: Table, ids: Sequence[str]) -> set[str]:
        sql = f"select id from {table} where id in ({', '.join('?' * len(ids))})"  # noqa: S608 - names are ours
        return {row["id"] for row in await self._read(sql, [*ids])}

    @override
    async def tidy(self, before: float | None) -> bool:
        return await self._write(lambda connection: tidy(connection, before))

    @override
    async def append(self, append: Append) -> tuple[int, float]:
        self._check(append)

        def tell(committed: tuple[Row, list[Row]]) -> None:
            row, events = committed
            self._recent.grown(row, events)
            self._hear(Growth(run_id=append.run_id, last_seq=row["last_seq"], command=append.command))

        row, _ = await self._write(lambda connection: append_to(connection, append, self._limits, self._outbox), tell)
        return row["last_seq"], row["updated"]

    @override
    async def events(self, owner: str, run_id: str, after: int, limit: int = 500) -> list[Row]:
        recent = self._recent.events(owner, run_id, after, limit)
        if recent is not None:
            return recent
        return await super().events(owner, run_id, after, limit)

    @override
    async def take(self, room: Mapping[str, int], holder: str, now: float, only: Sequence[str] | None = None) -> Taken:
        def tell(taken: Taken) -> None:
            for row in taken.rows:
                self._recent.grown(row, ())

        return await self._write(lambda connection: take(connection, room, holder, now, only), tell)

    @override
    async def move(self, schedule_id: str, due: float, next_at: float) -> bool:
        given = (next_at, schedule_id, due)
        return await self._write(
            lambda connection: connection.execute(queries.MOVE, given).rowcount == 1, lambda _: None
        )

    @override
    async def beat(self, holder: str, stall: float) -> list[Row]:
        return await self._read(
            "select id, owner, attempt, wanted from runs where state = 'running' and holder = ?", (holder,)
        )

    @override
    async def recover(self, holder: str) -> list[str]:
        return await self._write(lambda connection: recover(connection, holder))

    @override
    async def reserve(self, row: Row, caps: Sequence[Cap]) -> list[Over]:
        check_cells(row)
        return await self._write(lambda connection: reserve(connection, row, caps), lambda _: None)

    @override
    async def record(self, rows: Sequence[Row], closed: Sequence[Closed]) -> list[Crossed]:
        for cells in (*rows, *(one.changes for one in closed)):
            check_cells(cells)
        return await self._write(lambda connection: record(connection, rows, closed), lambda _: None)

    @override
    async def abandoned(self, holder: str) -> int:
        return await self._write(lambda connection: abandoned(connection, holder), lambda _: None)

    @override
    async def forget_calls(self, before: float) -> bool:
        return await self._write(lambda connection: connection.execute(FORGET, (before,)).rowcount > 0, lambda _: None)

    @override
    async def sent(self, ids: Sequence[int]) -> None:
        each = [(one,) for one in ids]
        await self._write(
            lambda connection: connection.executemany("delete from outbox where id = ?", each), lambda _: None
        )

    @override
    async def leads(self, role: str) -> bool:
        # The data folder has one process.
        return True

    @property
    @override
    def closed(self) -> bool:
        return self._closed

    @override
    def now(self) -> float:
        return time.time()

    @override
    async def check(self) -> str:
        await self._read("select 1 from runs limit 1", ())
        return "SQLite answers"

    @override
    async def close(self) -> None:
        self._closed = True
        await self._writer.close()
        self._readers.shutdown()
        for connection in self._connections:
            connection.close()


def _wrong(error: sqlite3.Error) -> InvalidRequest:
    return InvalidRequest(f"The database does not take a value: {error}.", remedy="Give another.")


def _insert(table: Table, owner: str, row: Row) -> Statement:
    check_cells(row)
    return queries.insert(table, {"owner": owner, **row})


def _last_changed(connection: sqlite3.Connection, statements: Sequence[Statement], after: Sequence[Statement]) -> bool:
    """Execute them, and `after` where the last one has changed a row; whether it has."""
    changed = [connection.execute(*one).rowcount for one in statements][-1] == 1
    for one in after if changed else ():
        connection.execute(*one)
    return changed


def _field(column: str, name: str) -> str:
    return f"json_extract({column}, '$.{name}')"
