"""What solitons take and give."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Unit
from nis_backend.capabilities.physics.nonlinear.fields import MaxSteps, Points
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model


class WaveEquation(StrEnum):
    """An equation that has solitons, dimensionless."""

    KDV = "KdV"
    FOCUSING = "focusing NLS"
    DEFOCUSING = "defocusing NLS"


Size = Annotated[float, Unit(""), Field(gt=0, le=100)]
Place = Annotated[float, Unit(""), Field(ge=-1e4, le=1e4)]
Speed = Annotated[float, Unit(""), Field(ge=-100, le=100)]


class SolitonRequest(Model):
    """A wave in a periodic box: one or two solitons, or a start of your own. All numbers are dimensionless.

    KdV: u_t + 6·u·u_x + u_xxx = 0; a soliton of amplitude a moves at speed 2a.
    NLS: i·ψ_t + ψ_xx ± 2·|ψ|²·ψ = 0, + focusing; a soliton of amplitude a moves at the speed given.
    """

    equation: Annotated[
        WaveEquation,
        Reads("choice"),
        Names("equation"),
        Called(
            {
                WaveEquation.KDV: ("Korteweg-de Vries", "Korteweg de Vries", "kdv"),
                WaveEquation.FOCUSING: ("nonlinear Schrodinger", "nonlinear Schrödinger", "nls", "focusing"),
                WaveEquation.DEFOCUSING: ("defocusing nonlinear Schrödinger", "defocusing"),
            }
        ),
    ] = Field(default=WaveEquation.KDV, description="KdV (shallow water), focusing or defocusing NLS (light, waves).")
    amplitudes: Annotated[list[Size], Reads("numbers"), Names("amplitude", "amplitudes", "heights")] = Field(
        default=[], max_length=2, description="Height of each soliton; none where `initial` is given."
    )
    positions: Annotated[list[Place], Names("position", "positions", "starting at")] = Field(
        default=[], max_length=2, description="Where each soliton begins; by default a quarter of the length apart."
    )
    speeds: Annotated[list[Speed], Names("speeds")] = Field(
        default=[], max_length=2, description="Speed of each NLS soliton, by default 0; KdV's follow from the heights."
    )
    initial: Annotated[str, Reads("quote"), Names("initial condition", "start", "initially")] = Field(
        default="", max_length=500, description="A start in the place of solitons: a formula of x; NLS's real part."
    )
    initial_imaginary: str = Field(default="0", max_length=500, description="Imaginary part of NLS's start, by x.")
    length: Annotated[float, Unit(""), Names("box", "domain", "period")] = Field(
        default=60.0, ge=1, le=1000, description="Length of the periodic box, from -length/2 to length/2."
    )
    duration: Annotated[float, Unit(""), Names("time", "until", "after", "for", "t")] = Field(
        default=5.0, gt=0, le=1000, description="Time to advance."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-5, ge=1e-11, le=1, description="Largest error of the wave to accept, anywhere at any frame."
    )
    points: Points = 301
    max_steps: MaxSteps = 65_536

    @model_validator(mode="after")
    def _starts(self) -> Self:
        if bool(self.initial) == bool(self.amplitudes):
            raise InvalidRequest(
                "Give either the amplitudes of solitons or a start of your own.",
                field="amplitudes",
                value=self.amplitudes,
                remedy="Give one or two amplitudes, or a formula of x as `initial`.",
            )
        for name, values in (("positions", self.positions), ("speeds", self.speeds)):
            if values and len(values) != len(self.amplitudes):
                raise InvalidRequest(
                    f"There are {len(self.amplitudes)} solitons and {len(values)} {name}.",
                    field=name,
                    value=values,
                    remedy="Give one for each amplitude, or none.",
                )
        if self.amplitudes and self.equation is WaveEquation.DEFOCUSING:
            raise InvalidRequest(
                "The defocusing equation has no bright solitons.",
                field="equation",
                value=self.equation.value,
                remedy="Take the focusing one, or give a start of your own.",
            )
        if len(self.amplitudes) == 2 and self.equation is WaveEquation.KDV and len({*self.amplitudes}) == 1:  # noqa: PLR2004
            raise InvalidRequest(
                "Two KdV solitons of one height never meet, and are no exact pair.",
                field="amplitudes",
                value=self.amplitudes,
                remedy="Give two heights that differ.",
            )
        return self


class WaveHistory(Model):
    """The wave over space and time: u of KdV, |ψ| of NLS."""

    position: list[Annotated[float, Unit("")]] = Field(description="Places, evenly spaced.")
    time: list[Annotated[float, Unit("")]] = Field(description="Times, evenly spaced.")
    value: list[list[Annotated[float, Unit("")]]] = Field(description="A row for each time.")


class SolitonSolution(Model):
    """The wave after `duration`."""

    peak: Annotated[float, Unit("")] = Field(description="Largest u, or |ψ|, at the end.")
    peak_position: Annotated[float, Unit("")] = Field(description="Where that is.")
    peak_speed: Annotated[float, Unit("")] | None = Field(
        description="Mean speed of the peak of a single soliton, by its way round the box; null for other starts."
    )
    highest: Annotated[float, Unit("")] = Field(description="Largest u, or |ψ|, at any frame.")
    position: list[Annotated[float, Unit("")]] = Field(description="Places of the profiles.")
    wave: list[Annotated[float, Unit("")]] = Field(description="u, or |ψ|, after `duration`.")
    phase: list[Annotated[float, Unit("radian")]] = Field(description="arg ψ after `duration`; none for KdV.")
    initial: list[Annotated[float, Unit("")]] = Field(description="u, or |ψ|, at the start.")
    history: WaveHistory
    grid_points: int = Field(description="Points of the grid.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
