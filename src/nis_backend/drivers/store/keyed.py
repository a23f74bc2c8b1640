"""What SQLite and PostgreSQL are asked of entries in the same words, and how what they answer is told."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from nis_backend.drivers.store.entries import Entries, Place, put_before, refused_version, version_of
from nis_backend.drivers.store.refusals import check_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.queries import Statement


AT = "owner = ? and namespace = ? and key = ?"
ALIVE = "(expires is null or expires > ?)"
CHANGE = f"""
update entries set value = ?, expires = ?, updated = ?, version = version + 1
where {AT} and {ALIVE} and version = ? returning 1 as found
"""  # noqa: S608 - the text is ours
EXPIRE = "delete from entries where id in (select id from entries where expires <= ? order by expires limit 500)"


def get(at: Place, now: float) -> Statement:
    """See `Entries.entry`."""
    return f"select * from entries where {AT} and {ALIVE}", [*at.given, now]  # noqa: S608 - the text is ours


def page(owner: str, namespace: str, prefix: str, after: str, limit: int, now: float, order: str) -> Statement:  # noqa: PLR0913, PLR0917 - one argument a mark
    """See `Entries.entries`; `order` is how the database compares texts by their code points."""
    sql = (
        f"select * from entries where owner = ? and namespace = ? and key {order} >= ? and key {order} > ?"  # noqa: S608 - as above
        f" and substr(key, 1, ?) = ? and {ALIVE} order by key {order} limit ?"
    )
    return sql, [owner, namespace, prefix, after, len(prefix), prefix, now, limit]


def put(at: Place, row: Mapping[str, Any], only_if: int | None, now: float) -> Statement:  # Any: see Row
    """See `Entries.put_entry`; it answers a row, or none where `only_if` does not hold.

    One whose time is over makes way for another, which begins with version 1.
    """
    if only_if:
        return CHANGE, [row["value"], row["expires"], row["updated"], *at.given, now, only_if]
    cells = {"owner": at.owner, "namespace": at.namespace, "key": at.key, **row, "version": 1}
    over = "(entries.expires is not null and entries.expires <= ?)"
    kept = {name: f"case when {over} then excluded.{name} else entries.{name} end" for name in ("id", "created")}
    kept["version"] = f"case when {over} then 1 else entries.version + 1 end"
    sets = [f"{name} = excluded.{name}" for name in ("value", "expires", "updated")]
    sets += [f"{name} = {case}" for name, case in kept.items()]
    sql = (
        f"insert into entries ({', '.join(cells)}) values ({', '.join('?' * len(cells))})"  # noqa: S608 - as above
        f" on conflict (owner, namespace, key) do update set {', '.join(sets)}"
        f"{'' if only_if is None else f' where {over}'} returning 1 as found"
    )
    return sql, [*cells.values(), *[now] * len(kept), *([] if only_if is None else [now])]


def drop(at: Place, only_if: int | None, now: float) -> Statement:
    """See `Entries.drop_entry`: `found` is whether one was there; one whose time is over goes, and was not."""
    sql = f"delete from entries where {AT}"  # noqa: S608 - as above
    if only_if is None:
        # Not `ALIVE`: SQLite 3.40 answers no to `is null` of a row that it has deleted.
        return f"{sql} returning coalesce(expires, 1e99) > ? as found", [*at.given, now]
    return f"{sql} and version = ? and {ALIVE} returning 1 as found", [*at.given, only_if, now]


class ChangingEntries(Entries):
    """Entries that are changed by a statement in one transaction, whichever the database."""

    @abstractmethod
    def now(self) -> float:
        """The time by the store's clock."""

    @abstractmethod
    async def _change_entry(
        self, at: Place, statement: Statement, once: str | None, now: float
    ) -> tuple[bool, list[Row]]:
        """Whether the statement did what was asked, now or under this key before, and what is there then."""

    @override
    async def put_entry(self, at: Place, row: Mapping[str, Any], only_if: int | None, once: str | None = None) -> Row:
        check_cells({"namespace": at.namespace, "key": at.key, **row})
        now = self.now()
        found, there = await self._change_entry(at, put(at, row, only_if, now), once, now)
        if not found:
            raise refused_version(at, only_if or 0, version_of(there))
        return put_before(at, row, there)

    @override
    async def drop_entry(self, at: Place, only_if: int | None, once: str | None = None) -> bool:
        now = self.now()
        found, there = await self._change_entry(at, drop(at, only_if, now), once, now)
        if not found and only_if is not None:
            raise refused_version(at, only_if, version_of(there))
        return found
