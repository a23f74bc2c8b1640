"""Laplace transforms and their inverses in closed form, held against quadrature, and Talbot's inversion."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import check, exact_receipt, value_of, value_of_tree
from nis_backend.capabilities.mathematics.symbolic.results import Transform
from nis_backend.capabilities.mathematics.symbolic.terms import (
    Failed,
    Terms,
    attempt,
    attempt_numbers,
    bounded,
    check_name,
    insist,
    read_terms,
    write,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Formula, Number, give, read_formula
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.symbolic import sympy, to_sympy, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.capabilities.mathematics.symbolic.requests import LaplaceRequest
    from nis_backend.numerics.receipt import Check

LAPLACE = "tables and rules of the Laplace transform"
AGREES = 1e-9
ROUGH = 1e-5
"""Error of a quadrature, of its value, with which it says nothing."""
DIGITS = 25
STEPS = 15_000_000
_INTEGRAL = "F(s) = ∫ f(t) e^(-s t) dt from 0 to infinity"


@bounded("expression", integrates=True)
def transform_laplace(request: LaplaceRequest) -> Transform:
    """The transform, or the function of time, that was asked for."""
    return _backward(request) if request.inverse else _forward(request)


def _forward(request: LaplaceRequest) -> Transform:
    terms, t = _of_time(request.expression, request.variable, "t")
    s = sympy.Symbol("s")
    found: Any = insist(
        lambda: as_tuple(sympy.laplace_transform(terms.expression, t, s)),
        "The transform was not found",
        field="expression",
        value=request.expression,
        steps=STEPS,
    )
    if len(found) != 3 or found[0].has(sympy.LaplaceTransform, sympy.Integral):  # noqa: PLR2004 - all that is found
        raise no_transform(request.expression, "Laplace transform")
    answer, edge, condition = found
    if edge == sympy.oo or condition == sympy.false:
        raise no_transform(request.expression, "Laplace transform")
    tidied = attempt(lambda: shorter(answer), 6_000_000)
    answer = answer if isinstance(tidied, Failed) else tidied
    text, latex = write(answer)
    region = "everywhere" if edge == -sympy.oo else f"Re(s) > {write_text(sympy.simplify(edge))}"
    return Transform(
        expression=text,
        latex=latex,
        variable="s",
        convention=_INTEGRAL,
        region=region,
        receipt=exact_receipt(LAPLACE, "the transform", _laplace_checks(terms, t.name, answer, edge)),
    )


def as_tuple(found: Any) -> tuple[Any, ...]:  # Any: sympy has no types
    """The transform, its edge and its condition; the transform alone where it was not found."""
    return tuple(found) if isinstance(found, tuple) else (found,)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - sympy has no types


def _backward(request: LaplaceRequest) -> Transform:
    formula = read_formula(request.expression, largest=4000)
    name = request.variable or ("s" if "s" in formula.names else "p" if "p" in formula.names else "s")
    check_name(name, "variable")
    s, t = sympy.Symbol(name), sympy.Symbol("t" if name != "t" else "x", positive=True)
    if t.name in formula.names:
        raise InvalidRequest(
            f"expression holds {t.name}, which is the variable of the answer.",
            field="expression",
            value=request.expression,
            remedy=f"Write a transform in {name} and names other than {t.name}.",
        )
    symbols = {one: sympy.Symbol(one, real=True) for one in formula.names} | {name: s}
    expression = to_sympy(formula.tree, symbols)
    terms = Terms(formula=formula, expression=expression, symbols=symbols)
    found = insist(
        lambda: sympy.inverse_laplace_transform(expression, s, t),
        "The function of time was not found",
        field="expression",
        value=request.expression,
        steps=STEPS,
    )
    if found.has(sympy.InverseLaplaceTransform, sympy.Integral):
        raise no_transform(request.expression, "inverse Laplace transform")
    tidied = attempt(lambda: shorter(found), 6_000_000)
    found = found if isinstance(tidied, Failed) else tidied
    text, latex = write(found)
    checks = _inverse_checks(terms, name, found, t)
    return Transform(
        expression=text,
        latex=latex,
        variable=t.name,
        convention=f"{_INTEGRAL}, solved for f(t), t > 0",
        region="t > 0",
        receipt=exact_receipt(LAPLACE, "the function of time", checks, notes=_peak(expression, s)),
    )


def _peak(expression: Any, s: Any) -> list[str]:  # Any: sympy has no types
    """What stands at t = 0 alone: a fraction that does not fall off is the transform of a peak."""
    if not expression.is_rational_function(s):
        return []
    top, bottom = (sympy.Poly(one, s).degree() for one in sympy.fraction(sympy.together(expression)))
    return ["At t = 0 there is a Dirac peak besides."] if top >= bottom else []


def shorter(found: Any) -> Any:
    """The shortest of what simplifying and factoring make of it."""
    choices = [found, sympy.simplify(found)]
    if found.is_rational_function():
        choices.append(sympy.factor(found))
    return min(choices, key=lambda one: len(write_text(one)))


def _of_time(text: str, wanted: str, usual: str) -> tuple[Terms, Any]:
    """The formula with its variable greater than 0."""
    formula = read_formula(text, largest=4000)
    name = wanted or (usual if usual in formula.names or len(formula.names) != 1 else next(iter(formula.names)))
    check_name(name, "variable")
    terms = read_terms(text, field="expression", positive=[name], extra=[name])
    return terms, terms.symbols[name]


def no_transform(text: str, what: str) -> InvalidRequest:
    """The refusal where there is no closed form."""
    return InvalidRequest(
        f"No {what} in closed form was found, or there is none.",
        field="expression",
        value=text if len(text) <= 80 else f"{text[:77]}…",  # noqa: PLR2004 - a line
        remedy="Give a sum of powers, exponentials, sines, cosines and steps, or one part of it at a time.",
    )


def valued(formula: Formula, keep: str) -> tuple[Formula, dict[str, str]]:
    """The formula with numbers in the place of all names but one."""
    others = sorted(formula.names - {keep})
    values = {name: f"{0.83 + 0.4 * at:.2f}" for at, name in enumerate(others)}
    return give(formula, {name: Number(float(one), one) for name, one in values.items()}), values


def _laplace_checks(terms: Terms, name: str, answer: Any, edge: Any) -> list[Check]:
    formula, given = valued(terms.formula, name)
    precise = Precise(DIGITS)
    mp = precise.mp
    value, at_time = value_of(answer, precise), value_of_tree(formula.tree, precise)
    numbers = {terms.symbols[one]: sympy.Rational(text) for one, text in given.items()}
    begin = attempt(lambda: float(edge.subs(numbers)), 3_000_000)
    begin = begin if isinstance(begin, float) and abs(begin) < 1e6 else 0.0  # noqa: PLR2004 - everywhere, or not known
    checks: list[Check] = []
    for beyond in ("1.25", "2.5"):
        s = mp.mpf(begin) + mp.mpf(beyond)
        computed = value({**{one: mp.mpf(text) for one, text in given.items()}, "s": s})
        second = attempt_numbers(lambda s=s: _weighted(mp, at_time, name, s), 15_000_000)
        if computed is None or isinstance(second, Failed):
            continue
        value_there, error = second
        where = ", ".join([f"s = {mp.nstr(s, 6)}", *(f"{one} = {text}" for one, text in given.items())])
        if error < ROUGH:
            allowed = max(AGREES, 10 * error)
            checks.append(check(f"quadrature of the integral at {where}", computed, value_there, allowed=allowed))
    return checks


def _weighted(mp: Any, at_time: Any, name: str, s: Any) -> tuple[Any, float]:
    """∫ f(t) e^(-s t) dt by quadrature over growing pieces, and its error."""

    def weighted(t: Any) -> Any:
        value = at_time({name: t})
        if value is None:
            return mp.mpf(0) if t > 30 else mp.nan  # noqa: PLR2004 - overflow far out, where the weight has won
        return value * mp.exp(-s * t)

    # Steps and corners of usual functions are at whole numbers and halves.
    edges = [mp.mpf(k) / 2 for k in range(13)] + [mp.mpf(10), mp.mpf(20), mp.mpf(40)]
    value, error = mp.quad(weighted, [*edges, mp.inf], error=True)
    return value, float(error) / max(1e-3, float(abs(value))) if mp.isfinite(value) and mp.isfinite(error) else math.inf


def _inverse_checks(terms: Terms, name: str, found: Any, t: Any) -> list[Check]:
    """Mpmath's Talbot inversion of the formula as written; where a step spoils it, the integral of the answer."""
    formula, given = valued(terms.formula, name)
    precise = Precise(DIGITS)
    mp = precise.mp
    numbers = {one: mp.mpf(text) for one, text in given.items()}
    at_s = value_of_tree(formula.tree, precise)
    at_t = value_of(found, precise)

    def along(at: Any) -> Any:
        return at_s({name: at})

    checks: list[Check] = []
    for time in ("0.7", "1.9"):
        wanted = attempt_numbers(lambda time=time: mp.invertlaplace(along, mp.mpf(time), method="talbot"), 15_000_000)
        computed = at_t({**numbers, t.name: mp.mpf(time)})
        if isinstance(wanted, Failed) or wanted is None or computed is None:
            continue
        where = ", ".join([f"{t.name} = {time}", *(f"{one} = {text}" for one, text in given.items())])
        checks.append(check(f"Talbot's inversion at {where}", computed, wanted, allowed=AGREES, least=1e-3))
    if checks and all(one.agrees for one in checks):
        return checks
    return _again(precise, at_s, name, at_t, t.name, numbers) or checks


def _again(  # noqa: PLR0913, PLR0917 - both functions, and where
    precise: Precise, at_s: Any, name: str, at_t: Any, time: str, numbers: Mapping[str, Any]
) -> list[Check]:  # fmt: skip
    """The transform of what was found, by quadrature, against the formula it was found for."""
    mp = precise.mp

    def answer(at: Mapping[str, Any]) -> Any:
        return at_t({**numbers, **at})

    checks: list[Check] = []
    for place in ("2.25", "4.5"):
        s = mp.mpf(place)
        second = attempt_numbers(lambda s=s: _weighted(mp, answer, time, s), 15_000_000)
        wanted = at_s({name: s})
        if not isinstance(second, Failed) and wanted is not None and second[1] < ROUGH:
            allowed = max(AGREES, 10 * second[1])
            checks.append(check(f"its transform by quadrature at {name} = {place}", second[0], wanted, allowed=allowed))
    return checks
