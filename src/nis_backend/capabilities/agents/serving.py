"""Which version of an agent a run gets that names none: the latest, or by a share while a new one proves itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend import canary
from nis_backend.capabilities.agents.agent import agent_of, find
from nis_backend.errors import Conflict

if TYPE_CHECKING:
    from nis_backend.capabilities.agents.agent import Agent
    from nis_backend.context import Context


async def served(agent: Agent, ctx: Context) -> Agent:
    """The agent in the version that the run begun here gets; a new one that does worse goes back here."""
    row = await canary.serving(agent.id, ctx)
    if row is None:
        return agent
    before = agent_of(await find(agent.id, ctx, row["from_version"]))
    if agent.version != row["to_version"]:
        # Gone back, and the process ended before that was written down; or changed by somebody.
        back = (agent.version, agent.instructions) == (row["to_version"] + 1, before.instructions)
        reason = "It went back." if back else "The agent was changed while it served a share of the runs."
        await canary.end(row, "rolled_back" if back else "superseded", reason, ctx)
        return agent
    ended = await canary.compare(row, ctx)
    if ended is None:
        return agent if canary.choose(row, ctx) == agent.version else before
    ending, reason = ended
    if ending == "rolled_back":
        agent = await _back(agent, before, ctx)
    await canary.end(row, ending, reason, ctx)
    return agent


async def _back(agent: Agent, before: Agent, ctx: Context) -> Agent:
    """Write the instructions of an earlier version as the next one; another who does so at the same time is enough."""
    from nis_backend.capabilities.agents.operations import (  # noqa: PLC0415 - that module loads this one
        UpdateAgent,
        update_agent,
    )

    change = {"instructions": before.instructions}
    try:
        return await ctx.call(update_agent, UpdateAgent(id=agent.id, change=change, after=agent.version))
    except Conflict:
        return agent_of(await find(agent.id, ctx))
