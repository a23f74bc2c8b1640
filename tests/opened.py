"""A call's context on real drivers, for tests of capabilities: a database, a run under way, the operations given."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nis_backend.caller import LOCAL
from nis_backend.catalog import Catalog
from nis_backend.context import Context
from nis_backend.drivers.blobs.folder import FolderContents
from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.dispatch.base import Left
from nis_backend.drivers.dispatch.in_process import InProcess
from nis_backend.drivers.gateway.direct import Direct
from nis_backend.drivers.llm.base import LanguageModels
from nis_backend.drivers.llm.choice import Models
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.event import Event, transcript
from nis_backend.journal import Journal
from nis_backend.opened import Drivers
from nis_backend.operation import Model, Operation
from nis_backend.run import Tail
from nis_backend.settings import read_settings

RUN = "run-1"


class Nothing(Model):
    """A request without fields."""


@asynccontextmanager
async def opened(
    folder: Path, *providers: LanguageModels, operations: Iterable[Operation[Any, Any]] = (), default: str | None = None
) -> AsyncGenerator[Context]:
    """The context of a call inside the run `RUN`."""

    async def execute(owner: str, run_id: str, attempt: int) -> Left:
        raise NotImplementedError(owner, run_id, attempt)

    store = SqliteStore(folder / "nis.db")
    catalog = Catalog(())
    catalog.add(operations)
    drivers = Drivers(
        settings=read_settings({}, data=folder),
        store=store,
        contents=FolderContents(folder / "blobs"),
        tail=Tail(store),
        compute=WorkerPools([]),
        dispatch=InProcess(store, execute, {"default": 1}),
        operations=catalog,
        metered=lambda: Direct(Models(providers, default)),
    )
    context = Context(drivers=drivers, caller=LOCAL, journal=Journal(store, LOCAL.owner, RUN, 0))
    await context.runs.write_down(RUN, "tests.carry_run", Nothing(), None)
    try:
        yield context
    finally:
        await store.close()


async def logged(ctx: Context) -> list[Event]:
    """Every event of the run so far, words that are still held included."""
    await ctx.run.flush()
    return await ctx.runs.events(RUN)


async def words(ctx: Context) -> str:
    """The words that the run's log holds."""
    return transcript(await logged(ctx))
