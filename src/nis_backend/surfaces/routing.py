"""The router: a path that was found once is not looked for again among hundreds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Match, Mount, Route, Router
from typing_extensions import override

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


ROUTE = "nis.route"
"""Where a request's scope has the route that answers it."""

UNMATCHED = "unmatched"
"""Stands for the template of a path that nothing answers: what callers make up names no counter."""


def template_of(scope: Scope) -> str:
    """The path of the route that answers a request, ids as `{id}`: as many as there are routes."""
    inner = scope.get("route")
    route = scope.get(ROUTE) or inner
    if route is None:
        return UNMATCHED
    path: str = getattr(route, "path", UNMATCHED)
    if isinstance(route, Mount) and isinstance(inner, Route | Mount) and inner is not route:
        path += inner.path
    return path.replace("{id:id}", "{id}")


class Routes(Router):
    """Starlette's router, which tries each route in order; what answers a literal path is remembered."""

    def __init__(self, *given: Any, **named: Any) -> None:  # Any: Starlette's own arguments
        super().__init__(*given, **named)
        self._known: dict[tuple[str, str], Route] = {}
        """By method and path: as many as the literal routes have."""

    @override
    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        at = scope.get("method", ""), scope["path"]
        scope["router"] = self
        known = self._known.get(at)
        if known is not None:
            scope[ROUTE] = known
            scope.update(known.matches(scope)[1])
            await known.handle(scope, receive, send)
            return
        for route in self.routes if scope["type"] == "http" else ():
            match, child = route.matches(scope)
            if match is Match.FULL:
                if isinstance(route, Route) and route.path == at[1]:
                    self._known[at] = route
                scope[ROUTE] = route
                scope.update(child)
                await route.handle(scope, receive, send)
                return
        await super().app(scope, receive, send)
