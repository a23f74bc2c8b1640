"""A formula's value to as many digits as are wanted, by mpmath alone: beside sympy's algebra, a second way."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any, assert_never

from nis_backend.numerics.formula import Binary, Call, Constant, Name, Number, Sign, walk
from nis_backend.numerics.interrupting import spend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nis_backend.numerics.formula import Node

# Any from here on: mpmath's numbers have no types.

LONGEST_EXPONENT = 4096
"""Bits of the exponent of a number beyond which its exponential is not worked out: it would fill the memory."""


STEPS = 50
"""Steps that a part of a formula is charged with, as measured over usual ones."""


class Precise:
    """Evaluates trees with so many decimal digits; complex where a real branch ends, as the logarithm of -1."""

    def __init__(self, digits: int) -> None:
        self.mp: Any = import_module("mpmath").MPContext()
        self.mp.dps = digits
        self._functions = self._known()
        self._costs: dict[int, tuple[Node, int]] = {}

    def value(self, tree: Node, values: Mapping[str, Any]) -> Any | None:
        """The value where the names have these values; None where it is undefined or beyond all bounds."""
        spend(self._cost(tree))
        try:
            found = self._evaluate(tree, values)
        except (
            ArithmeticError,
            ValueError,
            MemoryError,
            TypeError,
            KeyError,
            NotImplementedError,
            self.mp.NoConvergence,
        ):
            return None
        return found if self.mp.isfinite(found) else None

    def function(self, tree: Node, name: str) -> Callable[[Any], Any]:
        """The tree as a function of one name; it raises where it is undefined."""
        cost = self._cost(tree)

        def along(x: Any) -> Any:
            spend(cost)
            return self._evaluate(tree, {name: x})

        return along

    def number(self, value: float | str) -> Any:
        """A number as it is written: 0.1 is a tenth."""
        return self.mp.mpf(value if isinstance(value, (int, str)) else repr(value))

    def _cost(self, tree: Node) -> int:
        """Steps that one evaluation takes, with what is done with it: by the parts of the tree, and how many digits."""
        if id(tree) not in self._costs:
            # The tree is kept, so that no other gets its id.
            self._costs[id(tree)] = tree, (1 + sum(1 for _ in walk(tree))) * STEPS * (1 + self.mp.dps // 100)
        return self._costs[id(tree)][1]

    def _evaluate(self, node: Node, values: Mapping[str, Any]) -> Any:
        match node:
            case Number(value, written):
                return self.number(written or value)
            case Constant(name):
                return self.mp.pi if name == "pi" else self.mp.e
            case Name(name):
                return values[name]
            case Sign(of):
                return -self._evaluate(of, values)
            case Binary(operator, left, right):
                return self._joined(operator, self._evaluate(left, values), self._evaluate(right, values))
            case Call(function, arguments):
                return self._functions[function](*(self._evaluate(one, values) for one in arguments))
            case _:
                assert_never(node)

    def _joined(self, operator: str, a: Any, b: Any) -> Any:
        match operator:
            case "+":
                return a + b
            case "-":
                return a - b
            case "*":
                return a * b
            case "/":
                return a / b
            case _:
                return self._power(a, b)

    def _power(self, base: Any, exponent: Any) -> Any:
        if base == 0 and exponent == 0:
            return self.mp.mpf(1)
        if base != 0 and self._bits(exponent) + math.log2(1 + abs(self._bits(base))) > LONGEST_EXPONENT:
            raise OverflowError
        return self.mp.power(base, exponent)

    def _bits(self, value: Any) -> float:
        """Bits before the point of a number, negative where it is small."""
        magnitude = self.mp.mag(value)
        return float(magnitude) if math.isfinite(magnitude) else 0.0

    def _bounded(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def bounded(x: Any) -> Any:
            if self._bits(x) > LONGEST_EXPONENT:
                raise OverflowError
            return function(x)

        return bounded

    def _cbrt(self, x: Any) -> Any:
        if self.mp.im(x) == 0 and self.mp.re(x) < 0:
            return -self.mp.cbrt(-x)
        return self.mp.cbrt(x)

    def _log2(self, x: Any) -> Any:
        return self.mp.log(x, 2)

    def _heaviside(self, x: Any) -> Any:
        return (1 + self.mp.sign(x)) / 2

    def _known(self) -> dict[str, Callable[..., Any]]:
        mp = self.mp
        same = ("sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh")
        more = ("acosh", "atanh", "exp", "erf", "erfc", "gamma", "factorial", "floor", "ceil")
        return {
            **{name: self._bounded(getattr(mp, name)) for name in (*same, *more)},
            "log": mp.log,
            "log10": mp.log10,
            "log2": self._log2,
            "sqrt": mp.sqrt,
            "cbrt": self._cbrt,
            "abs": abs,
            "sign": mp.sign,
            "heaviside": self._heaviside,
            "atan2": mp.atan2,
            "min": min,
            "max": max,
        }
