"""Values under keys on PostgreSQL: one statement a change, which waits for whoever changes the same entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString, cast

from typing_extensions import override

from nis_backend.drivers.store import keyed
from nis_backend.drivers.store.entries import Place
from nis_backend.drivers.store.postgres.link import NOW, Link
from nis_backend.drivers.store.postgres.statements import ours

if TYPE_CHECKING:
    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.postgres.link import Connection
    from nis_backend.drivers.store.queries import Statement

NOTED = f"insert into effects (key, owner, answer, created) values (%s, %s, %s, {NOW})"  # noqa: S608 - ours


class KeepingEntries(keyed.ChangingEntries):
    """Entries over a database that processes share."""

    _link: Link

    @override
    async def _change_entry(
        self, at: Place, statement: Statement, once: str | None, now: float
    ) -> tuple[bool, list[Row]]:
        async def ask(connection: Connection, sql: str, given: Any) -> list[Row]:  # Any: see Row
            return await (await connection.execute(cast("LiteralString", sql), given)).fetchall()

        async def change(connection: Connection) -> tuple[bool, list[Row]]:
            known: list[Row] = []
            if once is not None:
                # Two that use a key at the same time take turns.
                await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [once])
                known = await ask(connection, "select answer from effects where key = %s", [once])
            if known:
                found = bool(known[0]["answer"])
            else:
                found = any(row["found"] for row in await ask(connection, *ours(statement)))
                if once is not None:
                    await connection.execute(NOTED, [once, at.owner, int(found)])
            return found, await ask(connection, *ours(keyed.get(at, now)))

        return await self._link.transact(change)

    @override
    async def expire_entries(self) -> bool:
        sql, given = ours((f"{keyed.EXPIRE} returning 1", [self.now()]))
        return bool(await self._link.read(sql, given))
