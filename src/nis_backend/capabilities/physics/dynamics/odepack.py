"""LSODA, which switches by itself between Adams' formulas and backward differences: a second opinion on what is stiff.

Source: Petzold, SIAM J. Sci. Stat. Comput. 4 (1983), 136-148; ODEPACK as scipy wraps it.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.physics.dynamics.schemes import FAILURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.physics.dynamics.schemes import Rate, State

MOST_EVALUATIONS = 100_000
"""Evaluations of the right side after which there is no second opinion."""


class _EnoughError(ArithmeticError):
    """The evaluations are spent."""


def lsoda_end(  # noqa: PLR0913, PLR0917 - a system, its interval and its errors
    rate: Rate, begin: float, end: float, start: State, asked: float, scales: Sequence[float]
) -> State | None:
    """The state at the end to this relative error of each step; None where LSODA does not get there."""
    integrate: Any = import_module("scipy.integrate")  # Any: scipy has no types
    # What grows from little is to be right when it is little.
    sizes = [min(scale, abs(y)) or scale for scale, y in zip(scales, start, strict=True)]
    count = 0

    def counted(t: float, y: Any) -> State:
        nonlocal count
        count += 1
        if count > MOST_EVALUATIONS:
            raise _EnoughError
        return rate(t, tuple(y.tolist()))

    try:
        found = integrate.solve_ivp(
            counted,
            (begin, end),
            start,
            method="LSODA",
            rtol=asked,
            atol=[asked * max(size, 1e-290) * 1e-3 for size in sizes],
            t_eval=[end],
        )
    except FAILURES:
        return None
    if not found.success:
        return None
    state = tuple(float(row[-1]) for row in found.y)
    return state if all(map(math.isfinite, state)) else None
