"""What comes of formulas: an answer as text, as LaTeX and as numbers, and the receipt."""

from __future__ import annotations

from typing import Annotated, Literal

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


class Root(Model):
    """The value of one unknown."""

    name: str
    exact: str = Field(description="The exact value as text; empty where there is none.")
    latex: str
    decimal: str = Field(description="The value to the digits that were asked for; empty where names are left in it.")
    value: Number | None = Field(description="The value as a double; null where it is not real.")
    imaginary: Number | None = Field(description="Its imaginary part; null where it is real.")


class Solution(Model):
    """Values that satisfy all equations."""

    roots: list[Root]
    multiplicity: int = Field(description="How often a root of a polynomial occurs; 1 elsewhere.")
    residual: Number | None = Field(
        description="Largest |left - right| with these values, to 40 digits; null where names are left in them."
    )


class Solutions(Model):
    """What satisfies the equations."""

    outcome: Literal["solved", "none", "every value", "infinitely many", "numbers only", "unknown"] = Field(
        description="solved: all solutions, exact; none: there is none; infinitely many: `answer` describes them; "
        "numbers only: no closed form, and `solutions` are those that were found; unknown: nothing was found."
    )
    answer: str = Field(description="All of it as text.")
    latex: Latex
    solutions: list[Solution] = Field(description="Those that are numbers, at most 100.")
    domain: str
    receipt: Receipt
    curve: Curve | None = Field(
        default=None, description="Left side minus right side of one equation in one real unknown."
    )


class Partial(Model):
    """One partial derivative."""

    variable: str
    expression: Text
    latex: Latex
    decimal: str = Field(description="Its value at the point; empty where none was given.")


class Derivative(Model):
    """The derivative of a formula."""

    expression: Text
    latex: Latex
    notation: str = Field(description="Which derivative it is: d²/dx².")
    decimal: str = Field(description="Its value at the point; empty where none was given.")
    value: Number | None = Field(description="The same as a double.")
    gradient: list[Partial] = Field(description="The partial derivatives, where the gradient was asked for.")
    receipt: Receipt
    curve: Curve | None = None


class Integral(Model):
    """The integral of a formula."""

    outcome: Literal["closed form", "number only", "diverges", "not found"] = Field(
        description="closed form: exact; number only: no closed form was found, `value` is by quadrature; diverges: it "
        "has no finite value; not found: no closed form of an indefinite integral."
    )
    expression: str = Field(description="The antiderivative, to which any constant may be added, or the exact value.")
    latex: Latex
    antiderivative: str = Field(description="Where it is definite: an antiderivative, if one was found; else empty.")
    decimal: str = Field(description="The value of a definite integral, 15 digits or as many as are sure.")
    value: Number | None = Field(
        description="The same as a double; null for an indefinite integral or where it diverges."
    )
    receipt: Receipt
    curve: Curve | None = None


class Term(Model):
    """One term of a series."""

    power: str = Field(description="Power of (variable - point).")
    coefficient: str
    decimal: str


class Expansion(Model):
    """The beginning of a series."""

    expression: Text
    latex: Latex
    kind: Literal["Taylor", "Laurent", "Puiseux", "other"] = Field(
        description="Taylor: whole powers; Laurent: negative ones, too; Puiseux: broken ones; other: logarithms, too."
    )
    terms: list[Term]
    order: int = Field(description="The power of the first term that is left out.")
    complete: bool = Field(description="Whether nothing is left out.")
    receipt: Receipt
    curve: Curve | None = None


class LimitValue(Model):
    """What a formula tends to."""

    exists: bool = Field(description="Whether it tends to one number, or to one infinity.")
    expression: str = Field(description="The limit; empty where there is none.")
    latex: str
    decimal: str
    value: Number | None = Field(description="The limit as a double; null where it is infinite, or there is none.")
    left: str = Field(description="From the left; empty where it was not asked for.")
    right: str = Field(description="From the right; empty where it was not asked for.")
    receipt: Receipt
    curve: Curve | None = None


class Transform(Model):
    """A transform of a formula."""

    expression: Text
    latex: Latex
    variable: str = Field(description="The variable of the answer.")
    convention: str = Field(description="The integral that was worked out.")
    region: str = Field(description="Where it converges; empty where that is everywhere that is asked of.")
    receipt: Receipt
