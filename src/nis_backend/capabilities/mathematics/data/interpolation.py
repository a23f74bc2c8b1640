"""Values between points, and what leaving points out says of their error."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.bounded import require_moderate
from nis_backend.capabilities.mathematics.data.curves import Curve, Interpolated, Interpolation, Rule
from nis_backend.capabilities.mathematics.receipts import ROUNDING, stated
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]

interpolate: Any = import_module("scipy.interpolate")  # Any: scipy has no types

ORDERS = {Rule.LINEAR: 2, Rule.CUBIC: 4, Rule.PCHIP: None, Rule.AKIMA: None, Rule.BARYCENTRIC: None}
"""Power of the spacing by which the error of a smooth function falls; PCHIP and Akima lose it at extrema."""
SOURCES = {
    Rule.LINEAR: "de Boor, A Practical Guide to Splines (2001), III",
    Rule.CUBIC: "de Boor, A Practical Guide to Splines (2001), IV, not-a-knot",
    Rule.PCHIP: "Fritsch & Carlson, SIAM J. Numer. Anal. 17 (1980), 238-246; Fritsch & Butland (1984)",
    Rule.AKIMA: "Akima, J. ACM 17 (1970), 589-602",
    Rule.BARYCENTRIC: "Berrut & Trefethen, SIAM Review 46 (2004), 501-517",
}
FEWEST = {Rule.LINEAR: 2, Rule.CUBIC: 4, Rule.PCHIP: 2, Rule.AKIMA: 5, Rule.BARYCENTRIC: 2}
MOST_LEFT_OUT = 200
"""Points that are left out in turn; of more, evenly chosen ones."""
NEIGHBOURS = 24
"""Points on either side that a piecewise curve is made of again without the one left out: what is farther hardly
counts."""
LEAST_MISSES = 3
"""Points to leave out in turn: of fewer, that they are met says nothing."""
BESIDE = {Rule.LINEAR: Rule.PCHIP, Rule.PCHIP: Rule.AKIMA, Rule.AKIMA: Rule.PCHIP}
"""The rule of the same order that bends otherwise: between points that lie unevenly it sees what no point does."""


def make(rule: Rule, x: Array, y: Array) -> Any:  # Any: a curve of scipy's
    """The curve through the points; its `derivative` and `antiderivative` too."""
    match rule:
        case Rule.LINEAR:
            return interpolate.make_interp_spline(x, y, k=1)
        case Rule.CUBIC:
            return interpolate.CubicSpline(x, y)
        case Rule.PCHIP:
            return interpolate.PchipInterpolator(x, y)
        case Rule.AKIMA:
            return interpolate.Akima1DInterpolator(x, y, extrapolate=True)
        case Rule.BARYCENTRIC:
            return _polynomial(x, y)


def _polynomial(x: Array, y: Array) -> Any:  # Any: a curve of scipy's
    with np.errstate(all="ignore"):
        try:
            # The order in which weights are multiplied is drawn by chance: always the same.
            curve = interpolate.BarycentricInterpolator(x, y, rng=np.random.default_rng(0))
        except ValueError:
            # Products of distances that vanish are taken for points given twice.
            raise _too_large() from None
    if not np.all(np.isfinite(curve.wi)):
        raise _too_large()
    return curve


def between(request: Interpolation, tell: Callable[[float, str], None] = silent) -> Interpolated:
    """The values that were asked for."""
    require_moderate("x", request.x)
    require_moderate("y", request.y)
    order = np.argsort(request.x)
    x, y = np.array(request.x)[order], np.array(request.y)[order]
    rule = request.rule
    if len(x) < FEWEST[rule]:
        raise InvalidRequest(
            f"{rule.value} wants at least {FEWEST[rule]} points; there are {len(x)}.",
            field="x",
            value=len(x),
            remedy="Give more points, or choose linear.",
        )
    at = np.array(request.at)
    beyond = int(np.sum((at < x[0]) | (at > x[-1])))
    if beyond and not request.extrapolate:
        raise InvalidRequest(
            f"{beyond} of the places asked for {'is' if beyond == 1 else 'are'} outside the points, which reach from "
            f"{x[0]:g} to {x[-1]:g}.",
            field="at",
            value=request.at[:5],
            remedy="Set extrapolate to true if the curve is to go on, or ask for places between the points.",
        )
    curve = make(rule, x, y)
    tell(0.2, "The curve is made")
    missed = _left_out(rule, x, y, 1)
    grid: Array = np.linspace(float(x[0]), float(x[-1]), request.points)
    span = float(np.ptp(y)) or max(abs(float(y[0])), 1e-300)
    worst = float(np.max(missed)) if len(missed) else math.inf
    told = max(worst, _more(rule, curve, x, y)) if len(missed) >= LEAST_MISSES else math.inf
    integral, again = _area(rule, curve, x)
    if not all(map(math.isfinite, (integral, again, *missed))):
        raise _too_large()
    notes: list[str] = []
    if beyond:
        notes.append("Values beyond the points are the curve going on: their error is not told by leaving points out.")
    if not math.isfinite(told):
        notes.append("There are too few points to leave some out: the error is not known.")
    checks = _checks(rule, curve, x, y, integral, again, span)
    return Interpolated(
        rule=rule,
        values=_finite(curve(at)) if len(at) else [],
        slopes=_finite(_slope(curve, at)) if len(at) else [],
        beyond=beyond,
        integral=integral,
        left_out=worst if math.isfinite(worst) else 1e308,
        left_out_typical=float(np.sqrt(np.mean(missed**2))) if len(missed) else 1e308,
        curve=Curve(x=grid.tolist(), y=_finite(curve(grid))),
        receipt=stated(
            method=f"{rule.value} interpolation",
            order=ORDERS[rule],
            error_of="a value between the points, as a share of the range of y",
            asked=request.tolerance,
            reached=told / span + ROUNDING,
            estimate=_estimate(rule),
            source=SOURCES[rule],
            checks=checks,
            cost=Cost(evaluations=1 + len(missed), of="curves made", unknowns=len(x)),
            notes=notes,
        ),
    )


def _finite(values: Any) -> list[float]:  # Any: what a curve of scipy's answers
    if not np.all(np.isfinite(values)) or float(np.max(np.abs(values))) > 1e300:  # noqa: PLR2004 - beyond a double
        raise _too_large()
    return np.asarray(values, dtype=float).tolist()


def _too_large() -> InvalidRequest:
    return InvalidRequest(
        "The curve grows beyond what a double holds.",
        field="at",
        remedy="Ask for places nearer to the points, or choose PCHIP.",
    )


def _slope(curve: Any, at: Array) -> Any:  # Any: as above
    return curve.derivative(at) if isinstance(curve, interpolate.BarycentricInterpolator) else curve.derivative()(at)


def _left_out(rule: Rule, x: Array, y: Array, run: int) -> Array:
    """How far inner points are from the curve through the others, `run` neighbours left out at once."""
    inner = np.arange(1, len(x) - run)
    if len(x) < FEWEST[rule] + run:
        return np.zeros(0)
    if len(inner) > MOST_LEFT_OUT:
        inner = inner[np.linspace(0, len(inner) - 1, MOST_LEFT_OUT).astype(int)]
    missed: list[float] = []
    for one in inner.tolist():
        low, high = max(0, one - NEIGHBOURS), one + NEIGHBOURS + run
        if rule is Rule.BARYCENTRIC:
            low, high = 0, len(x)
        out = range(one, one + run)
        others = [place for place in range(low, min(high, len(x))) if place not in out]
        missed.append(float(np.max(np.abs(make(rule, x[others], y[others])(x[out]) - y[out]))))
    return np.array(missed)


def _more(rule: Rule, curve: Any, x: Array, y: Array) -> float:
    """What leaving out single points does not see: symmetric data, which fewer points meet as well, and wide gaps."""
    beside = BESIDE.get(rule)
    if beside is None:
        pairs = _left_out(rule, x, y, 2)
        # Two points out widen a gap threefold, one point twofold.
        return float(np.max(pairs)) / 1.5 ** (ORDERS[rule] or 0) if len(pairs) else math.inf
    other = make(beside if len(x) >= FEWEST[beside] else Rule.LINEAR, x, y)
    places = (x[:-1, None] + np.diff(x)[:, None] * np.array([0.25, 0.5, 0.75])).ravel()
    return float(np.max(np.abs(curve(places) - other(places))))


def _estimate(rule: Rule) -> str:
    beside = BESIDE.get(rule)
    also = "two neighbours at once too" if beside is None else f"and {beside.value} beside"
    return f"leaving inner points out in turn, {also}: rather too large than too small"


def _area(rule: Rule, curve: Any, x: Array) -> tuple[float, float]:
    """The area by the antiderivative, and again by Gauss's rule in each interval."""
    # Gauss with m points is exact up to degree 2m - 1.
    if rule is Rule.BARYCENTRIC:
        nodes, weights = np.polynomial.legendre.leggauss(len(x) // 2 + 1)
        more, heavier = np.polynomial.legendre.leggauss(len(x) // 2 + 4)
        half = (x[-1] - x[0]) / 2
        middle = (x[-1] + x[0]) / 2
        once = float(half * np.sum(weights * curve(middle + half * nodes)))
        return once, float(half * np.sum(heavier * curve(middle + half * more)))
    nodes, weights = np.polynomial.legendre.leggauss(2)
    half, middle = np.diff(x) / 2, (x[1:] + x[:-1]) / 2
    places = middle[:, None] + half[:, None] * nodes
    primitive = curve.antiderivative()
    return float(primitive(x[-1]) - primitive(x[0])), float(np.sum(half[:, None] * weights * curve(places)))


def _checks(  # noqa: PLR0913, PLR0917 - each is one thing that is compared
    rule: Rule, curve: Any, x: Array, y: Array, integral: float, again: float, span: float
) -> list[Check]:
    size = span + float(np.max(np.abs(y)))
    missed = float(np.max(np.abs(curve(x) - y)))
    height = float(np.max(np.abs(curve(np.linspace(x[0], x[-1], 400)))))
    area = max(height, size) * float(x[-1] - x[0])
    way = "Gauss's rule of another order" if rule is Rule.BARYCENTRIC else "Gauss's rule in each interval"
    allowed = 1e-10 * area * (1 + float(np.max(np.abs(x))) / float(x[-1] - x[0]))
    return [
        compare("the curve at the points given, less their values", missed, 0.0, "", allowed=1e-10 * size),
        compare(f"integral, {way}", integral, again, "", allowed=allowed),
    ]
