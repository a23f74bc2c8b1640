"""What interpolation and fits of curves take and give."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Unit
from nis_backend.capabilities.mathematics.data.samples import MOST, Confidence, Number
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

Places = Annotated[list[Number], Field(min_length=2, max_length=MOST)]


def require_pairs(x: list[float], y: list[float]) -> None:
    """Refuse lists of different lengths.

    Raises:
        InvalidRequest: one is longer than the other.
    """
    if len(x) != len(y):
        raise InvalidRequest(
            f"There are {len(x)} numbers in x and {len(y)} in y.",
            field="y",
            value=len(y),
            remedy="Give one y for each x.",
        )


class Rule(StrEnum):
    """How what lies between is filled in."""

    LINEAR = "linear"
    CUBIC = "cubic spline"
    PCHIP = "PCHIP"
    AKIMA = "Akima"
    BARYCENTRIC = "barycentric"


class Interpolation(Model):
    """Points, and the places where a value is wanted."""

    x: Annotated[Places, Reads("numbers"), Names("x values", "x", "nodes")] = Field(
        description="Where values are known; in any order, none twice."
    )
    y: Annotated[Places, Reads("numbers"), Names("y values", "y", "values")] = Field(description="The values there.")
    at: Annotated[list[Number], Field(max_length=2000), Reads("numbers"), Names("at", "where")] = Field(
        default=[], description="Where values are wanted; none: only the curve, its error and its integral."
    )
    rule: Annotated[
        Rule,
        Reads("choice"),
        Names("method"),
        Called(
            {
                Rule.LINEAR: ("linearly", "straight lines"),
                Rule.CUBIC: ("spline", "cubic"),
                Rule.PCHIP: ("monotone", "shape-preserving"),
                Rule.BARYCENTRIC: ("polynomial interpolation", "Lagrange"),
            }
        ),
    ] = Field(
        default=Rule.CUBIC,
        description="linear, cubic spline (smooth), PCHIP (overshoots nowhere), Akima, barycentric (one polynomial).",
    )
    extrapolate: Annotated[bool, Names("extrapolate", "extrapolation")] = Field(
        default=False, description="Whether places beyond the points are answered, by the same curve going on."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance")] = Field(
        default=0.05, gt=0, le=1, description="Largest error to accept, as a share of the range of y."
    )
    points: Annotated[int, Knob(), Names("points of the curve")] = Field(
        default=201, ge=2, le=2000, description="Points of the curve in the answer."
    )

    @model_validator(mode="after")
    def _is_a_curve(self) -> Self:
        require_pairs(self.x, self.y)
        if len(set(self.x)) < len(self.x):
            twice = next(one for one in sorted(self.x) if self.x.count(one) > 1)
            raise InvalidRequest(
                f"x = {twice:g} is given more than once.",
                field="x",
                value=twice,
                remedy="Give one value for each place, or fit a curve instead.",
            )
        if self.rule is Rule.BARYCENTRIC and len(self.x) > 60:  # noqa: PLR2004 - evenly spaced, it swings by 2^60
            raise InvalidRequest(
                f"One polynomial through {len(self.x)} points swings wildly between them.",
                field="rule",
                value=self.rule,
                remedy="Choose cubic spline, PCHIP or Akima, or give at most 60 points.",
            )
        return self


class Curve(Model):
    """Points of a line."""

    x: list[Number]
    y: list[Number]


class Interpolated(Model):
    """Values between points."""

    rule: Rule = Field(description="How what lies between was filled in.")
    values: list[Number] = Field(description="The values at the places asked for.")
    slopes: list[Number] = Field(description="The slope at each of these places.")
    beyond: int = Field(description="How many of these places lie beyond the points.")
    integral: Number = Field(description="Area under the curve, from the least x to the largest.")
    left_out: Number = Field(
        description="Largest miss when each inner point in turn is left out: rather above the error than below."
    )
    left_out_typical: Number = Field(description="Root of the mean square of these misses.")
    curve: Curve = Field(description="The curve from the least x to the largest.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class Shape(StrEnum):
    """A family of curves."""

    POLYNOMIAL = "polynomial"
    EXPONENTIAL = "exponential"
    POWER = "power law"
    LOGISTIC = "logistic"
    SINE = "sine"
    GAUSSIAN = "Gaussian"
    FORMULA = "formula"


class CurveFit(Model):
    """Points that were measured, and the curve that is to pass among them."""

    x: Annotated[Places, Reads("numbers"), Names("x values", "x")] = Field(description="Where it was measured.")
    y: Annotated[Places, Reads("numbers"), Names("y values", "y")] = Field(description="What was measured.")
    shape: Annotated[
        Shape,
        Reads("choice"),
        Names("model", "curve", "shape"),
        Called(
            {
                Shape.POLYNOMIAL: ("line", "straight line", "linear regression", "parabola", "quadratic", "linear"),
                Shape.EXPONENTIAL: ("exponential decay", "exponential growth"),
                Shape.POWER: ("power",),
                Shape.LOGISTIC: ("sigmoid",),
                Shape.SINE: ("sinusoid", "sine wave"),
                Shape.GAUSSIAN: ("bell curve", "normal curve"),
            }
        ),
    ] = Field(
        default=Shape.POLYNOMIAL,
        description="polynomial (a line by default), exponential a·exp(b·x), power law a·x^b, logistic "
        "a/(1 + exp(-b·(x - c))), sine a·sin(b·x + c) + d, Gaussian a·exp(-(x - b)²/(2c²)) + d, or formula.",
    )
    degree: Annotated[int, Names("degree", "order")] = Field(
        default=1, ge=0, le=20, description="Of a polynomial: 1 is a line, 2 a parabola."
    )
    formula: str = Field(
        default="", max_length=2000, description="Of shape formula: y as a formula of x and of parameters, a*x/(b + x)."
    )
    start: dict[str, Number] = Field(
        default={},
        max_length=12,
        description="Of shape formula: first guesses of its parameters; 1 where none is given.",
    )
    uncertainties: Annotated[list[Number], Field(max_length=MOST)] = Field(
        default=[], description="Standard uncertainty of each y: points weigh by one over its square. None: all alike."
    )
    confidence: Confidence = 0.95
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance")] = Field(
        default=1e-6, gt=0, le=1, description="Largest relative error of a parameter to accept from the computation."
    )
    points: Annotated[int, Knob(), Names("points of the curve")] = Field(
        default=201, ge=2, le=2000, description="Points of the curve in the answer."
    )

    @model_validator(mode="after")
    def _can_be_fitted(self) -> Self:
        require_pairs(self.x, self.y)
        if self.uncertainties and len(self.uncertainties) != len(self.x):
            raise InvalidRequest(
                f"There are {len(self.uncertainties)} uncertainties for {len(self.x)} points.",
                field="uncertainties",
                remedy="Give one for each point, or none.",
            )
        if any(one <= 0 for one in self.uncertainties):
            raise InvalidRequest(
                "An uncertainty is 0 or less.", field="uncertainties", remedy="Give numbers above 0, or none."
            )
        if (self.shape is Shape.FORMULA) != bool(self.formula):
            raise InvalidRequest(
                "A formula is given with another shape." if self.formula else "No formula is given.",
                field="formula",
                value=self.formula,
                remedy="Set shape to formula and give y as a formula of x: a*x/(b + x).",
            )
        return self


class Parameter(Model):
    """A number of the curve."""

    name: str
    value: Number = Field(description="Its best value.")
    standard_error: Number
    low: Number = Field(description="Lower end of its interval (Student's t).")
    high: Number = Field(description="Upper end of it.")


class FittedCurve(Curve):
    """The curve, and the band that holds the true one at each place."""

    low: list[Number]
    high: list[Number]


class Residuals(Model):
    """What the points miss the curve by."""

    x: list[Number]
    left: list[Number] = Field(description="y less the curve, in standard uncertainties where these were given.")


class Fitted(Model):
    """The curve that misses the points least, by the sum of squares."""

    formula: str = Field(description="The curve, with the parameters' names.")
    parameters: list[Parameter] = Field(description="The curve's numbers.")
    count: int = Field(description="Points.")
    degrees: int = Field(description="Degrees of freedom: points less parameters.")
    residual_deviation: Number = Field(description="Standard deviation of what is left over.")
    sum_of_squares: Number = Field(description="Of what is left over, weighed.")
    r_squared: Annotated[float, Unit("")] | None = Field(
        description="Share of the variance of y that the curve explains; null where y does not vary."
    )
    aic: Annotated[float, Unit("")] | None = Field(
        description="Akaike's criterion, n·ln(SS/n) + 2·(parameters + 1): of two curves the lesser is the better; "
        "null of a perfect fit."
    )
    runs_p: Annotated[float, Unit("")] | None = Field(
        description="Chance of runs of signs as many or few, if only noise is left over; small: another shape."
    )
    normal_p: Annotated[float, Unit("")] | None = Field(description="Shapiro-Wilk of what is left over.")
    durbin_watson: Annotated[float, Unit("")] | None = Field(description="2 where neighbours have nothing in common.")
    curve: FittedCurve = Field(description="The curve and its confidence band.")
    residuals: Residuals = Field(description="What the points miss the curve by; at most 2000 of them.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
