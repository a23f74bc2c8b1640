"""What MCP answers in the one process: `/mcp`, whose first request loads the protocol's package."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from starlette.routing import Route

from nis_backend.drivers.telemetry.ids import apart
from nis_backend.errors import InternalError, NisError, Unavailable
from nis_backend.surfaces.mcp import authorisation

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.mcp.sessions import Extend, Sessions

log = logging.getLogger("nis.mcp")

PATH = "/mcp"


def routes(process: Process, extend: Extend | None = None) -> list[Route]:
    """The one path, with and without a slash at its end; `extend` adds to the server what is no operation."""
    endpoint = Endpoint(process, extend)
    return [
        *(Route(path, endpoint, methods=["GET", "POST", "DELETE"]) for path in (PATH, f"{PATH}/")),
        *authorisation.routes(process),
    ]


async def preload() -> None:
    """Import the protocol's package now instead of at the first request, for `NIS_PRELOAD=mcp`."""
    await asyncio.to_thread(load)


def load() -> type[Sessions]:
    """The part of this surface that imports the protocol's package."""
    from nis_backend.surfaces.mcp.sessions import Sessions  # noqa: PLC0415 - half a second and 27 MB, at the first request

    return Sessions


class Endpoint:
    """The ASGI application of `/mcp`.

    The package's sessions live in a task of their own, from the first request to the stop of the server: whoever comes
    while it loads waits for it, and all else goes on.
    """

    def __init__(self, process: Process, extend: Extend | None) -> None:
        self._process = process
        self._extend = extend
        self._ready: asyncio.Future[Sessions] | None = None
        self._living: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._living = asyncio.create_task(self._live(self._ready), context=apart())
        sessions = await asyncio.shield(self._ready)
        await sessions.handle(scope, receive, send)

    async def _live(self, ready: asyncio.Future[Sessions]) -> None:
        try:
            sessions = (await asyncio.to_thread(load))(self._process, self._extend)
        except Exception as error:  # whatever it is, the next request tries again and these callers are told
            log.exception("the MCP package did not load")
            self._ready = None
            ready.set_exception(_told(error))
            # Read here, so that it is not called forgotten when every caller has left.
            ready.exception()
            return
        async with sessions.opened():
            ready.set_result(sessions)
            await self._process.closing.wait()
            await sessions.drain()


def _told(error: Exception) -> NisError:
    if isinstance(error, ImportError):
        return Unavailable(f"{error.name} is not installed.", remedy="Install nis-backend again.")
    return InternalError("The MCP package did not load.", remedy="The server's log has the reason.")
