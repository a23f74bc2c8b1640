"""Filters of samples, whose designed response is held against what was specified."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.bounded import require_moderate
from nis_backend.capabilities.mathematics.receipts import stated
from nis_backend.capabilities.mathematics.signals.recordings import Filtered, FilterRequest, Kind, Response
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]

signal: Any = import_module("scipy.signal")  # Any: scipy has no types

GRID = 4096
"""Frequencies at which the specification is checked."""
HALF = 10 * math.log10(2)
"""dB at the edge of a Butterworth."""
MOST_RINGING = 20_000
"""Samples for which a filter may ring where it is checked by its response."""
SOURCE = "Oppenheim & Schafer, Discrete-Time Signal Processing (2010), 7"
SMOOTHING = "Savitzky & Golay, Anal. Chem. 36 (1964), 1627-1639"


@dataclass(frozen=True, kw_only=True)
class Design:
    """A filter as sections of second order, or as taps."""

    sections: Array | None = None
    taps: Array | None = None
    poles: Array | None = None

    def response(self, frequency: Array, rate: float) -> Any:  # Any: a complex array
        """What one pass multiplies each frequency with."""
        if self.sections is not None:
            return signal.sosfreqz(self.sections, frequency, fs=rate)[1]
        return signal.freqz(self.taps, 1, frequency, fs=rate)[1]

    def run(self, x: Array) -> Array:
        """One pass over the samples, from rest."""
        return signal.sosfilt(self.sections, x) if self.sections is not None else signal.lfilter(self.taps, 1, x)


def apply(request: FilterRequest) -> Filtered:
    """The samples behind the filter.

    Raises:
        InvalidRequest: the design is unstable in doubles, or the samples are too few for it.
    """
    require_moderate("samples", request.samples)
    x = np.array(request.samples)
    design = _design(request)
    radius = float(np.max(np.abs(design.poles))) if design.poles is not None and len(design.poles) else 0.0
    if radius >= 1 - 1e-8:
        raise InvalidRequest(
            f"A {request.kind.value} of order {request.order} with this edge is unstable in doubles: a pole is at "
            f"{radius:.15g} from 0.",
            field="order",
            value=request.order,
            remedy="Give a lower order, or an edge farther from 0 and from half the sample rate.",
        )
    y = _run(request, design, x)
    frequency = np.linspace(0, request.sample_rate / 2, 512)
    response = design.response(frequency, request.sample_rate)
    missed, checks, notes = _specified(request, design)
    checks += _again(request, design, x, y, radius)
    savitzky = request.kind is Kind.SAVITZKY_GOLAY
    return Filtered(
        samples=y.tolist(),
        kind=request.kind,
        order=len(design.taps) - 1 if design.taps is not None else _poles(design),
        pole_radius=radius,
        cutoff_gain=None if savitzky else _gain_at(design, request),
        response=Response(
            frequency=frequency.tolist(),
            gain=np.maximum(-300.0, _decibel(response)).tolist(),
            phase=np.degrees(np.unwrap(np.angle(response))).tolist(),
        ),
        receipt=stated(
            method=f"{request.kind.value} {'smoothing' if savitzky else request.band}, "
            + ("forwards and backwards" if request.zero_phase and not savitzky else "one pass"),
            error_of="the designed response against the specification",
            asked=request.tolerance,
            reached=missed,
            unit="dB",
            estimate=f"the response at {GRID} frequencies",
            source=SMOOTHING if savitzky else SOURCE,
            checks=checks,
            cost=Cost(evaluations=len(x), of="samples", unknowns=0),
            notes=notes,
        ),
    )


def _poles(design: Design) -> int:
    return 0 if design.poles is None else len(design.poles)


def _gain_at(design: Design, request: FilterRequest) -> float:
    return float(_decibel(design.response(np.array([request.cutoff]), request.sample_rate))[0])


def _edges(request: FilterRequest) -> Any:  # Any: one edge, or two
    band = request.band in ("bandpass", "bandstop")
    return [request.cutoff, request.upper_cutoff] if band else request.cutoff


def _design(request: FilterRequest) -> Design:
    kinds = {
        Kind.BUTTERWORTH: "butter",
        Kind.CHEBYSHEV: "cheby1",
        Kind.INVERSE_CHEBYSHEV: "cheby2",
        Kind.ELLIPTIC: "ellip",
    }
    if request.kind is Kind.SAVITZKY_GOLAY:
        return Design(taps=_smoothing(request)[request.taps // 2, ::-1])
    if request.kind is Kind.FIR:
        beta = signal.kaiser_beta(request.attenuation)
        taps = signal.firwin(
            request.taps, _edges(request), window=("kaiser", beta), pass_zero=request.band, fs=request.sample_rate
        )
        return Design(taps=taps)
    made: dict[str, Any] = {
        "N": request.order,
        "Wn": _edges(request),
        "rp": request.ripple,
        "rs": request.attenuation,
        "btype": request.band,
        "ftype": kinds[request.kind],
        "fs": request.sample_rate,
    }
    zeros, poles, gain = signal.iirfilter(**made, output="zpk")
    return Design(sections=signal.zpk2sos(zeros, poles, gain), poles=poles)


def _smoothing(request: FilterRequest) -> Array:
    """What each place of a window has of each sample: Legendre's polynomials made orthogonal on it.

    Powers of the places, as they are usual, lose all digits from degree 8 on.
    """
    places = np.linspace(-1, 1, request.taps)
    basis: Array = np.linalg.qr(np.polynomial.legendre.legvander(places, request.order))[0]
    return basis @ basis.T


def _run(request: FilterRequest, design: Design, x: Array) -> Array:
    if request.kind is Kind.SAVITZKY_GOLAY:
        rows, half = _smoothing(request), request.taps // 2
        y = np.convolve(x, rows[half, ::-1], "same")
        # At both ends the first and the last window's polynomial.
        y[:half] = rows[:half] @ x[: request.taps]
        y[len(x) - half :] = rows[half + 1 :] @ x[len(x) - request.taps :]
        return y
    if not request.zero_phase:
        return design.run(x)
    if design.sections is not None:
        padding = 3 * (2 * len(design.sections) + 1)
        return signal.sosfiltfilt(design.sections, x, padlen=min(padding, len(x) - 1))
    assert design.taps is not None
    return signal.filtfilt(design.taps, 1, x, padlen=min(3 * len(design.taps), len(x) - 1))


def _decibel(response: Any) -> Array:
    return 20 * np.log10(np.maximum(np.abs(response), 1e-16))


def _inside(request: FilterRequest, frequency: Array) -> Any:  # Any: an array of truths
    """Which frequencies are to pass."""
    low, high = request.cutoff, request.upper_cutoff or math.inf
    if request.band == "lowpass":
        return frequency <= low
    if request.band == "highpass":
        return frequency >= low
    within = (frequency >= low) & (frequency <= high)
    return within if request.band == "bandpass" else ~within


def _specified(request: FilterRequest, design: Design) -> tuple[float, list[Check], list[str]]:
    """By how many dB the response misses what the family promises at the edge and in its bands."""
    rate = request.sample_rate
    frequency = np.linspace(0, rate / 2, GRID)
    gain = _decibel(design.response(frequency, rate))
    edges = np.atleast_1d(np.array(_edges(request), dtype=float))
    inside = _inside(request, frequency)
    at_edges = _decibel(design.response(edges, rate)) if request.kind is not Kind.SAVITZKY_GOLAY else np.zeros(1)
    allowed = request.tolerance
    match request.kind:
        case Kind.BUTTERWORTH:
            missed = float(np.max(np.abs(at_edges + HALF)))
            return missed, [_compared("gain at the edge, -3.01", at_edges[0], -HALF, allowed)], []
        case Kind.INVERSE_CHEBYSHEV:
            beyond = float(np.max(gain[~inside], initial=-300.0)) + request.attenuation
            missed = max(0.0, beyond, float(np.max(np.abs(at_edges + request.attenuation))))
            name = "gain at the edge, the attenuation"
            return missed, [_compared(name, at_edges[0], -request.attenuation, allowed)], []
        case Kind.CHEBYSHEV | Kind.ELLIPTIC:
            waves = float(np.max(np.abs(gain[inside] + request.ripple / 2), initial=0.0)) - request.ripple / 2
            missed = max(0.0, waves, float(np.max(np.abs(at_edges + request.ripple))))
            return missed, [_compared("gain at the edge, the ripple", at_edges[0], -request.ripple, allowed)], []
        case Kind.FIR:
            return _finite(request, gain, frequency, edges)
        case Kind.SAVITZKY_GOLAY:
            # What it promises is to leave polynomials of its degree as they are.
            assert design.taps is not None
            m = len(design.taps) // 2
            places = np.arange(-m, m + 1) / max(1, m)
            moments = [float(np.sum(design.taps * places**power)) - (power == 0) for power in range(request.order + 1)]
            worst = max(map(abs, moments))
            return worst, [_compared("moments of the window, those of doing nothing", worst, 0.0, 1e-9, "")], []


def _finite(
    request: FilterRequest, gain: Array, frequency: Array, edges: Array
) -> tuple[float, list[Check], list[str]]:
    """An FIR by Kaiser's window: its bands are as specified beyond half its transition from each edge."""
    # Kaiser: taps - 1 = (attenuation - 7.95)/(14.36·width/rate); up to 21 dB the window is a rectangle's, of 0.9222.
    wide = max((request.attenuation - 7.95) / 14.36, 0.9222)
    width = wide / (request.taps - 1) * request.sample_rate
    near = np.min(np.abs(frequency[:, None] - edges[None, :]), axis=1) < width / 2 * 1.05
    inside = _inside(request, frequency)
    clear_pass, clear_stop = inside & ~near, ~inside & ~near
    notes = [f"From pass to stop band it takes {width:.4g} Hz (Kaiser): more taps make it narrower."]
    if not np.any(clear_pass) or not np.any(clear_stop):
        raise InvalidRequest(
            f"With {request.taps} taps the transition is {width:.4g} Hz wide: no band is left.",
            field="taps",
            value=request.taps,
            remedy="Give more taps, less attenuation, or edges farther apart.",
        )
    stop = float(np.max(gain[clear_stop])) + request.attenuation
    # Kaiser's formula is good to about half a dB of the attenuation.
    ripple = 20 * math.log10(1 + 10 ** (-request.attenuation / 20))
    missed = max(0.0, stop, float(np.max(np.abs(gain[clear_pass]))) - ripple)
    name, most = "gain of the stop band above its attenuation", max(1.0, request.tolerance)
    return missed, [_compared(name, max(0.0, stop), 0.0, most)], notes


def _compared(name: str, computed: float, expected: float, allowed: float, unit: str = "dB") -> Check:
    return compare(name, float(computed), float(expected), unit, allowed=allowed)


def _again(request: FilterRequest, design: Design, x: Array, y: Array, radius: float) -> list[Check]:
    """The filtering by another way: by the response over all frequencies, of samples with silence around them."""
    rings = math.log(1e-9) / math.log(radius) if radius > 0 else 0.0
    if rings > MOST_RINGING:
        return []
    size = float(np.max(np.abs(x))) or 1.0
    pad = len(x) + request.taps + int(2 * rings) + 1000
    long = np.concatenate([np.zeros(pad), x, np.zeros(pad)])
    frequency: Any = np.fft.rfftfreq(len(long), 1 / request.sample_rate)  # Any: of what precision is not typed
    response = design.response(frequency, request.sample_rate)
    if request.kind is Kind.SAVITZKY_GOLAY:
        # Taps around their middle: no delay.
        response = response * np.exp(2j * math.pi * frequency / request.sample_rate * (request.taps // 2))
        direct: Array = np.convolve(long, design.taps if design.taps is not None else [1.0], "same")[pad : pad + len(x)]
    elif request.zero_phase:
        response = np.abs(response) ** 2
        direct = design.run(design.run(long)[::-1])[::-1][pad : pad + len(x)]
    else:
        direct = y
    by_frequency = np.fft.irfft(np.fft.rfft(long) * response, len(long))[pad : pad + len(x)]
    gap = float(np.max(np.abs(direct - by_frequency)))
    name = "filtered with silence around, less the same by the response over all frequencies"
    return [compare(name, gap, 0.0, "", allowed=1e-6 * size)]
