"""What a run that is under way waits for that a person has to decide: it is asked in the runs of those whom it asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nis_backend.run import Awaited

if TYPE_CHECKING:
    from nis_backend.context import Context

DEEPEST, MOST = 4, 20
"""Runs that wait for each other in a row, and runs that are told."""


async def awaits(run_id: str, ctx: Context) -> list[Awaited]:
    """The runs that this one waits for, and those that they wait for, which wait for a person; the newest first."""
    found: list[Awaited] = []
    asked = [run_id]
    for _ in range(DEEPEST):
        deeper: list[str] = []
        for one in asked:
            waiting, running = [
                await ctx.store.select("runs", where={"awaited_by": one, "state": state}, limit=MOST)
                for state in ("waiting", "running")
            ]
            for row in waiting:
                kind = json.loads(row["waiting"] or "{}").get("kind", "")
                found.append(Awaited(id=row["id"], operation=row["operation"], kind=kind))
            deeper += [row["id"] for row in running]
        asked = deeper[:MOST]
        if not asked or len(found) >= MOST:
            break
    return found[:MOST]


async def meant(run_id: str, kind: str, ctx: Context) -> str:
    """The run to which an answer goes that is given to this one: itself, or the only one that it waits for so."""
    if (await ctx.runs.standing(run_id)).state != "running":
        return run_id
    found = [one.id for one in await awaits(run_id, ctx) if one.kind == kind]
    return found[0] if len(found) == 1 else run_id
