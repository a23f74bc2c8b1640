"""What A2A answers in the one process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.routing import Route, WebSocketRoute

from nis_backend.surfaces.a2a import card, websocket

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from nis_backend.surfaces.base import Process


def routes(process: Process) -> list[BaseRoute]:
    """The agent card and the socket."""
    return [
        Route(card.PATH, card.CardEndpoint(process).answer, methods=["GET"]),
        WebSocketRoute(websocket.PATH, websocket.endpoint(process)),
    ]


async def preload() -> None:
    """Import the protocol's package now instead of at the first frame, for `NIS_PRELOAD=a2a`."""
    await asyncio.to_thread(websocket.load)
