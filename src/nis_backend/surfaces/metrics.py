"""`/metrics`: the process's figures for Prometheus, and whatever else reads its format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from nis_backend.errors import Forbidden

if TYPE_CHECKING:
    from starlette.requests import Request

    from nis_backend.surfaces.base import Process

PATH = "/metrics"
SCOPE = "system:read"
"""What a key needs to read them: they are of all owners together, and name none."""


def routes(process: Process) -> list[Route]:
    """The one path."""

    async def answer(request: Request) -> Response:
        if request.state.caller.lacks([SCOPE]):
            raise Forbidden(
                f"The metrics need the scope {SCOPE!r}.", remedy="Use a key that has it.", field="scope", value=SCOPE
            )
        media_type, body = await process.metrics(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": media_type, "cache-control": "no-store"})

    return [Route(PATH, answer, methods=["GET"])]
