"""What the numerical inverse Laplace transform takes and gives."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

Number = Annotated[float, Unit("")]


class Inversion(Model):
    """A Laplace transform F(s), and the times at which f(t) is wanted."""

    formula: Annotated[str, Reads("formula"), Names("F(s)", "transform")] = Field(
        min_length=1, max_length=2000, description="F as a formula of s: 1/(s^2 + 1), exp(-sqrt(s))/s."
    )
    times: Annotated[
        list[Annotated[float, Unit(""), Field(gt=0, le=1e6)]],
        Field(min_length=1, max_length=100),
        Reads("numbers"),
        Names("times", "at", "t"),
    ] = Field(description="Where f is wanted: times above 0.")
    abscissa: Annotated[float, Unit(""), Names("abscissa", "shift")] | None = Field(
        default=None,
        ge=-1e3,
        le=1e3,
        description="A number right of all poles of F; none: found from the poles of a rational F, else 0.",
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy")] = Field(
        default=1e-10, ge=1e-14, le=1, description="Largest error of f to accept, relative where f is above 1."
    )
    max_degree: Annotated[int, Knob(), Names("terms")] = Field(
        default=160, ge=16, le=400, description="Most evaluations of F for one time and method."
    )


class Inverted(Model):
    """The function of time that a transform is of."""

    times: list[Number] = Field(description="Where it is given.")
    values: list[Number] = Field(description="f at these times.")
    second: list[Number] = Field(description="The same by the second method.")
    exact: str = Field(
        default="", description="f as a formula of t, where F is a quotient of polynomials that factors."
    )
    exact_values: list[Number] = Field(default_factory=list[float], description="f by that formula.")
    abscissa: Number = Field(description="By how much F was shifted to the left before.")
    poles: list[str] = Field(default_factory=list[str], description="Poles of a rational F.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
