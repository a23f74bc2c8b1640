"""The most tokens of a call by one model: what a cap counts of it, and what is told of it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.gateway.attempt import Known
    from nis_backend.drivers.gateway.prices import Prices
    from nis_backend.drivers.gateway.route import Target


async def longest(
    known: Known, prices: Prices, target: Target, bound: Callable[[str, int | None], int | None], output: int
) -> tuple[int | None, int]:
    """The most input tokens, None where nobody can say, and the most output tokens of an answer of `output` at most.

    `bound` answers the first, of a family of models and within a context; a provider's own word goes before the data's.
    """
    info = known.info(target)
    context = None if info is None else info.context_tokens
    context = context or await prices.context(target.provider, target.model)
    limits = (target.max_output, None if info is None else info.max_output)
    most = min([output, *(limit for limit in limits if limit is not None)])
    return bound(known.family(target.provider), context), most
