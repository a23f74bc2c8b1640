"""The way back from an evolution: the instructions before it are the agent's next version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend import canary
from nis_backend.capabilities.metacognition.evolve.evolution import Evolution, evolution_of, find
from nis_backend.errors import Conflict

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row


async def take_back(row: Row, ctx: Context) -> Evolution:
    """The evolution, taken back.

    Raises:
        Conflict: the agent was changed since.
    """
    if row["state"] in {"canary", "promoted"}:
        agent = await ctx.call_named("agents.get_agent", {"id": row["agent_id"]})
        before = await ctx.call_named("agents.get_agent", {"id": row["agent_id"], "version": row["from_version"]})
        made = await ctx.call_named("agents.get_agent", {"id": row["agent_id"], "version": row["to_version"]})
        if agent.instructions == made.instructions:
            change = {"instructions": before.instructions}
            asked = {"id": agent.id, "change": change, "after": agent.version}
            agent = await ctx.call_named("agents.update_agent", asked)
        elif agent.instructions != before.instructions:
            raise Conflict(
                f"The agent's instructions were changed since, in version {agent.version}.",
                field="id",
                value=row["id"],
                remedy=f"Update the agent with what is to stay; version {row['from_version']} has those before.",
            )
        await canary.end(row, "rolled_back", f"A caller took it back, with version {agent.version}.", ctx)
    return await evolution_of(await find(row["id"], ctx), ctx)
