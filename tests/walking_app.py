"""Operations for tests of several processes: a run of many steps, each of which writes a row."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.operation import Model, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


class Step(Model):
    """Which step."""

    number: int


class Walk(Model):
    """How far, and what is waited for on the way."""

    steps: int = Field(ge=1, le=100)
    halt: int = Field(description="The step before which the gate is waited for.")
    gate: str = Field(max_length=1000, description="A file.")


class Walked(Model):
    """How far it went."""

    steps: int


@operation("walks.mark_step", effect="writes", repeatable=True)
async def mark_step(request: Step, ctx: Context) -> Step:
    """Write a row, once however often the step is begun."""
    row = {"id": ctx.new_id("feedback"), "run_id": ctx.run.run_id, "rating": 1, "comment": f"step {request.number}"}
    await ctx.store.insert("feedback", {**row, "created": ctx.now(), "updated": ctx.now()})
    return request


@operation("walks.take_walk", effect="writes", repeatable=True)
async def take_walk(request: Walk, ctx: Context) -> Walked:
    """Take the steps one by one."""
    for number in range(1, request.steps + 1):
        while number == request.halt and not Path(request.gate).exists():  # noqa: ASYNC110, ASYNC240 - another process opens it
            await asyncio.sleep(0.02)
        await ctx.step(mark_step, Step(number=number))
    return Walked(steps=request.steps)


OPERATIONS = (mark_step, take_walk)
