"""Burgers' equation exactly: Cole and Hopf's transform with viscosity, characteristics without."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nis_backend.capabilities.physics.nonlinear import spectral
from nis_backend.capabilities.physics.nonlinear.quadrature import integrate

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.spectral import Array, Spectrum

SAMPLES = 8192
"""Places at which a start is looked at before anything is computed."""
COARSE = 512
"""Places that tell a start's waves from its jumps."""
CHUNK = 2**13
"""Terms that are summed at once: what a processor's cache holds."""
WIDE = 1 / 16
"""ν·t, of a period squared, from which a few waves are all that is left of the transform."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A period: where it begins, how long it is, and the velocity in it at the start."""

    left: float
    length: float
    start: Callable[[Array], Array]
    _potentials: dict[int, tuple[float, Array]] = field(default_factory=dict[int, "tuple[float, Array]"], repr=False)

    @cached_property
    def samples(self) -> Array:
        """The start at `SAMPLES` places."""
        return self.start(self.left + self.length * np.arange(SAMPLES) / SAMPLES)

    @cached_property
    def size(self) -> float:
        """The fastest of these."""
        return float(np.max(np.abs(self.samples)))

    @cached_property
    def steepest(self) -> float:
        """Largest slope of the start upwards, 1/s, over cells of which a jump is not the narrowest; 0 where none is."""
        coarse = self.samples[:: SAMPLES // COARSE]
        return max(0.0, float(np.max(np.diff(np.append(coarse, coarse[0]))))) * COARSE / self.length

    @cached_property
    def fewest(self) -> int:
        """Nodes of a period that hold the start's own waves, but for those of its jumps."""
        return min(2 * COARSE, max(128, 2 * spectral.needed(np.fft.rfft(self.samples))))

    def nodes(self, viscosity: float, time: float, digits: float) -> int:
        """Nodes of a period, a power of two, that a sum at this time needs, and every later one."""
        bell = _narrow(digits) * math.sqrt(2 * viscosity / (1 / time + self.steepest))
        return max(self.fewest, 2 ** math.ceil(math.log2(self.length / bell)))

    def potential(self, nodes: int) -> tuple[float, Array]:
        """The mean velocity, and ∫u₀ without it up to so many nodes, from its least on: found once for each number."""
        if nodes not in self._potentials:
            h = self.length / nodes
            small = np.array([1e-14 * h * self.size])
            cells = integrate(self.start, self.left + h * np.arange(nodes + 1), small)[:, 0]
            mean = float(np.sum(cells)) / self.length
            integral = np.concatenate([[0.0], np.cumsum(cells - mean * h)[:-1]])
            self._potentials[nodes] = mean, integral - np.min(integral)
        return self._potentials[nodes]

    def spectrum(self, points: int) -> Spectrum:
        """That of the start on so many points, without the waves that would fold."""
        x = self.left + self.length * np.arange(points) / points
        return np.fft.rfft(self.start(x)) * spectral.alias_free(points)

    def wrapped(self, y: Array) -> Array:
        """The start at any place."""
        return self.start(self.left + np.mod(y - self.left, self.length))


class Motion(Protocol):
    """A velocity at any place and time."""

    def at(self, x: Array, t: Array) -> Array:
        """The velocity, m/s, at each place and time of two arrays `(n,)`; every t above 0."""
        ...

    def slope(self, x: Array, t: Array) -> Array:
        """Its slope, 1/s."""
        ...


class Viscous:
    """The velocity by Cole and Hopf: the mean of (x - y)/t over y, weighted by exp(-(∫u₀ + (x - y)²/2t)/2ν).

    The sums have equal steps in y, whose error falls faster than any power of the step where the start is smooth; once
    the heat kernel is as wide as the period, the transform is a few waves that decay. Everything is seen from where the
    mean velocity rests, so that ∫u₀ is periodic. Source: Hopf, Comm. Pure Appl. Math. 3 (1950), 201-230; Cole, Quart.
    Appl. Math. 9 (1951), 225-236.
    """

    def __init__(self, box: Box, viscosity: float, digits: float, nodes: int, halvings: int = 0) -> None:
        """`digits` is the power of e by which what is left out of a sum is smaller than what is in it."""
        self.nodes = nodes
        self.terms = 0
        """Terms summed so far."""
        self._box, self._viscosity, self._digits, self._halvings = box, viscosity, digits, halvings
        self._mean, integral = box.potential(nodes)
        self.height = float(np.max(integral))
        """Largest less least of ∫u₀, m²/s."""
        self._power = integral / (2 * viscosity)
        self._least = float(np.min(box.samples)) - self._mean
        self._most = float(np.max(box.samples)) - self._mean

    def halved(self) -> Viscous:
        """The same by sums of twice as many terms."""
        return Viscous(self._box, self._viscosity, self._digits, 2 * self.nodes, self._halvings + 1)

    def at(self, x: Array, t: Array) -> Array:
        """See `Motion`."""
        return self._mean + self._found(x, t, slopes=False)

    def slope(self, x: Array, t: Array) -> Array:
        """See `Motion`."""
        return self._found(x, t, slopes=True)

    def _found(self, x: Array, t: Array, *, slopes: bool) -> Array:
        found = np.empty(len(x))
        place = (x - self._box.left - self._mean * t) / self._box.length
        wide = self._viscosity * t >= WIDE * self._box.length**2
        found[wide] = self._waves(place[wide], t[wide], slopes=slopes)
        strides = np.where(wide, 0, self._strides(t))
        for stride in map(int, set(strides.tolist()) - {0}):
            chosen = np.flatnonzero(strides == stride)
            rows = max(1, CHUNK // self.width(float(np.max(t[chosen])), stride))
            for first in range(0, len(chosen), rows):
                some = chosen[first : first + rows]
                found[some] = self._sums(place[some], t[some], stride, slopes=slopes)
        return found

    def _strides(self, t: Array) -> Array:
        """Every how many nodes a sum at each of these times needs, powers of two."""
        bell = _narrow(self._digits) / 2**self._halvings * np.sqrt(2 * self._viscosity / (1 / t + self._box.steepest))
        spare = np.floor(np.log2(np.maximum(1, bell * self.nodes / self._box.length)))
        coarsest = math.log2(max(1, (self.nodes >> self._halvings) // self._box.fewest))
        return (2 ** np.minimum(spare, coarsest)).astype(int)

    def reach(self, t: float) -> tuple[float, float]:
        """The least and the largest way that what arrives at a time has come, m, but for what the eye cannot see."""
        below = 2 * self._digits * self._viscosity
        far, margin = math.sqrt(2 * t * (self.height + below)), math.sqrt(2 * t * below)
        return max(self._least * t - margin, -far), min(self._most * t + margin, far)

    def width(self, t: float, stride: int) -> int:
        """Terms of a sum."""
        least, most = self.reach(t)
        return math.ceil((most - least) * self.nodes / (self._box.length * stride)) + 2

    def _sums(self, place: Array, t: Array, stride: int, *, slopes: bool) -> Array:
        nodes = self.nodes // stride
        step, longest = self._box.length / nodes, float(np.max(t))
        first = np.floor(place * nodes - self.reach(longest)[1] / step).astype(int)
        steps = np.arange(self.width(longest, stride))
        # Ways from whole steps: places far from 0 cost no digits of them.
        away = (place * nodes - first)[:, None] - steps
        weight = away * (step / np.sqrt(4 * self._viscosity * t))[:, None]
        np.multiply(weight, weight, out=weight)
        weight += np.take(self._power[::stride], first[:, None] + steps, mode="wrap")
        np.subtract(np.min(weight, axis=1, keepdims=True), weight, out=weight)
        np.exp(weight, out=weight)
        self.terms += weight.size
        total = np.sum(weight, axis=1)
        mean = np.einsum("ij,ij->i", weight, away) / total
        if not slopes:
            return mean * step / t
        away -= mean[:, None]
        spread = step**2 * np.einsum("ij,ij,ij->i", weight, away, away) / total
        return (1 - spread / (2 * self._viscosity * t)) / t

    def _waves(self, place: Array, t: Array, *, slopes: bool) -> Array:
        many = min(self.nodes // 2, 2 + math.ceil(math.sqrt(45 / WIDE) / (2 * np.pi)))
        k = 2 * np.pi / self._box.length * np.arange(many)
        film = np.fft.rfft(np.exp(-self._power))[:many] / self.nodes
        film[1:] *= 2
        decayed = film * np.exp(-self._viscosity * k * k * t[:, None] + 2j * np.pi * place[:, None] * np.arange(many))
        self.terms += decayed.size
        value, slope, bend = (np.sum((1j * k) ** order * decayed, axis=1).real for order in range(3))
        steep = slope / value
        return -2 * self._viscosity * (bend / value - steep**2 if slopes else steep)


class Inviscid:
    """The velocity without viscosity, before it breaks: a particle keeps its own; bisection finds where it left."""

    ROUNDS = 60

    def __init__(self, box: Box) -> None:
        self._box = box

    def at(self, x: Array, t: Array) -> Array:
        """See `Motion`."""
        return self._box.wrapped(self._left(x, t))

    def slope(self, x: Array, t: Array) -> Array:
        """See `Motion`: the start's slope by differences of fourth order."""
        left, d = self._left(x, t), 2e-4 * self._box.length
        one, two = (self._box.wrapped(left + n * d) - self._box.wrapped(left - n * d) for n in (1, 2))
        slope = (8 * one - two) / (12 * d)
        return slope / (1 + t * slope)

    def _left(self, x: Array, t: Array) -> Array:
        """Where the particles left that are at `x`."""
        far = 1.01 * self._box.size * t + 1e-9 * self._box.length
        low, high = x - far, x + far
        for _ in range(self.ROUNDS):
            middle = (low + high) / 2
            beyond = middle + t * self._box.wrapped(middle) > x
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        return (low + high) / 2


def _narrow(digits: float) -> float:
    """Steps of a sum, of the deviation of its narrowest bell: the error is exp(-2π²/h²) of it."""
    return math.pi * math.sqrt(2 / digits)
