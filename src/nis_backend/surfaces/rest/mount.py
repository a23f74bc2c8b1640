"""The REST routes of a process."""

from __future__ import annotations

import json
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING

from starlette._utils import get_route_path
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from typing_extensions import override

from nis_backend.surfaces.rest.derive import ID, check_clashes, in_order, routes_told
from nis_backend.surfaces.rest.endpoint import endpoint
from nis_backend.surfaces.rest.fixed import FIXED
from nis_backend.surfaces.rest.replies import Replies
from nis_backend.surfaces.routing import ROUTE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.rest.derive import RestRoute


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


class Late:
    """A route that is made when it is first asked for. There are hundreds: each attribute counts."""

    __slots__ = ("_given", "_made")

    def __init__(self, path: str, app: ASGIApp, methods: Collection[str]) -> None:
        self._given = path, app, methods
        self._made: Route | None = None

    @property
    def route(self) -> Route:
        """The route, now."""
        if self._made is None:
            path, app, methods = self._given
            self._made = Route(path.replace("{id}", "{id:id}"), app, methods=methods)
        return self._made


class Paths(BaseRoute):
    """All paths of the catalog as one route: those without an id are looked up, others found by their first part.

    Starlette would compile a pattern for each at start, and try one after the other in each request.
    """

    def __init__(self) -> None:
        self._plain: dict[str, Late] = {}
        self._with_id: dict[str, list[Late]] = {}

    def add(self, path: str, app: ASGIApp, methods: Collection[str]) -> None:
        """A path; its route is made when a request first comes to it."""
        late = Late(path, app, methods)
        if "{" in path:
            self._with_id.setdefault(_first(path), []).append(late)
        else:
            self._plain[path] = late

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As a list of routes would: the first that takes the method, else the first that has the path."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path = get_route_path(scope)
        plain = self._plain.get(path)
        partial: tuple[Match, Scope] = Match.NONE, {}
        for late in (*([plain] if plain else ()), *self._with_id.get(_first(path), ())):
            route = late.route
            match, child = route.matches(scope)
            if match is Match.FULL:
                return match, {**child, ROUTE: route}
            if match is Match.PARTIAL and partial[0] is Match.NONE:
                partial = match, {**child, ROUTE: route}
        return partial

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """By the route that was found."""
        await scope[ROUTE].handle(scope, receive, send)


def _first(path: str) -> str:
    """`runs` of `/runs/{id}/events`."""
    return path.split("/", 2)[1] if "/" in path else path


def routes(process: Process) -> list[BaseRoute]:
    """Every path of the catalog, and the document that describes them."""
    register_url_convertor("id", IdConvertor())
    entries = process.operations.entries()
    derived = [*FIXED, *(route for entry in entries for route in routes_told(entry))]
    if process.has_app:
        # Those of the index were compared when it was made.
        check_clashes(derived)

    async def openapi(_request: Request) -> Response:
        if process.has_app:
            from nis_backend.surfaces.rest.openapi import document  # noqa: PLC0415 - only an app file changes the document

            body = json.dumps(document(entries)).encode()
        else:
            body = resources.files("nis_backend").joinpath("openapi.json").read_bytes()
        return Response(body, media_type="application/json", headers={"cache-control": "no-cache"})

    return [Route("/openapi.json", openapi, methods=["GET"]), paths(process, derived)]


def paths(process: Process, derived: Iterable[RestRoute]) -> Paths:
    """These routes, by their paths."""
    found, replies = Paths(), Replies()
    for path, group in groupby(in_order(derived), key=lambda route: route.path):
        answers = {
            route.method: endpoint(process, replies, route, process.operations.entry(route.operation))
            for route in group
        }
        found.add(path, *_at(answers))
    return found


def _at(answers: dict[str, Callable[[Request], Awaitable[Response]]]) -> tuple[ASGIApp, list[str]]:
    """One path with all that answers there: so a 405 and an `OPTIONS` name each of its methods."""
    methods = sorted({*answers, *(["HEAD"] if "GET" in answers else ()), "OPTIONS"})

    async def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": ", ".join(methods)})
        return await answers["GET" if request.method == "HEAD" else request.method](request)

    return Plainly(answer), methods
