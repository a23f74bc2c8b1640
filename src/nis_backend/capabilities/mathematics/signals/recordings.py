"""What spectra and filters of samples take and give."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

MOST = 20_000
Number = Annotated[float, Unit("")]
Samples = Annotated[list[Number], Field(max_length=MOST), Reads("numbers"), Names("samples", "signal", "data")]
SampleRate = Annotated[
    float,
    Unit("Hz"),
    Names("sample rate", "sampling rate", "sampling frequency", "sampled at", "fs"),
    Field(gt=0, le=1e12, description="Samples a second."),
]


class Window(StrEnum):
    """How samples are weighed before they are transformed."""

    HANN = "hann"
    HAMMING = "hamming"
    BLACKMAN = "blackman"
    FLAT_TOP = "flattop"
    NONE = "boxcar"


class SpectrumRequest(Model):
    """Samples at equal times, or a formula of t that is sampled."""

    samples: Samples = Field(default=[], description="The samples; none where a formula is given.")
    formula: str = Field(
        default="", max_length=2000, description="The signal as a formula of t in seconds: sin(2*pi*50*t). Or samples."
    )
    sample_rate: SampleRate
    duration: Annotated[float, Unit("s"), Names("duration", "for", "length")] = Field(
        default=1.0, gt=0, le=1e6, description="Of a formula: how long it is sampled."
    )
    method: Literal["periodogram", "Welch"] = Field(
        default="periodogram", description="One transform of all samples, or Welch's mean over overlapping segments."
    )
    segment: Annotated[int, Knob()] = Field(default=256, ge=8, le=8192, description="Of Welch: samples of a segment.")
    window: Window = Field(default=Window.HANN, description="How samples are weighed.")
    peaks: Annotated[int, Names("peaks")] = Field(default=5, ge=0, le=20, description="Most peaks to answer.")
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance")] = Field(
        default=0.01,
        gt=0,
        le=1,
        description="Largest error of the strongest peak's frequency to accept, in the spacing of lines 1/duration.",
    )

    @model_validator(mode="after")
    def _is_a_signal(self) -> Self:
        if bool(self.samples) == bool(self.formula):
            raise InvalidRequest(
                "Give either samples or a formula.", field="samples", remedy="Set one of them, and the sample rate."
            )
        count = len(self.samples) or round(self.duration * self.sample_rate)
        if not 8 <= count <= MOST:  # noqa: PLR2004 - fewer have no spectrum
            raise InvalidRequest(
                f"There would be {count} samples.",
                field="samples" if self.samples else "duration",
                value=count,
                remedy=f"Give 8 to {MOST} samples: a lower rate or a shorter duration.",
            )
        return self


class Peak(Model):
    """A line of a spectrum."""

    frequency: Annotated[float, Unit("Hz")]
    error: Annotated[float, Unit("Hz")] = Field(
        description="How far it may be off: two windows compared, and what noise leaves."
    )
    amplitude: Number = Field(description="Of the sine, in units of the samples.")
    phase: Annotated[float, Unit("degree")] = Field(description="Of the cosine, at the first sample.")
    signal_to_noise: Annotated[float, Unit("")] = Field(description="Its power over that of the median line, in dB.")


class SpectrumCurve(Model):
    """Power over frequency."""

    frequency: list[Annotated[float, Unit("Hz")]]
    density: list[Number] = Field(description="Power a hertz, one-sided, in squares of the samples' unit.")


class Spectrum(Model):
    """Which frequencies a signal has."""

    dominant_frequency: Annotated[float, Unit("Hz")] | None = Field(description="The strongest peak's; null of none.")
    peaks: list[Peak] = Field(description="The strongest peaks, strongest first.")
    resolution: Annotated[float, Unit("Hz")] = Field(description="Spacing of the lines.")
    nyquist: Annotated[float, Unit("Hz")] = Field(description="Half the sample rate: faster lines fold back below it.")
    samples: int = Field(description="Samples that were transformed.")
    mean: Number = Field(description="Of the samples; it was taken off before.")
    power: Number = Field(description="Mean square of the samples without their mean.")
    curve: SpectrumCurve = Field(
        description="The spectrum, thinned to at most 2000 lines by the largest of each group."
    )
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class Kind(StrEnum):
    """A family of filters."""

    BUTTERWORTH = "Butterworth"
    CHEBYSHEV = "Chebyshev"
    INVERSE_CHEBYSHEV = "inverse Chebyshev"
    ELLIPTIC = "elliptic"
    FIR = "FIR"
    SAVITZKY_GOLAY = "Savitzky-Golay"


class FilterRequest(Model):
    """Samples, and the filter they go through."""

    samples: Samples = Field(min_length=2, description="The samples.")
    sample_rate: SampleRate
    kind: Annotated[Kind, Reads("choice"), Names("filter"), Called({Kind.CHEBYSHEV: ("Chebyshev I",)})] = Field(
        default=Kind.BUTTERWORTH, description="Which family."
    )
    band: Annotated[
        Literal["lowpass", "highpass", "bandpass", "bandstop"],
        Reads("choice"),
        Called(
            {
                "lowpass": ("low-pass", "low pass"),
                "highpass": ("high-pass", "high pass"),
                "bandpass": ("band-pass", "band pass"),
                "bandstop": ("band-stop", "notch"),
            }
        ),
    ] = Field(default="lowpass", description="What passes.")
    cutoff: Annotated[float, Unit("Hz"), Names("cutoff", "cut-off frequency", "corner frequency", "lower cutoff")] = (
        Field(
            default=0.0,
            ge=0,
            le=1e12,
            description="Where the pass band ends, or the lower edge of a band; not of Savitzky-Golay.",
        )
    )
    upper_cutoff: Annotated[float, Unit("Hz"), Names("upper cutoff", "upper edge")] | None = Field(
        default=None, gt=0, le=1e12, description="The upper edge of a band."
    )
    order: Annotated[int, Names("order")] = Field(
        default=4, ge=1, le=20, description="Order; of Savitzky-Golay the polynomial's degree."
    )
    taps: Annotated[int, Names("taps", "window length")] = Field(
        default=101, ge=3, le=2001, description="Samples of an FIR's or of Savitzky-Golay's window, odd."
    )
    ripple: Annotated[float, Unit(""), Names("ripple")] = Field(
        default=1.0, gt=0, le=20, description="Ripple of the pass band, dB: Chebyshev and elliptic."
    )
    attenuation: Annotated[float, Unit(""), Names("attenuation")] = Field(
        default=40.0, gt=3, le=200, description="What the stop band is damped by, dB: inverse Chebyshev, elliptic, FIR."
    )
    zero_phase: Annotated[bool, Names("zero phase", "zero-phase")] = Field(
        default=True, description="Forwards and backwards, which shifts nothing and filters twice; else causal."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance")] = Field(
        default=0.01, gt=0, le=100, description="Largest miss of the specification to accept, dB."
    )

    @model_validator(mode="after")
    def _can_be_made(self) -> Self:
        if self.kind is Kind.SAVITZKY_GOLAY:
            if self.taps % 2 == 0 or self.order >= self.taps or self.taps > len(self.samples):
                raise InvalidRequest(
                    f"A window of {self.taps} with degree {self.order} does not fit {len(self.samples)} samples.",
                    field="taps",
                    value=self.taps,
                    remedy="Give an odd window, longer than the degree and no longer than the samples.",
                )
            return self
        nyquist = self.sample_rate / 2
        edges = [self.cutoff]
        if self.band in ("bandpass", "bandstop"):
            if self.upper_cutoff is None:
                raise InvalidRequest("A band has two edges.", field="upper_cutoff", remedy="Give the upper edge in Hz.")
            edges.append(self.upper_cutoff)
        for field, edge in zip(("cutoff", "upper_cutoff"), edges, strict=False):
            if not 0 < edge < nyquist:
                raise InvalidRequest(
                    f"An edge of {edge:g} Hz is not between 0 and half the sample rate, {nyquist:g} Hz.",
                    field=field,
                    value=edge,
                    remedy=f"Give an edge between 0 and {nyquist:g} Hz, or sample faster.",
                )
        if len(edges) > 1 and edges[0] >= edges[1]:
            raise InvalidRequest(
                "The lower edge is above the upper.", field="upper_cutoff", value=edges[1], remedy="Swap them."
            )
        if self.kind is Kind.ELLIPTIC and self.ripple >= self.attenuation:
            raise InvalidRequest(
                "The ripple is larger than the attenuation.",
                field="ripple",
                value=self.ripple,
                remedy="Give a ripple below the attenuation.",
            )
        if self.kind is Kind.FIR and self.taps % 2 == 0:
            raise InvalidRequest(
                "An even window cannot pass high frequencies.", field="taps", value=self.taps, remedy="Give an odd one."
            )
        return self


class Response(Model):
    """What a filter does to each frequency."""

    frequency: list[Annotated[float, Unit("Hz")]]
    gain: list[Number] = Field(description="In dB, of one pass, at least -300.")
    phase: list[Annotated[float, Unit("degree")]] = Field(description="Of one pass, unwound.")


class Filtered(Model):
    """Samples behind a filter."""

    samples: list[Number] = Field(description="The filtered samples.")
    kind: Kind = Field(description="The family.")
    order: int = Field(description="Poles of one pass, or taps less one.")
    pole_radius: Number = Field(description="Largest distance of a pole from 0; below 1 the filter is stable.")
    cutoff_gain: Annotated[float, Unit("")] | None = Field(description="Gain at the first edge in one pass, dB.")
    response: Response = Field(description="Gain and phase over frequency.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
