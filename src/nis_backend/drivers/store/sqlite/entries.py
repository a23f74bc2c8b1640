"""Values under keys on SQLite: each change within the writer's thread, and so one after the other."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, TypeVar

from typing_extensions import override

from nis_backend.drivers.store import keyed
from nis_backend.drivers.store.entries import Place
from nis_backend.drivers.store.sqlite.rows import row_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.queries import Statement

T = TypeVar("T")


class KeepingEntries(keyed.ChangingEntries):
    """Entries over one writer."""

    @abstractmethod
    async def _write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None) -> T:
        """Have it committed."""

    @override
    async def _change_entry(
        self, at: Place, statement: Statement, once: str | None, now: float
    ) -> tuple[bool, list[Row]]:
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
