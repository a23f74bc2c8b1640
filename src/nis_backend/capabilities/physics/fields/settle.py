"""Finer and finer grids, in space and in time, until the field no longer changes; and what that says of its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np

from nis_backend.capabilities.physics.fields.axes import Cut
from nis_backend.capabilities.physics.fields.given import FLAT, SPECTRAL
from nis_backend.numerics.refinement import ROUNDING, refine

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

MOST_TIMES = 1024
"""Steps in time of the finest grid."""
VOLUMES = {False: (64, 1024), True: (32, 256)}
"""Volumes along a side of the coarsest grid and of the finest, in one dimension and in two."""


class Advanced(Protocol):
    """A field at the end, from one grid."""

    @property
    def steps(self) -> int:
        """Intervals along x."""
        ...

    @property
    def seen(self) -> Array:
        """Values at the places of the answer, `(k, l)`."""
        ...


R = TypeVar("R", bound=Advanced)


@dataclass(frozen=True, kw_only=True)
class Settled(Generic[R]):
    """The finest solution and its error: what space leaves, and what time does."""

    run: R
    error: float
    in_time: float
    observed_order: float | None
    times: int
    grids: int


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How fine it is to be."""

    tolerance: float
    """Absolute."""
    scale: float
    flat: bool
    steady: bool
    """Whether time is exact."""
    times: int
    """Steps in time to begin with."""
    tell: Callable[[float, str], None]


def gap(one: Advanced, other: Advanced) -> float:
    """The largest difference of two fields at the places of the answer."""
    return float(np.max(np.abs(one.seen - other.seen)))


def polynomials(solve: Callable[[Cut, int], R], first: int, wanted: Wanted) -> Settled[R]:
    """Cuts of `SPECTRAL` from this one on, until two agree; then half the step in time, until these agree too.

    The error is the whole difference of the two finest: that of the coarser one, so more than the finer one's.
    """
    cuts = SPECTRAL[:FLAT] if wanted.flat else SPECTRAL
    first = min(first, len(cuts) - 2)
    run, times, apart, number = solve(cuts[first], wanted.times), wanted.times, np.inf, first
    for number in range(first + 1, len(cuts)):
        finer = solve(cuts[number], times)
        apart = gap(run, finer)
        run = finer
        wanted.tell(number / (len(cuts) + 1), f"Grid {number + 1} of at most {len(cuts)}")
        if apart <= wanted.tolerance / 2:
            break
    late = 0.0
    while not wanted.steady:
        times *= 2
        finer = solve(cuts[number], times)
        late, run = gap(run, finer), finer
        if late <= wanted.tolerance / 4 or times >= MOST_TIMES:
            break
    # Of modes whose frequencies go up to the square of the nodes.
    rounding = ROUNDING * wanted.scale * run.steps**2
    return Settled(
        run=run,
        error=max(apart + late, rounding),
        in_time=late,
        observed_order=None,
        times=times,
        grids=number - first + 1,
    )


def mean_gap(one: Advanced, other: Advanced) -> float:
    """The mean difference of two fields over the places of the answer: for jumps that move, the error that falls."""
    return float(np.mean(np.abs(one.seen - other.seen)))


def volumes(  # noqa: PLR0913 - each is one term of the bargain
    solve: Callable[[Cut, int], R],
    wanted: Wanted,
    *,
    order: int = 2,
    first: int = 0,
    most: int = 0,
    apart: Callable[[Advanced, Advanced], float] = gap,
) -> Settled[R]:
    """Volumes halved until Richardson's estimate is within the tolerance; then the step in time."""
    usual, finest = VOLUMES[wanted.flat]
    first, most = first or usual, most or finest
    grids = 0
    gaps: list[float] = []

    def differ(one: R, other: R) -> float:
        gaps.append(apart(one, other))
        return gaps[-1]

    def halved(k: int) -> R:
        nonlocal grids
        grids = k + 1
        wanted.tell(4.0**k / (most / first) ** 2 / 2, f"{first * 2**k} volumes along x")
        return solve(Cut(elements=first * 2**k, degree=1), wanted.times)

    refined = refine(
        halved, differ, order=order, most=most, tolerance=wanted.tolerance * 0.8, rounding=ROUNDING * wanted.scale
    )
    run, late, times = refined.solution, 0.0, wanted.times
    if not wanted.steady:
        times *= 2
        finer = solve(Cut(elements=run.steps, degree=1), times)
        late, run = apart(run, finer), finer
    observed = refined.observed_order
    return Settled(
        run=run,
        error=max(refined.error, _chance(gaps, order)) + late,
        in_time=late,
        # Beyond these the grids agree by chance, or do not yet tell the field.
        observed_order=observed if observed is not None and order / 4 < observed < 2 * order else None,
        times=times,
        grids=grids,
    )


def _chance(gaps: list[float], order: int) -> float:
    """What the order leaves of the largest gap, where the last fell so fast that two grids agree by chance.

    A kink or a jump lies differently in the volumes of each grid, and the error of the finer one may be all of it.
    """
    if len(gaps) < 2 or gaps[-2] < 1.5 * 2**order * gaps[-1]:  # noqa: PLR2004 - a gap and the one before
        return 0.0
    return max(one / 2 ** (order * behind) for behind, one in enumerate(reversed(gaps)))
