"""The flow near a corner where a moving wall meets one at rest, which no polynomial follows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.nonlinear.spectral import Array

D = 1 / (math.pi**2 / 4 - 1)
C = math.pi / 2 * D
A = -(math.pi**2) / 4 * D
"""ψ = A·y + θ·(C·y + D·x) is biharmonic; ψ = 0 on both walls, ∂ψ/∂y = -1 on the moving one, ∂ψ/∂x = 0 on the other.

Source: Taylor, in Miscellany dedicated to W. Prager (1962), 313-319; Batchelor, Fluid Dynamics (1967), 4.8.
"""


@dataclass(frozen=True, kw_only=True)
class Corner:
    """ψ and its derivatives, and those of its Laplacian, at places (x, y) from the corner; the lid is y = 0."""

    value: Array
    x: Array
    y: Array
    xy: Array
    laplacian: Array
    laplacian_x: Array
    laplacian_y: Array


def corner(x: Array, y: Array) -> Corner:
    """At the corner itself, where the velocity jumps, derivatives are not finite."""
    with np.errstate(all="ignore"):
        angle, square = np.arctan2(y, x), x * x + y * y
        ray = C * y + D * x
        flat = C * x - D * y
        return Corner(
            value=A * y + angle * ray,
            x=D * angle - y * ray / square,
            y=A + C * angle + x * ray / square,
            xy=D * x / square - ((2 * C * y + D * x) * square - 2 * y * y * ray) / square**2,
            laplacian=2 * flat / square,
            laplacian_x=2 * (C * square - 2 * x * flat) / square**2,
            laplacian_y=2 * (-D * square - 2 * y * flat) / square**2,
        )


def both(x: Array, y: Array) -> tuple[Corner, Corner]:
    """Of the box's two upper corners, at places (x, y) of the box: left and right, derivatives by the box's x and y."""
    return _turned(corner(x, 1 - y), 1), _turned(corner(1 - x, 1 - y), -1)


def _turned(c: Corner, sign: int) -> Corner:
    return Corner(
        value=c.value,
        x=sign * c.x,
        y=-c.y,
        xy=-sign * c.xy,
        laplacian=c.laplacian,
        laplacian_x=sign * c.laplacian_x,
        laplacian_y=-c.laplacian_y,
    )
