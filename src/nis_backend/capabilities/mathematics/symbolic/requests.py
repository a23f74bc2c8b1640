"""What is asked of formulas: which one, in which variable, and what for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Called, Knob, Names, Reads
from nis_backend.operation import Model

Formula = Annotated[
    str,
    Reads("formula"),
    Names("formula", "function", "term"),
    Field(min_length=1, max_length=2000, description="A formula, as x^2*sin(x) or (x^2 - 1)/(x - 1)."),
]
VariableName = Annotated[str, Field(max_length=40, pattern=r"^\w*$")]
Variable = Annotated[
    VariableName,
    Reads("variable"),
    Names("with respect to"),
    Field(description="Its variable; may be left out where the formula holds one, or x, t or s."),
]
Positive = Annotated[
    list[VariableName],
    Field(max_length=10, description="Variables that are greater than 0; all others are real."),
]
Given = Annotated[
    dict[str, float | str],
    Field(max_length=20, description="Values of variables, as numbers or as formulas of numbers: 0.1, pi/3."),
]
Digits = Annotated[
    int,
    Knob(),
    Names("digits", "decimals", "decimal places", "significant digits", "significant figures"),
    Field(ge=1, le=1000, description="Significant digits of the decimal number."),
]


class EvaluateRequest(Model):
    """A formula of numbers, and of names that are given."""

    expression: Formula
    values: Given = Field(default_factory=dict)
    digits: Digits = 15


FORMS = {
    "simplify": ("simplified", "shorten", "shortest", "reduce"),
    "expand": ("expanded", "multiply out", "multiplied out"),
    "factor": ("factored", "factorise", "factorize", "factorisation", "factorization"),
    "partial_fractions": ("partial fractions", "partial fraction", "partial fraction decomposition"),
    "together": ("common denominator", "one fraction", "single fraction"),
    "trig": ("trigonometric", "trigonometric identities"),
}


class SimplifyRequest(Model):
    """A formula, and the form that is wanted of it."""

    expression: Formula
    form: Annotated[
        Literal["simplify", "expand", "factor", "partial_fractions", "together", "trig"], Reads("choice"), Called(FORMS)
    ] = Field(
        default="simplify",
        description="simplify: the shortest that is found; expand: a sum; factor: a product; partial_fractions: a sum "
        "of simple fractions; together: one fraction; trig: shortened by trigonometric identities.",
    )
    variable: Variable = ""
    positive: Positive = Field(default_factory=list)
