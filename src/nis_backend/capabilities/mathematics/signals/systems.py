"""What the analysis of linear systems takes and gives."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

MOST = 30
"""Degree of a polynomial."""
Number = Annotated[float, Unit("")]
Coefficients = Annotated[list[Number], Field(max_length=MOST + 1)]


class Place(Model):
    """A complex number."""

    real: Number
    imaginary: Number = 0.0


class SystemRequest(Model):
    """A linear system with one input and one output, in one of three forms."""

    numerator: Annotated[Coefficients, Reads("numbers"), Names("numerator")] = Field(
        default=[], description="Coefficients of the numerator, the highest power first."
    )
    denominator: Annotated[Coefficients, Reads("numbers"), Names("denominator")] = Field(
        default=[], description="Coefficients of the denominator, the highest power first."
    )
    zeros: Annotated[list[Place], Field(max_length=MOST)] = Field(
        default=[], description="Zeros, with `poles` and `gain`."
    )
    poles: Annotated[list[Place], Field(max_length=MOST)] = Field(
        default=[], description="Poles, with `zeros` and `gain`."
    )
    gain: Annotated[float, Unit(""), Names("gain")] = Field(
        default=1.0, ge=-1e12, le=1e12, description="What the quotient of zeros and poles is multiplied with."
    )
    formula: Annotated[str, Reads("formula"), Names("transfer function")] = Field(
        default="",
        max_length=2000,
        description="The transfer function as a formula of s, or of z: 10/(s^2 + 2*s + 10).",
    )
    sample_time: Annotated[float, Unit("s"), Names("sample time", "sampling time")] | None = Field(
        default=None, gt=0, le=1e6, description="Of a discrete system (in z): seconds from sample to sample."
    )
    duration: Annotated[float, Unit("s"), Names("duration", "for")] | None = Field(
        default=None, gt=0, le=1e9, description="How long the step response is followed; none: until it has settled."
    )
    settling_band: Annotated[float, Unit(""), Names("settling band")] = Field(
        default=0.02, gt=0, lt=1, description="Within which share of the final value it counts as settled."
    )
    points: Annotated[int, Knob(), Names("points")] = Field(
        default=400, ge=50, le=2000, description="Points of curves."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance")] = Field(
        default=1e-8,
        gt=0,
        le=1,
        description="Largest error of the step response to accept, of its largest value.",
    )

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        forms = [bool(self.denominator), bool(self.poles or self.zeros), bool(self.formula)]
        if sum(forms) != 1:
            raise InvalidRequest(
                "No system is given." if not any(forms) else "A system is given in two forms.",
                field="denominator",
                remedy="Give numerator and denominator, or zeros, poles and gain, or a formula of s.",
            )
        if self.denominator and not self.numerator:
            raise InvalidRequest(
                "The numerator is missing.", field="numerator", remedy="Give its coefficients, as [1]."
            )
        return self


class Bode(Model):
    """Gain and phase over frequency."""

    frequency: list[Annotated[float, Unit("rad/s")]]
    gain: list[Number] = Field(description="dB.")
    phase: list[Annotated[float, Unit("degree")]]


class TimeResponse(Model):
    """What comes out when a step or an impulse goes in."""

    time: list[Annotated[float, Unit("s")]]
    step: list[Number]
    impulse: list[Number] = Field(description="Without the impulse itself where the system passes it through.")


class SystemAnalysis(Model):
    """A linear system: where its poles are, how it answers."""

    transfer_function: str = Field(description="Numerator over denominator.")
    order: int = Field(description="Poles, after what cancels.")
    poles: list[Place]
    zeros: list[Place]
    cancelled: list[Place] = Field(description="Poles that a zero cancels: hidden from input to output.")
    stable: bool = Field(description="Whether every pole decays, the cancelled ones too.")
    dc_gain: Annotated[float, Unit("")] | None = Field(description="Output for a constant input of 1; null where none.")
    bandwidth: Annotated[float, Unit("rad/s")] | None = Field(
        description="Where the gain is 3.01 dB below that at 0; null where there is none."
    )
    gain_margin: Annotated[float, Unit("")] | None = Field(
        description="Factor by which the gain may grow before the closed loop is unstable, by the nearest crossing."
    )
    gain_margin_frequency: Annotated[float, Unit("rad/s")] | None = None
    phase_margin: Annotated[float, Unit("degree")] | None = Field(
        default=None, description="Phase left to -180° where the gain is 1."
    )
    phase_margin_frequency: Annotated[float, Unit("rad/s")] | None = None
    final_value: Annotated[float, Unit("")] | None = Field(description="Of the step response, if it is stable.")
    rise_time: Annotated[float, Unit("s")] | None = Field(description="From 10 % to 90 % of the final value.")
    settling_time: Annotated[float, Unit("s")] | None = Field(description="From when on it stays within the band.")
    overshoot: Annotated[float, Unit("")] | None = Field(description="Beyond the final value, %.")
    peak_time: Annotated[float, Unit("s")] | None = Field(
        description="When it is farthest beyond; null without overshoot."
    )
    bode: Bode
    response: TimeResponse
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
