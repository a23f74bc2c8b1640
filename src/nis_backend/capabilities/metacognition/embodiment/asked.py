"""What stating, comparing and summing up expectations take and give."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from nis_backend.operation import Model
from nis_backend.paged import Cursor, Limit, Next

MOST_QUANTITIES = 32
LONGEST_ACTION = 1000
LARGEST = 1e15
CLEAR = 0.05
"""The chance below which a coverage is told apart from the one stated: one look, at one quantity."""
WIDE, NARROW, UNCLEAR = "too wide", "too narrow", "not told apart from what was stated"

Subject = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Quantity = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.]+$")]


class Expected(Model):
    """What one quantity will be."""

    quantity: Quantity = Field(description="Its name, with its unit: distance_m.")
    low: Number = Field(description="The least that is expected.")
    high: Number = Field(description="The greatest; more than the least.")
    level: float = Field(
        default=0.9, ge=0.5, le=0.999, description="The chance, stated, that it is between the two, ends included."
    )


class CreateExpectation(Model):
    """An action that is about to be taken, and what it is expected to do."""

    subject: Subject = Field(description="Who predicts, or what is predicted: comparisons are summed up by it.")
    action: str = Field(default="", max_length=LONGEST_ACTION, description="What will be done, in words.")
    expected: list[Expected] = Field(
        min_length=1, max_length=MOST_QUANTITIES, description="An interval for each quantity."
    )


class Observe(Model):
    """An operation that measures or computes what has become of it; it changes nothing."""

    operation: str = Field(min_length=3, max_length=64, description="One that reads: robotics.compute_pose.")
    arguments: dict[str, Any] = Field(  # Any: JSON
        default_factory=dict[str, Any], max_length=100, description="Its request."
    )
    read: dict[Quantity, Path] = Field(
        min_length=1,
        max_length=MOST_QUANTITIES,
        description="Where each quantity stands in its result, as x.",
    )


class OneExpectation(Model):
    """Which expectation."""

    id: str = Field(min_length=1, max_length=64, description="The expectation's id.")


class CompareExpectation(OneExpectation):
    """Which expectation, and what was observed."""

    observed: dict[Quantity, Number] = Field(
        default_factory=dict[str, float], max_length=MOST_QUANTITIES, description="What each quantity was."
    )
    observe: Observe | None = Field(default=None, description="What tells the quantities, in place of `observed`.")


class Compared(Expected):
    """What one quantity was to be, and was."""

    observed: float
    inside: bool
    z: float = Field(description="Standard deviations from the middle, by `formula`.")
    surprise: float = Field(description="In bits, by `formula`.")


class Expectation(Model):
    """What an action was expected to do, and, once compared, did."""

    id: str
    subject: str
    action: str
    expected: list[Expected]
    compared: list[Compared] | None = Field(description="Null until it is compared.")
    greatest: float | None = Field(description="The greatest |z| of its quantities; null until it is compared.")
    formula: str
    stated: float = Field(description="When it was stated, seconds since 1970, UTC.")
    updated: float = Field(description="When it was compared; till then, when it was stated.")


class ListExpectations(Model):
    """Which expectations, the newest first."""

    subject: Subject | None = Field(default=None, description="Only this one's.")
    cursor: Cursor = None
    limit: Limit = 20


class ExpectationList(Model):
    """One page of expectations."""

    expectations: list[Expectation]
    next_cursor: Next


class MeasurePredictor(Model):
    """Whose expectations are summed up."""

    subject: Subject = Field(description="As the expectations name it.")


class Predicted(Model):
    """How the intervals of one level for one quantity have done."""

    quantity: str
    level: float = Field(description="The chance that was stated.")
    comparisons: int
    inside: int
    coverage: float = Field(description="inside / comparisons.")
    low: float = Field(description="Of the coverage's exact 95 % interval (Clopper-Pearson).")
    high: float = Field(description="As above.")
    p_value: float = Field(description="Exact binomial, both sides, of the coverage stated.")
    verdict: str = Field(description=f"`{NARROW}`, `{WIDE}` (p < {CLEAR}), or `{UNCLEAR}`.")
    mean_z: float = Field(description="0 of one who errs to neither side.")
    deviation_z: float = Field(description="1 of one whose errors are normal and as wide as stated.")
    score: float = Field(description="The mean interval score, less is better, in the quantity's unit.")
    skill: float | None = Field(
        description="1 - mean squared error / that of predicting the mean of the other observations; null of fewer "
        "than two, and where they do not vary. At most 1; 0 is no better than that mean."
    )


class PredictorRecord(Model):
    """How well a subject's expectations were met."""

    subject: str
    compared: int = Field(description="Expectations that were compared, the newest 1,000 at most.")
    open: int = Field(description="Expectations without an observation among those looked at.")
    quantities: list[Predicted]
    formula: str
