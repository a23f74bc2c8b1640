"""Signals and systems: Laplace transforms turned back, spectra, filters, transfer functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.mathematics.signals import asked, views
from nis_backend.capabilities.mathematics.signals.recordings import Filtered, FilterRequest, Spectrum, SpectrumRequest
from nis_backend.capabilities.mathematics.signals.systems import SystemAnalysis, SystemRequest
from nis_backend.capabilities.mathematics.signals.transforms import Inversion, Inverted
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext


@operation(
    "mathematics.invert_laplace",
    effect="reads",
    pool="science",
    time_limit=180,
    view=views.draw_inversion,
    examples=(
        Example(
            title="A decaying ramp",
            request={"formula": "1/(s + 1)^2", "times": [1]},
            question="What is the inverse Laplace transform of 1/(s + 1)^2 at the times [1], numerically?",
            also=asked.LAPLACE,
        ),
        Example(
            title="Heat in a half-space",
            request={"formula": "exp(-sqrt(s))/s", "times": [0.5, 2]},
            question="Invert the Laplace transform exp(-sqrt(s))/s numerically at the times [0.5, 2].",
        ),
    ),
)
def invert_laplace(request: Inversion, ctx: WorkerContext) -> Inverted:
    """Invert a Laplace transform F(s) numerically: the values of f(t) at given times, by two methods that must agree.

    Fixed Talbot and de Hoog in many digits, Cohen's where these differ; the error falls geometrically with the terms. A
    quotient of polynomials is also inverted exactly. Talbot's contour fails where poles are right of it or beyond it:
    growth and fast oscillation, which are seen beforehand.

    Source: Abate & Valkó, Int. J. Numer. Meth. Eng. 60 (2004), 979-993; de Hoog, Knight & Stokes, SIAM J. Sci. Stat.
    Comput. 3 (1982), 357-366.
    """
    from nis_backend.capabilities.mathematics.signals.inversion import invert  # noqa: PLC0415 - loads in the worker only

    return invert(request, ctx.progress)


@operation(
    "mathematics.analyze_spectrum",
    effect="reads",
    pool="science",
    view=views.draw_spectrum,
    examples=(
        Example(
            title="Two tones",
            request={"formula": "sin(2*pi*50.3*t) + 0.2*sin(2*pi*120*t)", "sample_rate": 1000, "duration": 1},
            question="What is the spectrum of a signal with tones at 50.3 Hz and 120 Hz sampled at 1000 Hz?",
            also=asked.SPECTRUM,
        ),
        Example(
            title="Sixteen samples",
            request={
                "samples": [0, 0.38, 0.71, 0.92, 1, 0.92, 0.71, 0.38, 0, -0.38, -0.71, -0.92, -1, -0.92, -0.71, -0.38],
                "sample_rate": 16,
                "tolerance": 1,
            },
            question="Find the dominant frequency of the samples [0, 0.38, 0.71, 0.92, 1, 0.92, 0.71, 0.38, 0, -0.38, "
            "-0.71, -0.92, -1, -0.92, -0.71, -0.38] at a sample rate of 16 Hz.",
        ),
    ),
)
def analyze_spectrum(request: SpectrumRequest, ctx: WorkerContext) -> Spectrum:
    """Find the frequencies in a signal: its spectrum by FFT or Welch, the peaks with frequency, amplitude and error.

    Peaks are placed between the lines by the transform at any frequency, with two windows whose difference tells how
    much lines disturb each other. Parseval's sum is the check.

    Source: Welch, IEEE Trans. Audio Electroacoust. 15 (1967), 70-73; Harris, Proc. IEEE 66 (1978), 51-83.
    """
    from nis_backend.capabilities.mathematics.signals.spectrum import analyze  # noqa: PLC0415 - loads in the worker only

    return analyze(request, ctx.progress)


@operation(
    "mathematics.filter_signal",
    effect="reads",
    pool="science",
    view=views.draw_filtered,
    examples=(
        Example(
            title="A low-pass",
            request={
                "samples": [0, 0.9, 0.2, 1.1, 0.5, 1.4, 0.7, 1.6, 1.0, 1.9, 1.2, 2.1],
                "sample_rate": 100,
                "cutoff": 10,
                "order": 2,
            },
            question="Low-pass filter the samples [0, 0.9, 0.2, 1.1, 0.5, 1.4, 0.7, 1.6, 1.0, 1.9, 1.2, 2.1] at a "
            "sample rate of 100 Hz with a cutoff of 10 Hz and order 2.",
            also=asked.FILTER,
        ),
        Example(
            title="Smoothed",
            request={
                "samples": [1, 3, 2, 5, 4, 7, 6, 9, 8],
                "sample_rate": 1,
                "kind": "Savitzky-Golay",
                "order": 2,
                "taps": 5,
            },
            question="Smooth the samples [1, 3, 2, 5, 4, 7, 6, 9, 8] at a sample rate of 1 Hz by Savitzky-Golay of "
            "order 2 with 5 taps.",
        ),
    ),
)
def filter_signal(request: FilterRequest, ctx: WorkerContext) -> Filtered:
    """Filter a sampled signal: Butterworth, Chebyshev, elliptic, FIR or Savitzky-Golay; low, high, band pass or stop.

    In sections of second order, causal or forwards and backwards without a shift. The designed response is held against
    the specification; an unstable or impossible design is refused.

    Source: Oppenheim & Schafer, Discrete-Time Signal Processing (2010), 7; Savitzky & Golay, Anal. Chem. 36 (1964),
    1627-1639.
    """
    from nis_backend.capabilities.mathematics.signals.filtering import apply  # noqa: PLC0415 - loads in the worker only

    return apply(request)


@operation(
    "mathematics.analyze_system",
    effect="reads",
    pool="science",
    view=views.draw_system,
    examples=(
        Example(
            title="Second order",
            request={"numerator": [10], "denominator": [1, 2, 10]},
            question="Analyse the transfer function with numerator [10] and denominator [1, 2, 10]: its poles.",
            also=asked.SYSTEM,
        ),
        Example(
            title="An open loop",
            request={"formula": "1/(s*(s + 1)*(s + 2))", "duration": 20},
            question="What are the gain margin and the phase margin of the transfer function 1/(s*(s + 1)*(s + 2))?",
        ),
        Example(
            title="Discrete",
            request={"numerator": [0.2], "denominator": [1, -0.8], "sample_time": 0.1},
            question="Is the system with numerator [0.2] and denominator [1, -0.8] and a sample time of 0.1 s stable?",
        ),
    ),
)
def analyze_system(request: SystemRequest, ctx: WorkerContext) -> SystemAnalysis:
    """Analyse a transfer function: poles, zeros, stability, Bode, margins, bandwidth, step and impulse response.

    Continuous, or discrete with a sample time. The step response by the matrix exponential, exact but for rounding,
    held against the residues of the poles and the final value theorem. Poles that a zero cancels are told.

    Source: Ogata, Modern Control Engineering (2010), 5, 7 and 9; Moler & Van Loan, SIAM Review 45 (2003), 3-49.
    """
    from nis_backend.capabilities.mathematics.signals.responses import analyze  # noqa: PLC0415 - loads in the worker only

    return analyze(request)


OPERATIONS = (invert_laplace, analyze_spectrum, filter_signal, analyze_system)
