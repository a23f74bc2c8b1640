"""Answers that routes keep: how they do, and how they are forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.caller import SERVER, SERVER_ADMIN
from nis_backend.changes import noted
from nis_backend.drivers.gateway.periods import DOLLAR
from nis_backend.found import unknown
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context


class GetStatistics(Model):
    """Of which route."""

    route: str | None = Field(default=None, min_length=1, max_length=64, description="A route's id; unset: all.")


class RouteCache(Model):
    """How one route's kept answers do, in this process since its start."""

    route: str
    hits: int = Field(description="Calls that an answer which was kept has answered.")
    misses: int = Field(description="Calls that a model has answered.")
    shared: int = Field(description="Calls that were given what another one was getting at the moment.")
    saved: float = Field(description="Dollars that hits and shared calls would have cost.")
    entries: int = Field(description="Answers that this process has put down and that have not ended.")
    bytes: int = Field(description="Their size.")
    oldest: float | None = Field(description="When the oldest was put down, seconds since 1970, UTC; null without any.")


class Statistics(Model):
    """How kept answers do."""

    routes: list[RouteCache] = Field(description="Those that were asked since this process began, by name.")


class ClearCache(Model):
    """Of which route."""

    route: str = Field(min_length=1, max_length=64, description="The route's id.")


class Cleared(Model):
    """What was forgotten."""

    removed: int = Field(description="Answers that this process knew; those of other processes are forgotten too.")


def _draw(_request: GetStatistics, result: Statistics) -> list[View]:
    rows: list[list[str | float]] = [
        [one.route, one.hits, one.misses, one.shared, one.saved, one.entries, moment(one.oldest) if one.oldest else ""]
        for one in result.routes
    ]
    columns = ["route", "hits", "misses", "shared", "saved, $", "entries", "oldest"]
    return [Table(title="Kept answers", columns=columns, rows=rows)]


@operation(
    "cache.get_statistics",
    effect="reads",
    view=_draw,
    examples=(Example(title="Every route", request={}), Example(title="One route", request={"route": "fast"})),
)
async def get_statistics(request: GetStatistics, ctx: Context) -> Statistics:
    """Say how often kept answers have answered, by route, and what that saved: in this process, since it began."""
    return Statistics(
        routes=[
            RouteCache(
                route=one.route,
                hits=one.hits,
                misses=one.misses,
                shared=one.shared,
                saved=one.saved / DOLLAR,
                entries=one.entries,
                bytes=one.size,
                oldest=one.oldest,
            )
            for one in ctx.gateway.cached()
            if request.route in (None, one.route)
        ]
    )


@operation(
    "cache.clear_cache",
    effect="destroys",
    scopes=(SERVER_ADMIN,),
    examples=(
        Example(
            title="Forget what a route has kept",
            request={"route": "{made.id}"},
            before=(
                Before(name="made", operation="routes.create_route", request={"targets": [{"model": "embedded:any"}]}),
            ),
        ),
    ),
)
async def clear_cache(request: ClearCache, ctx: Context) -> Cleared:
    """Forget every answer that a route has kept, in all processes that share the cache."""
    if request.route not in await ctx.gateway.routes():
        raise unknown("route", request.route, "route")
    removed = await ctx.gateway.clear_cached(request.route)
    server = ctx.administered(SERVER)
    for table, row in noted(ctx, "cache", "clear", before={"id": request.route}, after=None):
        await server.insert(table, row)
    return Cleared(removed=removed)


OPERATIONS = (get_statistics, clear_cache)
