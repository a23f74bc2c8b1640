"""Equations that people write, solved: Fourier and ETDRK4 where that holds, else differences and Radau's method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear import differences, periodic, spectral
from nis_backend.capabilities.physics.nonlinear.evolution import PdeRequest, PdeSolution, Sides
from nis_backend.capabilities.physics.nonlinear.starts import require_repeats
from nis_backend.capabilities.physics.nonlinear.written_equations import (
    derivative,
    jumps_at_seam,
    read_system,
    require_well_posed,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.refinement import silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.spectral import Array
    from nis_backend.capabilities.physics.nonlinear.written_equations import Written

STEEPEST = 1e15
"""A rate beyond which a pole is near."""
JUDGED = 64
"""Places at which an equation is asked whether its short waves grow."""


def evolve(request: PdeRequest, tell: Callable[[float, str], None] = silent) -> PdeSolution:
    """The fields that were asked for; `tell` hears how far it is."""
    written = read_system(request)
    _require_ends(request, written)
    repeats = request.ends is Sides.PERIODIC
    if repeats:
        for text, start in zip(request.initial.split(";"), written.starts, strict=False):
            require_repeats(start, request.left, request.right, text, "initial")
    kind, size = _judge(request, written)
    spectrally = repeats and not written.timed and not written.stiffly_nonlinear
    solve = periodic.evolve if spectrally else differences.evolve
    solution = solve(request, written, kind, size, tell)
    notes = [*solution.receipt.notes, *(jumps_at_seam(written, request) if repeats else [])]
    return solution.model_copy(update={"receipt": solution.receipt.model_copy(update={"notes": notes})})


def _judge(request: PdeRequest, written: Written) -> tuple[str, float]:
    """What short waves do, at the start; and its size.

    Raises:
        InvalidRequest: the equation has no value somewhere, or is ill-posed.
    """
    length, many = request.right - request.left, periodic.PROBE
    x = request.left + length * np.arange(many) / many
    probe = np.array([start(x) for start in written.starts])
    values = periodic.derivatives(written, np.fft.rfft(probe), length, spectral.alias_free(many // 8))
    _require_finite(request, x, written.right(x, 0.0, values))
    coarse = {one: value[:: many // JUDGED] for one, value in values.items()}
    kind = require_well_posed(written, x[:: many // JUDGED], coarse, length)
    return kind, max(1e-9, float(np.max(np.abs(probe))))


def _require_finite(request: PdeRequest, x: Array, rates: Array) -> None:
    """Refuse what is not a number at the start: the logarithm of less than nothing, or a pole."""
    wrong = np.flatnonzero(~np.all(np.abs(rates) <= STEEPEST, axis=0))
    if len(wrong):
        raise InvalidRequest(
            f"At the start the equation has no finite value at x = {float(x[wrong[0]]):.4g}.",
            field="equation",
            value=request.equation,
            remedy="Give an equation and a start that are finite everywhere between the ends.",
        )


def _require_ends(request: PdeRequest, written: Written) -> None:
    """Refuse what the ends given do not determine."""
    if request.ends is Sides.PERIODIC or written.order in (0, 2):
        return
    highest = derivative("u", written.order)
    raise InvalidRequest(
        f"One condition at each end does not determine an equation whose highest derivative is {highest}.",
        field="ends",
        value=request.ends.value,
        remedy="Take periodic ends; held and insulated ones are for equations of second order.",
    )
