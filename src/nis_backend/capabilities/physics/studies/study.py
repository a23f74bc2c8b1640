"""What studies of an operation take and give: what is varied, what is measured, and what came of it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from nis_backend.annotations import Knob, Names, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

MOST_POINTS = 500
"""Points of a sweep: each is a call, and a step of its run."""
MOST_CALLS = 2_000
"""Calls of a sensitivity analysis, of a fit or of an optimisation."""

# Numbers here are in the unit of the field that they stand for, whatever that is.
Value = Annotated[float, Unit("")]
PathText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=128,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$",
        description="Where it stands, as in length, trajectory.height or bodies.0.mass.",
    ),
]
Name = Annotated[
    str, Names("operation", "solver"), Field(min_length=3, max_length=64, description="The operation that is studied.")
]
Base = Annotated[
    dict[str, JsonValue],
    Field(max_length=64, description="Its request, without the fields that are varied."),
]


class Measure(Model):
    """A number of the result."""

    path: PathText
    take: Literal["last", "first", "max", "min", "mean", "at"] = Field(
        default="last", description="Which number of a list; a single number is taken as it is."
    )
    place: int | None = Field(default=None, ge=0, le=1_000_000, description="For `at`: the place in the list, from 0.")

    @property
    def name(self) -> str:
        """How it is called in a table."""
        return self.path if self.take == "last" else f"{self.take} {self.path}"

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if (self.take == "at") != (self.place is not None):
            raise InvalidRequest(
                "A place belongs to take: at, and take: at to a place.",
                field="measure.place",
                value=self.place,
                remedy="Give both or neither.",
            )
        return self


class Varied(Model):
    """A field of the request and the values it takes: given one by one, or from low to high."""

    path: PathText
    values: list[Value] | None = Field(default=None, min_length=1, max_length=MOST_POINTS, description="The values.")
    low: Value | None = Field(default=None, description="The first value.")
    high: Value | None = Field(default=None, description="The last value.")
    points: int = Field(default=11, ge=2, le=MOST_POINTS, description="How many values from low to high.")
    scale: Literal["linear", "log"] = Field(default="linear", description="Equal steps, or equal ratios.")

    @model_validator(mode="after")
    def _ranged(self) -> Self:
        ranged = self.low is not None and self.high is not None
        if ranged == (self.values is not None):
            raise InvalidRequest(
                f"{self.path} needs either values, or low and high.",
                field="vary",
                value=self.path,
                remedy='Give "values": [1, 2, 3], or "low": 1, "high": 3, "points": 5.',
            )
        _ordered(self.path, self.low, self.high, self.scale)
        return self

    def steps(self) -> list[float]:
        """The values in their order."""
        if self.values is not None:
            return list(self.values)
        assert self.low is not None
        assert self.high is not None
        last = self.points - 1
        return [between(self.low, self.high, self.scale, step / last) for step in range(self.points)]


class Between(Model):
    """A field of the request that lies anywhere in a range."""

    path: PathText
    low: Value = Field(description="Its least value.")
    high: Value = Field(description="Its greatest value.")
    scale: Literal["linear", "log"] = Field(
        default="linear", description="Evenly spread over the values, or over their logarithms."
    )

    @model_validator(mode="after")
    def _ranged(self) -> Self:
        _ordered(self.path, self.low, self.high, self.scale)
        return self


class Fitted(Model):
    """A field of the request that is to be found."""

    path: PathText
    start: Value = Field(description="A guess to start from.")
    low: Value | None = Field(default=None, description="Its least value; unset, none.")
    high: Value | None = Field(default=None, description="Its greatest value; unset, none.")

    @model_validator(mode="after")
    def _ranged(self) -> Self:
        _ordered(self.path, self.low, self.high, "linear")
        if (self.low is not None and self.start < self.low) or (self.high is not None and self.start > self.high):
            raise InvalidRequest(
                f"The guess {self.start:g} for {self.path} lies outside its range.",
                field="parameters",
                value=self.start,
                remedy="Start within low and high.",
            )
        return self


def between(low: float, high: float, scale: str, part: float) -> float:
    """The value at this part of the way; both ends exactly."""
    if part in (0, 1):
        return high if part else low
    return low * (high / low) ** part if scale == "log" else low * (1 - part) + high * part


def _ordered(path: str, low: float | None, high: float | None, scale: str) -> None:
    if low is not None and high is not None and not low < high:
        raise InvalidRequest(
            f"{path} goes from {low:g} to {high:g}: low is to be below high.",
            field="low",
            value=low,
            remedy="Exchange them.",
        )
    if scale == "log" and low is not None and low <= 0:
        raise InvalidRequest(
            f"{path} has no logarithm at {low:g}.",
            field="low",
            value=low,
            remedy="Give a low above 0, or a linear scale.",
        )


class SweepRequest(Model):
    """Which operation, what of it is varied, and what is read from its results."""

    operation: Name
    request: Base = Field(default_factory=dict[str, JsonValue])
    vary: list[Varied] = Field(min_length=1, max_length=4, description="What takes which values; all are combined.")
    measure: list[Measure] = Field(min_length=1, max_length=8, description="What is read from each result.")


class Column(Model):
    """What a column of numbers is."""

    name: str
    unit: str = Field(description="Its unit, as the operation states it.")


class Point(Model):
    """One call."""

    inputs: list[Value] = Field(description="The varied values, in their order.")
    values: list[Value | None] = Field(description="What was measured, in its order; null where there is no number.")
    met: bool | None = Field(description="Whether its own receipt says that the error asked was reached; null: none.")
    problem: str = Field(description="Why the call failed; empty where it did not.")


class Sweep(Model):
    """What came of each call."""

    operation: str
    parameters: list[Column] = Field(description="What was varied.")
    measures: list[Column] = Field(description="What was measured.")
    points: list[Point] = Field(description="The calls; the last parameter goes through its values first.")
    failed: int = Field(description="Calls that failed.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class SensitivityRequest(Model):
    """Which operation, what of it is uncertain, and what is asked for."""

    operation: Name
    request: Base = Field(default_factory=dict[str, JsonValue])
    vary: list[Between] = Field(min_length=2, max_length=8, description="What is uncertain, evenly and independently.")
    measure: Measure = Field(description="What is read from each result.")
    method: Literal["sobol", "morris"] = Field(
        default="sobol", description="Shares of the variance, or the cheap screening by elementary effects."
    )
    samples: Annotated[int, Knob(), Names("samples", "sample size")] = Field(
        default=64,
        ge=4,
        le=512,
        description="Base points: Sobol's shares take samples·(fields + 2) calls, Morris's samples·(fields + 1).",
    )
    seed: Annotated[int, Knob()] = Field(default=0, ge=0, le=2**31, description="Shifts the points; the same repeats.")
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=0.1, gt=0, le=1, description="Largest half-width of a 95 % interval to accept, of an index."
    )

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        more = 2 if self.method == "sobol" else 1
        calls = self.samples * (len(self.vary) + more)
        if calls > MOST_CALLS:
            raise InvalidRequest(
                f"{self.samples} samples of {len(self.vary)} fields are {calls} calls; at most {MOST_CALLS} are made.",
                field="samples",
                value=self.samples,
                remedy=f"Give at most {MOST_CALLS // (len(self.vary) + more)} samples, or fewer fields.",
            )
        return self


class Index(Model):
    """How much one field matters."""

    path: str
    first: Value | None = Field(description="Share of the variance that it makes by itself; null for Morris.")
    first_interval: Value | None = Field(description="Half-width of the 95 % interval of `first`.")
    total: Value | None = Field(description="Share that it makes with all others; null for Morris.")
    total_interval: Value | None = Field(description="Half-width of the 95 % interval of `total`.")
    effect: Value | None = Field(description="Morris's μ*: mean size of the change over its range; null for Sobol.")
    effect_interval: Value | None = Field(description="Half-width of the 95 % interval of `effect`.")
    spread: Value | None = Field(description="Morris's σ: how unlike these changes are, by curvature and by others.")


class Sensitivity(Model):
    """Which field matters how much."""

    operation: str
    measure: Column
    indices: list[Index] = Field(description="In the order of the request.")
    mean: Value = Field(description="Mean of what was measured.")
    deviation: Value = Field(description="Its standard deviation.")
    calls: int = Field(description="Calls made.")
    failed: int = Field(description="Calls that failed; the samples they belong to are left out.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
