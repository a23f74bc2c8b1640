"""Integrals: a closed form where there is one, differentiated again or held against quadrature; else the number."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import (
    SOURCE,
    check,
    compare_at,
    exact_receipt,
    numeric_receipt,
    trial_points,
    value_of,
    value_of_tree,
)
from nis_backend.capabilities.mathematics.symbolic.curves import draw_curve
from nis_backend.capabilities.mathematics.symbolic.evaluate import write_decimal
from nis_backend.capabilities.mathematics.symbolic.quadrature import (
    DIGITS,
    Quadrature,
    broken_at,
    integrate_numbers,
    wave_of,
)
from nis_backend.capabilities.mathematics.symbolic.quadrature import SOURCE as QUADRATURE_SOURCE
from nis_backend.capabilities.mathematics.symbolic.results import Integral
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
from nis_backend.numerics.formula import Call, Formula, Number, give
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.receipt import Check
from nis_backend.numerics.symbolic import sympy, write_text
from nis_backend.numerics.written import SUPERSCRIPT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.capabilities.mathematics.symbolic.requests import IntegrateRequest
    from nis_backend.capabilities.mathematics.symbolic.terms import Terms
    from nis_backend.numerics.receipt import Receipt

INDEFINITE, DEFINITE = "integration in closed form", "integration in closed form between limits"
AGREES = 1e-8
"""Largest difference from quadrature, of the value or of 1, with which a closed form is believed."""
LEAST = 1e-3
"""What a value is compared as that is less: it may be 0."""
FAR = 10
"""Times the error of a quadrature that did not settle: what is farther from it is no closed form."""
STEPS = 10_000_000
MOST_DEGREE = 6
"""Of a factor of a denominator: beyond it few steps take long, for their numbers have thousands of digits."""
_WINDOW = 4.0


@bounded("expression", integrates=True)
def integrate(request: IntegrateRequest) -> Integral:
    """The integral that was asked for."""
    terms = read_terms(request.expression, field="expression", positive=request.positive)
    variable = choose_variable(terms, request.variable)
    if bool(request.lower) != bool(request.upper):
        missing = "upper" if request.lower else "lower"
        raise InvalidRequest(
            f"Only one limit is given: {missing} is missing.",
            field=missing,
            value="",
            remedy="Give both limits, as 0 and infinity, or none for an indefinite integral.",
        )
    if not request.lower:
        return _indefinite(request, terms, variable)
    lower, upper = read_number(request.lower, field="lower"), read_number(request.upper, field="upper")
    for field, one in (("lower", lower), ("upper", upper)):
        if not one.is_extended_real:
            raise InvalidRequest(
                f"{field} is not real.", field=field, value=getattr(request, field), remedy="Give a real limit."
            )
    if terms.formula.names - {variable.name}:
        return _with_parameters(request, terms, variable, lower, upper)
    return _definite(request, terms, variable, lower, upper)


def _by_algebra(expression: Any, variable: Any, over: Any) -> Any:  # Any: sympy has no types
    """The integral in closed form, or why there is none."""
    if expression.is_rational_function(variable):
        below = sympy.denom(sympy.together(expression))
        parts: Any = attempt(lambda: sympy.factor_list(below, variable)[1], 2_000_000)
        if isinstance(parts, Failed):
            return parts
        steep = [sympy.Poly(one, variable) for one, _ in parts]
        # x^8 + 1 has roots in closed form.
        worst = max((one.degree() for one in steep if len(one.terms()) > 2), default=0)  # noqa: PLR2004 - as that has
        if worst > MOST_DEGREE:
            return Failed(f"the denominator has a factor of degree {worst}, whose roots have no closed form")
    return attempt(lambda: sympy.integrate(expression, over), STEPS)


# Without limits.


def _indefinite(request: IntegrateRequest, terms: Terms, variable: Any) -> Integral:  # Any: sympy has no types
    found = _by_algebra(terms.expression, variable, variable)
    if isinstance(found, Failed) or _is_open(found):
        return _not_found(found)
    tidied = attempt(lambda: _tidied(found, terms.expression), 6_000_000)
    found = found if isinstance(tidied, Failed) else tidied
    checks = _differentiated(terms, variable, found, request)
    text, latex = write(found)
    return Integral(
        outcome="closed form",
        expression=text,
        latex=latex,
        antiderivative="",
        decimal="",
        value=None,
        receipt=exact_receipt(INDEFINITE, "the antiderivative, up to a constant", checks),
        curve=draw_curve(terms.formula, variable.name, -_WINDOW, _WINDOW, found, "antiderivative"),
    )


def _not_found(found: Any) -> Integral:
    why = found.reason if isinstance(found, Failed) else "the algorithm found none"
    note = f"No closed form was found: {why}. Give limits for the number; some integrals have no closed form at all."
    receipt = exact_receipt(INDEFINITE, "the antiderivative", [], notes=[note])
    return Integral(
        outcome="not found",
        expression="",
        latex="",
        antiderivative="",
        decimal="",
        value=None,
        receipt=receipt.model_copy(update={"notes": [note], "estimate": "none: nothing was found"}),
    )


def _is_open(found: Any) -> bool:
    """Whether an integral stands in the answer."""
    return bool(found.has(sympy.Integral)) or bool(found.has(sympy.nan))


def _tidied(found: Any, expression: Any) -> Any:
    """The shorter of what was found and what simplifying makes of it; a constant that it left is dropped."""
    simple = sympy.simplify(found) if sympy.count_ops(found) < 200 else found  # noqa: PLR2004 - as in derivatives
    best = min((found, simple), key=lambda one: len(write_text(one)))
    if best.is_Add and expression.free_symbols:
        best = best.func(*(one for one in best.args if one.free_symbols)) or best
    return best


def _differentiated(terms: Terms, variable: Any, found: Any, request: IntegrateRequest) -> list[Check]:
    precise = Precise(40)
    value = value_of(found, precise)

    def slope(values: Mapping[str, Any]) -> Any:
        def along(x: Any) -> Any:
            there = value({**values, variable.name: x})
            if there is None:
                raise ZeroDivisionError
            return there

        try:
            return precise.mp.diff(along, values[variable.name])
        except (ArithmeticError, ValueError):
            return None

    names = sorted({*terms.names, variable.name})
    return compare_at(
        "its slope, by differences, against the formula",
        slope,
        value_of_tree(terms.formula.tree, precise),
        trial_points(names, request.positive),
        precise,
        allowed=1e-10,
    )


# Between limits.


def _with_parameters(request: IntegrateRequest, terms: Terms, variable: Any, lower: Any, upper: Any) -> Integral:
    """A definite integral that holds other names: exact or not at all, checked by quadrature for values of them."""
    found = _by_algebra(terms.expression, variable, (variable, lower, upper))
    if isinstance(found, Failed) or _is_open(found):
        return _not_found(found)
    tidied = attempt(lambda: sympy.simplify(found), 6_000_000)
    found = found if isinstance(tidied, Failed) else tidied
    if found.has(sympy.oo, sympy.zoo):
        return _not_found(Failed("it diverges for some values of the other names"))
    precise = Precise(DIGITS)
    others = sorted(terms.formula.names - {variable.name})
    value = value_of(found, precise)
    checks: list[Check] = []
    for point in trial_points(others, request.positive):
        formula = give(terms.formula, {name: Number(float(one), one) for name, one in point.items() if one[0] != "-"})
        if formula.names - {variable.name} or len(checks) == 2:  # noqa: PLR2004 - a quadrature each
            continue
        second = integrate_numbers(formula, variable.name, lower, upper)
        first = value({name: precise.mp.mpf(one) for name, one in point.items()})
        if not isinstance(second, Failed) and first is not None and second.error < AGREES * max(1, abs(second.value)):
            where = ", ".join(f"{name} = {one}" for name, one in point.items())
            checks.append(check(f"{second.method} at {where}", first, second.value, allowed=AGREES))
    text, latex = write(found)
    return Integral(
        outcome="closed form",
        expression=text,
        latex=latex,
        antiderivative="",
        decimal="",
        value=None,
        receipt=exact_receipt(DEFINITE, "the value", checks),
    )


def _definite(request: IntegrateRequest, terms: Terms, variable: Any, lower: Any, upper: Any) -> Integral:
    expression = terms.expression
    breaks = broken_at(expression, variable, float(lower), float(upper))
    endless = bool(lower.is_infinite or upper.is_infinite)
    second = integrate_numbers(
        terms.formula, variable.name, lower, upper, breaks, wave=wave_of(expression, variable) if endless else 0.0
    )
    found = _by_algebra(expression, variable, (variable, lower, upper))
    anti = _by_algebra(expression, variable, variable)
    antiderivative = "" if isinstance(anti, Failed) or _is_open(anti) else write(anti)[0]
    beside = None if not antiderivative else anti
    low, high = _shown(lower, upper)
    curve = draw_curve(terms.formula, variable.name, low, high, beside, "antiderivative")
    common = {"antiderivative": antiderivative, "curve": curve}
    infinite = not isinstance(found, Failed) and (found in (sympy.oo, -sympy.oo, sympy.zoo, sympy.nan))
    swings = not isinstance(found, Failed) and found.has(sympy.AccumBounds)
    if (infinite or swings) and not _settled(second):
        return _diverging(terms, variable, (lower, upper), found, breaks, common)
    if isinstance(found, Failed) or _is_open(found) or found.has(sympy.oo, sympy.zoo, sympy.AccumBounds):
        why = found.reason if isinstance(found, Failed) else "the algorithm found none"
        return _number_only(request, second, f"No closed form was found: {why}.", common)
    return _closed(request, found, second, common)


def _settled(second: Quadrature | Failed) -> bool:
    """Whether quadrature found a number that can be believed."""
    return not isinstance(second, Failed) and second.error <= AGREES * max(1.0, float(abs(second.value)))


def _closed(request: IntegrateRequest, found: Any, second: Quadrature | Failed, common: Mapping[str, Any]) -> Integral:
    """An exact value, if quadrature agrees with it; what it disagrees with is no answer."""
    tidied = attempt(lambda: sympy.simplify(found), 6_000_000)
    found = found if isinstance(tidied, Failed) else tidied
    decimal, value = write_decimal(found, 15)
    precise = Precise(DIGITS)
    exact = value_of(found, precise)({})
    checks: list[Check] = []
    sure = _settled(second)
    if not isinstance(second, Failed) and exact is not None and sure:
        size = float(abs(second.value))
        least = LEAST if second.error > 1e-6 * size else 0.0
        allowed = max(1e-10, 10 * second.error / max(least, size))
        checks.append(check(second.method, exact, second.value, allowed=allowed, least=least))
        if not checks[0].agrees:
            note = f"The algebra gave {write_text(found)[:200]}, which quadrature contradicts: the number is given."
            return _number_only(request, second, note, common)
    elif not isinstance(second, Failed) and exact is not None and abs(exact - second.value) > FAR * second.error:
        note = f"The algebra gave {write_text(found)[:200]}, which is far from what quadrature gives: neither is sure."
        return _number_only(request, second, note, common)
    text, latex = write(found)
    notes = [] if sure else ["The quadrature did not settle: it says little about the closed form."]
    return Integral(
        outcome="closed form",
        expression=text,
        latex=latex,
        decimal=decimal,
        value=value,
        receipt=exact_receipt(DEFINITE, "the value", checks, notes=notes, source=f"{SOURCE}; {QUADRATURE_SOURCE}"),
        **common,
    )


def _number_only(
    request: IntegrateRequest, second: Quadrature | Failed, note: str, common: Mapping[str, Any]
) -> Integral:
    if isinstance(second, Failed):
        raise InvalidRequest(
            f"{note} Quadrature came to nothing, too: {second.reason}.",
            field="expression",
            value=request.expression[:80],
            remedy="Give limits between which it is real and finite.",
        )
    digits = 15 if second.error == 0 else _sure_digits(second)
    decimal = str(Precise(DIGITS).mp.nstr(second.value, digits))
    return Integral(
        outcome="number only",
        expression="",
        latex=decimal,
        decimal=decimal,
        value=float(second.value),
        receipt=_numeric(request, second, note),
        **common,
    )


def _sure_digits(second: Quadrature) -> int:
    size = float(abs(second.value)) or 1.0
    return max(2, min(15, math.floor(math.log10(size) - math.log10(max(second.error, 1e-300)))))


def _numeric(request: IntegrateRequest, second: Quadrature, note: str) -> Receipt:
    return numeric_receipt(
        second.method,
        "the value of the integral",
        [],
        asked=request.tolerance,
        reached=max(second.error, 1e-25),
        estimate="the whole against the same with each piece cut in two",
        evaluations=second.evaluations,
        of="values of the formula",
        source=QUADRATURE_SOURCE,
        notes=[note],
    )


def _diverging(  # noqa: PLR0913, PLR0917 - an integral, and what was found of it
    terms: Terms, variable: Any, limits: tuple[Any, Any], found: Any, breaks: list[float], common: Mapping[str, Any]
) -> Integral:
    """No finite value: what is cut off near a pole, or far away, grows without end; or it swings for ever."""
    if found.has(sympy.AccumBounds):
        checks = _swinging(terms, variable, limits)
    else:
        checks = _growing(terms, variable, limits, breaks, (3, 6, 9))
        checks = checks or _growing(terms, variable, limits, breaks, (1, 2, 2.5))
    infinite = "infinity" if found == sympy.oo else "-infinity" if found == -sympy.oo else ""
    return Integral(
        outcome="diverges",
        expression=infinite,
        latex=r"\infty" if infinite == "infinity" else r"-\infty" if infinite else "",
        decimal="",
        value=None,
        receipt=exact_receipt(DEFINITE, "whether there is a finite value", checks),
        **common,
    )


def _growing(
    terms: Terms, variable: Any, limits: tuple[Any, Any], breaks: list[float], powers: tuple[float, float, float]
) -> list[Check]:
    sizes = [_cut_off(terms, variable, limits, breaks, power) for power in powers]
    if any(one is None or not math.isfinite(one) for one in sizes):
        return []
    first, middle, last = (float(one or 0.0) for one in sizes)
    grows = last - middle > 0.5 * (middle - first) > 0
    less, more = (str(one).translate(SUPERSCRIPT) for one in powers[1:])
    name = f"∫|f| without 10⁻{more} about the poles and beyond 10{more}, above that with {less} in the place of {more}"
    return [Check(name=name, computed=last, expected=middle, unit="", allowed=0.0, agrees=grows)]


def _swinging(terms: Terms, variable: Any, limits: tuple[Any, Any]) -> list[Check]:
    """The formula far out: it does not fall off."""
    precise = Precise(DIGITS)
    far = 1 if sympy.oo in limits else -1
    sizes = [
        max(
            float(abs(precise.value(terms.formula.tree, {variable.name: precise.mp.mpf(far * (begin + step))}) or 0))
            for step in range(40)
        )
        for begin in (100, 10_000)
    ]
    name = "largest of 40 values beyond 10⁴, at least half of that beyond 100: it does not fall off"
    return [
        Check(name=name, computed=sizes[1], expected=sizes[0], unit="", allowed=0.0, agrees=sizes[1] >= 0.5 * sizes[0])
    ]


def _cut_off(terms: Terms, variable: Any, limits: tuple[Any, Any], breaks: list[float], power: float) -> float | None:
    """The integral of the modulus without so little about each pole, and without what is so far away."""
    near, far = 10.0**-power, 10.0**power
    low, high = sorted(max(-far, min(far, float(one))) for one in limits)
    edges = sorted({low, high, *(one for one in breaks if low <= one <= high)})
    total = 0.0
    size = Formula(text="", tree=Call("abs", (terms.formula.tree,)), field="expression")
    for a, b in pairwise(edges):
        begin, end = a + near * (a in breaks), b - near * (b in breaks)
        decades = [begin + (end - begin) * 10.0**-k for k in range(12)] + [
            end - (end - begin) * 10.0**-k for k in range(12)
        ]
        part = integrate_numbers(size, variable.name, sympy.Float(begin, 30), sympy.Float(end, 30), decades)
        if isinstance(part, Failed):
            return None
        total += float(part.value)
    return total


def _shown(lower: Any, upper: Any) -> tuple[float, float]:
    """Finite limits for a drawing."""
    low, high = sorted((float(lower), float(upper)))
    if low == -float("inf") and high == float("inf"):
        return -10.0, 10.0
    if high == float("inf"):
        return low, low + 20
    return (high - 20, high) if low == -float("inf") else (low, high)
