"""What is configured, in memory: providers, routes and prices, from the settings and from the store's rows."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.gateway.addresses import host_of, is_private, told
from nis_backend.drivers.gateway.route import COMPUTED_HERE, Policy, Route, SetUp, Target
from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.drivers.llm.choice import Models
from nis_backend.errors import NisError, Unavailable
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nis_backend.drivers.llm.base import LanguageModels
    from nis_backend.drivers.store.base import Row, Table
    from nis_backend.drivers.store.spending import Spending
    from nis_backend.settings import Settings

TABLES: tuple[Table, ...] = ("providers", "routes", "prices")
ROUTE = "route"
"""The provider that routes pass for, and the prefix of their names."""
CONCURRENCY = 64
"""Calls that a provider is given at a time."""
KNOWN = 4096
"""Models that are remembered; the names are callers'."""
LOOK_SECONDS = 2.0
"""How long a route's first call waits to hear what its models can do."""
DIRECT = Policy(retries=0, first_byte=float("inf"), total=float("inf"))
"""How a model is asked that was named itself: once, as its own driver would; its caller decides what is next."""


@record
class Provider:
    """A provider that is set up, and what is charged for it."""

    driver: LanguageModels
    prices: str
    """What the data of prices calls it; empty where it does not know it."""
    billed: bool
    family: str = ""
    """Whose models they are, as `bounds.IMAGE` names them."""
    url: str = ""
    kind: str = ""
    key_name: str = ""
    concurrency: int = CONCURRENCY
    enabled: bool = True
    source: str = "settings"
    """`settings`, or `run time`."""

    lacks_key: bool = False
    """Whether the key that it names is not set."""

    @property
    def id(self) -> str:
        """Its name."""
        return self.driver.provider

    def shown(self, state: str) -> SetUp:
        """As callers see it."""
        return SetUp(
            **{name: getattr(self, name) for name in SetUp.__dataclass_fields__ if name != "state"},
            state=f"the key {self.key_name} is not set in NIS_PROVIDER_KEYS" if self.lacks_key else state,
        )


class Registry:
    """Look-ups are in memory; `ready` has what is configured be read."""

    def __init__(
        self,
        store: Spending,
        providers: Sequence[Provider],
        make: Callable[[Row], Provider],
        default: str | None = None,
    ) -> None:
        self._store = store
        self._settled = {one.id: one for one in providers}
        self.settled = [one.driver for one in providers]
        """The drivers of the settings' own."""
        self._make = make
        self._default = default
        self._stale: set[Table] = {*TABLES}
        self._changes = 0
        """How often something was said to have changed."""
        self._loading = asyncio.Lock()
        self._infos: dict[str, ModelInfo | None] = {}
        self._rows: dict[str, Row] = {}
        self.providers: dict[str, Provider] = dict(self._settled)
        self.routes: dict[str, Route] = {}
        """Those that are enabled."""
        self.route_rows: dict[str, Row] = {}
        self.prices: dict[str, Row] = {}
        self.renewed: Callable[[str], None] = lambda _: None
        """Hears which providers were set up anew."""
        self.models = Models(self.settled, default)
        """The models of the providers that are enabled."""

    async def ready(self) -> None:
        """Have everything be read; a look at a flag where it was.

        Raises:
            Unavailable: the database is away.
        """
        while self._stale:
            async with self._loading:
                for table in sorted(self._stale):
                    changes = self._changes
                    await self._load(table)
                    # What changes while it is read is read once more; until it is read all who ask wait for it.
                    if changes == self._changes:
                        self._stale.discard(table)

    def changed(self, table: Table) -> None:
        """Have a table be read anew before the next look at it."""
        if table in TABLES:
            self._stale.add(table)
            self._changes += 1

    async def _load(self, table: Table) -> None:
        rows = {row["id"]: row for row in await self._store.configured(table, {})}
        if table == "providers":
            await self._set_providers(rows)
        elif table == "routes":
            self.route_rows = rows
            self.routes = {name: route_of(row) for name, row in rows.items() if row["enabled"]}
        else:
            self.prices = rows

    async def _set_providers(self, rows: Mapping[str, Row]) -> None:
        """Those of the settings, as rows of theirs change them, and those that rows alone set up."""
        found: dict[str, Provider] = {}
        for name, settled in self._settled.items():
            row = rows.get(name)
            found[name] = settled if row is None else changed(settled, row)
        for name, row in rows.items():
            if name not in found:
                same = self._rows.get(name) == row
                found[name] = self.providers[name] if same else self._make(row)
        renewed = [name for name in {*rows, *self._rows} if rows.get(name) != self._rows.get(name)]
        gone = [
            one for name, one in self.providers.items() if name not in found or found[name].driver is not one.driver
        ]
        self._rows = dict(rows)
        self.providers = found
        self._infos.clear()
        self.models = Models([one.driver for one in found.values() if one.enabled], self._default)
        for name in renewed:
            self.renewed(name)
        for one in gone:
            await one.driver.close()

    async def close(self) -> None:
        """Close every driver."""
        for one in self.providers.values():
            await one.driver.close()

    # -- what attempts look at -----------------------------------------------------------------------------------------

    def driver(self, provider: str, owner: str | None = None) -> LanguageModels | None:
        """The driver of a provider that is set up and enabled, with the models that are this owner's alone."""
        found = self.providers.get(provider)
        if found is None or not found.enabled:
            return None
        return found.driver if owner is None else found.driver.of(owner)

    def why_not(self, provider: str) -> str:
        """See `Known.why_not`."""
        found = self.providers.get(provider)
        if found is None:
            return "its provider is not set up"
        return "" if found.enabled else "its provider is disabled"

    def family(self, provider: str) -> str:
        """See `Known.family`."""
        found = self.providers.get(provider)
        return "" if found is None else found.family

    def concurrency(self, provider: str) -> int:
        """See `Known.concurrency`."""
        found = self.providers.get(provider)
        return CONCURRENCY if found is None else found.concurrency

    def info(self, target: Target) -> ModelInfo | None:
        """See `Known.info`; of what is a caller's own nothing is remembered."""
        return None if target.mark else self._infos.get(target.id)

    def remember(self, info: ModelInfo) -> None:
        """Know a model as its provider has described it; what is one owner's alone is not known for others."""
        if info.own:
            return
        if len(self._infos) >= KNOWN:
            self._infos.clear()
        self._infos[f"{info.provider}:{info.name}"] = info

    # -- what prices look at -------------------------------------------------------------------------------------------

    def price(self, id: str) -> Row | None:  # noqa: A002 - the column's name
        """See `prices.Configured.price`."""
        return self.prices.get(id)

    def provider(self, id: str) -> Row | None:  # noqa: A002 - as above
        """See `prices.Configured.provider`."""
        found = self.providers.get(id)
        return None if found is None else {"prices": found.prices, "billed": found.billed}

    # -- names ---------------------------------------------------------------------------------------------------------

    @property
    def default(self) -> str | None:
        """What is asked when nobody names a model."""
        return self._default

    def route(self, name: str) -> Route | None:
        """The route of this name, with or without its prefix."""
        return self.routes.get(name.removeprefix(f"{ROUTE}:"))

    def resolve(self, model: str | None) -> Route | None:
        """The route that a caller means by a model: a named one, or the one model of a provider; no network.

        None for a bare name that is no route's: which provider has it, only their lists can tell.
        """
        wanted = model or self._default
        if wanted is None:
            return None
        found = self.route(wanted)
        if found is not None:
            return found
        provider, _, name = wanted.partition(":")
        return direct(provider, name) if name and provider in self.providers else None

    async def choose(
        self, model: str | None = None, provider: str | None = None, owner: str | None = None
    ) -> tuple[LanguageModels | None, ModelInfo]:
        """See `Models.choose`: a route, which has no driver, or the one model of a provider, the owner's own too."""
        await self.ready()
        wanted = model or (None if provider else self._default)
        if self.routes and wanted is not None and provider in (None, ROUTE):
            route = self.route(wanted)
            if route is not None:
                return None, await self.described(route, owner)
        models = self.models if owner is None else self.models.of(owner)
        driver, info = await models.choose(model, provider)
        self.remember(info)
        return driver, info

    async def own(self, route: Route, owner: str) -> Route:
        """A route with the models marked that are this owner's own."""
        targets = [replace(one, mark=await self._mark(one, owner)) for one in route.targets]
        return replace(route, targets=tuple(targets)) if any(one.mark for one in targets) else route

    async def _mark(self, target: Target, owner: str) -> str:
        driver = self.driver(target.provider, owner)
        return "" if driver is None else await driver.mark(target.model)

    async def described(self, route: Route, owner: str | None = None) -> ModelInfo:
        """What a route can do: what some model of it can, as far as that is known, an owner's own among them."""
        route = route if owner is None else await self.own(route, owner)
        unknown = [target for target in route.targets if not target.mark and target.id not in self._infos]
        if unknown:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await asyncio.gather(*map(self._look, unknown))
        infos = [await self._told(target, owner) for target in route.targets]
        known = [info for info in infos if info is not None]
        whole = len(known) == len(infos)

        def some(name: str) -> bool | None:
            said = [getattr(info, name) for info in known]
            return True if True in said else (False if whole and None not in said else None)

        contexts = [info.context_tokens for info in known if info.context_tokens is not None]
        return ModelInfo(
            provider=ROUTE,
            name=route.name,
            tools=not whole or any(info.tools for info in known),
            demonstration=whole and all(info.demonstration for info in known),
            context_tokens=max(contexts, default=None) if whole and len(contexts) == len(known) else None,
            detail=f"A route: {', '.join(target.id for target in route.targets)}.",
            vision=some("vision"),
            audio=some("audio"),
            files=some("files"),
            json_schema=some("json_schema"),
            logprobs=some("logprobs"),
        )

    async def _told(self, target: Target, owner: str | None) -> ModelInfo | None:
        if not target.mark:
            return self._infos.get(target.id)
        driver = self.driver(target.provider, owner)
        with contextlib.suppress(NisError):
            return None if driver is None else await driver.find(target.model)
        return None

    async def _look(self, target: Target) -> None:
        """Ask a provider what a model of it can do."""
        driver = self.driver(target.provider)
        self._infos[target.id] = None
        if driver is not None:
            with contextlib.suppress(NisError):
                info = await driver.find(target.model)
                self._infos[target.id] = info


NAMES = {"openai": "openai", "anthropic": "anthropic", "deepseek": "deepseek", "gemini": "google"}
"""What the data of prices calls the providers of the settings."""
FAMILIES = frozenset({"openai", "anthropic"})


def of_driver(driver: LanguageModels, settings: Settings) -> Provider:
    """A provider of the settings."""
    name = driver.provider
    url = getattr(settings, f"{name}_url", None) or ""
    billed = name not in COMPUTED_HERE and not (name == "local" and is_private(host_of(url)))
    return Provider(
        driver=driver,
        prices=NAMES.get(name, ""),
        billed=billed,
        family=name if name in FAMILIES else "",
        url=told(url),
        kind="anthropic" if name == "anthropic" else "openai" if url else name,
    )


def of_row(row: Row, driver: LanguageModels, settings: Settings) -> Provider:
    """A provider that was set up at run time."""
    return Provider(
        driver=driver,
        prices=row["prices"],
        billed=bool(row["billed"]),
        family=row["prices"] if row["prices"] in FAMILIES else "",
        url=told(row["url"]),
        kind=row["kind"],
        key_name=row["key_name"],
        concurrency=row["concurrency"],
        enabled=bool(row["enabled"]),
        source="run time",
        lacks_key=bool(row["key_name"]) and row["key_name"] not in settings.named_keys,
    )


def direct(provider: str, model: str) -> Route:
    """The way to one model that was named itself."""
    target = Target(provider=provider, model=model)
    return Route(name=target.id, targets=(target,), policy=DIRECT)


def route_of(row: Row) -> Route:
    """A route as its row has it."""
    targets = [_target(one) for one in json.loads(row["targets"])]
    given: dict[str, Any] = json.loads(row["policy"])  # Any: JSON
    ladder = tuple(given.pop("ladder", ()))
    return Route(name=row["id"], targets=tuple(targets), policy=Policy(**given, ladder=ladder))


def _target(given: Mapping[str, Any]) -> Target:  # Any: JSON
    provider, _, model = str(given["model"]).partition(":")
    more = {name: given[name] for name in ("weight", "tier", "max_output") if name in given}
    return Target(provider=provider, model=model, **more)


def changed(settled: Provider, row: Row) -> Provider:
    """A provider of the settings with what a row changes of it: never where it is and which key it is sent."""
    return replace(
        settled,
        prices=row["prices"],
        billed=bool(row["billed"]),
        concurrency=row["concurrency"],
        enabled=bool(row["enabled"]),
    )


def gone(provider: str) -> Unavailable:
    """The refusal of a provider that is not there any more."""
    return Unavailable(f"The provider {provider!r} is gone.", remedy="Set it up again, or name another.")
