"""Functions that an edge may be, a formula made of them, and its numbers fitted to the rows it is to tell."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.learned.descent import Descent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

PAIN = 0.35
"""Powers of ten of what is not explained that a step of complexity has to be worth."""
UNTOLD = 1e-7
"""Share of the scatter below which a spline's own error hides which function it is."""
NEAR = 0.02
"""How far from a simple number a fitted one may be to be tried as that number."""
WORSE = 1.02
"""How much larger the misses may grow for a simple number."""
FEWEST_DIGITS, MOST_DIGITS = 6, 15
"""Digits that a number is written with, more of them where fewer would tell the rows worse."""
MOST_HALVES, MOST_TURNS = 1000, 12
"""Beyond this a whole number, or a multiple of π, is as good as any other."""
TURNED = 1e-6
"""How far a number is turned to see what it does, by what is much for it."""
EXACT, WRITTEN = 1e-9, 1e-6
"""Misses by the outputs' scatter that are as good as none: of what is fitted, and of what is written in six digits."""
NOWHERE = 1e6
"""What a row counts where the formula has no value, by the outputs' scatter."""


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """c·f(a·x + b) + d."""

    name: str
    at: Callable[[Array], Array]
    text: str
    complexity: int
    low: float = -math.inf
    """Below this its argument has no value."""


def _inverse(x: Array) -> Array:
    return 1 / x


LIBRARY = (
    Symbol(name="x", at=lambda x: x, text="{}", complexity=0),
    Symbol(name="x^2", at=np.square, text="({})^2", complexity=1),
    Symbol(name="x^3", at=lambda x: x**3, text="({})^3", complexity=2),
    Symbol(name="sin", at=np.sin, text="sin({})", complexity=2),
    Symbol(name="exp", at=np.exp, text="exp({})", complexity=2),
    Symbol(name="log", at=np.log, text="log({})", complexity=2, low=1e-9),
    Symbol(name="sqrt", at=np.sqrt, text="sqrt({})", complexity=2, low=0.0),
    Symbol(name="1/x", at=_inverse, text="1/({})", complexity=3, low=1e-9),
    Symbol(name="tanh", at=np.tanh, text="tanh({})", complexity=3),
    Symbol(name="x^4", at=lambda x: x**4, text="({})^4", complexity=3),
    Symbol(name="abs", at=np.abs, text="abs({})", complexity=3),
)
SCALED = {"x", "x^2", "x^3", "x^4", "1/x", "abs"}
"""Functions whose argument's scale is a scale of their value."""
STEADY = {"x", "exp"}
"""Functions whose argument's shift is a shift or a scale of their value."""
_STEEP = np.concatenate([np.geomspace(0.15, 12, 40), -np.geomspace(0.15, 12, 40)])
_SHIFTS = np.linspace(-4, 4, 33)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """The function that an edge is most like: c·f(a·x + b) + d, and how much of its scatter that explains."""

    symbol: Symbol
    a: float
    b: float
    c: float
    d: float
    r_squared: float


def likest(places: Array, values: Array) -> Likeness:
    """The library's function that an edge is most like; a simpler one where it is worth nearly as much."""
    found = [one for symbol in LIBRARY if (one := _like(symbol, places, values)) is not None]
    return min(found, key=lambda one: math.log10(1 - one.r_squared + UNTOLD) + PAIN * one.symbol.complexity)


def _like(symbol: Symbol, places: Array, values: Array) -> Likeness | None:
    """Its best a and b of a grid, then of finer ones about it."""
    size = max(float(np.max(np.abs(places))), 1e-12)
    steep, shifts = (np.array([1.0 / size]), np.zeros(1)) if symbol.name == "x" else (_STEEP / size, _SHIFTS)
    best: Likeness | None = None
    for finer in range(1 if symbol.name == "x" else 12):
        a, b = (one.ravel() for one in np.meshgrid(steep, shifts))
        arguments = a[:, None] * places + b[:, None]
        usable = np.min(arguments, axis=1) > symbol.low
        if np.any(usable):
            told = symbol.at(arguments[usable])
            told = told - told.mean(axis=1, keepdims=True)
            scatter = np.sum(told**2, axis=1)
            along = told @ (values - values.mean())
            whole = max(float(np.sum((values - values.mean()) ** 2)), 1e-300)
            # A function that does not vary explains nothing.
            share = np.where(scatter > 1e-12, along**2 / np.maximum(scatter, 1e-300), 0) / whole  # noqa: PLR2004
            top = int(np.argmax(share))
            at, shift = float(a[usable][top]), float(b[usable][top])
            c = float(along[top] / scatter[top]) if scatter[top] > 0 else 0.0
            d = float(values.mean()) - c * float(np.mean(symbol.at(at * places + shift)))
            if best is None or share[top] > best.r_squared:
                best = Likeness(symbol=symbol, a=at, b=shift, c=c, d=d, r_squared=min(1.0, float(share[top])))
        if best is None:
            return None
        width = (_STEEP[1] / _STEEP[0] - 1) * abs(best.a), _SHIFTS[1] - _SHIFTS[0]
        shrink = 0.45 ** (finer + 1)
        steep = best.a + np.linspace(-1, 1, 9) * width[0] * shrink * 1.2
        shifts = best.b + np.linspace(-1, 1, 9) * width[1] * shrink * 1.2
    return best


@dataclass(frozen=True, kw_only=True)
class Law:
    """constant + Σ over nodes of C·F(A·Σ c·f(a·x + b) + B): what of it are free numbers is in one row.

    Each inner edge has (c, a, b), each node (C, A) and B, but a straight line has no a and b of its own, nor has a
    node that is one a C, A or B: they would say the same twice.
    """

    inner: tuple[tuple[int, int, Symbol], ...]
    """Input, node, function."""
    outer: tuple[Symbol, ...]
    names: tuple[str, ...]

    def at(self, numbers: Array, inputs: Array) -> Array:
        """Its value at rows `(rows, inputs)`."""
        own, nodes, constant = self._parts(numbers)
        total = np.full(len(inputs), constant)
        for node, symbol in enumerate(self.outer):
            summed = np.zeros(len(inputs))
            for (one, to, function), (c, a, b) in zip(self.inner, own, strict=True):
                if to == node:
                    summed = summed + c * function.at(a * inputs[:, one] + b)
            scale, shift = nodes[node]
            total = total + scale * symbol.at(summed + shift)
        return total

    def _parts(self, numbers: Array) -> tuple[Array, Array, float]:
        edges = 3 * len(self.inner)
        return numbers[:edges].reshape(-1, 3), numbers[edges:-1].reshape(-1, 2), float(numbers[-1])

    def free(self) -> NDArray[np.bool_]:
        """Which numbers are free; the others say what these say already."""
        own = [[True, f.name not in SCALED, f.name not in STEADY] for _, _, f in self.inner]
        nodes = [[f.name not in SCALED and f.name != "sqrt", f.name not in STEADY] for f in self.outer]
        return np.array([*np.ravel(own), *np.ravel(nodes), True], dtype=bool)

    def turned(self, numbers: Array, inputs: Array, scatter: float) -> Array:
        """How far each number is turned to see what it does: little, whatever the rows' scale."""
        own, nodes, _ = self._parts(numbers)
        size, width = np.max(np.abs(inputs), axis=0), np.ptp(inputs, axis=0)
        found: list[float] = []
        for (one, _, f), (c, _, _) in zip(self.inner, own, strict=True):
            # What c does is a straight line: any distance is as good.
            found += [abs(c) or scatter, TURNED / size[one], TURNED * (width[one] if f.name in SCALED else 1.0)]
        for scale, shift in nodes:
            found += [abs(scale) or scatter, TURNED * max(1.0, abs(shift))]
        return np.array([*found, scatter])

    def text(self, numbers: Array) -> str:
        """The formula, as `numerics.formula` reads it."""
        own, nodes, constant = self._parts(numbers)
        terms: list[str] = []
        for node, symbol in enumerate(self.outer):
            scale, shift = nodes[node]
            inside = [
                _times(scale * c if symbol.name == "x" else c, _called(f, _line(a, self.names[one], b)), f)
                for (one, to, f), (c, a, b) in zip(self.inner, own, strict=True)
                if to == node
            ]
            if symbol.name == "x":
                terms += inside
            else:
                summed = _sum([*inside, *([] if shift == 0 else [_number(shift)])])
                terms.append(_times(scale, _called(symbol, summed), symbol))
        return _sum([*(one for one in terms if one != "0"), *([] if constant == 0 else [_number(constant)])])


def _number(value: float) -> str:
    return _turns(value) or f"{value:.{MOST_DIGITS}g}"


def _turns(value: float) -> str | None:
    """A multiple of π as such; None where it is none."""
    for part in (1, 2):
        times = value * part / math.pi
        near = 0.5 < abs(times) <= part * MOST_TURNS  # noqa: PLR2004 - 0 is none
        if near and abs(times - round(times)) < 1e-12 * abs(times):
            whole = round(times)
            front = {1: "pi", -1: "-pi"}.get(whole, f"{whole}*pi")
            return front if part == 1 else f"{front}/{part}"
    return None


def _called(symbol: Symbol, argument: str) -> str:
    bare = argument.isidentifier() and symbol.text.startswith("(")
    return symbol.text.replace("({})", "{}").format(argument) if bare else symbol.text.format(argument)


def _times(factor: float, of: str, symbol: Symbol) -> str:
    if factor == 0:
        return "0"
    if symbol.name == "1/x":
        return f"{_number(factor)}/{of.removeprefix('1/')}"
    return of if factor == 1 else f"-{of}" if factor == -1 else f"{_number(factor)}*{of}"


def _line(a: float, name: str, b: float) -> str:
    scaled = name if a == 1 else f"-{name}" if a == -1 else f"{_number(a)}*{name}"
    return scaled if b == 0 else _sum([scaled, _number(b)])


def _sum(terms: Sequence[str]) -> str:
    return " + ".join(terms).replace("+ -", "- ") if terms else "0"


@dataclass(kw_only=True)
class Fitting:
    """The law's misses at the rows by the outputs' scatter; slopes by differences, for there are few numbers.

    Parameters are the free numbers, each by what turns the law by one scatter: the way down is the same at any scale.
    """

    law: Law
    inputs: Array
    outputs: Array
    numbers: Array
    free: NDArray[np.bool_]
    units: Array
    scatter: float

    def whole(self, some: Array) -> Array:
        """All numbers, with these in the place of the free ones."""
        found = self.numbers.copy()
        found[self.free] = some * self.units[self.free]
        return found

    @property
    def parameters(self) -> Array:
        """The free numbers."""
        return self.numbers[self.free] / self.units[self.free]

    def residuals(self, parameters: Array) -> Array:
        """See `Squares.residuals`."""
        return self.misses(self.whole(parameters))

    def misses(self, numbers: Array) -> Array:
        """The same, by all numbers."""
        with np.errstate(all="ignore"):
            found = (self.law.at(numbers, self.inputs) - self.outputs) / self.scatter
        return np.where(np.isfinite(found), found, NOWHERE)

    def rows(self, parameters: Array) -> tuple[Array, Array]:
        """See `Squares.rows`."""
        turned = np.empty((len(self.outputs), len(parameters)))
        step = 1e-5
        for place in range(len(parameters)):
            up, down = parameters.copy(), parameters.copy()
            up[place] += step
            down[place] -= step
            turned[:, place] = (self.residuals(up) - self.residuals(down)) / (2 * step)
        return self.residuals(parameters), turned

    def miss(self, numbers: Array | None = None) -> float:
        """Root mean square, by these numbers or its own."""
        return float(np.sqrt(np.mean(self.misses(self.numbers if numbers is None else numbers) ** 2)))


def settle(law: Law, numbers: Array, inputs: Array, outputs: Array) -> Array:
    """Fit the law's numbers; simple ones, and few digits, stand where they tell the rows as well."""
    scatter = float(np.std(outputs))
    fitting = Fitting(
        law=law, inputs=inputs, outputs=outputs, numbers=numbers, free=law.free(), units=np.ones_like(numbers),
        scatter=scatter,
    )  # fmt: skip
    fitting.units = _units(fitting)
    _fit(fitting, 80)
    for place in np.flatnonzero(law.free()):
        for simple in _simple(float(fitting.numbers[place])):
            tried = replace(fitting, numbers=fitting.numbers.copy(), free=fitting.free.copy())
            tried.numbers[place] = simple
            tried.free[place] = False
            _fit(tried, 12)
            if tried.miss() <= WORSE * fitting.miss() + EXACT:
                fitting = tried
                break
    return _shortened(fitting)


def _units(fitting: Fitting) -> Array:
    """What turns the law by one scatter, of each number; 1 where it turns nothing."""
    numbers = fitting.numbers
    found = np.ones_like(numbers)
    for place, by in enumerate(fitting.law.turned(numbers, fitting.inputs, fitting.scatter)):
        up, down = numbers.copy(), numbers.copy()
        up[place] += by
        down[place] -= by
        slope = float(np.sqrt(np.mean((fitting.misses(up) - fitting.misses(down)) ** 2))) / 2
        found[place] = by / slope if slope > 0 else 1.0
    return found


def _shortened(fitting: Fitting) -> Array:
    """The numbers with as few digits as tell the rows as well; multiples of π as they are."""
    enough = WORSE * fitting.miss() + WRITTEN
    for digits in range(FEWEST_DIGITS, MOST_DIGITS):
        short = [one if _turns(float(one)) else float(f"{one:.{digits}g}") for one in fitting.numbers]
        if fitting.miss(np.array(short)) <= enough:
            return np.array(short)
    return fitting.numbers


def _fit(fitting: Fitting, steps: int) -> None:
    if not np.any(fitting.free):
        return
    descent = Descent(squares=fitting, parameters=fitting.parameters, damping=1e-3)
    for _ in range(steps):
        before = descent.loss
        if not descent.step() or descent.loss > before * (1 - 1e-9):
            break
    fitting.numbers = fitting.whole(descent.parameters)


def _simple(value: float) -> list[float]:
    """Simple numbers near this one: 0, whole and half ones, whole and half times π."""
    near = [0.0]
    if abs(value) <= MOST_HALVES:
        near += [float(round(value)), round(2 * value) / 2]
    if abs(value) <= MOST_TURNS * math.pi:
        near.append(round(2 * value / math.pi) * math.pi / 2)
    return [one for one in dict.fromkeys(near) if abs(one - value) <= NEAR * max(1.0, abs(value))]
