"""Operations for tests of durable runs: an agent of many steps, a write into the store, one beyond it, two waits."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.drivers.llm.base import Message
from nis_backend.event import Rejected, Warned
from nis_backend.loop.turning import answer
from nis_backend.operation import Model, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


class Line(Model):
    """A line of the diary."""

    text: str = Field(max_length=1000)


class Written(Model):
    """Where it stands."""

    id: str
    key: str


class Keep(Model):
    """How long a diary."""

    lines: int = Field(ge=0, le=100)
    approve: bool = Field(default=False, description="Whether a person has to allow it, after half of the lines.")
    ask: bool = Field(default=False, description="Whether a person is asked for its name, at the end.")
    letter: bool = Field(default=False, description="Whether a letter is sent at the end, which cannot be taken back.")
    seconds: float = Field(default=0, ge=0, le=60, description="Time that a letter takes.")


class Named(Model):
    """Whose diary it is."""

    name: str = Field(max_length=100)
    year: int


class Diary(Model):
    """What came of it."""

    ids: list[str]
    signed: str
    at: float


@operation("diary.write_line", effect="writes", repeatable=True)
async def write_line(request: Line, ctx: Context) -> Written:
    """Write a line down."""
    now = ctx.now()
    row = {"id": ctx.new_id("feedback"), "run_id": ctx.run.run_id, "rating": 1, "comment": request.text}
    await ctx.store.insert("feedback", {**row, "created": now, "updated": now})
    # A call that is cut here has written, and is made again.
    await asyncio.sleep(0.01)
    return Written(id=str(row["id"]), key=ctx.idempotency_key)


class Letter(Model):
    """A letter, and how long it takes."""

    seconds: float


@operation("diary.send_letter", effect="writes")
async def send_letter(request: Letter, ctx: Context) -> Written:
    """Send a letter: a line more in a file, which stands for what cannot be taken back."""
    letters = Path(ctx.settings.data) / "letters"
    with letters.open("a", encoding="utf-8") as file:
        file.write(f"{ctx.idempotency_key}\n")
    await asyncio.sleep(request.seconds)
    return Written(id="letter", key=ctx.idempotency_key)


@operation("diary.keep_diary", effect="writes")
async def keep_diary(request: Keep, ctx: Context) -> Recorded[Diary]:
    """Have a model say a line, write it down, and so on."""
    driver, info = await ctx.choose_model()
    ids: list[str] = []
    for step in range(1, request.lines + 1):
        said = await answer(ctx, driver, info, [Message(role="user", content=f"Line {step}.")], step=step)
        ids.append((await ctx.step(write_line, Line(text=said.text))).id)
        if request.approve and step == (request.lines + 1) // 2:
            decision = await ctx.approve("It gets long.", operation="diary.write_line")
            if isinstance(decision, Rejected):
                await ctx.run.write(Warned(message=f"It ends here: {decision.reason}"))
                break
    signed = ""
    if request.ask:
        named = await ctx.ask(Named, "Whose is it?")
        signed = f"{named.name}, {named.year}"
    if request.letter:
        await ctx.step(send_letter, Letter(seconds=request.seconds))
    return Diary(ids=ids, signed=signed, at=ctx.now())


OPERATIONS = (write_line, send_letter, keep_diary)
