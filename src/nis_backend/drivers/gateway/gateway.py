"""The gateway: every call of a model goes along a route, within its caller's caps, into the ledger."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from typing import TYPE_CHECKING

from nis_backend.drivers.gateway.attempt import Parts
from nis_backend.drivers.gateway.attempts import Attempts
from nis_backend.drivers.gateway.base import Gateway, Inbound, Passed, Route, Who
from nis_backend.drivers.gateway.budgets import Budgets
from nis_backend.drivers.gateway.health import Health
from nis_backend.drivers.gateway.ledger import Ledger
from nis_backend.drivers.gateway.metered import MeteredEmbedders, MeteredModels
from nis_backend.drivers.gateway.passing import Passing
from nis_backend.drivers.gateway.prices import Prices
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.drivers.embeddings.base import Embedders
    from nis_backend.drivers.gateway.registry import Registry
    from nis_backend.drivers.llm.choice import Models
    from nis_backend.drivers.store.spending import Spending

log = logging.getLogger("nis.gateway")

AGAIN_SECONDS = 2.0
"""Seconds before a database that is away is asked again for what is configured."""


class MeteredGateway(Gateway):
    """See `Gateway`."""

    def __init__(
        self, store: Spending, registry: Registry, embedders: Embedders, holder: str, prices: Path | None = None
    ) -> None:
        self._store = store
        self._embedders = embedders
        self._holder = holder
        self._opening: asyncio.Task[None] | None = None
        self.registry = registry
        self.health = Health()
        self.ledger = Ledger(store, holder)
        self.budgets = Budgets(store, self.ledger)
        self.prices = Prices(registry, prices)
        self.attempts = Attempts(
            Parts(
                known=registry,
                health=self.health,
                prices=self.prices,
                budgets=self.budgets,
                ledger=self.ledger,
                clock=time.time,
                timer=time.monotonic,
                sleep=asyncio.sleep,
                draw=random.random,
            )
        )
        self._passing = Passing(self)

    def models(self, who: Who) -> Models:
        """See `Gateway.models`."""
        return MeteredModels(self, who)

    def embedders(self, who: Who) -> Embedders:
        """See `Gateway.embedders`."""
        return MeteredEmbedders(self, who, self._embedders)

    async def passes(self, inbound: Inbound) -> Route | None:
        """See `Gateway.passes`."""
        return await self._passing.passes(inbound)

    async def pass_on(self, who: Who, inbound: Inbound, route: Route) -> Passed:
        """See `Gateway.pass_on`."""
        return await self._passing.pass_on(who, inbound, route)

    async def open(self) -> None:
        """See `Gateway.open`; nothing waits for a database that is away but calls of models."""
        self._opening = asyncio.create_task(self._open(), name="gateway")

    async def close(self) -> None:
        """See `Gateway.close`."""
        if self._opening is not None:
            self._opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._opening
        await self.ledger.close()

    async def _open(self) -> None:
        """Read what is configured, and close what dead processes have left open in the ledger."""
        while True:
            try:
                await self.registry.ready()
                lost = await self._store.abandoned(self._holder)
            except NisError as error:
                log.warning("what is configured cannot be read: %s", error)
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            if lost:
                log.warning("%d calls of models were under way when their process ended: booked at their worst", lost)
            return
