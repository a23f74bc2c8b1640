"""A file for `--app`: an operation whose effect is a row, with time before and after it in which a server may die."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.operation import Model, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


class Mark(Model):
    """What is written down, and how slowly."""

    text: str = Field(max_length=1000)
    seconds: float = Field(default=0.05, ge=0, le=10)


class Marked(Model):
    """Where it stands."""

    id: str


@operation("marks.set_mark", effect="writes", repeatable=True)
async def set_mark(request: Mark, ctx: Context) -> Marked:
    """Write it down, in the middle of the time that it takes."""
    await asyncio.sleep(request.seconds)
    now = ctx.now()
    row = {"id": ctx.new_id("feedback"), "run_id": ctx.run.run_id, "rating": 1, "comment": request.text}
    await ctx.store.insert("feedback", {**row, "created": now, "updated": now})
    await asyncio.sleep(request.seconds)
    return Marked(id=str(row["id"]))


OPERATIONS = (set_mark,)
