"""Roots by numbers alone: where a formula changes its sign or touches 0, between two places."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic.checking import value_of_tree
from nis_backend.capabilities.mathematics.symbolic.terms import Failed, attempt_numbers
from nis_backend.numerics.precise import Precise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.numerics.formula import Formula

PLACES = 4001
"""Where the formula is looked at: roots nearer together than one place to the next may be missed."""
MOST = 100
ZERO, NEARLY = 1e-40, 1e-25
"""What a formula may be at a double root, and at one where its sign changes."""
DIGITS = 50
STEPS = 10_000_000
SOURCE = (
    "Brent, Algorithms for Minimization without Derivatives (1973), ch. 4; Anderson & Björck, BIT 13 (1973), 253-264"
)


@dataclass(frozen=True, kw_only=True)
class Roots:
    """The real roots seen, in order, each to 40 digits (any: mpmath's numbers have no types), and how far was seen."""

    values: list[Any]
    until: float
    """Where the search ended."""
    stopped: str
    """Why it ended there, if it did not come to its end."""


def find_roots(formula: Formula, name: str, start: float, end: float) -> Roots:
    """Real roots between two places, at most 100."""
    rough = formula.compile(name, arrays=False)
    # Not at whole numbers, where formulas have their poles.
    step = (end - start) / PLACES
    places = [start + (at + 0.4142135) * step for at in range(PLACES)]
    values = [_value(rough, x) for x in places]
    precise = Precise(DIGITS)
    exact = value_of_tree(formula.tree, precise)

    def f(x: Any) -> Any:
        found = exact({name: x})
        if found is None:
            raise ZeroDivisionError
        return precise.mp.re(found)

    found: list[Any] = []
    seen = [start]
    ended = attempt_numbers(lambda: _all(precise, f, places, values, found, seen), STEPS)
    roots = _distinct(precise, sorted(one for one in found if start - 1e-9 <= one <= end + 1e-9))
    if isinstance(ended, Failed):
        return Roots(values=roots[:MOST], until=seen[0], stopped=ended.reason)
    if len(roots) > MOST or not ended:
        last = roots[: MOST + 1][-1]
        return Roots(values=roots[:MOST], until=float(last), stopped=f"it looks for no more than {MOST} roots")
    return Roots(values=roots, until=end, stopped="")


def _all(  # noqa: PLR0913, PLR0917 - a formula, where it is looked at, and what was found
    precise: Precise,
    f: Callable[[Any], Any],
    places: Sequence[float],
    values: Sequence[float | None],
    found: list[Any],
    seen: list[float],
) -> bool:
    """Put the roots into `found`, and how far was seen into `seen`; whether all places were looked at."""
    for at in range(1, len(places) - 1):
        before, here, after = values[at - 1], values[at], values[at + 1]
        if len(found) >= 2 * MOST:
            return False
        seen[0] = places[at - 1]
        if here is None:
            continue
        if here == 0:
            found.append(precise.mp.mpf(places[at]))
        elif before is not None and before * here < 0:
            root = _between(precise, f, places[at - 1], places[at])
            found += [] if root is None else [root]
        elif before is not None and after is not None and _dips(before, here, after):
            root = _touching(precise, f, places[at])
            found += [] if root is None else [root]
    return True


def _dips(before: float, here: float, after: float) -> bool:
    """Whether a double root may be here: half a step beside one, a neighbour is nine times as far from 0."""
    sizes = (abs(before), abs(after))
    return before * after > 0 and abs(here) <= min(sizes) and abs(here) < 0.5 * max(sizes)


def _between(precise: Precise, f: Callable[[Any], Any], a: float, b: float) -> Any | None:
    mp = precise.mp
    try:
        root = mp.findroot(
            f, (mp.mpf(a), mp.mpf(b)), solver="anderson", tol=mp.mpf(10) ** -80, verify=False, maxsteps=200
        )
        # A pole changes the sign, too.
        return root if a <= root <= b and abs(f(root)) < NEARLY else None
    except (ArithmeticError, ValueError):
        return None


def _touching(precise: Precise, f: Callable[[Any], Any], near: float) -> Any | None:
    mp = precise.mp
    try:
        root = mp.findroot(f, mp.mpf(near), solver="mnewton", tol=mp.mpf(10) ** -70, verify=False, maxsteps=60)
        return mp.re(root) if abs(mp.im(root)) < ZERO and abs(f(mp.re(root))) < ZERO else None
    except (ArithmeticError, ValueError, TypeError):
        return None


def _distinct(precise: Precise, roots: Sequence[Any]) -> list[Any]:
    kept: list[Any] = []
    for one in roots:
        if not kept or abs(one - kept[-1]) > precise.mp.mpf("1e-12") * max(1, abs(one)):
            kept.append(one)
    return kept


def _value(function: Callable[..., Any], x: float) -> float | None:
    try:
        value = function(x)
    except (ArithmeticError, ValueError, TypeError):
        return None
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
