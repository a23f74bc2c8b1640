"""What the solver of what spreads, is carried along and decays takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Names, Reads, Unit
from nis_backend.capabilities.physics.fields.region import FormulaText, Region, Samples, Tolerance


class DiffusionRequest(Region):
    """u_t = div(D grad u) - v·grad u + rate·u + source, from a start, on an interval or a rectangle."""

    diffusivity: Annotated[
        float, Unit("m²/s"), Names("diffusivity", "diffusion coefficient", "alpha", "kappa", "D")
    ] = Field(gt=0, le=1e9, description="D: diffusivity of heat or of what is dissolved.")
    duration: Annotated[float, Unit("s"), Names("time", "after", "until", "t =", "for")] = Field(
        gt=0, le=1e12, description="Time to advance."
    )
    initial: Annotated[
        FormulaText, Reads("formula"), Names("initial profile", "starting from", "u(x,0)", "initially")
    ] = Field(
        default="0",
        description="The start, a formula of x, in two dimensions of x and y: sin(pi*x), heaviside(x - 0.5).",
    )
    samples: Samples = Field(default=[])
    velocity: Annotated[float, Unit("m/s"), Names("velocity", "wind", "flow speed", "carried at", "speed")] = Field(
        default=0.0, ge=-1e9, le=1e9, description="Along x, with which it is carried."
    )
    velocity_y: Annotated[float, Unit("m/s")] = Field(default=0.0, ge=-1e9, le=1e9, description="The same along y.")
    rate: Annotated[float, Unit("1/s"), Names("growth rate")] = Field(
        default=0.0, ge=-1e9, le=1e9, description="Growth of u by itself; below 0 it decays."
    )
    source: FormulaText = Field(default="0", description="What is added in each place, a formula of x, y and t.")
    diffusivity_profile: FormulaText = Field(
        default="1", description="In one dimension, a formula of x that multiplies `diffusivity`; larger than 0."
    )
    tolerance: Tolerance = 1e-6
