"""Allen and Cahn's equation and Cahn and Hilliard's in a periodic box, on a line or in a plane."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear import spectral
from nis_backend.capabilities.physics.nonlinear.fields import FRAMES, INTERVALS
from nis_backend.capabilities.physics.nonlinear.phases import PhaseEquation, PhaseMap, PhaseRequest, PhaseSolution
from nis_backend.capabilities.physics.nonlinear.starts import read_start, require_repeats
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Conserved, Receipt
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.spectral import Array, Frames, Settled, Spectrum
    from nis_backend.numerics.receipt import Check
    from nis_backend.numerics.refinement import Course

MOST_POINTS = {1: 4096, 2: 256}
MOST_STEPS = {1: 65_536, 2: 2048}
"""Those of a plane are a minute's work."""
NOISE_WAVES = 12
"""Waves of the noise, in each direction: the same whatever the grid."""


@dataclass(frozen=True, kw_only=True)
class Medium:
    """The equation in its box. A spectrum is `(rows, points/2 + 1)`: one row on a line, `points` in a plane."""

    length: float
    width: float
    plane: bool
    conserving: bool
    start: Callable[[Array, Array], Array]

    def shape(self, points: int) -> tuple[int, int]:
        """Rows and columns of the field."""
        return (points if self.plane else 1), points

    def places(self, points: int) -> tuple[Array, Array]:
        """X and y of all places."""
        line = self.length * (np.arange(points) / points - 0.5)
        x, y = np.meshgrid(line, line if self.plane else np.zeros(1))
        return x, y

    def k(self, points: int) -> tuple[Array, Array]:
        """Wave numbers in x and in y."""
        rows, _ = self.shape(points)
        x = spectral.waves(points, self.length)[None, :]
        return x, 2 * np.pi * np.fft.fftfreq(rows, self.length / rows)[:, None]

    def kept(self, points: int) -> Array:
        """1 for the waves whose cubes fold onto none of them: half of each direction's."""
        x, y = (np.abs(one) * self.length / (2 * np.pi) <= points // 4 for one in self.k(points))
        return (x & y).astype(float)

    def spectrum(self, points: int) -> Spectrum:
        """That of the start."""
        return np.fft.rfft2(self.start(*self.places(points))) * self.kept(points)

    def solve_on(self, duration: float, points: int, steps: int, course: Course | None = None) -> Frames:
        """The field's spectra at `FRAMES` times."""
        x, y = self.k(points)
        square, shape = x * x + y * y, self.shape(points)
        linear = 1 - self.width**2 * square
        weight = -self.kept(points)
        if self.conserving:
            linear, weight = linear * square, weight * square

        def nonlinear(v: Spectrum) -> Spectrum:
            u = np.fft.irfft2(v, shape)
            return weight * np.fft.rfft2(u * u * u)

        over = range if course is None else course.over
        return spectral.march(self.spectrum(points), linear + 0j, nonlinear, duration, steps, FRAMES, over)

    def values(self, spectrum: Spectrum, points: int) -> Array:
        """The field at the places of a grid no coarser than the spectrum's."""
        rows, columns = spectrum.shape
        own, (fine_rows, _) = 2 * (columns - 1), self.shape(points)
        fitted = np.zeros((fine_rows, points // 2 + 1), dtype=complex)
        half = max(1, rows // 2)
        fitted[:half, :columns] = spectrum[:half]
        if rows > 1:
            fitted[-half:, :columns] = spectrum[-half:]
        scale = (points / own) ** (2 if self.plane else 1)
        return np.asarray(np.fft.irfft2(fitted, self.shape(points)) * scale, dtype=float)

    def energy(self, spectrum: Spectrum) -> float:
        """∫(ε²·|∇u|²/2 + (1 - u²)²/4), of whose products no wave is lost."""
        points = 2 * (spectrum.shape[1] - 1)
        x, y = self.k(points)
        u, by_x, by_y = (self.values(one, 2 * points) for one in (spectrum, 1j * x * spectrum, 1j * y * spectrum))
        density = self.width**2 / 2 * (by_x**2 + by_y**2) + (1 - u * u) ** 2 / 4
        return float(np.mean(density)) * self.length ** (2 if self.plane else 1)

    def farthest(self, one: Frames, other: Frames) -> float:
        """Largest difference at any frame; infinite where one ended early."""
        if not (one.finite and other.finite):
            return math.inf
        points = 2 * (max(one.spectra[0].shape[1], other.spectra[0].shape[1]) - 1)
        pairs = zip(one.spectra, other.spectra, strict=True)
        return max(float(np.max(np.abs(self.values(a, points) - self.values(b, points)))) for a, b in pairs)

    def unresolved(self, frames: Frames) -> float:
        """Largest amplitude among the outer kept waves, of the largest, after the start."""
        points = 2 * (frames.spectra[0].shape[1] - 1)
        x, y = self.k(points)
        outer = np.maximum(np.abs(x), np.abs(y)) * self.length / (2 * np.pi) >= 0.85 * (points // 4)
        outer &= self.kept(points) > 0
        return max(
            float(np.max(np.abs(one[outer])) / max(float(np.max(np.abs(one))), 1e-300)) for one in frames.spectra[1:]
        )


def part(request: PhaseRequest, tell: Callable[[float, str], None] = silent) -> PhaseSolution:
    """The phases that were asked for; `tell` hears how far it is."""
    medium, most = _medium(request), MOST_POINTS[request.dimensions]
    probe = np.abs(medium.spectrum(2 * most))
    size = max(1.0, float(np.max(np.abs(medium.start(*medium.places(2 * most))))))
    settled = spectral.settle(
        lambda points, steps, course: medium.solve_on(request.duration, points, steps, course),
        medium.farthest,
        medium.unresolved,
        lambda _points: _steps(request, size),
        points=min(most, spectral.needed(probe, 32 if medium.plane else 64)),
        most_points=most,
        most_steps=min(request.max_steps, MOST_STEPS[request.dimensions]),
        tolerance=request.tolerance,
        size=size,
        tell=tell,
    )
    return _answer(request, medium, settled, size)


def _medium(request: PhaseRequest) -> Medium:
    names = ("x", "y")[: request.dimensions]
    formula = read_start(request.initial, *names, field="initial")
    half = request.length / 2
    if request.dimensions == 1:
        require_repeats(formula, -half, half, request.initial, "initial")
    else:
        for name, swapped in (("x", False), ("y", True)):
            across = np.linspace(-half, half, 33)
            sides = [
                formula(*((across, at) if swapped else (at, across))) for at in (0 * across - half, 0 * across + half)
            ]
            if float(np.max(np.abs(sides[1] - sides[0]))) > 1e-3 * (1 + float(np.max(np.abs(sides)))):
                raise InvalidRequest(
                    f"initial jumps where the period ends in {name}.",
                    field="initial",
                    value=request.initial,
                    remedy="Give a formula that has the same values at opposite sides.",
                )
    generator = np.random.default_rng(request.seed)
    rows = NOISE_WAVES if request.dimensions == 2 else 1  # noqa: PLR2004 - a plane
    sizes = generator.normal(size=(rows, NOISE_WAVES)) / math.sqrt(rows * NOISE_WAVES / 2)
    phases = generator.uniform(0, 2 * np.pi, size=(rows, NOISE_WAVES))

    def start(x: Array, y: Array) -> Array:
        found = formula(x, y) if request.dimensions == 2 else formula(x)  # noqa: PLR2004 - a plane
        if request.noise:
            turn = 2 * np.pi / request.length
            for row in range(rows):
                for column in range(NOISE_WAVES):
                    wave = np.cos(turn * ((column + 1) * x + (row - rows // 2) * y) + phases[row, column])
                    found = found + request.noise * sizes[row, column] * wave
        return found

    return Medium(
        length=request.length,
        width=request.width,
        plane=request.dimensions == 2,  # noqa: PLR2004 - a plane
        conserving=request.equation is PhaseEquation.CAHN_HILLIARD,
        start=start,
    )


def _steps(request: PhaseRequest, size: float) -> int:
    """So many that what is not linear changes by about itself in a step: 3u², of waves of the interface's width."""
    rate = 3 * size * size
    if request.equation is PhaseEquation.CAHN_HILLIARD:
        rate /= request.width**2
    return (FRAMES - 1) * max(1, math.ceil(request.duration * rate / 2 / (FRAMES - 1)))


def _answer(request: PhaseRequest, medium: Medium, settled: Settled, size: float) -> PhaseSolution:
    spectra, points = settled.frames.spectra, settled.points
    fine = medium.values(spectra[-1], 2 * points)
    energies = [medium.energy(one) for one in spectra]
    x, y = medium.k(points)
    slopes = [medium.values(1j * one * spectra[-1], 2 * points) for one in (x, y)]
    steepest = float(np.max(np.hypot(*slopes)))
    crossed = float(np.min(fine)) < -0.5 and float(np.max(fine)) > 0.5  # noqa: PLR2004 - both phases are there
    return PhaseSolution(
        energy=energies[-1],
        energy_at_start=energies[0],
        interface=energies[-1] / (2 * math.sqrt(2) / 3 * request.width),
        thickness=1 / steepest if crossed else None,
        fraction=float(np.mean(fine > 0)),
        mean=float(np.mean(fine)),
        highest=float(np.max(fine)),
        lowest=float(np.min(fine)),
        time=np.linspace(0, request.duration, FRAMES).tolist(),
        energies=energies,
        initial=_map(medium, spectra[0]) if medium.plane else None,
        field=_map(medium, spectra[-1]) if medium.plane else _history(request, medium, spectra),
        grid_points=points,
        receipt=_receipt(request, medium, settled, energies, size),
    )


def _line(medium: Medium, spectrum: Spectrum) -> tuple[list[float], Array]:
    """`INTERVALS` places, and the field's rows and columns there: of a grid no coarser than its own."""
    every = math.ceil(2 * (int(spectrum.shape[1]) - 1) / INTERVALS)
    found = medium.values(spectrum, INTERVALS * every)[:: every if medium.plane else 1, ::every]
    return medium.places(INTERVALS)[0][0].tolist(), found


def _map(medium: Medium, spectrum: Spectrum) -> PhaseMap:
    line, found = _line(medium, spectrum)
    return PhaseMap(x=line, y=line, value=found.tolist())


def _history(request: PhaseRequest, medium: Medium, spectra: list[Spectrum]) -> PhaseMap:
    return PhaseMap(
        x=_line(medium, spectra[0])[0],
        y=np.linspace(0, request.duration, FRAMES).tolist(),
        value=[_line(medium, one)[1][0].tolist() for one in spectra],
    )


def _receipt(request: PhaseRequest, medium: Medium, settled: Settled, energies: list[float], size: float) -> Receipt:
    frames = settled.frames
    means = [float(one[0, 0].real) / (settled.points ** (2 if medium.plane else 1)) for one in frames.spectra]
    kept = [
        Conserved(name="mean of the field", start=means[0], drift=max(abs(one - means[0]) for one in means), unit="")
    ]
    return spectral.receipt_of(
        settled,
        error_of="the field, anywhere at any frame",
        tolerance=request.tolerance,
        source=f"{spectral.SOURCE}; Allen & Cahn, Acta Metall. 27 (1979), 1085-1095",
        checks=_check(request, medium, settled, energies, size),
        conserved=kept if medium.conserving else [],
        unknowns=int(np.prod(medium.shape(settled.points))),
    )


def _check(request: PhaseRequest, medium: Medium, settled: Settled, energies: list[float], size: float) -> list[Check]:
    """The energy never rises, and Allen-Cahn never leaves the bounds of its start."""
    error = settled.refined.error
    rise = max(0.0, float(np.max(np.diff(energies))))
    volume = request.length ** (2 if medium.plane else 1)
    found = [compare("largest rise of the energy from frame to frame", rise, 0.0, "", allowed=error * volume)]
    if not medium.conserving:
        largest = max(float(np.max(np.abs(medium.values(one, settled.points)))) for one in settled.frames.spectra)
        over = max(0.0, largest - size)
        found.append(compare("how far the field leaves its bounds", over, 0.0, "", allowed=4 * error))
    return found
