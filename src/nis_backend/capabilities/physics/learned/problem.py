"""A problem as it was asked, scaled to places and times from 0 to 1 and a start of size 1; its classical answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.learned import exact
from nis_backend.capabilities.physics.learned.equations import COEFFICIENT, Learned
from nis_backend.capabilities.physics.learned.profile import Profile, profile_of
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.learned.equations import PinnRequest

    Array = NDArray[np.float64]

MOST_CARRIED = 2.0
"""How many lengths Burgers' fluid may carry itself in the time: later, its shock is all there is to see."""
MOST_REYNOLDS = 3000.0
"""Velocity·length/viscosity beyond which a shock is thinner than what some thousand points resolve."""
RADIANS = 3.2
"""How far the start may swing in one window of a wave."""
MOST_TURNS = 10.0
"""Windows of a wave, each with a network."""
CLASSICAL = {
    Learned.HEAT: "sine series",
    Learned.WAVE: "d'Alembert's formula, mirrored at the ends",
    Learned.BURGERS: "Cole-Hopf transform, by the trapezoid rule",
}
LEAST_CHANGE = 1e-30
"""Of the scaled coefficient: less of it changes no digit of the start."""
TOUCHING = 1e-9
"""Of the largest value: what counts as 0 at an end."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """The scaled problem. `size` is what 1 stands for, `left` and `right` the line through the ends, taken away."""

    request: PinnRequest
    start: Profile
    rate: Profile
    size: float
    left: float
    right: float

    @property
    def equation(self) -> Learned:
        """Which."""
        return self.request.equation

    @property
    def carried(self) -> float:
        """Velocity·duration/length."""
        return self.size * self.request.duration / self.request.length if self.equation is Learned.BURGERS else 0.0

    @property
    def bending(self) -> float:
        """The mean of the slope's square by that of the value's: π² for one half wave."""
        return bending(self.start, self.rate)

    def scaled(self, coefficient: float) -> float:
        """A coefficient in SI as the scaled equation has it."""
        length, duration = self.request.length, self.request.duration
        if self.equation is Learned.WAVE:
            return (coefficient * duration / length) ** 2
        return coefficient * duration / length**2

    def unscaled(self, coefficient: float) -> float:
        """The other way round."""
        length, duration = self.request.length, self.request.duration
        if self.equation is Learned.WAVE:
            return math.sqrt(coefficient) * length / duration
        return coefficient * length**2 / duration

    def exact(self, coefficient: float, x: Array, t: Array) -> Array:
        """The classical answer, scaled, with a scaled coefficient."""
        match self.equation:
            case Learned.HEAT:
                return exact.heat(self.start, coefficient, x, t)
            case Learned.WAVE:
                return exact.wave(self.start, self.rate, math.sqrt(coefficient), x, t)
            case Learned.BURGERS:
                return exact.burgers(self.start, self.carried, coefficient, x, t)

    def shown(self, values: Array, x: Array) -> Array:
        """Scaled values as the request has them."""
        return self.size * values + self.left + (self.right - self.left) * x

    def hidden(self, values: Array, x: Array) -> Array:
        """The other way round."""
        return (values - self.left - (self.right - self.left) * x) / self.size


def bending(start: Profile, rate: Profile) -> float:
    """The mean of the slope's square by that of the value's, of the start or of its rate where that is all there is."""
    x = np.linspace(0, 1, 2049)
    one = start if np.max(np.abs(start(x))) > 0 else rate
    return float(np.mean(one.slope()(x) ** 2) / np.mean(one(x) ** 2))


def pose(request: PinnRequest) -> Problem:
    """The problem that was asked.

    Raises:
        InvalidRequest: the start is not smooth, nothing would happen, or it is too large for a network.
    """
    whole, rate = _profile(request, "initial"), _profile(request, "initial_rate")
    grid = np.linspace(0, 1, 2049)
    start, left, right = whole.lifted()
    fastest = rate(grid) * request.duration
    size = max(float(np.max(np.abs(start(grid)))), float(np.max(np.abs(fastest))))
    if size <= TOUCHING * max(1e-300, abs(left), abs(right)):
        raise InvalidRequest(
            "The start is a straight line between its ends, which stays as it is.",
            field="initial",
            value=request.initial,
            remedy="Give a start that is not at rest already, such as sin(pi*x).",
        )
    if request.equation is Learned.BURGERS and max(abs(left), abs(right)) > TOUCHING * size:
        raise InvalidRequest(
            "Burgers' equation is learned here with a fluid that rests at both ends.",
            field="initial",
            value=request.initial,
            remedy="Give a start that is 0 at both ends; physics.solve_burgers takes others.",
        )
    ends = float(np.max(np.abs(fastest[[0, -1]])))
    if np.any(fastest) and (request.equation is not Learned.WAVE or ends > TOUCHING * size):
        raise InvalidRequest(
            "Only waves have a rate at the start, and it is 0 at both ends, which are held.",
            field="initial_rate",
            value=request.initial_rate,
            remedy="Leave it out, or give one such as sin(pi*x) for waves.",
        )
    problem = Problem(
        request=request,
        start=Profile(coefficients=start.coefficients / size),
        rate=Profile(coefficients=rate.coefficients * request.duration / size),
        size=size,
        left=left,
        right=right,
    )
    _bound(problem)
    return problem


def _profile(request: PinnRequest, field: str) -> Profile:
    text = getattr(request, field)
    function = read_formula(text, ("x",), field=field).compile("x")

    def at(places: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.broadcast_to(
                np.asarray(function(request.start + request.length * places), dtype=float), places.shape
            )

    found = profile_of(at)
    if found is None:
        raise InvalidRequest(
            f"{field} is not smooth between {request.start:g} and {request.start + request.length:g} m.",
            field=field,
            value=text,
            remedy="A network learns smooth starts: without corner, jump or pole. physics.solve_diffusion and "
            "physics.solve_wave take others.",
        )
    return found


def _bound(problem: Problem) -> None:
    """Refuse what no network of this size would learn in the time there is."""
    request, given = problem.request, problem.request.coefficient
    name = COEFFICIENT[problem.equation]
    remedy = "Give a shorter duration; the classical solvers take it as it is."
    if problem.carried > MOST_CARRIED:
        raise InvalidRequest(
            f"The fluid carries itself {problem.carried:.3g} lengths; at most {MOST_CARRIED:g} are learned.",
            field="duration",
            value=request.duration,
            remedy=remedy,
        )
    if given is None:
        return
    if not LEAST_CHANGE < problem.scaled(given) < math.inf:
        raise InvalidRequest(
            f"With {name} {given:g} nothing that a double holds becomes of the start in {request.duration:g} s.",
            field=name,
            value=given,
            remedy="Give a larger or a smaller coefficient, or another duration.",
        )
    if problem.equation is Learned.BURGERS and problem.size * request.length / given > MOST_REYNOLDS:
        raise InvalidRequest(
            f"The shock is too thin: velocity·length/viscosity is {problem.size * request.length / given:.4g}.",
            field=name,
            value=given,
            remedy=f"Give a viscosity for which it is at most {MOST_REYNOLDS:g}, or use physics.solve_burgers.",
        )
    turns = math.sqrt(problem.scaled(given) * problem.bending) / RADIANS
    if problem.equation is Learned.WAVE and turns > MOST_TURNS:
        raise InvalidRequest(
            f"The wave swings through {RADIANS * turns:.3g} radians; at most {RADIANS * MOST_TURNS:g} are learned.",
            field="duration",
            value=request.duration,
            remedy=remedy,
        )
