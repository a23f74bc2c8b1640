"""A wave at a barrier: transfer matrices, exact where the potential is flat, of fourth order where it is not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import constants  # pyright: ignore[reportMissingTypeStubs] - scipy has none

from nis_backend.capabilities.physics.quantum.particle import Resonance, Tunnelling
from nis_backend.capabilities.physics.quantum.wells import MOST_JUMPS, jumps
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula
from nis_backend.numerics.receipt import Conserved, Cost, Receipt
from nis_backend.numerics.refinement import ROUNDING, Course, compare, refine

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.quantum.particle import TunnellingRequest
    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]
    Waves = NDArray[np.complex128]
    Indices = NDArray[np.intp]

HBAR: float = constants.hbar
EV: float = constants.electron_volt
NANOMETRE = 1e-9
FLAT = "transfer matrices, exact for flat layers"
SMOOTH = "transfer matrices of Magnus's fourth order"
SOURCE = "Merzbacher, Quantum Mechanics (1998), 6; Blanes, Casas, Oteo & Ros, Phys. Rep. 470 (2009), 151-238, section 5"
FIRST, MOST = 32, 8_192
"""Steps through a barrier that is a formula."""
SEEN = 0.99
"""Part of a potential's ups and downs that the first steps are to see."""
DRAWN = 400
MOST_PEAKS = 32
ROUNDS, ACROSS = 9, 33
"""Rounds in which a peak is looked for, and places of each."""
STANDS_OUT = 1e-9
"""Rise of a curve's logarithm that is no rounding."""
NUDGE = 1e-7
"""Relative change of an energy by which a slope is taken."""
LEAST = 1e-3
"""A peak's transmission, below which it is none."""


@dataclass(frozen=True, kw_only=True)
class Barrier:
    """Wave numbers' scale 2m/ħ² in 1/(eV m²), the potential in eV over the depth, and the layers where it is flat."""

    scale: float
    width: float
    step: float
    layers: tuple[tuple[float, float], ...]
    """Height in eV and width in m, left to right; empty where it is not flat."""
    breaks: tuple[float, ...]
    """Where a formula jumps, of the width: no step goes across."""
    potential: Callable[[Array], Array]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Natural logarithm of the transmission `(n,)` and the reflection `(n,)` on one grid."""

    steps: int
    logarithm: Array
    reflection: Array


def barrier_of(request: TunnellingRequest) -> Barrier:
    """The barrier that was asked for."""
    scale = 2 * request.mass * EV / HBAR**2
    if request.formula is not None:
        width = request.width or 0.0
        value = read_formula(request.formula, ("x",), field="formula").compile("x")

        def smooth(x: Array) -> Array:
            with np.errstate(all="ignore"):
                found = np.broadcast_to(np.asarray(value(x / NANOMETRE), dtype=float), x.shape)
            if not np.isfinite(found).all():
                raise InvalidRequest(
                    f"The potential has no finite value at x = {float(x[~np.isfinite(found)][0]) / NANOMETRE:g} nm.",
                    field="formula",
                    value=request.formula,
                    remedy="Give a formula that is finite inside the barrier.",
                )
            return found

        breaks = jumps(lambda parts: smooth(parts * width))
        if len(breaks) == MOST_JUMPS:
            raise InvalidRequest(
                f"The potential jumps {MOST_JUMPS} times or more.",
                field="formula",
                value=request.formula,
                remedy="Give flat layers, or a narrower barrier.",
            )
        return Barrier(
            scale=scale, width=width, step=request.step, layers=(), breaks=tuple(sorted(breaks)), potential=smooth
        )
    given = [(one.height, one.width) for one in request.layers] or [(request.height or 0.0, request.width or 0.0)]
    ends = np.cumsum([width for _, width in given])
    heights = np.array([height for height, _ in given])

    def flat(x: Array) -> Array:
        return heights[np.clip(np.searchsorted(ends, x), 0, len(heights) - 1)]

    return Barrier(
        scale=scale, width=float(ends[-1]), step=request.step, layers=tuple(given), breaks=(), potential=flat
    )


def passage(barrier: Barrier, energies: Array, steps: int, course: Course | None = None) -> Passage:
    """Back from an outgoing wave on the right, which is the way that grows: ψ and ψ', scaled as they go."""
    right = np.sqrt((barrier.scale * (energies - barrier.step)).astype(complex))
    # A wave that does not get out decays: its root has a positive imaginary part.
    psi, slope = np.ones(len(energies), dtype=complex), 1j * right
    size = np.zeros(len(energies))
    if barrier.layers:
        for height, width in reversed(barrier.layers):
            q = barrier.scale * (height - energies)
            psi, slope, size = _apply(0 * q, -width + 0 * q, -width * q, psi, slope, size)
    else:
        edges, gauss = _edges(barrier, steps), math.sqrt(3) / 6
        starts, lengths = edges[:-1], np.diff(edges)
        early = barrier.potential(starts + (0.5 - gauss) * lengths)
        late = barrier.potential(starts + (0.5 + gauss) * lengths)
        for number in course.over(len(starts)) if course else range(len(starts)):
            i = len(starts) - 1 - number
            h = float(lengths[i])
            # Going left, the later of the two places comes first.
            first, second = barrier.scale * (late[i] - energies), barrier.scale * (early[i] - energies)
            twist = math.sqrt(3) / 12 * h * h * (first - second)
            psi, slope, size = _apply(twist, -h + 0 * first, -h * (first + second) / 2, psi, slope, size)
    left = np.sqrt(barrier.scale * energies)
    coming, going = (psi + slope / (1j * left)) / 2, (psi - slope / (1j * left)) / 2
    out = np.real(right)
    with np.errstate(divide="ignore"):
        logarithm = np.log(out / left) - 2 * (np.log(np.abs(coming)) + size)
    return Passage(steps=len(barrier.layers) or steps, logarithm=logarithm, reflection=np.abs(going / coming) ** 2)


def _edges(barrier: Barrier, steps: int) -> Array:
    """Ends of the steps: equal ones between the jumps, and twice as many of each where `steps` is doubled."""
    ends = [0.0, *barrier.breaks, 1.0]
    parts = [
        np.linspace(a, b, max(1, round(FIRST * (b - a))) * max(1, steps // FIRST) + 1)[:-1] for a, b in pairwise(ends)
    ]
    return np.concatenate([*parts, [1.0]]) * barrier.width


def _apply(  # noqa: PLR0913, PLR0917 - a matrix and a vector
    a: Array, b: Array, c: Array, psi: Waves, slope: Waves, size: Array
) -> tuple[Waves, Waves, Array]:
    """The exponential of ((a, b), (c, -a)) applied, and what it grew by put aside."""
    root = np.sqrt((a * a + b * c).astype(complex))
    grown = np.abs(np.real(root))
    plus, minus = np.exp(root - grown), np.exp(-root - grown)
    even = (plus + minus) / 2
    # sinh(z)/z by its series where the quotient loses its digits.
    small = np.abs(root) < 1e-3  # noqa: PLR2004 - the fourth term is then 1e-16
    safe = np.where(small, 1.0, root)
    square = root * root
    odd = np.where(small, (1 + square / 6 + square * square / 120) * np.exp(-grown), (plus - minus) / 2 / safe)
    after, bent = even * psi + odd * (a * psi + b * slope), even * slope + odd * (c * psi - a * slope)
    whole = np.maximum(np.abs(after), np.abs(bent) * np.abs(b))
    whole = np.where(whole > 0, whole, 1.0)
    return after / whole, bent / whole, size + grown + np.log(whole)


def pass_through(request: TunnellingRequest, tell: Callable[[float, str], None]) -> Tunnelling:
    """What passes the barrier that was asked for."""
    barrier = barrier_of(request)
    energies = _energies(request, barrier)
    course = Course(tell)
    rounding = ROUNDING * (4 + float(_phase(barrier, request.energy)))
    if barrier.layers:
        found, error, observed = passage(barrier, energies, 0), rounding * _steepness(barrier, request.energy), None
    else:
        first = _resolving(barrier, request.formula)
        refined = refine(
            lambda halvings: passage(barrier, energies, first * 2**halvings, course),
            _gap,
            order=4,
            most=MOST,
            tolerance=request.tolerance,
            rounding=rounding,
            course=course,
        )
        found, error, observed = refined.solution, refined.error, refined.observed_order
    return _told(request, barrier, energies, found, error, observed)


def _resolving(barrier: Barrier, formula: str | None) -> int:
    """Steps that see the potential rise and fall as often as it does: coarser ones may agree on what both miss.

    Raises:
        InvalidRequest: it varies faster than the most steps.
    """

    def ups_and_downs(steps: int) -> float:
        middles = (np.arange(2 * steps) + 0.5) * barrier.width / (2 * steps)
        return float(np.abs(np.diff(barrier.potential(middles))).sum())

    whole, steps = ups_and_downs(2 * MOST), FIRST
    while ups_and_downs(steps) < SEEN * whole:
        steps *= 2
        if steps > MOST // 4:
            raise InvalidRequest(
                f"The potential varies faster than {MOST} steps resolve.",
                field="formula",
                value=formula,
                remedy="Give a narrower barrier, a smoother formula, or flat layers.",
            )
    return steps


def _energies(request: TunnellingRequest, barrier: Barrier) -> Array:
    """The energy asked for first, then those of the curve."""
    top = float(np.max(barrier.potential(np.linspace(0, barrier.width, DRAWN + 1))))
    highest = request.highest or max(2 * top, 2 * request.energy, (request.lowest or 0) * 2)
    lowest = request.lowest or highest / (2 * request.points)
    if lowest >= highest:
        raise InvalidRequest(
            "The curve over energy ends before it begins.",
            field="lowest",
            value=lowest,
            remedy=f"Give less than {highest:g} eV.",
        )
    return np.concatenate(([request.energy], np.linspace(lowest, highest, request.points)))


def _phase(barrier: Barrier, energy: float) -> float:
    """How many times the wave turns or falls by e inside: what rounding grows with."""
    x = np.linspace(0, barrier.width, DRAWN + 1)
    return float(np.mean(np.sqrt(barrier.scale * np.abs(barrier.potential(x) - energy)))) * barrier.width


def _steepness(barrier: Barrier, energy: float) -> float:
    """By how much a relative error of the energy grows in the transmission: near a narrow resonance, much."""
    beside = passage(barrier, energy * np.array([1 - NUDGE, 1.0, 1 + NUDGE]), 0).logarithm
    if not np.isfinite(beside).all():
        return 1.0
    return 1.0 + float(np.max(np.abs(np.diff(beside)))) / NUDGE


def _gap(coarse: Passage, fine: Passage) -> float:
    """Relative where it was asked for, absolute along the curve."""
    with np.errstate(invalid="ignore"):
        first = np.abs(np.expm1(coarse.logarithm[0] - fine.logarithm[0]))
        first = 0.0 if np.isneginf(fine.logarithm[0]) else float(first)
    return max(first, float(np.max(np.abs(np.exp(coarse.logarithm) - np.exp(fine.logarithm)))))


def _told(  # noqa: PLR0913, PLR0917 - what is known of the passage
    request: TunnellingRequest,
    barrier: Barrier,
    energies: Array,
    found: Passage,
    error: float,
    observed: float | None,
) -> Tunnelling:
    # Rounding may leave a hair more than all.
    passed, back = min(1.0, float(np.exp(found.logarithm[0]))), min(1.0, float(found.reflection[0]))
    curve = np.minimum(1.0, np.exp(found.logarithm[1:]))
    x = np.linspace(0, barrier.width, DRAWN + 1)
    potential = barrier.potential(x)
    top = float(np.max(potential))
    sums = np.exp(found.logarithm) + found.reflection
    closed = not np.isfinite(found.logarithm[0])
    steps = found.steps
    notes = ["One particle, one dimension: no scattering on anything else."]
    if request.energy <= request.step:
        notes.append("The potential to the right is above the energy: nothing passes.")
    return Tunnelling(
        transmission=passed,
        reflection=back,
        log10_transmission=None if closed else float(found.logarithm[0]) / math.log(10),
        decay_length=1 / math.sqrt(barrier.scale * (top - request.energy)) if top > request.energy else None,
        energies=energies[1:].tolist(),
        transmissions=curve.tolist(),
        resonances=_peaks(barrier, energies[1:], found.logarithm[1:], steps),
        position=x.tolist(),
        potential=potential.tolist(),
        receipt=Receipt(
            method=FLAT if barrier.layers else SMOOTH,
            order=None if barrier.layers else 4,
            observed_order=observed,
            steps=steps,
            error_of="transmission, relative at the energy and absolute along the curve",
            error_asked=request.tolerance,
            error_reached=error,
            unit="",
            estimate="rounding, which grows with the phase inside" if barrier.layers else "step halving",
            met=error <= request.tolerance,
            conserved=[
                Conserved(name="transmission and reflection", start=1.0, drift=float(np.max(np.abs(sums - 1))), unit="")
            ],
            cost=Cost(evaluations=steps * len(energies), of="transfer matrices", unknowns=2),
            source=SOURCE,
            checks=_checks(request, barrier, passed, error),
            notes=notes,
        ),
    )


def _checks(request: TunnellingRequest, barrier: Barrier, passed: float, error: float) -> list[Check]:
    """The closed form of one rectangle."""
    if len(barrier.layers) != 1 or request.step or not passed:
        return []
    (height, width), energy = barrier.layers[0], request.energy
    phase = width * math.sqrt(barrier.scale * abs(height - energy))
    if height == energy:
        bent = barrier.scale * width**2 * height / 4
    elif energy < height:
        if phase > 300:  # noqa: PLR2004 - sinh² leaves the doubles at 355
            return []
        bent = height**2 * math.sinh(phase) ** 2 / (4 * energy * (height - energy))
    else:
        bent = height**2 * math.sin(phase) ** 2 / (4 * energy * (energy - height))
    if not math.isfinite(bent):
        return []
    expected = 1 / (1 + bent)
    return [
        compare(
            "transmission, closed form of the rectangle", passed, expected, "", allowed=(20 * error + 1e-11) * expected
        )
    ]


def _peaks(barrier: Barrier, energies: Array, curve: Array, steps: int) -> list[Resonance]:
    """The peaks of the logarithm of a curve, each looked at more closely, all of them at once.

    A resonance narrower than the curve's steps has flanks that rise towards it.
    """
    with np.errstate(invalid="ignore"):  # where nothing passes on either side
        rises, falls = curve[1:-1] - curve[:-2], curve[1:-1] - curve[2:]
    tops = 1 + np.flatnonzero((rises > STANDS_OUT) & (falls >= 0) | (rises >= 0) & (falls > STANDS_OUT))
    if not len(tops):
        return []

    def at(places: Array) -> Array:
        return passage(barrier, places.ravel(), min(steps, MOST // 4)).logarithm.reshape(places.shape)

    summits, heights = _summits(at, energies[tops - 1], energies[tops + 1])
    kept = np.flatnonzero(heights > math.log(LEAST))[:MOST_PEAKS]
    tops, summits, heights = tops[kept], summits[kept], heights[kept]
    halves = heights - math.log(2)
    left, right = (_fallen(at, energies, curve, tops, summits, halves, way) for way in (-1, 1))
    widths = (right - left).tolist()
    return [
        Resonance(energy=energy, transmission=min(1.0, math.exp(height)), width=None if math.isnan(wide) else wide)
        for energy, height, wide in zip(summits.tolist(), heights.tolist(), widths, strict=True)
    ]


def _summits(at: Callable[[Array], Array], low: Array, high: Array) -> tuple[Array, Array]:
    """Where the highest values between each two places are, and they: the best of many places, and around it again."""
    rows, middle, height = np.arange(len(low)), low, low
    for _ in range(ROUNDS):
        places: Array = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, ACROSS)
        values = at(places)
        best = np.argmax(values, axis=1)
        middle, height = places[rows, best], values[rows, best]
        low, high = places[rows, np.maximum(best - 1, 0)], places[rows, np.minimum(best + 1, ACROSS - 1)]
    return middle, height


def _fallen(  # noqa: PLR0913, PLR0917 - peaks and a side of them
    at: Callable[[Array], Array], energies: Array, curve: Array, tops: Indices, summits: Array, halves: Array, way: int
) -> Array:
    """Where the curve has fallen to half, on one side of each peak; nan where it rises again before."""
    inner, outer = summits.copy(), np.full(len(tops), np.nan)
    for number, (top, half) in enumerate(zip(tops.tolist(), halves.tolist(), strict=True)):
        following = int(tops[number + way]) if 0 <= number + way < len(tops) else (len(curve) if way > 0 else -1)
        below = next((i for i in range(top + way, following, way) if curve[i] <= half), None)
        if below is not None:
            outer[number] = energies[below]
    held = np.flatnonzero(np.isfinite(outer))
    inner, out, half = inner[held], outer[held], halves[held]
    rows = np.arange(len(held))
    for _ in range(ROUNDS if len(held) else 0):
        places: Array = inner[:, None] + (out - inner)[:, None] * np.linspace(0, 1, ACROSS)
        below = at(places) <= half[:, None]
        below[:, -1] = True
        first = np.maximum(np.argmax(below, axis=1), 1)
        inner, out = places[rows, first - 1], places[rows, first]
    outer[held] = (inner + out) / 2
    return outer
