"""Between which values a formula lies on whole boxes at once: what no sample can promise."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from nis_backend.numerics.formula import CONSTANTS, Binary, Call, Constant, Name, Number, Sign

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from nis_backend.numerics.formula import Formula, Node

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

special: Any = import_module("scipy.special")  # Any: scipy has no types

LOWEST_GAMMA = 0.8856, 1.4616321449683623
"""The least value of the gamma function above 0, rounded down, and where it is."""


@dataclass(frozen=True)
class Span:
    """From `low` to `high`, `(n,)` each."""

    low: Array
    high: Array

    def __add__(self, other: Span) -> Span:
        return _known(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Span:
        return Span(-self.high, -self.low)

    def __mul__(self, other: Span) -> Span:
        corners = np.stack([a * b for a in (self.low, self.high) for b in (other.low, other.high)])
        corners = np.where(np.isnan(corners), 0.0, corners)  # what is 0 times what has no bound is 0
        return Span(corners.min(axis=0), corners.max(axis=0))

    def over(self) -> Span:
        """One over it; without bounds where it holds 0."""
        holds = (self.low <= 0) & (self.high >= 0)
        low, high = (np.where(holds, 1.0, one) for one in (self.low, self.high))
        return Span(np.where(holds, -np.inf, 1 / high), np.where(holds, np.inf, 1 / low))


@dataclass(frozen=True)
class Jet:
    """Values, and slopes along each variable."""

    value: Span
    slopes: tuple[Span, ...]


def enclose(formula: Formula, names: Sequence[str], low: Array, high: Array) -> Span:
    """Bounds of a formula of these names on boxes from `low` to `high`, `(len(names), n)`, to rounding.

    The narrower of two: each operation on spans, and the value in the middle with the slope's span (the mean value
    form), whose excess falls with the square of the box.

    Source: Moore, Kearfott & Cloud, Introduction to Interval Analysis (2009), chapters 5 and 6.
    """
    with np.errstate(all="ignore"):
        whole = _jet(formula.tree, names, low, high)
        middle = (low + high) / 2
        inner = np.broadcast_to(np.asarray(formula.compile(*names)(*middle), dtype=float), middle[0].shape)
        steepest = np.array([np.maximum(np.abs(one.low), np.abs(one.high)) for one in whole.slopes])
        spread = np.sum(steepest * (high - low) / 2, axis=0)
        a, b = inner - spread, inner + spread
        usable = np.isfinite(a) & np.isfinite(b)
        value = whole.value
        return Span(
            np.where(usable, np.maximum(value.low, a), value.low),
            np.where(usable, np.minimum(value.high, b), value.high),
        )


def _known(low: Array, high: Array) -> Span:
    """What is no number has no bounds."""
    return Span(np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high))


def _even(value: float, like: Array) -> Span:
    whole = np.full_like(like, value)
    return Span(whole, whole)


def _jet(  # noqa: C901, PLR0911 - one a kind of node
    node: Node, names: Sequence[str], low: Array, high: Array
) -> Jet:
    none = _even(0.0, low[0])

    def of(one: Node) -> Jet:
        return _jet(one, names, low, high)

    match node:
        case Number(value):
            return Jet(_even(float(value), low[0]), (none,) * len(names))
        case Constant(name):
            return Jet(_even(CONSTANTS[name], low[0]), (none,) * len(names))
        case Name(name):
            at = names.index(name)
            slopes = tuple(_even(1.0, low[0]) if number == at else none for number in range(len(names)))
            return Jet(Span(low[at], high[at]), slopes)
        case Sign(inner):
            one = of(inner)
            return Jet(-one.value, tuple(-slope for slope in one.slopes))
        case Binary("^", base, exponent):
            return _raised(of(base), exponent, of)
        case Binary(operator, left, right):
            return _joined(operator, of(left), of(right))
        case Call("min" | "max" as function, (left, right)):
            return _chosen(function, of(left), of(right))
        case Call("atan2", (left, right)):
            return _turned(of(left), of(right))
        case Call(function, (inner,)):
            return _called(function, of(inner))
        case Call():
            return Jet(_anything(low[0]), (_anything(low[0]),) * len(names))
        case _:
            assert_never(node)


def _joined(operator: str, a: Jet, b: Jet) -> Jet:
    match operator:
        case "+":
            return Jet(a.value + b.value, tuple(p + q for p, q in zip(a.slopes, b.slopes, strict=True)))
        case "-":
            return Jet(a.value + -b.value, tuple(p + -q for p, q in zip(a.slopes, b.slopes, strict=True)))
        case "*":
            both = zip(a.slopes, b.slopes, strict=True)
            return Jet(a.value * b.value, tuple(p * b.value + a.value * q for p, q in both))
        case _:
            return _joined("*", a, _chained(b, b.value.over(), -_power(b.value, 2).over()))


def _chained(inner: Jet, value: Span, slope: Span) -> Jet:
    """What a function of one thing makes of it: its value and its slope there."""
    return Jet(value, tuple(slope * one for one in inner.slopes))


def _raised(base: Jet, exponent: Node, of: Callable[[Node], Jet]) -> Jet:
    power = of(exponent)
    if np.ptp(power.value.low) == 0 and np.array_equal(power.value.low, power.value.high):
        number = float(power.value.low[0])
        slope = _even(number, power.value.low) * _power(base.value, number - 1)
        return _chained(base, _power(base.value, number), slope)
    return _called("exp", _joined("*", power, _called("log", base)))


def _power(base: Span, number: float) -> Span:
    """Raised to a number."""
    if number == 0:
        return _even(1.0, base.low)
    if number < 0:
        return _power(base, -number).over()
    if number % 2 == 1:
        return Span(base.low**number, base.high**number)
    if number % 2 == 0:
        base = _size(base)
    least, most = np.maximum(base.low, 0), np.maximum(base.high, 0)
    return Span(least**number, most**number)


def _size(one: Span) -> Span:
    a, b = np.abs(one.low), np.abs(one.high)
    return Span(np.where((one.low <= 0) & (one.high >= 0), 0.0, np.minimum(a, b)), np.maximum(a, b))


def _chosen(function: str, a: Jet, b: Jet) -> Jet:
    best = np.minimum if function == "min" else np.maximum
    hull = tuple(
        Span(np.minimum(p.low, q.low), np.maximum(p.high, q.high)) for p, q in zip(a.slopes, b.slopes, strict=True)
    )
    return Jet(Span(best(a.value.low, b.value.low), best(a.value.high, b.value.high)), hull)


def _turned(y: Jet, x: Jet) -> Jet:
    """The angle of a box: by its corners, unless it reaches the cut."""
    corners = np.stack([np.arctan2(a, b) for a in (y.value.low, y.value.high) for b in (x.value.low, x.value.high)])
    cut = (y.value.low <= 0) & (y.value.high >= 0) & (x.value.low <= 0)
    value = Span(np.where(cut, -np.pi, corners.min(axis=0)), np.where(cut, np.pi, corners.max(axis=0)))
    return Jet(value, (_anything(value.low),) * len(y.slopes))


def _anything(like: Array) -> Span:
    return Span(np.full_like(like, -np.inf), np.full_like(like, np.inf))


def _wave(one: Span) -> Span:
    """The sine."""
    top = np.floor((one.high / np.pi - 0.5) / 2) > np.floor((one.low / np.pi - 0.5) / 2)
    bottom = np.floor((one.high / np.pi + 0.5) / 2) > np.floor((one.low / np.pi + 0.5) / 2)
    a, b = np.sin(one.low), np.sin(one.high)
    return _known(np.where(bottom, -1.0, np.minimum(a, b)), np.where(top, 1.0, np.maximum(a, b)))


def _rising(function: Callable[[Array], Array], least: float = -np.inf, most: float = np.inf) -> Callable[[Span], Span]:
    """A function that grows, between the ends of what it takes."""
    return lambda one: _known(function(np.clip(one.low, least, most)), function(np.clip(one.high, least, most)))


def _falling(
    function: Callable[[Array], Array], least: float = -np.inf, most: float = np.inf
) -> Callable[[Span], Span]:
    return lambda one: -_rising(lambda x: -function(x), least, most)(one)


def _gamma(one: Span) -> Span:
    """The gamma function, above 0; below there are no bounds."""
    least, at = LOWEST_GAMMA
    a, b = special.gamma(np.maximum(one.low, 1e-300)), special.gamma(np.maximum(one.high, 1e-300))
    holds = (one.low <= at) & (one.high >= at)
    low, high = np.where(holds, least, np.minimum(a, b)), np.maximum(a, b)
    return Span(np.where(one.low > 0, low, -np.inf), np.where(one.low > 0, high, np.inf))


def _shifted(one: Span, by: float) -> Span:
    return Span(one.low + by, one.high + by)


def _cosine(one: Span) -> Span:
    return _wave(_shifted(one, np.pi / 2))


def _arch(one: Span) -> Span:
    """The hyperbolic cosine."""
    size = _size(one)
    return Span(np.cosh(size.low), np.cosh(size.high))


def _bell(one: Span) -> Span:
    """2/√π·e^(-x²)."""
    size = _size(one)
    return Span(2 / np.sqrt(np.pi) * np.exp(-(size.high**2)), 2 / np.sqrt(np.pi) * np.exp(-(size.low**2)))


def _slanted(one: Span) -> Span:
    """The tangent; without bounds across a pole."""
    across = _cosine(one)
    pole = (across.low <= 0) & (across.high >= 0)
    return Span(np.where(pole, -np.inf, np.tan(one.low)), np.where(pole, np.inf, np.tan(one.high)))


_VALUES: dict[str, Callable[[Span], Span]] = {
    "sin": _wave,
    "cos": _cosine,
    "csc": lambda one: _wave(one).over(),
    "sec": lambda one: _cosine(one).over(),
    "tan": _slanted,
    "cot": lambda one: -_slanted(_shifted(one, np.pi / 2)),
    "cosh": _arch,
    "abs": _size,
    "exp": _rising(np.exp),
    "sinh": _rising(np.sinh),
    "tanh": _rising(np.tanh),
    "asinh": _rising(np.arcsinh),
    "atan": _rising(np.arctan),
    "cbrt": _rising(np.cbrt),
    "erf": _rising(special.erf),
    "erfc": _falling(special.erfc),
    "sign": _rising(np.sign),
    "heaviside": _rising(lambda x: np.heaviside(x, 0.5)),
    "floor": _rising(np.floor),
    "ceil": _rising(np.ceil),
    "log": _rising(np.log, 0.0),
    "log2": _rising(np.log2, 0.0),
    "log10": _rising(np.log10, 0.0),
    "sqrt": _rising(np.sqrt, 0.0),
    "asin": _rising(np.arcsin, -1.0, 1.0),
    "acos": _falling(np.arccos, -1.0, 1.0),
    "acosh": _rising(np.arccosh, 1.0),
    "atanh": _rising(np.arctanh, -1.0, 1.0),
    "gamma": _gamma,
    "factorial": lambda one: _gamma(_shifted(one, 1.0)),
}


def _slope(function: str, one: Span) -> Span:  # noqa: C901, PLR0911 - one a kind of function
    """Between which values the slope of a function lies."""
    unit = _even(1.0, one.low)
    match function:
        case "sin":
            return _cosine(one)
        case "cos":
            return -_wave(one)
        case "exp" | "sinh" | "cosh":
            return _VALUES[{"exp": "exp", "sinh": "cosh", "cosh": "sinh"}[function]](one)
        case "tanh":
            return unit + -_power(_VALUES["tanh"](one), 2)
        case "atan":
            return (unit + _power(one, 2)).over()
        case "erf" | "erfc":
            return _bell(one) if function == "erf" else -_bell(one)
        case "log":
            return Span(np.maximum(one.low, 0), np.maximum(one.high, 0)).over()
        case "sqrt":
            return (_even(2.0, one.low) * _VALUES["sqrt"](one)).over()
        case "abs":
            return _VALUES["sign"](one)
        case "sign" | "heaviside" | "floor" | "ceil":
            flat = _VALUES[function](one)
            return Span(np.zeros_like(one.low), np.where(flat.low == flat.high, 0.0, np.inf))
        case _:
            return _anything(one.low)


def _called(function: str, inner: Jet) -> Jet:
    return _chained(inner, _VALUES[function](inner.value), _slope(function, inner.value))
