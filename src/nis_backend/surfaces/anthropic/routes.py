"""What answers below `/v1/messages`. Light: what reads and words its objects is imported with the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from nis_backend.surfaces.anthropic import problem
from nis_backend.surfaces.passed import PassedOn

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.passed import Dialect

PREFIX = "/v1/messages"
TELLS = {PREFIX: problem.tell}
"""For the guard: how failures are worded here. It stands before what is above it."""

LARGE = frozenset({PREFIX})
"""Paths whose bodies hold images and files."""


def routes(process: Process) -> list[Route]:
    """Messages, and the count of their tokens."""

    def messages() -> Dialect:
        from nis_backend.surfaces.anthropic.passing import Messages  # noqa: PLC0415 - see above

        return Messages()

    async def count(request: Request) -> Response:
        from nis_backend.surfaces.anthropic import counting  # noqa: PLC0415 - see above

        return await counting.answer(process, request)

    return [
        Route(PREFIX, PassedOn(process, messages), methods=["POST"]),
        Route(f"{PREFIX}/count_tokens", count, methods=["POST"]),
    ]
