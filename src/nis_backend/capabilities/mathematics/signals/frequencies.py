"""How linear systems answer frequencies: Bode's curves, margins, bandwidth."""

from __future__ import annotations

import cmath
import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.mathematics.signals.linear import System

    Array = NDArray[np.float64]

TINY = 1e-9
"""A gain, where the phase only nears -180°, that is a 0 that was rounded."""
NOISE = 1e-12
"""A change of gain or phase, from one frequency to the next, that rounding makes."""
FINE = 8000
"""Frequencies that crossings are looked for between."""


def frequencies(system: System, points: int) -> Array:
    """Two decades around poles and zeros; of a discrete system up to half the sample rate."""
    corners = [abs(one) for one in map(complex, [*system.poles, *system.zeros]) if one]
    if system.dt is not None:
        top = math.pi / system.dt
        return np.geomspace(top * 1e-4, top, points)
    low, high = (min(corners), max(corners)) if corners else (1.0, 1.0)
    return np.geomspace(low / 100, high * 100, points)


def unwound(response: Any) -> Array:
    """Its phase, without jumps by a whole turn."""
    return np.unwrap(np.angle(response))


def margins(system: System, frequency: Array) -> tuple[float | None, float | None, float | None, float | None]:
    """Gain and phase margin at their nearest crossings, refined by bisection."""
    fine = _fine(system, *_reach(system, float(frequency[0]) / 10, float(frequency[-1])))
    with np.errstate(all="ignore"):
        response = system.at(fine)
    gains = np.log(np.maximum(np.abs(response), 1e-300))
    phase_margin = at_phase = gain_margin = at_gain = None
    seen = np.maximum(np.abs(gains[:-1]), np.abs(gains[1:])) > NOISE
    for i in np.nonzero(seen & (np.sign(gains[:-1]) * np.sign(gains[1:]) < 0))[0].tolist():
        place = _bisect(
            lambda w: math.log(max(abs(complex(system.at(np.array([w]))[0])), 1e-300)), fine[i], fine[i + 1]
        )
        margin = (math.degrees(cmath.phase(system.single(place))) + 180) % 360
        margin = margin - 360 if margin > 180 else margin  # noqa: PLR2004 - half a turn
        if phase_margin is None or abs(margin) < abs(phase_margin):
            phase_margin, at_phase = margin, place
    turn = np.abs(response.imag) / np.maximum(np.abs(response), 1e-300)
    seen = np.maximum(turn[:-1], turn[1:]) > NOISE
    for i in np.nonzero(seen & (response.imag[:-1] * response.imag[1:] < 0) & (response.real[:-1] < 0))[0].tolist():
        place = _bisect(lambda at: system.single(at).imag, fine[i], fine[i + 1])
        size = abs(system.single(place))
        if size > TINY and (gain_margin is None or abs(math.log(1 / size)) < abs(math.log(gain_margin))):
            gain_margin, at_gain = 1 / size, place
    return gain_margin, at_gain, phase_margin, at_phase


def _reach(system: System, low: float, high: float) -> tuple[float, float]:
    """From below the first crossing of a gain of 1 to above the last: where powers of the frequency alone count."""
    falls = len(system.poles) - len(system.zeros)
    grows = int(np.sum(system.zeros == 0)) - int(np.sum(system.poles == 0))
    if system.dt is not None:
        return low, high
    high *= 10
    loud, early = abs(system.single(high)), abs(system.single(low))
    if falls and loud > 1:
        high *= 10 * loud ** (1 / falls)
    if grows and early and (early > 1) == (grows > 0):
        low *= early ** (-1 / grows) / 10
    return max(low, 1e-40), min(high, 1e40)


def _fine(system: System, low: float, high: float) -> Array:
    """Frequencies near enough to each other to see crossings, those of narrow resonances too."""
    places = [np.geomspace(low, high, FINE)]
    for one in map(complex, [*system.poles, *system.zeros]):
        if one.imag > 0 and system.dt is None:
            width = max(abs(one.real), 1e-9 * one.imag)
            places.append(one.imag + width * np.linspace(-20, 20, 80))
    together = np.unique(np.concatenate(places))
    return together[(together >= low) & (together <= high)]


def _bisect(function: Callable[[float], float], low: float, high: float) -> float:
    at_low = function(low)
    for _ in range(60):
        middle = math.sqrt(low * high)
        at = function(middle)
        if (at > 0) == (at_low > 0):
            low, at_low = middle, at
        else:
            high = middle
    return math.sqrt(low * high)


def bandwidth(system: System, dc: float | None, frequency: Array) -> float | None:
    """Where the gain has first fallen to 1/√2 of that at 0."""
    if not dc:
        return None
    level = abs(dc) / math.sqrt(2)
    fine = _fine(system, float(frequency[0]), float(frequency[-1]))
    below = np.nonzero(np.abs(system.at(fine)) < level)[0]
    if not len(below) or below[0] == 0:
        return None
    i = int(below[0])
    return _bisect(lambda at: abs(system.single(at)) - level, fine[i - 1], fine[i])
