"""Where a conversation is opened. Light: what reads and words its frames is imported with the first socket."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from starlette.routing import WebSocketRoute

from nis_backend.surfaces.socket import TRY_LATER, admitted

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from nis_backend.surfaces.base import Process

PATH = "/ws/voice"

MOST_SOCKETS = 8
"""Conversations that an owner may have open at once: each one's sound is listened to without a pause."""


def routes(process: Process) -> list[BaseRoute]:
    """The one socket."""
    there: Counter[str] = Counter()

    async def converse(socket: WebSocket) -> None:
        caller = await admitted(process, socket)
        if caller is None:
            return
        if there[caller.owner] >= MOST_SOCKETS:
            await socket.accept()
            await socket.close(TRY_LATER, f"{MOST_SOCKETS} conversations are open already; close one.")
            return
        from nis_backend.surfaces.voice.conversation import Conversation  # noqa: PLC0415 - see above

        there[caller.owner] += 1
        try:
            await Conversation(process, socket, caller).serve()
        finally:
            there[caller.owner] -= 1
            if not there[caller.owner]:
                del there[caller.owner]

    return [WebSocketRoute(PATH, converse)]
