"""Solutions as they are told: in words, as LaTeX, as numbers, with what each leaves of the equations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import SOURCE, exact_receipt, numeric_receipt
from nis_backend.capabilities.mathematics.symbolic.curves import draw_curve
from nis_backend.capabilities.mathematics.symbolic.equations import SMALL, as_formula, left_over, number
from nis_backend.capabilities.mathematics.symbolic.evaluate import write_decimal
from nis_backend.capabilities.mathematics.symbolic.found import missed_by
from nis_backend.capabilities.mathematics.symbolic.results import Root, Solution, Solutions
from nis_backend.capabilities.mathematics.symbolic.scan import PLACES
from nis_backend.capabilities.mathematics.symbolic.scan import SOURCE as SCAN_SOURCE
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.receipt import Check
from nis_backend.numerics.symbolic import sympy, write_latex, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.mathematics.symbolic.equations import System
    from nis_backend.capabilities.mathematics.symbolic.found import Found
    from nis_backend.capabilities.mathematics.symbolic.requests import SolveRequest
    from nis_backend.capabilities.mathematics.symbolic.results import Curve
    from nis_backend.numerics.receipt import Receipt

MOST = 100
LONGEST = 200
"""Characters of an exact root, beyond which its decimals say more."""


def write_solutions(system: System, found: Found, request: SolveRequest) -> Solutions:
    """What was found, as it is told."""
    solutions = [
        _solution(system, values, times, request.digits)
        for values, times in zip(found.values[:MOST], found.multiplicities or [1] * len(found.values), strict=False)
    ]
    answer, latex = _written(system, found, solutions)
    return Solutions(
        outcome=found.outcome,
        answer=answer,
        latex=latex,
        solutions=solutions,
        domain=request.domain,
        receipt=_receipt(system, found, solutions),
        curve=_curve(system, solutions),
    )


def _solution(system: System, values: tuple[Any, ...], times: int, digits: int) -> Solution:
    roots: list[Root] = []
    for unknown, value in zip(system.unknowns, values, strict=True):
        decimal, double = write_decimal(value, digits) if not value.free_symbols else ("", None)
        exact = "" if value.has(sympy.Float, sympy.CRootOf) else write_text(value)
        exact = exact if len(exact) <= LONGEST else ""
        imaginary = None if double is not None or not decimal else float(sympy.im(value.evalf(20)))
        real = double if double is not None else float(sympy.re(value.evalf(20))) if decimal else None
        roots.append(
            Root(
                name=unknown.name,
                exact=exact,
                latex=write_latex(value) if exact else decimal,
                decimal=decimal,
                value=real if imaginary is None else None,
                imaginary=imaginary,
            )
        )
    return Solution(roots=roots, multiplicity=times, residual=missed_by(system, values))


def _written(system: System, found: Found, solutions: Sequence[Solution]) -> tuple[str, str]:
    names = ", ".join(one.name for one in system.unknowns)
    if found.outcome == "none":
        return "no solution", r"\emptyset"
    if found.outcome == "every value":
        return f"every {'real' if system.real else 'complex'} {names}", r"\mathbb{R}" if system.real else r"\mathbb{C}"
    if found.outcome == "unknown":
        return "not found", ""
    if found.outcome == "infinitely many":
        return _families(system, found) if found.families else _set(system, found.whole)
    texts: list[str] = []
    latexes: list[str] = []
    for one in solutions:
        texts.append(", ".join(f"{root.name} = {root.exact or root.decimal}" for root in one.roots))
        latexes.append(", ".join(f"{root.name} = {root.latex}" for root in one.roots))
    return " or ".join(texts), r" \lor ".join(latexes)


def _families(system: System, found: Found) -> tuple[str, str]:
    names = [one.name for one in system.unknowns]
    texts: list[str] = []
    latexes: list[str] = []
    free: set[str] = set()
    for values in found.families:
        fixed = [(name, one) for name, one in zip(names, values, strict=True) if str(one) != name]
        free |= set(names) - {name for name, _ in fixed}
        texts.append(", ".join(f"{name} = {write_text(one)}" for name, one in fixed))
        latexes.append(", ".join(f"{name} = {write_latex(one)}" for name, one in fixed))
    any_of = f", any {', '.join(sorted(free))}" if free else ""
    return " or ".join(texts) + any_of, r" \lor ".join(latexes)


def _set(system: System, whole: Any) -> tuple[str, str]:
    (unknown,) = system.unknowns[:1]
    parts = whole.args if isinstance(whole, sympy.Union) else (whole,)
    return " or ".join(_part(unknown.name, one) for one in parts), write_latex(whole)


def _part(name: str, part: Any) -> str:
    if isinstance(part, sympy.ImageSet):
        (counter,) = part.lamda.variables
        return f"{name} = {write_text(part.lamda.expr.subs(counter, sympy.Symbol('n')))} for whole n"
    if isinstance(part, sympy.Interval):
        low = "" if part.start == -sympy.oo else f"{write_text(part.start)} {'<' if part.left_open else '<='} "
        high = "" if part.end == sympy.oo else f" {'<' if part.right_open else '<='} {write_text(part.end)}"
        if not low and high:
            return f"{name}{high}"
        if low and not high:
            return f"{name} {'>' if part.left_open else '>='} {write_text(part.start)}"
        return f"{low}{name}{high}"
    if isinstance(part, sympy.FiniteSet):
        return " or ".join(f"{name} = {write_text(one)}" for one in part.args)
    return f"{name} in {part}"


def _receipt(system: System, found: Found, solutions: Sequence[Solution]) -> Receipt:
    checks = list(found.checks)
    residuals = [one.residual for one in solutions if one.residual is not None]
    for one in solutions[:5]:
        if one.residual is not None:
            what = ", ".join(f"{root.name} = {root.decimal}" for root in one.roots)
            checks.append(
                Check(
                    name=f"left side against right side, apart, at {what}",
                    computed=one.residual,
                    expected=0.0,
                    unit="",
                    allowed=SMALL,
                    agrees=one.residual <= SMALL,
                )
            )
    worst = max(residuals, default=None)
    if found.outcome in ("numbers only", "unknown") or (found.by_numbers and solutions):
        reached = worst if worst is not None else 1.0
        receipt = numeric_receipt(
            found.method,
            "each equation, of its larger side or of 1",
            checks,
            asked=SMALL,
            reached=max(reached, 1e-40),
            estimate="each root put back into the equations, 40 digits" if solutions else "none: nothing was found",
            evaluations=len(solutions) if found.by_numbers else PLACES,
            of="roots put back" if found.by_numbers else "places looked at",
            source=SOURCE if found.by_numbers else SCAN_SOURCE,
            notes=found.notes,
        )
    else:
        always = found.outcome in ("none", "every value") and not checks
        notes = [*found.notes, "Nothing can be put back where there is no root."] if always else found.notes
        receipt = exact_receipt(found.method, "each solution", checks, notes=notes, source=SOURCE)
        if always:
            receipt = receipt.model_copy(update={"met": True, "notes": notes})
        elif not checks and (solutions or found.families):
            receipt = receipt.model_copy(
                update={"met": _sampled(system, found), "notes": [*found.notes, *_told(system)]}
            )
    return receipt.model_copy(
        update={
            "residual": worst,
            "residual_of": "left side minus right side, of the larger or of 1" if residuals else "",
        }
    )


def _sampled(system: System, found: Found) -> bool:
    """Whether solutions that hold other names satisfy the equations where those have some values."""
    values = found.families or found.values
    if not values:
        return False
    named: set[Any] = {one for value in values for part in value for one in part.free_symbols}
    free: list[Any] = sorted(named | {system.symbols[one] for one in system.others}, key=str)
    given = {one: sympy.Rational(83 + 61 * at, 100) for at, one in enumerate(free)}
    precise = Precise(60)
    names = [one.name for one in system.unknowns]
    for value in values[:5]:
        numbers = [number(precise, part.subs(given)) for part in value]
        if any(one is None for one in numbers):
            return False
        others = {one.name: number(precise, given[one]) for one in free if one.name not in names}
        missed = left_over(system, {**others, **dict(zip(names, numbers, strict=True))})
        if missed is None or missed > SMALL:
            return False
    return True


def _told(system: System) -> list[str]:
    return ["Put back into the equations with values for the names that are left: 40 digits."]


def _curve(system: System, solutions: Sequence[Solution]) -> Curve | None:
    if len(system.equations) != 1 or len(system.unknowns) != 1 or system.others:
        return None
    places = [root.value for one in solutions for root in one.roots if root.value is not None]
    low, high = (min(places), max(places)) if places else (-5.0, 5.0)
    wide = max(high - low, 2.0)
    return draw_curve(
        as_formula(system.equations[0]), system.unknowns[0].name, low - wide / 3, high + wide / 3, None, ""
    )
