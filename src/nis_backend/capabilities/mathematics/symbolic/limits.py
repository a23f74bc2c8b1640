"""Limits, from each side by itself, and what the formula is on the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import exact_receipt, value_of_tree
from nis_backend.capabilities.mathematics.symbolic.curves import draw_curve
from nis_backend.capabilities.mathematics.symbolic.evaluate import write_decimal
from nis_backend.capabilities.mathematics.symbolic.results import LimitValue
from nis_backend.capabilities.mathematics.symbolic.terms import (
    Failed,
    attempt,
    bounded,
    choose_variable,
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
    from nis_backend.capabilities.mathematics.symbolic.requests import LimitRequest
    from nis_backend.capabilities.mathematics.symbolic.terms import Terms

METHOD = "Gruntz's algorithm, from each side"
SOURCE = "Gruntz, On computing limits in a symbolic manipulation system, thesis, ETH Zurich (1996), in sympy 1.14"
STEPS = (2, 4, 7, 11, 16)
"""Powers of ten: how near the point, or how far out, the formula is looked at."""
SLOW = 0.9
"""What the distance to the limit may have left of itself at the next look; 1/log(x) takes its time."""
_NONE = "none"


@bounded("expression")
def find_limit(request: LimitRequest) -> LimitValue:
    """The limit that was asked for."""
    terms = read_terms(request.expression, field="expression")
    variable = choose_variable(terms, request.variable)
    point = read_number(request.towards, field="towards")
    if not point.is_extended_real:
        raise InvalidRequest("towards is not real.", field="towards", value=request.towards, remedy="Give a real one.")
    sides = _sides(request, point)
    found = {side: _from(terms, variable, point, side, request) for side in sides}
    checks = [one for side in sides for one in _checks(terms, variable, point, side, found[side])]
    values = list(found.values())
    same = all(one is not None for one in values) and all(_equal(values[0], one) for one in values)
    text, latex = write(values[0]) if same else ("", "")
    decimal, value = (
        write_decimal(values[0], 15) if same and values[0] is not None and not values[0].free_symbols else ("", None)
    )
    names = {side: _NONE if one is None else write_text(one) for side, one in found.items()}
    middle = float(point)
    window = (middle - 2, middle + 2) if point.is_finite else (1.0, 30.0) if middle > 0 else (-30.0, -1.0)
    return LimitValue(
        exists=bool(same),
        expression=text,
        latex=latex,
        decimal=decimal,
        value=value,
        left=names.get("left", ""),
        right=names.get("right", ""),
        receipt=exact_receipt(METHOD, "the limit", checks, source=SOURCE),
        curve=draw_curve(terms.formula, variable.name, *window, values[0] if same else None, "limit"),
    )


def _sides(request: LimitRequest, point: Any) -> list[str]:  # Any: sympy has no types
    if point == sympy.oo:
        return ["left"]
    if point == -sympy.oo:
        return ["right"]
    return ["left", "right"] if request.side == "both" else [request.side]


def _equal(one: Any, other: Any) -> bool:
    if one == other:
        return True
    return bool(attempt(lambda: sympy.simplify(one - other) == 0, 6_000_000) is True)


def _from(terms: Terms, variable: Any, point: Any, side: str, request: LimitRequest) -> Any | None:
    """The limit from one side; None where the formula goes on swinging there."""
    direction = "-" if side == "left" else "+"
    found = attempt(lambda: sympy.limit(terms.expression, variable, point, direction), 12_000_000)
    if isinstance(found, Failed) or found.has(sympy.Limit):
        why = found.reason if isinstance(found, Failed) else "the algorithm gave up"
        raise InvalidRequest(
            f"The limit was not found: {why}.",
            field="expression",
            value=request.expression[:80],
            remedy="Give a simpler expression, or evaluate it near the point.",
        )
    if not found.free_symbols and found.is_extended_real is False and not found.has(sympy.AccumBounds):
        raise InvalidRequest(
            "expression is not real near that place.",
            field="towards",
            value=request.towards,
            remedy="Give a place where it is real, or one side.",
        )
    return None if found.has(sympy.AccumBounds, sympy.nan) else found


def _checks(terms: Terms, variable: Any, point: Any, side: str, found: Any | None) -> list[Check]:
    """What the formula is nearer and nearer to the point."""
    others = sorted(terms.formula.names - {variable.name})
    if others and found is not None:
        found = found.subs({terms.symbols[name]: sympy.Rational(83 + 40 * at, 100) for at, name in enumerate(others)})
    formula = give(terms.formula, {name: Number(round(0.83 + 0.4 * at, 2)) for at, name in enumerate(others)})
    values = _approach(formula.tree, variable.name, point, side)
    if len(values) < 2:  # noqa: PLR2004 - a way has two points
        return []
    where = "outwards" if not point.is_finite else f"from the {side}"
    (before, last) = (float(one) for one in values[-2:])
    if found is None:
        spread = max(values) - min(values)
        name = f"values on the way {where}, largest and smallest: they do not settle"
        return [_check(name, max(values), min(values), 0.0, agrees=bool(spread > 0))]
    if found.is_infinite:
        grows = abs(last) > abs(before) and (last > 0) == bool(found > 0)
        name = f"its value nearest to the point, {where}, above the one before in size"
        return [_check(name, last, before, 0.0, agrees=grows)]
    limit = Precise(60).mp.mpf(str(sympy.N(found, 60))) if found.is_real else None
    if limit is None:
        return []
    apart = [abs(one - limit) for one in values]
    near = 1e-6 * max(1.0, float(abs(limit)))
    agrees = bool(apart[-1] <= near or (apart[-1] < SLOW * apart[-2] and apart[-2] < apart[0]))
    allowed = max(near, float(apart[-2]) * SLOW)
    return [_check(f"its value nearest to the point, {where}", last, limit, allowed, agrees=agrees)]


def _check(name: str, computed: Any, expected: Any, allowed: float, *, agrees: bool) -> Check:
    return Check(name=name, computed=float(computed), expected=float(expected), unit="", allowed=allowed, agrees=agrees)


def _approach(tree: Any, name: str, point: Any, side: str) -> list[Any]:
    """Real values of the formula on the way, as far as they fit a double."""
    precise = Precise(80)
    mp, value = precise.mp, value_of_tree(tree, precise)
    found: list[Any] = []
    for power in STEPS:
        far = mp.mpf("1.37") * mp.mpf(10) ** power
        if point.is_finite:
            at = mp.mpf(str(sympy.N(point, 80))) + (1 / far if side == "right" else -1 / far)
        else:
            at = far if point > 0 else -far
        one = value({name: at})
        if one is not None and abs(mp.im(one)) < 1e-40 and abs(one) < 1e290:  # noqa: PLR2004 - real, and a double
            found.append(mp.re(one))
    return found
