"""The REST routes of a process."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import Response
from starlette.routing import Route

from nis_backend.surfaces.rest.derive import check_clashes, in_order, routes_of
from nis_backend.surfaces.rest.endpoint import endpoint
from nis_backend.surfaces.rest.fixed import FIXED

if TYPE_CHECKING:
    from starlette.requests import Request

    from nis_backend.surfaces.base import Process


class IdConvertor(Convertor[str]):
    """An id in a path."""

    regex = "[A-Za-z0-9._:-]+"

    def convert(self, value: str) -> str:
        """From the path."""
        return value

    def to_string(self, value: str) -> str:
        """Into a path."""
        return value


def routes(process: Process) -> list[Route]:
    """A route for each operation, and the document that describes them."""
    register_url_convertor("id", IdConvertor())
    entries = process.operations.entries()
    derived = [*FIXED, *(route for entry in entries for route in routes_of(entry))]
    check_clashes(derived)

    async def openapi(_request: Request) -> Response:
        if process.has_app:
            from nis_backend.surfaces.rest.openapi import document  # noqa: PLC0415 - only an app file changes the document

            body = json.dumps(document(entries)).encode()
        else:
            body = resources.files("nis_backend").joinpath("openapi.json").read_bytes()
        return Response(body, media_type="application/json", headers={"cache-control": "no-cache"})

    return [
        Route("/openapi.json", openapi, methods=["GET"]),
        *(
            Route(
                route.path.replace("{id}", "{id:id}"),
                endpoint(process, route, process.operations.entry(route.operation)),
                methods=[route.method],
            )
            for route in in_order(derived)
        ),
    ]
