"""Heat conduction along a rod with held ends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack  # pyright: ignore[reportMissingTypeStubs] - scipy has none

from nis_backend.capabilities.physics.rod import HeatRequest, HeatSolution
from nis_backend.numerics.refinement import ROUNDING, Course, compare, refine, silent, write_receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]

    def factor(diagonal: Array, off: Array) -> tuple[Array, Array, int]:
        """LAPACK's dpttrf: the factors of a symmetric tridiagonal matrix, and 0."""
        ...

    def substitute(diagonal: Array, off: Array, right: Array) -> tuple[Array, int]:
        """LAPACK's dpttrs: the solution by these factors, and 0."""
        ...

else:
    factor, substitute = lapack.dpttrf, lapack.dpttrs

METHOD = "Crank-Nicolson with Rannacher start"
ORDER = 2
SOURCE = "Crank & Nicolson, Proc. Camb. Phil. Soc. 43 (1947), 50-67; Rannacher, Numer. Math. 43 (1984), 309-327"

FEWEST = 16
"""Intervals and steps of the coarsest grid."""
MOST_FIRST = 2048
"""Intervals the coarsest grid may have; the finest has at least four times as many."""
MOST_INTERVALS = 16_384
FINE, COARSE = 1e-6, 1e-4
"""Below the first, in K, a start that fits its ends is summed as a series, held against steps as good as the second."""
STEADY = 4.0
"""Fourier number at which exp(-π²·4) = 7e-18 of a departure is left: later, nothing changes."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The departure from the steady state on one grid, `(intervals + 1,)`, ends included."""

    values: Array
    steps: int


def diffuse(values: Array, fourier: float, steps: int, over: Callable[[int], Iterable[int]] = range) -> Array:
    """Advance a profile `(intervals + 1,)` whose ends are held at zero by the Fourier number diffusivity·time/length².

    The first two steps are four half-steps of implicit Euler: they have the matrix of a Crank-Nicolson step, and damp
    what the step from the given ends to zero would set ringing. `over` hands out the steps, and may tell of them.
    """
    intervals = len(values) - 1
    r = fourier / steps * intervals**2
    diagonal, off, _ = factor(np.full(intervals - 1, 1 + r), np.full(intervals - 2, -r / 2))
    inner = values[1:-1].copy()
    for _ in range(4):
        inner = substitute(diagonal, off, inner)[0]
    for _ in over(steps - 2):
        inner = 2 * substitute(diagonal, off, inner)[0] - inner
    result = np.zeros(intervals + 1)
    result[1:-1] = inner
    return result


def series(knots: Array, fourier: float, x: Array) -> Array | None:
    """The exact profile at `x` (0 to 1) of a piecewise straight start `knots`, by its Fourier series.

    None where more than 2000 terms would be needed.
    """
    waves = _waves(knots, fourier)
    if waves is None:
        return None
    n, amplitude = waves
    return np.sin(np.pi * np.outer(x, n)) @ amplitude


def _waves(knots: Array, fourier: float) -> tuple[Array, Array] | None:
    """The numbers of half waves in the rod, and how much is left of each; None where there are more than 2000."""
    # exp(-40) is below the rounding of the first term.
    terms = math.ceil(math.sqrt(40 / fourier) / math.pi)
    if terms > 2000:  # noqa: PLR2004 - named above
        return None
    n = np.arange(1.0, terms + 1)
    nodes = np.linspace(0, 1, len(knots))
    slopes = np.diff(knots) * (len(knots) - 1)
    bends = np.diff(np.sin(np.pi * np.outer(n, nodes)), axis=1) @ slopes
    amplitude = 2 / (n * np.pi) * (knots[0] - (-1.0) ** n * knots[-1] + bends / (n * np.pi))
    return n, amplitude * np.exp(-((n * np.pi) ** 2) * fourier)


def layers(start: float, left: float, right: float, fourier: float, x: Array) -> Array:
    """The exact temperature of a uniform rod soon after its ends were put at `left` and `right`.

    Each end as if the other were not there; what that leaves out is below exp(-1/(4·fourier)).
    """
    width = 2 * math.sqrt(fourier)
    near = np.array([math.erfc(place / width) for place in x])
    far = np.array([math.erfc((1 - place) / width) for place in x])
    return start + (left - start) * near + (right - start) * far


def conduct(request: HeatRequest, tell: Callable[[float, str], None] = silent) -> HeatSolution:
    """The rod that was asked for; `tell` hears how far it is."""
    exact = _sum(request) if request.tolerance < FINE else None
    if exact is not None:
        # Steps to a coarser tolerance are the second way.
        stepped = conduct(request.model_copy(update={"tolerance": max(request.tolerance, COARSE)}), tell)
        return _with_series(request, exact, stepped)
    # Each grid has twice the nodes of the one before, and twice the steps.
    course = Course(tell, growth=4)
    left, right = request.left_temperature, request.right_temperature
    base = (len(request.departure) or request.nodes) - 1
    knots = np.array(request.departure) if request.departure else np.zeros(base + 1)
    fourier = min(STEADY, request.alpha * request.duration / request.length**2)
    first = _first_intervals(base, fourier)
    first_steps = min(max(FEWEST, first // 4), request.max_steps // 4)

    def steady(intervals: int) -> Array:
        return np.linspace(left, right, intervals + 1)

    def solve(halvings: int) -> Profile:
        intervals, steps = first * 2**halvings, first_steps * 2**halvings
        given = request.initial_temperature + np.interp(
            np.linspace(0, 1, intervals + 1), np.linspace(0, 1, len(knots)), knots
        )
        return Profile(values=diffuse(given - steady(intervals), fourier, steps, course.over), steps=steps)

    def gap(coarse: Profile, fine: Profile) -> float:
        return float(np.max(np.abs(coarse.values - fine.values[::2])))

    hottest = float(np.max(np.abs([left, right, *(request.initial_temperature + knots)])))
    refined = refine(
        solve,
        gap,
        order=ORDER,
        most=min(request.max_steps, first_steps * MOST_INTERVALS // first),
        tolerance=request.tolerance,
        rounding=ROUNDING * max(hottest, 1e-300),
        course=course,
    )
    v = refined.solution.values
    intervals = len(v) - 1
    slope, dx = (right - left) / request.length, request.length / intervals
    temperature = (v + steady(intervals))[:: intervals // base]
    return HeatSolution(
        position=np.linspace(0, request.length, base + 1).tolist(),
        temperature=temperature.tolist(),
        initial=(request.initial_temperature + knots).tolist(),
        steady=steady(base).tolist(),
        midpoint=float(v[intervals // 2]) + (left + right) / 2,
        mean=float(np.sum(v)) / intervals + (left + right) / 2,
        left_gradient=slope + float(4 * v[1] - v[2]) / (2 * dx),
        right_gradient=slope - float(4 * v[-2] - v[-3]) / (2 * dx),
        diffusivity=request.alpha,
        intervals=intervals,
        time_scale=request.length**2 / (math.pi**2 * request.alpha),
        receipt=write_receipt(
            refined,
            method=METHOD,
            order=ORDER,
            error_of="temperature, at any node",
            unit="K",
            tolerance=request.tolerance,
            source=SOURCE,
            checks=_check(request, temperature, fourier, knots, refined.error),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Summed:
    """A start that fits its ends as waves: the numbers of half waves in the rod, and how much is left of each."""

    n: Array
    amplitude: Array
    error: float


def _sum(request: HeatRequest) -> Summed | None:
    """The exact solution as a series; None where an end jumps or too little time has passed for a short one."""
    left, right, start = request.left_temperature, request.right_temperature, request.initial_temperature
    knots = start + (np.array(request.departure) if request.departure else np.zeros(3))
    hottest = float(np.max(np.abs([left, right, *knots])))
    fits = abs(knots[0] - left) + abs(knots[-1] - right) <= ROUNDING * hottest
    fourier = min(STEADY, request.alpha * request.duration / request.length**2)
    waves = _waves(knots - np.linspace(left, right, len(knots)), fourier) if fits else None
    if waves is None:
        return None
    n, amplitude = waves
    # Each term is rounded, and so is the sum that its amplitude comes from.
    return Summed(n=n, amplitude=amplitude, error=ROUNDING * hottest * (len(n) + len(knots)))


def _with_series(request: HeatRequest, exact: Summed, stepped: HeatSolution) -> HeatSolution:
    """The answer by the series, with what Crank-Nicolson's steps say beside it."""
    left, right = request.left_temperature, request.right_temperature
    x = np.array(stepped.position) / request.length
    n, amplitude = exact.n, exact.amplitude
    rest = left + (right - left) * x
    temperature = np.sin(np.pi * np.outer(x, n)) @ amplitude + rest
    temperature[0], temperature[-1] = left, right
    slope, bend = (right - left) / request.length, np.pi / request.length * n * amplitude
    middle = float(np.sin(np.pi * n / 2) @ amplitude) + (left + right) / 2
    odd = n % 2 == 1
    found = stepped.receipt
    agreed = compare(
        "midpoint, Crank-Nicolson", middle, stepped.midpoint, "degC", allowed=3 * found.error_reached + exact.error
    )
    return stepped.model_copy(
        update={
            "temperature": temperature.tolist(),
            "midpoint": middle,
            "mean": float(2 / np.pi * np.sum(amplitude[odd] / n[odd])) + (left + right) / 2,
            "left_gradient": slope + float(np.sum(bend)),
            "right_gradient": slope + float(np.sum(bend * (-1.0) ** n)),
            "receipt": found.model_copy(
                update={
                    "method": "Fourier series of the straight pieces",
                    "order": None,
                    "observed_order": None,
                    "steps": len(n),
                    "error_asked": request.tolerance,
                    "error_reached": exact.error,
                    "estimate": "rounding of the terms; the next is below it",
                    "met": exact.error <= request.tolerance,
                    "source": "Carslaw & Jaeger, Conduction of Heat in Solids (1959), 3.3",
                    "checks": [agreed],
                }
            ),
        }
    )


def _first_intervals(base: int, fourier: float) -> int:
    """Intervals of the coarsest grid: a multiple of the answer's, and one for the layer that has warmed at each end."""
    wanted = max(FEWEST, min(MOST_FIRST, math.ceil(0.5 / math.sqrt(max(fourier, 1e-300)))))
    return base * math.ceil(wanted / base)


def _check(request: HeatRequest, temperature: Array, fourier: float, knots: Array, error: float) -> list[Check]:
    """The temperatures by the exact solution, at the inner node where it differs most."""
    left, right, start = request.left_temperature, request.right_temperature, request.initial_temperature
    x = np.linspace(0, 1, len(temperature))
    rest = left + (right - left) * x
    if not request.departure and fourier < 0.005:  # noqa: PLR2004 - exp(-1/(4·0.005)) is 2e-22
        name, exact = "temperature, error functions", layers(start, left, right, fourier, x)
    else:
        name, found = "temperature, Fourier series", series(start + knots - rest, fourier, x)
        if found is None:
            return []
        exact = found + rest
    worst = 1 + int(np.argmax(np.abs(temperature - exact)[1:-1]))
    allowed = 4 * error + 1e-12 * float(np.max(np.abs([left, right, *(start + knots)])))
    return [
        compare(
            f"{name} at node {worst} of {len(x)}",
            float(temperature[worst]),
            float(exact[worst]),
            "degC",
            allowed=allowed,
        )
    ]
