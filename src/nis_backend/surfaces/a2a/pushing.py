"""A task's updates are posted to whoever asked for them: the log is what waits, and a row says how far it was told.

So nothing is lost by a stop: the next process goes on after the last event that was acknowledged. What is posted may
come twice and never too early; `webhook-id` tells a second one, and where the client gave a token `webhook-signature`
is the HMAC-SHA256 of id, time and body by it (Standard Webhooks 1.0, which has the header's form).
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging
from collections import Counter
from contextlib import aclosing
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from nis_backend.caller import Caller
from nis_backend.drivers.http.base import HttpError
from nis_backend.errors import NisError, NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from types import ModuleType

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row, Store
    from nis_backend.event import Event
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.a2a")

TABLE = "push_configs"
LOOK_SECONDS = 5.0
"""Time between two looks: for what is to be tried again, and what another process was asked for."""
SILENCE, PATIENCE = 10.0, 30.0
"""Seconds that nothing may come from a receiver, and that it has to answer in all."""
FIRST_PAUSE, LONGEST_PAUSE, TRIES = 1.0, 300.0, 16
"""Seconds before it is tried again, doubled each time; how often, which comes to an hour."""
GONE = 410
"""The status that says: never again."""
MOST = 256
"""Configurations that are followed at a time; the next waits for one of them to end."""
MOST_OF_ONE = 64
"""Of them, one owner's: whose tasks wait for long is in nobody else's way."""


class Gone(HttpError):
    """The receiver wants nothing any more."""


class Pushing:
    """Follows the tasks whose updates are wanted, in one of the processes that share them."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._following: dict[str, asyncio.Task[None]] = {}
        self._of: Counter[str] = Counter()
        """How many of them are each owner's."""

    async def run(self) -> None:
        """Until this is cancelled."""
        store = self._context("").drivers.store
        try:
            while True:
                self._process.pushing.clear()
                try:
                    await self._look(store)
                except NisError as error:
                    log.warning("push notifications have to wait: %s", error)
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._process.pushing.wait()
                except TimeoutError:
                    pass
        finally:
            for task in self._following.values():
                task.cancel()

    async def _look(self, store: Store) -> None:
        if not await store.leads("push"):
            return
        now = store.now()
        for row in await store.configured(TABLE, {"enabled": 1}):
            if row["next_at"] > now or row["id"] in self._following or not self._has_room(row["owner"]):
                continue
            task = asyncio.create_task(self._follow(row), name=f"push {row['id']}")
            self._following[row["id"]] = task
            self._of[row["owner"]] += 1
            task.add_done_callback(lambda _, gone=row: self._left(gone))

    def _has_room(self, owner: str) -> bool:
        return len(self._following) < MOST and self._of[owner] < MOST_OF_ONE

    def _left(self, row: Row) -> None:
        del self._following[row["id"]]
        self._of -= Counter([row["owner"]])
        # There may be one that waits for its place.
        self._process.pushing.set()

    def _context(self, owner: str) -> Context:
        return self._process.context(Caller(owner=owner))

    async def _follow(self, row: Row) -> None:
        """Send what the row's receiver has not been told, up to the end of the task or to a failure."""
        ctx = self._context(row["owner"])
        try:
            await self._send_all(row, ctx)
        except NotFound:
            await ctx.store.delete(TABLE, row["id"])
        except (HttpError, OSError, TimeoutError) as error:
            await self._postpone(row, ctx, str(error) or type(error).__name__, last=isinstance(error, Gone))
        except NisError as error:
            log.warning("push notification %s has to wait: %s", row["id"], error)
        except Exception:
            log.exception("push notification %s failed", row["id"])
            await self._postpone(row, ctx, "nis failed to write it.")

    async def _send_all(self, row: Row, ctx: Context) -> None:
        words: ModuleType = await asyncio.to_thread(import_module, "nis_backend.surfaces.a2a.pushed")
        told: Any = words.Told(await ctx.runs.get(row["run_id"]), row)
        ended = False
        following = cast("AsyncGenerator[Event]", ctx.runs.follow(row["run_id"], live=False))
        async with aclosing(following) as events:
            async for event in events:
                body = await told.apply(event)
                ended = event.terminal
                if body is None or event.seq <= row["sent"]:
                    continue
                # Who deletes a configuration is told nothing any more; one that was replaced leads elsewhere.
                found = await ctx.store.get(TABLE, row["id"])
                if found is None:
                    return
                await self._post(found, event.seq, body, ctx.now())
                await ctx.store.update(TABLE, row["id"], {"sent": event.seq, "tries": 0, "problem": None})
        if ended:
            await ctx.store.update(TABLE, row["id"], {"enabled": 0})

    async def _post(self, row: Row, seq: int, document: Any, now: float) -> None:  # Any: JSON
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        client = self._process.clients["outside" if row["public"] else "anywhere"]
        async with asyncio.timeout(PATIENCE):
            answer = await client.request("POST", row["url"], headers_of(row, seq, body, now), body, silence=SILENCE)
            answer.close()
        if answer.status == GONE:
            raise Gone("The receiver answered 410: it wants no more.")
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's own class of successes
            raise HttpError(f"The receiver answered {answer.status}.")

    async def _postpone(self, row: Row, ctx: Context, problem: str, *, last: bool = False) -> None:
        """Try again later, or never."""
        found = await ctx.store.get(TABLE, row["id"])
        if found is None:
            return
        tries = TRIES if last else found["tries"] + 1
        pause = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
        changes: Row = {"tries": tries, "next_at": ctx.now() + pause, "problem": problem[:200]}
        if tries >= TRIES:
            log.warning("push notification %s is given up after %d tries: %s", row["id"], tries, problem)
            changes["enabled"] = 0
        await ctx.store.update(TABLE, row["id"], changes)


def headers_of(row: Row, seq: int, body: bytes, now: float) -> dict[str, str]:
    """What a receiver tells by who sends it, and what it is."""
    name, at = f"{row['run_id']}.{seq}", f"{int(now)}"
    headers = {"content-type": "application/a2a+json", "webhook-id": name, "webhook-timestamp": at}
    if row["token"]:
        signed = hmac.digest(row["token"].encode(), f"{name}.{at}.".encode() + body, sha256)
        headers["x-a2a-notification-token"] = row["token"]
        headers["webhook-signature"] = f"v1,{base64.b64encode(signed).decode()}"
    if row["scheme"] and row["credentials"]:
        headers["authorization"] = f"{row['scheme']} {row['credentials']}"
    return headers
