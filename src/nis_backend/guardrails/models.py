"""The language models that a call may ask: the one it names, those of a route, and those of an agent and its heirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
    """Each as `provider:name`; of a route its own name, too. What is not there the call will not find either."""
    family, named = target.name.partition(".")[0], "model" in target.request.model_fields
    wanted: list[tuple[str | None, str | None]]
    if named and (family in TALKING or (family in ASKING and target.outward)):
        wanted = [(request.model, getattr(request, "provider", None))]
        if (request.model or "").startswith(AGENT):
            wanted = [(model, None) async for model in _of_agents(ctx, request.model.removeprefix(AGENT), None)]
    elif target.on == "agent" and target.outward and request is not None:
        version = getattr(request, "version", None)
        wanted = [(model, None) async for model in _of_agents(ctx, str(getattr(request, "id", "")), version)]
    else:
        return []
    found: dict[str, None] = {}
    for model, provider in wanted:
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


async def _agent(ctx: Context, which: str, version: int | None) -> Json | None:
    store, owner = ctx.drivers.store, ctx.caller.owner
    row = await store.get("agents", owner, which)
    rows = [row] if row else await store.select("agents", owner, where={"name": which, "latest": 1}, limit=1)
    if not rows or version is None or rows[0]["version"] == version:
        return rows[0] if rows else None
    of_version = {"agent_id": rows[0]["agent_id"], "version": version}
    older = await store.select("agents", owner, where=of_version, limit=1)
    return older[0] if older else None
