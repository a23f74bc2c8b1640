"""What A2A answers in the one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route, WebSocketRoute

from nis_backend.surfaces.a2a import card, http, rest, told, websocket
from nis_backend.surfaces.a2a.loading import Loaded, preload

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from nis_backend.surfaces.base import Process

__all__ = ["TELLS", "preload", "routes"]

TELLS = {rest.PATH: told.tell_rest, websocket.PATH: told.tell_rpc}
"""For the guard: how failures are worded here."""


def routes(process: Process) -> list[BaseRoute]:
    """The agent card, and each binding."""
    loaded = Loaded(process)
    calls = http.Endpoint(process, loaded)
    cards = card.CardEndpoint(process)
    return [
        *(Route(path, cards.answer, methods=["GET"]) for path in (card.PATH, f"{websocket.PATH}{card.PATH}")),
        # Clients post to the address they were given, with or without a slash, and follow no redirection.
        *(Route(path, calls.answer, methods=["POST"]) for path in (websocket.PATH, f"{websocket.PATH}/")),
        WebSocketRoute(websocket.PATH, websocket.endpoint(process, loaded)),
        rest.routes(process, loaded),
    ]
