"""What the bindings share: the part of this surface that imports the protocol's package, at the first call."""

from __future__ import annotations

import asyncio
import logging
from importlib import import_module
from typing import TYPE_CHECKING

from nis_backend.errors import InternalError, Unavailable

if TYPE_CHECKING:
    from types import ModuleType

    from nis_backend.surfaces.a2a.older import Older
    from nis_backend.surfaces.a2a.rpc import Rpc
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.a2a")

RPC = "nis_backend.surfaces.a2a.rpc"
OLDER = "nis_backend.surfaces.a2a.older"


class Loaded:
    """What answers calls; each version of the protocol is loaded with its first caller, beside all else that goes on.

    Raises, both:
        Unavailable: the package is not installed.
        InternalError: it does not load.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._rpc: Rpc | None = None
        self._older: Older | None = None

    async def rpc(self) -> Rpc:
        """What answers the calls of 1.0."""
        if self._rpc is None:
            self._rpc = (await _imported(RPC)).Rpc(self._process)
            assert self._rpc is not None
        return self._rpc

    async def older(self) -> Older:
        """What answers the calls of 0.3."""
        if self._older is None:
            handler = (await self.rpc()).handler
            self._older = (await _imported(OLDER)).Older(handler)
            assert self._older is not None
        return self._older


async def _imported(name: str) -> ModuleType:
    try:
        return await asyncio.to_thread(import_module, name)
    except ImportError as error:
        raise Unavailable(f"{error.name} is not installed.", remedy="Install nis-backend again.") from error
    except Exception:  # the package's own failure at import, whatever it is, must not leave the caller waiting
        log.exception("the A2A package did not load")
        raise InternalError("The A2A package did not load.", remedy="The server's log has the reason.") from None


async def preload() -> None:
    """Import the protocol's package now instead of at the first call, for `NIS_PRELOAD=a2a`."""
    await asyncio.to_thread(import_module, RPC)
