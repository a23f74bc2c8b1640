"""Roots of polynomials in doubles, to all their digits: those that repeat, and those that rounding took apart."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

mpmath: Any = import_module("mpmath")  # Any: it has no types
sympy: Any = import_module("sympy")  # Any: its types do not hold

DIGITS = 50
ROUNDS = 200
"""Steps of Aberth's iteration."""
ALIKE = (0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
"""Distances, relative, within which roots are tried as one that repeats."""
ROUNDED = 2 * 2.0**-52
"""By how much, for each degree, such a root may change a coefficient: it was multiplied out in doubles."""


def roots(coefficients: Array) -> tuple[list[complex], list[tuple[complex, int]]]:
    """The roots of what was written, and those of them that were taken as one.

    Roots that repeat exactly are found once, from the factors over the fractions; those that rounding of the
    coefficients took apart are put together again.
    """
    symbol = sympy.Symbol("s")
    polynomial = sympy.Poly([sympy.Rational(repr(one)) for one in coefficients.tolist()], symbol)
    if polynomial.degree() < 1:
        return [], []
    found: list[Any] = []
    with mpmath.workdps(DIGITS):
        for factor, times in polynomial.sqf_list()[1]:
            found += [one for one in _sharp([one / factor.LC() for one in factor.all_coeffs()]) for _ in range(times)]
        written = [mpmath.mpf(one) / mpmath.mpf(float(coefficients[0])) for one in coefficients.tolist()]
        return _together(found, written)


def _sharp(coefficients: Sequence[Any]) -> list[Any]:
    """The distinct roots of a polynomial by Aberth's iteration (Math. Comp. 27 (1973), 339-344), from numpy's."""
    parts = [mpmath.mpf(int(one.p)) / int(one.q) for one in coefficients]
    start = np.roots([float(one) for one in parts])
    places = [mpmath.mpc(complex(one)) * (1 + mpmath.mpc(at, 1) / 10**9) for at, one in enumerate(start, 1)]
    slope = [one * (len(parts) - 1 - at) for at, one in enumerate(parts[:-1])]
    for _ in range(ROUNDS):
        moved = mpmath.mpf(0)
        for at, here in enumerate(places):
            value = mpmath.polyval(parts, here)
            if value == 0:
                continue
            newton = mpmath.polyval(slope, here) / value
            others = mpmath.fsum(1 / (here - other) for other in places if other != here)
            step = 1 / (newton - others) if newton != others else mpmath.mpf(0)
            places[at] = here - step
            moved = max(moved, abs(step) / (abs(here) or 1))
        if moved < mpmath.mpf(10) ** (8 - DIGITS):
            break
    return [_tidy(one) for one in places]


def _tidy(root: Any) -> Any:
    """A root without the trace of rounding in one of its parts."""
    real, imaginary = mpmath.re(root), mpmath.im(root)
    least = abs(root) * mpmath.mpf(10) ** -30
    return mpmath.mpc(0 if abs(real) < least else real, 0 if abs(imaginary) < least else imaginary)


def _together(found: list[Any], written: list[Any]) -> tuple[list[complex], list[tuple[complex, int]]]:
    """The roots, with those put together that differ by what rounding of the coefficients explains."""
    for near in ALIKE:
        groups = _grouped(found, near)
        if len(groups) == len({complex(one) for one in found}):
            continue
        counts = [len(group) for group in groups]
        middles = _fitted([mpmath.fsum(group) / len(group) for group in groups], counts, written)
        again = [middle for middle, group in zip(middles, groups, strict=True) for _ in group]
        if _makes(again, written):
            several = zip(middles, groups, strict=True)
            merged = [(complex(one), len(group)) for one, group in several if len({complex(it) for it in group}) > 1]
            return [complex(one) for one in again], merged
    return [complex(one) for one in found], []


def _grouped(found: list[Any], near: float) -> list[list[Any]]:
    """Roots that are nearer than that to one of the same group."""
    groups: list[list[Any]] = []
    for root in found:
        close = [group for group in groups if any(abs(root - one) <= near * abs(root) for one in group)]
        groups = [group for group in groups if group not in close] + [
            [*(one for group in close for one in group), root]
        ]
    return groups


def _fitted(places: list[Any], counts: list[int], written: list[Any]) -> list[Any]:
    """The places of roots that repeat so often whose polynomial is nearest to what was written (Zeng 2005)."""
    weights = [1 / (abs(one) or mpmath.mpf(1)) for one in written[1:]]
    for _ in range(2):
        whole = [place for place, count in zip(places, counts, strict=True) for _ in range(count)]
        missed = mpmath.matrix(
            [(b - a) * weight for a, b, weight in zip(_product(whole)[1:], written[1:], weights, strict=True)]
        )
        slopes = mpmath.matrix(len(weights), len(places))
        for column, (place, count) in enumerate(zip(places, counts, strict=True)):
            others = list(whole)
            others.remove(place)
            for row, one in enumerate(_product(others)):
                slopes[row, column] = -count * one * weights[row]
        try:
            steps = mpmath.lu_solve(slopes, missed)
        except ZeroDivisionError:
            break
        places = [place + step for place, step in zip(places, steps, strict=True)]
    return [_tidy(one) for one in places]


def _product(places: Sequence[Any]) -> list[Any]:
    """The coefficients of the polynomial with these roots, the highest power's first."""
    made = [mpmath.mpc(1)]
    for root in places:
        made = [a - root * b for a, b in zip([*made, 0], [0, *made], strict=True)]
    return made


def _makes(places: list[Any], written: list[Any]) -> bool:
    """Whether a polynomial with these roots has the coefficients that were written, but for their rounding."""
    # A coefficient that cancels to nothing is held against what cancelled.
    triples = zip(_product(places), written, _product([-abs(one) for one in places]), strict=True)
    return all(
        abs(a - b) <= ROUNDED * len(written) * (abs(b) or mpmath.mpf("1e-16") * abs(size)) for a, b, size in triples
    )
