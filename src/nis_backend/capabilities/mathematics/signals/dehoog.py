"""De Hoog's inverse Laplace transform: one continued fraction of F along a line serves many times."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

mpmath: Any = import_module("mpmath")  # Any: it has no types

DIGITS = 1.38
"""Digits worked with, a degree."""


@dataclass(frozen=True, kw_only=True)
class Continued:
    """The continued fraction whose value at exp(iπt/T) is the Fourier series of f, T twice the latest time."""

    latest: float
    degree: int
    abscissa: Any
    parts: list[Any]

    def value(self, t: float) -> Any:  # Any: a number of mpmath's
        """F's f at this time, at most the latest; it converges the slower the earlier."""
        with mpmath.workdps(int(DIGITS * self.degree)):
            half, d = 2 * mpmath.mpf(self.latest), self.parts
            z = mpmath.expjpi(mpmath.mpf(t) / half)
            over, under = (mpmath.mpc(0), d[0]), (mpmath.mpc(1), mpmath.mpc(1))
            for part in d[1:-1]:
                step = part * z
                over = over[1], over[1] + step * over[0]
                under = under[1], under[1] + step * under[0]
            # What is left of the fraction is near the root of its own equation.
            left = (1 + (d[-2] - d[-1]) * z) / 2
            left *= mpmath.powm1(1 + d[-1] * z / left**2, mpmath.mpf(1) / 2)
            series = (over[1] + left * over[0]) / (under[1] + left * under[0])
            return mpmath.exp(self.abscissa * t) / half * series.real


def continued(function: Callable[[Any], Any], latest: float, degree: int) -> Continued:
    """F at 2·degree + 1 places, turned into a continued fraction by quotients and differences.

    Raises:
        ArithmeticError: F vanishes at a place, or has no value there.
    """
    digits = int(DIGITS * degree)
    with mpmath.workdps(digits):
        half = 2 * mpmath.mpf(latest)
        least = mpmath.mpf(10) ** -digits
        abscissa = least - mpmath.log(10 * least) / (2 * half)
        turn = mpmath.pi / half
        f = [mpmath.mpc(function(mpmath.mpc(abscissa, turn * k))) for k in range(2 * degree + 1)]
        f[0] /= 2
        parts = [f[0]]
        quotients = [b / a for a, b in pairwise(f)]
        differences = [mpmath.mpc(0)] * len(quotients)
        for row in range(degree):
            parts.append(-quotients[0])
            differences = [b - a + e for a, b, e in zip(quotients, quotients[1:], differences[1:], strict=False)]
            parts.append(-differences[0])
            if row < degree - 1:
                quotients = [q * b / a for q, a, b in zip(quotients[1:], differences, differences[1:], strict=False)]
        return Continued(latest=latest, degree=degree, abscissa=abscissa, parts=parts)
