"""The receipt of a computed number: the method, and the error asked and reached."""

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


class Receipt(Model):
    """How a number was computed, and how wrong it may be.

    `error_reached` is the step-halving estimate |y(h) - y(h/2)| / (2^order - 1) for the finer of the two grids; larger
    where a third grid shows that the error falls otherwise than by the order, and never less than rounding.
    """

    method: str = Field(description="Name of the numerical method.")
    order: int = Field(description="Power of the step by which the method's error falls.")
    observed_order: Annotated[float, Unit("")] | None = Field(
        description="The power measured over the last three grids; null where rounding hides it."
    )
    steps: int = Field(description="Time steps of the finest grid.")
    error_of: str = Field(description="What the error is the error of.")
    error_asked: Annotated[float, Unit("")] = Field(description="Error that was to be reached, in `unit`.")
    error_reached: Annotated[float, Unit("")] = Field(description="Estimated error, in `unit`.")
    unit: str = Field(description="Unit of both errors.")
    met: bool = Field(description="Whether the error reached is within the error asked.")
    source: str = Field(description="Where the method is described.")
    checks: list[Check] = Field(description="Comparisons with a second, independent way.")
