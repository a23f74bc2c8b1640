"""Equations that people write, in a periodic box: Fourier in space, ETDRK4 in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear import spectral
from nis_backend.capabilities.physics.nonlinear.evolved import answer, grown
from nis_backend.capabilities.physics.nonlinear.fields import FRAMES, INTERVALS
from nis_backend.numerics.receipt import Conserved

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.evolution import PdeRequest, PdeSolution
    from nis_backend.capabilities.physics.nonlinear.spectral import Array, Frames, Settled, Spectrum
    from nis_backend.capabilities.physics.nonlinear.written_equations import Written
    from nis_backend.numerics.receipt import Receipt
    from nis_backend.numerics.refinement import Course

MOST_POINTS = 2048
PROBE = 4096
"""Points on which the start is looked at."""
HURRIES = (1, 4, 16)
"""How many times the steps are multiplied before growth without bounds is taken for the equation's own."""


@dataclass(frozen=True, kw_only=True)
class Periodic:
    """A written system in its box; spectra are `(fields, waves)`."""

    written: Written
    left: float
    length: float
    duration: float

    @cached_property
    def rest(self) -> list[tuple[int, int]]:
        """Fields and orders that are not advanced exactly."""
        return [one for one in sorted(self.written.used) if one[1] not in self.written.linear[one[0]]]

    def x(self, points: int) -> Array:
        """The grid."""
        return self.left + self.length * np.arange(points) / points

    def start(self, points: int) -> Spectrum:
        """The spectra of the starts."""
        values = np.array([one(self.x(points)) for one in self.written.starts])
        return np.fft.rfft(values) * spectral.alias_free(points)

    def solve_on(self, points: int, steps: int, course: Course | None = None) -> Frames:
        """The fields' spectra at `FRAMES` times."""
        x, k, kept = self.x(points), 1j * spectral.waves(points, self.length), spectral.alias_free(points)
        linear = np.array([sum((c * k**order for order, c in own.items()), 0 * k) for own in self.written.linear])

        def nonlinear(v: Spectrum) -> Spectrum:
            values = {(one, order): np.fft.irfft(v[one] * k**order, points) for one, order in self.rest}
            return np.fft.rfft(self.written.right(x, 0.0, values)) * kept

        over = range if course is None else course.over
        return spectral.march(self.start(points), linear, nonlinear, self.duration, steps, FRAMES, over)

    def rate(self, points: int) -> float:
        """Largest rate of what is not linear at the start, for the shortest of the kept waves."""
        values = derivatives(self.written, self.start(PROBE), self.length, spectral.alias_free(points))
        slopes = self.written.slopes(self.x(PROBE), 0.0, values)
        highest = 2 * np.pi / self.length * points / 3
        return sum(float(np.max(np.abs(slopes[one]), initial=0.0)) * highest ** one[1] for one in self.rest)

    def steps(self, points: int) -> int:
        """So many that what is not linear turns the shortest wave by about a radian in a step."""
        needed = self.duration * self.rate(points) + 1
        return (FRAMES - 1) * max(1, math.ceil(min(needed, 1e9) / (FRAMES - 1)))


def derivatives(written: Written, v: Spectrum, length: float, kept: Array) -> dict[tuple[int, int], Array]:
    """The values of each derivative that is used, on `PROBE` points; waves beyond those `kept` are left out."""
    k = 1j * spectral.waves(PROBE, length)
    mask = np.zeros(len(k))
    mask[: len(kept)] = kept
    return {(one, order): np.fft.irfft(v[one] * mask * k**order, PROBE) for one, order in sorted(written.used)}


def evolve(
    request: PdeRequest, written: Written, kind: str, size: float, tell: Callable[[float, str], None]
) -> PdeSolution:
    """The fields on finer and finer grids, and then with shorter and shorter steps."""
    length = request.right - request.left
    box = Periodic(written=written, left=request.left, length=length, duration=request.duration)
    first = min(MOST_POINTS, spectral.needed(box.start(PROBE)))
    hurry = _hurry(request, box, first)
    settled = spectral.settle(
        box.solve_on,
        spectral.farthest,
        lambda frames: max((spectral.tail(one) for one in frames.spectra[1:]), default=1.0),
        lambda points: hurry * box.steps(points),
        points=first,
        most_points=MOST_POINTS,
        most_steps=request.max_steps,
        tolerance=request.tolerance,
        size=size,
        tell=tell,
    )
    return _answer(request, box, kind, settled)


def _hurry(request: PdeRequest, box: Periodic, points: int) -> int:
    """How many times as many steps as the start lets expect keep the fields finite.

    Raises:
        InvalidRequest: they grow beyond bounds even with the most.
    """
    steps, lasted = box.steps(points), 0
    for hurry in HURRIES:
        if 4 * hurry * steps > request.max_steps:
            return hurry
        trial = box.solve_on(points, hurry * steps)
        if trial.finite:
            return hurry
        lasted = len(trial.spectra) - 1
    raise grown(request, lasted / (FRAMES - 1) * request.duration)


def _answer(request: PdeRequest, box: Periodic, kind: str, settled: Settled) -> PdeSolution:
    spectra, fields = settled.frames.spectra, range(len(box.written.fields))
    means = [[float(one[number][0].real) / settled.points for one in spectra] for number in fields]
    return answer(
        request,
        box.written,
        kind,
        shown=[[spectral.sampled(one[number], request.points - 1) for number in fields] for one in spectra],
        maps=[[spectral.sampled(one[number], INTERVALS) for one in spectra] for number in fields],
        points=settled.points,
        receipt=_receipt(request, box.written, settled, means),
        means=means,
    )


def _receipt(request: PdeRequest, written: Written, settled: Settled, means: list[list[float]]) -> Receipt:
    return spectral.receipt_of(
        settled,
        error_of="fields, anywhere at any frame",
        tolerance=request.tolerance,
        checks=[],
        conserved=_kept(written, means),
        unknowns=len(means) * settled.points,
    )


def _kept(written: Written, means: list[list[float]]) -> list[Conserved]:
    """The means that do not move: what an equation in conservation form keeps."""
    found: list[Conserved] = []
    for name, mean in zip(written.fields, means, strict=True):
        drift = max(abs(one - mean[0]) for one in mean)
        if drift <= 1e-9 * (1 + abs(mean[0])):
            found.append(Conserved(name=f"mean of {name}", start=mean[0], drift=drift, unit=""))
    return found
