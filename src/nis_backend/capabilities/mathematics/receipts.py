"""Receipts of what is computed in one go, where no grid is refined."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.numerics.receipt import Receipt

if TYPE_CHECKING:
    from nis_backend.numerics.receipt import Check, Conserved, Cost

ROUNDING = 2.0**-52
"""Distance from 1 to the next double."""


def stated(  # noqa: PLR0913 - each is one line of the receipt
    *,
    method: str,
    error_of: str,
    asked: float,
    reached: float,
    estimate: str,
    source: str,
    checks: list[Check],
    unit: str = "",
    order: int | None = None,
    observed: float | None = None,
    steps: int = 0,
    residual: float | None = None,
    residual_of: str = "",
    conserved: list[Conserved] | None = None,
    cost: Cost | None = None,
    notes: list[str] | None = None,
) -> Receipt:
    """A receipt; the error asked is met where the estimate is within it and no second way disagrees.

    An estimate that is not finite is told as the largest double.
    """
    told = reached if math.isfinite(reached) else 1.7976931348623157e308
    return Receipt(
        method=method,
        order=order,
        observed_order=observed,
        steps=steps,
        error_of=error_of,
        error_asked=asked,
        error_reached=told,
        unit=unit,
        estimate=estimate,
        met=told <= asked and all(one.agrees for one in checks),
        residual=residual,
        residual_of=residual_of,
        conserved=conserved or [],
        cost=cost,
        source=source,
        checks=checks,
        notes=notes or [],
    )
