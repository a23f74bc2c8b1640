"""What the search for a minimum or a maximum takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.capabilities.mathematics.data.samples import Number, Seed
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

MOST = 10
"""Variables."""


class Variable(Model):
    """A variable, where it may be, and where the search begins."""

    name: str = Field(min_length=1, max_length=32)
    low: Annotated[float, Unit("")] | None = Field(
        default=None, ge=-1e9, le=1e9, description="Least value; none: no bound."
    )
    high: Annotated[float, Unit("")] | None = Field(default=None, ge=-1e9, le=1e9, description="Largest value.")
    start: Annotated[float, Unit("")] | None = Field(default=None, ge=-1e9, le=1e9, description="Where to begin.")


class Optimization(Model):
    """A formula whose least or largest value is looked for."""

    formula: Annotated[str, Reads("formula"), Names("function", "objective", "f")] = Field(
        min_length=1, max_length=2000, description="A formula of 1 to 10 variables: (1 - x)^2 + 100*(y - x^2)^2."
    )
    goal: Annotated[Literal["minimum", "maximum"], Reads("choice")] = Field(
        default="minimum", description="What is looked for."
    )
    variables: Annotated[list[Variable], Field(max_length=MOST)] = Field(
        default=[], description="Bounds and starts; a variable that is not listed is free and begins near 0."
    )
    constraints: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=20)] = Field(
        default=[], description="Conditions as x + y <= 1, x*y >= 2 or x^2 + y^2 = 1."
    )
    starts: Annotated[int, Knob(), Names("starts")] = Field(
        default=24, ge=1, le=200, description="Places where the search begins; more find a lower valley more often."
    )
    seed: Seed = 0
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance")] = Field(
        default=1e-6, gt=0, le=1, description="Largest error of any variable to accept, relative where it is above 1."
    )

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        names = [one.name for one in self.variables]
        if len(set(names)) < len(names):
            raise InvalidRequest(
                "A variable is listed twice.", field="variables", value=names, remedy="List each once."
            )
        for one in self.variables:
            if one.low is not None and one.high is not None and one.low >= one.high:
                raise InvalidRequest(
                    f"{one.name} is to be between {one.low:g} and {one.high:g}.",
                    field="variables",
                    value=one.low,
                    remedy="Give a lower bound below the upper.",
                )
        return self


class Found(Model):
    """A variable at the optimum."""

    name: str
    value: Number
    bound: Literal["", "low", "high"] = Field(default="", description="Whether it lies at a bound.")


class Pull(Model):
    """A constraint, and what it costs."""

    constraint: str
    active: bool = Field(description="Whether it holds the optimum where it is.")
    multiplier: Number = Field(description="By how much the optimum would change if the constraint gave way by 1.")
    slack: Number = Field(description="How far the optimum is from its edge; below 0 it is violated.")


class Optimum(Model):
    """The least or largest value that was found."""

    value: Number = Field(description="The formula's value there.")
    variables: list[Found] = Field(description="Where it is.")
    kind: Literal["strict", "flat or saddle", "unknown"] = Field(
        description="strict: every way from here goes the wrong way, by second derivatives; else these do not tell."
    )
    reached: int = Field(description="How many of the searches ended here.")
    searches: int = Field(description="How many were made.")
    others: int = Field(description="Other, worse optima that searches ended in.")
    stationarity: Number = Field(description="Length of the gradient that no active constraint holds (KKT).")
    constraints: list[Pull] = Field(default_factory=list[Pull], description="Each constraint at the optimum.")
    curvature: Annotated[float, Unit("")] | None = Field(
        description="Condition number of the second derivatives; null: none."
    )
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
