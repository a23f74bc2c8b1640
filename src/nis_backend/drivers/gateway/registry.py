"""What is configured, in memory: providers, routes and prices, from the settings and from the store's rows."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nis_backend.drivers.gateway.base import Policy, Route, Target
from nis_backend.drivers.gateway.prices import COMPUTED_HERE
from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.drivers.llm.choice import Models
from nis_backend.errors import NisError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nis_backend.drivers.llm.base import LanguageModels
    from nis_backend.drivers.store.base import Row, Table
    from nis_backend.drivers.store.spending import Spending
    from nis_backend.settings import Settings

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


@dataclass(frozen=True, kw_only=True)
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

    @property
    def id(self) -> str:
        """Its name."""
        return self.driver.provider


class Registry:
    """Look-ups are in memory; `load` reads the store anew."""

    def __init__(
        self,
        store: Spending,
        providers: Sequence[Provider],
        make: Callable[[Row], Provider],
        default: str | None = None,
    ) -> None:
        self._store = store
        self._settled = {one.id: one for one in providers}
        self._make = make
        self._default = default
        self._loaded = False
        self._loading = asyncio.Lock()
        self._infos: dict[str, ModelInfo | None] = {}
        self._rows: dict[str, Row] = {}
        self.providers: dict[str, Provider] = dict(self._settled)
        self.routes: dict[str, Route] = {}
        self.prices: dict[str, Row] = {}
        self.models = Models([one.driver for one in providers], default)
        """The models of the providers that are enabled."""

    async def ready(self) -> None:
        """Have everything be read; a look at a flag where it was.

        Raises:
            Unavailable: the database is away.
        """
        if not self._loaded:
            async with self._loading:
                if not self._loaded:
                    await self.load()

    async def load(self, tables: Iterable[Table] = ("providers", "routes", "prices")) -> None:
        """Read what is configured in these tables.

        Raises:
            Unavailable: the database is away.
        """
        read = {table: await self._store.configured(table, {}) for table in tables}
        if "providers" in read:
            await self._set_providers({row["id"]: row for row in read["providers"]})
        if "routes" in read:
            self.routes = {row["id"]: route_of(row) for row in read["routes"] if row["enabled"]}
        if "prices" in read:
            self.prices = {row["id"]: row for row in read["prices"]}
        self._loaded = True

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
        gone = [
            one for name, one in self.providers.items() if name not in found or found[name].driver is not one.driver
        ]
        self._rows = dict(rows)
        self.providers = found
        self._infos.clear()
        self.models = Models([one.driver for one in found.values() if one.enabled], self._default)
        for one in gone:
            await one.driver.close()

    async def close(self) -> None:
        """Close every driver."""
        for one in self.providers.values():
            await one.driver.close()

    # -- what attempts look at -----------------------------------------------------------------------------------------

    def driver(self, provider: str) -> LanguageModels | None:
        """The driver of a provider that is set up and enabled."""
        found = self.providers.get(provider)
        return found.driver if found is not None and found.enabled else None

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
        """See `Known.info`."""
        return self._infos.get(target.id)

    def remember(self, info: ModelInfo) -> None:
        """Know a model as its provider has described it."""
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

    async def described(self, route: Route) -> ModelInfo:
        """What a route can do: what some model of it can, as far as that is known."""
        unknown = [target for target in route.targets if target.id not in self._infos]
        if unknown:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await asyncio.gather(*map(self._look, unknown))
        infos = [self._infos.get(target.id) for target in route.targets]
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
    billed = name not in COMPUTED_HERE and not (name == "local" and is_private(urlsplit(url).hostname or ""))
    return Provider(
        driver=driver,
        prices=NAMES.get(name, ""),
        billed=billed,
        family=name if name in FAMILIES else "",
        url=told(url),
        kind="anthropic" if name == "anthropic" else "openai" if url else name,
    )


def of_row(row: Row, driver: LanguageModels) -> Provider:
    """A provider that was set up at run time."""
    return Provider(
        driver=driver,
        prices=row["prices"],
        billed=bool(row["billed"]),
        family=row["prices"] if row["prices"] in FAMILIES else "",
        url=row["url"],
        kind=row["kind"],
        key_name=row["key_name"],
        concurrency=row["concurrency"],
        enabled=bool(row["enabled"]),
        source="run time",
    )


def told(url: str) -> str:
    """An address without the credentials that it may hold."""
    scheme, mark, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def is_private(host: str) -> bool:
    """Whether a host is this machine or one of its own network, as far as its name tells."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan"))


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
