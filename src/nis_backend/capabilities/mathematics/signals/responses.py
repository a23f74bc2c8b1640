"""How linear systems answer: poles and zeros, Bode, margins, step and impulse by residues and by simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.receipts import stated
from nis_backend.capabilities.mathematics.signals.frequencies import bandwidth, frequencies, margins, unwound
from nis_backend.capabilities.mathematics.signals.linear import read
from nis_backend.capabilities.mathematics.signals.settling import shape
from nis_backend.capabilities.mathematics.signals.stepping import in_time, remaining
from nis_backend.capabilities.mathematics.signals.systems import (
    Bode,
    Place,
    SystemAnalysis,
    SystemRequest,
    TimeResponse,
)
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare
from nis_backend.numerics.written import format_complex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.mathematics.signals.linear import System

    Array = NDArray[np.float64]


def analyze(request: SystemRequest) -> SystemAnalysis:
    """The system that was asked for."""
    system = read(request)
    stable = all(map(system.decays, [complex(one) for one in [*system.poles, *system.cancelled]]))
    answer = in_time(request, system)
    time, step, impulse, checks = answer.time, answer.step, answer.impulse, answer.checks
    final = system.dc if stable else None
    rise, settled, over, peak = shape(answer.fine_time, answer.fine_step, final, request.settling_band)
    if final is not None:
        # What still moves at the end has not settled, and says nothing of the final value.
        left = remaining(system, float(time[-1]))
        size = max(abs(final), float(np.max(np.abs(step))))
        allowed = (100 * left + 1e-8) * size
        checks.append(
            compare("end of the step response, final value theorem", float(step[-1]), final, "", allowed=allowed)
        )
    places = _thin(len(time), request.points)
    frequency = frequencies(system, request.points)
    response = system.at(frequency)
    gain_margin, at_gain, phase_margin, at_phase = margins(system, frequency)
    notes = _notes(system, stable)
    return SystemAnalysis(
        transfer_function=_text(system),
        order=len(system.poles),
        poles=_places(system.poles),
        zeros=_places(system.zeros),
        cancelled=_places(system.cancelled),
        stable=stable,
        dc_gain=system.dc,
        bandwidth=bandwidth(system, system.dc, frequency),
        gain_margin=gain_margin,
        gain_margin_frequency=at_gain,
        phase_margin=phase_margin,
        phase_margin_frequency=at_phase,
        final_value=final,
        rise_time=rise,
        settling_time=settled,
        overshoot=over,
        peak_time=peak,
        bode=Bode(
            frequency=frequency.tolist(),
            gain=(20 * np.log10(np.maximum(np.abs(response), 1e-15))).tolist(),
            phase=np.degrees(unwound(response)).tolist(),
        ),
        response=TimeResponse(time=time[places].tolist(), step=step[places].tolist(), impulse=impulse[places].tolist()),
        receipt=stated(
            method="matrix exponential of the companion form" if system.dt is None else "difference equation",
            error_of="the step response, relative to its largest value",
            asked=request.tolerance,
            reached=answer.error,
            estimate="residues of the poles where these are distinct, else half the step",
            source="Ogata, Modern Control Engineering (2010), 5, 7 and 9; Moler & Van Loan, SIAM Rev. 45 (2003), 3-49",
            checks=checks,
            cost=Cost(evaluations=len(time), of="steps", unknowns=len(system.poles)),
            notes=notes,
        ),
    )


def _thin(count: int, points: int) -> Any:
    return np.unique(np.linspace(0, count - 1, min(count, points)).astype(int))


def _places(of: Any) -> list[Place]:
    ordered = sorted(map(complex, of), key=lambda one: (-one.real, -one.imag))
    return [Place(real=one.real + 0.0, imaginary=one.imag + 0.0) for one in ordered]


def _text(system: System) -> str:
    name = "s" if system.dt is None else "z"

    def polynomial(coefficients: Array) -> str:
        terms = [
            ("" if one == 1 and power else f"{one:.6g}·" if power else f"{one:.6g}")
            + ("" if power == 0 else name if power == 1 else f"{name}^{power}")
            for power, one in zip(range(len(coefficients) - 1, -1, -1), coefficients.tolist(), strict=True)
            if one
        ]
        return " + ".join(terms).replace("+ -", "- ") or "0"

    return f"({polynomial(system.over)})/({polynomial(system.under)})"


def _notes(system: System, stable: bool) -> list[str]:
    notes = [
        f"{times} poles near {format_complex(one.real, one.imag, 4)} differ by no more than the rounding of the "
        "coefficients makes: they are taken as one that repeats."
        for one, times in system.merged
    ]
    for one in _places(system.cancelled):
        hidden = complex(one.real, one.imaginary)
        growing = "" if system.decays(hidden) else ", which does not decay: inside, the system is not stable"
        notes.append(f"A zero cancels the pole at {format_complex(hidden.real, hidden.imag, 4)}{growing}.")
    if not stable:
        notes.append(
            "Not every pole decays: there is no final value, and margins of the open loop need Nyquist's count."
        )
    return notes
