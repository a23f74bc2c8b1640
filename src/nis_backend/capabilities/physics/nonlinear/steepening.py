"""What Burgers' equation takes and gives."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Unit
from nis_backend.capabilities.physics.nonlinear.fields import Duration, Points, SpaceTime, Start
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model


class Ends(StrEnum):
    """What happens at the two ends."""

    PERIODIC = "periodic"
    HELD = "held"


class BurgersRequest(Model):
    """A velocity that carries itself along and is smoothed by viscosity: u_t + u·u_x = ν·u_xx."""

    viscosity: Annotated[float, Unit("m²/s"), Names("nu", "ν", "diffusion", "viscous")] = Field(
        ge=0, le=1e6, description="Kinematic viscosity ν. With 0 there is an answer until the wave breaks."
    )
    initial: Start = Field(
        default="-sin(pi*x)",
        max_length=500,
        description="Velocity at the start, m/s: a formula of x, as in -sin(pi*x).",
    )
    left: Annotated[float, Unit("m"), Names("left end", "from x")] = Field(
        default=-1.0, ge=-1e6, le=1e6, description="Left end."
    )
    right: Annotated[float, Unit("m"), Names("right end", "to x")] = Field(
        default=1.0, ge=-1e6, le=1e6, description="Right end."
    )
    duration: Duration = 1.0
    ends: Annotated[
        Ends,
        Reads("choice"),
        Names("boundaries", "boundary conditions"),
        Called({Ends.HELD: ("dirichlet", "fixed"), Ends.PERIODIC: ("cyclic",)}),
    ] = Field(
        default=Ends.PERIODIC,
        description="Periodic: what leaves at one end enters at the other. Held: u stays 0 there.",
    )
    tolerance: Annotated[float, Unit("m/s"), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-6, ge=1e-12, le=1000, description="Largest error of the velocity to accept, anywhere at any frame."
    )
    points: Points = 201

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if not self.right - self.left >= 1e-9:  # noqa: PLR2004 - shorter than an atom is no place to flow
            raise InvalidRequest(
                "The right end is not to the right of the left end.",
                field="right",
                value=self.right,
                remedy=f"Give a right end above {self.left:g}.",
            )
        return self


class BurgersSolution(Model):
    """The velocity after `duration`."""

    steepest_slope: Annotated[float, Unit("1/s")] = Field(description="Most negative u_x at the end: how steep it is.")
    steepest_position: Annotated[float, Unit("m")] = Field(description="Where that is.")
    largest_slope: Annotated[float, Unit("1/s")] = Field(description="Most negative u_x at any frame.")
    largest_slope_time: Annotated[float, Unit("s")] = Field(description="When that was.")
    breaking_time: Annotated[float, Unit("s")] | None = Field(
        description="When it would break without viscosity: -1 over the least slope; null where it would not."
    )
    layer_thickness: Annotated[float, Unit("m")] = Field(
        description="4ν over the difference of largest and least velocity at the start: about the width of a shock."
    )
    highest: Annotated[float, Unit("m/s")] = Field(description="Largest velocity at the end.")
    lowest: Annotated[float, Unit("m/s")] = Field(description="Least velocity at the end.")
    energy_left: Annotated[float, Unit("")] = Field(description="Kinetic energy at the end, of that at the start.")
    position: list[Annotated[float, Unit("m")]] = Field(description="Places of the two profiles.")
    velocity: list[Annotated[float, Unit("m/s")]] = Field(description="Velocity after `duration`.")
    initial: list[Annotated[float, Unit("m/s")]] = Field(description="Velocity at the start.")
    history: SpaceTime = Field(description="Velocity over space and time, m/s.")
    nodes: int = Field(
        description="Equal steps of a sum over the length, or twice it where ends are held; 0 without viscosity."
    )
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
