"""The language models that a call may ask: the one it names, those of a route, and those of an agent and its heirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nis_backend.context import Context
    from nis_backend.operation import Json, Operation

TALKING = frozenset({"models", "chat", "conversations"})
"""Families whose `model` is a language model to be asked."""
ASKING = frozenset({"documents", "memory", "metacognition", "plans", "research", "vision"})
"""Families whose `model` is one where the operation may reach out."""
AGENT = "agent:"
ROUTE = "route"
"""The provider that routes pass for."""
MOST_AGENTS = 64
"""Agents that a conversation is followed to."""


async def models_of(ctx: Context, target: Operation[Any, Any], request: Any) -> list[str]:  # Any: a request
    """Each as `provider:name`; of a route its own name, too. of one that cannot be found now, what it is called."""
    family, named = target.name.partition(".")[0], "model" in target.request.model_fields
    wanted: list[tuple[str | None, str | None]]
    if named and (family in TALKING or (family in ASKING and target.outward)):
        wanted = [(request.model, getattr(request, "provider", None))]
        if (request.model or "").startswith(AGENT):
            wanted = [(model, None) async for model in _of_agents(ctx, request.model.removeprefix(AGENT), None)]
    elif target.on == "team" and target.outward and request is not None:
        wanted = [(model, None) async for model in _of_lead(ctx, str(getattr(request, "id", "")))]
    elif target.on == "agent" and target.outward and request is not None:
        version = getattr(request, "version", None)
        wanted = [(model, None) async for model in _of_agents(ctx, str(getattr(request, "id", "")), version)]
    else:
        return []
    found: dict[str, None] = {}
    for model, provider in wanted:
        if model is not None:
            # As it is written, too: it may be there when it is asked, and not be now.
            found[model] = None
        try:
            _, info = await ctx.models.choose(model, provider)
        except NisError:
            continue
        found[info.id] = None
        if info.provider == ROUTE:
            found |= dict.fromkeys(await _along(ctx, info.name))
    return [*found]


async def _along(ctx: Context, name: str) -> list[str]:
    """The models that a route may lead to, by its targets and by the routes of its ladder."""
    rows, found = await ctx.gateway.routes(), list[str]()
    waiting, seen = [name], set[str]()
    while waiting:
        one = waiting.pop()
        row = rows.get(one)
        if row is None or one in seen:
            continue
        seen.add(one)
        found += [target["model"] for target in json.loads(row["targets"])]
        waiting += json.loads(row["policy"]).get("ladder") or ()
    return found


async def _of_agents(ctx: Context, which: str, version: int | None) -> AsyncIterator[str | None]:
    """The model of an agent, and of each to whom its conversation may come; None is the default."""
    waiting, seen = [which], set[str]()
    while waiting and len(seen) < MOST_AGENTS:
        row = await _agent(ctx, waiting.pop(), None if seen else version)
        if row is None or row["agent_id"] in seen:
            continue
        seen.add(row["agent_id"])
        definition = json.loads(row["definition"])
        yield definition.get("model")
        waiting += definition.get("hands_off_to", ())


async def _of_lead(ctx: Context, which: str) -> AsyncIterator[str | None]:
    """The model by which a team is led; what asks its members are calls of their own."""
    rows = await _rows(ctx, "teams", which, {})
    definition: Json = json.loads(rows[0]["definition"]) if rows else {}
    if definition.get("shape") != "supervisor":
        return
    members: list[Json] = definition["members"]
    lead = next((one for one in members if one["name"] == definition.get("speaker")), members[0])
    if lead.get("agent") is None:
        yield lead.get("model")
        return
    row = await _agent(ctx, str(lead["agent"]), None)
    if row is not None:
        yield json.loads(row["definition"]).get("model")


async def _rows(ctx: Context, table: Literal["agents", "teams"], which: str, only: Json) -> list[Json]:
    """The thing of this id, or of this name."""
    store, owner = ctx.drivers.store, ctx.caller.owner
    row = await store.get(table, owner, which)
    return [row] if row else await store.select(table, owner, where={"name": which, **only}, limit=1)


async def _agent(ctx: Context, which: str, version: int | None) -> Json | None:
    rows = await _rows(ctx, "agents", which, {"latest": 1})
    if not rows or version is None or rows[0]["version"] == version:
        return rows[0] if rows else None
    of_version = {"agent_id": rows[0]["agent_id"], "version": version}
    older = await ctx.drivers.store.select("agents", ctx.caller.owner, where=of_version, limit=1)
    return older[0] if older else None
