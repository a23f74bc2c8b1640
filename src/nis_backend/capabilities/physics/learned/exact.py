"""The classical answers beside a network's: heat by its sine series, waves by d'Alembert, Burgers by Cole-Hopf.

All is scaled: places and times from 0 to 1, ends that stay at their values.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.learned.profile import Profile

    Array = NDArray[np.float64]

TERMS = 2048
"""Terms of a sine series; of a smooth profile with both ends held they fall at least as the cube of their number."""
NODES = 32
"""Places per width of the integrand of Cole and Hopf, at its narrowest about half of this: the trapezoid rule is exact
to rounding from some three of them."""
AT_ONCE = 128
"""Places that are summed for at once: the numbers of one pass stay in the processor's cache."""
NEGLIGIBLE = 40.0
"""exp(-40) is below the rounding of 1."""

fft: Any = import_module("scipy.fft")  # Any: scipy has no types


def heat(profile: Profile, fourier: float, x: Array, t: Array) -> Array:
    """The temperature at places `x` and times `t` (equal shapes); `fourier` is diffusivity·duration/length².

    Source: Carslaw & Jaeger, Conduction of Heat in Solids (1959), 3.3.
    """
    rest, left, right = profile.lifted()
    inner = np.arange(1, TERMS) / TERMS
    amplitudes: Array = fft.dst(rest(inner), type=1) / TERMS
    waves = np.pi * np.arange(1, TERMS)
    found = np.empty_like(x)
    for moment in np.unique(t):
        here = t == moment
        decayed = waves**2 * fourier * moment
        kept = int(np.sum(decayed < NEGLIGIBLE))
        if moment == 0:
            found[here] = rest(x[here])
        else:
            found[here] = np.sin(np.outer(x[here], waves[:kept])) @ (amplitudes[:kept] * np.exp(-decayed[:kept]))
    return found + left + (right - left) * x


def wave(profile: Profile, rate: Profile, courant: float, x: Array, t: Array) -> Array:
    """The displacement; `courant` is speed·duration/length, `rate` the change in one duration.

    Source: Courant & Hilbert, Methods of Mathematical Physics II (1962), I.7: d'Alembert, mirrored at held ends.
    """
    rest, left, right = profile.lifted()
    sum_of_rates = rate.integral()
    ahead, behind = x + courant * t, x - courant * t
    moved = (_odd(rest, ahead) + _odd(rest, behind)) / 2
    pushed = (sum_of_rates(_folded(ahead)[0]) - sum_of_rates(_folded(behind)[0])) / (2 * courant)
    return moved + pushed + left + (right - left) * x


def _folded(place: Array) -> tuple[Array, Array]:
    """Places of a line as places between the ends, each a mirror, and the sign that an odd function has there."""
    turn = np.mod(place, 2.0)
    return np.where(turn > 1, 2 - turn, turn), np.where(turn > 1, -1.0, 1.0)


def _odd(profile: Profile, place: Array) -> Array:
    folded, sign = _folded(place)
    return sign * profile(folded)


def burgers(profile: Profile, carried: float, viscous: float, x: Array, t: Array) -> Array:
    """The velocity where both ends rest; `carried` is velocity·duration/length, `viscous` viscosity·duration/length².

    The substitution u = -2ν φ_x/φ makes it the heat equation of φ, whose solution is a quotient of two integrals.

    Source: Hopf, Comm. Pure Appl. Math. 3 (1950), 201-230; Cole, Quart. Appl. Math. 9 (1951), 225-236.
    """
    potential = profile.integral()
    heights = potential(np.linspace(0, 1, 513))
    # The exponent is -Φ·carried/(2·viscous) - η²/(4·viscous·t): how far from its top it matters.
    swing = float(np.ptp(heights)) * carried / (2 * viscous)
    spread = np.linspace(-1, 1, math.ceil(NODES * math.sqrt(2 * (NEGLIGIBLE + swing))) | 1)
    found = profile(x)
    later = np.flatnonzero(t > 0)
    for some in np.array_split(later, math.ceil(len(later) / AT_ONCE)) if len(later) else []:
        reach = np.sqrt(4 * viscous * t[some, None] * (NEGLIGIBLE + swing))
        eta = reach * spread
        folded, sign = _folded(x[some, None] - eta)
        exponent = -potential(folded) * carried / (2 * viscous) - eta**2 / (4 * viscous * t[some, None])
        weight = np.exp(exponent - np.max(exponent, axis=1, keepdims=True))
        found[some] = np.sum(sign * profile(folded) * weight, axis=1) / np.sum(weight, axis=1)
    return found
