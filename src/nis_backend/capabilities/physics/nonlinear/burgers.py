"""Burgers' equation in a periodic box, or between ends at rest, whose odd continuation is periodic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear import spectral
from nis_backend.capabilities.physics.nonlinear.fields import FRAMES, INTERVALS, SpaceTime
from nis_backend.capabilities.physics.nonlinear.starts import read_start, require_repeats
from nis_backend.capabilities.physics.nonlinear.steepening import BurgersRequest, BurgersSolution, Ends
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Conserved, Cost, Receipt
from nis_backend.numerics.refinement import compare, silent, write_receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.spectral import Array, Frames, Settled, Spectrum
    from nis_backend.numerics.receipt import Check
    from nis_backend.numerics.refinement import Course

MOST_POINTS = 4096
MOST_TERMS = 2**19
"""Points of the quadrature by which the exact solution is found."""
HEARD_AT = 33
"""Places at which the solution is held against the exact one."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A period: where it begins, how long it is, and the velocity in it at the start."""

    left: float
    length: float
    start: Callable[[Array], Array]

    def spectrum(self, points: int) -> Spectrum:
        """That of the start on so many points, without the waves that would fold."""
        x = self.left + self.length * np.arange(points) / points
        return np.fft.rfft(self.start(x)) * spectral.alias_free(points)


def solve_on(  # noqa: PLR0913, PLR0917 - each is one term of the problem
    box: Box, viscosity: float, duration: float, points: int, steps: int, course: Course | None
) -> Frames:
    """The velocity's spectra at `FRAMES` times, in conservation form."""
    k = spectral.waves(points, box.length)
    flux = -0.5j * k * spectral.alias_free(points)

    def nonlinear(v: Spectrum) -> Spectrum:
        u = np.fft.irfft(v, points)
        return flux * np.fft.rfft(u * u)

    linear = (-viscosity * k * k).astype(complex)
    over = range if course is None else course.over
    return spectral.march(box.spectrum(points), linear, nonlinear, duration, steps, FRAMES, over)


def flow(request: BurgersRequest, tell: Callable[[float, str], None] = silent) -> BurgersSolution:
    """The velocity that was asked for; `tell` hears how far it is."""
    box = _box(request)
    fine = box.spectrum(2 * MOST_POINTS)
    least, most = _range(spectral.valued(fine, 2 * MOST_POINTS))
    size = max(most, -least)
    if size == 0:
        raise InvalidRequest("Nothing moves.", field="initial", value=request.initial, remedy="Give a start beside 0.")
    slopes = spectral.valued(1j * spectral.waves(2 * MOST_POINTS, box.length) * fine, 2 * MOST_POINTS)
    slope = float(np.min(slopes))
    # A start that does not move has slopes of rounding only.
    breaking = -1 / slope if slope < -1e-9 * size / box.length else None
    _require_resolved(request, box, most - least, size, breaking)
    settled = spectral.settle(
        lambda points, steps, course: solve_on(box, request.viscosity, request.duration, points, steps, course),
        spectral.farthest,
        lambda frames: max(spectral.tail(one) for one in frames.spectra[1:]),
        lambda points: _steps(size, request.duration, points, box.length),
        points=min(MOST_POINTS, spectral.needed(fine)),
        most_points=MOST_POINTS,
        most_steps=request.max_steps,
        tolerance=request.tolerance,
        size=size,
        tell=tell,
    )
    return _answer(request, box, settled, breaking, 4 * request.viscosity / max(most - least, 1e-300))


def _box(request: BurgersRequest) -> Box:
    start = read_start(request.initial, "x", field="initial")
    length = request.right - request.left
    if request.ends is Ends.PERIODIC:
        require_repeats(start, request.left, request.right, request.initial, "initial")
        return Box(left=request.left, length=length, start=start)
    size = float(np.max(np.abs(start(np.linspace(request.left, request.right, 257)))))
    ends = start(np.array([request.left, request.right]))
    if np.max(np.abs(ends)) > 1e-6 * size:
        raise InvalidRequest(
            f"Held ends are at rest here, but the start is {ends[0]:g} and {ends[1]:g} there.",
            field="initial",
            value=request.initial,
            remedy="Give a start that is 0 at both ends, use periodic ends, or solve it as an equation of your own "
            "with physics.solve_pde.",
        )

    def odd(x: Array) -> Array:
        inside = x <= request.right
        return np.where(inside, 1.0, -1.0) * start(np.where(inside, x, 2 * request.right - x))

    return Box(left=request.left, length=2 * length, start=odd)


def _steps(size: float, duration: float, points: int, length: float) -> int:
    """So many that the fastest of the kept waves is carried by at most its own radian in a step."""
    fewest = duration * size * (2 * np.pi / length) * points / 3
    return (FRAMES - 1) * max(1, math.ceil(fewest / (FRAMES - 1)))


def _require_resolved(request: BurgersRequest, box: Box, jump: float, size: float, breaking: float | None) -> None:
    """Refuse a shock that is thinner than the finest grid can show: waves would ring around it.

    The nearest pole of a shock's profile tanh(jump·x/4ν) lies 2πν/jump beside the axis; its spectrum falls as
    exp(-k·2πν/jump).
    """
    if breaking is None or request.duration < breaking * (1 - 1e-9):
        return
    highest = 2 * np.pi / box.length * MOST_POINTS / 3
    digits = math.log(max(10.0, size / request.tolerance))
    thinnest = digits * jump / (2 * np.pi * highest)
    if request.viscosity >= thinnest:
        return
    raise InvalidRequest(
        f"A shock forms at {breaking:.4g} s, and with a viscosity of {request.viscosity:g} m²/s it is thinner than "
        f"{MOST_POINTS:,} points resolve: what a grid would show is ringing.",
        field="viscosity",
        value=request.viscosity,
        remedy=f"Give a viscosity of at least {thinnest:.2g} m²/s, a duration below {breaking:.4g} s, "
        "or a larger tolerance.",
    )


def _range(values: Array) -> tuple[float, float]:
    return float(np.min(values)), float(np.max(values))


def _answer(
    request: BurgersRequest, box: Box, settled: Settled, breaking: float | None, thickness: float
) -> BurgersSolution:
    frames, parts = settled.frames, 1 if request.ends is Ends.PERIODIC else 2
    shown = (request.points - 1) * parts
    first, last = (spectral.sampled(frames.spectra[at], shown)[: request.points] for at in (0, -1))
    fine = 4 * settled.points
    k = spectral.waves(settled.points, box.length)
    slopes = [spectral.valued(1j * k * one, fine)[: fine // parts] for one in frames.spectra]
    steepest = [float(np.min(one)) for one in slopes]
    at = int(np.argmin(slopes[-1]))
    values = spectral.valued(frames.spectra[-1], fine)[: fine // parts]
    energy = [float(np.sum(spectral.valued(frames.spectra[one], fine) ** 2)) for one in (0, -1)]
    least, most = _range(values)
    return BurgersSolution(
        steepest_slope=steepest[-1],
        steepest_position=box.left + box.length * at / fine,
        largest_slope=min(steepest),
        largest_slope_time=request.duration * int(np.argmin(steepest)) / (FRAMES - 1),
        breaking_time=breaking,
        layer_thickness=thickness,
        highest=most,
        lowest=least,
        energy_left=energy[1] / energy[0],
        position=np.linspace(request.left, request.right, request.points).tolist(),
        velocity=last.tolist(),
        initial=first.tolist(),
        history=SpaceTime(
            position=np.linspace(request.left, request.right, INTERVALS + 1).tolist(),
            time=np.linspace(0, request.duration, FRAMES).tolist(),
            value=[spectral.sampled(one, INTERVALS * parts)[: INTERVALS + 1].tolist() for one in frames.spectra],
        ),
        grid_points=settled.points,
        receipt=_receipt(request, box, settled, breaking),
    )


def _receipt(request: BurgersRequest, box: Box, settled: Settled, breaking: float | None) -> Receipt:
    frames, error = settled.frames, settled.refined.error
    kept = [float(one[0].real) * box.length / settled.points for one in frames.spectra]
    receipt = write_receipt(
        settled.refined,
        method=spectral.METHOD,
        order=spectral.ORDER,
        error_of="velocity, anywhere at any frame",
        unit="m/s",
        tolerance=request.tolerance,
        source=spectral.SOURCE,
        checks=_check(request, box, frames, breaking, error),
        conserved=[
            Conserved(
                name="∫ u dx" if request.ends is Ends.PERIODIC else "∫ u dx of the odd continuation",
                start=kept[0],
                drift=max(abs(one - kept[0]) for one in kept),
                unit="m²/s",
            )
        ],
        cost=Cost(evaluations=4 * frames.steps, of="right-hand sides", unknowns=settled.points),
    )
    notes = [f"Error in space {settled.space_error:.1e} m/s, by twice the points; the rest is the steps', by halving."]
    if not receipt.met and settled.points == MOST_POINTS:
        notes.append(f"The finest grid, {MOST_POINTS:,} points, does not resolve this field to the error asked.")
    return receipt.model_copy(update={"notes": notes})


def _check(request: BurgersRequest, box: Box, frames: Frames, breaking: float | None, error: float) -> list[Check]:
    """The velocity at the end by the exact solution, at the place where it differs most."""
    fine = spectral.sampled(frames.spectra[-1], 8192)
    places = np.unique(np.append(np.linspace(0, 8192, HEARD_AT).astype(int), int(np.argmin(np.diff(fine))) + 3) % 8192)
    x = box.left + box.length * places / 8192
    if request.viscosity == 0:
        name, exact = "velocity, by characteristics", characteristics(box, request.duration, x)
    else:
        name, exact = "velocity, by Cole and Hopf", cole_hopf(box, request.viscosity, request.duration, x)
    if exact is None or (breaking is not None and request.viscosity == 0 and request.duration > breaking):
        return []
    worst = int(np.argmax(np.abs(fine[places] - exact)))
    computed, expected = float(fine[places][worst]), float(exact[worst])
    return [compare(f"{name} at x = {x[worst]:.4g}", computed, expected, "m/s", allowed=4 * error)]


def characteristics(box: Box, time: float, x: Array) -> Array:
    """The velocity without viscosity, before it breaks: u where a particle is that left y at u(y), by bisection."""
    size = float(np.max(np.abs(box.start(box.left + box.length * np.linspace(0, 1, 1025)))))
    low, high = x - 1.01 * size * time - 1e-9, x + 1.01 * size * time + 1e-9
    for _ in range(60):
        middle = (low + high) / 2
        far = middle + time * _wrapped(box, middle) > x
        low, high = np.where(far, low, middle), np.where(far, middle, high)
    return _wrapped(box, (low + high) / 2)


def _wrapped(box: Box, y: Array) -> Array:
    return box.start(box.left + np.mod(y - box.left, box.length))


def cole_hopf(box: Box, viscosity: float, time: float, x: Array) -> Array | None:
    """The exact velocity at `x`: the mean of (x - y)/t over y, weighted by exp(-(∫u₀ + (x - y)²/2t)/2ν).

    Equal steps in y, whose error falls faster than any power of the step where the start is smooth; None where more
    than `MOST_TERMS` would be needed. Source: Hopf, Comm. Pure Appl. Math. 3 (1950), 201-230; Cole, Quart. Appl. Math.
    9 (1951), 225-236.
    """
    u = spectral.valued(box.spectrum(2 * MOST_POINTS), 2 * MOST_POINTS)
    least, most = _range(u)
    steepest = float(np.max(np.abs(np.diff(u)))) * 2 * MOST_POINTS / box.length
    wanted = 0.4 * math.sqrt(2 * viscosity / (1 / time + steepest))
    points = 1 << max(13, math.ceil(math.log2(box.length / wanted)))
    h = box.length / points
    # Beyond this much, exp(-d²/4νt) is below the last digit.
    margin = 13 * math.sqrt(viscosity * time)
    many = math.ceil(((most - least) * time + 2 * margin) / h)
    if points > MOST_TERMS or many > MOST_TERMS:
        return None
    spectrum = box.spectrum(2 * MOST_POINTS)
    mean = float(spectrum[0].real) / (2 * MOST_POINTS)
    k = spectral.waves(2 * MOST_POINTS, box.length)
    k[0] = 1.0
    waving = spectrum / (1j * k)
    waving[0] = 0
    integral = spectral.valued(waving, points)
    found = np.empty(len(x))
    for one in range(len(x)):
        place = float(x[one])
        begin = math.floor((place - most * time - margin - box.left) / h)
        index: Array = begin + np.arange(many + 2)
        away: Array = place - (box.left + h * index)
        exponent = (integral[index % points] - mean * away + away * away / (2 * time)) / (2 * viscosity)
        weight = np.exp(np.min(exponent) - exponent)
        found[one] = float(np.sum(away * weight) / np.sum(weight)) / time
    return found
