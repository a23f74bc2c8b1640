"""The REST routes of a process."""

from __future__ import annotations

import json
from functools import cached_property
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING, Any

from starlette._utils import get_route_path
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from typing_extensions import override

from nis_backend.surfaces.rest.derive import ID, check_clashes, in_order, routes_of
from nis_backend.surfaces.rest.endpoint import endpoint
from nis_backend.surfaces.rest.fixed import FIXED
from nis_backend.surfaces.rest.replies import Replies

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from starlette.datastructures import URLPath
    from starlette.types import ASGIApp, Receive, Scope, Send

    from nis_backend.surfaces.base import Process


class IdConvertor(Convertor[str]):
    """An id in a path."""

    regex = ID

    def convert(self, value: str) -> str:
        """From the path."""
        return value

    def to_string(self, value: str) -> str:
        """Into a path."""
        return value


class Plainly:
    """A function of a request as an application: the guard answers what it raises, so nothing stands between them."""

    def __init__(self, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)


class PathRoute(Route):
    """A path of the catalog: one without an id is compared, one with it is compiled when its beginning first fits.

    Starlette compiles a pattern for each, which is a tenth of a start with two hundred of them, and tries each of those
    before the one that fits.
    """

    def __init__(self, path: str, app: ASGIApp, methods: Collection[str]) -> None:
        self.path = path
        self.endpoint = self.app = app
        self.methods = {*methods}
        self.name, self.include_in_schema = path, True
        self._before, self._has_id, _ = path.partition("{")

    @cached_property
    def _whole(self) -> Route:
        """The same as Starlette makes it."""
        return Route(self.path.replace("{id}", "{id:id}"), self.app, methods=self.methods)

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As a route that is compiled."""
        path = get_route_path(scope)
        if scope["type"] != "http" or not (path.startswith(self._before) if self._has_id else path == self.path):
            return Match.NONE, {}
        if self._has_id:
            return self._whole.matches(scope)
        found = Match.FULL if scope["method"] in self.methods else Match.PARTIAL
        return found, {"endpoint": self.endpoint, "path_params": dict(scope.get("path_params", {}))}

    @override
    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """As a route that is compiled."""
        return self._whole.url_path_for(name, **path_params)


def routes(process: Process) -> list[Route]:
    """A route for each path, and the document that describes them."""
    register_url_convertor("id", IdConvertor())
    entries = process.operations.entries()
    derived = [*FIXED, *(route for entry in entries for route in routes_of(entry))]
    if process.has_app:
        # Those of the index were compared when it was made.
        check_clashes(derived)
    replies = Replies()

    async def openapi(_request: Request) -> Response:
        if process.has_app:
            from nis_backend.surfaces.rest.openapi import document  # noqa: PLC0415 - only an app file changes the document

            body = json.dumps(document(entries)).encode()
        else:
            body = resources.files("nis_backend").joinpath("openapi.json").read_bytes()
        return Response(body, media_type="application/json", headers={"cache-control": "no-cache"})

    found = [Route("/openapi.json", openapi, methods=["GET"])]
    for path, group in groupby(in_order(derived), key=lambda route: route.path):
        answers = {
            route.method: endpoint(process, replies, route, process.operations.entry(route.operation))
            for route in group
        }
        found.append(_at(path, answers))
    return found


def _at(path: str, answers: dict[str, Callable[[Request], Awaitable[Response]]]) -> Route:
    """One path with all that answers there: so a 405 and an `OPTIONS` name each of its methods."""
    methods = sorted({*answers, *(["HEAD"] if "GET" in answers else ()), "OPTIONS"})

    async def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": ", ".join(methods)})
        return await answers["GET" if request.method == "HEAD" else request.method](request)

    return PathRoute(path, Plainly(answer), methods)
