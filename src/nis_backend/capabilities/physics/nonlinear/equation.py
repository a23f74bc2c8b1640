"""Equations that people write, solved: Fourier and ETDRK4 where that holds, else differences and Radau's method."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear import differences, spectral
from nis_backend.capabilities.physics.nonlinear.evolution import PdeRequest, PdeSolution, Sides
from nis_backend.capabilities.physics.nonlinear.evolved import answer, grown
from nis_backend.capabilities.physics.nonlinear.fields import FRAMES, INTERVALS
from nis_backend.capabilities.physics.nonlinear.starts import require_repeats
from nis_backend.capabilities.physics.nonlinear.written_equations import (
    derivative,
    read_system,
    require_well_posed,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Conserved, Cost
from nis_backend.numerics.refinement import silent, write_receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.spectral import Array, Frames, Spectrum
    from nis_backend.capabilities.physics.nonlinear.written_equations import Written
    from nis_backend.numerics.refinement import Course

MOST_POINTS = 2048
PROBE = 4096
"""Points on which the start is looked at."""
HURRIES = (1, 4, 16)
"""How many times the steps are multiplied before growth without bounds is taken for the equation's own."""


def evolve(request: PdeRequest, tell: Callable[[float, str], None] = silent) -> PdeSolution:
    """The fields that were asked for; `tell` hears how far it is."""
    written = read_system(request)
    _require_ends(request, written)
    length = request.right - request.left
    x = request.left + length * np.arange(PROBE) / PROBE
    if request.ends is Sides.PERIODIC:
        for text, start in zip(request.initial.split(";"), written.starts, strict=False):
            require_repeats(start, request.left, request.right, text, "initial")
    probe = np.array([start(x) for start in written.starts])
    values = _derivatives(written, np.fft.rfft(probe), PROBE, length, spectral.alias_free(PROBE // 8))
    coarse = {one: value[:: PROBE // 64] for one, value in values.items()}
    kind = require_well_posed(written, x[:: PROBE // 64], coarse, length)
    size = max(1e-9, float(np.max(np.abs(probe))))
    if request.ends is not Sides.PERIODIC or written.timed or written.stiffly_nonlinear:
        return differences.evolve(request, written, kind, size, tell)
    return _evolve_spectral(request, written, kind, size, tell)


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


def _derivatives(
    written: Written, v: Spectrum, points: int, length: float, kept: Array
) -> dict[tuple[int, int], Array]:
    """The values of each derivative that is used; waves beyond those `kept` are left out."""
    k = 1j * spectral.waves(points, length)
    mask = np.zeros(len(k))
    mask[: len(kept)] = kept
    return {(one, order): np.fft.irfft(v[one] * mask * k**order, points) for one, order in sorted(written.used)}


def _evolve_spectral(
    request: PdeRequest, written: Written, kind: str, size: float, tell: Callable[[float, str], None]
) -> PdeSolution:
    length = request.right - request.left
    many = len(written.fields)
    rest = [one for one in sorted(written.used) if one[1] not in written.linear[one[0]]]

    def start(points: int) -> Spectrum:
        x = request.left + length * np.arange(points) / points
        return np.fft.rfft(np.array([one(x) for one in written.starts])) * spectral.alias_free(points)

    def solve_on(points: int, steps: int, course: Course | None) -> Frames:
        x, k, kept = (
            request.left + length * np.arange(points) / points,
            1j * spectral.waves(points, length),
            spectral.alias_free(points),
        )
        linear = np.array([sum((c * k**order for order, c in own.items()), 0 * k) for own in written.linear])

        def nonlinear(v: Spectrum) -> Spectrum:
            values = {(one, order): np.fft.irfft(v[one] * k**order, points) for one, order in rest}
            return np.fft.rfft(written.right(x, 0.0, values)) * kept

        over = range if course is None else course.over
        return spectral.march(start(points), linear, nonlinear, request.duration, steps, FRAMES, over)

    def rate(points: int) -> float:
        """Largest rate of what is not linear, for the shortest of the kept waves."""
        x = request.left + length * np.arange(PROBE) / PROBE
        values = _derivatives(written, start(PROBE), PROBE, length, spectral.alias_free(points))
        slopes = written.slopes(x, 0.0, values)
        highest = 2 * np.pi / length * points / 3
        return sum(float(np.max(np.abs(slopes[one]), initial=0.0)) * highest ** one[1] for one in rest)

    hurry = HURRIES[0]

    def steps_for(points: int) -> int:
        needed = request.duration * (rate(points) + 1 / request.duration)
        return (FRAMES - 1) * max(1, math.ceil(min(needed, 1e9) / (FRAMES - 1))) * hurry

    first = min(MOST_POINTS, spectral.needed(start(PROBE)))
    for hurry in HURRIES:
        if steps_for(first) * 4 > request.max_steps:
            break
        trial = solve_on(first, steps_for(first), None)
        if trial.finite:
            break
        if hurry == HURRIES[-1]:
            raise grown(request, (len(trial.spectra) - 1) / (FRAMES - 1) * request.duration)
    settled = spectral.settle(
        solve_on,
        spectral.farthest,
        lambda frames: max(spectral.tail(one) for one in frames.spectra[1:]) if frames.spectra[1:] else 1.0,
        steps_for,
        points=first,
        most_points=MOST_POINTS,
        most_steps=request.max_steps,
        tolerance=request.tolerance,
        size=size,
        tell=tell,
    )
    frames = settled.frames
    shown = [[spectral.sampled(one[number], request.points - 1) for number in range(many)] for one in frames.spectra]
    maps = [[spectral.sampled(one[number], INTERVALS) for one in frames.spectra] for number in range(many)]
    means = [[float(one[number][0].real) / settled.points for one in frames.spectra] for number in range(many)]
    receipt = write_receipt(
        settled.refined,
        method=spectral.METHOD,
        order=spectral.ORDER,
        error_of="fields, anywhere at any frame",
        unit="",
        tolerance=request.tolerance,
        source=spectral.SOURCE,
        checks=[],
        conserved=_kept(written, means),
        cost=Cost(evaluations=4 * frames.steps, of="right-hand sides", unknowns=many * settled.points),
    )
    note = f"Error in space {settled.space_error:.1e}, by twice the points; the rest is the steps', by halving."
    return answer(
        request, written, kind, shown, maps, settled.points, receipt.model_copy(update={"notes": [note]}), means
    )


def _kept(written: Written, means: list[list[float]]) -> list[Conserved]:
    """The means that do not move: what an equation in conservation form keeps."""
    found: list[Conserved] = []
    for name, mean in zip(written.fields, means, strict=True):
        drift = max(abs(one - mean[0]) for one in mean)
        if drift <= 1e-9 * (1 + abs(mean[0])):
            found.append(Conserved(name=f"mean of {name}", start=mean[0], drift=drift, unit=""))
    return found
