"""An equation over one stretch of time, and the network that meets its start and its ends exactly.

Scaled: places and times from 0 to 1. With b the start, v its rate and B = 4x(1 - x), the solution is sought as
u = b + tBn (heat, Burgers) or u = b + tv + t²Bn (waves), n the network: at t = 0 it is the start and at the ends it is
what the start has there, whatever the network says.

Source: Lagaris, Likas & Fotiadis, IEEE Trans. Neural Networks 9 (1998), 987-1000; Raissi, Perdikaris & Karniadakis,
J. Comput. Phys. 378 (2019), 686-707.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.learned.equations import Learned
from nis_backend.capabilities.physics.learned.network import BY_TT, BY_XX, Pass, Shape, through, torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.learned.profile import Profile

    Array = NDArray[np.float64]
    Tensor = Any


@dataclass(frozen=True, kw_only=True)
class Places:
    """Places and times, each `(samples,)`, and what is known there; `features` are `(samples, channels, n)`."""

    x: Tensor
    t: Tensor
    start: tuple[Tensor, Tensor, Tensor]
    """The start's value, slope and curvature."""
    rate: tuple[Tensor, Tensor]
    """The rate's value and curvature."""
    features: Tensor

    def __len__(self) -> int:
        """How many."""
        return len(self.x)


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The solution at some places, and its derivatives that the equation has."""

    value: Tensor
    by_x: Tensor
    by_t: Tensor
    by_xx: Tensor
    by_tt: Tensor


@dataclass(frozen=True, kw_only=True)
class Window:
    """One stretch of time: `coefficient` is diffusivity·duration/length², (speed·duration/length)² for waves."""

    equation: Learned
    shape: Shape
    start: Profile
    rate: Profile
    coefficient: float
    carried: float
    """Velocity·duration/length, by which Burgers' fluid carries itself."""
    pace: float
    """Powers of e that the start's heat decays in the window, as far as was known before: a feature of the network."""
    waves: tuple[int, ...] = ()
    """Half waves between the ends that are features: what the start has too many of for a network to find."""
    seconds: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Set what follows."""
        object.__setattr__(self, "seconds", (BY_XX, BY_TT) if self.equation is Learned.WAVE else (BY_XX,))

    @staticmethod
    def inputs(equation: Learned, waves: tuple[int, ...]) -> int:
        """How many features a network of this equation has."""
        return 2 + (equation is Learned.HEAT) + 2 * len(waves)

    def places(self, x: Array, t: Array) -> Places:
        """What is known at these places and times."""
        slopes = self.start.slope(), self.start.slope(2)
        known = [np.ascontiguousarray(one(x)) for one in (self.start, *slopes, self.rate, self.rate.slope(2))]
        value, slope, bend, rate, rate_bend = (torch.from_numpy(one) for one in known)
        return Places(
            x=torch.from_numpy(np.ascontiguousarray(x)),
            t=torch.from_numpy(np.ascontiguousarray(t)),
            start=(value, slope, bend),
            rate=(rate, rate_bend),
            features=torch.from_numpy(self._features(x, t)),
        )

    def _features(self, x: Array, t: Array) -> Array:
        """What the network is given, with its derivatives: place, time, how far heat has decayed, waves."""
        count = 3 + len(self.seconds)
        columns = [_channels(count, 2 * x - 1, by_x=2.0), _channels(count, 2 * t - 1, by_t=2.0)]
        if self.equation is Learned.HEAT:
            # Time as the start fades: the fast part of a long process is not squeezed into a corner.
            scale = 2 / -math.expm1(-self.pace)
            faded = -scale * np.expm1(-self.pace * t) - 1
            columns.append(_channels(count, faded, by_t=scale * self.pace * np.exp(-self.pace * t)))
        for half in self.waves:
            turn = half * math.pi
            sine, cosine = np.sin(turn * x), np.cos(turn * x)
            columns.append(_channels(count, sine, by_x=turn * cosine, by_xx=-(turn**2) * sine))
            columns.append(_channels(count, cosine, by_x=-turn * sine, by_xx=-(turn**2) * cosine))
        return np.stack(columns, axis=2)

    def run(self, parameters: Tensor, places: Places, *, learning: bool = False) -> Pass:
        """The network at these places."""
        return through(self.shape, parameters, places.features, self.seconds, learning=learning)

    def solution(self, channels: Tensor, places: Places) -> Solution:
        """The solution from the network's output."""
        x, t = places.x, places.t
        inside, turn = 4 * x * (1 - x), 4 - 8 * x
        n, n_x, n_t, n_xx = (channels[:, one] for one in range(4))
        value, slope, bend = places.start
        second = self.equation is Learned.WAVE
        ramp = t * t if second else t
        steep = 2 * t if second else torch.ones_like(t)
        by_t = inside * (steep * n + ramp * n_t)
        by_xx = bend + ramp * (-8 * n + 2 * turn * n_x + inside * n_xx)
        found, by_tt = value + ramp * inside * n, torch.zeros_like(t)
        if second:
            rate, rate_bend = places.rate
            found, by_t, by_xx = found + t * rate, by_t + rate, by_xx + t * rate_bend
            by_tt = inside * (2 * n + 4 * t * n_t + ramp * channels[:, BY_TT])
        return Solution(value=found, by_x=slope + ramp * (turn * n + inside * n_x), by_t=by_t, by_xx=by_xx, by_tt=by_tt)

    def residual(self, one: Solution, factor: Tensor | float = 1.0) -> Tensor:
        """By how much the solution misses the equation, with `factor` times the coefficient."""
        spread = factor * self.coefficient * one.by_xx
        match self.equation:
            case Learned.HEAT:
                return one.by_t - spread
            case Learned.WAVE:
                return one.by_tt - spread
            case Learned.BURGERS:
                return one.by_t + self.carried * one.value * one.by_x - spread

    def values(self, parameters: Array, x: Array, t: Array) -> tuple[Array, Array]:
        """The solution and its rate at these places and times."""
        places = self.places(x, t)
        one = self.solution(self.run(torch.from_numpy(parameters), places).channels, places)
        rate = one.by_t
        return one.value.numpy(), rate.numpy()


def _channels(
    count: int, value: Array, *, by_x: Array | float = 0.0, by_t: Array | float = 0.0, by_xx: Array | float = 0.0
) -> Array:
    """A feature's value and derivatives, `(samples, channels)`."""
    found = np.zeros((len(value), count))
    found[:, 0], found[:, 1], found[:, 2], found[:, 3] = value, by_x, by_t, by_xx
    return found
