"""A formula's tree as a sympy expression. sympy is not made to read untrusted text; a tree of known nodes is."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, assert_never

from nis_backend.numerics.formula import Binary, Call, Constant, Name, Number, Sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.numerics.formula import Node

sympy: Any = import_module("sympy")  # Any: its types do not hold

_CONSTANTS: dict[str, Any] = {"pi": sympy.pi, "e": sympy.E}


def _heaviside(x: Any) -> Any:
    return sympy.Heaviside(x, sympy.Rational(1, 2))


def _logarithm(base: int) -> Callable[[Any], Any]:
    return lambda x: sympy.log(x, base)


_FUNCTIONS: dict[str, Any] = {
    **{name: getattr(sympy, name) for name in ("sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan")},
    **{name: getattr(sympy, name) for name in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp", "log")},
    **{name: getattr(sympy, name) for name in ("sqrt", "cbrt", "sign", "floor", "erf", "erfc", "gamma", "atan2")},
    "abs": sympy.Abs,
    "ceil": sympy.ceiling,
    "heaviside": _heaviside,
    "factorial": sympy.factorial,
    "min": sympy.Min,
    "max": sympy.Max,
    "log10": _logarithm(10),
    "log2": _logarithm(2),
}


def to_sympy(node: Node, symbols: dict[str, Any]) -> Any:
    """The tree as sympy has it; decimal numbers become the fraction that was written."""
    match node:
        case Number(value):
            return sympy.Integer(value) if isinstance(value, int) else sympy.Rational(repr(value))
        case Constant(name):
            return _CONSTANTS[name]
        case Name(name):
            return symbols[name] if name in symbols else sympy.Symbol(name, real=True)
        case Sign(of):
            return -to_sympy(of, symbols)
        case Binary(operator, left, right):
            a, b = to_sympy(left, symbols), to_sympy(right, symbols)
            return {"+": a.__add__, "-": a.__sub__, "*": a.__mul__, "/": a.__truediv__, "^": a.__pow__}[operator](b)
        case Call(function, arguments):
            return _FUNCTIONS[function](*(to_sympy(one, symbols) for one in arguments))
        case _:
            assert_never(node)
