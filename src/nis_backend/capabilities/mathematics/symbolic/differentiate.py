"""Derivatives, checked against differences of the formula as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import compare_at, exact_receipt, trial_points, value_of
from nis_backend.capabilities.mathematics.symbolic.curves import draw_curve
from nis_backend.capabilities.mathematics.symbolic.evaluate import read_values, write_decimal
from nis_backend.capabilities.mathematics.symbolic.results import Derivative, Partial
from nis_backend.capabilities.mathematics.symbolic.terms import (
    Failed,
    attempt,
    bounded,
    choose_variable,
    insist,
    read_terms,
    write,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.symbolic import sympy, to_sympy, write_text
from nis_backend.numerics.written import SUPERSCRIPT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.capabilities.mathematics.symbolic.requests import DifferentiateRequest
    from nis_backend.capabilities.mathematics.symbolic.terms import Terms
    from nis_backend.numerics.receipt import Check

METHOD = "rules of differentiation"


@bounded("expression")
def differentiate(request: DifferentiateRequest) -> Derivative:
    """The derivative that was asked for."""
    terms = read_terms(request.expression, field="expression", positive=request.positive, extra=request.variables)
    point = _point(request, terms)
    if request.gradient:
        return _gradient(request, terms, point)
    by = _by(request, terms)
    found = _derived(terms, by, request.expression)
    checks = _checks(terms, by, found, request.positive)
    text, latex = write(found)
    decimal, value = _at(found, terms, point)
    name = by[0].name
    lower, upper = _window(point.get(name))
    curve = draw_curve(terms.formula, name, lower, upper, found, "derivative") if len(set(by)) == 1 else None
    return Derivative(
        expression=text,
        latex=latex,
        notation=_notation(by),
        decimal=decimal,
        value=value,
        gradient=[],
        receipt=exact_receipt(METHOD, "the derivative, wherever it exists", checks),
        curve=curve,
    )


def _gradient(request: DifferentiateRequest, terms: Terms, point: Mapping[str, Any]) -> Derivative:
    names = request.variables or terms.names
    if not names:
        raise InvalidRequest(
            "expression holds no variable.",
            field="variables",
            value="",
            remedy="Name those that the gradient is by.",
        )
    partials: list[Partial] = []
    checks: list[Check] = []
    for name in dict.fromkeys(names):
        symbol = terms.symbols[name]
        found = _derived(terms, [symbol], request.expression)
        checks += _checks(terms, [symbol], found, request.positive)[:2]
        text, latex = write(found)
        partials.append(Partial(variable=name, expression=text, latex=latex, decimal=_at(found, terms, point)[0]))
    return Derivative(
        expression=f"({', '.join(one.expression for one in partials)})",
        latex=rf"\left({', '.join(one.latex for one in partials)}\right)",
        notation="gradient",
        decimal=f"({', '.join(one.decimal for one in partials)})" if point else "",
        value=None,
        gradient=partials,
        receipt=exact_receipt(METHOD, "each partial derivative, wherever it exists", checks),
    )


def _by(request: DifferentiateRequest, terms: Terms) -> list[Any]:
    """The symbols of the derivative, one for each time."""
    if not request.variables:
        return [choose_variable(terms, "", field="variables")] * request.order
    by = [terms.symbols[name] for name in request.variables]
    if len(by) > 1 and request.order > 1:
        raise InvalidRequest(
            f"order {request.order} and {len(by)} variables are given.",
            field="order",
            value=request.order,
            remedy="Give one variable with an order, or each variable as often as it is meant: [x, x, y].",
        )
    return by * request.order


def _derived(terms: Terms, by: Sequence[Any], text: str) -> Any:
    return insist(
        lambda: _shorter(terms.expression, by), "The derivative was not found", field="expression", value=text
    )


def _shorter(expression: Any, by: Sequence[Any]) -> Any:
    found = sympy.diff(expression, *by).replace(_is_nothing, _nothing)
    if found.has(sympy.Derivative, sympy.Subs):
        raise InvalidRequest(
            "expression has no derivative in closed form.",
            field="expression",
            value=write_text(expression)[:80],
            remedy="Give one without floor, ceil, min, max or factorial.",
        )
    if found.has(sympy.nan, sympy.zoo):
        raise InvalidRequest(
            "expression has no derivative: it divides by 0 wherever it is taken.",
            field="expression",
            value=write_text(expression)[:80],
            remedy="Give one that has values.",
        )
    if sympy.count_ops(found) > 400:  # noqa: PLR2004 - a long one is tidied for longer than it took to find
        return found
    tidied = attempt(lambda: sympy.simplify(found), 6_000_000)
    shorter = not isinstance(tidied, Failed) and len(write_text(tidied)) < len(write_text(found))
    return tidied if shorter else found


def _nothing(_term: Any) -> Any:
    return sympy.Integer(0)


def _is_nothing(term: Any) -> bool:
    """Whether it is a peak times what is 0 there: left of the cube root, whose sign is written apart."""
    if not (term.is_Mul and term.has(sympy.DiracDelta)):
        return False
    peaks = [one.args[0] for one in term.args if isinstance(one, sympy.DiracDelta)]
    roots = [
        one.base.args[0] for one in term.args if one.is_Pow and isinstance(one.base, sympy.Abs) and one.exp.is_positive
    ]
    return any(one in roots for one in peaks)


def _checks(terms: Terms, by: Sequence[Any], found: Any, positive: Sequence[str]) -> list[Check]:
    precise = Precise(40)
    names = sorted({*terms.names, *(one.name for one in by)})
    orders = {name: sum(one.name == name for one in by) for name in dict.fromkeys(one.name for one in by)}

    def differences(values: Mapping[str, Any]) -> Any:
        def along(*moved: Any) -> Any:
            there = precise.value(terms.formula.tree, {**values, **dict(zip(orders, moved, strict=True))})
            if there is None:
                raise ZeroDivisionError
            return there

        try:
            return precise.mp.diff(along, tuple(values[name] for name in orders), tuple(orders.values()))
        except (ArithmeticError, ValueError):
            return None

    points = trial_points(names, positive)
    return compare_at("differences of the formula", value_of(found, precise), differences, points, precise)


def _point(request: DifferentiateRequest, terms: Terms) -> dict[str, Any]:
    """The values at which the derivative is wanted, as sympy has them."""
    given = {name: to_sympy(tree, {}) for name, tree in read_values(request.at, "at").items()}
    if given and (open_names := [name for name in terms.names if name not in given]):
        raise InvalidRequest(
            f"at says nothing of {', '.join(open_names)}.",
            field="at",
            value=", ".join(given),
            remedy="Give a value for each variable of the expression, or none.",
        )
    return given


def _at(found: Any, terms: Terms, point: Mapping[str, Any]) -> tuple[str, float | None]:
    if not point:
        return "", None
    value = attempt(
        lambda: found.subs({terms.symbols.get(name, sympy.Symbol(name)): one for name, one in point.items()})
    )
    if isinstance(value, Failed):
        return "", None
    return write_decimal(value, 15)


def _window(value: Any) -> tuple[float, float]:
    middle = float(value) if value is not None and value.is_real else 0.0
    return middle - 4.0, middle + 4.0


def _notation(by: Sequence[Any]) -> str:
    names = [one.name for one in by]
    order = len(names)
    raised = str(order).translate(SUPERSCRIPT) if order > 1 else ""
    if len(set(names)) == 1:
        return f"d{raised}/d{names[0]}{raised}"
    return f"∂{raised}/({' '.join(f'∂{name}' for name in names)})"
