"""Routes: names under which one model after another is asked, until one answers."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from nis_backend import found
from nis_backend.caller import SERVER, SERVER_ADMIN
from nis_backend.capabilities.gateway.providers import RESERVED, Name
from nis_backend.changes import noted
from nis_backend.drivers.gateway.base import SETTABLE, Needs
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Next
from nis_backend.view import Table, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST = 1000
MOST_TARGETS = 16
DAY = 86_400.0
MOST_OUTPUT = 1_000_000


class Target(Model):
    """A model of a route."""

    model: str = Field(
        min_length=3,
        max_length=512,
        pattern=r"^[^:\s]+:\S+$",
        description="As provider:name, as the provider names it.",
    )
    tier: int = Field(default=0, ge=0, le=15, description="The next tier is asked when no model of this one answers.")
    weight: int = Field(
        default=1, ge=0, le=1000, description="Its part of the calls of its tier; 0: only after the others."
    )
    max_output: int | None = Field(
        default=None, ge=1, le=MOST_OUTPUT, description="Most tokens of an answer that it is asked for."
    )


class Policy(Model):
    """How a route is gone along; times in seconds."""

    retries: int = Field(default=1, ge=0, le=5, description="How often one model is asked again before the next is.")
    first_byte: float = Field(
        default=60, gt=0, le=3600, description="Silence of a stream after which the next is asked."
    )
    total: float = Field(default=600, gt=0, le=DAY, description="Time until an answer is whole.")
    hedge_after: float | None = Field(
        default=None, gt=0, le=600, description="Silence after which the next is asked too; the first to speak answers."
    )
    max_output: int = Field(
        default=4096,
        ge=16,
        le=MOST_OUTPUT,
        description="Tokens of an answer for which nobody names a most, under a cap.",
    )
    ladder: list[Name] = Field(
        default_factory=list[str], max_length=8, description="Cheaper routes, in turn, where a budget lets it."
    )
    cache: Literal["none", "exact", "semantic"] = Field(
        default="none", description="Whether a question that was answered is answered so again: the same, or one alike."
    )
    cache_seconds: float = Field(default=3600, gt=0, le=30 * DAY, description="For how long.")
    threshold: float = Field(default=0.97, ge=0.95, le=1, description="Least cosine of two questions that are alike.")
    shared: bool = Field(default=False, description="Whether one owner's answers are another's too.")


class CreateRoute(Model):
    """Which models are asked under one name, and how."""

    name: Name | None = Field(default=None, description="Its id, given as `model`; unset: one is made up.")
    targets: list[Target] = Field(min_length=1, max_length=MOST_TARGETS, description="The models.")
    policy: Policy = Field(default_factory=Policy, description="How they are asked.")
    enabled: bool = Field(default=True, description="Whether it is there for callers.")


class OneRoute(Model):
    """Which route."""

    id: str = Field(min_length=1, max_length=64, description="The route's id.")


class UpdateRoute(OneRoute):
    """Which route, and what of it changes; what is unset stays."""

    targets: list[Target] | None = Field(
        default=None, min_length=1, max_length=MOST_TARGETS, description="The models, all of them."
    )
    policy: Policy | None = Field(default=None, description="How they are asked, all of it.")
    enabled: bool | None = Field(default=None, description="Whether it is there for callers.")


class Route(Model):
    """A name under which models are asked."""

    id: str = Field(description="What `model` takes, also as route:ID.")
    targets: list[Target]
    policy: Policy
    enabled: bool
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class ListRoutes(Model):
    """Which routes, by their names."""

    cursor: str | None = Field(default=None, max_length=64, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=100, description="Most routes to answer.")


class RouteList(Model):
    """One page of routes."""

    routes: list[Route]
    next_cursor: Next


class ExplainRoute(OneRoute):
    """A route, and what a call would need."""

    input_tokens: int | None = Field(default=None, ge=0, le=100_000_000, description="Tokens of its input, about.")
    max_tokens: int | None = Field(default=None, ge=1, le=MOST_OUTPUT, description="Most tokens of its answer.")
    tools: bool = Field(default=False, description="Whether it offers tools.")
    answer_schema: bool = Field(default=False, description="Whether the answer is to follow a schema.")
    vision: bool = Field(default=False, description="Whether it holds images.")
    audio: bool = Field(default=False, description="Whether it holds sound.")
    files: bool = Field(default=False, description="Whether it holds files.")


class PlaceShown(Model):
    """A model of a route, and whether it would be asked."""

    model: str
    tier: int
    share: float = Field(description="Its part of the calls that its tier is asked first for, 0 to 1.")
    left_out: str | None = Field(description="Why it would not be asked now; null when it would.")


class RouteExplained(Model):
    """In which order a call would be made."""

    id: str
    places: list[PlaceShown] = Field(description="By tiers; within one, calls are divided by chance.")


MADE = Before(
    name="made",
    operation="routes.create_route",
    request={"targets": [{"model": "openai:gpt-5-mini", "weight": 3}, {"model": "embedded:any", "tier": 1}]},
)


_unknown = partial(found.unknown, "route")


async def _find(route_id: str, ctx: Context) -> Row:
    row = (await ctx.gateway.routes()).get(route_id)
    if row is None:
        raise _unknown(route_id)
    return row


def _of(row: Row) -> Route:
    shown: dict[str, Any] = {name: row[name] for name in Route.model_fields}
    shown |= {"targets": json.loads(row["targets"]), "policy": json.loads(row["policy"])}
    return Route.model_validate(shown | {"enabled": bool(row["enabled"])})


def _draw(_request: Model, result: RouteList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, ", ".join(target.model for target in one.targets), "yes" if one.enabled else "no"]
        for one in result.routes
    ]
    return [Table(title="Routes", columns=["route", "models", "enabled"], rows=rows)]


def _draw_places(request: ExplainRoute, result: RouteExplained) -> list[View]:
    rows: list[list[str | float]] = [
        [one.tier, one.model, round(100 * one.share, 1), one.left_out or ""] for one in result.places
    ]
    return [Table(title=f"Route {request.id}", columns=["tier", "model", "share, %", "left out"], rows=rows)]


async def _check(targets: list[Target], policy: Policy, name: str, ctx: Context) -> None:
    """Refuse models of no provider, one that is named twice, a ladder to nowhere, and comparing without a model.

    Raises:
        InvalidRequest: naming it.
        Unavailable: the model that compares questions is not there.
    """
    if policy.cache == "semantic":
        await ctx.embedders.choose()
    providers = [one.id for one in await ctx.gateway.providers()]
    seen: set[str] = set()
    for place, target in enumerate(targets):
        field, provider = f"targets.{place}.model", target.model.partition(":")[0]
        if target.model in seen:
            raise InvalidRequest(
                f"{target.model} is there twice.", field=field, value=target.model, remedy="Give it a larger weight."
            )
        seen.add(target.model)
        if provider not in providers and provider not in SETTABLE:
            raise InvalidRequest(
                f"There is no provider {provider!r}.",
                field=field,
                value=target.model,
                remedy=f"Set it up, or take one of: {', '.join(providers)}.",
            )
    routes = await ctx.gateway.routes()
    for place, step in enumerate(policy.ladder):
        if step not in routes or step == name:
            raise InvalidRequest(
                f"There is no other route {step!r}.",
                field=f"policy.ladder.{place}",
                value=step,
                remedy="Make it first, or name one that is there.",
            )


@operation(
    "routes.list_routes",
    effect="reads",
    resource="route",
    view=_draw,
    examples=(Example(title="The first of them", request={"limit": 1}),),
)
async def list_routes(request: ListRoutes, ctx: Context) -> RouteList:
    """List the routes by name: under each, one model after another is asked until one answers."""
    rows = await ctx.gateway.routes()
    names = [name for name in sorted(rows) if request.cursor is None or name > request.cursor]
    page = names[: request.limit]
    return RouteList(
        routes=[_of(rows[name]) for name in page], next_cursor=page[-1] if len(names) > request.limit else None
    )


@operation(
    "routes.get_route",
    effect="reads",
    resource="route",
    examples=(Example(title="One that was made", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def get_route(request: OneRoute, ctx: Context) -> Route:
    """Get a route: its models with their tiers and weights, and how they are asked."""
    return _of(await _find(request.id, ctx))


@operation(
    "routes.create_route",
    effect="writes",
    repeatable=True,
    resource="route",
    scopes=(SERVER_ADMIN,),
    examples=(
        Example(
            title="Three in four to one model, the rest to another; both down, a third",
            request={
                "name": "writing",
                "targets": [
                    {"model": "openai:gpt-5-mini", "weight": 3},
                    {"model": "anthropic:claude-haiku-4-5", "weight": 1},
                    {"model": "deepseek:deepseek-chat", "tier": 1},
                ],
                "policy": {"retries": 1, "first_byte": 20, "total": 300},
            },
        ),
    ),
)
async def create_route(request: CreateRoute, ctx: Context) -> Route:
    """Make a route, a name that callers give as a model; it is there at once. Same again changes nothing.

    Raises:
        InvalidRequest: a model's provider or a step of the ladder is not there, or the name means something else.
        Conflict: the name is taken.
    """
    now = ctx.now()
    row: Row = {"id": request.name or ctx.new_id("route"), **_cells(request), "created": now, "updated": now}
    if row["id"] in RESERVED.union(one.id for one in await ctx.gateway.providers()):
        raise InvalidRequest(
            f"The name {row['id']!r} means a provider.", field="name", value=row["id"], remedy="Take another name."
        )
    await _check(request.targets, request.policy, row["id"], ctx)
    routes = await ctx.gateway.routes()
    existing = routes.get(row["id"])
    if existing is not None:
        if any(existing[name] != row[name] for name in ("targets", "policy", "enabled")):
            raise Conflict(
                f"There is a route {row['id']!r} already.", field="name", value=row["id"], remedy="Update it."
            )
        return _of(existing)
    if len(routes) >= MOST:
        raise InvalidRequest(f"There are {MOST} routes already.", remedy="Delete some.")
    beside = noted(ctx, "route", "create", before=None, after=row)
    await ctx.administered(SERVER).insert("routes", row, beside)
    ctx.gateway.changed("routes")
    return _of(await _find(row["id"], ctx))


def _cells(request: CreateRoute | UpdateRoute) -> Row:
    """What a request gives, as the row holds it."""
    cells: Row = {}
    if request.targets is not None:
        cells["targets"] = json.dumps([one.model_dump(exclude_none=True) for one in request.targets])
    if request.policy is not None:
        cells["policy"] = request.policy.model_dump_json()
    if request.enabled is not None:
        cells["enabled"] = int(request.enabled)
    return cells


@operation(
    "routes.update_route",
    effect="writes",
    repeatable=True,
    resource="route",
    scopes=(SERVER_ADMIN,),
    examples=(
        Example(title="It is asked again twice", request={"id": "{made.id}", "policy": {"retries": 2}}, before=(MADE,)),
    ),
)
async def update_route(request: UpdateRoute, ctx: Context) -> Route:
    """Change a route's models or how they are asked; the next call goes along it so.

    Raises:
        InvalidRequest: nothing is to change, or what is named is not there.
    """
    before = await _find(request.id, ctx)
    changes = _cells(request)
    if not changes:
        raise InvalidRequest(
            "Nothing is to change.", field="id", value=request.id, remedy="Give what is to be otherwise."
        )
    now = _of(before)
    await _check(request.targets or now.targets, request.policy or now.policy, request.id, ctx)
    changes["updated"] = ctx.now()
    beside = noted(ctx, "route", "update", before=before, after={**before, **changes})
    if not await ctx.administered(SERVER).update("routes", request.id, changes, beside):
        raise _unknown(request.id)
    ctx.gateway.changed("routes")
    return _of(await _find(request.id, ctx))


@operation(
    "routes.delete_route",
    effect="destroys",
    repeatable=True,
    resource="route",
    scopes=(SERVER_ADMIN,),
    examples=(Example(title="It is no more", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def delete_route(request: OneRoute, ctx: Context) -> OneRoute:
    """Delete a route; who still names it is told that it is gone."""
    before = await _find(request.id, ctx)
    beside = noted(ctx, "route", "delete", before=before, after=None)
    await ctx.administered(SERVER).delete("routes", request.id, beside)
    ctx.gateway.changed("routes")
    return request


@operation(
    "routes.explain_route",
    effect="reads",
    on="route",
    view=_draw_places,
    examples=(
        Example(title="With tools", request={"id": "{made.id}", "tools": True}, before=(MADE,)),
        Example(title="A model alone", request={"id": "embedded:any"}),
    ),
)
async def explain_route(request: ExplainRoute, ctx: Context) -> RouteExplained:
    """Say which models of a route a call would be sent to now, in which order, and why the others are left out."""
    # Four bytes are counted for a token where a text is measured.
    bound = None if request.input_tokens is None else 4 * request.input_tokens
    needs = Needs(
        input_bound=bound,
        output=request.max_tokens,
        tools=request.tools,
        schema=request.answer_schema,
        vision=request.vision,
        audio=request.audio,
        files=request.files,
    )
    places = await ctx.gateway.places(request.id, needs)
    if places is None:
        raise _unknown(request.id)
    return RouteExplained(
        id=request.id,
        places=[
            PlaceShown(
                model=one.target.id, tier=one.target.tier, share=round(one.share, 6), left_out=one.why_not or None
            )
            for one in places
        ],
    )


OPERATIONS = (list_routes, get_route, create_route, update_route, delete_route, explain_route)
