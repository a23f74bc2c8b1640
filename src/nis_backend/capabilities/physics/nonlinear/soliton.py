"""Korteweg and de Vries' equation and the nonlinear Schrödinger equation in a periodic box."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear import exact_waves, spectral
from nis_backend.capabilities.physics.nonlinear.fields import FRAMES, INTERVALS
from nis_backend.capabilities.physics.nonlinear.starts import read_start, require_repeats
from nis_backend.capabilities.physics.nonlinear.waves import SolitonRequest, SolitonSolution, WaveEquation, WaveHistory
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Conserved, Receipt
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.spectral import Array, Frames, Settled, Spectrum
    from nis_backend.numerics.receipt import Check
    from nis_backend.numerics.refinement import Course

MOST_POINTS = 4096
PROBE = 16_384
"""Points on which a start is looked at, for the waves it needs."""


@dataclass(frozen=True, kw_only=True)
class Wave:
    """An equation in a box: both spectra are whole ones, of complex fields; u of KdV has no imaginary part."""

    length: float
    start: Callable[[Array], Spectrum]
    kdv: bool
    sign: int
    """Of NLS's nonlinear term: 1 focuses."""

    def x(self, points: int) -> Array:
        """The grid."""
        return self.length * (np.arange(points) / points - 0.5)

    def k(self, points: int) -> Array:
        """Wave numbers, both signs; that of the highest, which has none, is zero."""
        k = np.fft.fftfreq(points, self.length / points) * 2 * np.pi
        k[points // 2] = 0
        return k

    def kept(self, points: int) -> Array:
        """1 for the waves whose products fold onto none of them: two thirds of KdV's, half of NLS's."""
        most = points // 3 if self.kdv else points // 4
        return (np.abs(np.fft.fftfreq(points, 1 / points)) <= most).astype(float)

    def spectrum(self, points: int) -> Spectrum:
        """That of the start."""
        return np.fft.fft(self.start(self.x(points))) * self.kept(points)

    def solve_on(self, duration: float, points: int, steps: int, course: Course | None = None) -> Frames:
        """The wave's spectra at `FRAMES` times."""
        k, kept = self.k(points), self.kept(points)
        if self.kdv:
            linear, flux = 1j * k**3, -3j * k * kept

            def nonlinear(v: Spectrum) -> Spectrum:
                u = np.fft.ifft(v).real
                return flux * np.fft.fft(u * u)

        else:
            linear, turn = -1j * k**2, 2j * self.sign * kept

            def nonlinear(v: Spectrum) -> Spectrum:
                psi = np.fft.ifft(v)
                return turn * np.fft.fft((psi.real**2 + psi.imag**2) * psi)

        over = range if course is None else course.over
        return spectral.march(self.spectrum(points), linear, nonlinear, duration, steps, FRAMES, over)


def values(spectrum: Spectrum, points: int) -> Spectrum:
    """A field's complex values at so many points, no fewer than its spectrum is of."""
    own = len(spectrum)
    half = own // 2
    fitted = np.zeros(points, dtype=complex)
    fitted[:half], fitted[-half:] = spectrum[:half], spectrum[-half:]
    return np.fft.ifft(fitted) * (points / own)


def farthest(one: Frames, other: Frames) -> float:
    """Largest difference at any frame; infinite where one ended early."""
    if not (one.finite and other.finite):
        return math.inf
    points = max(len(one.spectra[0]), len(other.spectra[0]))
    pairs = zip(one.spectra, other.spectra, strict=True)
    return max(float(np.max(np.abs(values(a, points) - values(b, points)))) for a, b in pairs)


def travel(request: SolitonRequest, tell: Callable[[float, str], None] = silent) -> SolitonSolution:
    """The wave that was asked for; `tell` hears how far it is."""
    wave, centers = _wave(request)
    probe = np.abs(wave.spectrum(PROBE))
    size = float(np.max(np.abs(wave.start(wave.x(PROBE)))))
    if size == 0:
        raise InvalidRequest(
            "There is no wave.", field="initial", value=request.initial, remedy="Give a start beside 0."
        )
    first = spectral.needed(probe[: PROBE // 2]) * (1 if wave.kdv else 2)

    def unresolved(frames: Frames) -> float:
        kept = wave.kept(len(frames.spectra[0])) > 0
        edge = np.abs(wave.k(len(kept)))[kept]
        outer = edge >= 0.85 * np.max(edge)
        return max(
            float(np.max(np.abs(one[kept])[outer]) / np.max(np.abs(one))) for one in frames.spectra if np.any(one)
        )

    settled = spectral.settle(
        lambda points, steps, course: wave.solve_on(request.duration, points, steps, course),
        farthest,
        unresolved,
        lambda points: _steps(wave, size, request.duration, points),
        points=min(MOST_POINTS, first),
        most_points=MOST_POINTS,
        most_steps=request.max_steps,
        tolerance=request.tolerance,
        size=size,
        tell=tell,
    )
    return _answer(request, wave, settled, centers)


def _wave(request: SolitonRequest) -> tuple[Wave, list[float]]:
    """The equation, its start, and where its solitons begin."""
    kdv, half = request.equation is WaveEquation.KDV, request.length / 2
    sign = -1 if request.equation is WaveEquation.DEFOCUSING else 1
    if request.initial:
        real = read_start(request.initial, "x", field="initial")
        imaginary = read_start(request.initial_imaginary, "x", field="initial_imaginary")
        require_repeats(real, -half, half, request.initial, "initial")
        require_repeats(imaginary, -half, half, request.initial_imaginary, "initial_imaginary")

        def start(x: Array) -> Spectrum:
            return real(x) + (0 if kdv else 1j) * imaginary(x)

        return Wave(length=request.length, start=start, kdv=kdv, sign=sign), []
    quarter = request.length / 4
    default = [-quarter] if len(request.amplitudes) == 1 else [-quarter, 0.0]
    if kdv and len(request.amplitudes) > 1 and request.amplitudes[0] < request.amplitudes[1]:
        default.reverse()  # The faster one behind, so that they meet.
    centers = request.positions or default
    _require_inside(request, centers)

    def solitons(x: Array) -> Spectrum:
        # With those of the periods beside it, whose flanks reach into the box: else the start has a kink at the seam.
        periods = (_exact(request, centers, x + many * request.length, 0.0) for many in (-1, 0, 1))
        return sum(periods, np.zeros(len(x), complex))

    return Wave(length=request.length, start=solitons, kdv=kdv, sign=sign), centers


def _exact(request: SolitonRequest, centers: list[float], x: Array, t: float) -> Spectrum:
    """The solitons on the line; of two NLS solitons their sum, which is exact only while they are far apart."""
    if request.equation is WaveEquation.KDV:
        return exact_waves.kdv(x, t, request.amplitudes, centers) + 0j
    speeds = request.speeds or [0.0] * len(centers)
    each = zip(request.amplitudes, centers, speeds, strict=True)
    return sum((exact_waves.bright(x, t, a, center, speed) for a, center, speed in each), np.zeros(len(x), complex))


def _require_inside(request: SolitonRequest, centers: list[float]) -> None:
    """Refuse solitons whose flanks do not fit into the box."""
    x = np.array([-request.length / 2, request.length / 2])
    for amplitude, center in zip(request.amplitudes, centers, strict=True):
        rate = math.sqrt(2 * amplitude) / 2 if request.equation is WaveEquation.KDV else amplitude
        flank = float(np.min(np.abs(x - center))) if abs(center) < request.length / 2 else 0.0
        if flank * rate < 5:  # noqa: PLR2004 - 4·exp(-2·5) of KdV's height is left at the end, 2·exp(-5) of NLS's
            raise InvalidRequest(
                f"A soliton of amplitude {amplitude:g} at {center:g} does not fit into a box of {request.length:g}.",
                field="length",
                value=request.length,
                remedy=f"Give a length of at least {2 * (abs(center) + 6 / rate):.3g}, or a place further inside.",
            )


def _steps(wave: Wave, size: float, duration: float, points: int) -> int:
    """So many that nonlinear terms turn the fastest of the kept waves by about a radian in a step."""
    highest = 2 * np.pi / wave.length * points / 3
    rate = 6 * size * highest if wave.kdv else max(8 * size * size, 0.02 * highest**2)
    return (FRAMES - 1) * max(1, math.ceil(duration * rate / (FRAMES - 1)))


def _answer(request: SolitonRequest, wave: Wave, settled: Settled, centers: list[float]) -> SolitonSolution:
    frames, fine = settled.frames, 8 * settled.points
    seen = [_shown(wave, values(one, fine)) for one in frames.spectra]
    places = np.linspace(-wave.length / 2, wave.length / 2, request.points)
    maps = np.linspace(-wave.length / 2, wave.length / 2, INTERVALS + 1)
    last = at_places(wave, frames.spectra[-1], places)
    place, peak = crest(seen[-1])
    return SolitonSolution(
        peak=peak,
        peak_position=wave.length * (place - 0.5),
        peak_speed=_speed(wave, seen, request.duration) if len(centers) == 1 else None,
        highest=max(float(np.max(one)) for one in seen),
        position=places.tolist(),
        wave=_shown(wave, last).tolist(),
        phase=[] if wave.kdv else np.angle(last).tolist(),
        initial=_shown(wave, at_places(wave, frames.spectra[0], places)).tolist(),
        history=WaveHistory(
            position=maps.tolist(),
            time=np.linspace(0, request.duration, FRAMES).tolist(),
            value=[_shown(wave, at_places(wave, one, maps)).tolist() for one in frames.spectra],
        ),
        grid_points=settled.points,
        receipt=_receipt(request, wave, settled, centers),
    )


def at_places(wave: Wave, spectrum: Spectrum, places: Array) -> Spectrum:
    """The field at any places, by its Fourier series."""
    points = len(spectrum)
    return np.exp(1j * np.outer(places + wave.length / 2, wave.k(points))) @ spectrum / points


def _shown(wave: Wave, field: Spectrum) -> Array:
    return np.real(field) if wave.kdv else np.abs(field)


def crest(values_: Array) -> tuple[float, float]:
    """Where the highest value of a period is, as a part of it, and how high: by the parabola through three."""
    at = int(np.argmax(values_))
    before, top, after = (float(values_[(at + by) % len(values_)]) for by in (-1, 0, 1))
    bend = before - 2 * top + after
    shift = (before - after) / (2 * bend) if bend < 0 else 0.0
    return (at + shift) / len(values_), top - (before - after) * shift / 4


def _speed(wave: Wave, seen: list[Array], duration: float) -> float:
    """By the way of the peak from frame to frame, the shorter way round the box."""
    peaks = np.array([crest(one)[0] for one in seen])
    ways = np.mod(np.diff(peaks) + 0.5, 1.0) - 0.5
    return float(np.sum(ways)) * wave.length / duration


def integrals(wave: Wave, spectrum: Spectrum) -> list[tuple[str, float]]:
    """What the equation keeps: mass, momentum, energy."""
    fine = 2 * len(spectrum)
    dx, field = wave.length / fine, values(spectrum, fine)
    slope = values(1j * wave.k(len(spectrum)) * spectrum, fine)
    if wave.kdv:
        u, ux = np.real(field), np.real(slope)
        densities = (("mass ∫u dx", u), ("momentum ∫u² dx", u * u), ("energy ∫(u_x²/2 - u³) dx", ux * ux / 2 - u**3))
    else:
        square = np.abs(field) ** 2
        densities = (
            ("mass ∫|ψ|² dx", square),
            ("momentum ∫Im(ψ*·ψ_x) dx", np.imag(np.conj(field) * slope)),
            ("energy ∫(|ψ_x|² ∓ |ψ|⁴) dx", np.abs(slope) ** 2 - wave.sign * square**2),
        )
    return [(name, float(np.sum(density)) * dx) for name, density in densities]


def _receipt(request: SolitonRequest, wave: Wave, settled: Settled, centers: list[float]) -> Receipt:
    frames, error = settled.frames, settled.refined.error
    kept = [integrals(wave, one) for one in frames.spectra]
    summed = not wave.kdv and len(centers) > 1
    return spectral.receipt_of(
        settled,
        error_of="the wave, anywhere at any frame",
        tolerance=request.tolerance,
        checks=_check(request, wave, frames, centers, error),
        conserved=[
            Conserved(name=name, start=start, drift=max(abs(frame[number][1] - start) for frame in kept), unit="")
            for number, (name, start) in enumerate(kept[0])
        ],
        unknowns=settled.points,
        notes=["Two NLS solitons start as their sum, which is exact only where they are far apart."] if summed else (),
    )


def _check(request: SolitonRequest, wave: Wave, frames: Frames, centers: list[float], error: float) -> list[Check]:
    """The wave at the end by the closed form on the line, with what the box makes of it: images of each soliton."""
    if not centers or (len(centers) > 1 and not wave.kdv):
        return []
    points = len(frames.spectra[0])
    x, t, length = wave.x(points), request.duration, wave.length
    shift = _way(request) * t if len(centers) == 1 else 0.0
    if (
        len(centers) > 1
        and max(abs(c + 2 * a * t) for a, c in zip(request.amplitudes, centers, strict=True)) > length / 2
    ):
        return []
    # One soliton goes round: the line's solution is asked at the image nearest to it.
    near = x - centers[0] - shift
    near = (near + length / 2) % length - length / 2 + centers[0] + shift if len(centers) == 1 else x
    exact = _exact(request, centers, near, t)
    seam = float(np.max(np.abs(_exact(request, centers, np.array([-length / 2, length / 2]), 0.0))))
    mine = values(frames.spectra[-1], points)
    if not wave.kdv and len(centers) == 1:
        # The phase winds along the line, and the box allows whole turns only.
        mine, exact = np.abs(mine) + 0j, np.abs(exact) + 0j
    worst = int(np.argmax(np.abs(mine - exact)))
    name = f"{'u' if wave.kdv else '|ψ|'} at x = {x[worst]:.4g}, by the soliton's closed form"
    allowed = 4 * error + 10 * seam * max(1.0, t)
    return [compare(name, float(mine[worst].real), float(exact[worst].real), "", allowed=allowed)]


def _way(request: SolitonRequest) -> float:
    """Speed of a single soliton."""
    if request.equation is WaveEquation.KDV:
        return 2 * request.amplitudes[0]
    return request.speeds[0] if request.speeds else 0.0
