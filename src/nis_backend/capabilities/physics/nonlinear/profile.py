"""What a velocity's profile has between the places of any grid: its steepest place, its extremes, its integrals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear.quadrature import integrate

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.cole_hopf import Motion
    from nis_backend.capabilities.physics.nonlinear.spectral import Array

STENCIL = np.linspace(-1, 1, 9)
CELLS = 32


def steepest(motion: Motion, x: Array, u: Array, t: Array, levels: int) -> tuple[Array, Array]:
    """Where each row of `u`, `(times, places)`, falls most steeply, and its slope there.

    The cell with the largest fall is cut into eight, `levels` times: a front that is thinner than any cell lies in one.
    """
    cell = np.argmin(np.diff(u, axis=1), axis=1)
    middle, half = (x[cell] + x[cell + 1]) / 2, 1.5 * (x[1] - x[0])
    for level in range(levels + 1):
        places = np.clip(middle[:, None] + half * STENCIL, x[0], x[-1])
        if level == levels:
            slope = _shaped(motion.slope, places, t)
            best = np.argmin(slope, axis=1)[:, None]
            return np.take_along_axis(places, best, 1)[:, 0], np.take_along_axis(slope, best, 1)[:, 0]
        cell = np.argmin(np.diff(_shaped(motion.at, places, t), axis=1), axis=1)[:, None]
        middle = np.take_along_axis(places, cell, 1)[:, 0] + half / 8
        half *= 1.25 / 4
    raise AssertionError


def highest(motion: Motion, x: Array, u: Array, t: float, sign: int) -> float:
    """Largest value, or least for a `sign` of -1, of a profile `u` at the places `x`."""
    middle, half = float(x[np.argmax(sign * u)]), float(x[1] - x[0])
    best = float(np.max(sign * u))
    for _ in range(14):
        places = np.clip(middle + half * STENCIL, x[0], x[-1])
        value = sign * motion.at(places, np.full(len(places), t))
        best, middle = max(best, float(np.max(value))), float(places[np.argmax(value)])
        half /= 3
    return sign * best


def integrals(motion: Motion, left: float, right: float, t: float, digit: Array) -> Array:
    """∫u dx and ∫u² dx, `(2,)`, a cell's to within `digit`, `(2,)`."""

    def powers(x: Array) -> Array:
        u = motion.at(x, np.full(len(x), t))
        return np.stack([u, u * u], axis=1)

    return np.sum(integrate(powers, np.linspace(left, right, CELLS + 1), digit), axis=0)


def _shaped(of: Callable[[Array, Array], Array], places: Array, t: Array) -> Array:
    return of(places.ravel(), np.repeat(t, places.shape[1])).reshape(places.shape)
