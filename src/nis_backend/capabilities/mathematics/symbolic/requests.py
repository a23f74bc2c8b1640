"""What is asked of formulas: which one, in which variable, and what for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Called, Knob, Names, Reads, Says, Unit
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
    values: Annotated[Given, Reads("values")] = Field(default_factory=dict)
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


class SolveRequest(Model):
    """Equations or inequalities, and what is looked for."""

    equations: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=2000)]],
        Reads("equations"),
        Names("equation", "system", "inequality"),
    ] = Field(
        min_length=1,
        max_length=6,
        description="Equations, as x^2 - 5x + 6 = 0 (without a sign, = 0 is meant), or one inequality, as x^2 < 4.",
    )
    variables: Annotated[list[VariableName], Reads("variables"), Names("unknowns", "for")] = Field(
        default_factory=list, max_length=6, description="What to solve for; may be left out where that is plain."
    )
    domain: Annotated[
        Literal["real", "complex"],
        Reads("choice"),
        Called({"complex": ("complex roots", "complex solutions", "complex numbers")}),
    ] = Field(default="real", description="Which numbers are solutions.")
    digits: Digits = 15
    start: Annotated[float, Knob(), Unit("")] = Field(
        default=-50.0, ge=-1e6, le=1e6, description="Where a search by numbers begins, when there is no closed form."
    )
    end: Annotated[float, Knob(), Unit("")] = Field(
        default=50.0, ge=-1e6, le=1e6, description="Where it ends; at most 10^6 either way."
    )


class DifferentiateRequest(Model):
    """A formula, and by which variables it is differentiated."""

    expression: Formula
    variables: Annotated[list[VariableName], Reads("variables"), Names("variable", "with respect to")] = Field(
        default_factory=list,
        max_length=6,
        description="By what, one after another: [x, y] is the mixed derivative. May be left out where one is plain.",
    )
    order: Annotated[
        int,
        Says(
            {
                **dict.fromkeys(("second derivative", "second partial derivative", "twice", "second order"), 2),
                **dict.fromkeys(("third derivative", "three times", "third order"), 3),
                **dict.fromkeys(("fourth derivative", "fourth order"), 4),
                "fifth derivative": 5,
            }
        ),
    ] = Field(default=1, ge=1, le=12, description="How many times, where there is one variable.")
    gradient: Annotated[bool, Says({"gradient": True, "all partial derivatives": True})] = Field(
        default=False, description="Whether the partial derivatives by all variables are wanted instead."
    )
    at: Annotated[Given, Reads("at")] = Field(default_factory=dict)
    positive: Positive = Field(default_factory=list)


class IntegrateRequest(Model):
    """A formula, its variable, and the limits of a definite integral."""

    expression: Formula
    variable: Variable = ""
    lower: Annotated[str, Reads("lower"), Names("lower limit"), Field(max_length=200)] = Field(
        default="", description="Lower limit: a number, as 0, -pi/2 or -infinity; empty for an indefinite integral."
    )
    upper: Annotated[str, Reads("upper"), Names("upper limit"), Field(max_length=200)] = Field(
        default="", description="Upper limit: a number, as 1, pi/2 or infinity; empty for an indefinite integral."
    )
    tolerance: Annotated[float, Knob(), Unit(""), Names("tolerance", "accuracy")] = Field(
        default=1e-10, ge=1e-20, le=1e-2, description="Error that a number without a closed form may have."
    )
    positive: Positive = Field(default_factory=list)


class SeriesRequest(Model):
    """A formula, and where it is expanded."""

    expression: Formula
    variable: Variable = ""
    point: Annotated[str, Reads("point"), Names("around", "centre", "center"), Field(max_length=200)] = Field(
        default="0", min_length=1, description="Where it is expanded: a number, as 0, 1 or pi/2."
    )
    order: Annotated[int, Names("order", "degree", "terms up to", "up to order")] = Field(
        default=6, ge=1, le=30, description="The power of the first term that is left out."
    )


class LimitRequest(Model):
    """A formula, and what its variable tends to."""

    expression: Formula
    variable: Variable = ""
    towards: Annotated[str, Reads("towards"), Names("approaches", "tends to", "goes to"), Field(max_length=200)] = (
        Field(min_length=1, description="What the variable tends to: a number, as 0, or infinity or -infinity.")
    )
    side: Annotated[
        Literal["both", "left", "right"],
        Reads("choice"),
        Called({"left": ("from the left", "from below"), "right": ("from the right", "from above")}),
    ] = Field(default="both", description="From which side; at infinity there is one.")


class LaplaceRequest(Model):
    """A function of time, or a transform."""

    expression: Formula
    inverse: Annotated[bool, Names("inverse"), Says({"inverse": True, "back transform": True})] = Field(
        default=False, description="Whether the expression is a transform, whose function of time is wanted."
    )
    variable: Variable = ""


class FourierRequest(Model):
    """A function of time, or a spectrum."""

    expression: Formula
    inverse: Annotated[bool, Names("inverse"), Says({"inverse": True, "back transform": True})] = Field(
        default=False, description="Whether the expression is a spectrum, whose function of time is wanted."
    )
    convention: Annotated[Literal["angular", "frequency", "unitary"], Reads("choice")] = Field(
        default="angular",
        description="angular: F(ω) = ∫ f(t) e^(-iωt) dt; frequency: F(f) = ∫ f(t) e^(-2πift) dt; unitary: the first by "
        "√(2π). The inverse belongs to it.",
    )
    variable: Variable = ""
