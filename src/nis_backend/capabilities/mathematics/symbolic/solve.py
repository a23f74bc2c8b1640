"""Equations solved: exact where that can be, each root put back; by numbers where not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.answers import write_solutions
from nis_backend.capabilities.mathematics.symbolic.equations import as_formula, left_over, read_system
from nis_backend.capabilities.mathematics.symbolic.found import SETTLED, Found, holds, place_of
from nis_backend.capabilities.mathematics.symbolic.inequalities import solve_inequality
from nis_backend.capabilities.mathematics.symbolic.polynomials import polynomial_of, polynomial_roots
from nis_backend.capabilities.mathematics.symbolic.scan import PLACES, Roots, find_roots
from nis_backend.capabilities.mathematics.symbolic.systems import solve_several
from nis_backend.capabilities.mathematics.symbolic.terms import Failed, attempt, bounded
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Check
from nis_backend.numerics.symbolic import sympy

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.symbolic.equations import System
    from nis_backend.capabilities.mathematics.symbolic.requests import SolveRequest
    from nis_backend.capabilities.mathematics.symbolic.results import Solutions

STEPS = 15_000_000
LONG = 200
"""Operations of an equation that is not simplified first."""


@bounded("equations")
def solve(request: SolveRequest) -> Solutions:
    """What satisfies the equations that were given."""
    system = read_system(request)
    return write_solutions(system, _found(system, request), request)


def _found(system: System, request: SolveRequest) -> Found:
    if len(system.equations) == 1 and system.equations[0].relation != "=":
        return solve_inequality(system)
    if len(system.equations) == 1 and len(system.unknowns) == 1:
        return _one(system, request)
    return solve_several(system)


def _one(system: System, request: SolveRequest) -> Found:
    (equation,), (unknown,) = system.equations, system.unknowns
    expression = equation.expression
    if not expression.has(unknown):
        return _without(system, expression, "the unknown cancels")
    simple = (
        attempt(lambda: sympy.simplify(expression), 6_000_000) if sympy.count_ops(expression) < LONG else expression
    )
    if not isinstance(simple, Failed) and not simple.has(unknown) and not system.others:
        return _without(system, simple, "the unknown cancels")
    polynomial = attempt(lambda: polynomial_of(expression, unknown), 8_000_000)
    if not isinstance(polynomial, Failed) and polynomial is not None:
        found = attempt(lambda: polynomial_roots(polynomial, real=system.real, digits=request.digits), STEPS)
        if not isinstance(found, Failed):
            kept = [(root, times) for root, times in found.roots if holds(system, (root,)) is not False]
            return Found(
                outcome="solved" if kept else "none",
                method=found.method,
                by_numbers=found.by_numbers,
                values=[(root,) for root, _ in kept],
                multiplicities=[times for _, times in kept],
                checks=found.checks,
                notes=found.notes,
            )
    return _transcendental(system, request)


def _without(system: System, expression: Any, why: str) -> Found:
    # sin(1)^2 + cos(1)^2 - 1 is 0 without looking like it.
    missed = None if expression.free_symbols else left_over(system, {system.unknowns[0].name: 1})
    always = expression == 0 or (missed is not None and missed <= SETTLED)
    return Found(outcome="every value" if always else "none", method=f"simplification: {why}")


def _transcendental(system: System, request: SolveRequest) -> Found:
    (equation,), (unknown,) = system.equations, system.unknowns
    domain = sympy.S.Reals if system.real else sympy.S.Complexes
    wanted = attempt(lambda: sympy.solveset(equation.expression, unknown, domain), STEPS)
    scanned = _scanned(system, request)
    found = None if isinstance(wanted, Failed) else _of_set(system, wanted, request)
    if found is None and not scanned.values and not isinstance(wanted, Failed):
        found = _inverted(system, equation.expression, unknown)
    if found is not None:
        inside = sum(1 for (one,) in found.values if _within(one, request))
        if scanned.values and found.outcome in ("solved", "none") and not system.others:
            found.checks.append(
                Check(
                    name=f"roots seen by a search from {request.start:g} to {scanned.until:g}, at most as many",
                    computed=float(len(scanned.values)),
                    expected=float(inside),
                    unit="",
                    allowed=0.0,
                    agrees=len(scanned.values) <= inside,
                )
            )
        elif found.outcome == "none" and system.real and not system.others and scanned.until > request.start:
            found.notes.append(f"A search by numbers sees none from {request.start:g} to {scanned.until:g}, either.")
        if all(one.agrees for one in found.checks):
            return found
    return _by_numbers(request, scanned)


def _inverted(system: System, expression: Any, unknown: Any) -> Found | None:
    """What inverting functions one by one comes to, which need not be all."""
    listed: Any = attempt(lambda: sympy.solve(expression, unknown), 10_000_000)
    if isinstance(listed, Failed) or not listed:
        return None
    values = [(one,) for one in listed] if system.others else [(one,) for one in listed if holds(system, (one,))]
    note = "Found by inverting functions one by one: there may be more."
    return Found(outcome="solved", method="inverse functions", values=values, notes=[note]) if values else None


def _scanned(system: System, request: SolveRequest) -> Roots:
    (equation,), (unknown,) = system.equations, system.unknowns
    if not system.real or system.others or not request.start < request.end:
        return Roots(values=[], until=request.start, stopped="")
    return find_roots(as_formula(equation), unknown.name, request.start, request.end)


def _by_numbers(request: SolveRequest, scanned: Roots) -> Found:
    window = f"from {request.start:g} to {scanned.until:g}"
    cut = [f"The search ended at {scanned.until:g}: {scanned.stopped}."] if scanned.stopped else []
    if not scanned.values:
        seen = f"no real root {window}" if scanned.until > request.start else "nothing was searched"
        note = f"No closed form was found, and {seen}; there may be some elsewhere."
        return Found(outcome="unknown", method="search by sign", notes=[note, *cut])
    _refuse_stretch(request, scanned.values)
    values = [(sympy.Float(str(one), 40),) for one in scanned.values]
    places = f" at {PLACES} places" if not scanned.stopped else ""
    note = f"No closed form was found. These are the roots seen {window}{places}: there may be others."
    return Found(
        outcome="numbers only",
        method="search by sign, Anderson-Björck between two places",
        values=values,
        notes=[note, *cut],
    )


def _refuse_stretch(request: SolveRequest, scanned: list[Any]) -> None:
    step = (request.end - request.start) / PLACES
    for a, b, c in zip(scanned, scanned[1:], scanned[2:], strict=False):
        if max(b - a, c - b) < 1.01 * step:
            raise InvalidRequest(
                f"Both sides are equal along a whole stretch about {float(b):.4g}: no single numbers solve it.",
                field="equations",
                value=request.equations[0],
                remedy="Write what is wanted as an inequality, as 2 <= x, or look elsewhere with start and end.",
            )


def _within(value: Any, request: SolveRequest) -> bool:
    try:
        return bool(request.start <= float(value) <= request.end)
    except TypeError:
        return False


def _of_set(system: System, wanted: Any, request: SolveRequest) -> Found | None:
    """What a set of solutions says; None of one that says nothing new."""
    method = "inverse functions, all branches"
    if wanted is sympy.S.EmptySet:
        return Found(outcome="none", method=method)
    if isinstance(wanted, sympy.FiniteSet):
        values = sorted(wanted.args, key=place_of)
        kept = [(one,) for one in values if holds(system, (one,)) is not False]
        return Found(outcome="solved" if kept else "none", method=method, values=kept)
    if wanted.has(sympy.ConditionSet) or wanted.atoms(sympy.Intersection, sympy.Complement):
        return None
    if wanted in (sympy.S.Reals, sympy.S.Complexes):
        return Found(outcome="every value", method=method)
    members = _members(wanted, request)
    kept = [(one,) for one in members if holds(system, (one,)) is not False]
    note = f"Infinitely many; listed are those from {request.start:g} to {request.end:g}, at most 25." if kept else ""
    return Found(outcome="infinitely many", method=method, values=kept, whole=wanted, notes=[note] if note else [])


def _members(wanted: Any, request: SolveRequest) -> list[Any]:
    """Some numbers of families that count by whole numbers."""
    parts = wanted.args if isinstance(wanted, sympy.Union) else (wanted,)
    found: list[Any] = []
    for one in parts:
        if isinstance(one, sympy.ImageSet) and len(one.lamda.variables) == 1:
            found += [one.lamda(n) for n in range(-10, 11)]
        elif isinstance(one, sympy.FiniteSet):
            found += list(one.args)
    inside = [one for one in dict.fromkeys(found) if _within(one, request)]
    nearest = sorted(inside, key=lambda one: abs(float(one)))[:25]
    return sorted(nearest, key=float)
