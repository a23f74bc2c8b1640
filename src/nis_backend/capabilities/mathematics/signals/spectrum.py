"""Spectra of samples: lines, their frequencies between the lines of the transform, and Parseval's sum."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.bounded import require_moderate
from nis_backend.capabilities.mathematics.derivatives import over
from nis_backend.capabilities.mathematics.receipts import ROUNDING, stated
from nis_backend.capabilities.mathematics.signals.recordings import (
    Peak,
    Spectrum,
    SpectrumCurve,
    SpectrumRequest,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]

signal: Any = import_module("scipy.signal")  # Any: scipy has no types

SHOWN = 2000
ZOOMS = 40
"""Halvings of the interval in which a peak is looked for."""
GOLDEN = (math.sqrt(5) - 1) / 2
STANDS_OUT = 10.0
"""Times the median line's power from which on a peak is one."""


def analyze(request: SpectrumRequest, tell: Callable[[float, str], None] = silent) -> Spectrum:
    """The spectrum that was asked for."""
    x = _samples(request)
    n, rate = len(x), request.sample_rate
    mean = math.fsum(x.tolist()) / n
    left = x - mean
    window: Array = signal.get_window(request.window.value, n)
    frequency, density = _density(request, left, window)
    tell(0.3, "The spectrum is made")
    # Whatever the method of the curve, lines are looked for in one transform of all samples.
    lines = np.abs(np.fft.rfft(left * signal.get_window("hann", n))) ** 2
    floor = float(np.median(lines[1:])) or 1e-300
    peaks: list[Peak] = []
    for place in _highest(lines, floor, request.peaks):
        peaks.append(_peak(left, rate, place, lines, floor))
        tell(0.3 + 0.7 * len(peaks) / max(1, request.peaks), "A peak was placed")
    peaks.sort(key=lambda one: -one.amplitude)
    power = float(np.mean(left**2))
    transform = np.fft.fft(left)
    parseval = float(np.sum(np.abs(transform) ** 2)) / n**2
    error = peaks[0].error if peaks else 0.0
    allowed = 1e-10 * max(power, 1e-300)
    checks = [
        compare("mean square of the samples, Parseval's sum over the lines", power, parseval, "", allowed=allowed)
    ]
    if peaks:
        checks.append(_parabola(lines, peaks[0], rate / n))
    notes = [
        f"Lines above {rate / 2:g} Hz fold back: one of {rate / 2 + 1:g} Hz would be seen at {rate / 2 - 1:g} Hz."
        if rate > 2  # noqa: PLR2004 - for the example's numbers to be sensible
        else "Lines above half the sample rate fold back below it."
    ]
    if not peaks:
        notes.append("No line stands out from the median.")
    shown, thinned = _thin(frequency, density)
    return Spectrum(
        dominant_frequency=peaks[0].frequency if peaks else None,
        peaks=peaks,
        resolution=rate / n,
        nyquist=rate / 2,
        samples=n,
        mean=mean,
        power=power,
        curve=SpectrumCurve(frequency=shown.tolist(), density=thinned.tolist()),
        receipt=stated(
            method=f"{request.method} with a {request.window.value} window; peaks by the transform between its lines",
            error_of="frequency of the strongest peak",
            asked=request.tolerance * rate / n,
            reached=error,
            unit="Hz",
            estimate="two windows compared, and the bound that noise sets (Cramér-Rao)",
            source="Welch, IEEE Trans. Audio Electroacoust. 15 (1967), 70-73; Harris, Proc. IEEE 66 (1978), 51-83; "
            "Rife & Boorstyn, IEEE Trans. Inf. Theory 20 (1974), 591-598",
            checks=checks,
            cost=Cost(evaluations=1 + 4 * ZOOMS * len(peaks), of="transforms, at one frequency or all", unknowns=n),
            notes=notes,
        ),
    )


def _samples(request: SpectrumRequest) -> Array:
    if request.samples:
        require_moderate("samples", request.samples)
        return np.array(request.samples)
    formula = read_formula(request.formula, ("t",), field="formula")
    count = round(request.duration * request.sample_rate)
    values = over(formula.compile("t"), np.arange(count) / request.sample_rate)
    if not np.all(np.isfinite(values)):
        raise InvalidRequest(
            "The formula has no finite value somewhere.", field="formula", value=request.formula, remedy="Change it."
        )
    require_moderate("formula", values.tolist())
    return np.array(values)


def _density(request: SpectrumRequest, x: Array, window: Array) -> tuple[Array, Array]:
    if request.method == "Welch":
        length = min(request.segment, len(x))
        found = signal.welch(x, request.sample_rate, window=request.window.value, nperseg=length)
        return found[0], found[1]
    transform = np.abs(np.fft.rfft(x * window)) ** 2 / (request.sample_rate * float(np.sum(window**2)))
    transform[1:] *= 2
    if len(x) % 2 == 0:
        transform[-1] /= 2
    return np.fft.rfftfreq(len(x), 1 / request.sample_rate).astype(np.float64), transform


def _highest(lines: Array, floor: float, most: int) -> list[int]:
    """Lines above both neighbours and the floor, strongest first, not within the width of a stronger one."""
    inner = np.arange(1, len(lines) - 1)
    least = max(STANDS_OUT * floor, 1e-20 * float(np.max(lines)))
    tops = inner[(lines[1:-1] >= lines[:-2]) & (lines[1:-1] > lines[2:]) & (lines[1:-1] > least)]
    found: list[int] = []
    for place in tops[np.argsort(lines[tops])[::-1]].tolist():
        # Side lobes of Hann's window fall by 18 dB an octave from -31 dB.
        hidden = any(
            abs(place - one) < 3 or lines[place] < lines[one] * 10 ** (-3.1) / (abs(place - one) / 2.5) ** 6  # noqa: PLR2004
            for one in found
        )
        if not hidden:
            found.append(place)
        if len(found) == most:
            break
    return found[:most]


def _at(x: Array, weights: Array, rate: float, frequency: float) -> complex:
    """The transform at any one frequency."""
    return complex(np.sum(x * weights * np.exp(-2j * math.pi * frequency / rate * np.arange(len(x)))))


def _top(x: Array, weights: Array, rate: float, low: float, high: float) -> float:
    """The frequency where the transform is largest, by golden section."""
    a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_a, at_b = abs(_at(x, weights, rate, a)), abs(_at(x, weights, rate, b))
    for _ in range(ZOOMS):
        if at_a > at_b:
            high, b, at_b = b, a, at_a
            a = high - GOLDEN * (high - low)
            at_a = abs(_at(x, weights, rate, a))
        else:
            low, a, at_a = a, b, at_b
            b = low + GOLDEN * (high - low)
            at_b = abs(_at(x, weights, rate, b))
    return (low + high) / 2


def _peak(x: Array, rate: float, place: int, lines: Array, floor: float) -> Peak:
    n = len(x)
    step = rate / n
    hann: Array = signal.get_window("hann", n)
    blackman: Array = signal.get_window("blackmanharris", n)
    low, high = (place - 1) * step, (place + 1) * step
    frequency = _top(x, blackman, rate, low, high)
    other = _top(x, hann, rate, low, high)
    value = _at(x, blackman, rate, frequency)
    amplitude = 2 * abs(value) / float(np.sum(blackman))
    # Of white noise a line of Hann's window has the power variance·n·3/8, and the median is ln 2 of the mean.
    variance = floor / math.log(2) / (0.375 * n)
    bound = math.sqrt(24 * variance / (amplitude**2 * n**3 + 1e-300)) * rate / (2 * math.pi)
    # Golden section sees the top, some lines wide, to the root of rounding.
    blur = step * 1e-6
    return Peak(
        frequency=frequency,
        error=min(step, 2 * abs(frequency - other) + 4 * bound + blur + ROUNDING * rate),
        amplitude=amplitude,
        phase=math.degrees(math.atan2(value.imag, value.real)),
        signal_to_noise=10 * math.log10(max(float(lines[place]) / floor, 1e-300)),
    )


def _parabola(lines: Array, peak: Peak, step: float) -> Check:
    """The peak again from three lines: a parabola through their logarithms, good to a tenth of a line."""
    place = min(max(1, round(peak.frequency / step)), len(lines) - 2)
    a, b, c = (math.log(max(float(one), 1e-300)) for one in lines[place - 1 : place + 2])
    bent = a - 2 * b + c
    shift = (a - c) / (2 * bent) if bent else 0.0
    return compare(
        "strongest peak, a parabola through three lines",
        peak.frequency,
        (place + shift) * step,
        "Hz",
        allowed=max(0.1 * step, peak.error),
    )


def _thin(frequency: Array, density: Array) -> tuple[Array, Array]:
    """At most so many lines: of each group the largest."""
    group = math.ceil(len(density) / SHOWN)
    if group == 1:
        return frequency, density
    starts = np.arange(0, len(density), group)
    places = np.array([one + int(np.argmax(density[one : one + group])) for one in starts.tolist()])
    return frequency[places], density[places]
