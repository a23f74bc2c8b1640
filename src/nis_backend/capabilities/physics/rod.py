"""What the heat of a rod takes and gives."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model


class Material(StrEnum):
    """A solid whose thermal diffusivity near 300 K is known; `DIFFUSIVITY` has the values."""

    ALUMINIUM = "aluminium"
    BRASS = "brass"
    BRICK = "brick"
    CONCRETE = "concrete"
    COPPER = "copper"
    GLASS = "glass"
    GOLD = "gold"
    ICE = "ice"
    IRON = "iron"
    LEAD = "lead"
    MAGNESIUM = "magnesium"
    NICKEL = "nickel"
    PLATINUM = "platinum"
    SILICON = "silicon"
    SILVER = "silver"
    STAINLESS_STEEL = "stainless steel"
    STEEL = "steel"
    TIN = "tin"
    TITANIUM = "titanium"
    TUNGSTEN = "tungsten"
    ZINC = "zinc"


DIFFUSIVITY = {
    Material.ALUMINIUM: 97.1e-6,
    Material.BRASS: 33.9e-6,  # cartridge brass, 70 % Cu
    Material.BRICK: 0.449e-6,  # common brick, from k 0.72 W/(m K), rho 1920 kg/m³, c 835 J/(kg K)
    Material.CONCRETE: 0.692e-6,  # stone mix, from k 1.4, rho 2300, c 880
    Material.COPPER: 117e-6,
    Material.GLASS: 0.747e-6,  # soda-lime plate, from k 1.4, rho 2500, c 750
    Material.GOLD: 127e-6,
    Material.ICE: 1.00e-6,  # at 273 K, from k 1.88, rho 920, c 2040
    Material.IRON: 23.1e-6,
    Material.LEAD: 24.1e-6,
    Material.MAGNESIUM: 87.6e-6,
    Material.NICKEL: 23.0e-6,
    Material.PLATINUM: 25.1e-6,
    Material.SILICON: 89.2e-6,
    Material.SILVER: 174e-6,
    Material.STAINLESS_STEEL: 3.95e-6,  # AISI 304
    Material.STEEL: 17.7e-6,  # plain carbon steel
    Material.TIN: 40.1e-6,
    Material.TITANIUM: 9.32e-6,
    Material.TUNGSTEN: 68.3e-6,
    Material.ZINC: 41.8e-6,
}
"""Thermal diffusivity at 300 K, m²/s: Incropera & DeWitt, Fundamentals of Heat and Mass Transfer, tables A.1, A.3."""


class HeatRequest(Model):
    """A rod at some temperature whose two ends are held at theirs from now on, its sides insulated."""

    length: Annotated[float, Unit("m"), Names("long", "rod", "bar", "wire")] = Field(
        ge=1e-9, le=1e6, description="Distance between the two ends."
    )
    initial_temperature: Annotated[
        float,
        Unit("degC"),
        Names(
            "initial temperature",
            "initially",
            "starts at",
            "uniform temperature",
            "rod at",
            "bar at",
            "wire at",
            "start",
            "everywhere",
            "to begin with",
            "at first",
        ),
    ] = Field(ge=-273.15, le=1e6, description="Temperature of the whole rod at the start.")
    left_temperature: Annotated[
        float, Unit("degC"), Names("left end", "left", "one end", "first end", "hot end", "ends")
    ] = Field(ge=-273.15, le=1e6, description="Temperature the left end is held at.")
    right_temperature: Annotated[
        float, Unit("degC"), Names("right end", "right", "other end", "the other", "second end", "cold end", "ends")
    ] = Field(ge=-273.15, le=1e6, description="Temperature the right end is held at.")
    duration: Annotated[float, Unit("s"), Names("time", "after", "for", "later", "t")] = Field(
        gt=0, le=1e12, description="Time to advance."
    )
    material: (
        Annotated[Material, Reads("choice"), Names("made of", "material"), Called({Material.ALUMINIUM: ("aluminum",)})]
        | None
    ) = Field(default=None, description="What the rod is made of; sets the diffusivity. Give this or `diffusivity`.")
    diffusivity: Annotated[float, Unit("m²/s"), Names("thermal diffusivity", "alpha")] | None = Field(
        default=None, gt=0, le=1, description="Thermal diffusivity k/(ρc). Give this or `material`."
    )
    departure: list[Annotated[float, Unit("kelvin")]] = Field(
        default=[],
        max_length=513,
        description="Added to `initial_temperature` at evenly spaced nodes, ends included, straight lines between; "
        "at least 3 values, or none for a uniform rod.",
    )
    nodes: Annotated[int, Knob(), Names("number of nodes")] = Field(
        default=51, ge=3, le=513, description="Nodes of the answer, ends included, where `departure` does not set them."
    )
    tolerance: Annotated[float, Unit("kelvin"), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-3, gt=0, le=1000, description="Largest error of the temperature to accept, at any node."
    )
    max_steps: Annotated[int, Knob(), Names("step limit", "maximum number of steps")] = Field(
        default=4096, ge=64, le=16_384, description="Time steps the finest grid may have."
    )

    @property
    def alpha(self) -> float:
        """The thermal diffusivity, m²/s."""
        if self.diffusivity is not None:
            return self.diffusivity
        assert self.material is not None
        return DIFFUSIVITY[self.material]

    @model_validator(mode="after")
    def _is_one_rod(self) -> Self:
        if self.material is None and self.diffusivity is None:
            raise InvalidRequest(
                "How fast heat spreads in the rod is not known.",
                field="material",
                remedy="Give the material, or the thermal diffusivity in m²/s.",
            )
        if self.material is not None and self.diffusivity is not None:
            raise InvalidRequest(
                "Both material and diffusivity are given.",
                field="diffusivity",
                value=self.diffusivity,
                remedy="Give one of them: a material sets its diffusivity.",
            )
        if 0 < len(self.departure) < 3:  # noqa: PLR2004 - a rod has two ends and something between
            raise InvalidRequest(
                f"{len(self.departure)} nodes do not make a rod.",
                field="departure",
                value=self.departure,
                remedy="Give at least 3 values, or none for a uniform rod.",
            )
        return self


class HeatSolution(Model):
    """The rod after `duration`."""

    position: list[Annotated[float, Unit("m")]] = Field(description="Distance of each node from the left end.")
    temperature: list[Annotated[float, Unit("degC")]] = Field(description="Temperature at each node after `duration`.")
    initial: list[Annotated[float, Unit("degC")]] = Field(description="Temperature at each node at the start.")
    steady: list[Annotated[float, Unit("degC")]] = Field(description="Temperature at each node after a very long time.")
    midpoint: Annotated[float, Unit("degC"), Names("middle", "centre", "center", "half way", "halfway")] = Field(
        description="Temperature half way between the ends."
    )
    mean: Annotated[float, Unit("degC"), Names("on average", "average temperature")] = Field(
        description="Temperature averaged over the rod."
    )
    left_gradient: Annotated[float, Unit("kelvin/m")] = Field(description="Slope of the temperature at the left end.")
    right_gradient: Annotated[float, Unit("kelvin/m")] = Field(description="Slope of the temperature at the right end.")
    diffusivity: Annotated[float, Unit("m²/s")] = Field(description="Thermal diffusivity used.")
    intervals: int = Field(description="Intervals of the finest grid.")
    time_scale: Annotated[float, Unit("s")] = Field(
        description="length²/(π²·diffusivity): what is left to go falls by a factor e in this time, once it has spread."
    )
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
