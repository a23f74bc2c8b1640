"""What the separation of phases takes and gives."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Unit
from nis_backend.capabilities.physics.nonlinear.fields import MaxSteps
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model


class PhaseEquation(StrEnum):
    """How the phases part."""

    ALLEN_CAHN = "Allen-Cahn"
    CAHN_HILLIARD = "Cahn-Hilliard"


class PhaseRequest(Model):
    """Two phases, -1 and 1, in a periodic box; all numbers are dimensionless, time in that of the local reaction.

    Allen-Cahn: u_t = ε²·Δu + u - u³. Cahn-Hilliard: u_t = Δ(u³ - u - ε²·Δu), which keeps the amount of each phase.
    """

    equation: Annotated[
        PhaseEquation,
        Reads("choice"),
        Names("equation"),
        Called(
            {
                PhaseEquation.ALLEN_CAHN: ("Allen Cahn", "allen cahn"),
                PhaseEquation.CAHN_HILLIARD: ("Cahn Hilliard", "cahn hilliard", "spinodal decomposition"),
            }
        ),
    ] = Field(default=PhaseEquation.ALLEN_CAHN, description="Allen-Cahn, or Cahn-Hilliard, which conserves.")
    width: Annotated[float, Unit(""), Names("epsilon", "ε", "interface width", "eps")] = Field(
        default=0.05, ge=1e-4, le=10, description="ε: an interface is tanh(x/(√2·ε))."
    )
    initial: Annotated[str, Reads("quote"), Names("initial condition", "start", "initially")] = Field(
        default="0.5*cos(2*pi*x) + 0.2*sin(pi*x)",
        max_length=500,
        description="The field at the start: a formula of x, in a plane of x and y.",
    )
    noise: Annotated[float, Unit(""), Names("noise", "random")] = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Size of random waves that are added to the start, the same for each `seed`.",
    )
    seed: Annotated[int, Knob(), Names("seed")] = Field(default=0, ge=0, le=2**31, description="Which random waves.")
    dimensions: Annotated[int, Names("dimensions", "dimension")] = Field(
        ge=1, le=2, default=1, description="1: a line. 2: a square."
    )
    length: Annotated[float, Unit(""), Names("box", "domain", "period")] = Field(
        default=2.0, ge=1e-3, le=1000, description="Side of the periodic box, from -length/2 to length/2."
    )
    duration: Annotated[float, Unit(""), Names("time", "until", "after", "for", "t")] = Field(
        default=10.0, gt=0, le=1e5, description="Time to advance."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-4, ge=1e-10, le=0.1, description="Largest error of the field to accept, anywhere at any frame."
    )
    max_steps: MaxSteps = 16_384

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.length / self.width > (2000 if self.dimensions == 1 else 120):
            raise InvalidRequest(
                f"Interfaces of width {self.width:g} are too thin for a box of {self.length:g}.",
                field="width",
                value=self.width,
                remedy=f"Give a width of at least {self.length / (2000 if self.dimensions == 1 else 120):.3g}.",
            )
        return self


class PhaseMap(Model):
    """A field in the plane, or over place and time."""

    x: list[Annotated[float, Unit("")]] = Field(description="Places.")
    y: list[Annotated[float, Unit("")]] = Field(description="Places in the other direction, or times on a line.")
    value: list[list[Annotated[float, Unit("")]]] = Field(description="The field, a row for each `y`.")


class PhaseSolution(Model):
    """The phases after `duration`."""

    energy: Annotated[float, Unit("")] = Field(description="∫(ε²·|∇u|²/2 + (1 - u²)²/4) at the end.")
    energy_at_start: Annotated[float, Unit("")] = Field(description="The same at the start.")
    interface: Annotated[float, Unit("")] = Field(
        description="Energy over that of an interface, 2√2·ε/3: number of interfaces on a line, length in a plane."
    )
    thickness: Annotated[float, Unit("")] | None = Field(
        description="1 over the largest slope: ε·√2 of a tanh at rest; null where there is no interface."
    )
    fraction: Annotated[float, Unit("")] = Field(description="Part of the box in which the field is above 0.")
    mean: Annotated[float, Unit("")] = Field(description="Mean of the field at the end.")
    highest: Annotated[float, Unit("")] = Field(description="Largest value at the end.")
    lowest: Annotated[float, Unit("")] = Field(description="Least value at the end.")
    time: list[Annotated[float, Unit("")]] = Field(description="Times at which the energy is given.")
    energies: list[Annotated[float, Unit("")]] = Field(description="Energy at these times.")
    initial: PhaseMap | None = Field(description="The field at the start, in a plane; null on a line.")
    field: PhaseMap = Field(description="The field at the end, in a plane; over place and time on a line.")
    grid_points: int = Field(description="Points of the grid in each direction.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
