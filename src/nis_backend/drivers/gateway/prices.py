"""What a model's tokens cost now, and where that is known from."""

from __future__ import annotations

import asyncio
import json
import math
import time
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol, cast

from nis_backend.drivers.gateway.periods import DOLLAR
from nis_backend.drivers.gateway.rates import FREE, Rates, Tiered, flat
from nis_backend.drivers.gateway.route import COMPUTED_HERE
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

    from nis_backend.drivers.gateway.rates import Sounded
    from nis_backend.drivers.store.base import Row

KEPT = 4096
"""Most rates that are kept; a caller may name any model."""
MINUTE = 60
"""Seconds that rates are kept: some change with the time of day."""
COMPUTED = Rates.of(input=FREE, source="computed here")
SET = ("input", "output", "cached", "written")
"""Rates of a price that was set here, in nano-dollars for a million tokens."""


class Configured(Protocol):
    """What was set at run time, in memory."""

    def price(self, id: str) -> Row | None:  # noqa: A002 - the column's name
        """The row of `prices` of this `provider:model`."""
        ...

    def provider(self, id: str) -> Row | None:  # noqa: A002
        """The row of `providers`, or what the settings say in its place."""
        ...


class Prices:
    """Rates by provider and model: those set here win, then what is computed here or not billed, then the data."""

    def __init__(self, configured: Configured, file: Path | None = None) -> None:
        self._configured = configured
        self._file = file
        self._kept: dict[tuple[str, str, str], tuple[int, Row | None, Rates | None]] = {}
        """Within which minute each was looked up, by which price that is set here."""
        self._data: _Data | None = None
        self._loading: asyncio.Task[_Data] | None = None

    def forget(self) -> None:
        """Look everything up anew: prices or providers were changed."""
        self._kept.clear()

    async def rates(self, provider: str, model: str, at: float, tier: str = "", sound: Sounded = "") -> Rates | None:
        """The rates of a call that begins then, under a tier of service; None when no price is known.

        `sound` says that it is one of sounds, which may have a price where words have none.
        """
        rates = await self._rates(provider, model, at, tier)
        return rates if rates is not None and rates.covers(sound) else None

    async def _rates(self, provider: str, model: str, at: float, tier: str) -> Rates | None:
        key, minute = (provider, model, tier), int(at // MINUTE)
        row = self._configured.price(id_of(provider, model))
        kept = self._kept.get(key)
        if kept is not None and kept[0] == minute and kept[1] is row:
            return kept[2]
        rates = await self._look_up(provider, model, at, tier) if row is None else _set(row)
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[key] = minute, row, rates
        return rates

    async def context(self, provider: str, model: str) -> int | None:
        """The most input tokens that the model takes, where it is known."""
        row = self._configured.price(id_of(provider, model))
        if row is not None and row["context"] is not None:
            return int(row["context"])
        name = self._data_name(provider)
        found = (await self._have_data()).model(name, model) if name else None
        return found.context_window if found else None

    async def names(self, provider: str) -> list[str]:
        """The models of a provider that the data knows."""
        name = self._data_name(provider)
        return (await self._have_data()).names(name) if name else []

    async def _look_up(self, provider: str, model: str, at: float, tier: str) -> Rates | None:
        if provider in COMPUTED_HERE:
            return COMPUTED
        held = self._configured.provider(provider)
        if held is not None and not held["billed"]:
            return Rates.of(input=FREE, source="not billed")
        name = self._data_name(provider)
        return (await self._have_data()).rates(name, model, at, tier) if name else None

    def _data_name(self, provider: str) -> str:
        """What the data calls the provider; nothing where it does not know it: no other's price is taken for its."""
        held = self._configured.provider(provider)
        return str(held["prices"]) if held is not None else ""

    async def _have_data(self) -> _Data:
        if self._data is not None:
            return self._data
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(asyncio.to_thread(_load, self._file), name="prices")
        data = await asyncio.shield(self._loading)
        self._data = data
        return data


def id_of(provider: str, model: str) -> str:
    """What a price that was set here is kept under; a vendor's slash is a colon, as in a model's id."""
    return f"{provider}:{model}".replace("/", ":")


def _set(row: Row) -> Rates:
    given = json.loads(row["rates"])
    tiers = {name: flat(int(given[name])) for name in SET if given.get(name) is not None}
    return Rates.of(
        input=tiers["input"],
        output=tiers.get("output"),
        cached=tiers.get("cached"),
        written=tiers.get("written"),
        hour=int(given.get("hour") or 0),
        characters=int(given.get("characters") or 0),
        source="set here",
    )


# -- the data ---------------------------------------------------------------------------------------------------------


class _Data:
    """The prices of a package, or of a file in its form."""

    def __init__(self, providers: list[Provider], source: str) -> None:
        self._all = providers
        self._providers = {one.id: one for one in providers}
        self.source = source

    def model(self, provider: str, model: str) -> ModelInfo | None:
        """A provider's own model."""
        # Not by the snapshot's own look-up: it keeps every name that it is asked, and callers name what they like.
        found = self._providers.get(provider)
        return found and found.find_model(model, all_providers=self._all)

    def names(self, provider: str) -> list[str]:
        """The models of a provider."""
        found = self._providers.get(provider)
        return [] if found is None else [model.id for model in found.models]

    def rates(self, provider: str, model: str, at: float, tier: str) -> Rates | None:
        """The rates of that moment; None of a model that is not known, or has no price for tokens."""
        found = self.model(provider, model)
        if found is None:
            return None
        # Tiers of service are the provider's own: with another's model, whose list it borrows, they say nothing.
        own = any(found is one for one in self._providers[provider].models)
        price = found.get_prices(datetime.fromtimestamp(at, UTC), _asked_as(tier) if own else None)
        return _rates(price, self.source)


def _asked_as(tier: str) -> Mapping[str, str] | None:
    """A tier of service as the data names it: a batch is a way of processing, Anthropic's fast mode a speed."""
    if tier == "batch":
        return {"processing": "batch"}
    return {"service_tier": tier, "speed": tier} if tier else None


def _rates(price: ModelPrice, source: str) -> Rates | None:
    names = {
        "input": "input_mtok",
        "output": "output_mtok",
        "cached": "cache_read_mtok",
        "written": "cache_write_mtok",
        "written_long": "cache_write_1h_mtok",
        "reasoning": "output_reasoning_mtok",
        "audio_in": "input_audio_mtok",
        "audio_out": "output_audio_mtok",
    }
    given = {ours: getattr(price, theirs) for ours, theirs in names.items()}
    tiers = {name: _tiers(one) for name, one in given.items() if one is not None}
    # Whisper is charged by the hour of what it hears, an old voice by the characters that it speaks.
    hour, characters = _flat(price.input_audio_hours), _flat(price.input_mchars)
    if "input" not in tiers and not (hour or characters):
        # A plan's: nothing is said of single calls.
        return None
    request = cast("Decimal | None", price.requests_kcount)
    each = 0 if request is None else math.ceil(request * DOLLAR / 1000)
    by_tokens = "input" in tiers
    tiers.setdefault("input", FREE)
    more = {"request": each, "hour": hour, "characters": characters, "by_tokens": by_tokens}
    return Rates.of(**cast("dict[str, Any]", {**tiers, **more}), source=source)


def _flat(price: Decimal | TieredPrices | None) -> int:
    return _nano(price) if isinstance(price, Decimal) else 0


def _tiers(price: Decimal | TieredPrices) -> Tiered:
    if isinstance(price, Decimal):
        return flat(_nano(price))
    return (-1, _nano(price.base)), *((tier.start, _nano(tier.price)) for tier in price.tiers)


def _nano(dollars: Decimal) -> int:
    return math.ceil(dollars * DOLLAR)


def _load(file: Path | None) -> _Data:
    """Read the data: in a thread, at the first call that has a price.

    Raises:
        Unavailable: the file of NIS_PRICES is not what it should be.
    """
    from genai_prices import data, types  # noqa: PLC0415 - 10 MB, and a client for HTTP

    if file is None:
        return _Data(data.providers, f"genai-prices {version('genai-prices')}")
    try:
        # The package reads its own downloads by this alone; a test holds it to that.
        providers = types._providers_from_raw(json.loads(file.read_text("utf-8")))  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        day = time.strftime("%Y-%m-%d", time.gmtime(file.stat().st_mtime))
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"The prices in {file.name}, which NIS_PRICES names, cannot be read: {type(error).__name__}.",
            remedy="Give it the file data.json of genai-prices, or unset NIS_PRICES.",
        ) from None
    return _Data(providers, f"{file.name} of {day}")
