"""What AG-UI's clients find. Light: what reads and words its objects is imported with the first request."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from starlette.routing import Route, WebSocketRoute

from nis_backend.surfaces.guard import Told
from nis_backend.surfaces.socket import admitted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from nis_backend.errors import NisError
    from nis_backend.surfaces.base import Process

PATH = "/agui"

DOES = (
    ("POST", "", "endpoint", "run"),
    ("GET", "", "endpoint", "watch"),
    ("POST", "/cancel", "endpoint", "cancel"),
    ("GET", "/capabilities", "capabilities", "answer"),
    ("POST", "/agents/{agent}", "endpoint", "run"),
    ("GET", "/agents/{agent}/capabilities", "capabilities", "answer"),
)
"""What answers where: a module beside this one, and its function."""


def tell(error: NisError, _scope: Mapping[str, Any]) -> Told:
    """A failure before there is a stream: the event that would end one, which clients have beside the status."""
    from nis_backend.surfaces.agui.events import run_error  # noqa: PLC0415 - see above

    return Told(status=error.codes.http, document=run_error(error))


TELLS = {PATH: tell}
"""For the guard: how failures are worded here."""


def routes(process: Process) -> list[BaseRoute]:
    """A run's stream over HTTP and over a socket, its cancel, and what the agent can do."""

    async def socket(opened: WebSocket) -> None:
        caller = await admitted(process, opened)
        if caller is not None:
            module = import_module(f"{__package__}.websocket")
            await module.Connection(process, opened, caller).serve()

    return [*(_route(process, *one) for one in DOES), WebSocketRoute(f"{PATH}/ws", socket)]


def _route(process: Process, method: str, path: str, module: str, name: str) -> Route:
    """One route, whose module is imported with its first request."""

    async def answer(request: Request) -> Response:
        answers = import_module(f"{__package__}.{module}")
        return await getattr(answers, name)(process, request)

    return Route(f"{PATH}{path}", answer, methods=[method])
