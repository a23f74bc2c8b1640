"""A new version of an agent that serves a share of its runs first: who gets it, how both do, and when that ends."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.numerics.shares import fisher_greater

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

Ending = Literal["promoted", "rolled_back", "superseded"]
LOOKS, SIGNIFICANCE = 4, 0.05
"""How often the two are compared, and the chance of going back, over all of that, where the new one is no worse: each
comparison has a quarter of it, by Boole's inequality."""
MOST = 2000
"""Runs of one version that are compared."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """How the runs of one version did."""

    version: int
    runs: int
    bad: int


async def serving(agent_id: str, ctx: Context) -> Row | None:
    """The evolution of which a version serves a share of an agent's runs now."""
    rows = await ctx.store.select("evolutions", where={"agent_id": agent_id, "state": "canary"}, limit=1)
    return rows[0] if rows else None


def choose(row: Row, ctx: Context) -> int:
    """The version that the run which is begun here gets: by its id, so that it is the same whoever asks.

    That it was chosen is written down with the run.
    """
    run_id, now = str(ctx.run_id), ctx.now()
    version = drawn(row, run_id)
    kept: Row = {"id": run_id, "evolution_id": row["id"], "version": version, "created": now, "updated": now}
    ctx.beside.append(("canary_runs", kept))
    return version


def drawn(row: Row, run_id: str) -> int:
    """The version that is a run's by its id."""
    at = int.from_bytes(hashlib.sha256(f"{row['id']} {run_id}".encode()).digest()[:8], "big") / 2**64
    return row["to_version"] if at < json.loads(row["report"])["canary"]["share"] else row["from_version"]


async def compare(row: Row, ctx: Context) -> tuple[Ending, str] | None:
    """What it ends in and why, where it is time to look how both did and that ends it; what was seen is written down.

    Fisher's exact test, one-sided: whether so many bad runs of the new version are chance. A run is bad that failed, or
    that a person rated so.
    """
    canary = json.loads(row["report"])["canary"]
    due = (canary["looks"] + 1) * canary["runs"] / LOOKS
    new = {"evolution_id": row["id"], "version": row["to_version"]}
    if await ctx.store.count("canary_runs", where=new) < due:
        return None
    after = await _arm(row, row["to_version"], ctx)
    if after.runs < due:
        # The runs of the other, of which there are many more, are not read for nothing.
        return None
    before = await _arm(row, row["from_version"], ctx)
    if before.runs < due:
        return None
    p_value = fisher_greater(after.bad, after.runs, before.bad, before.runs)
    looks = min(LOOKS, int(min(after.runs, before.runs) * LOOKS / canary["runs"]))
    seen = {"looks": looks, "before": vars(before), "after": vars(after), "p_value": p_value}
    if not await _write(row, {"canary": canary | seen}, {}, ctx):
        # Of two who look at once one does: a second look would be one more than the level is shared by.
        return None
    counted = (
        f"{after.bad} of its {after.runs} runs were bad, and {before.bad} of {before.runs} of the version before; "
        f"p = {p_value:.3g} by Fisher's exact one-sided test, against {SIGNIFICANCE / LOOKS:g}"
    )
    if p_value < SIGNIFICANCE / LOOKS:
        return "rolled_back", f"It did worse in its share of the runs and went back: {counted}."
    return ("promoted", f"It has all runs now: {counted}.") if looks == LOOKS else None


async def end(row: Row, ending: Ending, reason: str, ctx: Context) -> None:
    """Let all runs have one version again."""
    there = await ctx.store.get("evolutions", row["id"])
    # Of two who end it at once one does.
    if there is not None and (there["state"] == "canary" or (there["state"], ending) == ("promoted", "rolled_back")):
        before = json.loads(there["report"]).get("reason", "")
        await _write(there, {"reason": f"{before} {reason}".strip()}, {"state": ending}, ctx)


async def _write(row: Row, told: dict[str, Any], changes: Row, ctx: Context) -> bool:  # Any: parts of the report
    report = json.dumps(json.loads(row["report"]) | told)
    written: Row = {**changes, "report": report, "updated": ctx.now()}
    only_if = {"updated": row["updated"], "state": row["state"]}
    return await ctx.store.update("evolutions", row["id"], written, only_if=only_if)


async def _arm(row: Row, version: int, ctx: Context) -> Arm:
    where = {"evolution_id": row["id"], "version": version}
    runs = bad = 0
    for kept in await ctx.store.select("canary_runs", where=where, limit=MOST):
        run = await ctx.store.get("runs", kept["id"])
        if run is None or run["state"] not in {"succeeded", "failed"}:
            continue
        runs += 1
        rated = await ctx.store.select("feedback", where={"run_id": kept["id"]}, limit=1)
        bad += run["state"] == "failed" or (bool(rated) and rated[0]["rating"] < 0)
    return Arm(version=version, runs=runs, bad=bad)
