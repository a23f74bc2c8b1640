"""An inverse Laplace transform at many times: terms doubled until two methods agree, an octave of times at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.signals.dehoog import Continued, continued
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.mathematics.signals.transforms import Inversion

mpmath: Any = import_module("mpmath")  # Any: it has no types

NAMES = {"talbot": "fixed Talbot", "dehoog": "de Hoog", "cohen": "Cohen"}
FIRST = 32
"""Terms to begin with."""
MOST_WORK = 400_000_000
"""Cubes of the terms of continued fractions, in all, beyond which no more terms are taken: about a minute."""
FAILURES = (ArithmeticError, ValueError, TypeError, mpmath.libmp.NoConvergence)
"""What mpmath raises where F has no value."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """f at one time, the same by a second method, and by which two."""

    one: float
    other: float
    error: float
    degree: int
    ways: tuple[str, str]


class Counted:
    """F, with how often it was asked."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, place: Any) -> Any:  # Any: a number of mpmath's
        """F there."""
        self.calls += 1
        return self.function(place)


def invert_by_octaves(
    function: Callable[[Any], Any],
    request: Inversion,
    shift: float,
    turns: float,
    tell: Callable[[float, str], None],
) -> list[Value]:
    """Every time; those of an octave share the values of F that de Hoog's method takes, which cost the most.

    Raises:
        InvalidRequest: the methods come to no finite number.
    """
    found: dict[float, Value] = {}
    left = sorted(set(request.times), reverse=True)
    spent = 0
    while left:
        octave = [t for t in left if t > left[0] / 2]
        left = left[len(octave) :]
        # Talbot's contour crosses the imaginary axis at π·terms/(5·t), and must pass beyond all poles.
        least = {t: 20 + math.ceil(2 * turns * t) for t in octave}
        spent += _octave(function, least, shift, request, MOST_WORK - spent, found)
        tell(1 - len(left) / len(request.times), f"Times from {octave[-1]:g} to {octave[0]:g}")
    return [found[t] for t in request.times]


def _octave(  # noqa: PLR0913, PLR0917 - each is one thing that it needs
    function: Callable[[Any], Any],
    least: dict[float, int],
    shift: float,
    request: Inversion,
    allowed: int,
    found: dict[float, Value],
) -> int:
    """Put an octave's values into `found`: terms doubled until two methods agree, and agree with half the terms.

    Talbot's contour goes into the left half-plane, where a branch of F may be another one; de Hoog's and Cohen's stay
    right of all poles. Answers the cubes of the terms taken.
    """
    latest = max(least)
    degree = min(max(FIRST, least[latest]), request.max_degree) if allowed > 0 else FIRST
    before: dict[float, dict[str, Any]] = {}
    still, spent = list(least), 0
    while True:
        spent += degree**3
        again, fraction = bool(before), _fraction(function, latest, degree)
        for t in still:
            now, before[t] = _once(function, fraction, t, shift, request, degree, before.get(t, {}))
            if t not in found or now.error < found[t].error:
                found[t] = now
        if again:
            still = [t for t in still if found[t].error > request.tolerance]
        more = min(request.max_degree, 2 * degree)
        if not still or degree >= request.max_degree or spent + more**3 > allowed:
            break
        degree = more
    for t, wanted in least.items():
        if not math.isfinite(found[t].error):
            raise InvalidRequest(
                f"At t = {t:g} the methods come to no finite number.",
                field="formula",
                value=request.formula,
                remedy="Check that F is a Laplace transform: analytic right of all its poles, and falling for large s.",
            )
        if wanted > degree:
            # Poles beyond the contour are seen by no method: that they agree says nothing.
            found[t] = replace(found[t], error=max(1.0, found[t].error))
    return spent


def _once(  # noqa: PLR0913, PLR0917 - as above
    function: Callable[[Any], Any],
    fraction: Continued | None,
    t: float,
    shift: float,
    request: Inversion,
    degree: int,
    before: dict[str, Any],
) -> tuple[Value, dict[str, Any]]:
    """One time with so many terms, and what each method came to."""
    with mpmath.workdps(max(30, int(1.2 * degree))):
        found = {
            "talbot": _by(function, t, shift, "talbot", degree),
            "dehoog": mpmath.nan if fraction is None else _shifted(lambda: fraction.value(t), t, shift),
        }
        now = _better(found, before, degree)
        if now.error > request.tolerance and before:
            found["cohen"] = _by(function, t, shift, "cohen", degree)
            now = _better(found, before, degree)
    return now, found


def _fraction(function: Callable[[Any], Any], latest: float, degree: int) -> Continued | None:
    try:
        return continued(function, latest, degree)
    except FAILURES:
        return None


def _by(function: Callable[[Any], Any], t: float, shift: float, way: str, degree: int) -> Any:
    return _shifted(lambda: mpmath.invertlaplace(function, t, method=way, degree=degree), t, shift)


def _shifted(value: Callable[[], Any], t: float, shift: float) -> Any:
    try:
        return mpmath.re(value()) * mpmath.exp(mpmath.mpf(shift) * t)
    except FAILURES:
        return mpmath.nan


def _better(found: dict[str, Any], before: dict[str, Any], degree: int) -> Value:
    """The two methods that are nearest to each other, and to themselves with half the terms."""
    best = Value(one=0.0, other=0.0, error=math.inf, degree=degree, ways=("talbot", "dehoog"))
    ways = list(found)
    for i, first in enumerate(ways):
        for second in ways[i + 1 :]:
            one, other = found[first], found[second]
            if not (mpmath.isfinite(one) and mpmath.isfinite(other)) or abs(one) > 1e300:  # noqa: PLR2004 - a double's
                continue
            size = max(1, abs(one))
            moved = abs(one - before[first]) if first in before else 0
            # What a double rounds comes on top.
            error = float(max(abs(one - other), moved) / size) + 2.0**-52
            if error < best.error:
                best = Value(one=float(one), other=float(other), error=error, degree=degree, ways=(first, second))
    return best
