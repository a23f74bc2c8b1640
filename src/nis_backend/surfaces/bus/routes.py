"""Where the AsyncAPI document is read, beside the OpenAPI one."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from nis_backend.surfaces.base import Process


def routes(process: Process) -> list[Route]:
    """The document of this process's operations, those of an app file too."""

    async def asyncapi(_request: Request) -> Response:
        if process.has_app:
            from nis_backend.surfaces.bus.asyncapi import document  # noqa: PLC0415 - only an app file changes it

            body = json.dumps(document(process.operations.entries())).encode()
        else:
            body = resources.files("nis_backend").joinpath("asyncapi.json").read_bytes()
        return Response(body, media_type="application/json", headers={"cache-control": "no-cache"})

    return [Route("/asyncapi.json", asyncapi, methods=["GET"])]
