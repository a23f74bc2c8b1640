"""Roots of polynomials: exact where radicals say them shortly, else to as many digits as are wanted, none missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Check
from nis_backend.numerics.symbolic import sympy, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

HIGHEST = 60
"""Degree of a polynomial whose roots are looked for."""
SHORT = 120
"""Characters of a root in radicals that is still of use."""


@dataclass(kw_only=True)
class Roots:
    """Roots and how often each occurs; any: sympy has no types."""

    roots: list[tuple[Any, int]]
    method: str
    by_numbers: bool = False
    """Whether a root is a number of many digits, and not exact."""
    checks: list[Check] = field(default_factory=list[Check])
    notes: list[str] = field(default_factory=list[str])


def polynomial_of(expression: Any, unknown: Any) -> Any | None:
    """The polynomial whose roots an equation's are; None where it is none."""
    numerator = sympy.numer(sympy.together(expression))
    if not numerator.is_polynomial(unknown):
        return None
    polynomial = sympy.Poly(numerator, unknown)
    if polynomial.degree() > HIGHEST:
        raise InvalidRequest(
            f"The equation is a polynomial of degree {polynomial.degree()}.",
            field="equations.0",
            value=write_text(expression)[:80],
            remedy=f"Give one of degree {HIGHEST} at most.",
        )
    return polynomial if polynomial.degree() > 0 else None


def polynomial_roots(polynomial: Any, *, real: bool, digits: int) -> Roots:
    """All roots, real ones alone where those are wanted, in order."""
    if not polynomial.domain.is_ZZ and not polynomial.domain.is_QQ:
        return _general(polynomial)
    found: list[tuple[Any, int]] = []
    exact = True
    for factor, times in polynomial.factor_list()[1]:
        for root, short in _factor_roots(factor, digits):
            exact = exact and short
            found.append((root, times))
    kept = [(root, times) for root, times in found if not real or _is_real(root)]
    kept.sort(key=lambda one: _place(one[0]))
    checks = [_count(polynomial, [root for root, _ in found if _is_real(root)])]
    notes = [] if exact else ["A root without an exact value is of a factor whose radicals are long, or do not exist."]
    method = "factors over the rationals, " + ("radicals" if exact else "simultaneous iteration (Durand-Kerner)")
    if real and len(kept) < len(found):
        lost = sum(times for root, times in found if not _is_real(root))
        notes.append(f"{lost} more {'root is' if lost == 1 else 'roots are'} not real; ask for the domain complex.")
    return Roots(roots=kept, method=method, by_numbers=not exact, checks=checks, notes=notes)


def _factor_roots(factor: Any, digits: int) -> Iterator[tuple[Any, bool]]:
    solvable = factor.degree() <= 4 or len(factor.terms()) == 2  # noqa: PLR2004 - x^n = a
    found: dict[Any, int] = sympy.roots(factor) if solvable else {}
    short = sum(found.values()) == factor.degree() and all(len(write_text(one)) <= SHORT for one in found)
    if short and not any(_casus(one) for one in found):
        yield from ((one, True) for one in found)
        return
    for one in factor.nroots(n=max(50, digits + 20), maxsteps=300):
        yield one, False


def _casus(root: Any) -> bool:
    """Whether a root is written with imaginary parts that cancel: three real roots of a cubic."""
    return bool(root.has(sympy.I)) and abs(sympy.im(root.evalf(30))) < 1e-20  # noqa: PLR2004 - rounding


def _is_real(root: Any) -> bool:
    return root.is_real if root.is_real is not None else abs(complex(root.evalf(30)).imag) < 1e-20  # noqa: PLR2004


def _place(root: Any) -> tuple[float, float]:
    value = complex(root.evalf(20))
    return value.real, value.imag


def _count(polynomial: Any, real: list[Any]) -> Check:
    """Sturm's theorem counts the real roots without finding them."""
    expected = polynomial.count_roots()
    return Check(
        name="distinct real roots, by Sturm's theorem",
        computed=float(len(real)),
        expected=float(expected),
        unit="",
        allowed=0.0,
        agrees=len(real) == expected,
    )


def _general(polynomial: Any) -> Roots:
    """Coefficients that are roots, or names: radicals up to the fourth degree."""
    found = sympy.roots(polynomial)
    if sum(found.values()) < polynomial.degree():
        if polynomial.domain.is_Exact and polynomial.free_symbols_in_domain:
            msg = "no radicals"
            raise ValueError(msg)
        return Roots(
            roots=[(one, 1) for one in polynomial.nroots(n=50, maxsteps=300)],
            method="simultaneous iteration (Durand-Kerner)",
            by_numbers=True,
        )
    return Roots(roots=list(found.items()), method="radicals")
