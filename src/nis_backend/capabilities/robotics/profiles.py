"""Motions in one number within limits of velocity, acceleration and jerk: from rest to rest, and to a halt.

Plain floats and no arrays: a robot that must halt waits for no worker.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Moment = tuple[float, float, float]
"""Position, velocity, acceleration."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The most that a motion may have, either way."""

    velocity: float
    acceleration: float
    jerk: float


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A stretch of constant jerk: when it begins, as what, and with which jerk."""

    time: float
    moment: Moment
    jerk: float

    def at(self, time: float) -> Moment:
        """The moment at this time, which lies in it."""
        return moved(self.moment, self.jerk, time - self.time)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Stretches of constant jerk, one after the other, and rest behind them."""

    phases: tuple[Phase, ...]
    duration: float

    def at(self, time: float) -> Moment:
        """The moment at a time from 0 on."""
        if time >= self.duration:
            last = self.phases[-1].at(self.duration)
            return last[0], 0.0, 0.0
        phase = next(one for one in reversed(self.phases) if one.time <= max(time, 0.0))
        return phase.at(max(time, 0.0))

    @property
    def breaks(self) -> list[float]:
        """The times at which the jerk changes, both ends included."""
        return [*(phase.time for phase in self.phases), self.duration]


def moved(moment: Moment, jerk: float, time: float) -> Moment:
    """A moment later under a constant jerk."""
    p, v, a = moment
    return (
        p + time * (v + time * (a / 2 + time * jerk / 6)),
        v + time * (a + time * jerk / 2),
        a + time * jerk,
    )


def rest_to_rest(bounds: Bounds, distance: float = 1.0) -> Profile:
    """The shortest motion over `distance`, which is positive: seven stretches, the double S.

    Source: Biagiotti & Melchiorri, Trajectory Planning for Automatic Machines and Robots (2008), 3.4.
    """
    v, a, j = bounds.velocity, bounds.acceleration, bounds.jerk
    ramp = a / j if v * j >= a * a else math.sqrt(v / j)
    rise = ramp + v / a if v * j >= a * a else 2 * ramp
    cruise = distance / v - rise
    if cruise < 0:
        cruise = 0.0
        if distance >= 2 * a**3 / j**2:
            ramp = a / j
            rise = ramp / 2 + math.sqrt((ramp / 2) ** 2 + distance / a)
        else:
            ramp = (distance / (2 * j)) ** (1 / 3)
            rise = 2 * ramp
    held = max(0.0, rise - 2 * ramp)
    return _joined((0.0, 0.0, 0.0), [(ramp, j), (held, 0), (ramp, -j), (cruise, 0), (ramp, -j), (held, 0), (ramp, j)])


def halt(moment: Moment, bounds: Bounds) -> Profile:
    """The quickest way from a moment to rest.

    First the greatest jerk against the motion, then the greatest deceleration if it comes to that, then the jerk back:
    the time-optimal control of a chain of integrators.

    Source: Biagiotti & Melchiorri, Trajectory Planning for Automatic Machines and Robots (2008), 3.4.4.
    """
    _, v, a = moment
    j = bounds.jerk
    coasted = v + a * abs(a) / (2 * j)
    if coasted == 0:
        return _joined(moment, [(abs(a) / j, -math.copysign(j, a))])
    way = math.copysign(1.0, coasted)
    v, a = way * v, way * a
    # A motion that is a little beyond its limit by rounding is not made to jump.
    most = max(bounds.acceleration, -a)
    peak = min(math.sqrt(max(0.0, j * v + a * a / 2)), most)
    held = max(0.0, (v + (a * a / 2 - peak * peak) / j) / peak) if peak > 0 else 0.0
    return _joined(moment, [(max(0.0, a + peak) / j, -way * j), (held, 0.0), (peak / j, way * j)])


def _joined(moment: Moment, stretches: Iterable[tuple[float, float]]) -> Profile:
    phases: list[Phase] = []
    time = 0.0
    for length, jerk in stretches:
        if length > 0 or not phases:
            phases.append(Phase(time=time, moment=moment, jerk=jerk))
            moment = moved(moment, jerk, length)
            time += length
    return Profile(phases=tuple(phases), duration=time)


@dataclass(frozen=True, kw_only=True)
class Samples:
    """A motion of several joints at given times; between two of them it is a quintic."""

    time: Sequence[float]
    position: Sequence[Sequence[float]]
    """A list for each joint, a number for each time; so are the next two."""
    velocity: Sequence[Sequence[float]]
    acceleration: Sequence[Sequence[float]]

    def at(self, time: float) -> list[Moment]:
        """Each joint's moment, by Hermite's quintic through both neighbours: exact where a quintic was sampled."""
        if time >= self.time[-1]:
            return [(joint[-1], 0.0, 0.0) for joint in self.position]
        number = next(n for n, (_, end) in enumerate(pairwise(self.time)) if time < end)
        length = self.time[number + 1] - self.time[number]
        part = min(max((time - self.time[number]) / length, 0.0), 1.0)
        return [
            _hermite(part, length, [(p[k], v[k], a[k]) for k in (number, number + 1)])
            for p, v, a in zip(self.position, self.velocity, self.acceleration, strict=True)
        ]


def _hermite(u: float, length: float, ends: Sequence[Moment]) -> Moment:
    (p0, v0, a0), (p1, v1, a1) = ends
    v0, v1 = v0 * length, v1 * length
    a0, a1 = a0 * length**2, a1 * length**2
    rest = p1 - p0 - v0 - a0 / 2
    slope = v1 - v0 - a0
    bend = a1 - a0
    c3 = 10 * rest - 4 * slope + bend / 2
    c4 = -15 * rest + 7 * slope - bend
    c5 = 6 * rest - 3 * slope + bend / 2
    return (
        p0 + u * (v0 + u * (a0 / 2 + u * (c3 + u * (c4 + u * c5)))),
        (v0 + u * (a0 + u * (3 * c3 + u * (4 * c4 + u * 5 * c5)))) / length,
        (a0 + u * (6 * c3 + u * (12 * c4 + u * 20 * c5))) / length**2,
    )
