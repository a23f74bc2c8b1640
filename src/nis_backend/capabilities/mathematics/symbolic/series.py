"""Series: the first terms, and how fast what is left out falls."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.capabilities.mathematics.symbolic.checking import check, exact_receipt, value_of, value_of_tree
from nis_backend.capabilities.mathematics.symbolic.curves import draw_curve
from nis_backend.capabilities.mathematics.symbolic.evaluate import write_decimal
from nis_backend.capabilities.mathematics.symbolic.results import Expansion, Term
from nis_backend.capabilities.mathematics.symbolic.terms import (
    bounded,
    choose_variable,
    insist,
    read_number,
    read_terms,
    write,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Number, give
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.receipt import Check
from nis_backend.numerics.symbolic import sympy, write_text

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.symbolic.requests import SeriesRequest
    from nis_backend.capabilities.mathematics.symbolic.terms import Terms

METHOD = "expansion in powers"
NEAR, NEARER = -8, -9
"""Powers of two: the distances from the point at which the remainder is measured."""


@bounded("expression")
def expand(request: SeriesRequest) -> Expansion:
    """The beginning of the series that was asked for."""
    terms = read_terms(request.expression, field="expression")
    variable = choose_variable(terms, request.variable)
    point = read_number(request.point, field="point")
    if not point.is_finite or not point.is_real:
        raise InvalidRequest(
            "point is not a finite real number.",
            field="point",
            value=request.point,
            remedy="For large values put 1/x in the place of x and expand around 0.",
        )
    step = sympy.Symbol("h", positive=True) if variable.name != "h" else sympy.Symbol("d", positive=True)
    moved = terms.expression.subs(variable, point + step)
    series = insist(
        lambda: sympy.series(moved, step, 0, request.order),
        "The series was not found",
        field="expression",
        value=request.expression,
    )
    rest = series.getO()
    kept = sympy.expand(series.removeO())
    if kept.has(sympy.oo, sympy.zoo, sympy.nan, sympy.AccumBounds) or kept.has(sympy.Order):
        raise _none(request)
    away = variable - point
    found = [(power, one, extra.subs(step, away)) for power, one, extra in _terms(kept, step)]
    if any(one.subs(sympy.log(away), 1).has(variable) for _, _, one in found):
        raise _none(request)
    answer = sum((one * away**power * extra for power, one, extra in found), sympy.Integer(0))
    text, latex = write(answer)
    checks = _checks(terms, variable, point, answer, request.order, 1, complete=rest is None)
    kind = _kind(found)
    left = _checks(terms, variable, point, answer, request.order, -1, complete=rest is None)
    both = kind in ("Puiseux", "other") or not left or all(one.agrees for one in left)
    notes = [] if both else [f"It holds to the right of {request.point} alone: to the left the formula is another."]
    base = write(away)[1]
    middle = float(point)
    return Expansion(
        expression=text,
        latex=latex + (rf" + O\left({base if point == 0 else f'({base})'}^{{{request.order}}}\right)" if rest else ""),
        kind=kind,
        terms=[
            Term(
                power=write_text(power), coefficient=write_text(one * extra), decimal=write_decimal(one * extra, 15)[0]
            )
            for power, one, extra in found
        ],
        order=request.order,
        complete=rest is None,
        receipt=exact_receipt(METHOD, "each coefficient", checks, notes=notes),
        curve=draw_curve(
            terms.formula, variable.name, middle - 3, middle + 3, answer, f"series to order {request.order - 1}"
        ),
    )


def _none(request: SeriesRequest) -> InvalidRequest:
    return InvalidRequest(
        f"expression has no series around {request.point}.",
        field="point",
        value=request.point,
        remedy="Give another point: one at which it has a value, a pole or a root.",
    )


def _terms(kept: Any, step: Any) -> list[tuple[Any, Any, Any]]:  # Any: sympy has no types
    """Power, coefficient, and what else of the distance is in the term, such as its logarithm."""
    found: dict[tuple[Any, Any], Any] = {}
    for one in sympy.Add.make_args(kept):
        coefficient, rest = one.as_independent(step)
        power, extra = sympy.Integer(0), sympy.Integer(1)
        for factor in sympy.Mul.make_args(rest):
            base, exponent = factor.as_base_exp()
            if base == step and not exponent.has(step):
                power += exponent
            else:
                extra *= factor
        found[power, extra] = found.get((power, extra), 0) + coefficient
    kept_terms = [(power, one, extra) for (power, extra), one in found.items() if one != 0]
    return sorted(kept_terms, key=lambda one: (float(one[0]), str(one[2])))


def _kind(found: list[tuple[Any, Any, Any]]) -> Literal["Taylor", "Laurent", "Puiseux", "other"]:
    if any(extra != 1 for _, _, extra in found):
        return "other"
    if any(not power.is_integer for power, _, _ in found):
        return "Puiseux"
    return "Laurent" if any(power.is_negative for power, _, _ in found) else "Taylor"


def _checks(  # noqa: PLR0913, PLR0917 - a series, where, and on which side
    terms: Terms, variable: Any, point: Any, answer: Any, order: int, side: int, *, complete: bool
) -> list[Check]:
    """The remainder at two distances: halved, it falls by 2^order or more."""
    precise = Precise(60 + 6 * order)
    mp = precise.mp
    others = sorted(terms.formula.names - {variable.name})
    formula = give(terms.formula, {name: Number(0.83 + 0.4 * at) for at, name in enumerate(others)})
    given = {name: mp.mpf(repr(0.83 + 0.4 * at)) for at, name in enumerate(others)}
    exact, near = value_of_tree(formula.tree, precise), value_of(answer, precise)
    middle = mp.mpf(str(sympy.N(point, mp.dps)))
    rests: list[Any] = []
    for power in (NEAR, NEARER):
        at = {**given, variable.name: middle + side * mp.mpf(2) ** power}
        wanted, found = exact(at), near(at)
        if wanted is None or found is None:
            return []
        rests.append(abs(wanted - found))
        last = (found, wanted)
    far = 2.0**NEARER
    size = f"the sum against the formula, 2^{NEARER} from the point"
    allowed = max(1e-12, 1e3 * far**order)
    checks = [check(size, *last, allowed=allowed)]  # pyright: ignore[reportPossiblyUnboundVariable] - two distances
    floor = mp.mpf(10) ** -(mp.dps - 15)
    if complete or rests[1] <= floor:
        return checks
    fall = float(mp.log(rests[0] / rests[1], 2))
    # A logarithm in the remainder slows it down a little.
    allowed = 1.0 if answer.has(sympy.log) else 0.25
    checks.append(
        Check(
            name="power of the distance by which the remainder falls, at least the order",
            computed=fall,
            expected=float(order),
            unit="",
            allowed=allowed,
            agrees=fall >= order - allowed and math.isfinite(fall),
        )
    )
    return checks
