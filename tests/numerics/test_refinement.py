"""Step halving: what it reports, and what it refuses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.refinement import Course, compare, refine

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.numerics.refinement import Refined


@dataclass(frozen=True, kw_only=True)
class Known:
    """A value whose error is known, on a grid of so many steps."""

    value: float
    steps: int


def solver(error: Callable[[int], float]) -> Callable[[int], Known]:
    """A solution of 1 with `error(steps)`, from 16 steps on."""
    return lambda halvings: Known(value=1 + error(16 * 2**halvings), steps=16 * 2**halvings)


def run(error: Callable[[int], float], *, tolerance: float = 1e-8, most: int = 4096) -> Refined[Known]:
    """Refine a solution with this error as a fourth-order one."""
    return refine(
        solver(error),
        lambda coarse, fine: abs(coarse.value - fine.value),
        order=4,
        most=most,
        tolerance=tolerance,
        rounding=1e-15,
    )


def test_the_estimate_is_the_error_where_the_order_holds() -> None:
    """Richardson's estimate is exact for an error that is one power of the step."""
    refined = run(lambda n: 3.0 * n**-4.0)
    assert refined.error == pytest.approx(abs(refined.solution.value - 1), rel=1e-3)
    assert refined.error <= 1e-8
    assert refined.observed_order == pytest.approx(4, abs=0.01)


def test_refining_stops_at_the_first_grid_that_is_good_enough() -> None:
    """No more steps are taken than the tolerance needs: a grid half as fine would not do."""
    refined = run(lambda n: 3.0 * n**-4.0)
    assert 3.0 * (refined.solution.steps / 2) ** -4.0 > 1e-8


def test_the_step_limit_holds_and_the_error_is_told() -> None:
    """With too few steps the answer says what it reached, which is more than was asked."""
    refined = run(lambda n: 3.0 * n**-1.0, tolerance=1e-12, most=200)
    assert refined.solution.steps <= 200
    assert refined.error > 1e-12
    assert refined.error >= 0.9 * abs(refined.solution.value - 1)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_an_order_below_the_claimed_one_does_not_flatter(order: int) -> None:
    """Where the error falls slower than the method's order, the rate seen is used, so the estimate stays honest."""
    refined = run(lambda n: float(n) ** -order, tolerance=1e-3)
    assert refined.error >= 0.9 * abs(refined.solution.value - 1)


def test_grids_that_agree_by_chance_are_not_believed() -> None:
    """Two grids with the same wrong value do not end the refining at once."""
    refined = run(lambda n: 0.1 if n <= 32 else 3.0 * n**-4.0)
    assert abs(refined.solution.value - 1) < 1e-7


def test_a_solution_that_is_not_finite_is_refused_by_name() -> None:
    """A motion that overflows on every grid allowed is the request's fault, and says which field mends it."""
    with pytest.raises(InvalidRequest) as refused:
        run(lambda n: math.nan if n < 10_000 else 0.0, most=1000)
    assert refused.value.field == "max_steps"


def test_an_overflow_on_coarse_grids_is_overcome() -> None:
    """Unstable on the first grids, right on finer ones."""
    refined = run(lambda n: math.inf if n < 100 else 3.0 * n**-4.0)
    assert abs(refined.solution.value - 1) < 1e-8


def test_rounding_is_the_least_error() -> None:
    """An exact solution is not said to be better than its digits."""
    refined = run(lambda _: 0.0)
    assert refined.error == 1e-15
    assert refined.observed_order is None


@pytest.mark.parametrize(("expected", "agrees"), [(1.05, True), (1.2, False)])
def test_a_check_agrees_within_what_is_allowed(expected: float, *, agrees: bool) -> None:
    """A check that cannot fail would be no check."""
    assert compare("a value", 1.0, expected, "m", allowed=0.1).agrees is agrees


def told(error: Callable[[int], float], *, growth: int) -> list[float]:
    """What a fourth-order refinement with this error says of how far it is, each step told."""
    said: list[float] = []
    course = Course(lambda fraction, _: said.append(fraction), growth=growth, quiet=0)
    solve = solver(error)

    def walked(halvings: int) -> Known:
        for step in range(solve(halvings).steps):
            course.tell(step / solve(halvings).steps)
        return solve(halvings)

    refine(
        walked,
        lambda coarse, fine: abs(coarse.value - fine.value),
        order=4,
        most=4096,
        tolerance=1e-8,
        rounding=1e-15,
        course=course,
    )
    return said


def test_how_far_it_is_rises_with_the_work_to_the_whole() -> None:
    """Promise: progress of a simulation is work done of the work expected; by the order the end is foreseen."""
    said = told(lambda n: 3.0 * n**-4.0, growth=2)
    assert said == sorted(said)
    assert 0.99 < said[-1] < 1
    # The last grid is half of the work, and no word jumps over more than the small first grids.
    assert max(b - a for a, b in pairwise(said)) < 0.1
    halfway = [fraction for fraction in said if fraction >= 0.5]
    assert 0.4 < len(halfway) / len(said) < 0.8


def test_an_end_that_comes_late_is_not_announced_early() -> None:
    """Where the error falls slower than the order says, the whole is reached only with the last grid."""
    said = told(lambda n: 3.0 * n**-1.0, growth=2)
    assert 0.99 < said[-1] < 1


def test_what_ends_soon_says_nothing() -> None:
    """A tool's call of a few milliseconds leaves no events of progress in its run."""
    said: list[float] = []
    course = Course(lambda fraction, _: said.append(fraction), quiet=3600)
    for _ in course.over(10_000):
        pass
    assert said == []
