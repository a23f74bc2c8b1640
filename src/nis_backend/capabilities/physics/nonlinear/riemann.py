"""The exact solution of a gas whose two states meet at a point: two waves, a contact, perhaps a void between."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.nonlinear.spectral import Array

SOURCE = "Toro, Riemann Solvers and Numerical Methods for Fluid Dynamics (2009), chapters 4 and 10"


SMALLEST, LARGEST = 1e-100, 1e100
"""Pressures between which that of two states is looked for, Pa."""


@dataclass(frozen=True, kw_only=True)
class Gas:
    """A state: density, velocity, pressure; and the ratio of specific heats."""

    density: float
    velocity: float
    pressure: float
    gamma: float

    @property
    def sound(self) -> float:
        """Speed of sound."""
        return math.sqrt(self.gamma * self.pressure / self.density)


@dataclass(frozen=True, kw_only=True)
class Star:
    """What is between the two waves."""

    left: Gas
    right: Gas
    pressure: float
    velocity: float
    vacuum: bool

    def density(self, side: Gas) -> float:
        """The density beside the contact."""
        g, ratio = side.gamma, self.pressure / side.pressure
        if ratio > 1:
            return side.density * (ratio + (g - 1) / (g + 1)) / ((g - 1) / (g + 1) * ratio + 1)
        return side.density * ratio ** (1 / g)

    def front(self, side: Gas) -> float:
        """Speed of a wave's front: of the shock, or of the rarefaction's head."""
        g, ratio, sign = side.gamma, self.pressure / side.pressure, -1 if side is self.left else 1
        strength = math.sqrt((g + 1) / (2 * g) * ratio + (g - 1) / (2 * g)) if ratio > 1 else 1.0
        return side.velocity + sign * side.sound * strength


def jump(side: Gas, p: float) -> tuple[float, float]:
    """By how much the velocity changes across the wave from a side to the pressure p, and that change's slope in p."""
    g, c = side.gamma, side.sound
    if p > side.pressure:
        a, b = 2 / ((g + 1) * side.density), (g - 1) / (g + 1) * side.pressure
        root = math.sqrt(a / (p + b))
        return (p - side.pressure) * root, root * (1 - (p - side.pressure) / (2 * (p + b)))
    ratio = p / side.pressure
    change = 2 * c / (g - 1) * math.expm1((g - 1) / (2 * g) * math.log(ratio))
    return change, ratio ** (-(g + 1) / (2 * g)) / (side.density * c)


def meet(left: Gas, right: Gas) -> Star:
    """The pressure and velocity between the waves: Newton on the logarithm, bracketed, to the last digit.

    Raises:
        InvalidRequest: the pressure between is beyond what doubles hold.
    """
    g, apart = left.gamma, right.velocity - left.velocity
    if 2 * (left.sound + right.sound) / (g - 1) <= apart:
        return Star(left=left, right=right, pressure=0.0, velocity=0.0, vacuum=True)
    low, high = SMALLEST, LARGEST
    if not _apart(left, right, low) < 0 < _apart(left, right, high):
        raise InvalidRequest(
            "Between these states the pressure is smaller or larger than numbers hold.",
            field="heat_ratio",
            value=g,
            remedy="Give a heat ratio further from 1, or states that part less fast.",
        )
    p = min(max((left.pressure + right.pressure) / 2, low), high)
    for _ in range(400):
        (fall, slope), (fall_right, slope_right) = jump(left, p), jump(right, p)
        missing = fall + fall_right + apart
        low, high = (p, high) if missing < 0 else (low, p)
        # The step in log p; where it leaves the bracket, the bracket is halved.
        way = -missing / (p * (slope + slope_right))
        following = p * math.exp(max(-700.0, min(700.0, way)))
        following = following if low < following < high else math.sqrt(low) * math.sqrt(high)
        if abs(following - p) <= 1e-15 * p:
            break
        p = following
    u = (left.velocity + right.velocity + jump(right, p)[0] - jump(left, p)[0]) / 2
    return Star(left=left, right=right, pressure=p, velocity=u, vacuum=False)


def _apart(left: Gas, right: Gas, p: float) -> float:
    """How much faster the right side's gas is than the left's, were p between them."""
    return jump(left, p)[0] + jump(right, p)[0] + right.velocity - left.velocity


def sample(star: Star, speed: Array) -> tuple[Array, Array, Array]:
    """Density, velocity and pressure on the rays x/t = `speed`."""
    left = _side(star, star.left, speed)
    right = _side(star, star.right, speed)
    if star.vacuum:
        g = star.left.gamma
        edge = star.left.velocity + 2 * star.left.sound / (g - 1)
        other = star.right.velocity - 2 * star.right.sound / (g - 1)
        void = (speed > edge) & (speed < other)
        on_left = speed <= edge
        # In a void nothing has a velocity; the ray's own joins both edges.
        empty = (0.0, speed, 0.0)
        found = [
            np.where(void, nothing, np.where(on_left, a, b)) for nothing, a, b in zip(empty, left, right, strict=True)
        ]
    else:
        found = [np.where(speed < star.velocity, a, b) for a, b in zip(left, right, strict=True)]
    return found[0], found[1], found[2]


def _side(star: Star, side: Gas, speed: Array) -> tuple[Array, Array, Array]:
    """The solution on one side of the contact; mirrored, so that it is always the left one."""
    sign = 1 if side is star.left else -1
    g, c, s, u = side.gamma, side.sound, sign * speed, sign * side.velocity
    front = sign * star.front(side)
    if star.pressure > side.pressure:
        outside = s < front
        inside = (star.density(side), sign * star.velocity, star.pressure)
        found = [np.where(outside, a, b) for a, b in zip((side.density, u, side.pressure), inside, strict=True)]
        return found[0], sign * found[1], found[2]
    fan = np.clip(2 / (g + 1) + (g - 1) / ((g + 1) * c) * (u - s), 0.0, 1.0)
    if not star.vacuum:
        least = (star.pressure / side.pressure) ** ((g - 1) / (2 * g))
        fan = np.maximum(fan, least)
    fan = np.where(s < u - c, 1.0, fan)
    velocity = u + 2 * c / (g - 1) * (1 - fan)
    return side.density * fan ** (2 / (g - 1)), sign * velocity, side.pressure * fan ** (2 * g / (g - 1))
