"""Values under keys on SQLite: each change within the writer's thread, and so one after the other."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from nis_backend.drivers.store import keyed
from nis_backend.drivers.store.entries import Entries, Place, put_before, refused_version, version_of
from nis_backend.drivers.store.refusals import check_cells
from nis_backend.drivers.store.sqlite.rows import row_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.queries import Statement

T = TypeVar("T")


class KeepingEntries(Entries):
    """Entries over one writer."""

    @abstractmethod
    def now(self) -> float:
        """The time by the store's clock."""

    @abstractmethod
    async def _write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None) -> T:
        """Have it committed."""

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

        def change(connection: sqlite3.Connection) -> tuple[bool, list[Row]]:
            known = once and connection.execute("select answer from effects where key = ?", (once,)).fetchone()
            if known:
                found = bool(known["answer"])
            else:
                found = any(row["found"] for row in connection.execute(*statement).fetchall())
                if once is not None:
                    connection.execute("insert into effects values (?, ?, ?, ?)", (once, at.owner, found, now))
            return found, [row_of(row) for row in connection.execute(*keyed.get(at, now)).fetchall()]

        return await self._write(change, lambda _: None)

    @override
    async def expire_entries(self) -> bool:
        given = (self.now(),)
        return await self._write(lambda c: c.execute(keyed.EXPIRE, given).rowcount > 0, lambda _: None)
