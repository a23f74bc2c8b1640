"""What SQLite does to have what was deleted be gone, and to show it: over its tables, its indexes and its files."""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import re
import sqlite3
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from nis_backend.drivers.store.finding import FindingUser
from nis_backend.drivers.store.forgetting import AN_ID, Mentions
from nis_backend.drivers.store.sqlite.items import index_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from nis_backend.drivers.store.base import Row

T = TypeVar("T")

WAIT_SECONDS = 5.0
TAIL, TAIL_LENGTH = re.compile(rb"-[0-9a-f]{24}"), 25
"""The end of an id that was made here, by which many are looked for at once."""


class ForgettingUser(FindingUser):
    """Over one file, which this process alone has open."""

    _path: Path

    @abstractmethod
    async def _write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None) -> T:
        """Have it committed."""

    @abstractmethod
    async def _alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Have it done outside of a transaction, while nothing else writes."""

    @abstractmethod
    async def _read(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        """The rows that a query answers."""

    @override
    def _member(self, column: str, name: str) -> str:
        return f"cast(json_extract({column}, '$.{name}') as text)"

    @override
    async def mentions(self, owner: str, ids: Sequence[str]) -> Mentions:
        return await asyncio.to_thread(self._mentions, owner, frozenset(ids))

    def _mentions(self, owner: str, ids: frozenset[str]) -> Mentions:
        """Each of the owner's rows is read once, however many ids there are."""
        own = [one.encode() for one in ids if not AN_ID.fullmatch(one)]
        tails = _by_tail(one.encode() for one in ids if AN_ID.fullmatch(one))
        found: Mentions = {}
        with contextlib.closing(sqlite3.connect(self._path, timeout=WAIT_SECONDS)) as connection:
            for table, columns in _owned(connection):
                cells = ", ".join(f"cast({column} as blob)" for column in columns)
                named = "run_id" if table == "events" else "id" if "id" in columns else "''"
                sql = f"select {named}, {cells} from {table} where owner = ?"  # noqa: S608 - the database names them
                for name, *row in connection.execute(sql, (owner,)):
                    text = b"\n".join(cell for cell in row if cell is not None)
                    near = [one for tail in tails.keys() & TAIL.findall(text) for one in tails[tail]]
                    for one in (one for one in (*near, *own) if one in text):
                        found.setdefault(table, {}).setdefault(one.decode(), []).append(str(name))
        return found

    @override
    async def indexed(self, owner: str, numbers: Mapping[str, Sequence[int]]) -> int:
        found = 0
        for name, own in await self._words(owner):
            wanted = set(numbers.get(own, ()))
            # A row for each item that the index knows, whatever the table of items says.
            rows = await self._read(f"select id from {name}_docsize", ()) if wanted else []  # noqa: S608 - ours
            found += len(wanted.intersection(row["id"] for row in rows))
        return found

    async def _words(self, owner: str) -> list[tuple[str, str]]:
        """The indexes of words of the owner's collections, each with its collection's id."""
        rows = await self._read("select id from collections where owner = ?", [owner])
        there = {row["name"] for row in await self._read("select name from sqlite_master where type = 'table'", ())}
        names = {row["id"]: index_of(row["id"]) for row in rows}
        return [(name, own) for own, name in names.items() if name in there]

    @override
    async def scrub(self, owner: str, collections: Sequence[str]) -> list[str]:
        names = [name for name, own in await self._words(owner) if own in collections]

        def optimize(connection: sqlite3.Connection) -> None:
            # A removed item's words wait in the index until it is merged.
            for name in (*names, "said_words"):
                connection.execute(f"insert into {name} ({name}) values ('optimize')")  # noqa: S608 - ours

        await self._write(optimize, lambda _: None)
        return await self._alone(rewrite)

    @override
    async def in_files(self, pieces: Sequence[bytes]) -> list[bool] | None:
        return await asyncio.to_thread(self._in_files, pieces)

    def _in_files(self, pieces: Sequence[bytes]) -> list[bool]:
        tails = _by_tail(pieces)
        found: set[bytes] = set()
        for path in (self._path, self._path.with_name(f"{self._path.name}-wal")):
            if not path.is_file() or not path.stat().st_size:
                continue
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                # One pass, however many are looked for.
                for at in TAIL.finditer(content):
                    near = tails.get(at[0], ())
                    found.update(one for one in near if content[at.end() - len(one) : at.end()] == one)
        return [piece in found for piece in pieces]


def rewrite(connection: sqlite3.Connection) -> list[str]:
    """Write the file anew from its rows and cut its write-ahead log, which holds pages as they were; what cannot be.

    `secure_delete` alone leaves copies: where SQLite moves rows from one page to others, to keep its trees in balance,
    their bytes stay behind in what becomes the page's unused part, and no delete looks there.
    """
    told: list[str] = []
    try:
        connection.execute("vacuum")
    except sqlite3.Error as error:
        told.append(
            f"The database's file could not be written anew ({error}), so its pages may hold pieces of what was "
            "removed. Free twice the file's size on its disk and in the folder for temporary files, and ask again."
        )
    busy, left, _ = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    if busy:
        told.append(f"The write-ahead log could not be cut, for somebody reads: {left} pages stay until a restart.")
    return told


def _by_tail(ids: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """Ids by their ends, which a run and its conversation may share."""
    tails: dict[bytes, list[bytes]] = {}
    for one in ids:
        tails.setdefault(one[-TAIL_LENGTH:], []).append(one)
    return tails


def _owned(connection: sqlite3.Connection) -> Iterator[tuple[str, list[str]]]:
    """The tables that have owners, with their columns of text."""
    for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
        columns = connection.execute("select name, type from pragma_table_info(?)", (table,)).fetchall()
        if any(name == "owner" for name, _ in columns):
            yield table, [name for name, kind in columns if str(kind).upper() == "TEXT"]
