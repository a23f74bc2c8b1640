"""Halving the step until the error is as small as was asked, and the receipt that says so."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Check, Conserved, Cost, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDING = 4 * 2.0**-52
"""Relative error below which a sum of doubles says nothing."""


class Graded(Protocol):
    """A solution on one grid."""

    @property
    def steps(self) -> int:
        """Time steps taken."""
        ...


S = TypeVar("S", bound=Graded)

TELL_EVERY = 256
"""Steps of a grid between two words about it: a fraction of a millisecond's work."""

QUIET_SECONDS = 0.1
"""What takes no longer says nothing of how far it is."""


def silent(_fraction: float, _message: str) -> None:
    """Nobody hears how far it is."""


class Course:
    """How far a refinement is: the work done, of all that the errors seen so far let expect.

    `growth` is how many times as much work a grid is as the grid before it; for `quiet` seconds nothing is said.
    """

    def __init__(self, tell: Callable[[float, str], None], *, growth: int = 2, quiet: float = QUIET_SECONDS) -> None:
        self._tell = tell
        self._growth = growth
        self._grid = 0
        self._last = 2
        """The grid that the course is expected to end with; at least three are compared."""
        self._told = 0.0
        self._since = time.monotonic() + quiet

    def begin(self, grid: int, expected: int) -> None:
        """Go on to this grid, with a new expectation of the last one."""
        self._grid, self._last = grid, max(grid, expected)
        self.tell(0)

    def over(self, steps: int) -> Iterator[int]:
        """The numbers of a grid's steps, each as its step begins."""
        for step in range(steps):
            if step % TELL_EVERY == 0:
                self.tell(step / steps)
            yield step

    def tell(self, part: float) -> None:
        """Say that this part of the grid is done, where that is further than was said before."""
        before, own = self._work(self._grid), self._growth**self._grid
        done = (before + min(1.0, part) * own) / self._work(self._last + 1)
        if done > self._told and time.monotonic() >= self._since:
            self._told = done
            self._tell(done, f"Grid {self._grid + 1} of {self._last + 1}")

    def _work(self, grids: int) -> int:
        """That of so many grids, in that of the first."""
        return sum(self._growth**grid for grid in range(grids))


@dataclass(frozen=True, kw_only=True)
class Refined(Generic[S]):
    """The solution on the finest grid and what the coarser ones say about its error."""

    solution: S
    error: float
    observed_order: float | None


def refine(  # noqa: PLR0913 - each is one term of the bargain
    solve: Callable[[int], S],
    gap: Callable[[S, S], float],
    *,
    order: int,
    most: int,
    tolerance: float,
    rounding: float,
    course: Course | None = None,
) -> Refined[S]:
    """Solve with the step halved 0, 1, 2, ... times until the estimated error is within `tolerance`.

    `solve(k)` halves the first step k times; `gap` is the largest difference of two solutions, nan where one is not
    finite. At least three grids are compared; none has more than `most` steps.

    Raises:
        InvalidRequest: `most` steps are too few to say anything.
    """
    coarse, before, error, observed = solve(0), math.inf, math.inf, None
    halvings = 0
    while 2 * coarse.steps <= most and not (halvings > 1 and error <= tolerance):
        halvings += 1
        if course is not None:
            finest = halvings - 1 + math.floor(math.log2(most / coarse.steps))
            course.begin(halvings, min(finest, max(2, halvings + _more(error, tolerance, order))))
        fine = solve(halvings)
        if fine.steps > most:
            break
        now = gap(coarse, fine)
        now = math.inf if math.isnan(now) else now
        error = max(_estimate(before, now, 2**order, rounding), rounding)
        visible = math.isfinite(before) and min(before, now) > 10 * rounding
        observed = math.log2(before / now) if visible else None
        coarse, before = fine, now
    if not math.isfinite(error):
        raise InvalidRequest(
            f"{most} steps do not resolve this motion.",
            field="max_steps",
            value=most,
            remedy="Allow more steps, or ask for a shorter or slower process.",
        )
    return Refined(solution=coarse, error=error, observed_order=observed)


def _more(error: float, tolerance: float, order: int) -> int:
    """Halvings after the next that the tolerance still needs, if each gains what the order promises."""
    if not tolerance < error < math.inf:
        return 0
    return max(0, math.ceil(math.log2(error / tolerance) / order) - 1)


def _estimate(before: float, now: float, expected: int, rounding: float) -> float:
    """The error of the finer of two grids, by Richardson: gap / (2^order - 1).

    Where the gap fell faster than the order, what the order leaves of the gap before stands for it: coarse grids may
    agree by chance. Where it fell slower, the rate seen stands for the order.
    """
    if now <= 10 * rounding or not math.isfinite(before):
        return now / (expected - 1)
    ratio = before / now
    if ratio >= expected:
        return before / expected / (expected - 1)
    return now / (ratio - 1) if ratio > 1.2 else 5 * max(now, before)  # noqa: PLR2004 - slower is no convergence


def compare(name: str, computed: float, expected: float, unit: str, *, allowed: float) -> Check:
    """Hold a computed value against the same value found another way."""
    agrees = abs(computed - expected) <= allowed
    return Check(name=name, computed=computed, expected=expected, unit=unit, allowed=allowed, agrees=agrees)


def write_receipt(  # noqa: PLR0913 - each is one line of the receipt
    refined: Refined[S],
    *,
    method: str,
    order: int,
    error_of: str,
    unit: str,
    tolerance: float,
    source: str,
    checks: list[Check],
    conserved: list[Conserved] | None = None,
    cost: Cost | None = None,
) -> Receipt:
    """The receipt of a refined solution."""
    return Receipt(
        method=method,
        order=order,
        observed_order=refined.observed_order,
        steps=refined.solution.steps,
        error_of=error_of,
        error_asked=tolerance,
        error_reached=refined.error,
        unit=unit,
        met=refined.error <= tolerance,
        conserved=conserved or [],
        cost=cost,
        source=source,
        checks=checks,
    )
