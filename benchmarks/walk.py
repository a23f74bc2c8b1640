"""An operation of twenty steps for `kills.py`, served with `nis serve --app`: everything a run's log has to carry over.

Eight steps ask a model, four note a value, six write rows (which may be repeated under their keys) and two add a line
to a file (which may not). Nothing here knows of kills. The rows' ids are random: a write made twice leaves two.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from contextlib import aclosing
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.drivers.llm.answer import Answered, TextChunk
from nis_backend.drivers.llm.base import Message, Prompt
from nis_backend.errors import Forbidden
from nis_backend.event import ModelAnswered, ModelCalled
from nis_backend.operation import Model, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context

STEPS = "mwnmw mwnml mwnmw mwnml".replace(" ", "")
"""What each step is: a model's answer, a row that is written, a note, a line in the ledger."""
LEDGER = "WALK_LEDGER"
"""The environment variable with the file of those lines."""
BREATH = 0.03
"""Seconds between the parts of an effect: room to die in."""


class Walk(Model):
    """Which walk."""

    name: str = Field(min_length=1, max_length=64, description="Its name, in all it leaves.")


class Part(Walk):
    """One step of it."""

    step: int


class Written(Model):
    """What was written."""

    name: str


class Walked(Model):
    """What the steps were answered."""

    said: dict[int, str]
    noted: list[str]
    rows: list[str]
    lines: list[str | None]


@operation("walk.write_row", effect="writes", repeatable=True)
async def write_row(request: Part, ctx: Context) -> Written:
    """Write two rows."""
    for half in ("a", "b"):
        now = ctx.now()
        title = f"{request.name} {request.step}{half}"
        row = {"id": f"conversation-{uuid.uuid4().hex}", "title": title, "created": now, "updated": now}
        await ctx.store.insert("conversations", row)
        await asyncio.sleep(BREATH)
    return Written(name=ctx.new_id("written"))


@operation("walk.add_line", effect="writes")
async def add_line(request: Part, ctx: Context) -> Written:
    """Add a line to the ledger: to do it again would add another."""
    handle = os.open(os.environ[LEDGER], os.O_WRONLY | os.O_APPEND)
    await asyncio.sleep(2 * BREATH)
    os.write(handle, f"{request.name} {request.step}\n".encode())
    os.close(handle)
    await asyncio.sleep(2 * BREATH)
    return Written(name=ctx.new_id("written"))


@operation("walk.take_walk", effect="writes")
async def take_walk(request: Walk, ctx: Context) -> Recorded[Walked]:
    """Go all twenty steps."""
    said: dict[int, str] = {}
    noted: list[str] = []
    rows: list[str] = []
    lines: list[str | None] = []
    for kind in STEPS:
        if kind == "m":
            step = ctx.run.next_number("step")
            said[step] = await _listen(ctx, step, request.name)
        elif kind == "n":
            value = await ctx.note("drawn", lambda: uuid.uuid4().hex)
            noted += [str(value), ctx.new_id("note"), str(ctx.now())]
        elif kind == "w":
            rows.append((await ctx.step(write_row, Part(name=request.name, step=len(rows)))).name)
        else:
            lines.append(await _add(ctx, Part(name=request.name, step=len(lines))))
    return Walked(said=said, noted=noted, rows=rows, lines=lines)


async def _add(ctx: Context, part: Part) -> str | None:
    """A line; None where a person would not have it added again."""
    try:
        return (await ctx.step(add_line, part)).name
    except Forbidden:
        return None


async def _listen(ctx: Context, step: int, name: str) -> str:
    driver, info = await ctx.models.choose()
    prompt = Prompt(model=info.name, messages=[Message(role="user", content=f"{name}, step {step}")])
    called = ModelCalled(step=step, provider=driver.provider, model=prompt.model, digest=prompt.digest())
    told = await ctx.run.ask_model(called)
    if told is not None:
        return told.text
    words: list[str] = []
    async with aclosing(driver.generate(prompt)) as items:
        async for item in items:
            if isinstance(item, TextChunk):
                words.append(item.text)
                await ctx.run.text(step, item.text)
            elif isinstance(item, Answered):
                await ctx.run.write(_end(step, item))
    return "".join(words)


def _end(step: int, end: Answered) -> ModelAnswered:
    return ModelAnswered(step=step, finish_reason=end.finish_reason)


OPERATIONS = (write_row, add_line, take_walk)
