"""The value of a formula: exact, and to as many digits as are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import SOURCE, check, value_of_tree
from nis_backend.capabilities.mathematics.symbolic.results import Evaluation
from nis_backend.capabilities.mathematics.symbolic.terms import (
    IMAGINARY,
    MOST_DIGITS,
    Failed,
    attempt,
    bounded,
    insist,
    symbols_of,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Number, give, read_formula
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.receipt import Check, Cost, Receipt
from nis_backend.numerics.symbolic import sympy, to_sympy, write_latex, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.capabilities.mathematics.symbolic.requests import EvaluateRequest
    from nis_backend.numerics.formula import Formula, Node

SPARE = 20
"""Digits beyond those asked for that the second way has."""
LONGEST_EXACT = 4000
MOST_PRECISION = 10_000
"""Digits that are looked at before what cancels is called 0."""
_LEAST, _MOST = 1e-290, 1e290
METHOD = "exact arithmetic, then decimals"


@bounded("expression")
def evaluate(request: EvaluateRequest) -> Evaluation:
    """The value that was asked for."""
    formula = give(
        read_formula(request.expression, field="expression", largest=MOST_DIGITS),
        read_values(request.values, "values"),
        MOST_DIGITS,
    )
    _refuse_names(formula, request.values)
    symbols = symbols_of(formula.names, complex_numbers=True)
    field, text = "expression", request.expression
    exact = insist(lambda: to_sympy(formula.tree, symbols), "It cannot be worked out", field=field, value=text)
    if not exact.is_finite and (exact.has(sympy.nan, sympy.zoo) or exact.is_infinite):
        raise _undefined(text)
    number = insist(
        lambda: exact.evalf(request.digits + 5, maxn=MOST_PRECISION),
        "Its digits cannot be worked out",
        field=field,
        value=text,
    )
    real, imaginary = (_part(one) for one in number.as_real_imag())
    if real is None or imaginary is None:
        raise _undefined(text)
    precise = Precise(request.digits + SPARE)
    decimal = _decimal(precise, real, imaginary, request.digits)
    second = value_of_tree(formula.tree, precise)({})
    checks = _checks(precise, real, imaginary, second, request.digits)
    as_text = attempt(lambda: write_text(exact))
    as_latex = attempt(lambda: write_latex(exact))
    unwritten = isinstance(as_text, Failed) or isinstance(as_latex, Failed) or len(as_text) > LONGEST_EXACT
    return Evaluation(
        exact="" if unwritten else str(as_text),
        latex=decimal if unwritten else str(as_latex),
        decimal=decimal,
        value=_double(real) if imaginary == 0 else None,
        imaginary=_double(imaginary) if imaginary != 0 else None,
        digits=request.digits,
        receipt=_receipt(exact, request.digits, checks),
    )


def _part(part: Any) -> Any | None:  # Any: sympy's numbers have no types
    """A part of a number; 0 where all digits that were looked at cancel, None of what is no number."""
    if not (part.is_Float or part.is_Rational):
        return None
    return sympy.Integer(0) if part.is_Float and part._prec == 1 else part  # noqa: SLF001 - how sympy says so


def read_values(values: Mapping[str, float | str], within: str) -> dict[str, Node]:
    """The values that are given in this field, as trees of numbers.

    Raises:
        InvalidRequest: one holds a name.
    """
    found: dict[str, Node] = {}
    for name, value in values.items():
        field = f"{within}.{name}"
        formula = read_formula(value, field=field) if isinstance(value, str) else None
        if formula is not None and formula.names - set(IMAGINARY):
            raise InvalidRequest(
                f"{field} holds {', '.join(sorted(formula.names))}.",
                field=field,
                value=value,
                remedy="Give a number, as 0.1 or pi/3.",
            )
        found[name] = formula.tree if formula else Number(_whole(float(value)))
    return found


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _refuse_names(formula: Formula, values: Mapping[str, float | str]) -> None:
    open_names = sorted(formula.names - set(IMAGINARY))
    if open_names:
        name = open_names[0]
        raise InvalidRequest(
            f"expression holds {', '.join(open_names)}, which {'has' if len(open_names) == 1 else 'have'} no value.",
            field="values",
            value=", ".join(values),
            remedy=f'Give values, as {{"{name}": 2}}; to rewrite a formula, simplify it.',
        )


def _undefined(text: str) -> InvalidRequest:
    return InvalidRequest(
        "expression has no value: it divides by 0, or is undefined or infinite there.",
        field="expression",
        value=text if len(text) <= 80 else f"{text[:77]}…",  # noqa: PLR2004 - a line
        remedy="Give one that has a value; for what it tends to, compute a limit.",
    )


def write_decimal(value: Any, digits: int) -> tuple[str, float | None]:
    """A number's decimals, and as a double where it is real; nothing of what is no number."""
    number = attempt(lambda: value.evalf(digits + 5, maxn=MOST_PRECISION), 8_000_000)
    if isinstance(number, Failed) or not number.is_number:
        return "", None
    if number.is_infinite and number.is_extended_real:
        return ("infinity" if number > 0 else "-infinity"), None
    real, imaginary = (_part(one) for one in number.as_real_imag())
    if real is None or imaginary is None:
        return "", None
    return _decimal(Precise(digits + SPARE), real, imaginary, digits), _double(real) if imaginary == 0 else None


def _double(value: Any) -> float | None:
    number = float(value)
    return number if abs(number) <= 1.7976931348623157e308 else None  # noqa: PLR2004 - the largest double


def _decimal(precise: Precise, real: Any, imaginary: Any, digits: int) -> str:
    a = _digits(precise, real, digits)
    if imaginary == 0:
        return a
    b = _digits(precise, abs(imaginary), digits)
    sign = "-" if imaginary < 0 else "+"
    return f"{a} {sign} {b} i" if real != 0 else f"{'-' if imaginary < 0 else ''}{b} i"


def _digits(precise: Precise, value: Any, digits: int) -> str:
    if value.is_Integer and abs(value) < 10**digits:
        return str(value)
    return str(precise.mp.nstr(_number(precise, value), digits, strip_zeros=True)).removesuffix(".0")


def _number(precise: Precise, value: Any) -> Any:
    if value.is_Rational:
        return precise.mp.mpf(int(value.p)) / int(value.q)
    return precise.mp.make_mpf(value._mpf_)


def _checks(precise: Precise, real: Any, imaginary: Any, second: Any, digits: int) -> list[Check]:
    if second is None:
        return []
    first = _number(precise, real)
    if imaginary != 0:
        first = precise.mp.mpc(first, _number(precise, imaginary))
    name = f"mpmath on the formula as written, {digits + SPARE} digits"
    if second != 0 and not _LEAST < abs(second) < _MOST:
        # Neither value fits a double: what is compared is how much one is of the other.
        first, second, name = first / second, precise.mp.mpf(1), f"{name}: share of it"
    least = 1.0 if first == 0 else 0.0
    return [check(name, first, second, allowed=max(10.0 ** (1 - digits), 1e-300), least=least)]


def _receipt(exact: Any, digits: int, checks: list[Check]) -> Receipt:
    rational = bool(exact.is_Rational)
    notes = [] if checks else ["The second way has no value here: no comparison."]
    return Receipt(
        method="exact arithmetic" if rational else METHOD,
        order=None,
        observed_order=None,
        steps=0,
        error_of="the exact value" if rational else "the decimal value, of itself",
        error_asked=0.0 if rational else max(10.0 ** (1 - digits), 1e-300),
        error_reached=0.0 if rational else max(0.5 * 10.0 ** (1 - digits), 1e-300),
        unit="",
        estimate="exact" if rational else "evaluated until that many digits are sure, as sympy's evalf does",
        met=bool(checks) and all(one.agrees for one in checks),
        cost=Cost(evaluations=1 + len(checks), of="values", unknowns=0),
        source=SOURCE,
        checks=checks,
        notes=notes,
    )
