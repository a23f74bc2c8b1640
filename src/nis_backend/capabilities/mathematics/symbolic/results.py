"""What comes of formulas: an answer as text, as LaTeX and as numbers, and the receipt."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Unit
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

Text = Annotated[
    str,
    Field(
        description="As plain text; it can be given as a formula again, unless it holds functions or cases that "
        "formulas do not have."
    ),
]
Latex = Annotated[str, Field(description="The same as LaTeX.")]
Number = Annotated[float, Unit("")]


class Curve(Model):
    """A function's values and what stands beside it; null where there is none."""

    x: list[Number] = Field(description="Places.")
    function: list[Number | None] = Field(description="Values of the formula.")
    beside: list[Number | None] = Field(description="Values of what `beside_name` says.")
    beside_name: str = Field(description="What is drawn beside it.")


class Evaluation(Model):
    """The value of a formula."""

    exact: str = Field(description="The exact value as text; empty where it would be longer than 4000 characters.")
    latex: Latex
    decimal: str = Field(description="The value to the digits that were asked for; `i` is the imaginary unit.")
    value: Number | None = Field(
        description="The value as a double; null where it is not real, or beyond what a double holds."
    )
    imaginary: Number | None = Field(description="Its imaginary part as a double; null where it is real.")
    digits: int = Field(description="Significant digits of `decimal`.")
    receipt: Receipt


class Simplified(Model):
    """The formula in the form that was wanted."""

    expression: Text
    latex: Latex
    form: str = Field(description="The form it was brought into.")
    changed: bool = Field(description="Whether it differs from what was given.")
    operations_before: int = Field(description="Operations in the formula as given.")
    operations_after: int = Field(description="Operations in the answer.")
    excluded: list[str] = Field(
        description="Where the given formula has no value, though the answer has one: x = 1 of (x^2 - 1)/(x - 1)."
    )
    receipt: Receipt
