"""What an equation that people write takes and gives."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Unit
from nis_backend.capabilities.physics.nonlinear.fields import Points
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model


class Sides(StrEnum):
    """What happens at the two ends."""

    PERIODIC = "periodic"
    HELD = "held"
    INSULATED = "insulated"


class PdeRequest(Model):
    """An equation for fields u, v, w of x and t, their start, and what happens at the ends. Units are your own."""

    equation: Annotated[str, Reads("quote"), Names("equation", "pde")] = Field(
        min_length=1,
        max_length=2000,
        description="u_t = F(x, t, u, u_x, u_xx, u_xxx, u_xxxx), as in u_t = 0.1 u_xx - u u_x; up to three fields, "
        "u, v and w, their equations separated by a semicolon.",
    )
    initial: Annotated[str, Names("initial condition", "start", "initially")] = Field(
        min_length=1, max_length=1000, description="Start of u by x, as in sin(x); of v and w behind a semicolon each."
    )
    left: Annotated[float, Unit(""), Names("left end", "from x")] = Field(
        default=0.0, ge=-1e6, le=1e6, description="Left end."
    )
    right: Annotated[float, Unit(""), Names("right end", "to x")] = Field(
        default=6.283185307179586, ge=-1e6, le=1e6, description="Right end; by default 2π."
    )
    duration: Annotated[float, Unit(""), Names("time", "until", "after", "for", "t")] = Field(
        default=1.0, gt=0, le=1e6, description="Time to advance."
    )
    ends: Annotated[
        Sides,
        Reads("choice"),
        Names("boundaries", "boundary conditions"),
        Called(
            {Sides.HELD: ("dirichlet", "fixed"), Sides.INSULATED: ("neumann", "no flux"), Sides.PERIODIC: ("cyclic",)}
        ),
    ] = Field(
        default=Sides.PERIODIC,
        description="Periodic; held: each field keeps its start's values there; insulated: each has no slope there.",
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-5, ge=1e-10, le=1e3, description="Largest error of a field to accept, anywhere at any frame."
    )
    points: Points = 201
    max_steps: Annotated[int, Knob(), Names("step limit", "maximum number of steps")] = Field(
        default=32_768, ge=256, le=65_536, description="Steps that the finest solution may have."
    )

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if not self.right - self.left >= 1e-9:  # noqa: PLR2004 - no place for a field
            raise InvalidRequest(
                "The right end is not to the right of the left end.",
                field="right",
                value=self.right,
                remedy=f"Give a right end above {self.left:g}.",
            )
        return self


Value = Annotated[float, Unit("")]


class PdeField(Model):
    """One field."""

    name: str = Field(description="u, v or w.")
    lowest: Value = Field(description="Least value at the end.")
    highest: Value = Field(description="Largest value at the end.")
    mean: Value = Field(description="Mean at the end.")
    mean_at_start: Value = Field(description="Mean at the start.")
    initial: list[Value] = Field(description="At the start, at each place.")
    final: list[Value] = Field(description="At the end, at each place.")
    history: list[list[Value]] = Field(
        description="Over time: a row for each of `times`, a number for each of `places`."
    )


class PdeSolution(Model):
    """The fields after `duration`."""

    position: list[Value] = Field(description="Places of the profiles.")
    fields: list[PdeField]
    places: list[Value] = Field(description="Places of the histories.")
    times: list[Value] = Field(description="Times of the histories.")
    spatial_order: int = Field(description="Highest derivative in x.")
    classification: str = Field(description="What the highest waves do: are damped, travel, or neither.")
    grid_points: int = Field(description="Points of the finest grid.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
