"""Consolidating: memories that say the same become one; of those that contradict each other the latest stays."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.capabilities.memory.judging import JUDGED, judged
from nis_backend.capabilities.memory.memory import Memory, Scope, everything, write
from nis_backend.capabilities.memory.merging import RULES, Merge, applied, by_rules
from nis_backend.capabilities.memory.operations import TEA
from nis_backend.errors import Conflict, InvalidRequest, NotFound, Unavailable
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context

MOST_CONSOLIDATED = 1000
"""Memories that one call compares, each with each."""


class Consolidate(Scope):
    """Whose memories, and by what."""

    method: Literal["auto", "rules", "model"] = Field(
        default="auto", description="auto: a model where one is configured that can be relied on, else rules."
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="The model to ask, as provider:name or a name."
    )
    dry_run: bool = Field(default=False, description="Whether to say only what would be done.")


class Merged(Model):
    """Memories that became one."""

    kept: Memory = Field(description="The one that stays; its `sources` name the others.")
    replaced: list[Memory]
    why: Literal["same", "contradiction"]
    by: Literal["rules", "model"]


class Consolidated(Model):
    """What has been done."""

    method: Literal["rules", "model"]
    model: str | None = Field(description="The model that judged; null where rules did.")
    formula: str = Field(description="By what memories were taken for the same.")
    looked_at: int = Field(description="Active memories that were compared.")
    left_out: bool = Field(description="Whether there are more than were looked at: the earliest 1,000.")
    merged: list[Merged]
    notes: list[str]


def _draw(request: Consolidate, result: Consolidated) -> list[View]:
    done = "would become" if request.dry_run else "became"
    by = result.model or "rules"
    gone = sum(len(one.replaced) for one in result.merged)
    text = (
        f"{result.looked_at} memories were compared by {by}; {gone + len(result.merged)} {done} {len(result.merged)}."
    )
    rows: list[list[str | float]] = [
        [one.kept.text, " | ".join(other.text for other in one.replaced), one.why, one.by] for one in result.merged
    ]
    return [Text(text=text), Table(title="Merged", columns=["kept", "replaced", "why", "by"], rows=rows)]


SWEET = Before(
    name="sweet",
    operation="memory.remember",
    request={"text": "Ada usually drinks her tea without sugar.", "user": "ada", "kind": "preference"},
)


@operation(
    "memory.consolidate_memories",
    effect="writes",
    outward=True,
    time_limit=300,
    view=_draw,
    examples=(
        Example(
            title="Of one user, by rules",
            request={"user": "ada", "method": "rules", "dry_run": True},
            before=(TEA, SWEET),
        ),
    ),
)
async def consolidate_memories(request: Consolidate, ctx: Context) -> Consolidated:
    """Merge memories that say the same, and settle those that contradict each other in favour of the latest.

    Within one user and one agent each. What is merged is kept as a source of what stays, and no longer recalled.

    Raises:
        Unavailable: a model was asked for, and none can be relied on.
    """
    found = await everything(ctx, request.user, request.agent, MOST_CONSOLIDATED + 1, active=True)
    looked_at = found[:MOST_CONSOLIDATED]
    merges = await asyncio.to_thread(by_rules, looked_at)
    notes: list[str] = []
    model = await _model(request, ctx, notes)
    method: Literal["rules", "model"] = "rules" if model is None else "model"
    if model is not None:
        taken = {one.id for merge in merges for one in merge.members}
        left = [one for one in looked_at if one.id not in taken]
        merges = [*merges, *await judged(ctx, left, model, notes)]
    now = ctx.now()
    done = [_merged(ctx, merge, now) for merge in merges]
    if not request.dry_run:
        done = [one for one in done if await _written(ctx, one, notes)]
    return Consolidated(
        method=method,
        model=model,
        formula=RULES if model is None else f"{RULES}; {JUDGED}",
        looked_at=len(looked_at),
        left_out=len(found) > len(looked_at),
        merged=done,
        notes=notes,
    )


async def _written(ctx: Context, one: Merged, notes: list[str]) -> bool:
    """Write it, unless one of them was changed or forgotten since it was looked at."""
    try:
        await write(ctx, [one.kept, *one.replaced])
    except Conflict as error:
        notes.append(f"{len(one.replaced) + 1} memories stay as they are: {error.message}")
        return False
    return True


def _merged(ctx: Context, merge: Merge, now: float) -> Merged:
    kept, replaced = applied(merge, ctx.new_id("memory"), now)
    return Merged(kept=kept, replaced=list(replaced), why=merge.why, by=merge.by)


async def _model(request: Consolidate, ctx: Context, notes: list[str]) -> str | None:
    """The model that judges; None where rules do."""
    if request.method == "rules":
        if request.model is not None:
            raise InvalidRequest(
                "Rules ask no model.", field="model", value=request.model, remedy="Leave it out, or method."
            )
        return None
    try:
        _, info = await ctx.choose_model(request.model)
    except (NotFound, Unavailable):
        if request.method == "model" or request.model is not None:
            raise
        notes.append("By rules: no model is configured.")
        return None
    if info.demonstration:
        if request.method == "model":
            raise Unavailable(
                f"{info.id} is a demonstration model: what it says of memories is not to be relied on.",
                remedy="Configure a provider and name its model, or use method rules.",
            )
        notes.append(f"By rules: {info.id} is a demonstration model.")
        return None
    return info.id


OPERATIONS = (consolidate_memories,)
