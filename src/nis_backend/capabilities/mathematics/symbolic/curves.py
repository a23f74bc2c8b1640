"""Curves of formulas for drawings: values of doubles, null where a formula has none or goes through the roof."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import read_again
from nis_backend.capabilities.mathematics.symbolic.results import Curve
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.numerics.formula import Formula

POINTS = 161
ROOF = 50.0
"""Times the median of what is drawn, beyond which a pole hides all else."""


def draw_curve(  # noqa: PLR0913, PLR0917 - a window, and what stands in it
    formula: Formula, name: str, low: float, high: float, beside: Any, beside_name: str
) -> Curve | None:  # Any: sympy has no types
    """The formula between two places, an expression in the same variable beside it; None where other names stand."""
    if not formula.names <= {name} or not (math.isfinite(low) and math.isfinite(high) and low < high):
        return None
    places = [low + (high - low) * at / (POINTS - 1) for at in range(POINTS)]
    try:
        bound(formula)
    except InvalidRequest:
        return None
    main = _values(formula.compile(name, arrays=False), places)
    other = _drawable(beside) if beside is not None else None
    second: list[float | None] = [None] * POINTS
    if other is not None and other.names <= {name}:
        second = _values(other.compile(name, arrays=False), places)
    return Curve(x=places, function=main, beside=second, beside_name=beside_name if any(_there(second)) else "")


def _drawable(expression: Any) -> Formula | None:
    formula = read_again(expression)
    try:
        if formula is not None:
            bound(formula)
    except InvalidRequest:
        return None
    return formula


def _values(function: Callable[..., Any], places: list[float]) -> list[float | None]:
    found = [_value(function, x) for x in places]
    sizes = sorted(abs(one) for one in found if one is not None)
    roof = ROOF * (sizes[len(sizes) // 2] or 1.0) if sizes else 0.0
    return [one if one is not None and abs(one) <= max(roof, 1e-12) else None for one in found]


def _value(function: Callable[..., Any], x: float) -> float | None:
    try:
        value = function(x)
    except (ArithmeticError, ValueError, TypeError):
        return None
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _there(values: list[float | None]) -> list[bool]:
    return [one is not None for one in values]
