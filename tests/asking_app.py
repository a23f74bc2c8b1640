"""A file for `--app`: a run that asks a person before it goes on, and one whose log is long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.event import Rejected, Warned
from nis_backend.operation import Model, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


class Deed(Model):
    """What is to be done."""

    name: str


class Done(Model):
    """Whether it was."""

    done: bool


@operation("deeds.do_deed", effect="writes", repeatable=True)
async def do_deed(request: Deed, ctx: Context) -> Recorded[Done]:
    """Do it once a person allows it."""
    decision = await ctx.approve(f"May I {request.name}?", operation="deeds.do_deed")
    return Done(done=not isinstance(decision, Rejected))


class Much(Model):
    """How much is to be said."""

    words: int


@operation("deeds.say_much", effect="writes", repeatable=True)
async def say_much(request: Much, ctx: Context) -> Recorded[Done]:
    """Say it all, an event each."""
    for number in range(request.words):
        await ctx.run.write(Warned(message=str(number)))
    return Done(done=True)


OPERATIONS = (do_deed, say_much)
