"""Keys: what a caller sends to say who it is, how one is kept, and whom it proves.

A key is 256 random bits, so what is kept of it is its plain SHA-256. A slow hash defends words that people think up, of
which there are few enough to try; of these there are too many whatever a try costs, and each request would pay for it.
Nor does the time of a look-up tell anything: nobody can choose the beginning of a hash without knowing the key.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.caller import ADMIN, Caller
from nis_backend.drivers.store.base import cursor_of, place_of
from nis_backend.errors import NisError, Unauthenticated
from nis_backend.found import unknown
from nis_backend.view import moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.store.base import Row, Store

log = logging.getLogger("nis.keys")

MARK = "nis_"
"""What a key begins with, so that people and scanners of leaked secrets know it for one."""
SHOWN = len(MARK) + 6
"""Characters of a key that are shown for telling keys apart; 220 bits of it are left."""

FRESH_SECONDS = 5.0
"""How long a key that was looked up is not looked up again: as long as a revocation may take to reach another host."""
KEPT = 4096
"""Keys whose outcome is kept; the one unused for longest makes room."""
USED_SECONDS = 60.0
"""Uses of a key closer together than this are noted as one."""

_FORM = re.compile(rf"{MARK}[A-Za-z0-9_-]{{43}}")


def new_secret() -> str:
    """A key that nobody has."""
    return f"{MARK}{secrets.token_urlsafe(32)}"


def hashed(secret: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_ours(text: str) -> bool:
    """Whether what was sent is meant to be a stored key."""
    return text.startswith(MARK)


@dataclass(kw_only=True)
class _Known:
    """What was found under a hash, and when by the loop's clock; `used` is the last use that was noted."""

    row: Row | None
    caller: Caller | None
    looked: float
    used: float


class Keys:
    """Whose each stored key is: asked for each request, looked up once in a few seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._asked: dict[str, asyncio.Task[_Known]] = {}
        self._noting: set[asyncio.Task[None]] = set()
        self.tell: Callable[[str], None] | None = None
        """Tells other processes of a key that has changed, where they can be told: they look anew in seconds anyway."""

    async def caller(self, secret: str, otherwise: Caller | None = None) -> Caller:
        """Who holds this key; `otherwise` where it is not stored.

        Raises:
            Unauthenticated: there is no such key, or it was revoked, or has expired.
            Unavailable: the database cannot be asked.
        """
        if not _FORM.fullmatch(secret):
            return _or_unknown(otherwise)
        digest = hashed(secret)
        known = self._known.get(digest)
        if known is None or asyncio.get_running_loop().time() - known.looked >= FRESH_SECONDS:
            known = await self._ask(digest)
        else:
            self._known.move_to_end(digest)
        if known.row is None:
            return _or_unknown(otherwise)
        caller = _admitted(known)
        self._note(known)
        return caller

    async def are_there(self) -> bool:
        """Whether some key counts now, of those made last."""
        rows = await self._store.keys({"revoked": None}, limit=100)
        return any(row["expires"] is None or row["expires"] > time.time() for row in rows)

    def forget(self, digest: str) -> None:
        """Look this key up anew when it comes next, here and elsewhere: it has changed."""
        self.hear(digest)
        if self.tell is not None:
            self.tell(digest)

    def hear(self, digest: str | None) -> None:
        """Look a key up anew that another process has changed; None when it may be any."""
        if digest is None:
            self._known.clear()
            self._asked.clear()
            return
        self._known.pop(digest, None)
        # One that is being looked up may have been read before the change; its askers are answered, nobody else.
        self._asked.pop(digest, None)

    async def close(self) -> None:
        """Write down the uses that are not yet."""
        await asyncio.gather(*self._noting)

    async def _ask(self, digest: str) -> _Known:
        """Look the key up, once for all who ask at this moment."""
        asking = self._asked.get(digest)
        if asking is None:
            asking = self._asked[digest] = asyncio.create_task(self._look(digest))
            asking.add_done_callback(lambda done: self._keep(digest, done))
        return await asyncio.shield(asking)

    async def _look(self, digest: str) -> _Known:
        rows = await self._store.keys({"hash": digest}, limit=1)
        row = rows[0] if rows else None
        used = float(row["last_used"] or 0) if row else 0.0
        return _Known(
            row=row, caller=caller_of(row) if row else None, looked=asyncio.get_running_loop().time(), used=used
        )

    def _keep(self, digest: str, done: asyncio.Task[_Known]) -> None:
        if self._asked.get(digest) is not done:
            return
        del self._asked[digest]
        if done.cancelled() or done.exception() is not None:
            return
        self._known[digest] = done.result()
        self._known.move_to_end(digest)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)

    def _note(self, known: _Known) -> None:
        """Write the use down, behind the request."""
        now = time.time()
        if known.row is not None and now - known.used >= USED_SECONDS:
            known.used = now
            task = asyncio.create_task(self._used(known.row, now))
            self._noting.add(task)
            task.add_done_callback(self._noting.discard)

    async def _used(self, row: Row, now: float) -> None:
        try:
            await self._store.update("keys", row["owner"], row["id"], {"last_used": now})
        except NisError as refused:
            log.warning("the use of key %s was not noted: %s", row["id"], refused)


def caller_of(row: Row) -> Caller:
    """Who calls with the key of this row."""
    return Caller(
        owner=row["owner"], scopes=frozenset(json.loads(row["scopes"])), key=row["id"], expires=row["expires"]
    )


def _or_unknown(otherwise: Caller | None) -> Caller:
    """Whom a key proves that is not stored."""
    if otherwise is None:
        raise _unknown()
    return otherwise


def _admitted(known: _Known) -> Caller:
    """The caller of a key that counts now.

    What is wrong with a key is told to who has the whole of it: one that is not a key of this server says only that.
    """
    row, caller = known.row, known.caller
    if row is None or caller is None:
        raise _unknown()
    if row["revoked"] is not None:
        raise Unauthenticated(
            f"The key was revoked on {moment(row['revoked'])} UTC.",
            field="Authorization",
            remedy="Use another key; `nis keys create` makes one.",
        )
    if caller.expires is not None and caller.expires <= time.time():
        raise Unauthenticated(
            f"The key expired on {moment(caller.expires)} UTC.",
            field="Authorization",
            remedy="Use another key, or have this one renewed: `nis keys rotate ID`.",
        )
    return caller


def _unknown() -> Unauthenticated:
    return Unauthenticated(
        "The key is not one of this server's.",
        field="Authorization",
        remedy="Send a key of this server; `nis keys create` makes one.",
    )


class KeyRing:
    """The keys that a caller may see and change: its owner's, and with the scope `identity:admin` every owner's."""

    def __init__(self, store: Store, keys: Keys, caller: Caller) -> None:
        self._store = store
        self._keys = keys
        self._within: Row = {"owner": caller.owner} if caller.lacks([ADMIN]) else {}

    async def get(self, key_id: str) -> Row:
        """A key's row, its owner included.

        Raises:
            NotFound: the caller may see no such key.
        """
        rows = await self._store.keys({**self._within, "id": key_id}, limit=1)
        if not rows:
            raise unknown("key", key_id)
        return rows[0]

    async def page(self, owner: str | None, cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
        """A page of the keys, the newest first, and the cursor of the next one.

        Raises:
            InvalidRequest: the cursor is not one of this list.
        """
        before = None if cursor is None else place_of(cursor)
        if owner not in {None, self._within.get("owner", owner)}:
            return [], None
        where = self._within if owner is None else {"owner": owner}
        rows = await self._store.keys(where, before=before, limit=limit + 1)
        shown = rows[:limit]
        return shown, cursor_of(shown[-1]["created"], shown[-1]["id"]) if len(rows) > limit else None

    async def add(self, row: Row) -> None:
        """Keep a new key, under the owner in its row."""
        await self._store.insert("keys", row["owner"], {name: row[name] for name in row if name != "owner"})

    async def change(self, row: Row, **changes: object) -> Row:
        """Change a key's row; what was known of the key is looked up anew. Answers the row as it is then."""
        await self._store.update("keys", row["owner"], row["id"], changes)
        self._keys.forget(row["hash"])
        return {**row, **changes}
