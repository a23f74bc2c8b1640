"""Integrals by numbers alone: tanh-sinh quadrature between the places where a formula is not smooth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import read_again
from nis_backend.capabilities.mathematics.symbolic.scan import find_roots
from nis_backend.capabilities.mathematics.symbolic.terms import Failed, attempt, attempt_numbers
from nis_backend.errors import InvalidRequest, NisError
from nis_backend.numerics.precise import Precise
from nis_backend.numerics.symbolic import sympy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.numerics.formula import Formula

DIGITS = 30
STEPS = 15_000_000
"""What a quadrature may take."""
SOURCE = "Takahasi & Mori, Double exponential formulas for numerical integration, Publ. RIMS 9 (1974), in mpmath 1.3"
_FARTHEST = 60
SETTLED = 1e-10
"""Error, of the value or of 1, that is not worth more pieces."""
_FINER = (12, 72)
"""Equal pieces that what did not settle is cut into."""
MORE_STEPS = 5_000_000
"""What one such cut may take."""
WIDEST = 100.0
"""From 0 to where corners of other functions than polynomials are looked for, where a limit is infinite."""


@dataclass(frozen=True, kw_only=True)
class Quadrature:
    """An integral's value and how wrong it may be; any: mpmath's numbers have no types."""

    value: Any
    error: float
    evaluations: int
    method: str


class _UndefinedError(NisError):
    """The formula has no real value somewhere between the limits; it passes through what gives up."""


def integrate_numbers(  # noqa: PLR0913 - a formula and its limits
    formula: Formula, name: str, lower: Any, upper: Any, breaks: Sequence[float] = (), *, wave: float = 0.0
) -> Quadrature | Failed:
    """The integral between two limits, any of which may be infinite; `wave` is the frequency of an endless wave.

    The error is the difference between the whole and the same with each piece halved, or mpmath's own estimate where
    that is larger.
    """
    precise = Precise(DIGITS)
    counted = _Counted(precise.function(formula.tree, name), precise)
    ends = [_limit(precise, lower), _limit(precise, upper)]
    if ends[0] == ends[1]:
        return Quadrature(value=precise.mp.mpf(0), error=0.0, evaluations=0, method="")
    low, high = min(ends), max(ends)
    sign = 1 if ends[0] <= ends[1] else -1
    try:
        found = attempt_numbers(lambda: _between(precise, counted, low, high, breaks, wave), STEPS)
    except _UndefinedError:
        raise InvalidRequest(
            f"{formula.field} is not real everywhere between the limits.",
            field=formula.field,
            value=formula.text[:80],
            remedy="Give limits between which it is real.",
        ) from None
    if isinstance(found, Failed):
        return found
    value, error, method = found
    if not (precise.mp.isfinite(value) and math.isfinite(error)):
        return Failed("it found no finite number")
    return Quadrature(value=sign * value, error=error, evaluations=counted.count, method=method)


def _fades(counted: _Counted, wave: float) -> bool:
    """Whether a wave is clearly smaller far out."""
    near, far = (max(abs(counted(at + step * 0.4 / wave)) for step in range(16)) for at in (1e2, 1e4))
    return bool(far < 0.8 * near) or far == 0


def _between(  # noqa: PLR0913, PLR0917 - a function and its limits
    precise: Precise, counted: _Counted, low: Any, high: Any, breaks: Sequence[float], wave: float
) -> tuple[Any, float, str]:
    mp = precise.mp
    if wave and mp.isinf(high) and not mp.isinf(low):
        if not _fades(counted, wave):
            msg = "a wave that does not fade"
            raise ValueError(msg)
        value = mp.quadosc(counted, [low, mp.inf], omega=wave)
        # Between zeros of another phase: two sums that have little in common.
        second = mp.quad(counted, [low, low + 1]) + mp.quadosc(counted, [low + 1, mp.inf], omega=wave)
        return value, _apart(value, second), "quadrature between zeros, extrapolated"
    edges = [low, *(mp.mpf(one) for one in sorted(breaks) if low < one < high), high]
    if mp.isinf(low) and mp.isinf(high) and len(edges) == 2:  # noqa: PLR2004 - nothing between the ends
        edges = [low, mp.mpf(0), high]
    best = _summed(precise, counted, edges)
    for pieces in _FINER:
        if mp.isinf(low) or mp.isinf(high) or best[1] <= SETTLED * max(1.0, float(abs(best[0]))):
            break
        # What turns often, or is steep, takes more pieces; what never settles, these steps and no more.
        cut = sorted({*edges, *(low + (high - low) * at / pieces for at in range(1, pieces))})
        finer = attempt_numbers(lambda cut=cut: _summed(precise, counted, cut), MORE_STEPS)
        if isinstance(finer, Failed):
            break
        best = min(best, finer, key=lambda one: one[1])
    return *best, "tanh-sinh quadrature"


def _summed(precise: Precise, counted: _Counted, edges: Sequence[Any]) -> tuple[Any, float]:
    mp = precise.mp
    whole, told = mp.quad(counted, edges, error=True)
    parts = mp.quad(counted, _halved(precise, edges))
    errors = (_apart(whole, parts), float(told))
    return whole, math.inf if any(map(math.isnan, errors)) else max(errors)


def _halved(precise: Precise, edges: Sequence[Any]) -> list[Any]:
    mp, found = precise.mp, [edges[0]]
    for a, b in pairwise(edges):
        # Not the middle: what is even about it would agree by chance.
        middle = b - 1.7 if mp.isinf(a) else a + 1.7 if mp.isinf(b) else a + (b - a) * mp.mpf("0.43")
        found += [middle, b]
    return found


def _apart(a: Any, b: Any) -> float:
    return max(float(abs(a - b)), 1e-25 * float(abs(a)))


class _Counted:
    """A function of real values, counted."""

    def __init__(self, function: Callable[[Any], Any], precise: Precise) -> None:
        self._function, self._precise, self.count = function, precise, 0

    def __call__(self, x: Any) -> Any:
        self.count += 1
        try:
            value = self._function(x)
        except OverflowError:
            return self._precise.mp.mpf(0) if abs(x) > _FARTHEST else self._precise.mp.nan
        if self._precise.mp.im(value) != 0:
            raise _UndefinedError("not real")
        return self._precise.mp.re(value)


def _limit(precise: Precise, value: Any) -> Any:
    if value in (sympy.oo, -sympy.oo):
        return precise.mp.inf if value > 0 else -precise.mp.inf
    return precise.mp.mpf(str(sympy.N(value, DIGITS + 5)))


def broken_at(expression: Any, symbol: Any, low: float, high: float) -> list[float]:
    """Where a formula may have a pole, a jump or a corner: zeros of denominators and of what abs and steps take.

    Of functions that repeat, the first 200 places between the limits.
    """
    inner: set[Any] = set()
    for one in expression.atoms(sympy.Pow):
        if one.exp.is_negative or not one.exp.is_integer:
            inner.add(one.base)
    kinds = (sympy.Abs, sympy.sign, sympy.Heaviside, sympy.Max, sympy.Min)
    cornered = {
        one.args[0] - one.args[1] if isinstance(one, (sympy.Max, sympy.Min)) else one.args[0]
        for one in expression.atoms(*kinds)
    }
    inner |= cornered | {one.args[0] for one in expression.atoms(sympy.log)}
    places: set[float] = set()
    for one in inner:
        if one.has(symbol) and one.is_polynomial(symbol) and one.free_symbols == {symbol}:
            roots = attempt(lambda one=one: sympy.Poly(one, symbol).real_roots(), 6_000_000)
            places |= set() if isinstance(roots, Failed) else {float(root) for root in roots}
            places |= _beside(one, symbol)
        elif one in cornered and one.free_symbols == {symbol}:
            places |= _crossings(one, symbol, low, high)
    for kinds, first, period in _REPEATING:
        for one in expression.atoms(*kinds):
            places |= _repeated(one.args[0], symbol, (low, high), first, period)
    return sorted(one for one in places if math.isfinite(one))


def _beside(polynomial: Any, symbol: Any) -> set[float]:
    """Where a denominator comes near 0 without reaching it: the real parts of its complex roots."""
    roots = attempt(lambda: sympy.Poly(polynomial, symbol).nroots(n=15), 2_000_000)
    return set() if isinstance(roots, Failed) else {float(sympy.re(root)) for root in roots if not root.is_real}


def _crossings(inner: Any, symbol: Any, low: float, high: float) -> set[float]:
    """Where what abs, sign, max or min takes changes its sign, as far as a search sees."""
    formula = read_again(inner)
    if formula is None:
        return set()
    found = find_roots(formula, symbol.name, max(low, -WIDEST), min(high, WIDEST))
    return {float(one) for one in found.values}


_REPEATING: tuple[tuple[tuple[Any, ...], float, float], ...] = (
    ((sympy.tan, sympy.sec), math.pi / 2, math.pi),
    ((sympy.cot, sympy.csc), 0.0, math.pi),
    ((sympy.floor, sympy.ceiling), 0.0, 1.0),
)
"""Functions with poles or jumps at first + k·period."""


def _repeated(argument: Any, symbol: Any, limits: tuple[float, float], first: float, period: float) -> set[float]:
    slope, start = argument.coeff(symbol), argument.subs(symbol, 0)
    if not slope.is_number or not start.is_number or slope == 0 or sympy.expand(argument - slope * symbol - start) != 0:
        return set()
    a, b = float(slope), float(start)
    low, high = sorted(max(-1e6, min(1e6, one)) * a + b for one in limits)
    begin = math.ceil((low - first) / period)
    steps = range(begin, min(math.floor((high - first) / period), begin + 199) + 1)
    return {(first + step * period - b) / a for step in steps}


def wave_of(expression: Any, symbol: Any) -> float:
    """The frequency of the one sine or cosine of something linear in the variable; 0 where there is none, or two."""
    slopes: set[float] = set()
    for one in expression.atoms(sympy.sin, sympy.cos):
        slope = one.args[0].diff(symbol)
        if slope.has(symbol) or not slope.is_number:
            return 0.0
        slopes |= {abs(float(slope))} - {0.0}
    return slopes.pop() if len(slopes) == 1 else 0.0
