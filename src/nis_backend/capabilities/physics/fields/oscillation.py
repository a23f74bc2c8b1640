"""What the solver of waves takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Names, Reads, Unit
from nis_backend.capabilities.physics.fields.region import FormulaText, Region, Samples, Tolerance


class WaveRequest(Region):
    """u_tt + damping·u_t = speed²·Δu + source, from a start and its velocity, on an interval or a rectangle."""

    speed: Annotated[float, Unit("m/s"), Names("wave speed", "speed of sound", "propagation speed", "speed", "c")] = (
        Field(ge=1e-30, le=1e9, description="Speed of the wave: of a string, √(tension/mass per length).")
    )
    duration: Annotated[float, Unit("s"), Names("time", "after", "until", "t =", "for")] = Field(
        gt=0, le=1e12, description="Time to advance."
    )
    initial: Annotated[
        FormulaText, Reads("formula"), Names("initial shape", "plucked", "starting from", "u(x,0)", "initially")
    ] = Field(
        default="0",
        description="The start, a formula of x, in two dimensions of x and y: sin(pi*x), exp(-100*(x-0.5)^2).",
    )
    initial_velocity: FormulaText = Field(default="0", description="u_t at the start, a formula like `initial`.")
    samples: Samples = Field(default=[])
    damping: Annotated[float, Unit("1/s"), Names("damping", "friction")] = Field(
        default=0.0, ge=0, le=1e9, description="Of u_t: amplitudes fall by e^(-damping·t/2)."
    )
    source: FormulaText = Field(default="0", description="What drives it in each place, a formula of x, y and t.")
    tolerance: Tolerance = 1e-6
