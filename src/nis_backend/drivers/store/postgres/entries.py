"""Values under keys on PostgreSQL: one statement a change, which waits for whoever changes the same entry."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, LiteralString, cast

from typing_extensions import override

from nis_backend.drivers.store import keyed
from nis_backend.drivers.store.entries import Entries, Place, put_before, refused_version, version_of
from nis_backend.drivers.store.postgres.link import NOW, Link
from nis_backend.drivers.store.postgres.statements import ours
from nis_backend.drivers.store.refusals import check_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.postgres.link import Connection
    from nis_backend.drivers.store.queries import Statement

NOTED = f"insert into effects (key, owner, answer, created) values (%s, %s, %s, {NOW})"  # noqa: S608 - ours


class KeepingEntries(Entries):
    """Entries over a database that processes share."""

    _link: Link

    @abstractmethod
    def now(self) -> float:
        """The time by the store's clock."""

    @override
    async def put_entry(self, at: Place, row: Mapping[str, Any], only_if: int | None, once: str | None = None) -> Row:
        check_cells({"namespace": at.namespace, "key": at.key, **row})
        now = self.now()
        found, there = await self._change_entry(at, keyed.put(at, row, only_if, now), once, now)
        if not found:
            raise refused_version(at, only_if or 0, version_of(there))
        return put_before(at, row, there)

    @override
    async def drop_entry(self, at: Place, only_if: int | None, once: str | None = None) -> bool:
        now = self.now()
        found, there = await self._change_entry(at, keyed.drop(at, only_if, now), once, now)
        if not found and only_if is not None:
            raise refused_version(at, only_if, version_of(there))
        return found

    async def _change_entry(
        self, at: Place, statement: Statement, once: str | None, now: float
    ) -> tuple[bool, list[Row]]:
        """Whether the statement did what was asked, now or under this key before, and what is there then."""

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
