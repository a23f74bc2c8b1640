"""Fourier transforms and their inverses in closed form, held against quadrature of the integral."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import check, exact_receipt, value_of, value_of_tree
from nis_backend.capabilities.mathematics.symbolic.laplace import (
    DIGITS,
    as_tuple,
    no_transform,
    shorter,
    valued,
)
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
from nis_backend.numerics.formula import read_formula
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.symbolic import sympy

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.symbolic.requests import FourierRequest
    from nis_backend.numerics.receipt import Check

FOURIER = "residues of a fraction, else Laplace transforms of both halves on the imaginary axis"
CONVENTIONS = {
    "angular": "F(ω) = ∫ f(t) e^(-iωt) dt; f(t) = 1/(2π) ∫ F(ω) e^(iωt) dω",
    "frequency": "F(f) = ∫ f(t) e^(-2πift) dt; f(t) = ∫ F(f) e^(2πift) df",
    "unitary": "F(ω) = 1/√(2π) ∫ f(t) e^(-iωt) dt; f(t) = 1/√(2π) ∫ F(ω) e^(iωt) dω",
}


@bounded("expression", integrates=True)
def transform_fourier(request: FourierRequest) -> Transform:
    """The spectrum, or the function of time, that was asked for."""
    formula = read_formula(request.expression, largest=4000)
    usual = ("ω", "w", "omega", "f", "k") if request.inverse else ("t", "x")
    name = request.variable or next((one for one in usual if one in formula.names), "")
    if not name:
        name = next(iter(formula.names)) if len(formula.names) == 1 else usual[0]
    check_name(name, "variable")
    answer_name = "t" if request.inverse else ("f" if request.convention == "frequency" else "ω")
    if answer_name in formula.names:
        answer_name = "τ" if request.inverse else "k"
    terms = read_terms(request.expression, field="expression", extra=[name])
    k = sympy.Symbol(answer_name, real=True)
    factor, front = _convention(request)
    found = insist(
        lambda: _transformed(terms.expression, terms.symbols[name], factor * k, k),
        "The transform was not found",
        field="expression",
        value=request.expression,
        steps=20_000_000,
    )
    if found is None or found.has(sympy.nan, sympy.zoo, sympy.oo):
        raise no_transform(request.expression, "Fourier transform")
    answer = front * found
    tidied = attempt(lambda: shorter(answer), 8_000_000)
    answer = answer if isinstance(tidied, Failed) else tidied
    text, latex = write(answer)
    return Transform(
        expression=text,
        latex=latex,
        variable=answer_name,
        convention=CONVENTIONS[request.convention] + (", solved for f(t)" if request.inverse else ""),
        region="",
        receipt=exact_receipt(
            FOURIER, "the transform", _fourier_checks(terms, name, answer_name, answer, float(factor), float(front))
        ),
    )


def _convention(request: FourierRequest) -> tuple[Any, Any]:
    """What stands before the frequency in e^(-i·factor·frequency·time), and before the integral."""
    sign = -1 if request.inverse else 1
    match request.convention:
        case "angular":
            return sympy.Integer(sign), 1 / (2 * sympy.pi) if request.inverse else sympy.Integer(1)
        case "frequency":
            return 2 * sympy.pi * sign, sympy.Integer(1)
        case "unitary":
            return sympy.Integer(sign), 1 / sympy.sqrt(2 * sympy.pi)


def _transformed(expression: Any, t: Any, frequency: Any, k: Any) -> Any | None:
    """∫ f(t) e^(-i·frequency·t) dt in closed form; None where there is none."""
    if expression.is_rational_function(t) and expression.free_symbols == {t}:
        return _by_residues(expression, t, frequency, k)
    return _halves(expression, t, frequency)


def _by_residues(expression: Any, t: Any, frequency: Any, k: Any) -> Any | None:
    """Of a fraction of polynomials: the residues below the real axis for a frequency above 0, and its mirror image."""
    top, bottom = (sympy.Poly(one, t) for one in sympy.fraction(sympy.cancel(expression)))
    poles = sympy.roots(bottom)
    if bottom.degree() <= top.degree() or sum(poles.values()) < bottom.degree() or any(one.is_real for one in poles):
        return None
    sign = 1 if frequency.coeff(k) > 0 else -1
    size, z = sympy.Symbol("size", positive=True), sympy.Symbol("z")
    rate = abs(frequency.coeff(k)) * size
    total = sympy.Integer(0)
    for pole, times in poles.items():
        if sympy.im(pole).is_negative:
            without = sympy.quo(bottom.as_expr().subs(t, z), sympy.expand((z - pole) ** times), z, extension=True)
            rest = top.as_expr().subs(t, z) / without * sympy.exp(-sympy.I * rate * z)
            total += sympy.diff(rest, z, times - 1).subs(z, pole) / sympy.factorial(times - 1)
    above = sympy.simplify(sympy.expand_complex(-2 * sympy.pi * sympy.I * total))
    even, odd = sympy.re(above), sympy.im(above)
    return (sympy.simplify(even) + sympy.I * sign * sympy.sign(k) * sympy.simplify(odd)).subs(size, sympy.Abs(k))


def _halves(expression: Any, t: Any, frequency: Any) -> Any | None:
    """∫ f(t) e^(-i·frequency·t) dt as two Laplace transforms on the imaginary axis; None where one does not exist."""
    positive, s = sympy.Symbol("t_half", positive=True), sympy.Symbol("s")
    total = sympy.Integer(0)
    for sign in (1, -1):
        half = (
            sympy.expand(expression.subs(t, sign * positive))
            if expression.is_Add
            else expression.subs(t, sign * positive)
        )
        if half == 0:
            continue
        found = as_tuple(sympy.laplace_transform(half, positive, s))
        if len(found) != 3 or found[0].has(sympy.LaplaceTransform, sympy.Integral):  # noqa: PLR2004 - as above
            return None
        # On its edge the integral need not exist: only what converges on the axis itself is taken.
        edge = sympy.simplify(found[1])
        within = edge == -sympy.oo or edge.is_negative or (edge.free_symbols and not edge.is_nonnegative)
        if not half.has(positive) or not (within or _ends(half, positive)):
            return None
        # Of cases the first: it is that of any frequency but one.
        usual = found[0].replace(_is_cases, _first_case)
        total += usual.subs(s, sign * sympy.I * frequency)
    return total


def _is_cases(one: Any) -> bool:
    return isinstance(one, sympy.Piecewise)


def _first_case(one: Any) -> Any:
    return one.args[0][0]


def _ends(half: Any, positive: Any) -> bool:
    """Whether the half is 0 from somewhere on, as a pulse is, or falls off faster than a square."""
    if all(half.subs(positive, far) == 0 for far in (61, 127, 1009)):
        return True
    limit = attempt(lambda: sympy.limit(half * positive**2, positive, sympy.oo), 8_000_000)
    return not isinstance(limit, Failed) and bool(limit.is_finite)


def _fourier_checks(  # noqa: PLR0913, PLR0917 - a transform and its convention
    terms: Terms, name: str, answer_name: str, answer: Any, factor: float, front: float
) -> list[Check]:
    formula, given = valued(terms.formula, name)
    precise = Precise(DIGITS)
    mp = precise.mp
    at_t, value = value_of_tree(formula.tree, precise), value_of(answer, precise)
    numbers = {one: mp.mpf(text) for one, text in given.items()}
    checks: list[Check] = []
    for place in ("0.3", "0.9"):
        k = mp.mpf(place)
        second = attempt_numbers(lambda k=k: _whole_line(mp, at_t, name, factor * k), 15_000_000)
        computed = value({**numbers, answer_name: k})
        if isinstance(second, Failed) or second is None or computed is None:
            continue
        where = ", ".join([f"{answer_name} = {place}", *(f"{one} = {text}" for one, text in given.items())])
        checks.append(
            check(f"quadrature of the integral at {where}", computed, front * second, allowed=1e-8, least=1e-3)
        )
    return checks


def _whole_line(mp: Any, at_t: Any, name: str, frequency: Any) -> Any | None:
    """∫ f(t) e^(-i·frequency·t) dt; from zero to zero of the waves where the pieces do not settle."""

    def there(t: Any) -> Any:
        value = at_t({name: t})
        if value is None:
            return mp.mpf(0) if abs(t) > 30 else mp.nan  # noqa: PLR2004 - beyond a double, far out
        return value

    edges = [mp.mpf(one) / 2 for one in range(-12, 13)]
    far = [mp.mpf(10), mp.mpf(20), mp.mpf(40), mp.inf]
    ends = [*(-one for one in reversed(far)), *edges, *far]

    def turned(t: Any) -> Any:
        return there(t) * mp.expj(-frequency * t)

    def even(t: Any) -> Any:
        return (there(t) + there(-t)) * mp.cos(wave * t)

    def odd(t: Any) -> Any:
        return (there(t) - there(-t)) * mp.sin(wave * t)

    value, error = mp.quad(turned, ends, error=True)
    if mp.isfinite(value) and error < 1e-11 * max(1e-3, abs(value)):
        return value
    wave = abs(frequency)
    real, imaginary = (mp.quadosc(one, [0, mp.inf], omega=wave) for one in (even, odd))
    return real - mp.mpc(0, 1) * mp.sign(frequency) * imaginary
