"""What the solver of potentials takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Names, Reads, Unit
from nis_backend.capabilities.physics.fields.region import FormulaText, Region, Tolerance


class PoissonRequest(Region):
    """-div(k grad u) + screening·u = source, at rest, on an interval, a rectangle, a disc or an L."""

    source: Annotated[
        FormulaText, Reads("formula"), Names("source", "right-hand side", "charge density", "load", "f")
    ] = Field(default="1", description="What u comes from, a formula of x, in two dimensions of x and y.")
    conductivity: Annotated[float, Unit(""), Names("permittivity", "conductivity", "k")] = Field(
        default=1.0, gt=0, le=1e9, description="k, the same everywhere."
    )
    screening: Annotated[float, Unit("1/m²"), Names("screening", "inverse square of the Debye length")] = Field(
        default=0.0, ge=0, le=1e12, description="Of u itself: 1/λ² where λ is the screening length; 0 is Poisson's."
    )
    conductivity_profile: FormulaText = Field(
        default="1", description="In one dimension, a formula of x that multiplies `conductivity`; larger than 0."
    )
    shape: Annotated[Literal["rectangle", "disc", "L-shape"], Names("shape", "domain")] = Field(
        default="rectangle",
        description="disc: of diameter `length` about its middle. L-shape: the square of side `length` without "
        "its upper right quarter. Both take the edge `left` all around.",
    )
    tolerance: Tolerance = 1e-6
