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
LEVELS = 12
"""Times the place of an extreme is cut into six."""


def steepest(motion: Motion, x: Array, u: Array, t: Array, *, levels: int) -> tuple[Array, Array]:
    """Where each row of `u`, `(times, places)`, falls most steeply, and its slope there.

    The cell with the largest fall is cut into eight, `levels` times: a front that is thinner than any cell lies in one.
    """
    cell = np.argmin(np.diff(u, axis=1), axis=1)
    middle, half = (x[cell] + x[cell + 1]) / 2, 1.5 * (x[1] - x[0])
    for _ in range(levels):
        places = np.clip(middle[:, None] + half * STENCIL, x[0], x[-1])
        cell = np.argmin(np.diff(in_rows(motion.at, places, t), axis=1), axis=1)[:, None]
        middle = np.take_along_axis(places, cell, 1)[:, 0] + half / 8
        half *= 1.25 / 4
    places = np.clip(middle[:, None] + half * STENCIL, x[0], x[-1])
    slope = in_rows(motion.slope, places, t)
    best = np.argmin(slope, axis=1)[:, None]
    return np.take_along_axis(places, best, 1)[:, 0], np.take_along_axis(slope, best, 1)[:, 0]


def extremes(motion: Motion, x: Array, u: Array, t: float) -> tuple[float, float]:
    """Least and largest value of a profile `u` at the places `x`, and between them."""
    signs = np.array([[-1.0], [1.0]])
    middle, half = x[np.argmax(signs * u, axis=1)][:, None], float(x[1] - x[0])
    best = np.max(signs * u, axis=1)
    for _ in range(LEVELS):
        places = np.clip(middle + half * STENCIL, x[0], x[-1])
        value = signs * in_rows(motion.at, places, np.full(2, t))
        best = np.maximum(best, np.max(value, axis=1))
        middle = np.take_along_axis(places, np.argmax(value, axis=1)[:, None], 1)
        half /= 3
    return -float(best[0]), float(best[1])


def integrals(velocity: Callable[[Array], Array], left: float, right: float, digit: Array) -> Array:
    """∫u dx and ∫u² dx, `(2,)`, a cell's to within `digit`, `(2,)`."""

    def powers(x: Array) -> Array:
        u = velocity(x)
        return np.stack([u, u * u], axis=1)

    return np.sum(integrate(powers, np.linspace(left, right, CELLS + 1), digit), axis=0)


def in_rows(of: Callable[[Array, Array], Array], places: Array, t: Array) -> Array:
    """What a motion has at `(times, places)`, a row for each time."""
    return of(places.ravel(), np.repeat(t, places.shape[1])).reshape(places.shape)
