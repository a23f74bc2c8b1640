"""What an open process answers and listens to: every surface, or a worker's health alone."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import ASGIApp

    from nis_backend.app import Process
    from nis_backend.settings import Settings


def health(process: Process) -> ASGIApp:
    """The application of a worker: how it is, its figures, and nothing else."""
    from nis_backend.surfaces import guard  # noqa: PLC0415 - as below
    from nis_backend.surfaces.metrics import routes as metrics  # noqa: PLC0415
    from nis_backend.surfaces.rest.fixed import FIXED, PUBLIC  # noqa: PLC0415
    from nis_backend.surfaces.rest.mount import paths  # noqa: PLC0415
    from nis_backend.surfaces.routing import Routes  # noqa: PLC0415

    told = [paths(process, [route for route in FIXED if route.path in PUBLIC]), *metrics(process)]
    return guard.Guard(Routes(told, redirect_slashes=False, default=guard.only_health), process)


def asgi(process: Process) -> ASGIApp:
    """The application of an open process: every surface's routes behind the guard."""
    from nis_backend.surfaces import guard  # noqa: PLC0415 - the command line opens a process without surfaces
    from nis_backend.surfaces.a2a import routes as a2a  # noqa: PLC0415
    from nis_backend.surfaces.a2ui import routes as a2ui  # noqa: PLC0415
    from nis_backend.surfaces.agui import routes as agui  # noqa: PLC0415
    from nis_backend.surfaces.anthropic import routes as anthropic  # noqa: PLC0415
    from nis_backend.surfaces.bus.routes import routes as bus  # noqa: PLC0415
    from nis_backend.surfaces.console.routes import routes as console  # noqa: PLC0415
    from nis_backend.surfaces.mcp import authorisation  # noqa: PLC0415
    from nis_backend.surfaces.mcp.routes import routes as mcp  # noqa: PLC0415
    from nis_backend.surfaces.metrics import routes as metrics  # noqa: PLC0415
    from nis_backend.surfaces.openai import routes as openai  # noqa: PLC0415
    from nis_backend.surfaces.rest.mount import routes as rest  # noqa: PLC0415
    from nis_backend.surfaces.routing import Routes  # noqa: PLC0415
    from nis_backend.surfaces.voice import routes as voice  # noqa: PLC0415

    routes = [
        *rest(process),  # one look-up finds most of what is asked
        *console(process),
        *a2a.routes(process),
        *a2ui(),
        *agui.routes(process),
        *voice(process),
        *mcp(process),
        *bus(process),
        *anthropic.routes(process),
        *openai.routes(process),
        *metrics(process),
    ]
    # The first prefix that fits words a failure: the longer one stands before the shorter.
    own = {authorisation.PROTECTED: authorisation.tell(process.settings)}
    tells = {**a2a.TELLS, **agui.TELLS, **anthropic.TELLS, **openai.TELLS, **own}
    return guard.Guard(
        Routes(routes, redirect_slashes=False, default=guard.not_found), process, tells, anthropic.LARGE | openai.LARGE
    )


@contextlib.asynccontextmanager
async def commanded(process: Process) -> AsyncGenerator[None]:
    """Do what comes in over the bus, until the block ends."""
    from nis_backend.surfaces.bus.commands import Commands  # noqa: PLC0415 - as in asgi

    listening = asyncio.create_task(Commands(process, process.bus).listen(), name="commands")
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.wait({listening})


@contextlib.asynccontextmanager
async def pushed(process: Process) -> AsyncGenerator[None]:
    """Send runs' updates to who asked for them, until the block ends."""
    from nis_backend.surfaces.a2a.pushing import Pushing  # noqa: PLC0415 - as in asgi

    pushing = asyncio.create_task(Pushing(process).run(), name="pushing")
    try:
        yield
    finally:
        pushing.cancel()
        await asyncio.wait({pushing})


async def preload(settings: Settings) -> None:
    """Load the packages of the protocols named, which otherwise load with their first caller."""
    named = {name.strip() for name in settings.preload.split(",")}
    if "a2a" in named:
        from nis_backend.surfaces.a2a.routes import preload as preload_a2a  # noqa: PLC0415 - only when it is asked for

        await preload_a2a()
    if "mcp" in named:
        from nis_backend.surfaces.mcp.routes import preload as preload_mcp  # noqa: PLC0415 - as above

        await preload_mcp()
