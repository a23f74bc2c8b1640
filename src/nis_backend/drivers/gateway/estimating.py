"""What a call can cost at most, before it is made: by the same bounds and rates as a reservation under a cap."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nis_backend.drivers.gateway.base import Estimate
from nis_backend.drivers.gateway.bounds import bound_of
from nis_backend.drivers.gateway.registry import ROUTE, direct
from nis_backend.drivers.gateway.worst import longest

if TYPE_CHECKING:
    from nis_backend.drivers.gateway.prices import Prices
    from nis_backend.drivers.gateway.registry import Registry
    from nis_backend.drivers.gateway.route import Target
    from nis_backend.drivers.llm.base import ModelInfo, Prompt


async def estimates(
    registry: Registry, prices: Prices, info: ModelInfo, asked: Prompt | int, output_tokens: int
) -> list[Estimate]:
    """One for each model that may answer: of a route, all of its models."""
    route = registry.route(info.name) if info.provider == ROUTE else direct(info.provider, info.name)
    targets = route.targets if route is not None else ()
    return [await _one(registry, prices, target, asked, output_tokens) for target in targets]


async def _one(registry: Registry, prices: Prices, target: Target, asked: Prompt | int, output_tokens: int) -> Estimate:
    def bounded(family: str, context: int | None) -> int | None:
        return asked if isinstance(asked, int) else bound_of(asked, family, context)

    bound, most = await longest(registry, prices, target, bounded, output_tokens)
    rates = await prices.rates(target.provider, target.model, time.time())
    return Estimate(
        model=target.id,
        input_bound=bound,
        output_bound=most,
        worst=None if rates is None or (bound is None and not rates.free) else rates.worst(bound or 0, most),
        input_rates=rates.input if rates is not None else (),
        output_rates=rates.output if rates is not None else (),
        source=rates.source if rates is not None else "",
    )
