"""What a shock tube takes and gives."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model


class Limiter(StrEnum):
    """How slopes are limited, so that no new extrema arise."""

    MINMOD = "minmod"
    VAN_LEER = "van Leer"


Density = Annotated[float, Unit("kg/m³"), Field(ge=1e-9, le=1e6)]
Velocity = Annotated[float, Unit("m/s"), Field(ge=-1e6, le=1e6)]
Pressure = Annotated[float, Unit("Pa"), Field(ge=1e-9, le=1e12)]


class ShockTubeRequest(Model):
    """A gas at rest or moving, in two states on either side of a membrane that bursts; the defaults are Sod's."""

    left_density: Annotated[Density, Names("density on the left", "left density", "rho left")] = Field(
        default=1.0, description="Density left of the membrane."
    )
    left_velocity: Annotated[Velocity, Names("velocity on the left", "left velocity")] = Field(
        default=0.0, description="Velocity left of the membrane, to the right where positive."
    )
    left_pressure: Annotated[Pressure, Names("pressure on the left", "left pressure", "driver pressure")] = Field(
        default=1.0, description="Pressure left of the membrane."
    )
    right_density: Annotated[Density, Names("density on the right", "right density", "rho right")] = Field(
        default=0.125, description="Density right of the membrane."
    )
    right_velocity: Annotated[Velocity, Names("velocity on the right", "right velocity")] = Field(
        default=0.0, description="Velocity right of the membrane."
    )
    right_pressure: Annotated[Pressure, Names("pressure on the right", "right pressure", "driven pressure")] = Field(
        default=0.1, description="Pressure right of the membrane."
    )
    length: Annotated[float, Unit("m"), Names("long", "tube")] = Field(
        default=1.0, ge=1e-6, le=1e6, description="Length of the tube; its ends are open."
    )
    membrane: Annotated[float, Unit(""), Names("diaphragm", "membrane at")] = Field(
        default=0.5, gt=0, lt=1, description="Where the membrane is, as a part of the length."
    )
    duration: Annotated[float, Unit("s"), Names("time", "after", "t", "at")] = Field(
        default=0.2, gt=0, le=1e6, description="Time since the membrane burst."
    )
    heat_ratio: Annotated[float, Unit(""), Names("gamma", "γ", "adiabatic index", "ratio of specific heats")] = Field(
        default=1.4, gt=1, le=5, description="Ratio of the specific heats; 1.4 is air, 5/3 a monatomic gas."
    )
    limiter: Annotated[Limiter, Knob(), Reads("choice"), Names("limiter")] = Field(
        default=Limiter.VAN_LEER, description="How slopes are limited: minmod smears more."
    )
    cells: Annotated[int, Knob(), Names("cells", "grid cells")] = Field(
        default=400, ge=100, le=1600, description="Cells of the first grid whose error is held against the tolerance."
    )
    max_cells: Annotated[int, Knob(), Names("cell limit")] = Field(
        default=1600, ge=100, le=3200, description="Cells that the grid may be refined to, by doubling."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=4e-3,
        ge=1e-5,
        le=1,
        description="Mean error of the density to accept, of the larger of the two densities.",
    )

    @model_validator(mode="after")
    def _refines(self) -> Self:
        if self.max_cells < self.cells:
            raise InvalidRequest(
                "Fewer cells are allowed than the first grid has.",
                field="max_cells",
                value=self.max_cells,
                remedy=f"Allow at least {self.cells}, or begin with fewer cells.",
            )
        return self


class GasProfile(Model):
    """The gas along the tube, computed and exact."""

    position: list[Annotated[float, Unit("m")]] = Field(description="Middle of each cell shown.")
    density: list[Annotated[float, Unit("kg/m³")]] = Field(description="Density, computed.")
    velocity: list[Annotated[float, Unit("m/s")]] = Field(description="Velocity, computed.")
    pressure: list[Annotated[float, Unit("Pa")]] = Field(description="Pressure, computed.")
    exact_density: list[Annotated[float, Unit("kg/m³")]] = Field(description="Density by the exact Riemann solution.")
    exact_velocity: list[Annotated[float, Unit("m/s")]] = Field(description="Velocity by the exact Riemann solution.")
    exact_pressure: list[Annotated[float, Unit("Pa")]] = Field(description="Pressure by the exact Riemann solution.")


Wave = Literal["shock", "rarefaction"]


class ShockTubeSolution(Model):
    """The gas after `duration`."""

    star_pressure: Annotated[float, Unit("Pa"), Names("pressure behind the shock", "pressure between")] = Field(
        description="Pressure between the two waves, exact; 0 in a void."
    )
    star_velocity: Annotated[float, Unit("m/s")] | None = Field(
        description="Velocity between the two waves, of the contact, exact; null where a void opens."
    )
    left_wave: Wave = Field(description="Kind of the wave that runs to the left.")
    right_wave: Wave = Field(description="Kind of the wave that runs to the right.")
    left_star_density: Annotated[float, Unit("kg/m³")] = Field(description="Density left of the contact, exact.")
    right_star_density: Annotated[float, Unit("kg/m³")] = Field(description="Density right of the contact, exact.")
    left_speed: Annotated[float, Unit("m/s")] = Field(description="Speed of the left wave's front, exact.")
    right_speed: Annotated[float, Unit("m/s")] = Field(description="Speed of the right wave's front, exact.")
    vacuum: bool = Field(description="Whether the two states part so fast that a void opens between them.")
    density_error: Annotated[float, Unit("kg/m³")] = Field(description="Mean |computed - exact| of the density.")
    velocity_error: Annotated[float, Unit("m/s")] = Field(description="Mean |computed - exact| of the velocity.")
    pressure_error: Annotated[float, Unit("Pa")] = Field(description="Mean |computed - exact| of the pressure.")
    profile: GasProfile
    cells: int = Field(description="Cells of the finest grid.")
    receipt: Receipt = Field(description="How it was computed and how wrong it is.")
