"""Ways from one orbit to another: burns, and the time between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.orbits.kepler import add, cross, dot, norm, stumpff
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.orbits.kepler import Vector

GOLDEN = (math.sqrt(5) - 1) / 2
ROUNDS = 200
LARGEST = 2.0**18
"""Size of the universal variable's square, of a hyperbola: cosh of its root is 10²²²."""
ALWAYS, NEVER = 15.581718738763179, 11.938765472645870
"""Ratios of radii above which a bi-elliptic way always wins over Hohmann's, and below which it never does.

The roots of x³ - 15x² - 9x - 1 = 0, and of the two costs with the middle burn at infinity.
"""


@dataclass(frozen=True, kw_only=True)
class Way:
    """A transfer: its burns, how the plane is turned at each, and the time from the first to the last."""

    burns: tuple[float, ...]
    turns: tuple[float, ...]
    time: float

    @property
    def total(self) -> float:
        """All burns together."""
        return math.fsum(self.burns)


def speed(gm: float, radius: float, other: float) -> float:
    """At one apse of an orbit, whose other is there: vis-viva, without its difference; the same twice is a circle."""
    return math.sqrt(gm / radius * 2 / (1 + radius / other))


def _burn(before: float, after: float, turn: float) -> float:
    """Two speeds that part by an angle; the first form keeps the digits of a small difference."""
    return math.sqrt((after - before) ** 2 + 4 * before * after * math.sin(turn / 2) ** 2)


def hohmann(gm: float, start: float, end: float, turn: float) -> Way:
    """Half an ellipse between two circles; the turn of the plane is shared between the burns where that is cheapest."""
    axis = (start + end) / 2
    circles = speed(gm, start, start), speed(gm, end, end)
    apses = speed(gm, start, end), speed(gm, end, start)

    def burns(first: float) -> tuple[float, float]:
        return _burn(circles[0], apses[0], first), _burn(apses[1], circles[1], turn - first)

    first = _cheapest(lambda part: sum(burns(part)), turn)
    return Way(burns=burns(first), turns=(first, turn - first), time=math.pi * math.sqrt(axis**3 / gm))


def bi_elliptic(gm: float, start: float, end: float, middle: float, turn: float) -> Way:
    """Out to `middle`, and in again to the other circle; the plane is turned out there, where it is cheapest."""
    one, two = (start + middle) / 2, (end + middle) / 2
    burns = (
        abs(speed(gm, start, middle) - speed(gm, start, start)),
        _burn(speed(gm, middle, start), speed(gm, middle, end), turn),
        abs(speed(gm, end, middle) - speed(gm, end, end)),
    )
    time = math.pi * (math.sqrt(one**3 / gm) + math.sqrt(two**3 / gm))
    return Way(burns=burns, turns=(0.0, turn, 0.0), time=time)


def _cheapest(cost: Callable[[float], float], turn: float) -> float:
    """Golden section: the cost has one least place between no turn and all of it."""
    if turn == 0:
        return 0.0
    low, high = 0.0, turn
    for _ in range(80):
        a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if cost(a) < cost(b):
            high = b
        else:
            low = a
    return min((0.0, turn, (low + high) / 2), key=cost)


@dataclass(frozen=True, kw_only=True)
class Arc:
    """The orbit between two places in a given time: the velocities at both, and what its equation misses."""

    start: Vector
    end: Vector
    residual: float
    rounds: int


def lambert(gm: float, start: Vector, end: Vector, time: float, *, prograde: bool) -> Arc:
    """The orbit from one place to another in this time, in less than one turn.

    The time rises with the universal variable: its root is bracketed and halved until rounding ends it.
    Source: Bate, Mueller & White, Fundamentals of Astrodynamics (1971), 5.3.

    Raises:
        InvalidRequest: the places lie on one line with the centre, where the plane is open.
    """
    r1, r2 = norm(start), norm(end)
    pole = cross(start, end)
    if norm(pole) <= 1e-10 * r1 * r2:
        raise InvalidRequest(
            "Both places lie on one line with the centre: the plane of the way between them is open.",
            field="end_position",
            value=list(end),
            remedy="Move one of them a little, or use Hohmann's transfer for half a turn.",
        )
    angle = math.atan2(norm(pole), dot(start, end))
    if (pole[2] >= 0) != prograde:
        angle = math.tau - angle
    # √(r₁r₂(1 + cos)) by the half angle, which keeps its digits near half a turn.
    a = math.sqrt(2 * r1 * r2) * math.cos(angle / 2)
    root = math.sqrt(gm)

    def parts(z: float) -> tuple[float, float]:
        c, s = stumpff(z)
        y = r1 + r2 - a * (1 - z * s) / math.sqrt(c)
        return y, (math.sqrt(y / c) ** 3 * s + a * math.sqrt(y)) / root if y > 0 else -math.inf

    low, high, rounds = -1.0, 4 * math.pi**2, 0
    # Beyond, hyperbolic functions leave what doubles hold.
    while parts(low)[1] > time and low > -LARGEST:
        low, rounds = 2 * low, rounds + 1
    z = (low + high) / 2
    while z not in (low, high) and rounds < ROUNDS:
        low, high = (z, high) if parts(z)[1] < time else (low, z)
        z, rounds = (low + high) / 2, rounds + 1
    y, found = parts(z)
    if not (y > 0 and math.isfinite(found)):
        raise InvalidRequest(
            f"No orbit was found that takes {time:g} s between these places.",
            field="time_of_flight",
            value=time,
            remedy="Give a longer time.",
        )
    f, g, g_dot = 1 - y / r1, a * math.sqrt(y / gm), 1 - y / r2
    return Arc(
        start=add(end, 1 / g, start, -f / g),
        end=add(end, g_dot / g, start, -1 / g),
        residual=abs(found - time),
        rounds=rounds,
    )
