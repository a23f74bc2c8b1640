"""What fits and optimisations take and give."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from nis_backend.annotations import Knob, Names, Unit
from nis_backend.capabilities.physics.studies.study import (
    MOST_CALLS,
    MOST_POINTS,
    Base,
    Between,
    Column,
    Fitted,
    Measure,
    Name,
    PathText,
    Value,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

Calls = Annotated[
    int,
    Knob(),
    Names("call limit", "evaluations"),
    Field(ge=20, le=MOST_CALLS, description="Calls of the operation that may be made."),
]


class FitRequest(Model):
    """Measured data, and the operation whose result they are to be.

    The data are over a field of the request (`x_field`: a call for each of them), or along a curve of the result
    (`x_curve`: one call for all).
    """

    operation: Name
    request: Base = Field(default_factory=dict[str, JsonValue])
    parameters: list[Fitted] = Field(min_length=1, max_length=6, description="What of the request is to be found.")
    x_field: PathText | None = Field(default=None, description="The request's field that x is, as in length.")
    x_curve: PathText | None = Field(default=None, description="The result's list that x is, as in trajectory.time.")
    measure: Measure = Field(description="What of the result y is; along a curve, the list.")
    x: list[Value] = Field(min_length=2, max_length=MOST_POINTS, description="Where it was measured.")
    y: list[Value] = Field(min_length=2, max_length=MOST_POINTS, description="What was measured.")
    errors: list[Annotated[float, Unit(""), Field(gt=0)]] | None = Field(
        default=None,
        max_length=MOST_POINTS,
        description="Standard deviation of each y, or one for all; unset, it is taken from the residuals.",
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-4,
        gt=0,
        le=0.1,
        description="Largest numerical error of a parameter to accept, relative to it or to its standard error.",
    )
    max_calls: Calls = 1_000

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if (self.x_field is None) == (self.x_curve is None):
            raise InvalidRequest(
                "x is either a field of the request or a list of the result.",
                field="x_field",
                remedy="Give one of x_field and x_curve.",
            )
        if len(self.x) != len(self.y):
            raise InvalidRequest(
                f"There are {len(self.x)} values of x and {len(self.y)} of y.",
                field="y",
                value=len(self.y),
                remedy="Give a y for each x.",
            )
        if self.errors is not None and len(self.errors) not in (1, len(self.y)):
            raise InvalidRequest(
                f"There are {len(self.errors)} errors for {len(self.y)} values of y.",
                field="errors",
                value=len(self.errors),
                remedy="Give one for each y, or one for all.",
            )
        if len(self.y) < len(self.parameters):
            raise InvalidRequest(
                f"{len(self.y)} measurements do not determine {len(self.parameters)} parameters.",
                field="parameters",
                value=len(self.parameters),
                remedy="Fit fewer parameters, or measure more.",
            )
        paths = [one.path for one in self.parameters]
        twice = next((path for path in paths if paths.count(path) > 1 or path == self.x_field), None)
        if twice is not None:
            raise InvalidRequest(
                f"{twice} is to be two things.", field="parameters", value=twice, remedy="Name each field once."
            )
        return self


class Estimate(Model):
    """A parameter as the data have it."""

    path: str
    unit: str
    value: Value
    standard_error: Value | None = Field(description="Null where the data do not determine it.")
    low: Value | None = Field(description="Lower end of the 95 % confidence interval.")
    high: Value | None = Field(description="Upper end of the 95 % confidence interval.")
    at_bound: bool = Field(description="Whether it lies at an end of its range: then the interval means nothing.")


class Fit(Model):
    """The parameters that come nearest to the data, and how well the data determine them."""

    operation: str
    parameters: list[Estimate]
    identifiable: bool = Field(description="Whether the data determine every parameter.")
    verdict: str = Field(description="What can be said of that, in words.")
    covariance: list[list[Value]] | None = Field(description="Of the parameters, in their order; null: undetermined.")
    correlation: list[list[Value]] | None = Field(description="The same, each divided by both standard errors.")
    chi_square: Value | None = Field(description="Sum of squared residuals over errors; null where none were given.")
    degrees_of_freedom: int = Field(description="Measurements less parameters.")
    p_value: Value | None = Field(description="Chance of a chi-square as large, if the model and the errors hold.")
    residual_deviation: Value = Field(description="Root mean square of the residuals, in the unit of y.")
    x: list[Value]
    y: list[Value]
    fitted: list[Value] = Field(description="What the operation answers at each x.")
    residuals: list[Value] = Field(description="y less fitted.")
    x_is: Column = Field(description="What x is.")
    y_is: Column = Field(description="What y is.")
    calls: int = Field(description="Calls of the operation that were made.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class OptimumRequest(Model):
    """Which fields may be changed, and what is to become least, greatest, or a given number."""

    operation: Name
    request: Base = Field(default_factory=dict[str, JsonValue])
    vary: list[Between] = Field(min_length=1, max_length=4, description="What may be changed, within which range.")
    measure: Measure = Field(description="What is to be reached.")
    goal: Literal["minimize", "maximize", "reach"] = Field(description="Least, greatest, or a given number.")
    target: Value | None = Field(default=None, description="For `reach`: the number, in the unit of the measure.")
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=1e-6,
        gt=0,
        le=0.1,
        description="Largest error of the measure to accept, relative to how far it was seen to vary.",
    )
    max_calls: Calls = 400

    @model_validator(mode="after")
    def _aimed(self) -> Self:
        if (self.goal == "reach") != (self.target is not None):
            raise InvalidRequest(
                "A target belongs to goal: reach, and goal: reach to a target.",
                field="target",
                value=self.target,
                remedy="Give both, or neither.",
            )
        paths = [one.path for one in self.vary]
        twice = next((path for path in paths if paths.count(path) > 1), None)
        if twice is not None:
            raise InvalidRequest(f"{twice} is varied twice.", field="vary", value=twice, remedy="Vary each field once.")
        return self


class Setting(Model):
    """A field at the optimum."""

    path: str
    unit: str
    value: Value
    at_bound: bool = Field(description="Whether it lies at an end of its range: beyond, it may go on.")


class Optimum(Model):
    """The best that was found."""

    operation: str
    settings: list[Setting] = Field(description="The fields, in their order.")
    measure: Column
    value: Value = Field(description="The measure there.")
    others: list[list[Value]] = Field(
        max_length=16, description="Other places that do as well, each with the values of the fields: roots, minima."
    )
    inputs: list[list[Value]] = Field(description="Where the operation was called, in order.")
    values: list[Value | None] = Field(description="The measure there; null where the call failed.")
    calls: int = Field(description="Calls of the operation that were made.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
