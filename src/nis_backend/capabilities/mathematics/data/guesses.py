"""The families of curves, and where the search for their parameters begins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.data.curves import CurveFit, Shape
from nis_backend.capabilities.mathematics.data.descent import Family
from nis_backend.capabilities.mathematics.derivatives import differentiate, over, require_names
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MOST_PARAMETERS = 12
FORMULAS = {
    Shape.EXPONENTIAL: "a*exp(b*x)",
    Shape.POWER: "a*x^b",
    Shape.LOGISTIC: "a/(1 + exp(-b*(x - c)))",
    Shape.SINE: "a*sin(b*x + c) + d",
    Shape.GAUSSIAN: "a*exp(-(x - b)^2/(2*c^2)) + d",
}


def model_of(request: CurveFit, x: Array, y: Array) -> Family:
    """The family that was asked for, with its first guesses."""
    if request.shape is Shape.POLYNOMIAL:
        return _polynomial(request.degree)
    text = request.formula or FORMULAS[request.shape]
    formula = read_formula(text, field="formula")
    names = [one for one in require_names(formula, MOST_PARAMETERS + 1, "formula") if one != "x"]
    if not names or "x" not in formula.names:
        raise InvalidRequest(
            "The formula has no x." if names else "The formula has no parameter to fit.",
            field="formula",
            value=text,
            remedy="Give y as a formula of x and of parameters: a*x/(b + x).",
        )
    order = ["x", *names]
    compiled = formula.compile(*order)
    slopes = differentiate(formula, order, names)

    def value(places: Array, values: Array) -> Array:
        return over(compiled, places, *values.tolist())

    def by_formula(places: Array, values: Array) -> Array:
        assert slopes is not None
        return np.stack([over(one, places, *values.tolist()) for one in slopes], axis=1)

    def by_differences(places: Array, values: Array) -> Array:
        columns: list[Array] = []
        for i in range(len(values)):
            step = np.zeros(len(values))
            step[i] = 6e-6 * max(1.0, abs(float(values[i])))
            columns.append((value(places, values + step) - value(places, values - step)) / (2 * step[i]))
        return np.stack(columns, axis=1)

    notes = [] if slopes else ["The formula has no derivative in known functions: slopes are differences."]
    unknown = sorted(set(request.start) - set(names))
    if unknown:
        raise InvalidRequest(
            f"The formula has no parameter {unknown[0]!r}.",
            field="start",
            value=unknown[0],
            remedy=f"Its parameters: {', '.join(names)}.",
        )
    return Family(
        text=f"y = {text}",
        names=tuple(names),
        value=value,
        slopes=by_formula if slopes else by_differences,
        starts=_starts(request, names, x, y),
        notes=notes,
    )


def _polynomial(degree: int) -> Family:
    def value(places: Array, values: Array) -> Array:
        return np.polynomial.Polynomial(values)(places)

    def slopes(places: Array, _values: Array) -> Array:
        return np.vander(places, degree + 1, increasing=True)

    names = tuple(f"c{power}" for power in range(degree + 1))
    terms = [name + ("" if not power else "·x" if power == 1 else f"·x^{power}") for power, name in enumerate(names)]
    return Family(text=f"y = {' + '.join(terms)}", names=names, value=value, slopes=slopes, starts=[])


def _starts(request: CurveFit, names: list[str], x: Array, y: Array) -> list[Array]:
    span = float(np.ptp(x)) or 1.0
    middle, height = float(np.mean(x)), float(np.ptp(y)) or 1.0
    match request.shape:
        case Shape.EXPONENTIAL:
            return [
                _exponential(x, y, span),
                *(np.array([float(y[0]) or 1.0, b / span]) for b in (1.0, -1.0, 4.0, -4.0)),
            ]
        case Shape.POWER:
            if np.any(x <= 0):
                raise InvalidRequest(
                    "A power law is of x above 0.", field="x", value=float(np.min(x)), remedy="Leave out the others."
                )
            return [_power(x, y), np.array([float(np.mean(y)), 1.0]), np.array([float(np.mean(y)), -1.0])]
        case Shape.LOGISTIC:
            top = float(y[np.argmax(np.abs(y))]) * 1.1
            return [np.array([top, sign * steep / span, middle]) for sign in (1, -1) for steep in (4.0, 12.0)]
        case Shape.SINE:
            return [
                np.array([height / 2, frequency, phase, float(np.mean(y))])
                for frequency in _frequencies(x, y)
                for phase in (0.0, math.pi / 2)
            ]
        case Shape.GAUSSIAN:
            low, high = float(np.min(y)), float(np.max(y))
            return [np.array([high - low, float(x[np.argmax(y)]), span * wide, low]) for wide in (0.05, 0.15, 0.4)] + [
                np.array([low - high, float(x[np.argmin(y)]), span * 0.15, high])
            ]
        case _:
            first = np.array([request.start.get(name, 1.0) for name in names])
            return [first] if len(request.start) == len(names) else [first, *_around(request, names)]


def _around(request: CurveFit, names: list[str]) -> list[Array]:
    """Other first guesses for what none was given of: sizes from a thousandth to a thousand, from one seed."""
    draw = np.random.default_rng(0)
    found: list[Array] = []
    for _ in range(12):
        size = 10.0 ** draw.uniform(-3, 3, len(names)) * draw.choice([1.0, 1.0, -1.0], len(names))
        found.append(np.array([request.start.get(name, float(size[i])) for i, name in enumerate(names)]))
    return found


def _exponential(x: Array, y: Array, span: float) -> Array:
    sign = 1.0 if float(np.sum(y)) >= 0 else -1.0
    keep = sign * y > 0
    if int(np.sum(keep)) < 2 or np.ptp(x[keep]) == 0:  # noqa: PLR2004 - a line wants two
        return np.array([float(y[0]) or 1.0, 0.1 / span])
    b, a = np.polyfit(x[keep], np.log(sign * y[keep]), 1)
    return np.array([sign * math.exp(min(700.0, float(a))), float(b)])


def _power(x: Array, y: Array) -> Array:
    sign = 1.0 if float(np.sum(y)) >= 0 else -1.0
    keep = sign * y > 0
    if int(np.sum(keep)) < 2 or np.ptp(x[keep]) == 0:  # noqa: PLR2004 - as above
        return np.array([float(np.mean(y)), 1.0])
    b, a = np.polyfit(np.log(x[keep]), np.log(sign * y[keep]), 1)
    return np.array([sign * math.exp(min(700.0, float(a))), float(b)])


def _frequencies(x: Array, y: Array) -> list[float]:
    """The three strongest by Lomb's periodogram, which wants no even spacing."""
    span = float(np.ptp(x)) or 1.0
    trial = 2 * math.pi * np.linspace(0.25, max(2.0, len(x) / 2), 4 * min(len(x), 500)) / span
    signal: Any = y - np.mean(y)
    power = np.array([abs(np.sum(signal * np.exp(-1j * w * x))) for w in trial.tolist()])
    found: list[float] = []
    for place in np.argsort(power)[::-1].tolist():
        if all(abs(trial[place] - one) > math.pi / span for one in found):
            found.append(float(trial[place]))
        if len(found) == 3:  # noqa: PLR2004 - see above
            break
    return found
