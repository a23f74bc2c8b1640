"""What the requests of nonlinear fields share: formulas of a start, knobs, the curve of a field over space and time."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.operation import Model

FRAMES = 65
"""Times at which a field is kept: the start, the end, and 63 between."""
INTERVALS = 96
"""Intervals of the map of a field over space and time."""

Start = Annotated[str, Reads("quote"), Names("initial condition", "start", "initially", "u0", "u(x,0)")]
Duration = Annotated[
    float,
    Unit("s"),
    Names("time", "until", "after", "for", "t"),
    Field(gt=0, le=1e6, description="Time to advance."),
]
Points = Annotated[
    int,
    Knob(),
    Names("samples", "sample points"),
    Field(ge=17, le=1001, description="Places the profiles are given at, both ends included."),
]
MaxSteps = Annotated[
    int,
    Knob(),
    Names("step limit", "maximum number of steps"),
    Field(ge=256, le=65_536, description="Steps the finest solution may have; the answer says if this stopped it."),
]


class SpaceTime(Model):
    """A field over space and time."""

    position: list[Annotated[float, Unit("m")]] = Field(description="Places, evenly spaced.")
    time: list[Annotated[float, Unit("s")]] = Field(description="Times, evenly spaced.")
    value: list[list[Annotated[float, Unit("")]]] = Field(
        description="The field, a row for each time, a number for each place; in its own unit."
    )
