"""The end of a path found a second way: another method, with an error of its own."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.dynamics.march import Marched, Problem, follow
from nis_backend.capabilities.physics.dynamics.schemes import FOURTH, Explicit
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.physics.dynamics.schemes import Rate, State
    from nis_backend.numerics.receipt import Check

CHECKED = 8192
"""Steps beyond which the second method is left out."""


def by_fourth(problem: Problem, marched: Marched, rate: Rate) -> list[Check]:
    """The end by the classical method of order four on the same grid, with an error of its own."""
    if marched.refined.error > problem.tolerance or marched.path.steps > CHECKED:
        return []
    halvings = round(math.log2(marched.path.stride))
    other = replace(problem, scheme=Explicit(rate, FOURTH))
    coarse, fine = (follow(other, marched.mesh, one).states[-1] for one in (halvings - 1, halvings))
    # Its own error is a fifteenth of the gap, where its order holds.
    own = [abs(a - b) for a, b in zip(coarse, fine, strict=True)]
    return [_worst("by classical Runge-Kutta", problem, marched, fine, own)]


def by_lsoda(problem: Problem, marched: Marched, rate: Rate) -> list[Check]:
    """The end by LSODA of ODEPACK, where it gets there; its error is asked, not known."""
    from nis_backend.capabilities.physics.dynamics.odepack import lsoda_end  # noqa: PLC0415 - scipy, where it is needed

    if marched.refined.error > problem.tolerance or problem.stop is not None:
        return []
    asked = max(1e-10, problem.tolerance / 10)
    scales = marched.sizes(problem)
    end = lsoda_end(rate, problem.outputs[0], problem.outputs[-1], problem.start, asked, scales)
    if end is None:
        return []
    return [_worst("by LSODA (backward differences)", problem, marched, end, [1000 * asked * one for one in scales])]


def _worst(way: str, problem: Problem, marched: Marched, other: State, own: Sequence[float]) -> Check:
    """The state at the end that differs most from the second method's, measured by what both may be off."""
    ours, scales = marched.path.states[-1], marched.sizes(problem)
    allowed = [a + (4 * marched.refined.error + 1e-13) * scale for a, scale in zip(own, scales, strict=True)]
    place = max(range(len(ours)), key=lambda i: abs(ours[i] - other[i]) / allowed[i])
    name = f"{problem.names[place]} at the end, {way}"
    return compare(name, ours[place], other[place], problem.state_unit, allowed=allowed[place])
