"""How many are asked in one tree: agents that ask agents, and teams that are begun in a run, are bounded together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context

RUN_AGENT, RUN_TEAM = "agents.run_agent", "teams.run_team"
ASKING = frozenset({RUN_AGENT, RUN_TEAM, "chat.send_message"})
"""Runs whose models choose whom they ask: the outermost of them counts for all that is asked in it."""
MOST_WITHIN = 240
"""Answers of agents and of teams' members that are asked for in one such run, all of them together and however deep:
with what a team asks for by itself, so many runs come of one message at most."""


async def admitted(ctx: Context, chain: Sequence[str], count: int) -> bool:
    """Whether so many more may be asked in the outermost asking run of a chain; it counts them.

    What was counted when the process died may be counted once more: the bound is met all the same.
    """
    store, owner = ctx.drivers.store, ctx.caller.owner
    for run_id in chain:
        row = await store.get("runs", owner, run_id)
        while row is not None and row["operation"] in ASKING:
            before = int(row["members_asked"])
            if before + count > MOST_WITHIN:
                return False
            now = {"members_asked": before + count}
            if await store.update("runs", owner, run_id, now, None, (), {"members_asked": before}):
                return True
            # Another has counted meanwhile, or the run was deleted.
            row = await store.get("runs", owner, run_id)
    # What began it asks nobody of its own accord, or is gone.
    return True


def beyond(field: str, count: int) -> InvalidRequest:
    """The refusal of whoever would be asked beyond that."""
    return InvalidRequest(
        f"Within one run {MOST_WITHIN} answers of agents and of members of teams are asked for in all, however deep.",
        field=field,
        value=count,
        remedy="Answer with what is known; or let fewer be asked, or run the inner ones by themselves.",
    )
