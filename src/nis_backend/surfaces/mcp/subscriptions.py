"""The older era's subscriptions: a session is told when a run that it reads as a resource changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mcp_types import EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

from nis_backend.surfaces.mcp.resources import run_of
from nis_backend.surfaces.mcp.watching import LISTENERS, OF_ONE, paced

if TYPE_CHECKING:
    from mcp.server.lowlevel.server import Server

    from nis_backend.context import Context
    from nis_backend.surfaces.mcp.following import Asked, Of
    from nis_backend.surfaces.mcp.things import Things

    Key = tuple[str, str, str]
    """Owner, session and address."""


class Subscriptions:
    """Those of one process, as many as there may be streams; the oldest makes room, first of the same owner's."""

    def __init__(self, context: Of, things: Things) -> None:
        self._context = context
        self._things = things
        self._watches: dict[Key, asyncio.Task[None]] = {}
        """The oldest first."""

    def serve(self, server: Server[Any]) -> None:
        """Add the methods to the server."""
        server.add_request_handler("resources/subscribe", SubscribeRequestParams, self.subscribe)
        server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, self.unsubscribe)

    async def subscribe(self, asked: Asked, params: SubscribeRequestParams) -> EmptyResult:
        """Tell this session when the resource changes; what is no run of the caller's never does."""
        ctx, key = self._context(asked), self._key(asked, params.uri)
        if await self._things.has(ctx, "run", run_of(params.uri)) and key not in self._watches:
            self._make_room(ctx.caller.owner)
            self._watches[key] = asyncio.ensure_future(self._watch(asked, ctx, key))
        return EmptyResult()

    def _make_room(self, owner: str) -> None:
        own = [one for one in self._watches if one[0] == owner]
        beyond = own[: len(own) - OF_ONE + 1] if len(own) >= OF_ONE else [*self._watches][: 1 - LISTENERS]
        for key in beyond:
            self._watches.pop(key).cancel()

    def _key(self, asked: Asked, uri: str) -> Key:
        session = "" if asked.request is None else asked.request.headers.get("mcp-session-id", "")
        return self._context(asked).caller.owner, session, uri

    async def _watch(self, asked: Asked, ctx: Context, key: Key) -> None:
        *_, uri = key
        try:
            async for _ in paced(ctx, str(run_of(uri))):
                await asked.session.send_resource_updated(uri)
        finally:
            # Another may have been put in its place since it was told to end.
            if self._watches.get(key) is asyncio.current_task():
                del self._watches[key]

    async def unsubscribe(self, asked: Asked, params: UnsubscribeRequestParams) -> EmptyResult:
        """Tell it no more."""
        watch = self._watches.pop(self._key(asked, params.uri), None)
        if watch is not None:
            watch.cancel()
        return EmptyResult()

    def forget(self, session: str) -> None:
        """A session has ended."""
        for key in [key for key in self._watches if key[1] == session]:
            self._watches.pop(key).cancel()

    def close(self) -> None:
        """End every subscription."""
        for watch in self._watches.values():
            watch.cancel()
