"""Lorenz's equations: a path, the states that stay, and the Lyapunov exponents of what it tends to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.dynamics.chaos import FixedPoint, LorenzMotion, LorenzPath, LorenzRequest
from nis_backend.capabilities.physics.dynamics.double_pendulum import trusted
from nis_backend.capabilities.physics.dynamics.march import Problem, evenly, lay, march, receipt_of
from nis_backend.capabilities.physics.dynamics.march import follow as follow_mesh
from nis_backend.capabilities.physics.dynamics.schemes import Explicit, eighth
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.dynamics.schemes import Rate, State
    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]

COPIES = 256
"""Copies that are followed at once: their spread says how well the mean is known."""
SETTLING = 30.0
"""Time before the average begins, in which copies reach the attractor and their tangents turn."""
MOST_STEPS = 200_000
"""Steps of all copies at once: some twenty seconds."""
LEAST_AVERAGED = 10
"""As the request's bounds say."""
EVERY = 10
"""Steps between two times that the tangents are made orthogonal again."""
PUBLISHED = 0.9056
"""Largest exponent for σ = 10, ρ = 28, β = 8/3: Sprott, Chaos and Time-Series Analysis (2003), A.5."""


@dataclass(frozen=True, kw_only=True)
class Exponents:
    """The exponents, the largest first, and the error of that one."""

    values: tuple[float, float, float]
    error: float


def rate(request: LorenzRequest) -> Rate:
    """Lorenz's equations."""
    sigma, rho, beta = request.sigma, request.rho, request.beta

    def f(_t: float, s: State) -> State:
        x, y, z = s
        return sigma * (y - x), x * (rho - z) - y, x * y - beta * z

    return f


def stationary(request: LorenzRequest) -> list[FixedPoint]:
    """The origin, and above ρ = 1 two more."""
    points = [(0.0, 0.0, 0.0)]
    if request.rho > 1:
        away = math.sqrt(request.beta * (request.rho - 1))
        points += [(away, away, request.rho - 1), (-away, -away, request.rho - 1)]
    found: list[FixedPoint] = []
    for x, y, z in points:
        jacobian = [[-request.sigma, request.sigma, 0.0], [request.rho - z, -1.0, -x], [y, x, -request.beta]]
        growth = float(np.max(np.linalg.eigvals(np.array(jacobian)).real))
        found.append(FixedPoint(x=x, y=y, z=z, stable=growth < 0, growth=growth))
    return found


def exponents(request: LorenzRequest, start: State, tell: Callable[[float, str], None] = silent) -> Exponents:
    """All three exponents by Benettin's method over copies that start apart.

    Classical Runge-Kutta on the equations and their linearisation together; the tangents are made orthogonal again and
    again, and the logarithms of what that takes from their lengths are averaged.
    Source: Benettin, Galgani, Giorgilli & Strelcyn, Meccanica 15 (1980), 9-30.
    """
    sigma, rho, beta = request.sigma, request.rho, request.beta
    random = np.random.default_rng(0)
    start = _nearer(request, start)
    size = max(1.0, *map(abs, start))
    state = np.zeros((3, 4, COPIES))
    state[:, 0] = np.array(start)[:, None] + 0.1 * size * random.standard_normal((3, COPIES))
    state[:, 1:] = np.linalg.qr(random.standard_normal((3, 3)))[0][:, :, None]

    def f(s: Array) -> Array:
        (x, y, z), out = s[:, 0], np.empty_like(s)
        out[0] = sigma * (s[1] - s[0])
        # Of the tangents dy' = (ρ - z)·dx - x·dz - dy; of the state, x·z is taken once too often.
        out[1] = (rho - z) * s[0] - x * s[2] - s[1]
        out[2] = y * s[0] + x * s[1] - beta * s[2]
        out[1, 0] += x * z
        out[2, 0] -= x * y
        return out

    h = _step(request)
    settling, steps = math.ceil(SETTLING / h / EVERY), math.ceil(request.averaging / h / EVERY)
    sums = np.zeros((2, 3, COPIES))
    for number in range(settling + steps):
        for _ in range(EVERY):
            a = f(state)
            b = f(state + h / 2 * a)
            c = f(state + h / 2 * b)
            state = state + h / 6 * (a + 2 * (b + c) + f(state + h * c))
        lengths = _orthogonalise(state)
        if number >= settling:
            sums[int(2 * (number - settling) >= steps)] += np.log(lengths)
        if number % 20 == 0:
            tell(0.5 + 0.5 * number / (settling + steps), "Lyapunov exponents")
    means = sums.sum(axis=0) / (steps * EVERY * h)
    first, second, third = (float(one) for one in means.mean(axis=1))
    spread = 2 * float(means[0].std()) / math.sqrt(COPIES)
    # What has not settled yet shows as a difference of the two halves of the time.
    halves = sums[:, 0].mean(axis=1) / ((steps + 1) // 2 * EVERY * h)
    return Exponents(values=(first, second, third), error=max(spread, abs(float(halves[0] - halves[1])) / 2))


def _orthogonalise(state: Array) -> Array:
    """Make the tangents orthonormal in place (Gram-Schmidt); their lengths before, `(3, copies)`."""
    lengths = np.empty((3, state.shape[2]))
    for place in range(3):
        own = state[:, 1 + place]
        for before in range(place):
            other = state[:, 1 + before]
            own -= other * np.sum(own * other, axis=0)
        lengths[place] = np.sqrt(np.sum(own * own, axis=0))
        own /= lengths[place]
    return lengths


def _nearer(request: LorenzRequest, start: State) -> State:
    """Where the path from a far start has come near the attractor, if it does: fixed steps would not get there."""
    near = 4 * (abs(request.rho) + request.sigma) + 20

    def arrived(_t: float, _before: State, _after: float, y: State) -> bool:
        return max(map(abs, y)) <= near

    if arrived(0, start, 0, start):
        return start
    problem = Problem(
        scheme=Explicit(rate(request), eighth()),
        start=start,
        outputs=(0.0, SETTLING),
        tolerance=1e-6,
        max_steps=262_144,
        names=("x", "y", "z"),
        stop=arrived,
        unit="units of time",
    )
    mesh = lay(problem)
    y = follow_mesh(problem, mesh, 0).states[-1]
    if max(map(abs, y)) > near:
        raise InvalidRequest(
            f"From a start so far away the path comes near no attractor in {SETTLING:g} units of time.",
            field=max(("x", "y", "z"), key=lambda name: abs(float(getattr(request, name)))),
            value=max(start, key=abs),
            remedy=f"Start within {near:g}.",
        )
    return y


def _step(request: LorenzRequest) -> float:
    """A step that the fastest part moves on by 0.6 in, and by 0.4 where it swings; 0.02 for the classical values."""
    fastest = request.sigma + request.beta + 1 + math.sqrt(abs(request.rho) * (request.sigma + 1))
    return min(0.05, (0.62 if request.rho >= 0 else 0.4) / fastest)


def follow(request: LorenzRequest, tell: Callable[[float, str], None] = silent) -> LorenzMotion:
    """The path that was asked for; `tell` hears how far it is."""
    start = (request.x, request.y, request.z)
    steps = (SETTLING + request.averaging) / _step(request)
    if steps > MOST_STEPS:
        most = math.floor(MOST_STEPS * _step(request) - SETTLING)
        raise InvalidRequest(
            f"The exponents over {request.averaging} units of time take {steps:.3g} steps, of {MOST_STEPS} at most.",
            field="averaging",
            value=request.averaging,
            remedy=f"Average over at most {most}." if most >= LEAST_AVERAGED else "Give a smaller sigma, rho or beta.",
        )
    problem = Problem(
        scheme=Explicit(rate(request), eighth()),
        start=start,
        outputs=evenly(0, request.duration, request.points),
        tolerance=request.tolerance,
        max_steps=request.max_steps,
        names=("x", "y", "z"),
        unit="units of time",
    )
    marched = march(problem, lambda part, message: tell(part / 2, message))
    times, states = marched.at_outputs()
    found = exponents(request, start, tell)
    largest = found.values[0]
    chaotic = largest > max(found.error, 1 / request.averaging)
    size = max(marched.scales)
    told = trusted(marched, (1e-3 * size, 1e-3 * size, 1e-3 * size))
    notes: list[str] = []
    if chaotic:
        notes.append(
            f"Errors double every {math.log(2) / largest:.2g} units of time: the 16 digits of a double are lost in "
            f"about {16 * math.log(10) / largest:.3g}."
        )
    if told < request.duration:
        notes.append(f"From {told:.3g} on the path shown is one of many possible ones; its statistics hold.")
    return LorenzMotion(
        final_x=states[-1][0],
        final_y=states[-1][1],
        final_z=states[-1][2],
        lyapunov_exponent=largest,
        lyapunov_error=found.error,
        exponents=list(found.values),
        kaplan_yorke_dimension=dimension(found.values),
        chaotic=chaotic,
        trusted_until=told,
        digits_lost=max(0.0, largest * request.duration / math.log(10)),
        fixed_points=stationary(request),
        trajectory=LorenzPath(time=times, x=[s[0] for s in states], y=[s[1] for s in states], z=[s[2] for s in states]),
        receipt=receipt_of(
            marched,
            problem,
            error_of="x, y or z at any time, relative to the largest size of each",
            checks=_check(request, found),
            notes=notes,
        ),
    )


def dimension(values: tuple[float, float, float]) -> float:
    """Kaplan and Yorke's: as many exponents as add up to more than nothing, and the part of the next."""
    total = 0.0
    for place, value in enumerate(values):
        if total + value < 0:
            return place + total / abs(value)
        total += value
    return 3.0


def _check(request: LorenzRequest, found: Exponents) -> list[Check]:
    """Volumes shrink at the rate of the trace; the largest exponent of the classical values is published."""
    trace = -(request.sigma + 1 + request.beta)
    checks = [compare("sum of the exponents, trace", sum(found.values), trace, "", allowed=1e-3 * abs(trace))]
    if (request.sigma, request.rho, round(request.beta, 6)) == (10, 28, round(8 / 3, 6)):
        name = "largest exponent, published (Sprott 2003)"
        checks.append(compare(name, found.values[0], PUBLISHED, "", allowed=max(2 * found.error, 1e-4)))
    return checks
