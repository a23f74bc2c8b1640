"""How all that is about one user is found, by the same questions to either database."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from nis_backend.drivers.store.forgetting import AN_ID, AboutUser, Forgetting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.queries import Statement


class FindingUser(Forgetting, Protocol):
    """The same questions to either database."""

    @abstractmethod
    async def _ask(self, statement: Statement) -> list[Row]:
        """The rows that a query answers."""

    @abstractmethod
    def _member(self, column: str, name: str) -> str:
        """A member of the JSON in a column, as text, in the database's words."""

    @override
    async def about_user(self, owner: str, user: str) -> AboutUser:
        named = f"{self._member('metadata', 'user')} = ?"
        sql = f"select id, collection_id, blob_id from documents where owner = ? and {named}"  # noqa: S608 - ours
        documents = await self._ask((sql, [owner, user]))
        runs, conversations = await self._runs_of(owner, user)
        return AboutUser(
            entries=await self._entries_of(owner, user),
            items=await self._items_of(owner, user, [row["id"] for row in documents]),
            documents=documents,
            runs=runs,
            conversations=conversations,
            schedules=await self._ids(owner, "schedules", self._names("arguments"), [user, user]),
            calls=await self._ids(owner, "ledger", "end_user = ?", [user]),
        )

    def _names(self, column: str) -> str:
        """That a request names the user."""
        return f"({self._member(column, 'user_id')} = ? or {self._member(column, 'user')} = ?)"

    async def _ids(self, owner: str, table: str, clause: str, given: Sequence[object]) -> list[str]:
        sql = f"select id from {table} where owner = ? and {clause} order by id"  # noqa: S608 - as above
        return [row["id"] for row in await self._ask((sql, [owner, *given]))]

    async def _entries_of(self, owner: str, user: str) -> list[Row]:
        own = f"user:{user}"
        sql = (
            "select id, namespace, key, value as text from entries where owner = ?"
            " and (namespace = ? or substr(namespace, 1, ?) = ?) order by id"
        )
        return await self._ask((sql, [owner, own, len(own) + 1, f"{own}/"]))

    async def _items_of(self, owner: str, user: str, documents: Sequence[str]) -> list[Row]:
        marks = ", ".join("?" * len(documents))
        of = f" or items.document_id in ({marks})" if documents else ""
        sql = (
            "select items.id, number, collection_id, kind, text from items join collections c on c.id = collection_id"  # noqa: S608 - as above
            f" where items.owner = ? and ({self._member('metadata', 'user')} = ?{of}) order by number"
        )
        return await self._ask((sql, [owner, user, *documents]))

    async def _runs_of(self, owner: str, user: str) -> tuple[list[Row], list[str]]:
        """The runs, those that they started, and all turns of the conversations that they are turns of."""
        found = set(await self._ids(owner, "runs", self._names("input"), [user, user]))
        rows = await self._ask(
            ("select id, conversation_id, state, parent, within from runs where owner = ? order by created", [owner])
        )
        conversations: set[str] = set()
        known = -1
        while known < len(found):
            known = len(found)
            conversations |= {row["conversation_id"] for row in rows if row["id"] in found and row["conversation_id"]}
            about = found | conversations
            found |= {
                row["id"]
                for row in rows
                if row["conversation_id"] in conversations
                or row["parent"] in found
                or (row["within"] and about.intersection(AN_ID.findall(row["within"])))
            }
        return [row for row in rows if row["id"] in found], sorted(conversations)
