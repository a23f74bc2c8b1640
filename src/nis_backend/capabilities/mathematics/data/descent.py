"""Nonlinear least squares: from several starts down to the lowest valley, then to rounding."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.receipts import ROUNDING
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Miss = Callable[[Array], Array]

optimize: Any = import_module("scipy.optimize")  # Any: scipy has no types

MOST = 400
"""Evaluations of one descent."""
POLISH = 60
"""Steps of Gauss and Newton."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A curve with parameters: its values `(points,)`, its slopes by each parameter `(points, parameters)`."""

    text: str
    names: tuple[str, ...]
    value: Callable[[Array, Array], Array]
    slopes: Callable[[Array, Array], Array]
    starts: list[Array]
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, kw_only=True)
class Descent:
    """The lowest place found; `again` is the sum of squares that another method came to."""

    values: Array
    squares: float
    again: float
    error: float
    evaluations: int
    starts: int


def descend(model: Family, x: Array, y: Array, weights: Array, tell: Callable[[float, str], None]) -> Descent:
    """The least sum of squares from all starts.

    Raises:
        InvalidRequest: no start leads anywhere finite.
    """
    count = 0

    def left(values: Array) -> Array:
        nonlocal count
        count += 1
        with np.errstate(all="ignore"):
            miss = weights * (model.value(x, values) - y)
        # A step into what is not finite is refused by its size.
        return np.where(np.isfinite(miss), np.clip(miss, -1e150, 1e150), 1e150)

    def slopes(values: Array) -> Array:
        with np.errstate(all="ignore"):
            found = weights[:, None] * model.slopes(x, values)
        return np.where(np.isfinite(found), np.clip(found, -1e150, 1e150), 0.0)

    best: Array | None = None
    least, second = math.inf, math.inf
    for number, start in enumerate(model.starts):
        tell(number / (len(model.starts) + 1), f"Start {number + 1} of {len(model.starts)}")
        for method in ("trf", "dogbox"):
            ended = _run(left, slopes, start, method)
            if ended is None:
                continue
            squares = float(np.sum(left(ended) ** 2))
            if squares < least:
                least, best = squares, ended
    if best is None or not math.isfinite(least):
        raise InvalidRequest(
            "From none of the first guesses does the curve come near the points.",
            field="start",
            remedy="Give a first guess of each parameter that puts the curve near the points.",
        )
    values, error = _polish(left, slopes, best)
    other = _run(left, slopes, values * (1 + 1e-2) + 1e-8, "dogbox")
    if other is not None:
        second = float(np.sum(left(other) ** 2))
    squares = float(np.sum(left(values) ** 2))
    return Descent(
        values=values,
        squares=squares,
        again=second if math.isfinite(second) else 1e308,
        error=error,
        evaluations=count,
        starts=len(model.starts),
    )


def _run(left: Miss, slopes: Miss, start: Array, method: str) -> Array | None:
    try:
        with np.errstate(all="ignore"):
            result = optimize.least_squares(
                left, start, jac=slopes, method=method, x_scale="jac", ftol=1e-15, xtol=1e-15, gtol=1e-15, max_nfev=MOST
            )
    except (ValueError, np.linalg.LinAlgError):
        return None
    return result.x if np.all(np.isfinite(result.x)) else None


def _polish(left: Miss, slopes: Miss, start: Array) -> tuple[Array, float]:
    """Gauss and Newton while the steps shrink; the error is the last step, relative, with what convergence leaves."""
    values, before = start, math.inf
    size = float(np.sum(left(values) ** 2))
    rate = 0.5
    for _ in range(POLISH):
        step: Array = -np.linalg.lstsq(slopes(values), left(values), rcond=1e-15)[0].astype(np.float64)
        length = _relative(step, values)
        tried = values + step
        after = float(np.sum(left(tried) ** 2))
        if not length < before or after > size * (1 + 1e-9) + 1e-300:
            break
        if math.isfinite(before) and before > 0:
            rate = min(0.95, max(0.05, length / before))
        values, before, size = tried, length, min(size, after)
    step = -np.linalg.lstsq(slopes(values), left(values), rcond=1e-15)[0].astype(np.float64)
    noise = _noise(left, slopes, values)
    return values, max(_relative(step, values) * max(1.0, rate / (1 - rate)), noise)


def _noise(left: Miss, slopes: Miss, values: Array) -> float:
    """What rounding of the curve's values moves the parameters by."""
    jacobian = slopes(values)
    inverse = np.linalg.pinv(jacobian, rcond=1e-15)
    rounded = 4 * ROUNDING * np.abs(jacobian) @ np.abs(values)
    return _relative(np.sqrt((inverse**2) @ (rounded**2)), values) + ROUNDING


def _relative(step: Array, values: Array) -> float:
    return float(np.max(np.abs(step) / np.maximum(np.abs(values), 1e-12 * float(np.max(np.abs(values))) + 1e-300)))
