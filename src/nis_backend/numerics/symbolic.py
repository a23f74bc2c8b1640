"""A formula's tree as a sympy expression, and back. sympy is not made to read untrusted text; known nodes it is."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, assert_never

from nis_backend.numerics.formula import Binary, Call, Constant, Name, Number, Sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.numerics.formula import Node

sympy: Any = import_module("sympy")  # Any: its types do not hold
_StrPrinter: Any = import_module("sympy.printing.str").StrPrinter

_CONSTANTS: dict[str, Any] = {"pi": sympy.pi, "e": sympy.E}


def _heaviside(x: Any) -> Any:
    return sympy.Heaviside(x, sympy.Rational(1, 2))


def _cbrt(x: Any) -> Any:
    """The real root of a negative number, as numbers have it."""
    if x.is_extended_negative:
        return -sympy.cbrt(-x)
    if x.is_extended_nonnegative or not x.is_extended_real:
        return sympy.cbrt(x)
    return sympy.sign(x) * sympy.cbrt(sympy.Abs(x))


def _logarithm(base: int) -> Callable[[Any], Any]:
    return lambda x: sympy.log(x, base)


_FUNCTIONS: dict[str, Any] = {
    **{name: getattr(sympy, name) for name in ("sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan")},
    **{name: getattr(sympy, name) for name in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp", "log")},
    **{name: getattr(sympy, name) for name in ("sqrt", "sign", "floor", "erf", "erfc", "gamma", "atan2")},
    "abs": sympy.Abs,
    "cbrt": _cbrt,
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
        case Number(value, written):
            return sympy.Integer(value) if isinstance(value, int) else sympy.Rational(written or repr(value))
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


class _Printer(_StrPrinter):
    """Writes what `read_formula` reads again, wherever formulas have it: `^`, abs, ceil, min and max of two."""

    def _print_Exp1(self, _expr: Any) -> str:  # noqa: N802 - sympy's
        return "e"

    def _print_ImaginaryUnit(self, _expr: Any) -> str:  # noqa: N802 - sympy's
        return "i"

    def _print_Infinity(self, _expr: Any) -> str:  # noqa: N802 - sympy's
        return "infinity"

    def _print_NegativeInfinity(self, _expr: Any) -> str:  # noqa: N802 - sympy's
        return "-infinity"

    def _print_Abs(self, expr: Any) -> str:  # noqa: N802 - sympy's
        return f"abs({self._print(expr.args[0])})"

    def _print_ceiling(self, expr: Any) -> str:
        return f"ceil({self._print(expr.args[0])})"

    def _print_Heaviside(self, expr: Any) -> str:  # noqa: N802 - sympy's
        return f"heaviside({self._print(expr.args[0])})"

    def _print_DiracDelta(self, expr: Any) -> str:  # noqa: N802 - sympy's
        order = f", {expr.args[1]}" if len(expr.args) > 1 else ""
        return f"dirac({self._print(expr.args[0])}{order})"

    def _print_factorial(self, expr: Any) -> str:
        return f"factorial({self._print(expr.args[0])})"

    def _print_Min(self, expr: Any) -> str:  # noqa: N802 - sympy's
        return self._nested("min", expr.args)

    def _print_Max(self, expr: Any) -> str:  # noqa: N802 - sympy's
        return self._nested("max", expr.args)

    def _nested(self, function: str, arguments: Any) -> str:
        *rest, last = sorted(arguments, key=sympy.default_sort_key)
        text = str(self._print(last))
        for one in reversed(rest):
            text = f"{function}({self._print(one)}, {text})"
        return text

    def _print_Equality(self, expr: Any) -> str:  # noqa: N802 - sympy's
        return f"{self._print(expr.lhs)} = {self._print(expr.rhs)}"

    def _print_Unequality(self, expr: Any) -> str:  # noqa: N802 - sympy's
        return f"{self._print(expr.lhs)} ≠ {self._print(expr.rhs)}"

    def _print_And(self, expr: Any) -> str:  # noqa: N802 - sympy's
        return " and ".join(sorted(str(self._print(one)) for one in expr.args))

    def _print_Or(self, expr: Any) -> str:  # noqa: N802 - sympy's
        return " or ".join(sorted(str(self._print(one)) for one in expr.args))

    def _print_Piecewise(self, expr: Any) -> str:  # noqa: N802 - sympy's
        cases = [
            f"{self._print(value)} {'otherwise' if condition == sympy.true else f'where {self._print(condition)}'}"
            for value, condition in expr.args
        ]
        return f"({'; '.join(cases)})"


def write_text(expression: Any) -> str:
    """The expression as plain text, which `read_formula` reads wherever formulas have what is in it."""
    text = str(_Printer({"order": None, "full_prec": False}).doprint(expression)).replace("**", "^")
    return text[1:-1] if isinstance(expression, sympy.Piecewise) else text


def write_latex(expression: Any) -> str:
    """The expression as LaTeX, `i` for the imaginary unit and `log` for the natural logarithm."""
    return str(sympy.latex(expression, imaginary_unit="i"))
