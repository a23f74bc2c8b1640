"""A run may do what the caller who began it may, also in another process after a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

from nis_backend.app import Process
from nis_backend.caller import Caller
from nis_backend.context import Context
from nis_backend.operation import Model, Recorded, operation
from nis_backend.settings import read_settings

READER = Caller(owner="ann", scopes=frozenset({"tests:write", "runs:read"}))


class Nothing(Model):
    """A request without fields."""


class Held(Model):
    """Whom the run sees as its caller."""

    owner: str
    scopes: list[str]


@operation("tests.tell_caller", effect="writes")
async def tell_caller(request: Nothing, ctx: Context) -> Recorded[Held]:
    """Say who calls."""
    return Held(owner=ctx.caller.owner, scopes=sorted(ctx.caller.scopes))


def test_a_run_has_the_owner_and_the_scopes_of_who_began_it(tmp_path: Path) -> None:
    """Promise: a key with few scopes gains none by a detour over a run; the run says which it has."""

    async def begun() -> tuple[Held, list[str]]:
        process = Process(read_settings({}, data=tmp_path))
        process.operations.add([tell_caller])
        async with process.open():
            ctx = process.context(READER)
            handle = await ctx.start_run(tell_caller, Nothing())
            return Held.model_validate(await handle.result()), (await ctx.runs.get(handle.id)).scopes

    held, told = asyncio.run(begun())
    assert held.owner == "ann"
    assert held.scopes == told == sorted(READER.scopes)
