"""The Euler equations of a gas in one dimension: limited slopes, HLLC fluxes, strong-stability-preserving steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear.tube import Limiter
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.spectral import Array

METHOD = "MUSCL with HLLC fluxes, SSP Runge-Kutta 2"
ORDER = 2
SOURCE = (
    "Toro, Riemann Solvers and Numerical Methods for Fluid Dynamics (2009), 10.4; van Leer, J. Comput. Phys. 32 (1979) "
    "101; Batten et al., SIAM J. Sci. Comput. 18 (1997), 1553-1570; Gottlieb, Shu & Tadmor, SIAM Rev. 43 (2001), "
    "89-112"
)

COURANT = 0.4
"""Part of a cell that the fastest wave crosses in a step; below a half, averages of face values stay positive."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Averages of density, momentum and energy in the cells, `(3, cells)`, and what left through the ends."""

    conserved: Array
    outflow: Array
    steps: int


def conserved(primitive: Array, gamma: float) -> Array:
    """Density, momentum, energy from density, velocity, pressure."""
    rho, u, p = primitive
    return np.array([rho, rho * u, p / (gamma - 1) + rho * u * u / 2])


def primitive(q: Array, gamma: float) -> Array:
    """Density, velocity, pressure from density, momentum, energy."""
    u = q[1] / q[0]
    return np.array([q[0], u, (gamma - 1) * (q[2] - q[1] * u / 2)])


def slopes(w: Array, limiter: Limiter) -> Array:
    """Differences across each cell that has two neighbours, limited."""
    a, b = w[:, 1:-1] - w[:, :-2], w[:, 2:] - w[:, 1:-1]
    if limiter is Limiter.MINMOD:
        return np.where(a * b > 0, np.sign(a) * np.minimum(np.abs(a), np.abs(b)), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(a * b > 0, 2 * a * b / (a + b), 0.0)


def hllc(left: Array, right: Array, gamma: float) -> Array:
    """The flux through faces between two states of density, velocity, pressure; wave speeds as Batten has them."""
    (rl, ul, pl), (rr, ur, pr) = left, right
    ql, qr = conserved(left, gamma), conserved(right, gamma)
    fl = np.array([ql[1], ql[1] * ul + pl, (ql[2] + pl) * ul])
    fr = np.array([qr[1], qr[1] * ur + pr, (qr[2] + pr) * ur])
    weight = np.sqrt(rr / rl)
    u = (ul + weight * ur) / (1 + weight)
    enthalpy = ((ql[2] + pl) / rl + weight * (qr[2] + pr) / rr) / (1 + weight)
    c = np.sqrt(np.maximum((gamma - 1) * (enthalpy - u * u / 2), 0.0))
    sl = np.minimum(ul - np.sqrt(gamma * pl / rl), u - c)
    sr = np.maximum(ur + np.sqrt(gamma * pr / rr), u + c)
    dl, dr = rl * (sl - ul), rr * (sr - ur)
    middle = (pr - pl + dl * ul - dr * ur) / (dl - dr)
    star_l = _star(ql, rl, ul, pl, sl, middle)
    star_r = _star(qr, rr, ur, pr, sr, middle)
    return np.where(
        sl >= 0,
        fl,
        np.where(middle >= 0, fl + sl * (star_l - ql), np.where(sr > 0, fr + sr * (star_r - qr), fr)),
    )


def _star(q: Array, rho: Array, u: Array, p: Array, s: Array, middle: Array) -> Array:  # noqa: PLR0913, PLR0917 - a state
    """The state between a wave of speed s and the contact."""
    scale = rho * (s - u) / (s - middle)
    energy = q[2] / rho + (middle - u) * (middle + p / (rho * (s - u)))
    return np.array([scale, scale * middle, scale * energy])


def open_ends(w: Array) -> Array:
    """Two cells more at each end, like the last one there."""
    return np.pad(w, ((0, 0), (2, 2)), mode="edge")


def cyclic(w: Array) -> Array:
    """Two cells more at each end, from the other end."""
    return np.pad(w, ((0, 0), (2, 2)), mode="wrap")


def fluxes(q: Array, gamma: float, limiter: Limiter, padded: Callable[[Array], Array]) -> Array:
    """Through every face, ends included: `(3, cells + 1)`.

    Where a face value's density or pressure would fall below a thousandth of its cell's, the cell has no slope.
    """
    w = padded(primitive(q, gamma))
    half = slopes(w, limiter) / 2
    inner = w[:, 1:-1]
    risky = np.any(inner[[0, 2]] - np.abs(half[[0, 2]]) < 1e-3 * inner[[0, 2]], axis=0)
    half = np.where(risky, 0.0, half)
    return hllc((inner + half)[:, :-1], (inner - half)[:, 1:], gamma)


def advance(  # noqa: PLR0913, PLR0917 - each is one term of the problem
    q: Array,
    gamma: float,
    length: float,
    duration: float,
    limiter: Limiter,
    padded: Callable[[Array], Array] = open_ends,
    heard: Callable[[float], None] = lambda _part: None,
) -> Run:
    """Advance cell averages by the time `duration`: Heun's step, a mean of two Euler steps and so as positive as they.

    Raises:
        InvalidRequest: density or pressure falls below what doubles resolve.
    """
    dx, time, steps, outflow = length / q.shape[1], 0.0, 0, np.zeros(3)
    while time < duration:
        w = primitive(q, gamma)
        if not (np.all(w[0] > 0) and np.all(w[2] > 0)):
            raise InvalidRequest(
                f"Density or pressure falls to nothing at {time:.3g} s.",
                field="left_velocity",
                remedy="Give states that part less fast.",
            )
        dt = min(COURANT * dx / float(np.max(np.abs(w[1]) + np.sqrt(gamma * w[2] / w[0]))), duration - time)
        # A last step so short that it adds nothing is none.
        if time + dt >= duration * (1 - 1e-14):
            dt, time = duration - time, duration
        else:
            time += dt
        first = fluxes(q, gamma, limiter, padded)
        half = q - dt / dx * np.diff(first)
        second = fluxes(half, gamma, limiter, padded)
        q = (q + half - dt / dx * np.diff(second)) / 2
        mean = (first + second) / 2
        outflow = outflow + dt * (mean[:, -1] - mean[:, 0])
        steps += 1
        if steps % 64 == 0:
            heard(time / duration)
    return Run(conserved=q, outflow=outflow, steps=steps)
