"""Fourier grids, a fourth-order step for stiff linear parts, and the two refinements of a solution on them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.exponential import coefficients
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import ROUNDING, Course, Refined, refine, write_receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.exponential import Coefficients
    from nis_backend.numerics.receipt import Check, Conserved, Receipt

    # Any: what numpy answers differs in precision by its stubs, not in fact.
    Array = NDArray[Any]
    Spectrum = NDArray[Any]
    Nonlinear = Callable[[Spectrum], Spectrum]

METHOD = "Fourier in space, ETDRK4 in time"
ORDER = 4
SOURCE = (
    "Cox & Matthews, J. Comput. Phys. 176 (2002), 430-455; Kassam & Trefethen, SIAM J. Sci. Comput. 26 (2005), "
    "1214-1233; Trefethen, Spectral Methods in MATLAB (2000)"
)

LARGEST = 1e60
"""A value beyond which a field has grown out of all bounds; its cube is still a double."""


def step(v: Spectrum, nonlinear: Nonlinear, c: Coefficients) -> Spectrum:
    """One step of v' = L·v + nonlinear(v): fourth order, exact where nothing is nonlinear."""
    start = nonlinear(v)
    a = c.half * v + c.inner * start
    at_a = nonlinear(a)
    at_b = nonlinear(c.half * v + c.inner * at_a)
    at_c = nonlinear(c.half * a + c.inner * (2 * at_b - start))
    return c.whole * v + c.first * start + 2 * c.middle * (at_a + at_b) + c.last * at_c


@dataclass(frozen=True, kw_only=True)
class Frames:
    """A solution on one grid: its spectrum at equally spaced times, the first and the last included."""

    spectra: list[Spectrum]
    steps: int
    finite: bool = True


def march(  # noqa: PLR0913, PLR0917 - each is one term of the problem
    v: Spectrum,
    linear: Spectrum,
    nonlinear: Nonlinear,
    duration: float,
    steps: int,
    frames: int,
    over: Callable[[int], Iterable[int]] = range,
) -> Frames:
    """Advance a spectrum by `steps` equal steps, a multiple of `frames` - 1; stops where it grows beyond bounds."""
    c = coefficients(linear, duration / steps)
    kept, every = [v], steps // (frames - 1)
    with np.errstate(all="ignore"):
        for done in over(steps):
            v = step(v, nonlinear, c)
            if (done + 1) % every == 0:
                if not float(np.max(np.abs(v))) < LARGEST:
                    return Frames(spectra=kept, steps=steps, finite=False)
                kept.append(v)
    return Frames(spectra=kept, steps=steps)


def waves(points: int, length: float) -> Array:
    """The wave numbers of a real field at so many points, 1/m; half of them and one."""
    return 2 * np.pi / length * np.arange(points // 2 + 1)


def alias_free(points: int) -> Array:
    """1 for the lower two thirds of a real field's waves, 0 above: products of two then fold onto none of them."""
    return (np.arange(points // 2 + 1) <= points // 3).astype(float)


def valued(spectrum: Spectrum, points: int) -> Array:
    """Real fields' values at `points` evenly spaced places, no fewer than their spectra, the last axis, are of."""
    own = 2 * (spectrum.shape[-1] - 1)
    fitted = np.zeros((*spectrum.shape[:-1], points // 2 + 1), dtype=complex)
    fitted[..., : spectrum.shape[-1]] = spectrum
    return np.asarray(np.fft.irfft(fitted, points) * (points / own), dtype=float)


def sampled(spectrum: Spectrum, intervals: int) -> Array:
    """A real field's values at the ends of so many equal intervals of its period, `(intervals + 1,)`."""
    every = math.ceil(2 * (spectrum.shape[-1] - 1) / intervals)
    every += (every * intervals) % 2
    values = valued(spectrum, every * intervals)[::every]
    return np.append(values, values[0])


def farthest(one: Frames, other: Frames) -> float:
    """Largest difference of two real fields at any frame; infinite where one ended early."""
    if not (one.finite and other.finite):
        return math.inf
    points = 2 * (max(one.spectra[0].shape[-1], other.spectra[0].shape[-1]) - 1)
    pairs = zip(one.spectra, other.spectra, strict=True)
    return max(float(np.max(np.abs(valued(a, points) - valued(b, points)))) for a, b in pairs)


def tail(spectrum: Spectrum) -> float:
    """Largest amplitude among the highest eighth of the kept waves, of the largest: what the grid does not resolve."""
    kept = np.abs(spectrum[..., : 2 * (spectrum.shape[-1] - 1) // 3 + 1])
    return float(np.max(kept[..., -max(2, kept.shape[-1] // 8) :]) / max(float(np.max(kept)), 1e-300))


def needed(spectrum: Spectrum, least: int = 64) -> int:
    """Points, a power of two, that hold every wave of a start above a thousandth of its largest.

    On fewer, a wave may look like another, longer one, and twice as few may look the same.
    """
    seen = np.abs(spectrum) > 1e-3 * max(float(np.max(np.abs(spectrum))), 1e-300)
    return max(least, 2 ** math.ceil(math.log2(3 * (1 + int(np.max(np.nonzero(seen)[-1], initial=0))))))


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A solution whose error in space and in time is known: the one by twice the points, the other by halved steps."""

    refined: Refined[Frames]
    points: int
    space_error: float

    @property
    def frames(self) -> Frames:
        """The solution with the shortest steps."""
        return self.refined.solution


def settle(  # noqa: PLR0913 - each is one term of the bargain
    solve: Callable[[int, int, Course], Frames],
    gap: Callable[[Frames, Frames], float],
    unresolved: Callable[[Frames], float],
    steps_for: Callable[[int], int],
    *,
    points: int,
    most_points: int,
    most_steps: int,
    tolerance: float,
    size: float,
    tell: Callable[[float, str], None],
) -> Settled:
    """Double the points until the field is resolved, then halve the steps until the time is.

    `solve(points, steps, course)` answers frames, `unresolved` how large the highest waves are of the largest,
    `steps_for` how many steps so many points need. The error in space is the difference to a solution with twice the
    points and the same steps.
    """
    course, steps = Course(lambda part, _: tell(part / 4, "Finding the grid")), steps_for(points)
    if 4 * steps > most_steps:
        raise _unresolved(points, most_steps)
    first = solve(points, steps, course)
    while True:
        while points < most_points and not (first.finite and unresolved(first) <= min(1e-3, 0.1 * tolerance / size)):
            points, steps = 2 * points, steps_for(2 * points)
            if 4 * steps > most_steps:
                raise _unresolved(points, most_steps)
            first = solve(points, steps, course)
        # Both with the steps that the finer grid needs: else it would be the steps that are compared.
        double = steps_for(2 * points)
        space = 2 * gap(solve(points, double, course), solve(2 * points, double, course))
        if space <= tolerance / 2 or points >= most_points or 4 * double > most_steps:
            break
        points, steps = 2 * points, double
        first = solve(points, steps, course)
    if not math.isfinite(space):
        raise _unresolved(points, most_steps)
    grids = Course(lambda part, message: tell((1 + 3 * part) / 4, message))
    refined = refine(
        lambda halvings: first if halvings == 0 else solve(points, steps * 2**halvings, grids),
        gap,
        order=ORDER,
        most=most_steps,
        tolerance=max(tolerance - space, tolerance / 2),
        rounding=ROUNDING * size * math.sqrt(steps),
        course=grids,
    )
    return Settled(
        refined=replace(refined, error=refined.error + space),
        points=points,
        space_error=space,
    )


def receipt_of(  # noqa: PLR0913 - each is one line of the receipt
    settled: Settled,
    *,
    error_of: str,
    tolerance: float,
    checks: list[Check],
    conserved: list[Conserved],
    unknowns: int,
    source: str = SOURCE,
    notes: Sequence[str] = (),
) -> Receipt:
    """The receipt of a solution that was settled, in numbers without a unit."""
    receipt = write_receipt(
        settled.refined,
        method=METHOD,
        order=ORDER,
        error_of=error_of,
        unit="",
        tolerance=tolerance,
        source=source,
        checks=checks,
        conserved=conserved,
        cost=Cost(evaluations=4 * settled.frames.steps, of="right-hand sides", unknowns=unknowns),
    )
    space = f"Error in space {settled.space_error:.1e}, by twice the points; the rest is the steps', by halving."
    return receipt.model_copy(update={"notes": [space, *notes]})


def _unresolved(points: int, most_steps: int) -> InvalidRequest:
    return InvalidRequest(
        f"{most_steps:,} steps on {points:,} points do not resolve this field.",
        field="max_steps",
        value=most_steps,
        remedy="Allow more steps, or ask for a shorter time or a smoother, smaller start.",
    )
