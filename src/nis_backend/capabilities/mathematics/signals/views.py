"""What transforms, spectra, filters and systems look like: the answer in words, curves, the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_complex, format_known, format_number
from nis_backend.view import Axis, Series, Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.signals.recordings import (
        Filtered,
        FilterRequest,
        Spectrum,
        SpectrumRequest,
    )
    from nis_backend.capabilities.mathematics.signals.systems import Place, SystemAnalysis, SystemRequest
    from nis_backend.capabilities.mathematics.signals.transforms import Inversion, Inverted
    from nis_backend.view import View

SHOWN = 2000
SPOKEN = 6


def draw_inversion(request: Inversion, found: Inverted) -> list[View]:
    """F at the times asked for, its formula where there is one."""
    told = ", ".join(
        f"f({format_number(t, 4)}) = **{format_number(value, 10)}**"
        for t, value in list(zip(found.times, found.values, strict=True))[:5]
    )
    more = f" and {len(found.times) - 5} more" if len(found.times) > 5 else ""  # noqa: PLR2004 - as told above
    exact = f" Exactly, f(t) = {found.exact}." if found.exact else ""
    rows: list[list[str | float]] = [list(row) for row in zip(found.times, found.values, found.second, strict=True)]
    order = sorted(range(len(found.times)), key=found.times.__getitem__)
    curve: list[View] = (
        [
            Series(
                title="f(t)",
                x=Axis(label="t", values=[found.times[i] for i in order]),
                lines=[Axis(label="f", values=[found.values[i] for i in order])],
            )
        ]
        if len(order) > 2  # noqa: PLR2004 - fewer are no curve
        else []
    )
    return [
        Text(text=f"{told}{more} ({error_words(found.receipt)}).{exact}"),
        *curve,
        Table(title="f at the times asked for", columns=["t", "f", "by a second method"], rows=rows),
        receipt_table(found.receipt),
    ]


def draw_spectrum(request: SpectrumRequest, found: Spectrum) -> list[View]:
    """The strongest lines, the spectrum in dB."""
    if found.peaks:
        first = found.peaks[0]
        rest = ", ".join(f"{format_known(one.frequency, one.error)} Hz" for one in found.peaks[1:5])
        words = (
            f"The strongest line is at **{format_number(first.frequency, 6)} Hz** ± {format_number(first.error, 1)} Hz "
            f"with amplitude **{format_number(first.amplitude, 4)}** ({error_words(found.receipt)})."
            + (f" Further lines: {rest}." if rest else "")
        )
    else:
        words = f"No line stands out ({error_words(found.receipt)})."
    words += (
        f" {found.samples} samples, lines {format_number(found.resolution, 3)} Hz apart up to "
        f"{format_number(found.nyquist, 4)} Hz; anything faster folds back below that."
    )
    floor = max(max(found.curve.density) * 1e-16, 1e-300)
    rows: list[list[str | float]] = [
        [one.frequency, one.error, one.amplitude, one.phase, one.signal_to_noise] for one in found.peaks
    ]
    columns = ["frequency, Hz", "± Hz", "amplitude", "phase, °", "over the noise, dB"]
    return [
        Text(text=words),
        Series(
            title="Spectrum",
            x=Axis(label="frequency", unit="Hz", values=found.curve.frequency),
            lines=[
                Axis(
                    label="power a hertz",
                    values=[max(one, floor) for one in found.curve.density],
                    scale="log",
                )
            ],
        ),
        *([Table(title="Lines", columns=columns, rows=rows)] if rows else []),
        receipt_table(found.receipt),
    ]


def draw_filtered(request: FilterRequest, found: Filtered) -> list[View]:
    """The samples before and after, and what the filter does to each frequency."""
    edge = (
        f" One pass has at {format_number(request.cutoff, 4)} Hz **{format_number(found.cutoff_gain, 4)} dB**."
        if found.cutoff_gain is not None
        else ""
    )
    poles = (
        f"; its outermost pole is at {format_number(found.pole_radius, 6)} of 1, so it is stable"
        if found.pole_radius
        else ""
    )
    time = [number / request.sample_rate for number in range(min(SHOWN, len(found.samples)))]
    return [
        Text(
            text=f"**{len(found.samples)} samples** filtered ({error_words(found.receipt)})."
            f"{edge} It has order {found.order}{poles}."
        ),
        Series(
            title="Samples",
            x=Axis(label="time", unit="s", values=time),
            lines=[
                Axis(label="before", values=request.samples[:SHOWN]),
                Axis(label="after", values=found.samples[:SHOWN]),
            ],
        ),
        Series(
            title="Gain of one pass",
            x=Axis(label="frequency", unit="Hz", values=found.response.frequency),
            lines=[Axis(label="gain", unit="dB", values=found.response.gain)],
        ),
        receipt_table(found.receipt),
    ]


def draw_system(request: SystemRequest, found: SystemAnalysis) -> list[View]:
    """Whether it is stable, how it answers a step, its Bode diagram."""
    verdict = "**stable**" if found.stable else "**not stable**"
    words = [
        f"The system {found.transfer_function} is {verdict}: poles {_listed(found.poles)}"
        + (f", zeros {_listed(found.zeros)}" if found.zeros else "")
        + f" ({error_words(found.receipt)})."
    ]
    if found.final_value is not None:
        words.append(f"A step ends at **{format_number(found.final_value, 5)}**{_course(found)}.")
    if found.bandwidth is not None:
        words.append(f"The bandwidth is {format_number(found.bandwidth, 4)} rad/s.")
    margins: list[str] = []
    if found.gain_margin is not None:
        margins.append(f"gain margin {format_number(found.gain_margin, 4)}")
    if found.phase_margin is not None:
        margins.append(f"phase margin {format_number(found.phase_margin, 4)}°")
    if margins:
        words.append(f"With the loop closed around it: {', '.join(margins)}.")
    words += [one for one in found.receipt.notes if "cancels" in one]
    frequency = Axis(label="frequency", unit="rad/s", values=found.bode.frequency, scale="log")
    return [
        Text(text=" ".join(words)),
        Series(
            title="Step response",
            x=Axis(label="time", unit="s", values=found.response.time),
            lines=[Axis(label="output", values=found.response.step)],
        ),
        Series(title="Bode: gain", x=frequency, lines=[Axis(label="gain", unit="dB", values=found.bode.gain)]),
        Series(title="Bode: phase", x=frequency, lines=[Axis(label="phase", unit="°", values=found.bode.phase)]),
        Series(
            title="Impulse response",
            x=Axis(label="time", unit="s", values=found.response.time),
            lines=[Axis(label="output", values=found.response.impulse)],
        ),
        receipt_table(found.receipt),
    ]


def _course(found: SystemAnalysis) -> str:
    parts: list[str] = []
    if found.rise_time is not None:
        parts.append(f"rises in {format_number(found.rise_time, 4)} s")
    if found.settling_time is not None:
        parts.append(f"has settled after {format_number(found.settling_time, 4)} s")
    if found.overshoot:
        parts.append(f"overshoots by **{format_number(found.overshoot, 4)} %**")
    return f": it {', '.join(parts)}" if parts else ""


def _listed(places: list[Place]) -> str:
    more = " and more" if len(places) > SPOKEN else ""
    return ", ".join(format_complex(one.real, one.imaginary) for one in places[:SPOKEN]) + more if places else "none"
