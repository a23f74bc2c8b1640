"""An editor is served until it leaves."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from acp.connection import Connection

from nis_backend.catalog import Catalog
from nis_backend.surfaces.acp.agent import Agent
from nis_backend.surfaces.acp.pipes import Pipes
from nis_backend.surfaces.acp.reach import Opened, Served

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from nis_backend.context import Context
    from nis_backend.settings import Settings
    from nis_backend.surfaces.acp.reach import Reach

    Open = Callable[[], AbstractAsyncContextManager[Context]]
    Address = Callable[[], str | None]


def serve(settings: Settings, address: Address, opened: Open, agent: str = "") -> None:
    """Talk over standard input and output: for the running server, or over the data folder where there is none.

    Who answers is the chat, or the agent of this name.

    Raises:
        Conflict: another process holds the folder.
    """
    # The client tells each request at "info".
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    asyncio.run(_serve(settings, address, opened, agent))


async def _serve(settings: Settings, address: Address, opened: Open, agent: str) -> None:
    if address() is not None:
        await _talk(Served(address, settings.api_key, Catalog.from_index()), agent)
        return
    async with opened() as ctx:
        # It stays as long as its client: runs that were cut go on here.
        await ctx.drivers.dispatch.open()
        await _talk(Opened(ctx), agent)


async def _talk(reach: Reach, kept: str) -> None:
    agent = Agent(reach, kept)
    agent.client = Connection(agent.handle, await Pipes.opened(), listening=False)
    try:
        await agent.client.main_loop()
    finally:
        await agent.client.close()
