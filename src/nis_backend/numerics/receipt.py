"""The receipt of a computed number: the method, the error asked and reached, and what speaks for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Unit
from nis_backend.operation import Model


class Check(Model):
    """The result, or a part of it, found a second way."""

    name: str = Field(description="What was compared, and by which second way.")
    computed: Annotated[float, Unit("")] = Field(description="The solver's value, in `unit`.")
    expected: Annotated[float, Unit("")] = Field(description="The second way's value, in `unit`.")
    unit: str = Field(description="Unit of both values.")
    allowed: Annotated[float, Unit("")] = Field(description="Largest difference that counts as agreement, in `unit`.")
    agrees: bool = Field(description="Whether the difference is within `allowed`.")


class Conserved(Model):
    """What an exact solution keeps, and how far the computed one left it."""

    name: str = Field(description="Of what: energy, mass, angular momentum.")
    start: Annotated[float, Unit("")] = Field(description="Its value at the start, in `unit`.")
    drift: Annotated[float, Unit("")] = Field(description="Largest |value - start| seen, in `unit`.")
    unit: str = Field(description="Unit of both.")


class Cost(Model):
    """The work of the finest solution: counted, so that it is the same wherever it is done."""

    evaluations: int = Field(ge=0, description="How many of `of` were done.")
    of: str = Field(description="What was counted: right-hand sides, linear solves, steps of an optimiser.")
    unknowns: int = Field(ge=0, description="Numbers that were solved for at once; 0 where the word says nothing.")


class Receipt(Model):
    """How a number was computed, and how wrong it may be.

    Where `estimate` is step halving, `error_reached` is |y(h) - y(h/2)| / (2^order - 1) for the finer of the two grids;
    larger where a third grid shows that the error falls otherwise than by the order, and never less than rounding.
    What is exact has an error of 0.
    """

    method: str = Field(description="Name of the numerical method.")
    order: int | None = Field(
        description="Power of the step by which the method's error falls; null where it has none: exact, spectral."
    )
    observed_order: Annotated[float, Unit("")] | None = Field(
        description="The power measured over the last three grids; null where rounding hides it."
    )
    steps: int = Field(description="Steps of the finest grid, or rounds of an iteration.")
    error_of: str = Field(description="What the error is the error of.")
    error_asked: Annotated[float, Unit("")] = Field(description="Error that was to be reached, in `unit`.")
    error_reached: Annotated[float, Unit("")] = Field(description="Estimated error, in `unit`.")
    unit: str = Field(description="Unit of both errors.")
    estimate: str = Field(
        default="step halving",
        description="Where the error comes from: step halving, an embedded method, a finer grid, a second method.",
    )
    met: bool = Field(description="Whether the error reached is within the error asked.")
    residual: Annotated[float, Unit("")] | None = Field(
        default=None, description="Largest amount by which the result misses the equations; null where not computed."
    )
    residual_of: str = Field(default="", description="What was put into which equation, and its unit.")
    conserved: list[Conserved] = Field(
        default_factory=list[Conserved], description="What an exact solution keeps, and how far this one left it."
    )
    cost: Cost | None = Field(default=None, description="The work it took.")
    source: str = Field(description="Where the method is described.")
    checks: list[Check] = Field(description="Comparisons with a second, independent way.")
    notes: list[str] = Field(
        default_factory=list[str], description="What the reader must know: limits of the model, steps that were cut."
    )
