"""What answers below `/v1/messages`. Light: what reads and words its objects is imported with the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route
from typing_extensions import override

from nis_backend.surfaces.anthropic import problem
from nis_backend.surfaces.passed import PassedOn

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.passed import Dialect

PREFIX = "/v1/messages"
TELLS = {PREFIX: problem.tell}
"""For the guard: how failures are worded here. It stands before what is above it."""

COUNT = f"{PREFIX}/count_tokens"
BATCHES = f"{PREFIX}/batches"
DOES = (
    ("POST", BATCHES, "create"),
    ("GET", BATCHES, "batches"),
    ("GET", f"{BATCHES}/{{id}}", "batch"),
    ("DELETE", f"{BATCHES}/{{id}}", "delete"),
    ("POST", f"{BATCHES}/{{id}}/cancel", "cancel"),
    ("GET", f"{BATCHES}/{{id}}/results", "results"),
)
"""What answers where of batches: a function of the module for them."""

LARGE = frozenset({PREFIX, COUNT, BATCHES})
"""Paths whose bodies hold images and files."""


class _Named(PassedOn):
    """Every answer bears the request's id under this dialect's name."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem.named(scope["state"])
        await super().__call__(scope, receive, send)


def routes(process: Process) -> list[Route]:
    """Messages, the count of their tokens, and batches of them."""

    def messages() -> Dialect:
        from nis_backend.surfaces.anthropic.passing import Messages  # noqa: PLC0415 - see above

        return Messages()

    async def count(request: Request) -> Response:
        from nis_backend.surfaces.anthropic import counting  # noqa: PLC0415 - see above

        return await counting.answer(process, request)

    return [
        Route(PREFIX, _Named(process, messages), methods=["POST"]),
        Route(COUNT, count, methods=["POST"]),
        *(_route(process, *one) for one in DOES),
    ]


def _route(process: Process, method: str, path: str, name: str) -> Route:
    """One route of batches, whose module is imported with its first request."""

    async def answer(request: Request) -> Response:
        from nis_backend.surfaces.anthropic import batches  # noqa: PLC0415 - see above

        problem.named(request.scope["state"])
        return await getattr(batches, name)(process, request)

    return Route(path, answer, methods=[method])
