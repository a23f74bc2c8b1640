"""Tools and agents of other servers, as a model is offered them; nobody knows what they do: a person is asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context

    Json = dict[str, Any]  # Any: JSON

EVERY = ("*",)
MOST = 64
"""Tools of other servers in one turn."""

ALONE_SECONDS, MOST_ALONE = 2.0, 1024
"""Seconds until an owner without any is looked up again: another process may register some; how many are known."""

MOST_WORDS = 1024
"""Characters of a description."""


async def remote_tools(ctx: Context, servers: Sequence[str] = EVERY, agents: Sequence[str] = EVERY) -> list[Json]:
    """Those that the caller has registered, may list and may call; each with its operation and what that is given.

    `servers` and `agents` are whose, by name or id; `*` is all.

    Raises:
        NotFound: the caller has none of a name.
    """
    if "*" not in servers or "*" not in agents:
        return [*await _tools_of(ctx, servers), *await _agents_of(ctx, agents)][:MOST]
    owner, alone, now = ctx.caller.owner, ctx.drivers.alone, asyncio.get_running_loop().time()
    if alone.get(owner, 0.0) > now:
        return []
    found = [*await _tools(ctx), *await _agents(ctx)][:MOST]
    if not found:
        if len(alone) >= MOST_ALONE:
            alone.clear()
        alone[owner] = now + ALONE_SECONDS
    return found


async def _tools_of(ctx: Context, servers: Sequence[str]) -> list[Json]:
    if "*" in servers:
        return await _tools(ctx)
    return [one for server in dict.fromkeys(servers) for one in await _tools(ctx, server)]


async def _agents_of(ctx: Context, agents: Sequence[str]) -> list[Json]:
    if not agents:
        return []
    found = await _agents(ctx)
    if "*" in agents:
        return found
    # By name or id: each is looked up, so that one which is gone is told.
    ids = [(await ctx.call_named("remote_agents.get_remote_agent", {"id": one})).id for one in agents] if found else []
    return [one for one in found if one["settled"]["id"] in ids]


async def _tools(ctx: Context, server: str | None = None) -> list[Json]:
    from nis_backend.capabilities.mcp_servers.operations import (  # noqa: PLC0415 - with the first turn that has tools
        ListRemoteTools,
        call_tool,
        list_tools,
    )

    if ctx.caller.lacks([*list_tools.scopes, *call_tool.scopes]):
        return []
    found = await ctx.call(list_tools, ListRemoteTools(server=server))
    return [{**one.model_dump(), "operation": call_tool.name} for one in found.tools[:MOST]]


async def _agents(ctx: Context) -> list[Json]:
    from nis_backend.capabilities.remote_agents.operations import (  # noqa: PLC0415 - as above
        ListRemoteAgents,
        ask_remote_agent,
        list_remote_agents,
    )

    if ctx.caller.lacks([*list_remote_agents.scopes, *ask_remote_agent.scopes]):
        return []
    found = await ctx.call(list_remote_agents, ListRemoteAgents(limit=MOST))
    schema = ctx.operations.entry(ask_remote_agent.name).request_schema
    fields = {name: one for name, one in schema["properties"].items() if name != "id"}
    parameters = {**schema, "properties": fields, "required": ["message"]}
    return [
        {
            "name": f"agent-{one.name}",
            "description": f"Ask {one.name}, an agent of another server. {one.card.description if one.card else ''}"[
                :MOST_WORDS
            ],
            "parameters": parameters,
            "ask": f"The agent {one.name} of another server is to be told this." if one.ask else "",
            "operation": ask_remote_agent.name,
            "settled": {"id": one.id},
        }
        for one in found.remote_agents
        if one.tool and one.enabled
    ]
