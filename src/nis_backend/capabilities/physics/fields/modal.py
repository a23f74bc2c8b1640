"""Linear fields advanced in their modes: exactly in time, but for what is given as a function of time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.exponential import phi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.axes import Axis, Modes

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which
    Modal = NDArray[Any]  # real or complex
    Forcing = Callable[[float], Array]

STAGES = 8
"""Times of a step at which what depends on time is looked at: a polynomial of degree 7 goes through them."""


@dataclass(frozen=True, kw_only=True)
class Plane:
    """The modes of both axes: u' = Ax u + u Ay^T + rate·u is diagonal in them."""

    x: Modes
    y: Modes
    rate: float = 0.0

    @property
    def values(self) -> Modal:
        """Each mode's rate of growth, `(mx, my)`."""
        return self.x.values[:, None] + self.y.values[None, :] + self.rate

    def into(self, field: Modal) -> Modal:
        """Amplitudes of the modes, of values at free nodes `(mx, my)`."""
        return self.x.inverse @ field @ self.y.inverse.T

    def out(self, amplitudes: Modal) -> Array:
        """Values at free nodes."""
        return np.real(self.x.vectors @ amplitudes @ self.y.vectors.T)


@lru_cache(maxsize=4)
def _moments(stages: int) -> tuple[Array, Array]:
    """Places of the stages in a step of 1, ends included, and what takes values there to powers' coefficients."""
    places = (1 - np.cos(np.pi * np.arange(stages) / (stages - 1))) / 2 if stages > 1 else np.zeros(1)
    return places, np.linalg.inv(np.vander(places, increasing=True))


def _powers(plane: Plane, forcing: Forcing, begin: float, step: float, stages: int) -> Modal:
    """What is given, in modes, as a polynomial over a step: `(stages, mx, my)`, the constant first."""
    places, inverse = _moments(stages)
    seen = np.array([plane.into(forcing(begin + step * float(one))) for one in places])
    return np.tensordot(inverse, seen, axes=1)


def diffuse(plane: Plane, start: Array, forcing: Forcing | None, duration: float, steps: int) -> Iterator[Array]:
    """Advance u' = A u + forcing(t) and yield the field after each step; `forcing` None is none.

    Exponential collocation: exact for forcing that is a polynomial of degree 7 in each step, so of order 8, and stable
    for any step.

    Source: Hochbruck & Ostermann, Acta Numerica 19 (2010), 209-286, section 2.2.
    """
    return _first_order(plane, start, forcing, duration, steps, STAGES)


def relax(plane: Plane, start: Array, forcing: Array, duration: float, steps: int) -> Iterator[Array]:
    """The same with forcing that does not change: exact."""
    return _first_order(plane, start, lambda _: forcing, duration, steps, 1)


def _first_order(  # noqa: PLR0913, PLR0917 - as above
    plane: Plane, start: Array, forcing: Forcing | None, duration: float, steps: int, stages: int
) -> Iterator[Array]:
    step = duration / steps
    weights = phi(step * plane.values, stages)
    amplitudes = plane.into(start)
    powers: Modal = np.zeros((0, *amplitudes.shape))
    for number in range(steps):
        amplitudes = weights[0] * amplitudes
        if forcing is not None and (number == 0 or stages > 1):  # what has one stage does not change
            powers = _powers(plane, forcing, number * step, step, stages)
        for j, power in enumerate(powers):
            amplitudes = amplitudes + step * math.factorial(j) * weights[j + 1] * power
        yield plane.out(amplitudes)


def _divided(of: list[Modal], plus: Modal, minus: Modal, above: list[Modal], below: list[Modal]) -> list[Modal]:
    """(φ_k(plus) - φ_k(minus))/(plus - minus); of two that are as good as one, the derivative φ_k - k φ_(k+1)."""
    apart = plus - minus
    same = np.abs(apart) < 1e-5  # noqa: PLR2004 - what the derivative leaves out is its square
    wide = np.where(same, 1, apart)
    return [np.where(same, of[k] - k * of[k + 1], (above[k] - below[k]) / wide) for k in range(len(of) - 1)]


def swing(  # noqa: PLR0913 - each is one term of the equation
    plane: Plane,
    start: tuple[Array, Array],
    forcing: Forcing | None,
    duration: float,
    steps: int,
    *,
    damping: float,
    steady: bool,
) -> Iterator[tuple[Array, Array]]:
    """Advance u'' + damping·u' = A u + forcing(t) from u and u', and yield both after each step.

    Each mode is an oscillator that is solved exactly; forcing that depends on time as in `diffuse`, of order 8.
    """
    step, stages = duration / steps, 1 if steady else STAGES
    root = np.sqrt((plane.values + damping**2 / 4).astype(complex))
    plus, minus = step * (root - damping / 2), step * (-root - damping / 2)
    middle = np.full_like(plus, -step * damping / 2)
    above, below, between = (phi(z, stages + 2) for z in (plus, minus, middle))
    parted = _divided(between, plus, minus, above, below)
    sine = step * parted[0]
    cosine = above[0] + minus * parted[0]
    u, v = (plane.into(one) for one in start)
    for number in range(steps):
        u, v = u * (cosine + damping * sine) + v * sine, u * plane.values * sine + v * cosine
        if forcing is not None:
            for j, power in enumerate(_powers(plane, forcing, number * step, step, stages)):
                u = u + step**2 * math.factorial(j) * parted[j + 1] * power
                v = v + step * math.factorial(j) * parted[j] * power
        yield plane.out(u), plane.out(v)


def plane_of(x: Axis, y: Axis, rate: float = 0.0) -> Plane:
    """Both axes' modes."""
    from nis_backend.capabilities.physics.fields.axes import modes  # noqa: PLC0415 - a name that reads well here

    return Plane(x=modes(x), y=modes(y), rate=rate)
