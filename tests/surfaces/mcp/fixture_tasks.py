"""A file for `--app`: what the conformance suite's tools of tasks do, as runs of the product.

The server of the suite gives them the suite's names; all else of them is the product's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.errors import InternalError, UpstreamFailed
from nis_backend.event import Rejected
from nis_backend.operation import Model, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context

LONG_ENOUGH = 1.0
"""Seconds: what is over in a moment is answered at once, and the suite wants a task."""


class Compute(Model):
    """How long it takes."""

    seconds: float = Field(ge=0, le=60)
    label: str = Field(default="", max_length=100)


class Nothing(Model):
    """Nothing is wanted."""


class OneFile(Model):
    """Which file."""

    filename: str = Field(max_length=100)


class Name(Model):
    """A name, and whether it is meant."""

    name: str = Field(max_length=100)
    confirm: bool = False


class Both(Model):
    """Two of them."""

    first: Name
    second: Name


class Said(Model):
    """What came of it."""

    text: str


@operation("suite.slow_compute", effect="reads")
async def slow_compute(request: Compute, ctx: Context) -> Recorded[Said]:
    """Take the time that is asked for."""
    await asyncio.sleep(request.seconds)
    return Said(text=f"{request.label} took {request.seconds:g} s")


@operation("suite.failing_job", effect="reads")
async def failing_job(request: Nothing, ctx: Context) -> Recorded[Said]:
    """Fail after a while, as operations fail."""
    await asyncio.sleep(LONG_ENOUGH)
    raise UpstreamFailed("It did not work.", remedy="None: it never does.")


@operation("suite.protocol_error", effect="reads")
async def protocol_error(request: Nothing, ctx: Context) -> Recorded[Said]:
    """Fail after a while by a fault of the server."""
    await asyncio.sleep(LONG_ENOUGH)
    raise InternalError("A fault.", remedy="Report it.")


@operation("suite.confirm_delete", effect="writes", repeatable=True)
async def confirm_delete(request: OneFile, ctx: Context) -> Recorded[Said]:
    """Ask a person first."""
    decision = await ctx.approve(f"Delete {request.filename}?", operation="suite.confirm_delete")
    return Said(text="left" if isinstance(decision, Rejected) else "deleted")


@operation("suite.multi_input", effect="reads")
async def multi_input(request: Nothing, ctx: Context) -> Recorded[Said]:
    """Ask a person two things at once."""
    both = await ctx.ask(Both, "Who are you two?")
    return Said(text=f"{both.first.name} and {both.second.name}")


OPERATIONS = (slow_compute, failing_job, protocol_error, confirm_delete, multi_input)
