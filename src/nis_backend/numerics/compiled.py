"""A formula's tree as a function of numbers or of arrays."""

from __future__ import annotations

import math
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, assert_never

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import CONSTANTS, Binary, Call, Constant, Name, Number, Sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nis_backend.numerics.formula import Node


def compile_tree(tree: Node, names: Sequence[str], *, arrays: bool) -> Callable[..., Any]:
    """The tree as a function of `names`, in this order.

    The source is written here from known nodes: names become a0, a1, …, functions f_sin, f_exp, …
    """
    places = {name: f"a{number}" for number, name in enumerate(names)}
    # Of Python's own numbers alone, 1/0 would not be infinite but fail.
    source = f"lambda {', '.join(places.values())}: {_write(tree, places, 'f_number' if arrays else '')}"
    functions = _array_functions() if arrays else scalar_functions()
    return eval(compile(source, "<formula>", "eval"), {"__builtins__": {}, **functions})  # noqa: S307 - see above


def compile_trees(
    trees: Sequence[Node], names: Sequence[str], values: Mapping[str, float]
) -> Callable[..., tuple[float, ...]]:
    """Several trees as one function of floats, a number each; `values` are names that stay what they are.

    The source is written as in `compile_tree`; what is fixed stands in it as a number.
    """
    places = {name: f"a{number}" for number, name in enumerate(names)}
    places |= {name: f"({float(value)!r})" for name, value in values.items()}
    written = "".join(f"{_write(tree, places)}, " for tree in trees)
    source = f"lambda {', '.join(places[name] for name in names)}: ({written})"
    return eval(compile(source, "<formulas>", "eval"), {"__builtins__": {}, **scalar_functions()})  # noqa: S307 - see above


def _write(node: Node, places: dict[str, str], number: str = "") -> str:  # noqa: PLR0911 - one a kind of node
    match node:
        case Number(value):
            return f"{number}({float(value)!r})"
        case Constant(name):
            return f"{number}({CONSTANTS[name]!r})"
        case Name(name):
            if name in places:
                return places[name]
            raise InvalidRequest(
                f"{name!r} has no value.", field=name, value=name, remedy=f"Give {name} a value, or leave it out."
            )
        case Sign(of):
            return f"(-{_write(of, places, number)})"
        case Binary("^", left, Number(2)):
            inner = _write(left, places, number)
            return f"({inner}*{inner})" if isinstance(left, (Name, Number)) else f"({inner}**2)"
        case Binary("^", left, right):
            return f"f_power({_write(left, places, number)}, {_write(right, places, number)})"
        case Binary(operator, left, right):
            return f"({_write(left, places, number)}{operator}{_write(right, places, number)})"
        case Call(function, arguments):
            return f"f_{function}({', '.join(_write(one, places, number) for one in arguments)})"
        case _:
            assert_never(node)


# Any from here on: a float or an array of them.
_ONE_OVER = {"sec": "cos", "csc": "sin", "cot": "tan"}
"""Functions that are one over another."""


def _inverse(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: 1 / function(x)


@cache
def scalar_functions() -> dict[str, Any]:
    """What the source calls on floats; each name is `f_` and the function's."""
    plain = ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp")
    more = ("log", "log10", "log2", "sqrt", "cbrt", "erf", "erfc", "gamma", "atan2", "floor", "ceil")
    return {
        **{f"f_{name}": getattr(math, name) for name in (*plain, *more)},
        **{f"f_{name}": _inverse(getattr(math, of)) for name, of in _ONE_OVER.items()},
        "f_abs": abs,
        "f_sign": _sign,
        "f_heaviside": _heaviside,
        "f_factorial": _factorial,
        "f_min": min,
        "f_max": max,
        "f_power": math.pow,
    }


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _heaviside(x: float) -> float:
    return 0.5 if x == 0 else float(x > 0)


def _factorial(x: float) -> float:
    return math.gamma(x + 1)


def _array_functions() -> dict[str, Any]:
    # Where floats alone are wanted, numpy is not loaded.
    np: Any = import_module("numpy")
    renamed = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh"}
    renamed |= {"atanh": "arctanh", "atan2": "arctan2", "min": "minimum", "max": "maximum"}
    plain = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "log10", "log2", "sqrt", "cbrt", "abs", "sign")
    found: dict[str, Any] = {f"f_{name}": getattr(np, name) for name in (*plain, "floor", "ceil")}
    found |= {f"f_{ours}": getattr(np, theirs) for ours, theirs in renamed.items()}

    def power(a: Any, b: Any) -> Any:
        return np.power(np.asarray(a, dtype=float), b)

    def step(x: Any) -> Any:
        return np.heaviside(x, 0.5)

    def special(name: str, shift: int = 0) -> Callable[[Any], Any]:
        return lambda x: getattr(import_module("scipy.special"), name)(x + shift)

    return {
        **found,
        "f_number": np.float64,
        **{f"f_{name}": _inverse(getattr(np, of)) for name, of in _ONE_OVER.items()},
        **{f"f_{name}": special(name) for name in ("erf", "erfc", "gamma")},
        "f_factorial": special("gamma", 1),
        "f_heaviside": step,
        "f_power": power,
    }
