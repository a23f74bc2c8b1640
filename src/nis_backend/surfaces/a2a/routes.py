"""What A2A answers in the one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route, WebSocketRoute

from nis_backend.surfaces.a2a import cards, http, rest, told, websocket
from nis_backend.surfaces.a2a.loading import Loaded, preload

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from nis_backend.surfaces.base import Process

__all__ = ["TELLS", "preload", "routes"]

PATHS = (websocket.PATH, f"{websocket.PATH}/agents/{{agent}}")
"""Where calls are taken: of the first agent, and of each by its name."""
TELLS = {rest.PATH: told.tell_rest, websocket.PATH: told.tell_rpc}
"""For the guard: how failures are worded here."""


def routes(process: Process) -> list[BaseRoute]:
    """The cards, and each binding."""
    loaded = Loaded(process)
    calls = http.Endpoint(process, loaded)
    shown = cards.CardEndpoint(process)
    # Clients post to the address they were given, with or without a slash, and follow no redirection.
    return [
        Route(cards.PATH, shown.answer, methods=["GET"]),
        Route(cards.KEYS, shown.keys, methods=["GET"]),
        *(Route(f"{path}{cards.PATH}", shown.answer, methods=["GET"]) for path in PATHS),
        *(Route(f"{path}{slash}", calls.answer, methods=["POST"]) for path in PATHS for slash in ("", "/")),
        *(WebSocketRoute(path, websocket.endpoint(process, loaded)) for path in PATHS),
        rest.routes(process, loaded),
    ]
