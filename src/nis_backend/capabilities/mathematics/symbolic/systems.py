"""Several equations at once: elimination, and Newton's method where that finds none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.equations import as_formula
from nis_backend.capabilities.mathematics.symbolic.found import Found, holds, place_of
from nis_backend.capabilities.mathematics.symbolic.terms import Failed, attempt, attempt_numbers
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.receipt import Check
from nis_backend.numerics.symbolic import sympy

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.symbolic.equations import System

STEPS = 15_000_000


def solve_several(system: System) -> Found:
    """What satisfies all equations."""
    expressions = [one.expression for one in system.equations]
    unknowns = list(system.unknowns)
    linear = attempt(lambda: sympy.linear_eq_to_matrix(expressions, unknowns), 6_000_000)
    if not isinstance(linear, Failed):
        return _linear(system, linear)
    found = attempt(lambda: sympy.solve(expressions, unknowns, dict=True), STEPS)
    if isinstance(found, Failed):
        return _from_starts(system, found.reason)
    values = [tuple(one.get(unknown, unknown) for unknown in unknowns) for one in found]
    if system.real:
        values = [one for one in values if all(part.is_real is not False for part in one)]
    kept = [one for one in values if holds(system, one) is not False]
    kept.sort(key=lambda one: tuple(place_of(part) for part in one))
    if kept and any(part.free_symbols & set(unknowns) for one in kept for part in one):
        return Found(outcome="infinitely many", method="elimination", families=kept)
    if kept:
        return Found(outcome="solved", method="elimination", values=kept)
    numerators = [sympy.numer(sympy.together(one)) for one in expressions]
    if all(one.is_polynomial(*unknowns) for one in numerators) and not system.others:
        basis = attempt(lambda: sympy.groebner(numerators, *unknowns, order="lex"), 10_000_000)
        if not isinstance(basis, Failed):
            none = _none(system, list(basis.exprs))
            if none is not None:
                return none
    return _from_starts(system, "elimination found none")


def _none(system: System, basis: list[Any]) -> Found | None:  # Any: sympy has no types
    """That nothing satisfies polynomials, where their Gröbner basis proves it; None where it does not."""
    if basis == [1]:
        # 1 among the polynomials' combinations: they are never 0 together, among complex numbers either.
        name, size, notes = "polynomials of the Gröbner basis, which is 1", 1.0, list[str]()
    else:
        alone = [one for one in basis if len(one.free_symbols) == 1] if system.real else []
        counts = [attempt(lambda one=one: int(sympy.Poly(one).count_roots()), 6_000_000) for one in alone]
        if 0 not in counts:
            return None
        name, size = "real roots of what is left of one unknown, by Sturm's theorem", 0.0
        notes = ["There are solutions among complex numbers."]
    check = Check(name=name, computed=size, expected=size, unit="", allowed=0.0, agrees=True)
    return Found(outcome="none", method="elimination by a Gröbner basis", checks=[check], notes=notes)


def _linear(system: System, linear: Any) -> Found:
    matrix, right = linear
    unknowns = list(system.unknowns)
    found = sympy.linsolve((matrix, right), *unknowns)
    method = "exact elimination"
    if found is sympy.S.EmptySet:
        ranks = [matrix.rank(), matrix.row_join(right).rank()]
        check = Check(
            name="rank with the right sides, above that without",
            computed=float(ranks[1]),
            expected=float(ranks[0]),
            unit="",
            allowed=0.0,
            agrees=ranks[1] > ranks[0],
        )
        return Found(outcome="none", method=method, checks=[check])
    values = [tuple(one) for one in found]
    if any(part.free_symbols & set(unknowns) for one in values for part in one):
        return Found(outcome="infinitely many", method=method, families=values)
    return Found(outcome="solved", method=method, values=values)


def _from_starts(system: System, why: str) -> Found:
    """Newton's method from some starts, where there are as many equations as unknowns."""
    names = [one.name for one in system.unknowns]
    method = "Newton's method from 25 starts"
    if system.others or len(names) != len(system.equations) or not system.real:
        return Found(outcome="unknown", method=method, notes=[f"Not solved: {why}."])
    precise = Precise(50)
    formulas = [as_formula(one) for one in system.equations]

    def f(*at: Any) -> list[Any]:
        values = [precise.value(one.tree, dict(zip(names, at, strict=True))) for one in formulas]
        if any(one is None for one in values):
            raise ZeroDivisionError
        return values

    found: list[tuple[Any, ...]] = []

    def search() -> None:
        for start in range(25):
            begin = [((start * (2 * at + 3)) % 13 - 6) * 0.77 + 0.1 for at in range(len(names))]
            try:
                root = precise.mp.findroot(f, begin, tol=1e-60, maxsteps=40)
            except (ArithmeticError, ValueError):
                continue
            parts = tuple(root)
            if all(abs(precise.mp.im(part)) < 1e-40 for part in parts) and not any(  # noqa: PLR2004 - real
                all(abs(a - b) < 1e-20 for a, b in zip(parts, other, strict=True))  # noqa: PLR2004 - the same root
                for other in found
            ):
                found.append(parts)

    attempt_numbers(search, 10_000_000)
    if not found:
        return Found(outcome="unknown", method=method, notes=[f"Not solved: {why}, and no root was found by numbers."])
    values = sorted((tuple(sympy.Float(str(part), 40) for part in one) for one in found), key=lambda one: float(one[0]))
    note = "No closed form was found. There may be other solutions."
    return Found(outcome="numbers only", method=method, values=values, notes=[note])
