"""A smooth profile along a stretch, by Chebyshev's polynomials: its value, its slopes and its integral at any place."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

chebyshev: Any = import_module("numpy.polynomial.chebyshev")  # Any: its types are of coefficients of any kind

MOST = 512
"""Degree beyond which a profile counts as not smooth: it has a corner, a jump, or hundreds of waves."""
SMOOTH = 1e-11
"""The last coefficients of the largest, below which the rest of the series is rounding."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A function on 0 to 1."""

    coefficients: Array

    def __call__(self, x: Array) -> Array:
        """Its value."""
        return chebyshev.chebval(2 * x - 1, self.coefficients)

    def slope(self, order: int = 1) -> Profile:
        """Its derivative of this order."""
        return Profile(coefficients=chebyshev.chebder(self.coefficients, order, scl=2))

    def integral(self) -> Profile:
        """Its integral from 0."""
        return Profile(coefficients=chebyshev.chebint(self.coefficients, lbnd=-1, scl=0.5))

    def lifted(self) -> tuple[Profile, float, float]:
        """What is left when the straight line between its ends is taken away, and its two ends."""
        left, right = (float(end) for end in self(np.array([0.0, 1.0])))
        line = np.zeros_like(self.coefficients)
        line[:2] = (left + right) / 2, (right - left) / 2
        return Profile(coefficients=self.coefficients - line), left, right


def _between(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """The function of 0 to 1 as one of -1 to 1."""
    return lambda place: function((place + 1) / 2)


def profile_of(function: Callable[[Array], Array]) -> Profile | None:
    """The polynomial of least degree that is this function to rounding; None where none of degree `MOST` is."""
    degree = 16
    while degree <= MOST:
        coefficients: Array = chebyshev.chebinterpolate(_between(function), degree)
        largest = float(np.max(np.abs(coefficients)))
        if not np.isfinite(largest):
            return None
        if np.max(np.abs(coefficients[-4:])) <= SMOOTH * max(largest, 1e-300):
            return Profile(coefficients=coefficients)
        degree *= 2
    return None
