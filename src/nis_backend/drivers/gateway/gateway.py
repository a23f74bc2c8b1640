"""The gateway: every call of a model goes along a route, within its caller's caps, into the ledger."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from nis_backend.caller import SERVER
from nis_backend.drivers.gateway.attempt import Parts
from nis_backend.drivers.gateway.attempts import Attempts
from nis_backend.drivers.gateway.base import Cached, Gateway, Inbound, Passed, Priced, Who
from nis_backend.drivers.gateway.budgets import Budgets
from nis_backend.drivers.gateway.caching import Answers
from nis_backend.drivers.gateway.estimating import estimates
from nis_backend.drivers.gateway.health import Health
from nis_backend.drivers.gateway.ledger import Ledger
from nis_backend.drivers.gateway.metered import MeteredEmbedders, MeteredModels
from nis_backend.drivers.gateway.passing import Passing
from nis_backend.drivers.gateway.prices import Prices, id_of
from nis_backend.drivers.gateway.registry import ROUTE, TABLES, route_of
from nis_backend.drivers.gateway.route import Route, Target
from nis_backend.drivers.telemetry.base import Telemetry
from nis_backend.drivers.telemetry.ids import apart
from nis_backend.errors import NisError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from nis_backend.drivers.cache.base import Cache
    from nis_backend.drivers.embeddings.base import Embedders
    from nis_backend.drivers.gateway.base import Estimate, Needs, Place
    from nis_backend.drivers.gateway.registry import Registry
    from nis_backend.drivers.gateway.route import SetUp
    from nis_backend.drivers.llm.base import ModelInfo, Prompt
    from nis_backend.drivers.llm.choice import Models
    from nis_backend.drivers.speech.base import Speech
    from nis_backend.drivers.store.base import Row, Store, Table
log = logging.getLogger("nis.gateway")

LOOK_SECONDS = 5.0
"""Seconds until this process heeds what another has changed."""
AGAIN_SECONDS = 2.0
"""Seconds before a database that is away is asked again for what is configured."""
SWEEP_LOOKS = 12
"""After how many of these looks what a dead process has left open is closed: within a minute or two of its death."""


class MeteredGateway(Gateway):
    """See `Gateway`."""

    def __init__(  # noqa: PLR0913 - one argument a part that it stands on
        self,
        store: Store,
        registry: Registry,
        embedders: Embedders,
        holder: str,
        prices: Path | None = None,
        *,
        cache: Cache,
        shared: bool = False,
        warn: Callable[[str, str], None] = lambda _run_id, _message: None,
        telemetry: Telemetry | None = None,
    ) -> None:
        """`warn` hears of which run a call has left little of a budget, and what is to be said of it."""
        self._store = store
        self._embedders = embedders
        self._holder = holder
        self._shared = shared
        """Whether other processes change what is configured, too."""
        self._looked = asyncio.Event()
        """Set once `_open` has tried, or need not."""
        self._tasks: list[asyncio.Task[None]] = []
        self.registry = registry
        self.health = Health()
        registry.renewed = self._renewed
        self.ledger = Ledger(store, holder, counts=telemetry and telemetry.counts)
        self.budgets = Budgets(store, self.ledger, shared=shared, warn=warn)
        self.prices = Prices(registry, prices)
        self.attempts = Attempts(
            Parts(
                known=registry,
                health=self.health,
                prices=self.prices,
                budgets=self.budgets,
                ledger=self.ledger,
                telemetry=telemetry or Telemetry(),
                clock=time.time,
                timer=time.monotonic,
                sleep=asyncio.sleep,
                draw=random.random,
            )
        )
        self.answers = Answers(cache, self.ledger, self.embedders)
        self._passing = Passing(self)

    def models(self, who: Who) -> Models:
        """See `Gateway.models`."""
        return MeteredModels(self, who)

    def embedders(self, who: Who) -> Embedders:
        """See `Gateway.embedders`."""
        return MeteredEmbedders(self, who, self._embedders)

    def speech(self, who: Who) -> Speech:
        """See `Gateway.speech`."""
        from nis_backend.drivers.gateway.metered_speech import MeteredSpeech  # noqa: PLC0415 - loads where it is used

        return MeteredSpeech(self, who)

    async def estimate(self, info: ModelInfo, asked: Prompt | int, output_tokens: int) -> list[Estimate]:
        """See `Gateway.estimate`."""
        await self.registry.ready()
        return await estimates(self.registry, self.prices, info, asked, output_tokens)

    async def passes(self, who: Who, inbound: Inbound) -> Route | None:
        """See `Gateway.passes`."""
        return await self._passing.passes(who, inbound)

    async def pass_on(self, who: Who, inbound: Inbound, route: Route) -> Passed:
        """See `Gateway.pass_on`."""
        return await self._passing.pass_on(who, inbound, route)

    def expect_cap(self) -> None:
        """See `Gateway.expect_cap`."""
        self.budgets.expect()

    def changed(self, table: Table) -> None:
        """See `Gateway.changed`."""
        if table == "budgets":
            self.budgets.forget()
            return
        self.registry.changed(table)
        self.prices.forget()

    async def providers(self) -> Sequence[SetUp]:
        """See `Gateway.providers`."""
        await self.registry.ready()
        found = self.registry.providers.values()
        return [one.shown(self.health.state(one.id) if one.enabled else "it is disabled") for one in found]

    async def routes(self) -> Mapping[str, Row]:
        """See `Gateway.routes`."""
        await self.registry.ready()
        return self.registry.route_rows

    async def places(self, model: str, needs: Needs) -> Sequence[Place] | None:
        """See `Gateway.places`."""
        await self.registry.ready()
        row = self.registry.route_rows.get(model.removeprefix(f"{ROUTE}:"))
        route = self.registry.resolve(model) if row is None else route_of(row)
        return None if route is None else self.attempts.places(route, needs)

    async def settled(self) -> None:
        """See `Gateway.settled`; what dead processes have left open is closed by then, too."""
        await self._looked.wait()
        await self.ledger.settled()
        # While the database is away they wait on, and whoever asks it is told so.
        with suppress(Unavailable):
            await self.ledger.flush()

    def cached(self) -> list[Cached]:
        """See `Gateway.cached`."""
        return self.answers.figures()

    async def clear_cached(self, route: str) -> int:
        """See `Gateway.clear_cached`."""
        return await self.answers.clear(route)

    async def priced(self, target: Target) -> Priced:
        """See `Gateway.priced`."""
        await self.registry.ready()
        route = self.registry.route(target.model) if target.provider == ROUTE else None
        one = target if route is None else route.targets[0]
        return Priced(
            target=one,
            rates=await self.prices.rates(one.provider, one.model, time.time()),
            context=await self.prices.context(one.provider, one.model),
            family=self.registry.family(one.provider),
        )

    async def price_list(self, provider: str | None, after: str, limit: int) -> list[Priced]:
        """See `Gateway.price_list`."""
        await self.registry.ready()
        names = [provider] if provider is not None else [*self.registry.providers]
        known = {id_of(name, model): (name, model) for name in names for model in await self.prices.names(name)}
        set_here = (id_.partition(":") for id_ in self.registry.prices)
        known |= {id_of(name, model): (name, model) for name, _, model in set_here if name in names}
        found: list[Priced] = []
        for id_ in sorted(known):
            if id_ > after and len(found) < limit:
                name, model = known[id_]
                one = await self.priced(Target(provider=name, model=model))
                found += [one] if one.rates is not None else []
        return found

    def open(self) -> None:
        """See `Gateway.open`; nothing waits for a database that is away but calls of models."""
        self._tasks.append(asyncio.create_task(self._open(), name="gateway", context=apart()))
        if self._shared:
            self._tasks.append(asyncio.create_task(self.watch(), name="changes of the gateway", context=apart()))

    async def close(self) -> None:
        """See `Gateway.close`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._looked.set()
        await self.answers.close()
        await self.ledger.close()

    def _renewed(self, provider: str) -> None:
        """A provider was set up anew, and is read by now."""
        self.health.forget(provider)
        self.prices.forget()

    async def _open(self) -> None:
        """Read what is configured, and close what dead processes have left open in the ledger."""
        while True:
            try:
                await self.registry.ready()
                lost = await self._store.abandoned(self._holder)
            except NisError as error:
                log.warning("what is configured cannot be read: %s", error)
                self._looked.set()
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            self._looked.set()
            if lost:
                log.warning("%d calls of models were under way when their process ended: booked at their worst", lost)
            return

    async def watch(self) -> None:
        """Heed what other processes change, which is written down each time, and close what dead ones left open."""
        newest: str | None = None
        for look in count(1):
            await asyncio.sleep(LOOK_SECONDS)
            try:
                rows = await self._store.select("changes", SERVER, limit=1)
                if look % SWEEP_LOOKS == 0:
                    await self._store.abandoned(self._holder)
            except NisError:
                continue
            found = str(rows[0]["id"]) if rows else ""
            self.changed("budgets")
            if newest != found:
                for table in TABLES:
                    self.changed(table)
            newest = found
