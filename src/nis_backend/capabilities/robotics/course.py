"""Motions of all joints through waypoints, as polynomials: time-optimal from rest to rest, or smooth all the way."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.robotics.profiles import Bounds, rest_to_rest
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.capabilities.robotics.chain import Chain
    from nis_backend.capabilities.robotics.geometry import Floats

STILL = 1e-12
"""Of a joint's position: waypoints that differ by no more are one."""
LOOKED = 8001
"""Times at which limits are looked at."""
BETWEEN = 1e-6
"""Relative: what a peak between two of those times may be higher, and more."""
SAME_PEAK = 1e-9
"""Relative: rounding of a limit that is reached exactly."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """Piecewise polynomials of time."""

    breaks: Floats
    """(pieces + 1,)"""
    coefficients: Floats
    """(pieces, degree + 1, joints): of the time since the piece began, the constant first."""
    arrivals: Floats
    """(waypoints,)"""

    @property
    def duration(self) -> float:
        """Time of the whole."""
        return float(self.breaks[-1])

    def at(self, time: Floats, derivative: int = 0) -> Floats:
        """(times, joints): the positions, or their derivative."""
        piece = np.clip(np.searchsorted(self.breaks, time, side="right") - 1, 0, len(self.coefficients) - 1)
        since = (time - self.breaks[piece])[:, None]
        coefficients = self.coefficients[piece]
        value = np.zeros((len(time), coefficients.shape[2]))
        for power in range(coefficients.shape[1] - 1, derivative - 1, -1):
            factor = float(np.prod(np.arange(power, power - derivative, -1)))
            value = value * since + factor * coefficients[:, power]
        return value

    def times(self, points: int) -> Floats:
        """Evenly spaced times and every break."""
        every = np.union1d(np.linspace(0, self.duration, points), self.breaks)
        kept = np.concatenate([[True], np.diff(every) > STILL * max(1.0, self.duration)])
        return every[kept]

    def slower(self, factor: float) -> Course:
        """The same way in `factor` times the time."""
        powers = factor ** -np.arange(self.coefficients.shape[1], dtype=float)
        return Course(
            breaks=self.breaks * factor,
            coefficients=self.coefficients * powers[None, :, None],
            arrivals=self.arrivals * factor,
        )

    def peaks(self) -> Floats:
        """(3, joints): the greatest velocity, acceleration and jerk, either way."""
        times = self.times(LOOKED)
        # From both sides of each break: the jerk jumps there.
        times = np.union1d(times, np.nextafter(self.breaks[1:], 0))
        return np.array([np.max(np.abs(self.at(times, derivative)), axis=0) for derivative in (1, 2, 3)])


def limits_of(chain: Chain, scale: float) -> Floats:
    """(3, joints): of velocity, acceleration and jerk."""
    return scale * np.array([chain.velocity, chain.acceleration, chain.jerk])


def distinct(waypoints: Floats) -> Floats:
    """The waypoints without those that stay at the one before.

    Raises:
        InvalidRequest: they are all one.
    """
    moves = np.max(np.abs(np.diff(waypoints, axis=0)), axis=1) > STILL
    if not moves.any():
        raise InvalidRequest(
            "Every waypoint is where the arm is already: there is no motion.",
            field="waypoints",
            remedy="Give a waypoint that is elsewhere.",
        )
    return waypoints[np.concatenate([[True], moves])]


def time_optimal(waypoints: Floats, limits: Floats) -> Course:
    """From rest to rest, straight in the joints' space from each waypoint to the next.

    All joints share one double S, whose limits are those of the joint that has least in store: none comes first.
    """
    breaks, arrivals = [0.0], [0.0]
    pieces: list[Floats] = []
    for begin, end in pairwise(waypoints):
        way = end - begin
        far = np.abs(way) > 0
        velocity, acceleration, jerk = (float(np.min(one[far] / np.abs(way[far]))) for one in limits)
        profile = rest_to_rest(Bounds(velocity=velocity, acceleration=acceleration, jerk=jerk))
        for phase in profile.phases:
            p, v, a = phase.moment
            piece = np.outer([p, v, a / 2, phase.jerk / 6], way)
            piece[0] += begin
            pieces.append(piece)
        breaks += [arrivals[-1] + time for time in profile.breaks[1:]]
        arrivals.append(arrivals[-1] + profile.duration)
    return Course(breaks=np.array(breaks), coefficients=np.array(pieces), arrivals=np.array(arrivals))


def minimum_jerk(waypoints: Floats, limits: Floats) -> Course:
    """The motion through all waypoints that has the least integral of the squared jerk, in the shortest time it may.

    Quintics with four continuous derivatives, at rest at both ends (the necessary conditions of that integral); times
    between waypoints in the ratio that the velocities' limits give. Flash & Hogan, J. Neuroscience 5 (1985), 1688-1703.
    """
    ways = np.abs(np.diff(waypoints, axis=0))
    spans = np.max(ways / limits[0], axis=1)
    course = _quintics(waypoints, spans)
    return course.slower(stretch(course, limits))


def stretch(course: Course, limits: Floats) -> float:
    """How many times slower it is to be, so that no limit is crossed and one is reached."""
    shares = course.peaks() / limits
    powers = np.array([1.0, 1 / 2, 1 / 3])[:, None]
    return float(np.max(shares**powers)) * (1 + BETWEEN)


def _quintics(waypoints: Floats, spans: Floats) -> Course:
    """Linear equations for the coefficients of each piece in its own time from 0 to 1."""
    count = len(spans)
    matrix = np.zeros((6 * count, 6 * count))
    right = np.zeros((6 * count, waypoints.shape[1]))
    row = 0

    def put(piece: int, derivative: int, end: int, factor: float = 1.0) -> None:
        scale = factor / spans[piece] ** derivative
        for power in range(derivative, 6):
            value = float(np.prod(np.arange(power, power - derivative, -1)))
            if end or power == derivative:
                matrix[row, 6 * piece + power] += scale * value

    for piece in range(count):
        for end in (0, 1):
            put(piece, 0, end)
            right[row] = waypoints[piece + end]
            row += 1
    for piece, end in ((0, 0), (count - 1, 1)):
        for derivative in (1, 2):
            put(piece, derivative, end)
            row += 1
    for piece in range(count - 1):
        for derivative in (1, 2, 3, 4):
            put(piece, derivative, 1)
            put(piece + 1, derivative, 0, -1.0)
            row += 1
    # Rows of higher derivatives are larger by powers of the spans: each is brought to one size.
    sizes = np.max(np.abs(matrix), axis=1, keepdims=True)
    solved: Floats = np.asarray(np.linalg.solve(matrix / sizes, right / sizes), dtype=float)
    solved = solved.reshape(count, 6, -1)
    powers = spans[:, None] ** -np.arange(6.0)
    times = np.concatenate([[0.0], np.cumsum(spans)])
    return Course(breaks=times, coefficients=solved * powers[:, :, None], arrivals=times)
