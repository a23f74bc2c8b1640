"""The router: a path that was found once is not looked for again among hundreds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Match, Route, Router
from typing_extensions import override

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class Routes(Router):
    """Starlette's router, which tries each route in order; what answers a literal path is remembered."""

    def __init__(self, *given: Any, **named: Any) -> None:  # Any: Starlette's own arguments
        super().__init__(*given, **named)
        self._known: dict[tuple[str, str], Route] = {}
        """By method and path: as many as the literal routes have."""

    @override
    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        at = scope.get("method", ""), scope["path"]
        route = self._known.get(at)
        if route is None and scope["type"] == "http":
            found = next((one for one in self.routes if one.matches(scope)[0] is not Match.NONE), None)
            if isinstance(found, Route) and found.path == at[1] and found.matches(scope)[0] is Match.FULL:
                route = self._known[at] = found
        if route is None:
            await super().app(scope, receive, send)
            return
        scope["router"] = self
        scope.update(route.matches(scope)[1])
        await route.handle(scope, receive, send)
