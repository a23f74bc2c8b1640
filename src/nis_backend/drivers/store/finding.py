"""How all that is about one user is found, by the same questions to either database."""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Protocol, cast

from typing_extensions import override

from nis_backend.drivers.store.forgetting import AN_ID, AboutUser, Forgetting, namespace_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.queries import Statement

AT_ONCE = 500
"""Rows that are looked into at once."""


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
        documents = await self._documents_of(owner, user)
        read_in = {row["run_id"] for row in documents if row["run_id"]}
        runs, conversations = await self._runs_of(owner, read_in | set(await self._naming(owner, "runs.input", user)))
        return AboutUser(
            entries=await self._entries_of(owner, user),
            items=await self._items_of(owner, user, [row["id"] for row in documents]),
            documents=documents,
            runs=runs,
            conversations=conversations,
            schedules=await self._naming(owner, "schedules.arguments", user),
            calls=await self._calls_of(owner, user),
            replies=await self._naming(owner, "replies.reply", user),
            examples=await self._of_person(owner, "example_sources", user),
            consents=await self._of_person(owner, "consents", user),
        )

    async def _naming(self, owner: str, where: str, user: str) -> list[str]:
        """Ids of rows whose JSON in a column names the user: a turn by itself, anything else at whatever depth."""
        table, _, column = where.partition(".")
        turn = "conversation_id" if table == "runs" else "null"
        # The user's name is in the text in one of these two forms; which member holds it, the JSON tells.
        forms = [f"%{_literally(json.dumps(user, ensure_ascii=plain)[1:-1])}%" for plain in (True, False)]
        alike = f"({column} like ? escape '!' or {column} like ? escape '!')"
        sql = (
            f"select id, created, {turn} as turn, {column} as text from {table}"  # noqa: S608 - ours
            f" where owner = ? and (created, id) > (?, ?) and {alike}"
            f" order by created, id limit {AT_ONCE}"
        )
        found: list[str] = []
        after: tuple[float, str] = (-1e300, "")
        while rows := await self._ask((sql, [owner, *after, *forms])):
            found += await asyncio.to_thread(_named_in, rows, user)
            after = (rows[-1]["created"], rows[-1]["id"])
        return found

    async def _calls_of(self, owner: str, user: str) -> list[str]:
        sql = "select id from ledger where owner = ? and end_user = ? order by id"
        return [row["id"] for row in await self._ask((sql, [owner, user]))]

    async def _of_person(self, owner: str, table: str, user: str) -> list[str]:
        sql = f"select id from {table} where owner = ? and person = ? order by id"  # noqa: S608 - ours
        return [row["id"] for row in await self._ask((sql, [owner, user]))]

    async def _entries_of(self, owner: str, user: str) -> list[Row]:
        own = namespace_of(user)
        sql = (
            "select id, namespace, key, value as text from entries where owner = ?"
            " and (namespace = ? or substr(namespace, 1, ?) = ?) order by id"
        )
        return await self._ask((sql, [owner, own, len(own) + 1, f"{own}/"]))

    async def _documents_of(self, owner: str, user: str) -> list[Row]:
        found: list[Row] = []
        for marks, some in _parted(await self._naming(owner, "documents.metadata", user)):
            sql = f"select id, collection_id, blob_id, run_id from documents where owner = ? and id in ({marks})"  # noqa: S608 - ours
            found += await self._ask((f"{sql} order by id", [owner, *some]))
        return found

    async def _items_of(self, owner: str, user: str, documents: list[str]) -> list[Row]:
        sql = (
            "select items.id, number, collection_id, kind, text, metadata from items"
            " join collections c on c.id = collection_id where items.owner = ? and "
        )
        rows = await self._ask((f"{sql}{self._member('metadata', 'user')} = ?", [owner, user]))
        for marks, some in _parted(documents):
            rows += await self._ask((f"{sql}items.document_id in ({marks})", [owner, *some]))
        return [*{row["number"]: row for row in sorted(rows, key=lambda row: row["number"])}.values()]

    async def _runs_of(self, owner: str, found: set[str]) -> tuple[list[Row], list[str]]:
        """These runs, those that they started, and all turns of the conversations that they are turns of."""
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


def _parted(ids: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Ids, few enough at once for a statement, each time with its marks."""
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        yield ", ".join("?" * len(some)), some


def _named_in(rows: list[Row], user: str) -> list[str]:
    return [row["id"] for row in rows if names(row["text"], user, deep=row["turn"] is None)]


def names(text: str | None, user: str, *, deep: bool) -> bool:
    """Whether JSON names a user: in a member `user` or `user_id`, or in a `namespace` of the user's."""
    try:
        waiting: list[Any] = [json.loads(text or "null")]  # Any: JSON
    except (ValueError, RecursionError):
        return False
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            members = cast("dict[str, Any]", one)
            if any(_means(key, value, user) for key, value in members.items()):
                return True
            waiting += members.values() if deep else ()
        elif isinstance(one, list):
            waiting += cast("list[Any]", one)
    return False


def _means(key: str, value: Any, user: str) -> bool:  # Any: JSON
    if key in {"user", "user_id"}:
        return (value if isinstance(value, str) else json.dumps(value)) == user
    own = namespace_of(user)
    return key == "namespace" and isinstance(value, str) and f"{value}/".startswith(f"{own}/")


def _literally(text: str) -> str:
    """A text as `like` finds it, escaped by exclamation marks."""
    return "".join(f"!{letter}" if letter in "!%_" else letter for letter in text)
