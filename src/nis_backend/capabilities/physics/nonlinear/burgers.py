"""Burgers' equation in a periodic box, or between ends at rest, whose odd continuation is periodic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear import spectral
from nis_backend.capabilities.physics.nonlinear.cole_hopf import SAMPLES, WIDE, Box, Inviscid, Viscous
from nis_backend.capabilities.physics.nonlinear.fields import FRAMES, INTERVALS, SpaceTime
from nis_backend.capabilities.physics.nonlinear.profile import STENCIL, extremes, in_rows, integrals, steepest
from nis_backend.capabilities.physics.nonlinear.starts import read_start, require_repeats
from nis_backend.capabilities.physics.nonlinear.steepening import BurgersRequest, BurgersSolution, Ends
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Conserved, Cost, Receipt
from nis_backend.numerics.refinement import ROUNDING, compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.cole_hopf import Motion
    from nis_backend.capabilities.physics.nonlinear.spectral import Array, Spectrum
    from nis_backend.numerics.receipt import Check

MOST_NODES = 2**19
MOST_TERMS = 2**14
"""Terms of one sum: twelve thousand of them take some seconds."""
MOST_DIGITS = 36.0
"""Power of e by which what a sum leaves out is smaller than what it has: the last digit of a double."""
SHORTEST = 1e-300
"""The shortest time, s: of less, parts of it and what is divided by them are no doubles."""
MOST_POINTS = 1024
"""Points of the march that the first of the frames is held against."""
MOST_STEPS = 256
"""Steps of that march, by the longer steps of two."""
JUMP = 0.2
"""Part of a start's range by which it changes between two places where it is said to jump."""
HEARD = 1e-4
"""Error of the march, of the largest velocity, from which on it says nothing."""
SOURCE = (
    "Hopf, Comm. Pure Appl. Math. 3 (1950), 201-230; Cole, Quart. Appl. Math. 9 (1951), 225-236; "
    "the march: Kassam & Trefethen, SIAM J. Sci. Comput. 26 (2005), 1214-1233"
)


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A velocity everywhere and at all times, and how wrong it may be, m/s."""

    motion: Motion
    error: float
    method: str
    estimate: str
    nodes: int = 0
    """Equal steps of a sum over the period; 0 where there are no sums."""


def flow(request: BurgersRequest, tell: Callable[[float, str], None] = silent) -> BurgersSolution:
    """The velocity that was asked for; `tell` hears how far it is."""
    box = _box(request)
    if box.size == 0:
        raise InvalidRequest("Nothing moves.", field="initial", value=request.initial, remedy="Give a start beside 0.")
    k = spectral.waves(SAMPLES, box.length)
    slope = float(np.min(spectral.valued(1j * k * box.spectrum(SAMPLES), SAMPLES)))
    # A start that does not move has slopes of rounding only.
    breaking = -1 / slope if slope < -1e-9 * box.size / box.length else None
    settled = _carry(request, box, breaking) if request.viscosity == 0 else _transform(request, box, tell)
    return _answer(request, box, settled, breaking)


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


def _carry(request: BurgersRequest, box: Box, breaking: float | None) -> Settled:
    """Without viscosity, until the wave breaks."""
    left = 1.0 if breaking is None else 1 - request.duration / breaking
    if left <= 1e-9:  # noqa: PLR2004 - the time at which it breaks, but for rounding
        raise InvalidRequest(
            f"The wave breaks at {breaking:.4g} s, and without viscosity there is no velocity after that.",
            field="viscosity",
            value=request.viscosity,
            remedy=f"Give a viscosity of at least {_thinnest(request, box):.2g} m²/s, or a duration below "
            f"{breaking:.4g} s.",
        )
    steep = float(np.max(np.abs(np.diff(box.samples)))) * SAMPLES / box.length
    far = max(abs(request.left), abs(request.right)) + box.size * request.duration
    return Settled(
        motion=Inviscid(box),
        error=2 * ROUNDING * (box.size + far * steep / left),
        method="characteristics, by bisection",
        estimate="rounding of the bisection",
    )


def _transform(request: BurgersRequest, box: Box, tell: Callable[[float, str], None]) -> Settled:
    """By sums whose steps are halved until their velocities no longer change."""
    if request.duration < SHORTEST:
        raise InvalidRequest(
            f"{request.duration:g} s cannot be divided into frames.",
            field="duration",
            value=request.duration,
            remedy=f"Give a duration of at least {SHORTEST:g} s.",
        )
    viscosity, first = request.viscosity, request.duration / (FRAMES - 1)
    # What a sum leaves out counts as a velocity: the farthest way that it has, in the time.
    fastest = box.size + math.sqrt(4 * MOST_DIGITS * viscosity / first)
    digits = min(MOST_DIGITS, math.log(max(1e6, 1e3 * fastest / request.tolerance)))
    _require_room(request, box)
    motion = Viscous(box, viscosity, digits, box.nodes(viscosity, first, digits))
    x, t = _watched(request, motion)
    rounding = box.size * math.exp(-digits) + ROUNDING * (
        box.size * (1 + motion.height / viscosity) + motion.reach(first)[1] / first
    )
    seen, before, error = motion.at(x, t), math.inf, math.inf
    while True:
        finer = motion.halved()
        now = finer.at(x, t)
        gap = float(np.max(np.abs(now - seen)))
        # Where a start jumps, two sums may agree by chance; three do not.
        error = rounding + 2 * (gap if gap <= 10 * rounding else max(gap, before / 2))
        room = 2 * finer.nodes <= MOST_NODES and 2 * finer.width(request.duration, 1) <= MOST_TERMS
        if error <= request.tolerance or gap <= rounding or not room:
            break
        tell(0.1, f"{finer.nodes:,} nodes")
        motion, seen, before = finer, now, gap
    return Settled(
        motion=motion,
        error=error,
        method="Cole-Hopf transform, sums of equal steps",
        estimate="twice the nodes",
        nodes=motion.nodes,
    )


def _watched(request: BurgersRequest, motion: Viscous) -> tuple[Array, Array]:
    """Where sums are compared: everywhere at four times, and across the steepest front of each."""
    x = np.linspace(request.left, request.right, INTERVALS + 1)
    times = request.duration * np.array([1, 4, 16, FRAMES - 1]) / (FRAMES - 1)
    u = in_rows(motion.at, np.tile(x, (len(times), 1)), times)
    front, slope = steepest(motion, x, u, times, levels=10)
    width = np.minimum((np.max(u, axis=1) - np.min(u, axis=1)) / np.maximum(-slope, 1e-300), x[-1] - x[0])
    across = front[:, None] + width[:, None] * STENCIL
    places = np.concatenate([np.tile(x, (len(times), 1)), across], axis=1)
    return places.ravel(), np.repeat(times, places.shape[1])


def _require_room(request: BurgersRequest, box: Box) -> None:
    """Refuse a front so thin that its sums would have more terms than are summed."""
    if _has_room(request, box, request.viscosity):
        return
    raise InvalidRequest(
        f"With a viscosity of {request.viscosity:g} m²/s fronts get so thin that sums of {MOST_TERMS:,} terms do "
        "not resolve them.",
        field="viscosity",
        value=request.viscosity,
        remedy=f"Give a viscosity of at least {_thinnest(request, box):.2g} m²/s, a shorter duration, or a start "
        "without jumps.",
    )


def _has_room(request: BurgersRequest, box: Box, viscosity: float) -> bool:
    longest = min(request.duration, WIDE * box.length**2 / viscosity)
    first = box.nodes(viscosity, request.duration / (FRAMES - 1), MOST_DIGITS)
    last = box.nodes(viscosity, longest, MOST_DIGITS)
    terms = Viscous(box, viscosity, MOST_DIGITS, 512).width(longest, 1) / 512 * last
    return first <= MOST_NODES // 2 and terms <= MOST_TERMS // 2


def _thinnest(request: BurgersRequest, box: Box) -> float:
    """The least viscosity whose sums have room, m²/s, to a quarter."""
    viscosity = 1e-12 * box.size * box.length
    while not _has_room(request, box, viscosity):
        viscosity *= 1.25
    return viscosity


def _answer(request: BurgersRequest, box: Box, settled: Settled, breaking: float | None) -> BurgersSolution:
    motion, end = settled.motion, request.duration
    x = np.linspace(request.left, request.right, INTERVALS + 1)
    times = np.linspace(0, end, FRAMES)
    history = np.empty((FRAMES, len(x)))
    history[0] = box.wrapped(x)
    history[1:] = in_rows(motion.at, np.tile(x, (FRAMES - 1, 1)), times[1:])
    thickness = 4 * request.viscosity / max(float(np.ptp(box.samples)), 1e-300)
    slopes, place = _fronts(motion, x, times, history, thickness, -1 / breaking if breaking else 0.0)
    position = np.linspace(request.left, request.right, request.points)
    velocity = motion.at(position, np.full(request.points, end))
    digit = np.array([1.0, box.size]) * max(1e-10 * box.size, settled.error) * box.length / 32
    whole = (box.left, box.left + box.length, digit)
    kept = integrals(box.wrapped, *whole), integrals(lambda x: motion.at(x, np.full(x.size, end)), *whole)
    lowest, highest = extremes(motion, position, velocity, end)
    return BurgersSolution(
        steepest_slope=float(slopes[-1]),
        steepest_position=place,
        largest_slope=float(np.min(slopes)),
        largest_slope_time=float(times[np.argmin(slopes)]),
        breaking_time=breaking,
        layer_thickness=thickness,
        highest=highest,
        lowest=lowest,
        energy_left=float(kept[1][1] / kept[0][1]),
        position=position.tolist(),
        velocity=velocity.tolist(),
        initial=box.wrapped(position).tolist(),
        history=SpaceTime(position=x.tolist(), time=times.tolist(), value=history.tolist()),
        nodes=settled.nodes,
        receipt=_receipt(request, box, settled, [float(one[0]) for one in kept]),
    )


def _fronts(  # noqa: PLR0913, PLR0917 - each is one term of what is looked at
    motion: Motion, x: Array, times: Array, history: Array, thickness: float, first: float
) -> tuple[Array, float]:
    """The steepest slope at each time, of which the first is known, and where it is at the end."""
    cell = float(x[1] - x[0])
    # The cells of the last level are a quarter of the thinnest front.
    levels = max(2, math.ceil(math.log(4 * cell / max(thickness, 1e-6 * cell)) / math.log(3.2)))
    slopes = np.append(first, steepest(motion, x, history[1:], times[1:], levels=levels)[1])
    # The steepest of all times, and that of the end, once more and closer.
    two = np.array([max(1, int(np.argmin(slopes))), len(times) - 1])
    places, closer = steepest(motion, x, history[two], times[two], levels=20)
    slopes[two] = np.minimum(slopes[two], closer)
    return slopes, float(places[1])


def _receipt(request: BurgersRequest, box: Box, settled: Settled, kept: list[float]) -> Receipt:
    motion, met = settled.motion, settled.error <= request.tolerance
    return Receipt(
        method=settled.method,
        order=None,
        observed_order=None,
        steps=settled.nodes or Inviscid.ROUNDS,
        error_of="velocity, anywhere at any frame",
        error_asked=request.tolerance,
        error_reached=settled.error,
        unit="m/s",
        estimate=settled.estimate,
        met=met,
        conserved=[
            Conserved(
                name="∫ u dx" if request.ends is Ends.PERIODIC else "∫ u dx of the odd continuation",
                start=kept[0],
                drift=abs(kept[1] - kept[0]),
                unit="m²/s",
            )
        ],
        cost=Cost(evaluations=motion.terms, of="terms of sums", unknowns=0) if isinstance(motion, Viscous) else None,
        source=SOURCE,
        checks=_check(request, box, settled),
        notes=_notes(box, met=met),
    )


def _notes(box: Box, *, met: bool) -> list[str]:
    notes = [] if met else ["Twice the nodes still change the sums: the start has jumps, kinks, or very short waves."]
    if float(np.max(np.abs(np.diff(box.samples)))) > JUMP * float(np.ptp(box.samples)):
        notes.append(f"The start jumps: its slope, and when it breaks, are those between {SAMPLES:,} places.")
    return notes


def _check(request: BurgersRequest, box: Box, settled: Settled) -> list[Check]:
    """The first frame by steps from the start, in which no transform has a part, at the place where it differs most."""
    time, points = request.duration / (FRAMES - 1), 2 * spectral.needed(box.spectrum(SAMPLES))
    fastest = box.size * 2 * np.pi / box.length * points / 3
    steps = max(16, math.ceil(fastest * time))
    if points > MOST_POINTS or steps > MOST_STEPS:
        return []
    coarse, fine = (march(box, request.viscosity, time, points // n, 2 * steps // n) for n in (2, 1))
    stepped = spectral.valued(fine, points)
    missed = float(np.max(np.abs(stepped - spectral.valued(coarse, points))))
    if missed > HEARD * np.max(np.abs(stepped)):
        return []
    x = box.left + box.length * np.arange(points) / points
    found = settled.motion.at(x, np.full(points, time))
    worst = int(np.argmax(np.abs(found - stepped)))
    name = f"velocity at x = {x[worst]:.4g} m, {time:.4g} s, by ETDRK4 from the start"
    return [compare(name, float(found[worst]), float(stepped[worst]), "m/s", allowed=4 * (settled.error + missed))]


def march(box: Box, viscosity: float, duration: float, points: int, steps: int) -> Spectrum:
    """The velocity's spectrum after equal steps from the start, in conservation form."""
    k = spectral.waves(points, box.length)
    flux = -0.5j * k * spectral.alias_free(points)

    def nonlinear(v: Spectrum) -> Spectrum:
        u = np.fft.irfft(v, points)
        return flux * np.fft.rfft(u * u)

    linear = (-viscosity * k * k).astype(complex)
    return spectral.march(box.spectrum(points), linear, nonlinear, duration, steps, 2).spectra[-1]
