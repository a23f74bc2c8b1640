"""The inverse Laplace transform by numbers: Talbot's contour, and beside it de Hoog's continued fraction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.receipts import stated
from nis_backend.capabilities.mathematics.signals.octaves import NAMES, Counted, Value, invert_by_octaves
from nis_backend.capabilities.mathematics.signals.transforms import Inversion, Inverted
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Call, read_formula, walk
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.numerics.formula import Formula
    from nis_backend.numerics.receipt import Check

mpmath: Any = import_module("mpmath")  # Any: it has no types
sympy: Any = import_module("sympy")  # Any: its types do not hold

NOT_ANALYTIC = frozenset(("abs", "sign", "floor", "ceil", "min", "max", "heaviside", "atan2"))
"""Functions that a transform cannot have: it is analytic in a half-plane."""
MOST_DEGREE = 40
"""Degree of polynomials whose poles are looked for."""
SOURCE = (
    "Abate & Valkó, Int. J. Numer. Meth. Eng. 60 (2004), 979-993 (fixed Talbot); de Hoog, Knight & Stokes, SIAM J. "
    "Sci. Stat. Comput. 3 (1982), 357-366"
)


@dataclass(frozen=True, kw_only=True)
class Rational:
    """F as a quotient of polynomials over the fractions."""

    over: Any
    under: Any
    poles: list[Any]

    @property
    def rightmost(self) -> float:
        """The largest real part of a pole."""
        return max((float(one.real) for one in self.poles), default=0.0)


def invert(request: Inversion, tell: Callable[[float, str], None] = silent) -> Inverted:
    """The function at the times that were asked for.

    Raises:
        InvalidRequest: F is no transform: not analytic, or a polynomial, or it has no finite values.
    """
    formula = read_formula(request.formula, ("s",), field="formula")
    strange = sorted({one.function for one in walk(formula.tree) if isinstance(one, Call)} & NOT_ANALYTIC)
    if strange:
        raise InvalidRequest(
            f"{strange[0]} is not analytic, and a Laplace transform is.",
            field="formula",
            value=request.formula,
            remedy="Give F as a formula of s of analytic functions: exp, sqrt, log, sin, powers.",
        )
    rational = _rational(formula)
    shift = request.abscissa
    if shift is None:
        shift = max(0.0, rational.rightmost) if rational else 0.0
    function = _function(formula, shift)
    latest = max(request.times)
    turns = (
        max((abs(float(one.imag)) for one in rational.poles), default=0.0)
        if rational
        else _fastest(formula, function, shift, latest)
    )
    counted = Counted(function)
    values = invert_by_octaves(counted, request, shift, turns, tell)
    first = [one.one for one in values]
    worst, highest = max(one.error for one in values), max(one.degree for one in values)
    exact, known, checks = _exactly(rational, request, first)
    far = max(range(len(values)), key=lambda i: abs(values[i].one - values[i].other))
    size = max(1.0, abs(first[far]))
    name = f"f at {request.times[far]:g}, {NAMES[values[far].ways[1]]}"
    allowed = 2 * max(worst, request.tolerance) * size
    checks.insert(0, compare(name, first[far], values[far].other, "", allowed=allowed))
    used = sorted({NAMES[one.ways[0]] for one in values}, reverse=True)
    return Inverted(
        times=request.times,
        values=first,
        second=[one.other for one in values],
        exact=exact,
        exact_values=known,
        abscissa=shift,
        poles=[_written(one) for one in rational.poles] if rational else [],
        receipt=stated(
            method=" and ".join(used),
            error_of="f at any of the times, relative where f is above 1",
            asked=request.tolerance,
            reached=worst,
            estimate="a second method, and the first with half the terms",
            source=SOURCE,
            checks=checks,
            steps=highest,
            cost=Cost(evaluations=counted.calls, of="evaluations of F", unknowns=0),
            notes=_notes(request, rational, worst, turns * latest, values),
        ),
    )


def _function(formula: Formula, shift: float) -> Callable[[Any], Any]:
    """F(s + shift), in as many digits as mpmath is told."""
    s = sympy.Symbol("s")
    compiled = sympy.lambdify([s], formula.sympy(s=s), modules="mpmath")

    def function(place: Any) -> Any:  # Any: a number of mpmath's
        return compiled(place + shift)

    return function


def _fastest(formula: Formula, function: Callable[[Any], Any], shift: float, t: float) -> float:
    """The highest frequency at which |F| peaks beside the imaginary axis: a pole or a branch point.

    Up to 10,000/t; of a function that only mpmath has, up to 400/t.
    """
    places = shift + 1 / t + 0.5j / t * np.arange(20_000)
    symbol = sympy.Symbol("s")
    with np.errstate(all="ignore"):
        try:
            quick = sympy.lambdify([symbol], formula.sympy(s=symbol), modules=["scipy", "numpy"])
            sizes = np.abs(np.broadcast_to(quick(places), places.shape))
        except (TypeError, ValueError, ArithmeticError):
            # A function that scipy has of real numbers alone.
            places = places[:800]
            sizes = np.array([_size(function, place - shift) for place in places.tolist()])
    inner = sizes[1:-1]
    peaks = np.nonzero((inner > sizes[:-2] * (1 + 1e-9)) & (inner >= sizes[2:]))[0]
    return float(places[peaks[-1] + 1].imag) if len(peaks) else 0.0


def _size(function: Callable[[Any], Any], place: complex) -> float:
    try:
        with mpmath.workdps(15):
            return float(abs(function(mpmath.mpc(place))))
    except (ArithmeticError, ValueError, TypeError):
        return math.nan


def _rational(formula: Formula) -> Rational | None:
    """F as a quotient of polynomials, with its poles; None where it is none."""
    s = sympy.Symbol("s")
    if any(isinstance(one, Call) for one in walk(formula.tree)):
        return None
    expression = formula.sympy(s=s)
    if not expression.is_rational_function(s) or not expression.free_symbols:
        return None
    over, under = (sympy.Poly(one, s) for one in sympy.fraction(sympy.cancel(sympy.together(expression))))
    if over.degree() >= under.degree():
        raise InvalidRequest(
            f"F does not fall for large s: its degree is {over.degree()} over {under.degree()}; f has impulses at 0.",
            field="formula",
            value=formula.text,
            remedy="Take the polynomial part off first: it is of impulses at t = 0.",
        )
    if under.degree() > MOST_DEGREE:
        return None
    poles: list[Any] = []
    for factor, times in under.factor_list()[1]:
        coefficients = [mpmath.mpf(sympy.Rational(one).p) / sympy.Rational(one).q for one in factor.all_coeffs()]
        found: list[Any] = []  # Any: numbers of mpmath's
        with mpmath.workdps(40):
            found = mpmath.polyroots(coefficients, maxsteps=400, extraprec=200) if factor.degree() else []
        poles += [one for one in found for _ in range(times)]
    return Rational(over=over, under=under, poles=[mpmath.mpc(one) for one in poles])


def _exactly(
    rational: Rational | None, request: Inversion, values: list[float]
) -> tuple[str, list[float], list[Check]]:
    """F as a formula and its values, where every factor is linear, or a quadratic that occurs once."""
    if rational is None:
        return "", [], []
    factors = rational.under.factor_list()[1]
    s, t = rational.under.gen, sympy.Symbol("t", positive=True)
    checks = [_by_matrix(rational, request, values)]
    if any(one.degree() > 2 or (one.degree() == 2 and times > 1) for one, times in factors):  # noqa: PLR2004 - see above
        return "", [], checks
    terms = [_term(one, s, t) for one in sympy.Add.make_args(sympy.apart(rational.over / rational.under, s))]
    total = sum(terms, sympy.Integer(0))
    with mpmath.workdps(30):
        compiled = sympy.lambdify([t], total, modules="mpmath")
        known = [float(mpmath.re(compiled(mpmath.mpf(one)))) for one in request.times]
    far = max(range(len(values)), key=lambda i: abs(values[i] - known[i]))
    allowed = 2 * request.tolerance * max(1.0, abs(known[far]))
    checks.insert(
        0, compare(f"f at {request.times[far]:g}, partial fractions", values[far], known[far], "", allowed=allowed)
    )
    text = str(total).replace("**", "^")
    return (text if len(text) <= 400 else ""), known, checks  # noqa: PLR2004 - some lines


def _term(part: Any, s: Any, t: Any) -> Any:  # Any: expressions of sympy's
    """What one partial fraction is the transform of."""
    over, under = (sympy.Poly(one, s) for one in sympy.fraction(sympy.together(part)))
    ((base, power),) = under.factor_list()[1]
    scale = under.LC() / base.LC() ** power
    if base.degree() == 1:
        a, b = base.all_coeffs()
        return over.as_expr() / scale / a**power * t ** (power - 1) * sympy.exp(-b / a * t) / sympy.factorial(power - 1)
    a, b, c = base.all_coeffs()
    slope, rest = over.coeff_monomial(s), over.coeff_monomial(1)
    half = b / (2 * a)
    square = c / a - half**2
    root = sympy.sqrt(abs(square))
    sine, cosine = (sympy.sin, sympy.cos) if square > 0 else (sympy.sinh, sympy.cosh)
    wave = slope * cosine(root * t) + (rest - slope * half) / root * sine(root * t)
    return sympy.exp(-half * t) * wave / (scale * a)


def _by_matrix(rational: Rational, request: Inversion, values: list[float]) -> Check:
    """F at the last time as c·exp(A·t)·b with the companion matrix, in 40 digits."""
    t = max(request.times)
    place = request.times.index(t)
    under, over = rational.under.all_coeffs(), rational.over.all_coeffs()
    n = len(under) - 1
    with mpmath.workdps(40 + int(abs(rational.rightmost) * t * 0.5)):
        lead = under[0]
        last = [-mpmath.mpf(int(one.p)) / int(one.q) for one in (sympy.Rational(c / lead) for c in under[1:][::-1])]
        matrix = mpmath.zeros(n)
        for i in range(n - 1):
            matrix[i, i + 1] = 1
        for j in range(n):
            matrix[n - 1, j] = last[j]
        column = mpmath.expm(matrix * mpmath.mpf(t), method="pade")[:, n - 1]
        top = [sympy.Rational(c / lead) for c in over[::-1]]
        value = float(mpmath.fsum(mpmath.mpf(int(c.p)) / int(c.q) * column[i] for i, c in enumerate(top)))
    allowed = 2 * request.tolerance * max(1.0, abs(value))
    return compare(f"f at {t:g}, matrix exponential", values[place], value, "", allowed=allowed)


def _written(pole: Any) -> str:
    real, imaginary = float(pole.real), float(pole.imag)
    if abs(imaginary) < 1e-14 * max(1.0, abs(real)):
        return f"{real:.10g}"
    return f"{real:.10g} {'-' if imaginary < 0 else '+'} {abs(imaginary):.10g}i"


def _notes(
    request: Inversion, rational: Rational | None, worst: float, turned: float, values: list[Value]
) -> list[str]:
    notes: list[str] = []
    if rational and rational.rightmost > 0:
        notes.append("F has a pole on the right: f grows. F was shifted by it, for Talbot's contour passes left of it.")
    if turned > 50:  # noqa: PLR2004 - radians, 8 turns
        notes.append(
            f"f turns {turned / (2 * math.pi):.0f} times up to the last time: Talbot's contour must enclose these "
            "poles, which takes twice as many terms as radians."
        )
    if any(one.ways[0] != "talbot" for one in values):
        notes.append(
            "Talbot's contour fails where F grows or changes its branch in the left half-plane; the others stay right."
        )
    if 2 * turned + 20 > request.max_degree:
        notes.append("These are more terms than max_degree allows.")
    elif worst > request.tolerance and max(one.degree for one in values) < request.max_degree:
        notes.append("The times together took as many terms as are allowed: ask for times of fewer octaves at once.")
    if worst > request.tolerance:
        notes.append(
            "The methods differ: f may jump there (a delay exp(-a·s) makes it jump), oscillate fast, or F have a pole "
            "right of the abscissa."
        )
    return notes
