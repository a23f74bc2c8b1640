"""Inequalities in one real unknown, tried at places in and out of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.equations import as_formula
from nis_backend.capabilities.mathematics.symbolic.found import Found
from nis_backend.capabilities.mathematics.symbolic.terms import Failed, attempt
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.receipt import Check
from nis_backend.numerics.symbolic import sympy, write_text

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.symbolic.equations import System
    from nis_backend.capabilities.mathematics.symbolic.found import Outcome

STEPS = 15_000_000
_PLACES = (
    "-37.13",
    "-9.7",
    "-4.21",
    "-2.6",
    "-1.83",
    "-0.71",
    "0.11",
    "0.83",
    "1.23",
    "2.41",
    "3.19",
    "5.3",
    "8.9",
    "41.7",
)


def solve_inequality(system: System) -> Found:
    """Where the inequality holds."""
    (equation,) = system.equations
    unknown = system.unknowns[0]
    method = "sign between zeros and poles"
    if system.others or len(system.unknowns) > 1 or not system.real:
        return Found(outcome="unknown", method=method, notes=["Inequalities are solved in one real unknown alone."])
    kinds = {"<": sympy.Lt, ">": sympy.Gt, "<=": sympy.Le, ">=": sympy.Ge, "!=": sympy.Ne}
    relation = kinds[equation.relation](equation.expression, 0)
    if relation in (sympy.true, sympy.false):
        return Found(outcome="every value" if relation == sympy.true else "none", method=method)
    found = attempt(
        lambda: (
            sympy.solveset(equation.expression, unknown, sympy.S.Reals)
            if equation.relation == "!="
            else sympy.solve_univariate_inequality(relation, unknown, relational=False)
        ),
        STEPS,
    )
    if isinstance(found, Failed):
        return Found(outcome="unknown", method=method, notes=[f"Not solved: {found.reason}."])
    if equation.relation == "!=":
        found = sympy.S.Reals - found
    if found.has(sympy.ConditionSet):
        return Found(outcome="unknown", method=method, notes=["Its zeros have no closed form."])
    if found is sympy.S.EmptySet:
        return Found(outcome="none", method=method, checks=_tried(system, found, None))
    outcome: Outcome = "every value" if found == sympy.S.Reals else "infinitely many"
    period = (
        None
        if outcome == "every value"
        else attempt(lambda: sympy.periodicity(equation.expression, unknown), 6_000_000)
    )
    period = None if isinstance(period, Failed) else period
    notes = [f"It repeats: add any whole number times {write_text(period)}."] if period is not None else []
    return Found(outcome=outcome, method=method, whole=found, checks=_tried(system, found, period), notes=notes)


def _tried(system: System, found: Any, period: Any | None) -> list[Check]:
    """The relation itself at places in and out of the answer; of what repeats, of its first period."""
    (equation,), (unknown,) = system.equations, system.unknowns[:1]
    precise = Precise(40)
    formula = as_formula(equation)
    right = tried = 0
    for place in _PLACES:
        value = precise.value(formula.tree, {unknown.name: precise.mp.mpf(place)})
        at = sympy.Rational(place)
        inside = found.contains(at if period is None else at - period * sympy.floor(at / period))
        if value is None or inside not in (sympy.true, sympy.false):
            continue
        holds = {"<": value < 0, "<=": value <= 0, ">": value > 0, ">=": value >= 0, "!=": value != 0}[
            equation.relation
        ]
        tried += 1
        right += bool(holds) == (inside == sympy.true)
    name = "places at which the inequality holds, or does not, as the answer says"
    return [Check(name=name, computed=float(right), expected=float(tried), unit="", allowed=0.0, agrees=right == tried)]
